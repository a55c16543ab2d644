import { Ring } from '../util/index.ts';
import { mergeUpdates, type SharedUpdate, type UpdateData } from './shared-update.ts';

/** Limits of a `QueueBudget`. */
export interface QueueBudgetOptions {
  /** Bytes of queued data, arrays counted; above it each queue collapses to one entry. Default 4 MiB. */
  readonly maxBytes?: number;
  /** Queued updates; at it queues merge instead of growing. Default 4096. */
  readonly maxEntries?: number;
  /** Entries that each queue may hold whatever the others hold. Default 4. */
  readonly guaranteedEntries?: number;
}

/** The part of a queue that a budget needs. */
interface BudgetedQueue {
  collapse(): void;
}

/** What all queues of one connection may hold together. */
export class QueueBudget {
  readonly maxBytes: number;
  readonly maxEntries: number;
  readonly guaranteedEntries: number;
  readonly #queues: Set<BudgetedQueue>;
  #bytes: number;
  #entries: number;
  #collapses: number;

  constructor(options: QueueBudgetOptions = {}) {
    this.maxBytes = options.maxBytes ?? 4 * 1024 * 1024;
    this.maxEntries = options.maxEntries ?? 4096;
    this.guaranteedEntries = options.guaranteedEntries ?? 4;
    this.#queues = new Set();
    this.#bytes = 0;
    this.#entries = 0;
    this.#collapses = 0;
  }

  /** Bytes of data that wait now. */
  get bytes(): number {
    return this.#bytes;
  }
  /** Updates that wait now. */
  get entries(): number {
    return this.#entries;
  }
  /** How often all queues had to collapse. */
  get collapses(): number {
    return this.#collapses;
  }

  /** Tells whether a queue that holds `length` updates may take one more. */
  hasRoom(length: number): boolean {
    return length < this.guaranteedEntries || this.#entries < this.maxEntries;
  }

  /** Books entries and bytes of a queue; negative numbers give back. Collapses the queues when it is too much. */
  book(queue: BudgetedQueue, entries: number, bytes: number): void {
    if (entries > 0) this.#queues.add(queue);
    this.#entries += entries;
    this.#bytes += bytes;
    if (bytes > 0 && this.#bytes > this.maxBytes && this.#entries > this.#queues.size) {
      this.#collapses++;
      for (const other of this.#queues) other.collapse();
    }
  }

  /** The queue holds nothing any more. */
  forget(queue: BudgetedQueue): void {
    this.#queues.delete(queue);
  }
}

/**
 * Updates that wait for one subscriber, oldest first. When full, a new update merges into the newest entry, so the
 * last value is never lost.
 */
export class UpdateQueue<D extends UpdateData> {
  readonly #ring: Ring<SharedUpdate<D>>;
  readonly #budget: QueueBudget | undefined;
  #limit: number;
  #merged: number;
  #maxLength: number;

  /** @param limit updates to hold, 1 or more. */
  constructor(limit: number, budget?: QueueBudget) {
    this.#ring = new Ring(Math.min(limit, 8));
    this.#budget = budget;
    this.#limit = Math.max(1, limit);
    this.#merged = 0;
    this.#maxLength = 0;
  }

  /** Updates that wait. */
  get length(): number {
    return this.#ring.length;
  }
  get limit(): number {
    return this.#limit;
  }
  /** Updates that were merged into another one. */
  get merged(): number {
    return this.#merged;
  }
  /** The most updates that ever waited. */
  get maxLength(): number {
    return this.#maxLength;
  }

  /** Changes how many updates may wait; a queue that is longer collapses to one. */
  setLimit(limit: number): void {
    this.#limit = Math.max(1, limit);
    if (this.#ring.length > this.#limit) this.collapse();
  }

  /** Adds an update. Returns false when it was merged into the newest entry. */
  push(update: SharedUpdate<D>): boolean {
    const newest = this.#ring.last();
    const length = this.#ring.length;
    if (newest !== undefined && (length >= this.#limit || this.#budget?.hasRoom(length) === false)) {
      this.#ring.replaceLast(mergeUpdates(newest, update));
      this.#merged++;
      this.#budget?.book(this, 0, update.byteSize - newest.byteSize);
      return false;
    }
    this.#ring.push(update);
    if (length + 1 > this.#maxLength) this.#maxLength = length + 1;
    this.#budget?.book(this, 1, update.byteSize);
    return true;
  }

  /** Removes and returns the oldest update. */
  shift(): SharedUpdate<D> | undefined {
    const update = this.#ring.shift();
    if (update !== undefined && this.#budget !== undefined) {
      this.#budget.book(this, -1, -update.byteSize);
      if (this.#ring.length === 0) this.#budget.forget(this);
    }
    return update;
  }

  /** The oldest update. */
  first(): SharedUpdate<D> | undefined {
    return this.#ring.first();
  }

  /** Merges all updates into one. */
  collapse(): void {
    const count = this.#ring.length;
    if (count < 2) return;
    let all = this.#ring.shift() as SharedUpdate<D>;
    let bytes = all.byteSize;
    for (let next = this.#ring.shift(); next !== undefined; next = this.#ring.shift()) {
      bytes += next.byteSize;
      all = mergeUpdates(all, next);
    }
    this.#ring.push(all);
    this.#merged += count - 1;
    this.#budget?.book(this, 1 - count, all.byteSize - bytes);
  }

  /** Drops all updates and gives their share of the budget back. */
  clear(): void {
    let dropped = this.shift();
    while (dropped !== undefined) dropped = this.shift();
  }
}
