import { type Clock, once, type Stop, type WallTime } from '../util/index.ts';

interface Timer {
  readonly atMs: number;
  readonly order: number;
  readonly fn: () => void;
}

/** A clock that stands still until it is told to go on; timers fire in order of time, then of creation. */
export class ManualClock implements Clock {
  #nowMs: number;
  #wallStartMs: number;
  #order = 0;
  #timers: Timer[] = [];
  #deferred: (() => void)[] = [];

  /** @param wallStartMs POSIX milliseconds at `monotonicMs` 0. */
  constructor(wallStartMs = 1_700_000_000_000) {
    this.#nowMs = 0;
    this.#wallStartMs = wallStartMs;
  }

  get monotonicMs(): number {
    return this.#nowMs;
  }

  wall(out: WallTime): void {
    const micros = Math.round((this.#wallStartMs + this.#nowMs) * 1000);
    out.seconds = Math.floor(micros / 1e6);
    out.nanoseconds = (micros - out.seconds * 1e6) * 1000;
  }

  at(monotonicMs: number, fn: () => void): Stop {
    const timer: Timer = { atMs: monotonicMs, order: this.#order++, fn };
    this.#timers.push(timer);
    return once(() => {
      const i = this.#timers.indexOf(timer);
      if (i >= 0) this.#timers.splice(i, 1);
    });
  }

  defer(fn: () => void): void {
    this.#deferred.push(fn);
  }

  /** Time of the next thing to do, Infinity when there is none. */
  get nextMs(): number {
    if (this.#deferred.length > 0) return this.#nowMs;
    return this.#timers.reduce((least, timer) => Math.min(least, timer.atMs), Number.POSITIVE_INFINITY);
  }

  /** Sets the wall clock without moving time, as an operator would. */
  setWall(wallMs: number): void {
    this.#wallStartMs = wallMs - this.#nowMs;
  }

  /** Runs what was deferred, and what that defers. */
  runDeferred(): void {
    while (this.#deferred.length > 0) {
      const batch = this.#deferred;
      this.#deferred = [];
      for (const fn of batch) fn();
    }
  }

  /** Does the next thing: all that was deferred, or the earliest timer. Returns false when there is nothing. */
  step(untilMs: number = Number.POSITIVE_INFINITY): boolean {
    if (this.#deferred.length > 0) {
      this.runDeferred();
      return true;
    }
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (
        next === undefined ||
        timer.atMs < next.atMs ||
        (timer.atMs === next.atMs && timer.order < next.order)
      ) {
        next = timer;
      }
    }
    if (next === undefined || next.atMs > untilMs) return false;
    this.#timers.splice(this.#timers.indexOf(next), 1);
    this.#nowMs = Math.max(this.#nowMs, next.atMs);
    next.fn();
    return true;
  }

  /** Moves time on by `ms`, firing what comes up. Promise reactions do not run in between; see `advanceAsync`. */
  advance(ms: number): void {
    const end = this.#nowMs + ms;
    while (this.step(end));
    this.#nowMs = end;
  }

  /** Moves time on by `ms` and lets promise reactions run after each step. */
  async advanceAsync(ms: number): Promise<void> {
    const end = this.#nowMs + ms;
    await settle();
    while (this.step(end)) await settle();
    this.#nowMs = end;
    await settle();
  }

  /**
   * Moves time on until `isTrue`, at most by `limitMs`.
   *
   * @throws {Error} when it is still false then.
   */
  async until(isTrue: () => boolean, limitMs: number): Promise<void> {
    const end = this.#nowMs + limitMs;
    await settle();
    while (!isTrue()) {
      if (!this.step(end)) throw new Error(`condition still false after ${limitMs} ms of virtual time`);
      await settle();
    }
  }
}

/** Lets the promise reactions that are due run, and those that they cause. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}
