import { type Clock, systemClock } from '../../util/index.ts';
import type { MemorySlave, Transaction, TransactionType } from './slave.ts';

/** Settings of an emulated memory. */
export interface EmulateOptions {
  /** Smallest access in bytes, default 4. */
  readonly min?: number;
  /** Largest access in bytes, default 2^32 - 1. */
  readonly max?: number;
  readonly name?: string;
  /** Time of each access in milliseconds, default 0. */
  readonly delayMs?: number;
  /** Times the delay. */
  readonly clock?: Clock;
  /** Pages of 4 KiB that may come to be; an access beyond fails. Default 65536 (256 MiB). */
  readonly maxPages?: number;
}

/** One access as the emulated memory saw it. */
export interface LoggedTransaction {
  readonly type: TransactionType;
  readonly address: bigint;
  /** Bytes of the access. */
  readonly size: number;
  /** Bytes written as hexadecimal digits; empty for reads. */
  readonly hex: string;
}

const PAGE = 4096;

/**
 * Memory of zeros, in pages that come to be when written: stands for hardware in tests and demonstrations.
 * Faults can be put in: lost answers, errors, wrong bits.
 */
export class Emulate implements MemorySlave {
  readonly min: number;
  readonly max: number;
  readonly name: string;
  /** Accesses that will get no answer. */
  dropCount: number;
  /** Accesses from now on fail with this text; undefined = none. */
  failure: string | undefined;
  /** Turned over in the first byte that each verify reads. */
  corruptVerifyMask: number;
  delayMs: number;
  /** Every access, oldest first, while it is an array; undefined (as at first) keeps none. */
  log: LoggedTransaction[] | undefined;
  readonly #clock: Clock;
  readonly #maxPages: number;
  readonly #pages = new Map<bigint, Uint8Array>();

  constructor(options: EmulateOptions = {}) {
    this.min = options.min ?? 4;
    this.max = options.max ?? 0xffffffff;
    this.name = options.name ?? 'Emulate';
    this.dropCount = 0;
    this.failure = undefined;
    this.corruptVerifyMask = 0;
    this.delayMs = options.delayMs ?? 0;
    this.log = undefined;
    this.#clock = options.clock ?? systemClock;
    this.#maxPages = options.maxPages ?? 65536;
  }

  async transact(transaction: Transaction): Promise<void> {
    const { type, address, data } = transaction;
    const isWrite = type === 'write' || type === 'post';
    this.log?.push({ type, address, size: data.length, hex: isWrite ? hexOf(data) : '' });
    if (this.dropCount > 0) {
      this.dropCount--;
      return new Promise(() => {});
    }
    if (this.delayMs > 0) {
      const until = this.#clock.monotonicMs + this.delayMs;
      await new Promise<void>((resolve) => void this.#clock.at(until, resolve));
    }
    if (this.failure !== undefined) throw new Error(this.failure);
    if (isWrite) this.write(address, data);
    else data.set(this.read(address, data.length));
    if (type === 'verify' && data.length > 0) data[0] = (data[0] ?? 0) ^ this.corruptVerifyMask;
  }

  /** Reads bytes without a transaction. */
  read(address: bigint, size: number): Uint8Array {
    const out = new Uint8Array(size);
    this.#each(address, size, (at, start, length, number) => {
      const page = this.#pages.get(number);
      if (page !== undefined) out.set(page.subarray(start, start + length), at);
    });
    return out;
  }

  /** Writes bytes without a transaction. */
  write(address: bigint, data: Uint8Array): void {
    this.#each(address, data.length, (at, start, length, number) => {
      let page = this.#pages.get(number);
      if (page === undefined) {
        if (this.#pages.size >= this.#maxPages) {
          throw new Error(`emulated memory is full, limit ${this.#maxPages} pages of ${PAGE} bytes`);
        }
        page = new Uint8Array(PAGE);
        this.#pages.set(number, page);
      }
      page.set(data.subarray(at, at + length), start);
    });
  }

  #each(
    address: bigint,
    size: number,
    visit: (at: number, start: number, length: number, page: bigint) => void,
  ): void {
    for (let at = 0; at < size; ) {
      const where = address + BigInt(at);
      const start = Number(where % BigInt(PAGE));
      const length = Math.min(PAGE - start, size - at);
      visit(at, start, length, where / BigInt(PAGE));
      at += length;
    }
  }
}

function hexOf(data: Uint8Array): string {
  let out = '';
  for (const byte of data) out += byte.toString(16).padStart(2, '0');
  return out;
}
