import type { DType, NativeType } from '../native.ts';

/** What a model says to servers about its values, so that none of them matches type names. */
export type ModelKind =
  | { readonly k: 'int'; readonly bits: number; readonly signed: boolean }
  | { readonly k: 'float'; readonly bits: 32 | 64 }
  | { readonly k: 'bool' }
  | { readonly k: 'string' };

/** Labels of an enumeration, in order. */
export type EnumMap = ReadonlyMap<EnumValue, string>;
/** A value that can have a label. */
export type EnumValue = number | bigint | boolean | string;

/**
 * How a value lies in the bits of a register. A model is immutable and may be shared by any number of variables;
 * write an object of this shape for a coding of your own.
 *
 * Bytes are those of the value alone: least significant bit of the value first, `ceil(bitSize / 8)` bytes; a big
 * endian model swaps them itself.
 */
export interface Model<T = unknown> {
  /** Name of coding and width, such as `UInt12`; shown as `typeStr`. */
  readonly name: string;
  /** Bits of one value. */
  readonly bitSize: number;
  readonly pytype: NativeType;
  /** Python format string, or the labels of an enumeration. */
  readonly defaultdisp: string | EnumMap;
  readonly signed: boolean;
  readonly endianness: 'little' | 'big';
  readonly bitReverse: boolean;
  /** Bits after the binary point of fixed-point models, else 0. */
  readonly binPoint: number;
  /** numpy's type for arrays of this coding in type strings; undefined when there are no arrays of it. */
  readonly ndType: DType | undefined;
  /** Element type of the arrays that reads return; undefined when there are no arrays of it. */
  readonly elementType: DType | undefined;
  readonly kind: ModelKind;
  /** Smallest value, undefined when the model has no range. */
  readonly minValue: number | bigint | undefined;
  /** Largest value, undefined when the model has no range. */
  readonly maxValue: number | bigint | undefined;
  /** @throws {RangeError} or {TypeError} when the value cannot be coded. */
  toBytes(value: T): Uint8Array;
  fromBytes(bytes: Uint8Array): T;
  /** @throws {SyntaxError} when the text is no value of this model. */
  fromString(text: string): T;
}

/** Makes the model for a width in bits: `UInt`, `Int`, `Bool` ... themselves. */
export interface ModelFactory<T = unknown> {
  (bitSize: number): Model<T>;
}

/** Bytes that hold `bits` bits. */
export function byteCount(bits: number): number {
  return Math.ceil(bits / 8);
}

/** Words of `wordBits` bits that hold `bits` bits. */
export function wordCount(bits: number, wordBits: number): number {
  return Math.ceil(bits / wordBits);
}

/** Reverses the lowest `bits` bits of `value`. */
export function reverseBits(value: bigint, bits: number): bigint {
  let out = 0n;
  let rest = value;
  for (let i = 0; i < bits; i++) {
    out = (out << 1n) | (rest & 1n);
    rest >>= 1n;
  }
  return out;
}

/** Reads the lowest `bits` bits of `value` as two's complement. */
export function twosComplement(value: bigint, bits: number): bigint {
  return BigInt.asIntN(bits, value);
}

/** Reads bytes, least significant first, as unsigned number. */
export function bytesToBigInt(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] ?? 0);
  return value;
}

/** Writes the lowest bits of `value` into `count` bytes, least significant first. */
export function bigIntToBytes(value: bigint, count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  let rest = BigInt.asUintN(count * 8, value);
  for (let i = 0; i < count; i++) {
    bytes[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}

/** Makes a model factory that returns the same object for the same width. */
export function cachedByWidth<T>(make: (bitSize: number) => Model<T>): ModelFactory<T> {
  const known = new Map<number, Model<T>>();
  return (bitSize) => {
    if (!Number.isInteger(bitSize) || bitSize < 1) {
      throw new RangeError(`model cannot have ${bitSize} bits, give a whole number from 1`);
    }
    let model = known.get(bitSize);
    if (model === undefined) {
      model = make(bitSize);
      known.set(bitSize, model);
    }
    return model;
  };
}

/** Checks the only width that a coding has. */
export function requireBits(name: string, bitSize: number, wanted: number): void {
  if (bitSize !== wanted) throw new RangeError(`model ${name} has ${wanted} bits, not ${bitSize}`);
}
