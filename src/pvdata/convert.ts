import { ConversionError, TypeMismatchError } from '../util/index.ts';
import { type NumberArray, numberArrayClass } from './program.ts';
import { ARRAY_BIT, nameOfCode, TypeCode } from './type-code.ts';

const ranges: ReadonlyMap<number, readonly [bigint, bigint]> = new Map<number, readonly [bigint, bigint]>([
  [TypeCode.Byte, [-0x80n, 0x7fn]],
  [TypeCode.Short, [-0x8000n, 0x7fffn]],
  [TypeCode.Int, [-0x8000_0000n, 0x7fff_ffffn]],
  [TypeCode.Long, [-0x8000_0000_0000_0000n, 0x7fff_ffff_ffff_ffffn]],
  [TypeCode.UByte, [0n, 0xffn]],
  [TypeCode.UShort, [0n, 0xffffn]],
  [TypeCode.UInt, [0n, 0xffff_ffffn]],
  [TypeCode.ULong, [0n, 0xffff_ffff_ffff_ffffn]],
]);

function describe(x: unknown): string {
  if (typeof x === 'string') return `string ${JSON.stringify(x.length > 40 ? `${x.slice(0, 40)}...` : x)}`;
  if (x === null) return 'null';
  if (typeof x === 'number' || typeof x === 'bigint' || typeof x === 'boolean') return `${typeof x} ${x}`;
  return Array.isArray(x) ? 'array' : typeof x;
}

/** Error for a value that a type cannot take. */
export function cannotConvert(x: unknown, target: string): ConversionError {
  return new ConversionError(`cannot convert ${describe(x)} to ${target}`);
}

/** Error for a value of the wrong shape: an array for a scalar and so on. */
export function wrongShape(x: unknown, target: string): TypeMismatchError {
  return new TypeMismatchError(`cannot assign ${describe(x)} to ${target}`);
}

/**
 * Converts to a scalar type by the rules of PVA-D-9: integers must fit, other numbers are cut towards zero, text is
 * parsed as a C literal, booleans are 0, 1, `true`, `false`.
 *
 * @param code code of a scalar type, no array.
 * @returns boolean, number, string, or bigint for `long` and `ulong`.
 * @throws {ConversionError} EPICS_CONVERT when the value does not fit or is no such text.
 * @throws {TypeMismatchError} EPICS_TYPE when the value is no scalar.
 * @see pvxs src/data.cpp, copyIn
 */
export function convertScalar(code: number, x: unknown): boolean | number | bigint | string {
  switch (typeof x) {
    case 'boolean':
    case 'number':
    case 'bigint':
    case 'string':
      break;
    default:
      throw wrongShape(x, nameOfCode(code));
  }
  if (code === TypeCode.String) return typeof x === 'string' ? x : scalarToText(x);
  if (code === TypeCode.Boolean) return toBoolean(x);
  if (code === TypeCode.Double) return toFloat(x);
  if (code === TypeCode.Float) return Math.fround(toFloat(x));
  return toInteger(code, x);
}

function scalarToText(x: boolean | number | bigint): string {
  if (typeof x !== 'number' || Number.isFinite(x)) return Object.is(x, -0) ? '-0' : String(x);
  return Number.isNaN(x) ? 'nan' : x > 0 ? 'inf' : '-inf';
}

function toBoolean(x: boolean | number | bigint | string): boolean {
  if (typeof x === 'boolean') return x;
  if (typeof x === 'bigint') return x !== 0n;
  if (typeof x === 'number' && Number.isInteger(x)) return x !== 0;
  if (x === 'true') return true;
  if (x === 'false') return false;
  throw cannotConvert(x, 'boolean');
}

const floatText = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const hexText = /^([+-]?)0x([0-9a-f]+)$/i;
const specialFloat = /^([+-]?)(nan|inf|infinity)$/i;

function toFloat(x: boolean | number | bigint | string): number {
  if (typeof x !== 'string') return Number(x);
  const text = x.trim();
  if (floatText.test(text)) return Number(text);
  const hex = hexText.exec(text);
  if (hex !== null) return Number(`0x${hex[2]}`) * (hex[1] === '-' ? -1 : 1);
  const special = specialFloat.exec(text);
  if (special === null) throw cannotConvert(x, 'a number');
  const magnitude = special[2]?.toLowerCase() === 'nan' ? Number.NaN : Number.POSITIVE_INFINITY;
  return special[1] === '-' ? -magnitude : magnitude;
}

function toInteger(code: number, x: boolean | number | bigint | string): number | bigint {
  const is64 = code === TypeCode.Long || code === TypeCode.ULong;
  if (typeof x === 'boolean') return is64 ? BigInt(x) : Number(x);
  if (typeof x === 'number' && !Number.isFinite(x)) throw cannotConvert(x, nameOfCode(code));
  const whole = typeof x === 'string' ? parseInteger(x, code) : typeof x === 'number' ? Math.trunc(x) : x;
  const [low, high] = ranges.get(code) as readonly [bigint, bigint];
  if (whole < low || whole > high) {
    throw new ConversionError(`${describe(x)} is out of range of ${nameOfCode(code)}: ${low} to ${high}`);
  }
  // Adding zero turns -0 into 0.
  return is64 ? BigInt(whole) : Number(whole) + 0;
}

/** Decimal, `0x` or leading-zero octal with an optional sign, as C's strtoll reads it with base 0. */
function parseInteger(text: string, code: number): bigint {
  const match = /^\s*([+-]?)(0x[0-9a-f]+|0[0-7]*|[1-9]\d*)\s*$/i.exec(text);
  if (match === null) throw cannotConvert(text, nameOfCode(code));
  const digits = match[2] as string;
  const isOctal = digits.length > 1 && digits.startsWith('0') && !/x/i.test(digits);
  const magnitude = BigInt(isOctal ? `0o${digits.slice(1)}` : digits);
  return match[1] === '-' ? -magnitude : magnitude;
}

/** Tells whether `x` is an array or a typed array. */
export function isArrayLike(x: unknown): x is ArrayLike<unknown> {
  return Array.isArray(x) || (ArrayBuffer.isView(x) && !(x instanceof DataView));
}

/**
 * Converts to an array of scalars, element by element. What is already the right array is not copied.
 *
 * @param code code of a scalar array type.
 * @returns the typed array of the type, or an array of strings or booleans.
 * @throws {ConversionError} EPICS_CONVERT when an element does not fit.
 * @throws {TypeMismatchError} EPICS_TYPE when the value is no array.
 */
export function convertArray(code: number, x: unknown): NumberArray | readonly string[] | readonly boolean[] {
  const make = numberArrayClass(code);
  if (make !== undefined && x instanceof make) return x;
  if (!isArrayLike(x)) throw wrongShape(x, nameOfCode(code));
  const scalar = code & ~ARRAY_BIT;
  if (make === undefined) {
    const type = code === TypeCode.BooleanArray ? 'boolean' : 'string';
    if (Array.isArray(x) && x.every((item) => typeof item === type)) return x as readonly string[];
    return Array.from(x, (item) => convertScalar(scalar, item)) as readonly string[] | readonly boolean[];
  }
  const array = new make(x.length);
  for (let i = 0; i < x.length; i++) array[i] = convertScalar(scalar, x[i]) as never;
  return array;
}

/**
 * The type code that a plain scalar or array has by itself: boolean, number → double, bigint → long, string, typed
 * arrays → their own, arrays by their elements. -1 when there is none.
 */
export function inferCode(x: unknown): number {
  switch (typeof x) {
    case 'boolean':
      return TypeCode.Boolean;
    case 'number':
      return TypeCode.Double;
    case 'bigint':
      return TypeCode.Long;
    case 'string':
      return TypeCode.String;
    default:
      return Array.isArray(x) ? inferListCode(x) : inferTypedArrayCode(x);
  }
}

function inferListCode(list: readonly unknown[]): number {
  const types = new Set(list.map((item) => typeof item));
  if (types.size === 0) return TypeCode.DoubleArray;
  if (types.size === 2 && types.has('number') && types.has('bigint')) return TypeCode.DoubleArray;
  const code = types.size === 1 ? inferCode(list[0]) : -1;
  return code < 0 || (code & ARRAY_BIT) !== 0 ? -1 : code | ARRAY_BIT;
}

const typedArrayCodes: readonly number[] = [
  TypeCode.ByteArray,
  TypeCode.ShortArray,
  TypeCode.IntArray,
  TypeCode.LongArray,
  TypeCode.UByteArray,
  TypeCode.UShortArray,
  TypeCode.UIntArray,
  TypeCode.ULongArray,
  TypeCode.FloatArray,
  TypeCode.DoubleArray,
];

function inferTypedArrayCode(x: unknown): number {
  if (!ArrayBuffer.isView(x)) return -1;
  return typedArrayCodes.find((code) => x instanceof (numberArrayClass(code) as Int8ArrayConstructor)) ?? -1;
}
