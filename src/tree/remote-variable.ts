import { type BitRun, copyBits } from './bits.ts';
import type { Device } from './device.ts';
import { VariableError } from './errors.ts';
import type { VariableKind } from './kind.ts';
import { byteCount, type Integer, type Model, type ModelFactory, UInt } from './model/index.ts';
import { Mutex } from './mutex.ts';
import { asNdArray, type DType, makeArray, type NumericArray, shapeText } from './native.ts';
import { parseLiteral } from './python-literal.ts';
import type { RemoteBlock } from './remote-block.ts';
import type { BlockOptions, GetOptions, MaybePromise, SetOptions } from './types.ts';
import type { UpdateGroup } from './update-engine.ts';
import { clip, toArray } from './value-tools.ts';
import { BaseVariable, type VariableOptions } from './variable.ts';

/** Settings of a {@link RemoteVariable}. */
export interface RemoteVariableOptions<T = Integer> extends VariableOptions<T> {
  /** Byte offset in the device; a list scatters one value over memory. */
  readonly offset: number | readonly number[];
  /** Bit offset from there, per part. Default 0. */
  readonly bitOffset?: number | readonly number[];
  /** Width in bits, per part, lowest bits first. Default: the model's, else 32. */
  readonly bitSize?: number | readonly number[];
  /** Coding. Default {@link UInt}. */
  readonly base?: Model<T> | ModelFactory<T>;
  /** Elements of an array; 0 (default) = one value. */
  readonly numValues?: number;
  /** Bits of an element. */
  readonly valueBits?: number;
  /** Bits from one element to the next. Default: `valueBits`. */
  readonly valueStride?: number;
  /** Read back after a write. Default true. */
  readonly verify?: boolean;
  /** May share bits with other variables that may. */
  readonly overlapEn?: boolean;
  /** Repeats of a failed transaction. Default 0. */
  readonly retryCount?: number;
  /** Take part in bulk operations. Default true. */
  readonly bulkOpEn?: boolean;
}

// More bits than a device has registers: guards the buffers against a slip of the pen.
const MAX_BITS = 2 ** 31;

/** A variable that lies in memory. Array variables read as typed array, of `bool` as Uint8Array of 0 and 1. */
export class RemoteVariable<T = Integer> extends BaseVariable<T> {
  readonly #model: Model<T>;
  readonly #totalTypeName: string;
  readonly #parts: readonly {
    readonly offset: number;
    readonly bitOffset: number;
    readonly bitSize: number;
  }[];
  readonly numValues: number;
  readonly valueBits: number;
  readonly valueStride: number;
  readonly verify: boolean;
  readonly overlapEn: boolean;
  readonly retryCount: number;
  readonly #minimum: number | bigint | null;
  readonly #maximum: number | bigint | null;
  readonly #mutex: Mutex;
  #remote: RemoteBlock | undefined;
  #runs: readonly BitRun[];

  constructor(options: RemoteVariableOptions<T>) {
    const layout = layoutOf(options);
    const { numValues, model } = layout;
    // Elements of an array show as they are, without labels.
    const ownDisp = numValues > 0 && typeof model.defaultdisp !== 'string' ? '{}' : model.defaultdisp;
    super({ ...options, disp: options.disp ?? ownDisp });
    this.#model = model;
    this.#parts = layout.parts;
    this.numValues = numValues;
    this.valueBits = layout.valueBits;
    this.valueStride = layout.valueStride;
    this.#totalTypeName = numValues === 0 ? model.name : `${layout.totalType}${shapeText([numValues])}`;
    this.verify = options.verify ?? true;
    this.overlapEn = options.overlapEn ?? false;
    this.retryCount = options.retryCount ?? 0;
    this.#minimum = clamp(super.minimum ?? model.minValue, model) ?? null;
    this.#maximum = clamp(super.maximum ?? model.maxValue, model) ?? null;
    this.#mutex = new Mutex();
    this.#remote = undefined;
    this.#runs = this.#parts.map(({ offset, bitOffset, bitSize }) => ({
      bit: offset * 8 + bitOffset,
      count: bitSize,
    }));
    this._setType(numValues === 0 ? model.pytype : 'ndarray', this.#totalTypeName);
  }

  /** Coding of the value, or of each element. */
  get model(): Model<T> {
    return this.#model;
  }
  /** Byte offset in the device, of the lowest part. */
  get offset(): number {
    return Math.min(...this.#parts.map((part) => part.offset));
  }
  get bitOffset(): readonly number[] {
    return this.#parts.map((part) => part.bitOffset);
  }
  get bitSize(): readonly number[] {
    return this.#parts.map((part) => part.bitSize);
  }
  /** Address of the block in the slave's space; null until the tree is started. */
  get address(): bigint | null {
    return this.#remote?.address ?? null;
  }
  /** Bytes of the block that the variable covers. */
  get varBytes(): number {
    return Math.ceil(Math.max(...this.#runs.map(({ bit, count }) => bit + count)) / 8);
  }
  override get typeStr(): string {
    return this._hasTypeStr ? super.typeStr : this.#totalTypeName;
  }
  override get minimum(): number | bigint | null {
    return this.#minimum;
  }
  override get maximum(): number | bigint | null {
    return this.#maximum;
  }
  override get ndType(): DType | null {
    return this.numValues === 0 ? null : (this.#model.ndType ?? null);
  }
  override get kind(): VariableKind {
    if (this.numValues > 0) return { k: 'array', dtype: this.#elementType, shape: [this.numValues] };
    return this.enum === null ? this.#model.kind : super.kind;
  }
  get #elementType(): DType {
    return this.#model.elementType ?? 'uint8';
  }

  /** @internal Runs of bits in the device (before the start) or in the block, least significant first. */
  _runs(index: number): readonly BitRun[] {
    if (this.numValues === 0) return this.#runs;
    const start = this.#runs[0]?.bit ?? 0;
    if (index >= 0) return [{ bit: start + index * this.valueStride, count: this.valueBits }];
    return Array.from({ length: this.numValues }, (_, i) => ({
      bit: start + i * this.valueStride,
      count: this.valueBits,
    }));
  }

  /** @internal Puts the variable into its block. */
  _bind(block: RemoteBlock): void {
    this.#remote = block;
    this._setBlock(block);
  }

  /** @internal Makes the runs relative to the block's start (in bits from the device's start). */
  _moveRuns(by: number): void {
    this.#runs = this.#parts.map(({ offset, bitOffset, bitSize }) => ({
      bit: offset * 8 + bitOffset - by,
      count: bitSize,
    }));
  }

  override get value(): T {
    return this.#decode(-1);
  }

  override valueAt(index: number): unknown {
    return this.#decode(index);
  }

  override _lastValue(): unknown {
    return this.numValues > 0 ? makeArray(this.#elementType, 0) : null;
  }

  override _read(options: GetOptions & { readonly group?: UpdateGroup | undefined }): MaybePromise<T> {
    const index = options.index ?? -1;
    this.#checkIndex(index);
    const dev = this.parent;
    if (options.read === false || dev === null || this.#remote === undefined) return this.#decode(index);
    const target = { recurse: false, variable: this as BaseVariable, index };
    const group = options.group === undefined ? {} : { group: options.group };
    // Not under the mutex: an overridden block operation may read the variable that is being written.
    return this.#readBlock(dev, { ...target, ...group }, options.wait !== false);
  }

  async #readBlock(
    dev: Device,
    target: BlockOptions & { readonly index: number },
    isAwaited: boolean,
  ): Promise<T> {
    await dev.readBlocks(target);
    if (isAwaited) await dev.waitBlocks(target);
    return this.#decode(target.index);
  }

  override _write(value: unknown, options: SetOptions): MaybePromise<void> {
    const index = options.index ?? -1;
    const bytes = this.#encode(value, index);
    if (this.#remote === undefined || options.write === false) return this.#stage(bytes);
    return this.#mutex.run(async () => {
      this.#stage(bytes);
      await this.#send(index, options.verify !== false, options.wait !== false);
    });
  }

  /** Writes a value that nobody answers: no wait for memory, no verify. */
  override async post(value: T, options: { readonly index?: number } = {}): Promise<void> {
    const index = options.index ?? -1;
    const staged = this.#encode(value, index);
    await this.#mutex.run(async () => {
      this.#stage(staged);
      await this.#remote?.start('post', { variable: this as BaseVariable, index });
      await this.#remote?.wait();
    });
  }

  override async write(options: { readonly verify?: boolean; readonly wait?: boolean } = {}): Promise<void> {
    await this.#mutex.run(() => this.#send(-1, options.verify !== false, options.wait !== false));
  }

  async #send(index: number, isVerified: boolean, isAwaited: boolean): Promise<void> {
    const dev = this.parent;
    const block = this.#remote;
    if (dev === null || block === undefined) return;
    const target = { recurse: false, variable: this as BaseVariable, index };
    await dev.writeBlocks({ ...target, force: true });
    if (isVerified) await dev.verifyBlocks(target);
    if (isAwaited) await dev.waitBlocks(target);
  }

  /** @internal Writes at once and without verify, not through the hooks of the device: for commands. */
  async _force(value: unknown, options: { readonly isPosted: boolean }): Promise<void> {
    const block = this.#remote;
    if (block === undefined) return;
    const bytes = this.#encode(value, -1);
    await this.#mutex.run(async () => {
      this.#stage(bytes);
      await block.start(options.isPosted ? 'post' : 'write', { force: true, variable: this as BaseVariable });
      await block.wait();
    });
  }

  #checkIndex(index: number): void {
    if (index >= 0 && index >= Math.max(1, this.numValues)) {
      throw new VariableError(
        `index ${index} of variable ${this.path} is out of range, limit ${this.numValues}`,
        {
          path: this.path,
        },
      );
    }
  }

  #decode(index: number): T {
    const block = this.#remote;
    const bytes = new Uint8Array(byteCount(this.#model.bitSize));
    const one = (at: number): T => {
      bytes.fill(0);
      block?.extract(this._runs(at), bytes);
      return this.#model.fromBytes(bytes);
    };
    if (this.numValues === 0 || index >= 0) return one(index);
    const out = makeArray(this.#elementType, this.numValues);
    for (let i = 0; i < this.numValues; i++) storeElement(out, i, one(i));
    return out as T;
  }

  #stage({ runs, bytes }: Staged): void {
    this.#remote?.stage(this as RemoteVariable<unknown>, runs, bytes);
  }

  #encode(value: unknown, index: number): Staged {
    this.#checkIndex(index);
    if (this.numValues === 0) return { runs: this._runs(-1), bytes: this.#encodeOne(value) };
    const elements = elementsOf(value);
    if (elements === undefined) {
      if (index < 0) {
        throw new VariableError(`variable ${this.path} takes an array of up to ${this.numValues} elements`, {
          path: this.path,
        });
      }
      return { runs: this._runs(index), bytes: this.#encodeOne(value) };
    }
    const first = Math.max(0, index);
    if (first + elements.length > this.numValues) {
      throw new VariableError(
        `Overflow error for variable ${this.path}: ${elements.length} elements from index ${first}, ` +
          `limit ${this.numValues}`,
        { path: this.path },
      );
    }
    return this.#encodeMany(elements, first);
  }

  #encodeMany(elements: ArrayLike<unknown>, first: number): Staged {
    const runs: BitRun[] = [];
    const codes: Uint8Array[] = [];
    for (let i = 0; i < elements.length; i++) {
      codes.push(this.#encodeOne(elements[i]));
      runs.push(...this._runs(first + i));
    }
    return { runs, bytes: packCodes(codes, this.valueBits) };
  }

  #encodeOne(value: unknown): Uint8Array {
    const native = this.#model.pytype;
    let plain = value;
    if (native === 'int' && typeof plain === 'boolean') plain = plain ? 1 : 0;
    if (native === 'float' && typeof plain === 'bigint') plain = Number(plain);
    if (native === 'bool' && (plain === 0 || plain === 1)) plain = plain === 1;
    if (native === 'str' && typeof plain !== 'string') plain = clip(plain);
    this.#checkRange(plain);
    const isNumber = typeof plain === 'number' || typeof plain === 'bigint';
    if ((native === 'int' || native === 'float') && !isNumber) this.#fail(value, 'it is no number');
    if (native === 'bool' && typeof plain !== 'boolean') this.#fail(value, 'it is no boolean');
    try {
      return this.#model.toBytes(plain as T);
    } catch (error) {
      return this.#fail(value, error instanceof Error ? error.message : 'it cannot be coded', error);
    }
  }

  #checkRange(value: unknown): void {
    if (typeof value !== 'number' && typeof value !== 'bigint') return;
    const { minimum, maximum } = this;
    if (minimum === null || maximum === null || (Number(minimum) === 0 && Number(maximum) === 0)) return;
    if (value < minimum || value > maximum) {
      throw new VariableError(
        `Value range error for ${this.path}. Value=${value}, Min=${minimum}, Max=${maximum}`,
        { path: this.path },
      );
    }
  }

  #fail(value: unknown, reason: string, cause?: unknown): never {
    throw new VariableError(`Error setting variable ${this.path} to ${clip(value)}: ${reason}`, {
      path: this.path,
      cause,
    });
  }

  override _parseText(text: string, index: number): unknown {
    if (this.numValues > 0 && index < 0) {
      return toArray(parseLiteral(text.trim()).value, this.#elementType);
    }
    if (this.enum !== null) return super._parseText(text, index);
    return this.#model.fromString(this.#model.pytype === 'str' ? text : text.trim());
  }

  override properties(): Record<string, unknown> {
    return {
      ...super.properties(),
      address: this.address,
      overlapEn: this.overlapEn,
      offset: this.offset,
      bitOffset: this.bitOffset,
      bitSize: this.bitSize,
      verifyEn: this.verify,
      numValues: this.numValues,
      valueBits: this.valueBits,
      valueStride: this.valueStride,
      retryCount: this.retryCount,
      varBytes: this.varBytes,
      bulkEn: this.bulkOpEn,
    };
  }
}

interface Staged {
  readonly runs: readonly BitRun[];
  /** The bits of all runs, one after another. */
  readonly bytes: Uint8Array;
}

function layoutOf<T>(options: RemoteVariableOptions<T>): {
  readonly model: Model<T>;
  readonly totalType: string;
  readonly parts: { readonly offset: number; readonly bitOffset: number; readonly bitSize: number }[];
  readonly numValues: number;
  readonly valueBits: number;
  readonly valueStride: number;
} {
  const name = options.name ?? 'RemoteVariable';
  const fail = (text: string): never => {
    throw new VariableError(`variable ${name}: ${text}`, { path: name });
  };
  const { numValues = 0, base } = options;
  // Without a type argument T is what UInt reads.
  const given = (base ?? UInt) as Model<T> | ModelFactory<T>;
  const ownBits = typeof given === 'function' ? undefined : given.bitSize;
  const valueBits = numValues === 0 ? 0 : (options.valueBits ?? ownBits ?? 0);
  const valueStride = numValues === 0 ? 0 : (options.valueStride ?? valueBits);
  if (numValues > 0 && (valueBits <= 0 || valueBits > valueStride)) {
    fail(`element of ${valueBits} bits does not fit the stride of ${valueStride} bits`);
  }
  const offsets = toList(options.offset);
  const bitOffsets = toList(options.bitOffset ?? 0);
  const bitSizes =
    numValues > 0 ? [(numValues - 1) * valueStride + valueBits] : toList(options.bitSize ?? ownBits ?? 32);
  const count = Math.max(offsets.length, bitOffsets.length, bitSizes.length);
  const stretched = [offsets, bitOffsets, bitSizes].map((list) => {
    if (list.length !== 1 && list.length !== count) {
      fail(`lists of offset, bitOffset and bitSize differ in length: ${list.length} and ${count}`);
    }
    return list.length === 1 ? Array.from({ length: count }, () => list[0] ?? 0) : list;
  });
  const parts = Array.from({ length: count }, (_, i) => {
    const [offset = 0, bitOffset = 0, bitSize = 0] = stretched.map((list) => list[i] ?? 0);
    if (!(Number.isSafeInteger(offset) && offset >= 0)) fail(`offset ${offset} is no address`);
    if (!(Number.isSafeInteger(bitOffset) && bitOffset >= 0))
      fail(`bit offset ${bitOffset} is no bit number`);
    if (!(Number.isSafeInteger(bitSize) && bitSize > 0 && bitSize < MAX_BITS)) {
      fail(`bit size ${bitSize} is not between 1 and 2^31`);
    }
    return { offset, bitOffset, bitSize };
  });
  const total = numValues > 0 ? numValues * valueBits : parts.reduce((sum, part) => sum + part.bitSize, 0);
  try {
    const model = typeof given === 'function' ? given(numValues > 0 ? valueBits : total) : given;
    if (model.bitSize > (numValues > 0 ? valueBits : total)) {
      fail(`model ${model.name} of ${model.bitSize} bits does not fit ${total} bits`);
    }
    // PyRogue names the array type after the width of the whole array.
    const wide = total > 32 ? 64 : 32;
    const totalType =
      model.kind.k === 'int' && typeof given === 'function'
        ? `${model.signed ? 'int' : 'uint'}${wide}`
        : (model.ndType ?? 'uint8');
    return { model, totalType, parts, numValues, valueBits, valueStride };
  } catch (error) {
    if (error instanceof VariableError) throw error;
    return fail(error instanceof Error ? error.message : 'wrong model');
  }
}

function toList(value: number | readonly number[]): readonly number[] {
  return typeof value === 'number' ? [value] : value;
}

function clamp<T>(value: number | bigint | undefined, model: Model<T>): number | bigint | undefined {
  const { minValue, maxValue } = model;
  if (value === undefined || minValue === undefined || maxValue === undefined) return value;
  if (value < minValue) return minValue;
  return value > maxValue ? maxValue : value;
}

function elementsOf(value: unknown): ArrayLike<unknown> | undefined {
  if (Array.isArray(value)) return value;
  return asNdArray(value)?.data;
}

function storeElement(out: NumericArray, index: number, value: unknown): void {
  if (out instanceof BigInt64Array || out instanceof BigUint64Array) out[index] = BigInt(value as number);
  else out[index] = Number(value);
}

function packCodes(codes: readonly Uint8Array[], bits: number): Uint8Array {
  const out = new Uint8Array(Math.ceil((codes.length * bits) / 8));
  codes.forEach((code, i) => copyBits(code, 0, out, i * bits, bits));
  return out;
}
