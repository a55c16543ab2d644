import { toError } from './errors.ts';
import { Ring } from './ring.ts';
import type { Stop } from './stop.ts';

export interface AsyncFeedOptions {
  /** Items kept for the consumer; beyond it the oldest are dropped. */
  readonly capacity?: number;
  /** Ends the feed with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called once when the feed ends, whoever ends it. */
  readonly onEnd?: () => void;
}

interface Waiter<T> {
  readonly resolve: (result: IteratorResult<T, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

const DONE: IteratorResult<never, undefined> = { done: true, value: undefined };

/**
 * Turns callbacks into an async iterator for one consumer. Calls of `next` made before an item is there wait in order.
 * Bounded: when the consumer lags, the oldest items go and `dropped` counts them.
 */
export class AsyncFeed<T> implements AsyncIterableIterator<T> {
  readonly #items = new Ring<T>();
  readonly #waiters = new Ring<Waiter<T>>();
  readonly #capacity: number;
  readonly #onEnd: (() => void) | undefined;
  #stopSignal: Stop | undefined;
  #isEnded = false;
  #error: Error | undefined;
  #dropped = 0;

  constructor(options: AsyncFeedOptions = {}) {
    this.#capacity = options.capacity ?? 64;
    this.#onEnd = options.onEnd;
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

  /** Items that were dropped because the consumer was slow. */
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
      return;
    }
    if (this.#items.length >= this.#capacity) {
      this.#items.shift();
      this.#dropped++;
    }
    this.#items.push(item);
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
      return Promise.resolve({ done: false, value: this.#items.shift() as T });
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
        while (this.#items.length > 0) batch.push(this.#items.shift() as T);
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
    this.#onEnd?.();
  }
}
