import { BytesWriter } from '../../util/index.ts';
import { MAX_DATAGRAM_BYTES } from './constants.ts';
import { encodeSearchRequest, writeDatagramVersion } from './datagrams.ts';

export interface SearchScheduleOptions {
  /** Longest time between two searches for one name, in ms. */
  readonly maxPeriodMs: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Sends the messages of a name that lists no datagram can carry. */
  readonly wantsNegative?: boolean;
}

/** Bounds of the round trip estimate, in ms. */
const MIN_ROUND_TRIP_MS = 32;
const MAX_ROUND_TRIP_MS = 30_000;
/** Datagrams of one burst, at most. */
const MAX_FRAMES = 64;
/** Datagrams of one burst of names that were never searched before. */
const FRESH_FRAMES = 16;
/** After a hint that servers have come up, no name waits longer than about this. */
const BOOSTED_PERIOD_MS = 5000;
/** Periods above this get jitter, so that the clients of a site do not search in step. */
const JITTER_ABOVE_MS = 1000;
const JITTER = 0.1;

interface Name {
  readonly cid: number;
  readonly message: Uint8Array;
  level: number;
  sent: number;
  /** Sequence number of the burst it was last sent in. */
  burst: number;
  /** Where it waits now; others in the queues are left-overs. */
  slot: Slot | undefined;
}

interface Slot {
  readonly name: Name;
  readonly atMs: number;
}

/**
 * Decides which names are searched when, and fills them into datagrams. A pure function of the times it is given.
 *
 * A name without answer waits twice as long after each search. How many datagrams leave at once follows the losses, as
 * in TCP: a burst is judged after one round trip, or when all its names are answered.
 *
 * @see epics-base modules/ca/src/client/searchTimer.cpp, searchTimer::expire
 */
export class SearchSchedule {
  readonly #random: () => number;
  readonly #maxPeriodMs: number;
  readonly #wantsNegative: boolean;
  readonly #names = new Map<number, Name>();
  // Names to be sent, by level; level 0 first.
  readonly #ready: Slot[][] = [];
  #readyCount = 0;
  // Names that wait: binary heap by time.
  readonly #waiting: Slot[] = [];
  readonly #out = new BytesWriter(MAX_DATAGRAM_BYTES, false);
  #sequence = 0;
  #roundTripMs = 0;
  #deviationMs = MIN_ROUND_TRIP_MS / 4;
  // Congestion control.
  #frames = 1;
  #threshold = MAX_FRAMES;
  #burst = 0;
  #burstFirstSequence = 0;
  #burstSentMs = 0;
  #burstNames = 0;
  #burstAnswers = 0;
  #burstEndMs = Number.NEGATIVE_INFINITY;
  #lastAnswerMs = Number.NEGATIVE_INFINITY;
  #datagrams = 0;
  #requests = 0;

  constructor(options: SearchScheduleOptions) {
    this.#random = options.random;
    this.#maxPeriodMs = options.maxPeriodMs;
    this.#wantsNegative = options.wantsNegative ?? false;
    // A server that echoes an old number must not be taken for the answer to a new client.
    this.#sequence = Math.floor(options.random() * 0x8000_0000);
  }

  /** Names that are searched. */
  get size(): number {
    return this.#names.size;
  }
  /** Datagrams made so far. */
  get datagrams(): number {
    return this.#datagrams;
  }
  /** Searches made so far, counted per name. */
  get requests(): number {
    return this.#requests;
  }
  /** Estimate of the time until an answer, in ms: mean and four deviations, 32..30000. */
  get roundTripEstimateMs(): number {
    const estimate = this.#roundTripMs + 4 * this.#deviationMs;
    return Math.min(MAX_ROUND_TRIP_MS, Math.max(MIN_ROUND_TRIP_MS, estimate));
  }

  /** When `run` has to be called next; Infinity: never. */
  get nextDeadline(): number {
    this.#dropStale();
    const wakes = this.#waiting[0]?.atMs ?? Number.POSITIVE_INFINITY;
    return this.#readyCount > 0 ? Math.min(wakes, this.#burstEndMs) : wakes;
  }

  has(cid: number): boolean {
    return this.#names.has(cid);
  }

  /** How often a name has been searched. */
  searchesOf(cid: number): number {
    return this.#names.get(cid)?.sent ?? 0;
  }

  /** Begins to search a name. @param delayMs time before the first search. */
  add(cid: number, pvName: string, nowMs: number, delayMs = 0): void {
    this.remove(cid);
    const message = encodeSearchRequest(pvName, cid, this.#wantsNegative);
    const name: Name = { cid, message, level: 0, sent: 0, burst: -1, slot: undefined };
    this.#names.set(cid, name);
    if (delayMs > 0) this.#wait(name, nowMs + delayMs);
    else this.#makeReady(name);
  }

  /** Ends the search for a name. */
  remove(cid: number): boolean {
    const name = this.#names.get(cid);
    if (name === undefined) return false;
    this.#names.delete(cid);
    this.#unslot(name);
    return true;
  }

  /**
   * A server has answered; the name is not searched any more.
   *
   * @param sequence number of the datagram that was answered, undefined when the server does not tell.
   * @returns false when the name is not being searched.
   */
  answered(cid: number, sequence: number | undefined, nowMs: number): boolean {
    const name = this.#names.get(cid);
    if (name === undefined) return false;
    const isOfBurst = name.burst === this.#burst && name.sent > 0;
    this.remove(cid);
    if (isOfBurst) {
      this.#burstAnswers++;
      // Some servers answer with a number of their own: no sample then.
      const age = sequence === undefined ? -1 : (sequence - this.#burstFirstSequence) >>> 0;
      if (age >= 0 && age <= MAX_FRAMES) this.#sample(nowMs - this.#burstSentMs);
      if (this.#burstAnswers >= this.#burstNames) this.#burstEndMs = nowMs;
    }
    // Servers have come back after a pause: the names that are searched rarely deserve a try.
    if (nowMs - this.#lastAnswerMs > BOOSTED_PERIOD_MS) this.boost(nowMs);
    this.#lastAnswerMs = nowMs;
    return true;
  }

  /** Beacons say that a server has come up: names that are searched rarely are searched within about 5 s. */
  boost(nowMs: number): void {
    const level = this.#levelOf(BOOSTED_PERIOD_MS);
    for (const name of this.#names.values()) {
      if (name.level <= level || name.slot === undefined || name.slot.atMs <= nowMs) continue;
      name.level = level;
      this.#unslot(name);
      this.#wait(name, nowMs + this.#random() * Math.min(this.#periodOf(level), BOOSTED_PERIOD_MS));
    }
  }

  /** Searches all names again, beginning now. */
  hurryUp(): void {
    for (const name of this.#names.values()) {
      this.#unslot(name);
      name.level = 0;
      this.#makeReady(name);
    }
  }

  /** Sends what is due. `send` gets whole datagrams, to every server; the bytes are valid until it returns. */
  run(nowMs: number, send: (datagram: Uint8Array) => void): void {
    for (;;) {
      this.#dropStale();
      const top = this.#waiting[0];
      if (top === undefined || top.atMs > nowMs) break;
      this.#popWaiting();
      const name = top.name;
      if (name.sent > 0) name.level = Math.min(name.level + 1, this.#levelOf(this.#maxPeriodMs));
      this.#makeReady(name);
    }
    if (this.#readyCount === 0 || nowMs < this.#burstEndMs) return;
    this.#judgeBurst();
    this.#sendBurst(nowMs, send);
  }

  #judgeBurst(): void {
    if (this.#burstNames === 0) return;
    if (this.#burstAnswers >= this.#burstNames) {
      this.#frames =
        this.#frames < this.#threshold
          ? Math.min(this.#frames * 2, this.#threshold)
          : Math.min(this.#frames + 1 / this.#frames, MAX_FRAMES);
    } else {
      this.#threshold = Math.max(1, this.#frames / 2);
      this.#frames = 1;
    }
  }

  #sendBurst(nowMs: number, send: (datagram: Uint8Array) => void): void {
    this.#burst++;
    this.#burstFirstSequence = (this.#sequence + 1) >>> 0;
    this.#burstSentMs = nowMs;
    this.#burstNames = 0;
    this.#burstAnswers = 0;
    this.#burstEndMs = nowMs + this.roundTripEstimateMs;
    // One factor for the burst: names that were sent together share datagrams the next time, too.
    const jitter = 1 - JITTER + 2 * JITTER * this.#random();
    const out = this.#out;
    out.clear();
    let frames = 0;
    for (let level = 0; level < this.#ready.length; level++) {
      const queue = this.#ready[level] as Slot[];
      const limit = level === 0 ? Math.max(this.#frames, FRESH_FRAMES) : this.#frames;
      let used = 0;
      for (; used < queue.length; used++) {
        const slot = queue[used] as Slot;
        const name = slot.name;
        if (name.slot !== slot) continue;
        if (out.position > 0 && out.position + name.message.length > MAX_DATAGRAM_BYTES) {
          this.#flush(send);
          frames++;
        }
        if (out.position === 0) {
          if (frames >= Math.floor(limit)) break;
          this.#sequence = (this.#sequence + 1) >>> 0;
          writeDatagramVersion(out, this.#sequence);
        }
        out.raw(name.message);
        this.#readyCount--;
        this.#burstNames++;
        this.#requests++;
        name.sent++;
        name.burst = this.#burst;
        const period = this.#periodOf(name.level);
        this.#wait(name, nowMs + (period > JITTER_ABOVE_MS ? period * jitter : period));
      }
      queue.splice(0, used);
    }
    if (out.position > 0) this.#flush(send);
  }

  #flush(send: (datagram: Uint8Array) => void): void {
    this.#datagrams++;
    send(this.#out.bytes.subarray(0, this.#out.position));
    this.#out.clear();
  }

  #sample(roundTripMs: number): void {
    const error = roundTripMs - this.#roundTripMs;
    this.#roundTripMs += error / 8;
    this.#deviationMs += (Math.abs(error) - this.#deviationMs) / 4;
  }

  #periodOf(level: number): number {
    return Math.min(this.roundTripEstimateMs * 2 ** level, this.#maxPeriodMs);
  }

  /** The level whose period comes closest below `periodMs`. */
  #levelOf(periodMs: number): number {
    return Math.max(0, Math.floor(Math.log2(periodMs / this.roundTripEstimateMs)));
  }

  #makeReady(name: Name): void {
    while (this.#ready.length <= name.level) this.#ready.push([]);
    const slot: Slot = { name, atMs: Number.NEGATIVE_INFINITY };
    name.slot = slot;
    (this.#ready[name.level] as Slot[]).push(slot);
    this.#readyCount++;
  }

  #unslot(name: Name): void {
    const slot = name.slot;
    if (slot === undefined) return;
    name.slot = undefined;
    if (slot.atMs === Number.NEGATIVE_INFINITY) {
      this.#readyCount--;
      // Left-overs go when the queue is worked through; with nothing ready nobody would.
      if (this.#readyCount === 0) for (const queue of this.#ready) queue.length = 0;
    } else if (this.#waiting.length > 2 * this.#names.size + 64) this.#rebuildHeap();
  }

  #rebuildHeap(): void {
    const live = this.#waiting.filter((slot) => slot.name.slot === slot);
    this.#waiting.length = 0;
    for (const slot of live) this.#pushWaiting(slot);
  }

  #wait(name: Name, atMs: number): void {
    const slot: Slot = { name, atMs };
    name.slot = slot;
    this.#pushWaiting(slot);
  }

  #dropStale(): void {
    for (let top = this.#waiting[0]; top !== undefined && top.name.slot !== top; top = this.#waiting[0]) {
      this.#popWaiting();
    }
  }

  #pushWaiting(slot: Slot): void {
    const heap = this.#waiting;
    let i = heap.length;
    heap.push(slot);
    while (i > 0) {
      const up = (i - 1) >> 1;
      const parent = heap[up] as Slot;
      if (parent.atMs <= slot.atMs) break;
      heap[i] = parent;
      i = up;
    }
    heap[i] = slot;
  }

  #popWaiting(): void {
    const heap = this.#waiting;
    const last = heap.pop() as Slot;
    if (heap.length === 0) return;
    let i = 0;
    for (;;) {
      let down = 2 * i + 1;
      if (down >= heap.length) break;
      if (down + 1 < heap.length && (heap[down + 1] as Slot).atMs < (heap[down] as Slot).atMs) down++;
      const child = heap[down] as Slot;
      if (child.atMs >= last.atMs) break;
      heap[i] = child;
      i = down;
    }
    heap[i] = last;
  }
}
