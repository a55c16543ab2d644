import { AlarmCondition, Event } from '../../pv/index.ts';
import { type AlarmFilterFields, filterLevel } from '../analog.ts';
import { stateSeverityFields, stateTextFields, stateValueFields } from '../dbd/tables/states.ts';
import type { RecordBase } from '../record.ts';
import { checkChangeAlarm, type StateRecordFields } from './state-record.ts';

/** VAL of a mbbi whose raw value is no state. */
export const UNKNOWN_STATE = 65535;

/** Fields that the two multi-bit record types share. */
export interface MultiBitFields extends StateRecordFields {
  readonly UNSV: number;
  SDEF: number;
  MASK: number;
  readonly NOBT: number;
}

type MultiBitRecord = RecordBase & MultiBitFields;

/** Derives SDEF and MASK when the record starts or a state changes. */
export function deriveStates(record: MultiBitRecord): void {
  const hasValue = stateValueFields.some((name) => record.slot(name) !== 0);
  record.SDEF = hasValue || stateTextFields.some((name) => record.slot(name) !== '') ? 1 : 0;
}

/** MASK from NOBT, when it was not set. */
export function deriveMask(record: MultiBitRecord): void {
  if (record.MASK === 0 && record.NOBT > 0 && record.NOBT <= 32) record.MASK = (2 ** record.NOBT - 1) >>> 0;
}

/** State texts up to the last one in use. */
export function stateTexts(record: RecordBase): readonly string[] {
  const all = stateTextFields.map((name) => record.slot(name) as string);
  const last = all.findLastIndex((text) => text !== '');
  return all.slice(0, last + 1);
}

/** State of a raw value: the first whose xxVL equals it. */
export function stateOfRaw(record: MultiBitRecord, raw: number): number {
  if (record.SDEF === 0) return raw & 0xffff;
  const index = stateValueFields.findIndex((name) => record.slot(name) === raw);
  return index < 0 ? UNKNOWN_STATE : index;
}

/** State and change-of-state alarms. @param elapsedSec since the previous processing, for AFTC. */
export function checkStateAlarm(record: MultiBitRecord, elapsedSec: number): void {
  const name = stateSeverityFields[record.VAL];
  let severity = name === undefined ? record.UNSV : (record.slot(name) as number);
  if (hasFilter(record)) severity = filterLevel(record, severity + 1, elapsedSec) - 1;
  record.raise(AlarmCondition.State, severity);
  checkChangeAlarm(record);
}

function hasFilter(record: object): record is AlarmFilterFields {
  return 'AFTC' in record;
}

/** A state's text or value was put: VAL shows another text when that state is the current one. */
export function stateChanged(record: MultiBitRecord, field: string): void {
  deriveStates(record);
  if (stateTextFields.indexOf(field) !== record.VAL || !stateTextFields.includes(field)) return;
  // The texts are metadata, which must be new before the value goes out.
  record.propertyCount++;
  record.post('VAL', Event.Value | Event.Log);
}
