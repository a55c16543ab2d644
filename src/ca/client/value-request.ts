import type { PvValue, ScalarType } from '../../pv/index.ts';
import { ConversionError, LimitError, TypeMismatchError, utf8Length } from '../../util/index.ts';
import {
  DBR_CHAR,
  DBR_DOUBLE,
  DBR_ENUM,
  DBR_FLOAT,
  DBR_LONG,
  DBR_SHORT,
  DBR_STRING,
  DBR_TIME_STRING,
  type DbrEncoding,
  DbrFamily,
  dbrElement,
  dbrName,
  dbrOf,
  dbrPlain,
  encodeWrite,
  parseDbrName,
  STRING_BYTES,
  valueLength,
} from '../core/index.ts';

/** What a server says about a channel. */
export interface NativeInfo {
  /** Plain DBR type, 0..6. */
  readonly dbrType: number;
  /** Elements at most. */
  readonly count: number;
}

/**
 * In which form a value is read.
 *
 * - `native`: as the server holds it.
 * - `string`: the server's text: enum labels, numbers with their precision.
 * - `number`: a double.
 * - `text`: a CHAR array as one text up to its first NUL.
 * - anything else: name or code of a DBR type, such as `DBR_TIME_SHORT` or 15.
 */
export type ValueForm = 'native' | 'string' | 'number' | 'text' | (string & {}) | number;

/** Type on the wire, and what the reply is made into. */
export interface ReadPlan {
  readonly dbrType: number;
  readonly type: ScalarType;
}

/** Type of the values that a channel delivers in native form. */
export function nativeScalarType(native: NativeInfo, isSigned: boolean): ScalarType {
  const element = native.dbrType === DBR_CHAR && isSigned ? 'int8' : dbrElement(native.dbrType);
  const isArray = native.count > 1;
  return { kind: 'scalar', element, isArray, caCount: native.count, caText: false };
}

/**
 * How to read a channel in the wanted form.
 *
 * @throws {TypeMismatchError} EPICS_TYPE when there is no such form, or the channel cannot be read in it.
 */
export function planRead(native: NativeInfo, form: ValueForm, isSigned: boolean): ReadPlan {
  const type = nativeScalarType(native, isSigned);
  switch (form) {
    case 'native':
      return { dbrType: dbrOf(DbrFamily.Time, native.dbrType), type };
    case 'string':
      return { dbrType: DBR_TIME_STRING, type: { ...type, element: 'string' } };
    case 'number':
      return { dbrType: dbrOf(DbrFamily.Time, DBR_DOUBLE), type: { ...type, element: 'float64' } };
    case 'text':
      if (native.dbrType !== DBR_CHAR) {
        if (native.dbrType === DBR_STRING && native.count === 1) return planRead(native, 'native', isSigned);
        throw new TypeMismatchError(
          `form "text" needs a CHAR array, the channel is ${dbrName(native.dbrType)} × ${native.count}`,
        );
      }
      return {
        dbrType: dbrOf(DbrFamily.Time, DBR_CHAR),
        type: { ...type, element: 'string', isArray: false, caText: true },
      };
    default: {
      const dbrType = typeof form === 'number' ? form : parseDbrName(form);
      if (dbrType === undefined || !(dbrType >= 0 && dbrType <= 38)) {
        throw new TypeMismatchError(
          `"${form}" is neither native, string, number, text nor a DBR type (ECA_BADTYPE)`,
        );
      }
      const element = dbrPlain(dbrType) === native.dbrType ? type.element : dbrElement(dbrType);
      return { dbrType, type: { ...type, element } };
    }
  }
}

/** What goes out for a put. */
export interface EncodedPut {
  /** Plain DBR type. */
  readonly dbrType: number;
  readonly count: number;
  readonly payload: Uint8Array;
}

/** What a put takes: what a PV holds, and any iterable of numbers or texts. */
export type PutValue = PvValue | Iterable<number | bigint | string | boolean>;

/** Longest text of a DBR_STRING, in bytes without the NUL. */
const MAX_STRING = STRING_BYTES - 1;

const ranges: Readonly<Record<number, readonly [low: number, high: number]>> = {
  [DBR_SHORT]: [-0x8000, 0x7fff],
  [DBR_ENUM]: [0, 0xffff],
  // Servers take bytes as unsigned, but -1 is what a C programmer writes for 255.
  [DBR_CHAR]: [-0x80, 0xff],
  [DBR_LONG]: [-0x8000_0000, 0x7fff_ffff],
};

function checkText(text: string, encoding: DbrEncoding, failed: string): void {
  const size = encoding === 'latin1' ? text.length : utf8Length(text);
  if (size > MAX_STRING) {
    throw new LimitError(
      `${failed}text of ${size} bytes is longer than the ${MAX_STRING} of a DBR_STRING (ECA_STRTOBIG); long texts go to NAME.FIELD$`,
    );
  }
}

function toNumber(value: number | bigint | boolean, failed: string): number {
  if (typeof value === 'bigint') {
    const number = Number(value);
    if (BigInt(number) !== value) {
      throw new ConversionError(
        `${failed}${value} does not fit a double, the largest number of Channel Access`,
      );
    }
    return number;
  }
  return Number(value);
}

/** A list of an iterable; undefined for what is no array. */
function toList(value: PutValue): ArrayLike<number | bigint | string | boolean> | undefined {
  if (typeof value !== 'object') return undefined;
  if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    return value as ArrayLike<number | bigint | string | boolean>;
  }
  return Array.from(value);
}

/** The type that carries all of `values`: the native one when it holds them exactly, else double. */
function numericType(values: ArrayLike<number>, native: number): number {
  const range = ranges[native];
  if (range === undefined) return native === DBR_FLOAT ? DBR_FLOAT : DBR_DOUBLE;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    // The server knows how to convert what its own type cannot hold.
    if (!Number.isInteger(value) || value < range[0] || value > range[1]) return DBR_DOUBLE;
  }
  return native;
}

/** Typed arrays whose elements are exactly those of a plain type need no look at each element. */
function isExactArray(value: ArrayLike<unknown>, native: number): boolean {
  switch (native) {
    case DBR_SHORT:
      return value instanceof Int16Array;
    case DBR_ENUM:
      return value instanceof Uint16Array;
    case DBR_CHAR:
      return value instanceof Uint8Array || value instanceof Int8Array;
    case DBR_LONG:
      return value instanceof Int32Array;
    case DBR_FLOAT:
      return value instanceof Float32Array;
    case DBR_DOUBLE:
      return value instanceof Float64Array;
    default:
      return false;
  }
}

/** Bytes of a text for a CHAR array, with its NUL. */
function encodeLongText(text: string, native: NativeInfo, encoding: DbrEncoding, failed: string): EncodedPut {
  const bytes =
    encoding === 'latin1'
      ? Uint8Array.from(text, (character) => character.charCodeAt(0))
      : new TextEncoder().encode(text);
  if (bytes.length + 1 > native.count) {
    throw new LimitError(
      `${failed}text of ${bytes.length} bytes and its NUL do not fit the ${native.count} elements of the channel (ECA_STRTOBIG)`,
    );
  }
  const payload = new Uint8Array(bytes.length + 1);
  payload.set(bytes);
  return { dbrType: DBR_CHAR, count: payload.length, payload };
}

/**
 * Bytes of a value for a channel: its native type where that holds the value exactly, texts as DBR_STRING for the
 * server to convert (labels of enums, too), texts for CHAR arrays as bytes with a NUL.
 *
 * @param failed begin of error messages, such as `put "X" failed: `.
 * @throws {LimitError} EPICS_LIMIT for a text that is too long.
 * @throws {TypeMismatchError} EPICS_TYPE for more elements than the channel has.
 * @throws {ConversionError} EPICS_CONVERT for integers that no double holds.
 */
export function encodePut(
  native: NativeInfo,
  value: PutValue,
  encoding: DbrEncoding = 'utf8',
  failed = '',
): EncodedPut {
  if (typeof value === 'string') {
    if (native.dbrType === DBR_CHAR && native.count > 1)
      return encodeLongText(value, native, encoding, failed);
    checkText(value, encoding, failed);
    return { dbrType: DBR_STRING, count: 1, payload: encodeWrite(DBR_STRING, value, encoding) };
  }
  const list = toList(value);
  if (list === undefined) {
    if (native.dbrType === DBR_STRING) {
      const text = typeof value === 'bigint' ? value.toString() : String(Number(value));
      return { dbrType: DBR_STRING, count: 1, payload: encodeWrite(DBR_STRING, text, encoding) };
    }
    const number = toNumber(value as number | bigint | boolean, failed);
    const dbrType = numericType([number], native.dbrType);
    return { dbrType, count: 1, payload: encodeWrite(dbrType, number, encoding) };
  }
  const count = list.length;
  if (count > native.count) {
    throw new TypeMismatchError(
      `${failed}${count} elements do not fit the ${native.count} of the channel (ECA_BADCOUNT)`,
    );
  }
  if (isExactArray(list, native.dbrType)) {
    return {
      dbrType: native.dbrType,
      count,
      payload: encodeWrite(native.dbrType, value as PvValue, encoding),
    };
  }
  const items = Array.from(list);
  if (native.dbrType === DBR_STRING || items.some((item) => typeof item === 'string')) {
    const texts = items.map((item) => String(item));
    for (const text of texts) checkText(text, encoding, failed);
    return { dbrType: DBR_STRING, count, payload: encodeWrite(DBR_STRING, texts, encoding) };
  }
  const numbers = Float64Array.from(items as (number | bigint | boolean)[], (item) => toNumber(item, failed));
  const dbrType = numericType(numbers, native.dbrType);
  return { dbrType, count: valueLength(numbers), payload: encodeWrite(dbrType, numbers, encoding) };
}
