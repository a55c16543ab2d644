import { type Clock, noStop, TimeoutError } from '../util/index.ts';
import { AlarmCondition, makeAlarm } from './alarm.ts';
import { makeSnapshot, Severity, type Snapshot } from './model.ts';
import type { MaybePromise } from './source.ts';
import { nowStamp } from './time.ts';

/** How often and how long `LiveRead` reads. */
export interface LiveReadOptions {
  readonly clock: Clock;
  /** Age in milliseconds up to which a value is given out again without a read. Default 0: always read. */
  readonly cacheMs?: number;
  /** Milliseconds after which a read gives the last value, INVALID. Default: wait for ever. */
  readonly timeoutMs?: number;
  /** Name of the PV, for error messages. */
  readonly name?: string;
}

/**
 * Reads a device when clients ask: calls that come while a read is under way share it, and a young value is given
 * out again. After a time-out or a failure clients get the last value with an INVALID alarm.
 */
export class LiveRead {
  readonly #read: (signal: AbortSignal) => MaybePromise<Snapshot>;
  readonly #clock: Clock;
  readonly #cacheMs: number;
  readonly #timeoutMs: number;
  readonly #name: string;
  #last: Snapshot | undefined;
  #lastMs: number;
  #pending: Promise<Snapshot> | undefined;

  /** @param read asks the device; its signal aborts at the time-out. */
  constructor(read: (signal: AbortSignal) => MaybePromise<Snapshot>, options: LiveReadOptions) {
    this.#read = read;
    this.#clock = options.clock;
    this.#cacheMs = options.cacheMs ?? 0;
    this.#timeoutMs = options.timeoutMs ?? Number.POSITIVE_INFINITY;
    this.#name = options.name ?? '';
    this.#last = undefined;
    this.#lastMs = Number.NEGATIVE_INFINITY;
    this.#pending = undefined;
  }

  /** The last good value, of any age. */
  get last(): Snapshot | undefined {
    return this.#last;
  }

  /** Notes a value that came by another way; it counts as read now. */
  note(snapshot: Snapshot): void {
    this.#last = snapshot;
    this.#lastMs = this.#clock.monotonicMs;
  }

  /** Makes the next call read, however young the last value is. */
  expire(): void {
    this.#lastMs = Number.NEGATIVE_INFINITY;
  }

  /**
   * The current value.
   *
   * @throws {TimeoutError} EPICS_TIMEOUT, or the error of the read, when there is no earlier value to give.
   */
  get(): MaybePromise<Snapshot> {
    if (this.#pending !== undefined) return this.#pending;
    if (this.#last !== undefined && this.#clock.monotonicMs - this.#lastMs < this.#cacheMs) return this.#last;
    const controller = new AbortController();
    let result: MaybePromise<Snapshot>;
    try {
      result = this.#read(controller.signal);
    } catch (error) {
      return this.#invalid(error, AlarmCondition.Read);
    }
    if (!(result instanceof Promise)) {
      this.note(result);
      return result;
    }
    const pending = this.#await(result, controller);
    this.#pending = pending;
    return pending;
  }

  async #await(result: Promise<Snapshot>, controller: AbortController): Promise<Snapshot> {
    let stopTimer = noStop;
    let hasTimedOut = false;
    const timeout = new Promise<never>((_, reject) => {
      if (this.#timeoutMs === Number.POSITIVE_INFINITY) return;
      stopTimer = this.#clock.at(this.#clock.monotonicMs + this.#timeoutMs, () => {
        hasTimedOut = true;
        const error = new TimeoutError(`read of "${this.#name}" timed out after ${this.#timeoutMs} ms`, {
          pvName: this.#name,
        });
        controller.abort(error);
        reject(error);
      });
    });
    try {
      const snapshot = await Promise.race([result, timeout]);
      this.note(snapshot);
      return snapshot;
    } catch (error) {
      return this.#invalid(error, hasTimedOut ? AlarmCondition.Timeout : AlarmCondition.Read);
    } finally {
      stopTimer();
      this.#pending = undefined;
    }
  }

  #invalid(error: unknown, condition: AlarmCondition): Snapshot {
    if (this.#last === undefined) throw error;
    return makeSnapshot(
      this.#last.value,
      makeAlarm(Severity.Invalid, condition),
      nowStamp(this.#clock),
      this.#last.meta,
    );
  }
}
