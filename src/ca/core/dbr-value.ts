import { booleanChoices, type ElementType, type Metadata, type PvValue } from '../../pv/index.ts';
import {
  ConversionError,
  cutUtf8,
  formatDouble,
  formatFloat,
  isHostLittleEndian,
  swapBytes,
} from '../../util/index.ts';
import { ENUM_STRING_BYTES, STRING_BYTES } from './constants.ts';
import { type DbrEncoding, writeDbrText } from './dbr-text.ts';
import { DBR_CHAR, DBR_DOUBLE, DBR_ENUM, DBR_FLOAT, DBR_LONG, DBR_SHORT, DBR_STRING } from './dbr-types.ts';

type NumericArray = Exclude<PvValue & ArrayBufferView, never>;

/** Tells whether a PV value is an array. */
export function isArrayValue(value: PvValue): value is Exclude<PvValue, number | bigint | string | boolean> {
  return typeof value === 'object';
}

function isNumericArray(value: PvValue): value is NumericArray {
  return ArrayBuffer.isView(value);
}

/** Elements of a value: 1 for a scalar. */
export function valueLength(value: PvValue): number {
  return isArrayValue(value) ? value.length : 1;
}

/** Label of an index, cut as in the list of labels; empty when it has none. */
export function choiceText(index: number, element: ElementType, meta: Metadata): string {
  const choices = element === 'boolean' && meta.choices.length === 0 ? booleanChoices : meta.choices;
  return cutUtf8(choices[index] ?? '', ENUM_STRING_BYTES - 1);
}

/** Text of one element, as a read with DBR_STRING delivers it. */
export function elementText(
  value: number | bigint | string | boolean,
  element: ElementType,
  meta: Metadata,
): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return choiceText(value ? 1 : 0, 'boolean', meta);
  if (typeof value === 'bigint') return value.toString();
  if (element === 'enum' || element === 'boolean') return choiceText(value, element, meta);
  if (element === 'float64') return formatDouble(value, meta.precision);
  if (element === 'float32') return formatFloat(value, meta.precision);
  return String(Math.trunc(value));
}

const leadingNumber =
  /^\s*[+-]?(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|inf(?:inity)?|nan)/i;

/** Number that a text begins with, as a read of a text PV with a numeric type delivers it. */
function numberOf(text: string): number {
  if (text.trim() === '') return 0;
  const match = leadingNumber.exec(text);
  if (match === null) throw new ConversionError(`"${text.slice(0, STRING_BYTES)}" is not a number`);
  const word = match[0].trim().toLowerCase();
  const body = word.replace(/^[+-]/, '');
  const sign = word.startsWith('-') ? -1 : 1;
  if (body.startsWith('inf')) return sign * Number.POSITIVE_INFINITY;
  if (body === 'nan') return Number.NaN;
  return sign * Number(body);
}

/** One element as a number; 64-bit integers lose what a double cannot hold. */
export function elementNumber(value: number | bigint | string | boolean): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string' ? numberOf(value) : Number(value);
}

/** Writes one number as plain type `plain` at index `at`: integers cut towards zero and wrap, as C casts do. */
export function writeNumber(view: DataView, at: number, plain: number, value: number): void {
  switch (plain) {
    case DBR_SHORT:
      view.setInt16(at, value);
      return;
    case DBR_FLOAT:
      view.setFloat32(at, value);
      return;
    case DBR_ENUM:
      view.setUint16(at, value);
      return;
    case DBR_CHAR:
      view.setUint8(at, value);
      return;
    case DBR_LONG:
      view.setInt32(at, value);
      return;
    case DBR_DOUBLE:
      view.setFloat64(at, value);
  }
}

/** Bytes of one element of a plain numeric type. */
function plainBytes(plain: number): number {
  return plain === DBR_DOUBLE
    ? 8
    : plain === DBR_CHAR
      ? 1
      : plain === DBR_LONG || plain === DBR_FLOAT
        ? 4
        : 2;
}

/** Whether the elements of `value` have the very bits that `plain` sends, byte order aside. */
function hasWireBits(value: NumericArray, plain: number): boolean {
  switch (plain) {
    case DBR_CHAR:
      return value instanceof Uint8Array || value instanceof Int8Array;
    case DBR_SHORT:
    case DBR_ENUM:
      return value instanceof Int16Array || value instanceof Uint16Array;
    case DBR_LONG:
      return value instanceof Int32Array || value instanceof Uint32Array;
    case DBR_FLOAT:
      return value instanceof Float32Array;
    case DBR_DOUBLE:
      return value instanceof Float64Array;
    default:
      return false;
  }
}

/**
 * Writes `count` elements of `value` as plain type `plain` from index `at`; missing ones stay zero.
 *
 * @param bytes zeroed room for `count` elements from `at`.
 * @throws {ConversionError} EPICS_CONVERT when a text is not a number.
 */
export function writeValues(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  plain: number,
  count: number,
  value: PvValue,
  element: ElementType,
  meta: Metadata,
  encoding: DbrEncoding,
): void {
  if (!isArrayValue(value)) {
    if (count === 0) return;
    if (plain === DBR_STRING)
      writeDbrText(bytes, at, STRING_BYTES, elementText(value, element, meta), encoding);
    else writeNumber(view, at, plain, elementNumber(value));
    return;
  }
  const length = Math.min(count, value.length);
  if (isNumericArray(value) && hasWireBits(value, plain)) {
    const size = plainBytes(plain);
    const target = bytes.subarray(at, at + length * size);
    target.set(new Uint8Array(value.buffer, value.byteOffset, length * size));
    if (isHostLittleEndian) swapBytes(target, size);
    return;
  }
  if (plain === DBR_STRING) {
    for (let i = 0; i < length; i++) {
      const item = value[i] as number | bigint | string | boolean;
      writeDbrText(bytes, at + i * STRING_BYTES, STRING_BYTES, elementText(item, element, meta), encoding);
    }
    return;
  }
  const size = plainBytes(plain);
  for (let i = 0; i < length; i++) {
    writeNumber(view, at + i * size, plain, elementNumber(value[i] as number | bigint | string | boolean));
  }
}
