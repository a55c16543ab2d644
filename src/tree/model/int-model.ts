import type { DType } from '../native.ts';
import { parseLiteral } from '../python-literal.ts';
import {
  bigIntToBytes,
  byteCount,
  bytesToBigInt,
  cachedByWidth,
  type Model,
  type ModelFactory,
  type ModelKind,
  reverseBits,
  twosComplement,
} from './model.ts';

/** Value of an integer register: `number` up to 53 bits, bigint beyond; both are accepted on write. */
export type Integer = number | bigint;

// Up to here a JavaScript number is exact.
const NUMBER_BITS = 53;

class IntModel implements Model<Integer> {
  readonly name: string;
  readonly bitSize: number;
  readonly pytype = 'int';
  readonly defaultdisp: string;
  readonly signed: boolean;
  readonly endianness: 'little' | 'big';
  readonly bitReverse: boolean;
  readonly binPoint = 0;
  readonly ndType: DType;
  readonly elementType: DType;
  readonly kind: ModelKind;
  readonly minValue: Integer;
  readonly maxValue: Integer;

  constructor(name: string, bitSize: number, isSigned: boolean, isBig: boolean, isReversed: boolean) {
    this.name = `${name}${bitSize}`;
    this.bitSize = bitSize;
    this.defaultdisp = isSigned ? '{:d}' : '{:#x}';
    this.signed = isSigned;
    this.endianness = isBig ? 'big' : 'little';
    this.bitReverse = isReversed;
    const prefix = isSigned ? 'int' : 'uint';
    this.ndType = `${prefix}${bitSize <= 32 ? 32 : 64}`;
    this.elementType = `${prefix}${bitSize <= 8 ? 8 : bitSize <= 16 ? 16 : bitSize <= 32 ? 32 : 64}`;
    this.kind = { k: 'int', bits: bitSize, signed: isSigned };
    const half = 1n << BigInt(bitSize - 1);
    this.minValue = this.#narrow(isSigned ? -half : 0n);
    this.maxValue = this.#narrow(isSigned ? half - 1n : half * 2n - 1n);
  }

  #narrow(value: bigint): Integer {
    return this.bitSize <= NUMBER_BITS ? Number(value) : value;
  }

  toBytes(value: Integer): Uint8Array {
    if (typeof value !== 'bigint' && !Number.isInteger(value)) {
      throw new TypeError(`value ${String(value)} is no whole number`);
    }
    const whole = BigInt(value);
    if (whole < BigInt(this.minValue) || whole > BigInt(this.maxValue)) {
      throw new RangeError(`value ${whole} does not fit ${this.name}`);
    }
    const raw = BigInt.asUintN(this.bitSize, whole);
    const bytes = bigIntToBytes(
      this.bitReverse ? reverseBits(raw, this.bitSize) : raw,
      byteCount(this.bitSize),
    );
    return this.endianness === 'big' ? bytes.reverse() : bytes;
  }

  fromBytes(bytes: Uint8Array): Integer {
    const ordered = this.endianness === 'big' ? bytes.slice().reverse() : bytes;
    if (this.bitSize <= 32 && !this.bitReverse) return this.#fromShort(ordered);
    let raw = BigInt.asUintN(this.bitSize, bytesToBigInt(ordered));
    if (this.bitReverse) raw = reverseBits(raw, this.bitSize);
    return this.#narrow(this.signed ? twosComplement(raw, this.bitSize) : raw);
  }

  #fromShort(bytes: Uint8Array): number {
    let raw = 0;
    for (let i = bytes.length - 1; i >= 0; i--) raw = (raw << 8) | (bytes[i] ?? 0);
    const unused = 32 - this.bitSize;
    return this.signed ? (raw << unused) >> unused : (raw << unused) >>> unused;
  }

  fromString(text: string): Integer {
    const { value } = parseLiteral(text);
    const number = typeof value === 'boolean' ? Number(value) : value;
    if (typeof number !== 'bigint' && !(typeof number === 'number' && Number.isInteger(number))) {
      throw new SyntaxError('not a whole number');
    }
    const whole = BigInt(number);
    // PyRogue reads '0xfff' as -1 for a 12 bit register: the digits are the bits.
    if (this.signed && whole > 0n && whole < 1n << BigInt(this.bitSize)) {
      return this.#narrow(twosComplement(whole, this.bitSize));
    }
    return this.#narrow(whole);
  }
}

/** Unsigned integer of any width, typeStr `UInt<n>`. */
export const UInt: ModelFactory<Integer> = cachedByWidth((n) => new IntModel('UInt', n, false, false, false));
/** Signed integer of any width in two's complement, typeStr `Int<n>`. */
export const Int: ModelFactory<Integer> = cachedByWidth((n) => new IntModel('Int', n, true, false, false));
/** Unsigned integer, most significant byte first, typeStr `UIntBE<n>`. */
export const UIntBE: ModelFactory<Integer> = cachedByWidth(
  (n) => new IntModel('UIntBE', n, false, true, false),
);
/** Signed integer, most significant byte first, typeStr `IntBE<n>`. */
export const IntBE: ModelFactory<Integer> = cachedByWidth((n) => new IntModel('IntBE', n, true, true, false));
/** Unsigned integer with its bits in reverse order, typeStr `UIntReversed<n>`. */
export const UIntReversed: ModelFactory<Integer> = cachedByWidth(
  (n) => new IntModel('UIntReversed', n, false, false, true),
);
