import { Ring, type Stop, toError } from '../../util/index.ts';

/** Settings of a `MonitorFeed`. */
export interface FeedOptions<T> {
  /** Items kept for the consumer; beyond it the newest two become one. */
  readonly capacity: number;
  /** One item for two that follow each other; undefined when they cannot be one. */
  readonly merge: (older: T, newer: T) => T | undefined;
  readonly signal?: AbortSignal | undefined;
  /** An item was taken by the consumer. */
  readonly onTaken?: (count: number) => void;
  /** Called once when the feed ends, whoever ends it. */
  readonly onEnd: () => void;
}

interface Waiter<T> {
  readonly resolve: (result: IteratorResult<T, undefined>) => void;
  readonly reject: (reason: Error) => void;
}

// Items beyond the capacity when they cannot be merged.
const EXTRA_ITEMS = 64;

const DONE: IteratorResult<never, undefined> = { done: true, value: undefined };

/**
 * Updates of a monitor as async iterator, for one consumer. Bounded: when the consumer lags, updates merge into the
 * newest one, so that the last state is never lost; `dropped` counts them.
 */
export class MonitorFeed<T> implements AsyncIterableIterator<T> {
  readonly #options: FeedOptions<T>;
  readonly #items: Ring<T>;
  readonly #waiters: Ring<Waiter<T>>;
  #stopSignal: Stop | undefined;
  readonly #afterEnd: (() => void)[];
  #isEnded: boolean;
  #error: Error | undefined;
  #dropped: number;
  #maxLength: number;

  constructor(options: FeedOptions<T>) {
    this.#options = options;
    this.#items = new Ring();
    this.#waiters = new Ring();
    this.#afterEnd = [];
    this.#stopSignal = undefined;
    this.#isEnded = false;
    this.#error = undefined;
    this.#dropped = 0;
    this.#maxLength = 0;
    const { signal } = options;
    if (signal === undefined) return;
    const onAbort = (): void => this.fail(toError(signal.reason));
    signal.addEventListener('abort', onAbort, { once: true });
    this.#stopSignal = () => signal.removeEventListener('abort', onAbort);
  }

  /** Updates that were merged because the consumer was slow. */
  get dropped(): number {
    return this.#dropped;
  }
  /** Updates that wait for the consumer. */
  get length(): number {
    return this.#items.length;
  }
  /** The most updates that ever waited. */
  get maxLength(): number {
    return this.#maxLength;
  }
  get isEnded(): boolean {
    return this.#isEnded;
  }

  push(item: T): void {
    if (this.#isEnded) return;
    const waiter = this.#waiters.shift();
    if (waiter !== undefined) {
      waiter.resolve({ done: false, value: item });
      this.#options.onTaken?.(1);
      return;
    }
    const newest = this.#items.last();
    if (newest !== undefined && this.#items.length >= this.#options.capacity) {
      const merged = this.#options.merge(newest, item);
      // What cannot be merged may exceed the capacity, within reason.
      if (merged !== undefined || this.#items.length >= this.#options.capacity + EXTRA_ITEMS) {
        this.#items.replaceLast(merged ?? item);
        this.#dropped++;
        this.#options.onTaken?.(1);
        return;
      }
    }
    this.#items.push(item);
    if (this.#items.length > this.#maxLength) this.#maxLength = this.#items.length;
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
      this.#options.onTaken?.(1);
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
   * The same items as arrays.
   *
   * @yields everything that arrived since the last step, at least one item.
   */
  async *batches(): AsyncGenerator<T[], void, undefined> {
    try {
      for (;;) {
        const first = await this.next();
        if (first.done === true) return;
        const batch: T[] = [first.value];
        const more = this.#items.length;
        while (this.#items.length > 0) batch.push(this.#items.shift() as T);
        if (more > 0) this.#options.onTaken?.(more);
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
    this.#options.onEnd();
    for (const fn of this.#afterEnd) fn();
  }
}
