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
  requireBits,
  twosComplement,
} from './model.ts';
import { type FloatFormat, formats } from './small-float.ts';

/** Reads the text of a float; whole numbers count. */
function parseFloatText(text: string): number {
  const { value } = parseLiteral(text);
  if (typeof value !== 'number' && typeof value !== 'bigint') throw new SyntaxError('not a number');
  return Number(value);
}

class FloatModel implements Model<number> {
  readonly name: string;
  readonly bitSize: number;
  readonly pytype = 'float';
  readonly defaultdisp = '{:f}';
  readonly signed = true;
  readonly endianness: 'little' | 'big';
  readonly bitReverse = false;
  readonly binPoint = 0;
  readonly ndType: DType;
  readonly elementType: DType;
  readonly kind: ModelKind;
  readonly minValue: number;
  readonly maxValue: number;
  readonly #format: FloatFormat;

  constructor(name: string, format: FloatFormat, isBig: boolean) {
    this.name = name;
    this.bitSize = format.bits;
    this.endianness = isBig ? 'big' : 'little';
    this.ndType = format.bits === 64 ? 'float64' : 'float32';
    this.elementType = this.ndType;
    this.kind = { k: 'float', bits: format.bits === 64 ? 64 : 32 };
    this.minValue = -format.max;
    this.maxValue = format.max;
    this.#format = format;
  }

  toBytes(value: number): Uint8Array {
    const bytes = bigIntToBytes(this.#format.encode(Number(value)), byteCount(this.bitSize));
    return this.endianness === 'big' ? bytes.reverse() : bytes;
  }

  fromBytes(bytes: Uint8Array): number {
    const ordered = this.endianness === 'big' ? bytes.slice().reverse() : bytes;
    return this.#format.decode(bytesToBigInt(ordered));
  }

  fromString(text: string): number {
    return parseFloatText(text);
  }
}

function floatModel(name: string, format: FloatFormat, isBig: boolean): ModelFactory<number> {
  return cachedByWidth((bitSize) => {
    requireBits(name, bitSize, format.bits);
    return new FloatModel(name, format, isBig);
  });
}

/** IEEE single precision, typeStr `Float32`. */
export const Float: ModelFactory<number> = floatModel('Float32', formats.float32, false);
/** IEEE double precision, typeStr `Double64`. */
export const Double: ModelFactory<number> = floatModel('Double64', formats.float64, false);
/** IEEE single precision, most significant byte first, typeStr `FloatBE32`. */
export const FloatBE: ModelFactory<number> = floatModel('FloatBE32', formats.float32, true);
/** IEEE double precision, most significant byte first, typeStr `DoubleBE64`. */
export const DoubleBE: ModelFactory<number> = floatModel('DoubleBE64', formats.float64, true);
/** IEEE half precision, 16 bits, rounded to even. */
export const Float16: ModelFactory<number> = floatModel('Float16', formats.float16, false);
/** IEEE half precision, most significant byte first. */
export const Float16BE: ModelFactory<number> = floatModel('Float16BE', formats.float16, true);
/** The upper 16 bits of single precision. */
export const BFloat16: ModelFactory<number> = floatModel('BFloat16', formats.bfloat16, false);
/** The upper 16 bits of single precision, most significant byte first. */
export const BFloat16BE: ModelFactory<number> = floatModel('BFloat16BE', formats.bfloat16, true);
/** Single precision with 10 bits of fraction, in 32 bits. */
export const TensorFloat32: ModelFactory<number> = floatModel('TensorFloat32', formats.tensorfloat32, false);
/** Single precision with 10 bits of fraction, in 32 bits, most significant byte first. */
export const TensorFloat32BE: ModelFactory<number> = floatModel(
  'TensorFloat32BE',
  formats.tensorfloat32,
  true,
);
/** E4M3 in one byte: no infinities, clamps at 448. */
export const Float8: ModelFactory<number> = floatModel('Float8', formats.float8, false);
/** As {@link Float8}: one byte has no order. */
export const Float8BE: ModelFactory<number> = floatModel('Float8BE', formats.float8, true);
/** E3M2 in one byte: no infinities, no NaN, clamps at 28. */
export const Float6: ModelFactory<number> = floatModel('Float6', formats.float6, false);
/** As {@link Float6}: one byte has no order. */
export const Float6BE: ModelFactory<number> = floatModel('Float6BE', formats.float6, true);
/** E2M1 in one byte: no infinities, no NaN, clamps at 6. */
export const Float4: ModelFactory<number> = floatModel('Float4', formats.float4, false);
/** As {@link Float4}: one byte has no order. */
export const Float4BE: ModelFactory<number> = floatModel('Float4BE', formats.float4, true);

class FixedModel implements Model<number> {
  readonly name: string;
  readonly bitSize: number;
  readonly pytype = 'float';
  readonly defaultdisp = '{}';
  readonly signed: boolean;
  readonly endianness = 'little';
  readonly bitReverse = false;
  readonly binPoint: number;
  readonly ndType = 'float64';
  readonly elementType = 'float64';
  readonly kind: ModelKind = { k: 'float', bits: 64 };
  readonly minValue: number;
  readonly maxValue: number;
  readonly #lowest: bigint;
  readonly #highest: bigint;

  constructor(bitSize: number, binPoint: number, isSigned: boolean) {
    this.name = `${isSigned ? 'Fixed' : 'UFixed'}_${bitSize}_${binPoint}`;
    this.bitSize = bitSize;
    this.signed = isSigned;
    this.binPoint = binPoint;
    const half = 1n << BigInt(bitSize - 1);
    this.#lowest = isSigned ? -half : 0n;
    this.#highest = isSigned ? half - 1n : half * 2n - 1n;
    this.minValue = Number(this.#lowest) / 2 ** binPoint;
    this.maxValue = Number(this.#highest) / 2 ** binPoint;
  }

  toBytes(value: number): Uint8Array {
    const scaled = Number(value) * 2 ** this.binPoint;
    if (!Number.isFinite(scaled)) throw new RangeError(`value ${value} does not fit ${this.name}`);
    // Half away from zero, as PyRogue's blocks do.
    let raw = BigInt(Math.sign(scaled) * Math.round(Math.abs(scaled)));
    // The largest 64 bit value is no double: its nearest double is one step too high.
    if (raw === this.#highest + 1n && Number(value) === this.maxValue) raw = this.#highest;
    if (raw < this.#lowest || raw > this.#highest) {
      throw new RangeError(`value ${value} does not fit ${this.name}`);
    }
    return bigIntToBytes(raw, byteCount(this.bitSize));
  }

  fromBytes(bytes: Uint8Array): number {
    const raw = BigInt.asUintN(this.bitSize, bytesToBigInt(bytes));
    return Number(this.signed ? twosComplement(raw, this.bitSize) : raw) / 2 ** this.binPoint;
  }

  fromString(text: string): number {
    return parseFloatText(text);
  }
}

function fixedModel(isSigned: boolean): (bitSize: number, binPoint: number) => Model<number> {
  const known = new Map<number, ModelFactory<number>>();
  return (bitSize, binPoint) => {
    if (!Number.isInteger(binPoint) || Math.abs(binPoint) > 512) {
      throw new RangeError(`binary point ${binPoint} is no whole number from -512 to 512`);
    }
    let factory = known.get(binPoint);
    if (factory === undefined) {
      factory = cachedByWidth((bits) => new FixedModel(bits, binPoint, isSigned));
      known.set(binPoint, factory);
    }
    return factory(bitSize);
  };
}

/** Signed fixed point: `bitSize` bits, of these `binPoint` after the binary point; typeStr `Fixed_n_b`. */
export const Fixed: (bitSize: number, binPoint: number) => Model<number> = fixedModel(true);
/** Unsigned fixed point; typeStr `UFixed_n_b`. */
export const UFixed: (bitSize: number, binPoint: number) => Model<number> = fixedModel(false);
