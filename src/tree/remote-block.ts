import { errorText } from '../util/index.ts';
import { type BitRun, type ByteRange, bytesOf, copyBits, setBits } from './bits.ts';
import type { Block, StartOptions } from './block.ts';
import type { Device } from './device.ts';
import { MemoryError } from './errors.ts';
import type { MemoryBus } from './memory/bus.ts';
import type { TransactionType } from './memory/slave.ts';
import { Mutex } from './mutex.ts';
import type { RemoteVariable } from './remote-variable.ts';
import type { Mode } from './types.ts';
import type { UpdateGroup } from './update-engine.ts';

/** Where a block lies. */
export interface BlockPlace {
  readonly device: Device;
  readonly bus: MemoryBus;
  /** Address in the slave's space, aligned to its smallest access. */
  readonly address: bigint;
  /** Bytes, a multiple of the slave's smallest access. */
  readonly size: number;
}

interface Job {
  readonly type: TransactionType;
  readonly low: number;
  readonly data: Uint8Array;
}

/** A stretch of memory that several variables share: its bytes as last read or staged, and what is not written yet. */
export class RemoteBlock implements Block {
  readonly device: Device;
  readonly address: bigint;
  readonly size: number;
  readonly variables: readonly RemoteVariable<unknown>[];
  readonly mode: Mode;
  readonly bulkOpEn: boolean;
  readonly #bus: MemoryBus;
  readonly #retryCount: number;
  readonly #data: Uint8Array;
  /** Bits that a verify compares. */
  readonly #verifyMask: Uint8Array;
  readonly #isVerified: boolean;
  /** Bytes staged and not written, per variable. */
  readonly #stale = new Map<RemoteVariable<unknown>, ByteRange>();
  readonly #mutex = new Mutex();
  #expected: Uint8Array | undefined;
  #expectedLow = 0;
  #last: Promise<void> | undefined;
  #failure: Error | undefined;
  #isReadFailure = false;
  #isUpdateDue = false;

  /** @param variables those whose bits lie here, in order; their places are relative to `place.address`. */
  constructor(place: BlockPlace, variables: readonly RemoteVariable<unknown>[]) {
    this.device = place.device;
    this.address = place.address;
    this.size = place.size;
    this.variables = variables;
    const modes = new Set(variables.map((variable) => variable.mode));
    this.mode = modes.size === 1 ? (variables[0]?.mode ?? 'RW') : 'RW';
    this.bulkOpEn = variables.some((variable) => variable.bulkOpEn);
    this.#bus = place.bus;
    this.#retryCount = Math.max(0, ...variables.map((variable) => variable.retryCount));
    this.#data = new Uint8Array(place.size);
    this.#verifyMask = new Uint8Array(place.size);
    this.#buildVerifyMask();
    this.#isVerified = this.#verifyMask.some((bits) => bits !== 0);
  }

  get path(): string {
    return this.variables[0]?.path ?? this.device.path;
  }

  /** True while something is staged and not written. */
  get isStale(): boolean {
    return this.#stale.size > 0;
  }

  #buildVerifyMask(): void {
    const excluded = new Uint8Array(this.size);
    for (const variable of this.variables) {
      const isVerified = variable.mode === 'RW' && variable.verify;
      for (const { bit, count } of variable._runs(-1)) {
        setBits(isVerified ? this.#verifyMask : excluded, bit, count);
      }
    }
    for (let i = 0; i < this.size; i++) {
      this.#verifyMask[i] = (this.#verifyMask[i] ?? 0) & ~(excluded[i] ?? 0);
    }
  }

  /** Puts the bits of `from` (from bit 0 on) into the runs. */
  stage(variable: RemoteVariable<unknown>, runs: readonly BitRun[], from: Uint8Array): void {
    let at = 0;
    for (const { bit, count } of runs) {
      copyBits(from, at, this.#data, bit, count);
      at += count;
    }
    if (variable.mode === 'RO') return;
    const range = bytesOf(runs);
    const present = this.#stale.get(variable) ?? range;
    this.#stale.set(variable, {
      low: Math.min(present.low, range.low),
      high: Math.max(present.high, range.high),
    });
  }

  /** Takes the bits of the runs, one after another from bit 0 of `into`. */
  extract(runs: readonly BitRun[], into: Uint8Array): void {
    let at = 0;
    for (const { bit, count } of runs) {
      copyBits(this.#data, bit, into, at, count);
      at += count;
    }
  }

  async start(type: TransactionType, options: StartOptions = {}): Promise<void> {
    if (!this.device.isEnabled) {
      this.#stale.clear();
      return;
    }
    // A failure that nobody waited for must not end the next operation; a verify belongs to the write before.
    if (type !== 'verify' && this.#last === undefined && this.#failure !== undefined) {
      this.device.log.warn(
        { error: this.#failure },
        `Earlier failure of block ${this.path} was not waited for`,
      );
      this.#failure = undefined;
    }
    let markIssued: () => void = () => {};
    const issued = new Promise<void>((resolve) => {
      markIssued = resolve;
    });
    const ended = this.#mutex.run(async () => {
      const job = this.#prepare(type, options);
      // What follows runs up to the first await of the transaction before the issuer goes on.
      const transfer = job === undefined ? undefined : this.#perform(job);
      markIssued();
      await transfer;
    });
    this.#last = ended;
    const clear = (): void => {
      markIssued();
      if (this.#last === ended) this.#last = undefined;
    };
    ended.then(clear, (error: unknown) => {
      this.#failure ??= error instanceof Error ? error : new Error(errorText(error));
      clear();
    });
    await issued;
  }

  async wait(group?: UpdateGroup): Promise<void> {
    while (this.#last !== undefined) await this.#last.catch(() => undefined);
    const failure = this.#failure;
    const isReadFailure = this.#isReadFailure;
    this.#failure = undefined;
    this.#isReadFailure = false;
    if (this.#isUpdateDue && (failure === undefined || isReadFailure)) {
      this.#isUpdateDue = false;
      for (const variable of this.variables) variable._queueUpdate(group);
    }
    if (failure !== undefined) throw failure;
  }

  /** Decides what goes over the bus; undefined when there is nothing to do. */
  #prepare(type: TransactionType, options: StartOptions): Job | undefined {
    const variable = options.variable as RemoteVariable<unknown> | undefined;
    const index = options.index ?? -1;
    const isStale = this.#stale.size > 0;
    switch (type) {
      case 'write':
        if (this.mode === 'RO' || (!isStale && options.force !== true)) return undefined;
        return this.#prepareWrite(type, variable, index);
      case 'post':
        return this.mode === 'RO' ? undefined : this.#prepareWrite(type, variable, index);
      case 'read': {
        // Reading now would lose what is staged.
        if (this.mode === 'WO' || isStale) return undefined;
        const range = this.#widen(
          variable === undefined ? { low: 0, high: this.size } : bytesOf(variable._runs(index)),
        );
        return { type, low: range.low, data: new Uint8Array(range.high - range.low) };
      }
      default: {
        const expected = this.#expected;
        if (this.mode !== 'RW' || isStale || expected === undefined) return undefined;
        return { type, low: this.#expectedLow, data: new Uint8Array(expected.length) };
      }
    }
  }

  #prepareWrite(type: 'write' | 'post', variable: RemoteVariable<unknown> | undefined, index: number): Job {
    let range: ByteRange = { low: 0, high: this.size };
    if (variable !== undefined) {
      range = this.#stale.get(variable) ?? bytesOf(variable._runs(index));
      for (const { low, high } of this.#stale.values()) {
        range = { low: Math.min(low, range.low), high: Math.max(high, range.high) };
      }
      range = this.#widen(range);
    }
    this.#stale.clear();
    const data = this.#data.slice(range.low, range.high);
    if (type === 'write') {
      this.#expected = this.#isVerified ? data : undefined;
      this.#expectedLow = range.low;
    }
    return { type, low: range.low, data };
  }

  #widen({ low, high }: ByteRange): ByteRange {
    const min = this.#bus.slave.min;
    return { low: low - (low % min), high: Math.min(this.size, Math.ceil(high / min) * min) };
  }

  async #perform(job: Job): Promise<void> {
    this.#isUpdateDue = true;
    const expected = this.#expected;
    for (let attempt = 0; ; attempt++) {
      try {
        await this.#transfer(job, expected);
        if (job.type === 'read' || job.type === 'verify') this.#setErrors(null);
        return;
      } catch (error) {
        if (attempt < this.#retryCount) {
          this.device.log.warn({ error }, `Retry ${attempt + 1} of ${this.#retryCount}: ${errorText(error)}`);
          continue;
        }
        if (job.type === 'write') this.#expected = undefined;
        if (job.type === 'read') {
          this.#isReadFailure = this.#failure === undefined;
          this.#setErrors(errorText(error));
        }
        throw error;
      }
    }
  }

  #setErrors(text: string | null): void {
    for (const variable of this.variables) variable._setError(text);
  }

  async #transfer(job: Job, expected: Uint8Array | undefined): Promise<void> {
    const address = this.address + BigInt(job.low);
    try {
      await this.#bus.transact(job.type, address, job.data, this.device._timeoutMs);
    } catch (error) {
      const options = error instanceof MemoryError ? { code: error.code } : {};
      throw new MemoryError(
        `Transaction error for block ${this.path} with address ${this.#addressText}. Error ${errorText(error)}`,
        { ...options, path: this.path, cause: error },
      );
    }
    if (job.type === 'read') this.#store(job);
    else if (job.type === 'verify' && expected !== undefined) {
      this.#compare(job, expected);
      // Verified once; the next verify needs another write.
      if (this.#expected === expected) this.#expected = undefined;
    }
  }

  /** Takes over what was read, but not the bits that were staged meanwhile. */
  #store(job: Job): void {
    const kept: { readonly run: BitRun; readonly bytes: Uint8Array }[] = [];
    for (const variable of this.#stale.keys()) {
      for (const run of variable._runs(-1)) {
        const bytes = new Uint8Array(Math.ceil(run.count / 8));
        copyBits(this.#data, run.bit, bytes, 0, run.count);
        kept.push({ run, bytes });
      }
    }
    this.#data.set(job.data, job.low);
    for (const { run, bytes } of kept) copyBits(bytes, 0, this.#data, run.bit, run.count);
  }

  #compare(job: Job, expected: Uint8Array): void {
    for (let i = 0; i < expected.length; i++) {
      const mask = this.#verifyMask[job.low + i] ?? 0;
      const got = job.data[i] ?? 0;
      const wanted = expected[i] ?? 0;
      if (((got ^ wanted) & mask) === 0) continue;
      throw new MemoryError(
        `Verify error for block ${this.path} with address ${this.#addressText}. Byte: ${job.low + i}. ` +
          `Got: ${hex(got, 2)}, Exp: ${hex(wanted, 2)}, Mask: ${hex(mask, 2)}`,
        { path: this.path },
      );
    }
  }

  get #addressText(): string {
    return hex(this.address, 8);
  }
}

function hex(value: number | bigint, digits: number): string {
  return `0x${value.toString(16).padStart(digits, '0')}`;
}
