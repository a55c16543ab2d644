import { type Clock, EpicsErrorCode, errorText, type Stop } from '../../util/index.ts';
import { MemoryError } from '../errors.ts';
import type { MemorySlave, TransactionType } from './slave.ts';

interface Pending {
  readonly id: number;
  readonly timeoutMs: number;
  deadline: number;
  readonly expire: () => void;
}

/**
 * The accesses of one tree to one slave: numbers them, splits long ones, and fails those without an answer.
 *
 * When an answer arrives, the time-outs of the accesses issued after it start anew: on a slow link they only wait for
 * their turn.
 */
export class MemoryBus {
  readonly slave: MemorySlave;
  readonly #clock: Clock;
  /** In order of issue. */
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #timer: Stop | undefined;
  #timerAt = Number.POSITIVE_INFINITY;

  constructor(slave: MemorySlave, clock: Clock) {
    this.slave = slave;
    this.#clock = clock;
  }

  /** Accesses without an answer yet. */
  get pendingCount(): number {
    return this.#pending.size;
  }

  /**
   * Performs one access, in pieces of at most `slave.max` bytes.
   *
   * @param data bytes to write, or the place for the bytes read: filled only when the access succeeds.
   * @throws {MemoryError} EPICS_TIMEOUT when no answer came in time, EPICS_REMOTE when the slave refused.
   */
  async transact(type: TransactionType, address: bigint, data: Uint8Array, timeoutMs: number): Promise<void> {
    if (data.length <= this.slave.max) return this.#piece(type, address, data, timeoutMs);
    const pieces: Promise<void>[] = [];
    for (let at = 0; at < data.length; at += this.slave.max) {
      const part = data.subarray(at, Math.min(data.length, at + this.slave.max));
      pieces.push(this.#piece(type, address + BigInt(at), part, timeoutMs));
    }
    // All pieces end before the access does, so that no answer of it comes into the next one.
    for (const result of await Promise.allSettled(pieces)) {
      if (result.status === 'rejected') throw result.reason;
    }
  }

  #piece(type: TransactionType, address: bigint, data: Uint8Array, timeoutMs: number): Promise<void> {
    const id = this.#nextId;
    this.#nextId = (id % 0xffffffff) + 1;
    // The slave gets a buffer of its own: what it writes after a time-out must not reach the caller's.
    const buffer = type === 'write' || type === 'post' ? data.slice() : new Uint8Array(data.length);
    return new Promise<void>((resolve, reject) => {
      const entry: Pending = {
        id,
        timeoutMs,
        deadline: this.#clock.monotonicMs + timeoutMs,
        expire: () => {
          const text = `Timeout waiting for register transaction ${id} message response.`;
          reject(new MemoryError(text, { code: EpicsErrorCode.Timeout }));
        },
      };
      this.#pending.set(id, entry);
      this.#arm(entry.deadline);
      const settle = (): boolean => {
        if (!this.#pending.delete(id)) return false;
        this.#restartAfter(id);
        return true;
      };
      this.#start(id, type, address, buffer).then(
        () => {
          if (!settle()) return;
          if (type === 'read' || type === 'verify') data.set(buffer);
          resolve();
        },
        (error: unknown) => {
          if (settle()) reject(new MemoryError(errorText(error), { cause: error }));
        },
      );
    });
  }

  // A slave may throw instead of rejecting.
  async #start(id: number, type: TransactionType, address: bigint, data: Uint8Array): Promise<void> {
    await this.slave.transact({ id, type, address, data });
  }

  #restartAfter(id: number): void {
    if (this.#pending.size === 0) {
      this.#timer?.();
      this.#timer = undefined;
      this.#timerAt = Number.POSITIVE_INFINITY;
      return;
    }
    const now = this.#clock.monotonicMs;
    for (const entry of this.#pending.values()) {
      if (entry.id > id) entry.deadline = now + entry.timeoutMs;
    }
  }

  #arm(deadline: number): void {
    if (deadline >= this.#timerAt) return;
    this.#timer?.();
    this.#timerAt = deadline;
    this.#timer = this.#clock.at(deadline, () => this.#onTimer());
  }

  #onTimer(): void {
    this.#timer = undefined;
    this.#timerAt = Number.POSITIVE_INFINITY;
    const now = this.#clock.monotonicMs;
    let next = Number.POSITIVE_INFINITY;
    for (const entry of [...this.#pending.values()]) {
      if (entry.deadline > now) {
        next = Math.min(next, entry.deadline);
      } else {
        this.#pending.delete(entry.id);
        entry.expire();
      }
    }
    if (next !== Number.POSITIVE_INFINITY) this.#arm(next);
  }
}
