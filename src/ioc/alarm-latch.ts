import { AlarmCondition, Event, type EventMask, Severity } from '../pv/index.ts';
import type { RecordBase } from './record.ts';

/**
 * Makes the alarm that processing built up the current one and posts the alarm fields.
 * @returns DBE_ALARM when the alarm changed, else 0: the mask to post values with.
 * @see epics-base modules/database/src/ioc/db/recGbl.c, recGblResetAlarms
 */
export function latchAlarm(record: RecordBase): EventMask {
  const severity = record.NSEV;
  const condition = record.NSTA;
  const message = record.NAMSG;
  // Quick exit: most processing changes nothing.
  if (severity === 0 && record.SEVR === 0 && condition === record.STAT && message === record.AMSG) return 0;
  record.NSTA = 0;
  record.NSEV = 0;
  record.NAMSG = '';
  return setCurrentAlarm(record, condition, severity, message);
}

/** Makes an alarm the current one and posts STAT, SEVR, AMSG and ACKS as they changed. Returns DBE_ALARM or 0. */
export function setCurrentAlarm(
  record: RecordBase,
  condition: number,
  severity: number,
  message: string,
): EventMask {
  const isSevrNew = severity !== record.SEVR;
  const isStatNew = condition !== record.STAT;
  const isTextNew = message !== record.AMSG;
  if (!isSevrNew && !isStatNew && !isTextNew) return 0;
  record.setAlarm(condition, severity, message);
  if (isSevrNew) record.post('SEVR', Event.Value);
  let mask: EventMask = isSevrNew || isTextNew ? Event.Alarm : 0;
  if (isStatNew) mask |= Event.Value;
  record.post('STAT', mask);
  record.post('AMSG', mask);
  if (record.ACKT === 0 || severity >= record.ACKS) {
    record.ACKS = severity;
    record.post('ACKS', Event.Value);
  }
  return Event.Alarm;
}

/** Acknowledges alarms up to a severity. @see epics-base modules/database/src/ioc/db/dbAccess.c, putAcks */
export function acknowledge(record: RecordBase, severity: number): void {
  if (severity < record.ACKS) return;
  record.ACKS = Severity.None;
  record.post('ACKS', Event.Value | Event.Alarm);
  record.postAll(Event.Alarm);
}

/** Sets whether transient alarms need acknowledgement. @see epics-base modules/database/src/ioc/db/dbAccess.c, putAckt */
export function acknowledgeTransient(record: RecordBase, isOn: boolean): void {
  const value = isOn ? 1 : 0;
  if (record.ACKT === value) return;
  record.ACKT = value;
  record.post('ACKT', Event.Value | Event.Alarm);
  if (!isOn && record.ACKS > record.SEVR) {
    record.ACKS = record.SEVR;
    record.post('ACKS', Event.Value | Event.Alarm);
  }
  record.postAll(Event.Alarm);
}

/** Raises the alarm of a value that was never set. Returns true when it is undefined. */
export function raiseUndefined(record: RecordBase): boolean {
  if (record.UDF === 0) return false;
  record.raise(AlarmCondition.Udf, record.UDFS);
  return true;
}
