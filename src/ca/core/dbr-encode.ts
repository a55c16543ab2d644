import {
  booleanChoices,
  emptyMetadata,
  type Limit,
  type Metadata,
  type PvValue,
  type ScalarType,
  type ServedScalarPv,
  type Snapshot,
  toEpicsSeconds,
} from '../../pv/index.ts';
import { cutUtf8, TypeMismatchError, utf8Length } from '../../util/index.ts';
import { ENUM_STRING_BYTES, MAX_ENUM_STRINGS, STRING_BYTES, UNITS_BYTES } from './constants.ts';
import { type DbrEncoding, writeDbrText } from './dbr-text.ts';
import {
  DBR_CHAR,
  DBR_CLASS_NAME,
  DBR_ENUM,
  DBR_PUT_ACKS,
  DBR_PUT_ACKT,
  DBR_STRING,
  DBR_STSACK_STRING,
  DbrFamily,
  dbrBytes,
  dbrElement,
  dbrFamily,
  dbrName,
  dbrPlain,
  dbrValueOffset,
  nativeDbr,
} from './dbr-types.ts';
import { isArrayValue, valueLength, writeNumber, writeValues } from './dbr-value.ts';

// Small values are written here and copied out: the view that a new array needs costs five times as much as the copy.
const SCRATCH_BYTES = 512;
const scratchBytes = new Uint8Array(SCRATCH_BYTES);
const scratchView = new DataView(scratchBytes.buffer);

/** What the DBR encoder needs of a PV. */
export type DbrPv = Pick<ServedScalarPv, 'type' | 'className' | 'acknowledgement'>;

/** Native plain DBR type of a PV. */
export function nativeDbrOf(type: ScalarType): number {
  return type.caText ? DBR_CHAR : nativeDbr(type.element);
}

/** Elements of a long text as CHAR array with its NUL, at most the announced count. */
function textLength(text: string, type: ScalarType): number {
  return Math.min(utf8Length(text), type.caCount - 1) + 1;
}

/** Elements that a read with count 0 of `dbrType` delivers now. */
export function currentCount(snapshot: Snapshot, type: ScalarType, dbrType: number): number {
  if (dbrType === DBR_CLASS_NAME || dbrType === DBR_STSACK_STRING) return 1;
  const { value } = snapshot;
  if (type.caText && typeof value === 'string') {
    return dbrPlain(dbrType) === DBR_STRING ? 1 : textLength(value, type);
  }
  if (!type.isArray) return 1;
  return Math.min(valueLength(value), type.caCount);
}

/** The value of a long text PV as the bytes that CA sends. */
function textBytes(text: string, type: ScalarType, encoding: DbrEncoding): Uint8Array {
  const size = textLength(text, type);
  const bytes = new Uint8Array(size);
  writeDbrText(bytes, 0, size, cutUtf8(text, size - 1), encoding);
  return bytes;
}

/**
 * Bytes of a snapshot as DBR type `dbrType` with `count` elements, without padding; missing elements are zero.
 *
 * @throws {TypeMismatchError} EPICS_TYPE for a type that cannot be read (PUT_ACKT, PUT_ACKS).
 * @throws {ConversionError} EPICS_CONVERT when the value cannot be converted.
 * @see epics-base modules/database/src/ioc/db/db_access.c, dbChannelGetField
 */
export function encodeDbr(
  pv: DbrPv,
  snapshot: Snapshot,
  dbrType: number,
  count: number,
  encoding: DbrEncoding = 'utf8',
): Uint8Array {
  const size = dbrBytes(dbrType, count);
  // Asking a PV for its acknowledgement may run anything, another encoding too.
  if (size > SCRATCH_BYTES || dbrFamily(dbrType) === DbrFamily.Special) {
    const bytes = new Uint8Array(size);
    writeDbr(bytes, new DataView(bytes.buffer), pv, snapshot, dbrType, count, encoding);
    return bytes;
  }
  scratchBytes.fill(0, 0, size);
  writeDbr(scratchBytes, scratchView, pv, snapshot, dbrType, count, encoding);
  return scratchBytes.slice(0, size);
}

/** @param bytes zeroed room. */
function writeDbr(
  bytes: Uint8Array,
  view: DataView,
  pv: DbrPv,
  snapshot: Snapshot,
  dbrType: number,
  count: number,
  encoding: DbrEncoding,
): void {
  if (dbrType === DBR_PUT_ACKT || dbrType === DBR_PUT_ACKS) {
    throw new TypeMismatchError(`${dbrName(dbrType)} can only be written`);
  }
  if (dbrType === DBR_CLASS_NAME) {
    if (count > 0) writeDbrText(bytes, 0, STRING_BYTES, pv.className, encoding);
    return;
  }
  const family = dbrFamily(dbrType);
  const plain = dbrPlain(dbrType);
  if (family !== DbrFamily.Plain) {
    view.setInt16(0, snapshot.alarm.condition);
    view.setInt16(2, snapshot.alarm.severity);
    if (family === DbrFamily.Time) {
      view.setUint32(4, toEpicsSeconds(snapshot.time));
      view.setUint32(8, snapshot.time.nanoseconds);
    } else if (family === DbrFamily.Special) {
      const acknowledgement = pv.acknowledgement;
      if (acknowledgement === undefined)
        throw new TypeMismatchError(`${dbrName(dbrType)} is not supported by this PV`);
      view.setUint16(4, acknowledgement.transient ? 1 : 0);
      view.setUint16(6, acknowledgement.severity);
    } else if (family !== DbrFamily.Sts && plain !== DBR_STRING) {
      writeMetadata(bytes, view, pv.type, snapshot.meta, family, plain, encoding);
    }
  }
  const at = dbrValueOffset(dbrType);
  const { type } = pv;
  const { value } = snapshot;
  if (type.caText && typeof value === 'string' && plain !== DBR_STRING) {
    writeValues(
      bytes,
      view,
      at,
      plain,
      count,
      textBytes(value, type, encoding),
      'uint8',
      snapshot.meta,
      encoding,
    );
  } else {
    writeValues(bytes, view, at, plain, count, value, type.element, snapshot.meta, encoding);
  }
}

function writeMetadata(
  bytes: Uint8Array,
  view: DataView,
  type: ScalarType,
  meta: Metadata,
  family: DbrFamily,
  plain: number,
  encoding: DbrEncoding,
): void {
  if (plain === DBR_ENUM) {
    writeChoices(bytes, view, type, meta, encoding);
    return;
  }
  let at = 4;
  const isFloat = plain === 2 || plain === 6;
  if (isFloat) {
    view.setInt16(at, meta.precision);
    at += 4;
  }
  writeDbrText(bytes, at, UNITS_BYTES, meta.units, encoding);
  at += UNITS_BYTES;
  const size = plain === 6 ? 8 : plain === DBR_CHAR ? 1 : plain === 1 ? 2 : 4;
  const { display, control, alarmLimits } = meta;
  const limits: Limit[] = [
    display.high,
    display.low,
    alarmLimits.hihi,
    alarmLimits.high,
    alarmLimits.low,
    alarmLimits.lolo,
  ];
  if (family === DbrFamily.Ctrl) limits.push(control.high, control.low);
  for (const limit of limits) {
    writeNumber(view, at, plain, Number(limit));
    at += size;
  }
}

function writeChoices(
  bytes: Uint8Array,
  view: DataView,
  type: ScalarType,
  meta: Metadata,
  encoding: DbrEncoding,
): void {
  const choices = type.element === 'boolean' && meta.choices.length === 0 ? booleanChoices : meta.choices;
  const count = Math.min(choices.length, MAX_ENUM_STRINGS);
  view.setUint16(4, count);
  for (let i = 0; i < count; i++) {
    writeDbrText(bytes, 6 + i * ENUM_STRING_BYTES, ENUM_STRING_BYTES, choices[i] as string, encoding);
  }
}

/**
 * Bytes of a value that a client writes as plain type `plain`, without padding. A single text takes its length and a
 * NUL only, as the reference client sends it.
 *
 * @throws {ConversionError} EPICS_CONVERT when a text is not a number.
 */
export function encodeWrite(plain: number, value: PvValue, encoding: DbrEncoding = 'utf8'): Uint8Array {
  if (plain === DBR_STRING) return encodeTexts(value, encoding);
  const count = valueLength(value);
  const size = dbrBytes(plain, count);
  if (size <= SCRATCH_BYTES) {
    scratchBytes.fill(0, 0, size);
    writeValues(
      scratchBytes,
      scratchView,
      0,
      plain,
      count,
      value,
      dbrElement(plain),
      emptyMetadata,
      encoding,
    );
    return scratchBytes.slice(0, size);
  }
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  writeValues(bytes, view, 0, plain, count, value, dbrElement(plain), emptyMetadata, encoding);
  return bytes;
}

/** Texts of a write; numbers are written with all their digits. */
function encodeTexts(value: PvValue, encoding: DbrEncoding): Uint8Array {
  const texts = isArrayValue(value) ? Array.from(value as ArrayLike<unknown>, String) : [String(value)];
  if (texts.length === 1) {
    const text = texts[0] as string;
    const size = Math.min(utf8Length(text) + 1, STRING_BYTES);
    const bytes = new Uint8Array(size);
    writeDbrText(bytes, 0, size, text, encoding);
    return bytes;
  }
  const bytes = new Uint8Array(texts.length * STRING_BYTES);
  texts.forEach((text, i) => writeDbrText(bytes, i * STRING_BYTES, STRING_BYTES, text, encoding));
  return bytes;
}
