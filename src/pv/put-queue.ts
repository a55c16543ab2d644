import { DisconnectedError, LimitError, Ring } from '../util/index.ts';
import type { MaybePromise, WriteContext } from './source.ts';

/**
 * What happens to a put while another one is under way: `serial` runs them one after the other, `latest` keeps only
 * the newest and answers those it replaced together with it, `parallel` starts each at once.
 */
export type PutMode = 'serial' | 'latest' | 'parallel';

/** How a `PutQueue` works. */
export interface PutQueueOptions {
  readonly mode?: PutMode;
  /** Puts that may wait; more are refused. Default 1000. */
  readonly maxWaiting?: number;
  /** Name of the PV, for error messages. */
  readonly name?: string;
}

interface Waiting<W, C> {
  readonly write: W;
  readonly context: C;
  readonly callers: { readonly resolve: () => void; readonly reject: (error: unknown) => void }[];
}

/**
 * Orders the puts to one PV: servers start writes in the order of arrival and never queue them, so a source whose
 * writes take time has one of these.
 */
export class PutQueue<W, C extends WriteContext = WriteContext> {
  readonly #run: (write: W, context: C) => MaybePromise<void>;
  readonly #mode: PutMode;
  readonly #maxWaiting: number;
  readonly #name: string;
  readonly #waiting: Ring<Waiting<W, C>>;
  #running: number;

  /** @param run does one put. */
  constructor(run: (write: W, context: C) => MaybePromise<void>, options: PutQueueOptions = {}) {
    this.#run = run;
    this.#mode = options.mode ?? 'serial';
    this.#maxWaiting = options.maxWaiting ?? 1000;
    this.#name = options.name ?? '';
    this.#waiting = new Ring();
    this.#running = 0;
  }

  /** Puts that run now. */
  get running(): number {
    return this.#running;
  }
  /** Puts that wait for their turn. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Runs a put in its turn. What is returned settles when the put is done, synchronously where `run` is
   * synchronous and nothing is under way.
   *
   * @throws {LimitError} EPICS_LIMIT when too many wait.
   */
  put(write: W, context: C): MaybePromise<void> {
    if (this.#mode === 'parallel' || this.#running === 0) return this.#start(write, context);
    const newest = this.#waiting.last();
    return new Promise((resolve, reject) => {
      const caller = { resolve, reject };
      if (this.#mode === 'latest' && newest !== undefined) {
        this.#waiting.replaceLast({ write, context, callers: [...newest.callers, caller] });
      } else if (this.#waiting.length >= this.#maxWaiting) {
        reject(
          new LimitError(
            `put to "${this.#name}" refused: ${this.#waiting.length} puts wait already, the limit is ${this.#maxWaiting}`,
            { pvName: this.#name },
          ),
        );
      } else this.#waiting.push({ write, context, callers: [caller] });
    });
  }

  #start(write: W, context: C): MaybePromise<void> {
    this.#running++;
    let result: MaybePromise<void>;
    try {
      result = this.#run(write, context);
    } catch (error) {
      this.#done();
      throw error;
    }
    if (!(result instanceof Promise)) {
      this.#done();
      return undefined;
    }
    return result.finally(() => this.#done());
  }

  #done(): void {
    this.#running--;
    while (this.#running === 0) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#runWaiting(next);
    }
  }

  #runWaiting(next: Waiting<W, C>): void {
    // A put whose client waited and left before its turn is not begun. One that nobody waits for was done with when it
    // was sent: its client may leave at once. With `latest` the callers before it still wait.
    if (next.callers.length === 1 && next.context.wait && next.context.signal.aborted) {
      const cause: unknown = next.context.signal.reason;
      const error = new DisconnectedError(`put to "${this.#name}" was cancelled before its turn`, { cause });
      for (const caller of next.callers) caller.reject(error);
      return;
    }
    let result: MaybePromise<void>;
    this.#running++;
    try {
      result = this.#run(next.write, next.context);
    } catch (error) {
      this.#running--;
      for (const caller of next.callers) caller.reject(error);
      return;
    }
    if (!(result instanceof Promise)) {
      this.#running--;
      for (const caller of next.callers) caller.resolve();
      return;
    }
    result.then(
      () => {
        for (const caller of next.callers) caller.resolve();
        this.#done();
      },
      (error: unknown) => {
        for (const caller of next.callers) caller.reject(error);
        this.#done();
      },
    );
  }
}
