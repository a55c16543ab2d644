import { toError } from './errors.ts';
import { Ring } from './ring.ts';
import type { Stop } from './stop.ts';

/** Settings of an `AsyncFeed`. */
export interface AsyncFeedOptions<T> {
  /** Items kept for the consumer; beyond it the newest two are merged, or the oldest dropped. Default 64. */
  readonly capacity?: number;
  /** One item for two that follow each other; undefined when they cannot be one. Without it the oldest are dropped. */
  readonly merge?: (older: T, newer: T) => T | undefined;
  /** Ends the feed with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** So many items went, to the consumer or into another item. */
  readonly onTaken?: (count: number) => void;
  /** Called once when the feed ends, whoever ends it. */
  readonly onEnd?: () => void;
}

interface Waiter<T> {
  readonly resolve: (result: IteratorResult<T, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

const DEFAULT_CAPACITY = 64;
// Items beyond the capacity when they cannot be merged.
const EXTRA_ITEMS = 64;

const DONE: IteratorResult<never, undefined> = { done: true, value: undefined };

/**
 * Turns callbacks into an async iterator for one consumer. Calls of `next` made before an item is there wait in order.
 * Bounded: when the consumer lags, the oldest items go, or the newest two become one; `dropped` counts them.
 */
export class AsyncFeed<T> implements AsyncIterableIterator<T> {
  readonly #items = new Ring<T>();
  readonly #waiters = new Ring<Waiter<T>>();
  readonly #capacity: number;
  readonly #merge: ((older: T, newer: T) => T | undefined) | undefined;
  readonly #onTaken: ((count: number) => void) | undefined;
  readonly #afterEnd: (() => void)[] = [];
  #stopSignal: Stop | undefined;
  #isEnded = false;
  #error: Error | undefined;
  #dropped = 0;

  constructor(options: AsyncFeedOptions<T> = {}) {
    this.#capacity = options.capacity ?? DEFAULT_CAPACITY;
    this.#merge = options.merge;
    this.#onTaken = options.onTaken;
    if (options.onEnd !== undefined) this.#afterEnd.push(options.onEnd);
    const signal = options.signal;
    if (signal !== undefined) {
      const onAbort = (): void => this.fail(toError(signal.reason));
      if (signal.aborted) onAbort();
      else {
        signal.addEventListener('abort', onAbort, { once: true });
        this.#stopSignal = () => signal.removeEventListener('abort', onAbort);
      }
    }
  }

  /** Items that were dropped or merged because the consumer was slow. */
  get dropped(): number {
    return this.#dropped;
  }
  /** Items that wait for the consumer. */
  get length(): number {
    return this.#items.length;
  }
  get isEnded(): boolean {
    return this.#isEnded;
  }

  push(item: T): void {
    if (this.#isEnded) return;
    const waiter = this.#waiters.shift();
    if (waiter !== undefined) {
      waiter.resolve({ done: false, value: item });
      this.#onTaken?.(1);
    } else if (this.#items.length < this.#capacity) this.#items.push(item);
    else this.#overflow(item);
  }

  #overflow(item: T): void {
    const newest = this.#items.last();
    if (this.#merge === undefined || newest === undefined) {
      this.#items.shift();
      this.#items.push(item);
    } else {
      const merged = this.#merge(newest, item);
      // What cannot be merged may exceed the capacity, within reason.
      if (merged === undefined && this.#items.length < this.#capacity + EXTRA_ITEMS) {
        this.#items.push(item);
        return;
      }
      this.#items.replaceLast(merged ?? item);
    }
    this.#dropped++;
    this.#onTaken?.(1);
  }

  /** Ends after the items already there. */
  end(): void {
    this.#finish(undefined);
  }

  /** Ends after the items already there, with an error for the consumer. */
  fail(error: Error): void {
    this.#finish(error);
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#items.length > 0) {
      const value = this.#items.shift() as T;
      this.#onTaken?.(1);
      return Promise.resolve({ done: false, value });
    }
    if (this.#error !== undefined) {
      const error = this.#error;
      this.#error = undefined;
      return Promise.reject(error);
    }
    if (this.#isEnded) return Promise.resolve(DONE);
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#items.clear();
    this.#finish(undefined);
    this.#error = undefined;
    return Promise.resolve(DONE);
  }

  /** Calls `fn` when the feed has ended, at once if it has. */
  whenEnded(fn: () => void): void {
    if (this.#isEnded) fn();
    else this.#afterEnd.push(fn);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /**
   * The same items as arrays: everything that arrived since the last step, at least one.
   *
   * @yields one array at a time.
   */
  async *batches(): AsyncGenerator<T[], void, undefined> {
    try {
      for (;;) {
        const first = await this.next();
        if (first.done === true) return;
        const batch: T[] = [first.value];
        const more = this.#items.length;
        while (this.#items.length > 0) batch.push(this.#items.shift() as T);
        if (more > 0) this.#onTaken?.(more);
        yield batch;
      }
    } finally {
      await this.return();
    }
  }

  #finish(error: Error | undefined): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#stopSignal?.();
    let pending = error;
    for (let waiter = this.#waiters.shift(); waiter !== undefined; waiter = this.#waiters.shift()) {
      if (pending !== undefined) {
        waiter.reject(pending);
        pending = undefined;
      } else waiter.resolve(DONE);
    }
    this.#error = pending;
    for (const fn of this.#afterEnd) fn();
  }
}
