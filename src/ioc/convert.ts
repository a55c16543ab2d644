import type { ArrayValue, ElementType, PvValue, ScalarValue } from '../pv/index.ts';
import { ConversionError, cutUtf8, decodeUtf8, encodeUtf8 } from '../util/index.ts';
import { parseDouble, parseInteger } from './convert-text.ts';
import type { FieldType } from './dbd/field-def.ts';

/** Field types whose values are numbers. */
export type NumericType =
  | 'char'
  | 'uchar'
  | 'short'
  | 'ushort'
  | 'long'
  | 'ulong'
  | 'int64'
  | 'uint64'
  | 'float'
  | 'double';

interface IntegerRange {
  readonly low: bigint;
  readonly high: bigint;
  readonly wrap: (value: number) => number;
}

const INT64_LOW = -(2n ** 63n);
const INT64_HIGH = 2n ** 63n - 1n;
const UINT64_HIGH = 2n ** 64n - 1n;

const integers: Readonly<Partial<Record<FieldType, IntegerRange>>> = {
  char: { low: -128n, high: 127n, wrap: (v) => (v << 24) >> 24 },
  uchar: { low: -255n, high: 255n, wrap: (v) => v & 0xff },
  short: { low: -32768n, high: 32767n, wrap: (v) => (v << 16) >> 16 },
  ushort: { low: -65535n, high: 65535n, wrap: (v) => v & 0xffff },
  long: { low: -(2n ** 31n), high: 2n ** 31n - 1n, wrap: (v) => v | 0 },
  ulong: { low: -(2n ** 32n) + 1n, high: 2n ** 32n - 1n, wrap: (v) => v >>> 0 },
};

/** Element type that a field type is served as; arrays and links are not asked here. */
export const elementOfType: Readonly<Record<Exclude<FieldType, 'array' | 'noaccess'>, ElementType>> = {
  string: 'string',
  char: 'int8',
  uchar: 'uint8',
  short: 'int16',
  ushort: 'uint16',
  long: 'int32',
  ulong: 'uint32',
  int64: 'int64',
  uint64: 'uint64',
  float: 'float32',
  double: 'float64',
  enum: 'enum',
  menu: 'enum',
  device: 'enum',
  inlink: 'string',
  outlink: 'string',
  fwdlink: 'string',
  lstring: 'string',
};

/** Field types of menuFtype, by index. */
export const ftypes: readonly (NumericType | 'string' | 'enum')[] = [
  'string',
  'char',
  'uchar',
  'short',
  'ushort',
  'long',
  'ulong',
  'int64',
  'uint64',
  'float',
  'double',
  'enum',
];

/** A number as 64-bit integer: truncated toward zero, saturated, NaN is 0. */
function toBigint(value: number, low: bigint, high: bigint): bigint {
  if (Number.isNaN(value)) return 0n;
  if (value === Number.POSITIVE_INFINITY) return high;
  if (value === Number.NEGATIVE_INFINITY) return low;
  const whole = BigInt(Math.trunc(value));
  return whole < low ? low : whole > high ? high : whole;
}

/**
 * A scalar as a number of the given type: C casts for numbers (double to integer truncates toward zero, 32 bits and
 * less wrap, 64 bits saturate), base 10 for text.
 * @throws {ConversionError} EPICS_CONVERT for text that is no number or too large.
 */
export function toNumeric(value: ScalarValue, type: NumericType): number | bigint {
  if (type === 'double') return toDouble(value);
  if (type === 'float') return Math.fround(toDouble(value));
  if (type === 'int64' || type === 'uint64') {
    const isSigned = type === 'int64';
    const low = isSigned ? INT64_LOW : 0n;
    const high = isSigned ? INT64_HIGH : UINT64_HIGH;
    if (typeof value === 'bigint') return isSigned ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value);
    if (typeof value === 'number') return toBigint(value, low, high);
    if (typeof value === 'boolean') return value ? 1n : 0n;
    // Unsigned text may be hexadecimal, as in base.
    const hex = isSigned ? null : /^\s*(0x[0-9a-f]+)/i.exec(value);
    return hex === null ? parseInteger(value, low, high) : BigInt.asUintN(64, BigInt(hex[1] as string));
  }
  const range = integers[type] as IntegerRange;
  if (typeof value === 'number') return range.wrap(value);
  if (typeof value === 'bigint') return range.wrap(Number(BigInt.asIntN(32, value)));
  if (typeof value === 'boolean') return value ? 1 : 0;
  return range.wrap(Number(parseInteger(value, range.low, range.high)));
}

/** A scalar as a double. @throws {ConversionError} EPICS_CONVERT for text that is no number. */
export function toDouble(value: ScalarValue): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'string') return parseDouble(value);
  return Number(value);
}

/** Text of a scalar of an integer, boolean or string type; floating point needs a precision, see `formatDouble`. */
export function toText(value: ScalarValue): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return String(value);
}

/** The first element of an array, the value itself otherwise; undefined when the array is empty. */
export function firstElement(value: PvValue): ScalarValue | undefined {
  return typeof value === 'object' ? value[0] : value;
}

/** A new array for `count` elements of a menuFtype type. */
export function makeArray(
  type: NumericType | 'string' | 'enum',
  count: number,
): Exclude<ArrayValue, readonly boolean[]> {
  switch (type) {
    case 'string':
      return new Array<string>(count).fill('');
    case 'char':
      return new Int8Array(count);
    case 'uchar':
      return new Uint8Array(count);
    case 'short':
      return new Int16Array(count);
    case 'ushort':
    case 'enum':
      return new Uint16Array(count);
    case 'long':
      return new Int32Array(count);
    case 'ulong':
      return new Uint32Array(count);
    case 'int64':
      return new BigInt64Array(count);
    case 'uint64':
      return new BigUint64Array(count);
    case 'float':
      return new Float32Array(count);
    default:
      return new Float64Array(count);
  }
}

function isTextBytes(value: PvValue): value is string {
  return typeof value === 'string';
}

/**
 * A value as an array of a menuFtype type with at most `most` elements. Always a new array unless `value` already is
 * one of that type. Text becomes UTF-8 with its closing NUL when the type is CHAR or UCHAR.
 * @throws {ConversionError} EPICS_CONVERT when an element is not convertible.
 */
export function toArray(
  value: PvValue,
  type: NumericType | 'string' | 'enum',
  most: number,
  format: (value: ScalarValue) => string = toText,
): ArrayValue {
  if (isTextBytes(value) && (type === 'char' || type === 'uchar')) {
    const bytes = encodeUtf8(`${cutUtf8(value, Math.max(0, most - 1))}\0`);
    return type === 'uchar' ? bytes : new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  const source: ArrayLike<ScalarValue> = typeof value === 'object' ? value : [value];
  const count = Math.min(source.length, most);
  if (type === 'string') {
    return Array.from({ length: count }, (_, i) => cutUtf8(format(source[i] as ScalarValue), 39));
  }
  const numeric: NumericType = type === 'enum' ? 'ushort' : type;
  const out = makeArray(type, count);
  if (typeof value === 'object' && value.constructor === out.constructor && ArrayBuffer.isView(value)) {
    return value.length <= most ? value : value.slice(0, most);
  }
  // The element kind of `out` follows from `type`, which the compiler cannot see.
  const target = out as { [index: number]: number | bigint };
  for (let i = 0; i < count; i++) target[i] = toNumeric(source[i] as ScalarValue, numeric);
  return out;
}

/** Text of a CHAR or UCHAR array: UTF-8 up to the first NUL. */
export function bytesToText(value: ArrayValue | string): string {
  if (typeof value === 'string') return value;
  if (!(value instanceof Int8Array || value instanceof Uint8Array)) return '';
  const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  const end = bytes.indexOf(0);
  return decodeUtf8(bytes, 0, end < 0 ? bytes.length : end);
}

/** UTF-8 bytes of a text as a CHAR array with its closing NUL, at most `size` bytes. */
export function textToBytes(text: string, size: number): Int8Array {
  return toArray(text, 'char', size) as Int8Array;
}

/** Throws what an empty array put to a scalar field gets. */
export function requireElement(value: PvValue): ScalarValue {
  const first = firstElement(value);
  if (first === undefined) throw new ConversionError('an empty array has no value for a scalar field');
  return first;
}
