import { type ArrayValue, Event, type EventMask, type Limits, type PvValue } from '../../pv/index.ts';
import { encodeUtf8 } from '../../util/index.ts';
import { makeArray, toArray } from '../convert.ts';
import type { FieldDef } from '../dbd/field-def.ts';
import { arrayType } from '../field-value.ts';
import type { RecordBase } from '../record.ts';

/** Fields that the array record types share. */
export interface ArrayFields {
  VAL: ArrayValue | string;
  NELM: number;
  readonly FTVL: number;
  NORD: number;
  readonly MPST: number;
  readonly APST: number;
  HASH: number;
  readonly EGU: string;
  readonly PREC: number;
  readonly HOPR: number;
  readonly LOPR: number;
}

type ArrayRecord = RecordBase & ArrayFields;

const ON_CHANGE = 1;

/** Sizes VAL when the record starts. */
export function initArray(record: ArrayRecord): void {
  record.NELM = Math.max(1, record.NELM);
  if (record.NORD === 0 && elementsOf(record.VAL) === 0) {
    // One element counts as set, more do not.
    record.NORD = record.NELM === 1 ? 1 : 0;
    record.VAL = makeArray(arrayType(record), record.NORD);
  } else {
    storeArray(record, record.VAL);
  }
}

function elementsOf(value: ArrayValue | string): number {
  return value.length;
}

/**
 * Stores a value in VAL, converted to FTVL, and sets NORD. A mirror record keeps text and arrays longer than NELM as
 * they are.
 */
export function storeArray(record: ArrayRecord, value: PvValue): void {
  if (record.mirror !== undefined && typeof value === 'string') {
    record.VAL = value;
    record.NORD = Math.min(record.NELM, encodeUtf8(value).length + 1);
  } else {
    const most = record.mirror === undefined ? record.NELM : Number.POSITIVE_INFINITY;
    record.VAL = toArray(value, arrayType(record), most);
    record.NORD = record.VAL.length;
  }
  record.UDF = 0;
}

/** Changes whenever the content does, apart from rare collisions. */
function hashOf(value: ArrayValue | string): number {
  let hash = 0x811c9dc5;
  const mix = (byte: number): void => {
    hash = Math.imul(hash ^ byte, 0x01000193);
  };
  if (typeof value !== 'string' && ArrayBuffer.isView(value)) {
    for (const byte of new Uint8Array(value.buffer, value.byteOffset, value.byteLength)) mix(byte);
    mix(value.length);
  } else {
    for (const text of typeof value === 'string' ? [value] : value) {
      for (const byte of encodeUtf8(String(text))) mix(byte);
      mix(0);
    }
  }
  return hash >>> 0;
}

/** Posts NORD when it changed and VAL by MPST and APST. */
export class ArrayPosts {
  readonly #record: ArrayRecord;
  #nord: number;
  #last: ArrayValue | string;

  constructor(record: ArrayRecord) {
    this.#record = record;
    this.#nord = record.NORD;
    this.#last = record.VAL;
  }

  /** NORD and VAL are as they were posted, or as a client will read them first. */
  reset(): void {
    this.#nord = this.#record.NORD;
    this.#last = this.#record.VAL;
    if (this.#isOnChange()) this.#record.HASH = hashOf(this.#record.VAL);
  }

  /** VAL was replaced by a put: NORD follows at once, VAL is posted when the record processes. */
  stored(): void {
    this.#record.NORD = this.#record.VAL.length;
    this.#postCount();
  }

  #postCount(): void {
    const record = this.#record;
    if (record.NORD === this.#nord) return;
    this.#nord = record.NORD;
    record.post('NORD', Event.Value | Event.Log);
  }

  post(alarmMask: EventMask): void {
    const record = this.#record;
    this.#postCount();
    let mask = alarmMask;
    if (record.MPST !== ON_CHANGE) mask |= Event.Value;
    if (record.APST !== ON_CHANGE) mask |= Event.Log;
    if (this.#isOnChange() && this.#isChanged()) {
      if (record.MPST === ON_CHANGE) mask |= Event.Value;
      if (record.APST === ON_CHANGE) mask |= Event.Log;
      record.post('HASH', Event.Value | Event.Log);
    }
    this.#last = record.VAL;
    if (mask !== 0) record.post('VAL', mask);
  }

  #isOnChange(): boolean {
    return this.#record.MPST === ON_CHANGE || this.#record.APST === ON_CHANGE;
  }

  #isChanged(): boolean {
    const record = this.#record;
    // Stored arrays are never changed in place: the same object has the same content.
    if (record.VAL === this.#last) return false;
    if (typeof record.VAL === 'string') return true;
    const hash = hashOf(record.VAL);
    if (hash === record.HASH) return false;
    record.HASH = hash;
    return true;
  }
}

/** Units of VAL and its limits, not of text and enum arrays. */
export function arrayUnits(record: ArrayRecord, field: FieldDef): string {
  if (field.name === 'HOPR' || field.name === 'LOPR') return record.EGU;
  const type = arrayType(record);
  return field.name === 'VAL' && type !== 'string' && type !== 'enum' ? record.EGU : '';
}

/** Precision of VAL and the floating point fields. */
export function arrayPrecision(record: ArrayRecord, field: FieldDef): number | undefined {
  if (field.name === 'VAL') {
    const type = arrayType(record);
    return type === 'double' || type === 'float' ? record.PREC : undefined;
  }
  return field.type === 'double' ? record.PREC : undefined;
}

/** Limits of VAL, NORD and BUSY. */
export function arrayLimits(record: ArrayRecord, field: FieldDef): Limits | undefined {
  if (field.name === 'VAL') return { low: record.LOPR, high: record.HOPR };
  if (field.name === 'NORD') return { low: 0, high: record.NELM };
  return field.name === 'BUSY' ? { low: 0, high: 1 } : undefined;
}
