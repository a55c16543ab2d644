import type { CallOptions } from '../../pv/index.ts';
import { type Deadlines, noStop, type Stop } from '../../util/index.ts';

/** What a call that waits needs from the channel it is made on. */
export interface CallOwner {
  readonly deadlines: Deadlines;
  /** The error of a call that took too long. */
  timeoutError(what: string, timeoutMs: number): Error;
}

/**
 * A promise that somebody waits for, with its time-out and its signal. Settles once; what comes later is ignored.
 * Without time-out and signal it costs the promise and this object only.
 */
export class Call<T> {
  /** For `CallOptions.ifConnected`: the loss of the channel ends the call. */
  readonly ifConnected: boolean;
  readonly #resolve: (value: T) => void;
  readonly #reject: (reason: Error) => void;
  #isDone: boolean;
  #stopTimer: Stop;
  #signal: AbortSignal | undefined;
  #onAbort: (() => void) | undefined;

  constructor(resolve: (value: T) => void, reject: (reason: Error) => void, ifConnected = false) {
    this.ifConnected = ifConnected;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#isDone = false;
    this.#stopTimer = noStop;
    this.#signal = undefined;
    this.#onAbort = undefined;
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  /**
   * Starts time-out and signal of the call.
   *
   * @param what verb of the call, for the message.
   * @param onGivenUp called when either ends the call, after it is done.
   */
  watch(what: string, options: CallOptions, owner: CallOwner, onGivenUp: (call: this) => void): void {
    const { timeoutMs, signal } = options;
    if (timeoutMs !== undefined) {
      this.#stopTimer = owner.deadlines.after(timeoutMs, () => {
        if (this.reject(owner.timeoutError(what, timeoutMs))) onGivenUp(this);
      });
    }
    if (signal !== undefined) {
      this.#signal = signal;
      this.#onAbort = () => {
        if (this.reject(signal.reason as Error)) onGivenUp(this);
      };
      signal.addEventListener('abort', this.#onAbort, { once: true });
    }
  }

  /** Returns false when the call was over already. */
  resolve(value: T): boolean {
    if (this.#isDone) return false;
    this.#finish();
    this.#resolve(value);
    return true;
  }

  /** Returns false when the call was over already. */
  reject(reason: Error): boolean {
    if (this.#isDone) return false;
    this.#finish();
    this.#reject(reason);
    return true;
  }

  #finish(): void {
    this.#isDone = true;
    this.#stopTimer();
    if (this.#onAbort !== undefined) this.#signal?.removeEventListener('abort', this.#onAbort);
  }
}
