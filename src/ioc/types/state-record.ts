import { AlarmCondition, Event, type EventMask, type PvValue } from '../../pv/index.ts';
import { firstElement, toNumeric } from '../convert.ts';
import { postRaw } from '../monitor-post.ts';
import type { RecordBase } from '../record.ts';

/** Fields that the binary and multi-bit record types share. */
export interface StateRecordFields {
  VAL: number;
  RVAL: number;
  ORAW: number;
  readonly MASK: number;
  readonly COSV: number;
  LALM: number;
  MLST: number;
}

type StateRecord = RecordBase & StateRecordFields;

/** Stores a value in VAL as number of a state. */
export function storeState(record: StateRecord, value: PvValue): void {
  record.VAL = toNumeric(firstElement(value) ?? 0, 'ushort') as number;
  record.UDF = 0;
}

/** Stores the bits of a raw value that belong to the record. */
export function storeMasked(record: StateRecord, raw: number): void {
  record.RVAL = (record.MASK === 0 ? raw : raw & record.MASK) >>> 0;
}

/** Takes the constant of INP when an input record starts, raw for Raw Soft Channel. */
export function loadStateInput(record: StateRecord): void {
  const constant = record.context.links.constant(record, 'INP');
  if (constant !== undefined) {
    if (record.DTYP === 1) record.storeRaw(Number(firstElement(constant) ?? 0));
    else record.storeValue(constant);
    record.UDF = 0;
  }
  record.MLST = record.LALM = record.VAL;
  record.ORAW = record.RVAL;
}

/** Change-of-state alarm. */
export function checkChangeAlarm(record: StateRecord): void {
  if (record.VAL === record.LALM) return;
  record.raise(AlarmCondition.Cos, record.COSV);
  record.LALM = record.VAL;
}

/** Posts VAL when it changed, then RVAL. @returns the events of VAL. */
export function postState(record: StateRecord, alarmMask: EventMask): EventMask {
  let mask = alarmMask;
  if (record.MLST !== record.VAL) {
    mask |= Event.Value | Event.Log;
    record.MLST = record.VAL;
  }
  if (mask !== 0) record.post('VAL', mask);
  postRaw(record, mask);
  return mask;
}
