import { type Alarm, AlarmCondition, alarmConditionName, makeAlarm, noAlarm, Severity } from '../pv/index.ts';

const conditions: ReadonlyMap<string, number> = new Map([
  ['AlarmLoLo', AlarmCondition.LoLo],
  ['AlarmLow', AlarmCondition.Low],
  ['AlarmHigh', AlarmCondition.High],
  ['AlarmHiHi', AlarmCondition.HiHi],
]);
const severities: ReadonlyMap<string, Severity> = new Map([
  ['AlarmMinor', Severity.Minor],
  ['AlarmMajor', Severity.Major],
]);

/** The part of a tree value that an alarm is made of. */
export interface AlarmSource {
  readonly status: string;
  readonly severity: string;
  readonly error?: string | null;
}

/**
 * EPICS condition code of a tree value's alarm status, 0 when there is none.
 *
 * @see slaclab/rogue python/pyrogue/protocols/epicsV7.py, EpicsConvStatus
 */
export function epicsConvStatus(value: Pick<AlarmSource, 'status'>): number {
  return conditions.get(value.status) ?? AlarmCondition.NoAlarm;
}

/** EPICS severity of a tree value's alarm severity, 0 when there is none. */
export function epicsConvSeverity(value: Pick<AlarmSource, 'severity'>): Severity {
  return severities.get(value.severity) ?? Severity.None;
}

/** Which status PVA shows: the normative one, or the condition code as PyRogue's own PVs have it. */
export type AlarmStyle = 'normative' | 'condition';

/** The EPICS alarm of a tree value: what the tree computed, or INVALID with the text of the last failure. */
export function alarmOf(value: AlarmSource, style: AlarmStyle): Alarm {
  if (typeof value.error === 'string' && value.error !== '') {
    return makeAlarm(
      Severity.Invalid,
      AlarmCondition.Comm,
      value.error,
      style === 'condition' ? AlarmCondition.Comm : -1,
    );
  }
  const condition = epicsConvStatus(value);
  const severity = epicsConvSeverity(value);
  if (condition === 0 && severity === 0) return noAlarm;
  // `HIHI`, `HIGH`, `LOW` or `LOLO`.
  const message = condition === 0 ? '' : alarmConditionName(condition);
  return makeAlarm(severity, condition, message, style === 'condition' ? condition : -1);
}

/** An alarm made elsewhere, in the style of a PV. */
export function inStyle(alarm: Alarm, style: AlarmStyle): Alarm {
  return style === 'condition'
    ? makeAlarm(alarm.severity, alarm.condition, alarm.message, alarm.condition)
    : alarm;
}
