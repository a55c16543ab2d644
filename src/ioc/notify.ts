import type { RecordBase } from './record.ts';

/** Waits for a record and for all that its processing started: base's put-notify. */
export class Notify {
  readonly #waiting = new Set<RecordBase>();
  readonly #onDone: () => void;
  #holdCount = 0;

  /** @param onDone called once, when nothing is waited for any more. */
  constructor(onDone: () => void) {
    this.#onDone = onDone;
  }

  /** Waits for one more record. */
  add(record: RecordBase): void {
    record.notify = this;
    this.#waiting.add(record);
  }

  /** A record is done. */
  release(record: RecordBase): void {
    if (record.notify === this) record.notify = undefined;
    if (this.#waiting.delete(record)) this.#check();
  }

  /** Waits for something that is no record; `letGo` ends it. */
  hold(): void {
    this.#holdCount++;
  }

  letGo(): void {
    this.#holdCount--;
    this.#check();
  }

  #check(): void {
    if (this.#waiting.size === 0 && this.#holdCount === 0) this.#onDone();
  }
}

/**
 * A record became idle: starts the next put with completion that waits for it, on a later microtask so that the
 * caller has left the record.
 */
export function startWaitingPut(record: RecordBase): void {
  const next = record.waitingPuts.shift();
  if (next !== undefined) void Promise.resolve().then(next);
}
