import {
  type ArrayValue,
  fromEpicsTime,
  type Metadata,
  makeAlarm,
  makeMetadata,
  makeSnapshot,
  noAlarm,
  type PvValue,
  type ScalarType,
  type ScalarWrite,
  type Severity,
  type Snapshot,
  type TimeStamp,
  undefinedTime,
} from '../../pv/index.ts';
import { type BytesReader, isHostLittleEndian, swapBytes } from '../../util/index.ts';
import { ENUM_STRING_BYTES, MAX_ENUM_STRINGS, STRING_BYTES, UNITS_BYTES } from './constants.ts';
import { type DbrEncoding, readDbrText } from './dbr-text.ts';
import {
  DBR_CHAR,
  DBR_DOUBLE,
  DBR_ENUM,
  DBR_FLOAT,
  DBR_LONG,
  DBR_SHORT,
  DBR_STRING,
  DbrFamily,
  dbrElement,
  dbrElementBytes,
  dbrFamily,
  dbrPlain,
  dbrValueOffset,
} from './dbr-types.ts';

/** Values as they are on the wire, in the typed array of their plain type. */
export type DbrValues =
  | Int16Array
  | Float32Array
  | Uint16Array
  | Uint8Array
  | Int32Array
  | Float64Array
  | readonly string[];

/** Limits of a GR or CTRL value; of a GR value both control limits are 0. */
export interface DbrLimits {
  readonly upperDisplay: number;
  readonly lowerDisplay: number;
  readonly upperAlarm: number;
  readonly upperWarning: number;
  readonly lowerWarning: number;
  readonly lowerAlarm: number;
  readonly upperControl: number;
  readonly lowerControl: number;
}

/** Everything in one DBR value. What the type does not carry is 0, empty or undefined. */
export interface DbrData {
  readonly dbrType: number;
  readonly values: DbrValues;
  /** Alarm condition, 0..21. */
  readonly status: number;
  readonly severity: number;
  /** Seconds since 1990; 0 with 0 nanoseconds: never set. */
  readonly epicsSeconds: number;
  readonly nanoseconds: number;
  readonly units: string;
  readonly precision: number;
  readonly limits: DbrLimits | undefined;
  readonly choices: readonly string[];
  /** STSACK_STRING: whether transient alarms need acknowledgement. */
  readonly ackTransient: boolean;
  /** STSACK_STRING: highest severity that waits for acknowledgement. */
  readonly ackSeverity: number;
}

/** Room for `count` elements in a typed array of `width` bytes each, filled from the reader, in host byte order. */
function takeElements(r: BytesReader, count: number, width: number): Uint8Array {
  const length = count * width;
  const at = r.take(length);
  // A view must be aligned, and the bytes nobody else's: only then is the copy saved.
  const isView = r.isOwned && (r.bytes.byteOffset + at) % width === 0;
  const bytes = isView ? r.bytes.subarray(at, at + length) : r.bytes.slice(at, at + length);
  if (isHostLittleEndian) swapBytes(bytes, width);
  return bytes;
}

/**
 * Reads `count` values of plain type `plain` at the cursor.
 *
 * @throws {ProtocolError} EPICS_PROTOCOL when the payload is shorter.
 */
export function decodeValues(
  r: BytesReader,
  plain: number,
  count: number,
  encoding: DbrEncoding = 'utf8',
): DbrValues {
  if (plain === DBR_STRING) return decodeStrings(r, count, encoding);
  // Before any allocation: the count is the peer's word.
  if (count * dbrElementBytes(plain) > r.remaining) r.take(count * dbrElementBytes(plain));
  switch (plain) {
    case DBR_CHAR: {
      const at = r.take(count);
      return r.isOwned ? r.bytes.subarray(at, at + count) : new Uint8Array(r.bytes.subarray(at, at + count));
    }
    case DBR_SHORT: {
      const bytes = takeElements(r, count, 2);
      return new Int16Array(bytes.buffer, bytes.byteOffset, count);
    }
    case DBR_ENUM: {
      const bytes = takeElements(r, count, 2);
      return new Uint16Array(bytes.buffer, bytes.byteOffset, count);
    }
    case DBR_LONG: {
      const bytes = takeElements(r, count, 4);
      return new Int32Array(bytes.buffer, bytes.byteOffset, count);
    }
    case DBR_FLOAT: {
      const bytes = takeElements(r, count, 4);
      return new Float32Array(bytes.buffer, bytes.byteOffset, count);
    }
    default: {
      const bytes = takeElements(r, count, 8);
      return new Float64Array(bytes.buffer, bytes.byteOffset, count);
    }
  }
}

function decodeStrings(r: BytesReader, count: number, encoding: DbrEncoding): readonly string[] {
  if (count === 1) {
    // Peers send a single text with its length only: the payload's end decides.
    const size = Math.min(STRING_BYTES, r.remaining);
    const at = r.take(Math.max(size, 1));
    return [readDbrText(r.bytes, at, at + Math.min(size, STRING_BYTES - 1), encoding)];
  }
  const start = r.take(count * STRING_BYTES);
  const texts: string[] = [];
  for (let i = 0; i < count; i++) {
    const at = start + i * STRING_BYTES;
    texts.push(readDbrText(r.bytes, at, at + STRING_BYTES - 1, encoding));
  }
  return texts;
}

/** One value of plain type `plain` at the cursor. */
function decodeScalar(r: BytesReader, plain: number, encoding: DbrEncoding): number | string {
  switch (plain) {
    case DBR_STRING:
      return decodeStrings(r, 1, encoding)[0] as string;
    case DBR_CHAR:
      return r.u8();
    case DBR_SHORT:
      return r.i16();
    case DBR_ENUM:
      return r.u16();
    case DBR_LONG:
      return r.i32();
    case DBR_FLOAT:
      return r.f32();
    default:
      // DBR_DOUBLE: `dbrPlain` gives nothing else.
      return r.f64();
  }
}

function numberReader(plain: number): (r: BytesReader) => number {
  return (r) => decodeScalar(r, plain, 'utf8') as number;
}

function decodeLimits(r: BytesReader, plain: number, family: DbrFamily): DbrLimits {
  const next = numberReader(plain);
  const upperDisplay = next(r);
  const lowerDisplay = next(r);
  const upperAlarm = next(r);
  const upperWarning = next(r);
  const lowerWarning = next(r);
  const lowerAlarm = next(r);
  const upperControl = family === DbrFamily.Ctrl ? next(r) : 0;
  const lowerControl = family === DbrFamily.Ctrl ? next(r) : 0;
  return {
    upperDisplay,
    lowerDisplay,
    upperAlarm,
    upperWarning,
    lowerWarning,
    lowerAlarm,
    upperControl,
    lowerControl,
  };
}

function decodeChoices(r: BytesReader, encoding: DbrEncoding): readonly string[] {
  const count = Math.min(r.u16(), MAX_ENUM_STRINGS);
  const at = r.take(MAX_ENUM_STRINGS * ENUM_STRING_BYTES);
  const choices: string[] = [];
  for (let i = 0; i < count; i++) {
    const from = at + i * ENUM_STRING_BYTES;
    // A label may fill its field without a NUL.
    choices.push(readDbrText(r.bytes, from, from + ENUM_STRING_BYTES, encoding));
  }
  return choices;
}

const noChoices: readonly string[] = [];

/**
 * Reads a whole DBR value. The cursor stands at the start of the payload.
 *
 * @param dbrType one of the 39.
 * @throws {ProtocolError} EPICS_PROTOCOL when the payload is shorter than `count` needs.
 */
export function decodeDbr(
  r: BytesReader,
  dbrType: number,
  count: number,
  encoding: DbrEncoding = 'utf8',
): DbrData {
  const family = dbrFamily(dbrType);
  const plain = dbrPlain(dbrType);
  const start = r.position;
  let status = 0;
  let severity = 0;
  let epicsSeconds = 0;
  let nanoseconds = 0;
  let units = '';
  let precision = 0;
  let limits: DbrLimits | undefined;
  let choices = noChoices;
  let ackTransient = false;
  let ackSeverity = 0;
  if (dbrValueOffset(dbrType) > 0) {
    status = r.i16();
    severity = r.i16();
  }
  if (family === DbrFamily.Time) {
    epicsSeconds = r.u32();
    nanoseconds = r.u32();
  } else if (family === DbrFamily.Special && dbrValueOffset(dbrType) > 0) {
    ackTransient = r.u16() !== 0;
    ackSeverity = r.u16();
  } else if ((family === DbrFamily.Gr || family === DbrFamily.Ctrl) && plain !== DBR_STRING) {
    if (plain === DBR_ENUM) {
      choices = decodeChoices(r, encoding);
    } else {
      if (plain === DBR_FLOAT || plain === DBR_DOUBLE) {
        precision = r.i16();
        r.skip(2);
      }
      const at = r.take(UNITS_BYTES);
      units = readDbrText(r.bytes, at, at + UNITS_BYTES, encoding);
      limits = decodeLimits(r, plain, family);
    }
  }
  r.skip(dbrValueOffset(dbrType) - (r.position - start));
  const values = decodeValues(r, plain, count, encoding);
  return {
    dbrType,
    values,
    status,
    severity,
    epicsSeconds,
    nanoseconds,
    units,
    precision,
    limits,
    choices,
    ackTransient,
    ackSeverity,
  };
}

/** Metadata in a GR or CTRL value; `base` completes what the type does not carry. */
export function metadataOf(data: DbrData, base: Metadata): Metadata {
  const { limits } = data;
  if (dbrPlain(data.dbrType) === DBR_ENUM) return { ...base, choices: data.choices };
  if (limits === undefined) return base;
  const made = makeMetadata({
    description: base.description,
    units: data.units,
    precision: data.precision,
    form: base.form,
    display: { low: limits.lowerDisplay, high: limits.upperDisplay },
    control: { low: limits.lowerControl, high: limits.upperControl, minStep: base.control.minStep },
    alarmLimits: {
      isActive: base.alarmLimits.isActive,
      lolo: limits.lowerAlarm,
      low: limits.lowerWarning,
      high: limits.upperWarning,
      hihi: limits.upperAlarm,
    },
    choices: base.choices,
  });
  return made;
}

/** Values from the wire as a PV of `type` holds them: a scalar or an array, signed CHAR, text from CHAR. */
export function toPvValue(values: DbrValues, type: ScalarType, encoding: DbrEncoding = 'utf8'): PvValue {
  if (type.caText && values instanceof Uint8Array) {
    return readDbrText(values, 0, values.length, encoding);
  }
  if (type.isArray) {
    if (type.element === 'int8' && values instanceof Uint8Array) {
      return new Int8Array(values.buffer, values.byteOffset, values.length);
    }
    if (type.element === 'boolean' && typeof values[0] !== 'string') {
      return Array.from(values as ArrayLike<number>, (value) => value !== 0);
    }
    return values;
  }
  const value = values[0] ?? (type.element === 'string' ? '' : 0);
  if (typeof value === 'number' && type.element === 'int8') return (value << 24) >> 24;
  if (typeof value === 'number' && type.element === 'boolean') return value !== 0;
  return value;
}

/**
 * Reads a DBR value as a Snapshot of a PV of `type`: the hot path of clients.
 *
 * @param meta the snapshot's metadata when the type carries none, else what completes them.
 * @throws {ProtocolError} EPICS_PROTOCOL when the payload is shorter than `count` needs.
 */
export function decodeSnapshot(
  r: BytesReader,
  dbrType: number,
  count: number,
  type: ScalarType,
  meta: Metadata,
  encoding: DbrEncoding = 'utf8',
): Snapshot {
  const family = dbrFamily(dbrType);
  if (family !== DbrFamily.Time) {
    const data = decodeDbr(r, dbrType, count, encoding);
    const alarm = data.status === 0 && data.severity === 0 ? noAlarm : alarmOf(data.status, data.severity);
    return makeSnapshot(toPvValue(data.values, type, encoding), alarm, undefinedTime, metadataOf(data, meta));
  }
  const status = r.i16();
  const severity = r.i16();
  const time: TimeStamp = fromEpicsTime(r.u32(), r.u32());
  const plain = dbrPlain(dbrType);
  r.skip(dbrValueOffset(dbrType) - 12);
  const alarm = status === 0 && severity === 0 ? noAlarm : alarmOf(status, severity);
  if (!type.isArray && !type.caText && count === 1 && type.element !== 'int8' && type.element !== 'boolean') {
    return makeSnapshot(decodeScalar(r, plain, encoding), alarm, time, meta);
  }
  return makeSnapshot(toPvValue(decodeValues(r, plain, count, encoding), type, encoding), alarm, time, meta);
}

function alarmOf(status: number, severity: number): ReturnType<typeof makeAlarm> {
  // Severities beyond INVALID do not exist; a peer that sends one means nothing good.
  return makeAlarm((severity >= 0 && severity <= 3 ? severity : 3) as Severity, status);
}

/**
 * Reads what a client writes with plain type `dbrType`, for a PV of `type`.
 *
 * @throws {ProtocolError} EPICS_PROTOCOL when the payload is shorter than `count` needs.
 */
export function decodeWrite(
  r: BytesReader,
  dbrType: number,
  count: number,
  type: ScalarType,
  encoding: DbrEncoding = 'utf8',
): ScalarWrite {
  const plain = dbrPlain(dbrType);
  if (type.caText && plain === DBR_CHAR) {
    const values = decodeValues(r, plain, count, encoding) as Uint8Array;
    return { element: 'string', value: readDbrText(values, 0, values.length, encoding) };
  }
  const element = dbrElement(dbrType);
  if (count === 1 && !(type.isArray && !type.caText)) {
    return { element, value: decodeScalar(r, plain, encoding) };
  }
  const values: ArrayValue = decodeValues(r, plain, count, encoding);
  return { element, value: values };
}
