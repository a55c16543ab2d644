import { utf8Length } from '../../util/index.ts';

/** Wait before the first attempt, so that a burst of new channels shares datagrams, in ms. */
export const FIRST_SEARCH_MS: number = 10;

/** Waits between attempts, in ms; the last one repeats. */
export const SEARCH_INTERVALS_MS: readonly number[] = [200, 500, 1000, 2000, 4000, 8000, 15_000, 30_000];

/** A boost within this time after another is ignored, in ms. */
export const BOOST_HOLD_OFF_MS: number = 30_000;

const TICK_MS = 10;
// 40.96 s, above the longest wait.
const SLOT_COUNT = 4096;
// Longest delay of work that the wheel takes: the longest wait and this stay below one turn.
const MAX_LAG_TICKS = 700;
const JITTER = 0.1;
// From this many unresolved names on, waits of a second and more are spread over their whole period.
const LARGE_POPULATION = 1000;
const SPREAD_FROM_MS = 1000;

/** One name that is looked for. Made by its owner, kept in at most one schedule. */
export class SearchTarget {
  /** Client's channel id, in the answer. */
  readonly id: number;
  readonly name: string;
  /** Bytes that the name takes in a request. */
  readonly wireBytes: number;
  /** Attempts since the search began. */
  tries: number;
  /** Index of the wait after the next attempt. */
  step: number;
  /** Slot of the wheel, -1 while not scheduled. */
  slot: number;
  next: SearchTarget | undefined;
  previous: SearchTarget | undefined;

  constructor(id: number, name: string) {
    const length = utf8Length(name);
    this.id = id;
    this.name = name;
    this.wireBytes = 4 + (length < 254 ? 1 : 5) + length;
    this.tries = 0;
    this.step = 0;
    this.slot = -1;
    this.next = undefined;
    this.previous = undefined;
  }
}

/** Settings of a `SearchSchedule`. */
export interface SearchScheduleOptions {
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Bytes of names in one datagram. */
  readonly maxNameBytes?: number;
  /** Names in one datagram. */
  readonly maxNames?: number;
  readonly maxDatagramsPerTick?: number;
}

/**
 * Tells which names go into which datagram, and when: after 10 ms, then 0.2, 0.5, 1, 2, 4, 8, 15, 30 s and every 30 s,
 * each with a jitter of 10 % that never makes a wait longer than 30 s.
 *
 * A wheel of 10 ms slots: adding, removing and firing cost the same whatever the number of names.
 */
export class SearchSchedule {
  readonly #random: () => number;
  readonly #maxNameBytes: number;
  readonly #maxNames: number;
  readonly #maxDatagrams: number;
  readonly #slots: (SearchTarget | undefined)[] = new Array<SearchTarget | undefined>(SLOT_COUNT).fill(
    undefined,
  );
  readonly #batch: SearchTarget[] = [];
  #size = 0;
  // No target waits for a tick before this one, nor for one a whole turn of the wheel after it.
  #cursor = 0;
  // Tick of the earliest target or one before it, Infinity if there is none.
  #earliest = Number.POSITIVE_INFINITY;
  // No datagram leaves before this tick: the budget of the one before is used up.
  #resumeTick = 0;
  #boostedAt = Number.NEGATIVE_INFINITY;

  constructor(options: SearchScheduleOptions) {
    this.#random = options.random;
    this.#maxNameBytes = options.maxNameBytes ?? 1350;
    this.#maxNames = options.maxNames ?? 1000;
    this.#maxDatagrams = options.maxDatagramsPerTick ?? 40;
  }

  /** Number of names that are looked for. */
  get size(): number {
    return this.#size;
  }

  /** When `next` has work, in ms of the caller's clock; Infinity while nothing is looked for. */
  get nextDeadline(): number {
    return Math.max(this.#earliest, this.#resumeTick) * TICK_MS;
  }

  /**
   * All names that are looked for. Nothing may be added or removed meanwhile.
   *
   * @yields each once, in no order.
   */
  *targets(): IterableIterator<SearchTarget> {
    for (const first of this.#slots)
      for (let target = first; target !== undefined; target = target.next) yield target;
  }

  /** Starts to look for a name. @param delayMs wait before the first attempt, at most 33 s. */
  add(target: SearchTarget, nowMs: number, delayMs: number = FIRST_SEARCH_MS): void {
    if (target.slot >= 0) return;
    target.step = 0;
    target.tries = 0;
    this.#size++;
    this.#place(target, nowMs, delayMs);
  }

  /** Stops looking for a name; nothing happens if it is not looked for. */
  remove(target: SearchTarget): void {
    if (target.slot < 0) return;
    this.#unlink(target);
    this.#size--;
    if (this.#size === 0) this.#earliest = Number.POSITIVE_INFINITY;
  }

  /**
   * Starts the waits of all names anew, from 0.2 s. Returns false, doing nothing, within 30 s after another boost.
   *
   * @see pvxs src/client.cpp, ContextImpl::poke
   */
  boost(nowMs: number): boolean {
    if (nowMs - this.#boostedAt < BOOST_HOLD_OFF_MS) return false;
    this.#boostedAt = nowMs;
    const shortest = SEARCH_INTERVALS_MS[0] as number;
    const latest = Math.ceil((nowMs + shortest * (1 + JITTER)) / TICK_MS);
    for (const target of [...this.targets()]) {
      // What is due sooner stays so.
      if (this.#tickOf(target) <= latest) continue;
      this.#unlink(target);
      target.step = 1;
      this.#place(target, nowMs, this.#jittered(shortest));
    }
    return true;
  }

  /**
   * Hands over the names that are due, a batch per datagram, at most 40 batches per 10 ms. `send` must neither keep
   * the array nor call this schedule.
   */
  next(nowMs: number, send: (batch: readonly SearchTarget[]) => void): void {
    const nowTick = Math.floor(nowMs / TICK_MS);
    if (this.#earliest > nowTick || this.#resumeTick > nowTick) return;
    this.#cursor = this.#earliest;
    if (nowTick - this.#cursor > MAX_LAG_TICKS) this.#catchUp(nowTick);
    const batch = this.#batch;
    let budget = this.#maxDatagrams;
    let bytes = 0;
    while (this.#cursor <= nowTick) {
      const target = this.#slots[this.#cursor % SLOT_COUNT];
      if (target === undefined) {
        this.#cursor++;
        continue;
      }
      if (
        batch.length > 0 &&
        (bytes + target.wireBytes > this.#maxNameBytes || batch.length >= this.#maxNames)
      ) {
        send(batch);
        batch.length = 0;
        bytes = 0;
        if (--budget === 0) break;
      }
      this.#unlink(target);
      batch.push(target);
      bytes += target.wireBytes;
      target.tries++;
      const waitMs = this.#wait(target);
      if (target.step < SEARCH_INTERVALS_MS.length - 1) target.step++;
      this.#place(target, nowMs, waitMs);
    }
    if (batch.length > 0) send(batch);
    batch.length = 0;
    if (budget <= 1) this.#resumeTick = nowTick + 1;
    this.#findEarliest();
  }

  #wait(target: SearchTarget): number {
    const interval = SEARCH_INTERVALS_MS[target.step] as number;
    const isFirstOfItsKind = target.tries <= SEARCH_INTERVALS_MS.length;
    if (this.#size >= LARGE_POPULATION && interval >= SPREAD_FROM_MS && isFirstOfItsKind) {
      return interval * (0.1 + 0.9 * this.#random());
    }
    return this.#jittered(interval);
  }

  #jittered(intervalMs: number): number {
    const wait = intervalMs * (1 - JITTER + 2 * JITTER * this.#random());
    return Math.min(wait, SEARCH_INTERVALS_MS[SEARCH_INTERVALS_MS.length - 1] as number);
  }

  #place(target: SearchTarget, nowMs: number, delayMs: number): void {
    // Nothing waits before the earliest: the wheel may turn up to there.
    this.#cursor = Math.max(this.#cursor, Math.min(Math.floor(nowMs / TICK_MS), this.#earliest));
    const due = Math.ceil((nowMs + delayMs) / TICK_MS);
    const tick = Math.min(Math.max(due, this.#cursor), this.#cursor + SLOT_COUNT - 1);
    this.#link(target, tick);
  }

  #tickOf(target: SearchTarget): number {
    return this.#cursor + ((target.slot - (this.#cursor % SLOT_COUNT) + SLOT_COUNT) % SLOT_COUNT);
  }

  #link(target: SearchTarget, tick: number): void {
    const slot = tick % SLOT_COUNT;
    const head = this.#slots[slot];
    target.slot = slot;
    target.previous = undefined;
    target.next = head;
    if (head !== undefined) head.previous = target;
    this.#slots[slot] = target;
    if (tick < this.#earliest) this.#earliest = tick;
  }

  /** After a long sleep: everything overdue becomes due now, so that the wheel has a turn of room again. */
  #catchUp(nowTick: number): void {
    const overdue: SearchTarget[] = [];
    const last = Math.min(nowTick, this.#cursor + SLOT_COUNT - 1);
    for (let tick = this.#cursor; tick <= last; tick++) {
      for (let target = this.#slots[tick % SLOT_COUNT]; target !== undefined; target = target.next) {
        overdue.push(target);
      }
      this.#slots[tick % SLOT_COUNT] = undefined;
    }
    this.#cursor = nowTick;
    for (const target of overdue) this.#link(target, nowTick);
  }

  #unlink(target: SearchTarget): void {
    if (target.previous !== undefined) target.previous.next = target.next;
    else this.#slots[target.slot] = target.next;
    if (target.next !== undefined) target.next.previous = target.previous;
    target.next = undefined;
    target.previous = undefined;
    target.slot = -1;
  }

  #findEarliest(): void {
    this.#earliest = Number.POSITIVE_INFINITY;
    if (this.#size === 0) return;
    for (let tick = this.#cursor; tick < this.#cursor + SLOT_COUNT; tick++) {
      if (this.#slots[tick % SLOT_COUNT] !== undefined) {
        this.#earliest = tick;
        return;
      }
    }
  }
}
