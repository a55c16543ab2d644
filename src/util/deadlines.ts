import type { Clock } from './clock.ts';
import { noStop, type Stop } from './stop.ts';

interface Entry {
  readonly atMs: number;
  readonly fn: () => void;
  isLive: boolean;
}

/** All time-outs of one owner on one timer of the clock. Cancelled entries are dropped when they come up. */
export class Deadlines {
  readonly #clock: Clock;
  // Binary min-heap by atMs.
  readonly #heap: Entry[] = [];
  #cancelled = 0;
  #timer: Stop = noStop;
  #timerAt = Number.POSITIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Number of deadlines that wait. */
  get size(): number {
    return this.#heap.length - this.#cancelled;
  }

  /** Calls `fn` after `delayMs` milliseconds unless stopped. Infinite delays never fire. */
  after(delayMs: number, fn: () => void): Stop {
    return this.at(this.#clock.monotonicMs + delayMs, fn);
  }

  /** Calls `fn` at `monotonicMs` of the clock unless stopped. */
  at(monotonicMs: number, fn: () => void): Stop {
    if (monotonicMs === Number.POSITIVE_INFINITY) return noStop;
    const entry: Entry = { atMs: monotonicMs, fn, isLive: true };
    this.#push(entry);
    if (monotonicMs < this.#timerAt) this.#arm(monotonicMs);
    return () => {
      if (!entry.isLive) return;
      entry.isLive = false;
      this.#cancelled++;
      // Long deadlines of many short operations would pile up.
      if (this.#cancelled > 64 && this.#cancelled * 2 > this.#heap.length) this.#compact();
    };
  }

  /** Drops all deadlines without calling them. */
  clear(): void {
    for (const entry of this.#heap) entry.isLive = false;
    this.#heap.length = 0;
    this.#cancelled = 0;
    this.#timer();
    this.#timer = noStop;
    this.#timerAt = Number.POSITIVE_INFINITY;
  }

  #arm(atMs: number): void {
    this.#timer();
    this.#timerAt = atMs;
    this.#timer = this.#clock.at(atMs, () => this.#run());
  }

  #run(): void {
    this.#timerAt = Number.POSITIVE_INFINITY;
    this.#timer = noStop;
    const now = this.#clock.monotonicMs;
    for (let top = this.#heap[0]; top !== undefined && top.atMs <= now; top = this.#heap[0]) {
      this.#pop();
      if (!top.isLive) {
        this.#cancelled--;
        continue;
      }
      top.isLive = false;
      top.fn();
    }
    const next = this.#heap[0];
    if (next !== undefined && next.atMs < this.#timerAt) this.#arm(next.atMs);
  }

  #compact(): void {
    const live = this.#heap.filter((entry) => entry.isLive);
    this.#heap.length = 0;
    this.#cancelled = 0;
    for (const entry of live) this.#push(entry);
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let i = heap.length;
    heap.push(entry);
    while (i > 0) {
      const up = (i - 1) >> 1;
      const parent = heap[up] as Entry;
      if (parent.atMs <= entry.atMs) break;
      heap[i] = parent;
      i = up;
    }
    heap[i] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Entry;
    if (heap.length === 0) return;
    let i = 0;
    for (;;) {
      let down = 2 * i + 1;
      if (down >= heap.length) break;
      if (down + 1 < heap.length && (heap[down + 1] as Entry).atMs < (heap[down] as Entry).atMs) down++;
      const child = heap[down] as Entry;
      if (child.atMs >= last.atMs) break;
      heap[i] = child;
      i = down;
    }
    heap[i] = last;
  }
}
