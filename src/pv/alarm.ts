import { handOver } from '../util/index.ts';
import { type Alarm, Severity } from './model.ts';

/** The 22 alarm conditions of EPICS, which CA sends as `status`. */
export const AlarmCondition = {
  NoAlarm: 0,
  Read: 1,
  Write: 2,
  HiHi: 3,
  High: 4,
  LoLo: 5,
  Low: 6,
  State: 7,
  Cos: 8,
  Comm: 9,
  Timeout: 10,
  HwLimit: 11,
  Calc: 12,
  Scan: 13,
  Link: 14,
  Soft: 15,
  BadSub: 16,
  Udf: 17,
  Disable: 18,
  Simm: 19,
  ReadAccess: 20,
  WriteAccess: 21,
} as const;
export type AlarmCondition = (typeof AlarmCondition)[keyof typeof AlarmCondition];

/** Names of the conditions, indexed by `AlarmCondition`, as EPICS prints them. */
export const alarmConditionNames: readonly string[] = [
  'NO_ALARM',
  'READ',
  'WRITE',
  'HIHI',
  'HIGH',
  'LOLO',
  'LOW',
  'STATE',
  'COS',
  'COMM',
  'TIMEOUT',
  'HWLIMIT',
  'CALC',
  'SCAN',
  'LINK',
  'SOFT',
  'BAD_SUB',
  'UDF',
  'DISABLE',
  'SIMM',
  'READ_ACCESS',
  'WRITE_ACCESS',
];

/** Names of the severities, indexed by `Severity`. */
export const severityNames: readonly string[] = ['NO_ALARM', 'MINOR', 'MAJOR', 'INVALID'];

/** The `status` values of the normative alarm structure: where an alarm comes from. */
export const NtAlarmStatus = {
  None: 0,
  Device: 1,
  Driver: 2,
  Record: 3,
  Db: 4,
  Conf: 5,
  Undefined: 6,
  Client: 7,
} as const;
export type NtAlarmStatus = (typeof NtAlarmStatus)[keyof typeof NtAlarmStatus];

/** `Alarm.ntStatus` that says: take the status from the condition. */
export const NT_STATUS_FROM_CONDITION = -1;

// Index: condition. The same table as the PVA servers of EPICS base use.
const ntStatusOfCondition: readonly number[] = [
  0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 1, 3, 3, 3, 3, 3, 2, 4, 4, 4, 4,
];

// Index: NT status, for messages that name no condition.
const conditionOfNtStatus: readonly number[] = [
  AlarmCondition.NoAlarm,
  AlarmCondition.Read,
  AlarmCondition.Comm,
  AlarmCondition.Soft,
  AlarmCondition.Link,
  AlarmCondition.Udf,
  AlarmCondition.Udf,
];

/**
 * Makes an Alarm; the one place where they are made, so that all share one shape.
 *
 * @param condition 0..21.
 * @param message empty: PVA shows the name of the condition.
 * @param ntStatus -1: PVA takes it from the condition.
 */
export function makeAlarm(
  severity: Severity,
  condition: number,
  message = '',
  ntStatus: number = NT_STATUS_FROM_CONDITION,
): Alarm {
  return handOver({ severity, message, condition, ntStatus });
}

/** No alarm. */
export const noAlarm: Alarm = makeAlarm(Severity.None, AlarmCondition.NoAlarm);

/** The alarm of a PV that never got a value: INVALID, UDF. */
export const undefinedAlarm: Alarm = makeAlarm(Severity.Invalid, AlarmCondition.Udf);

/** Tells whether two alarms say the same. */
export function isSameAlarm(a: Alarm, b: Alarm): boolean {
  return (
    a === b ||
    (a.severity === b.severity &&
      a.condition === b.condition &&
      a.ntStatus === b.ntStatus &&
      a.message === b.message)
  );
}

/** Name of a condition; its number as text when it has none. */
export function alarmConditionName(condition: number): string {
  return alarmConditionNames[condition] ?? String(condition);
}

/** Condition of that name, with or without `_ALARM` at its end and in any case; undefined when there is none. */
export function parseAlarmCondition(name: string): AlarmCondition | undefined {
  const wanted = name.trim().toUpperCase();
  let index = alarmConditionNames.indexOf(wanted);
  if (index < 0 && wanted.endsWith('_ALARM')) index = alarmConditionNames.indexOf(wanted.slice(0, -6));
  return index < 0 ? undefined : (index as AlarmCondition);
}

/** What `alarm.status` of a normative type shows for `alarm`. */
export function toNtStatus(alarm: Alarm): number {
  if (alarm.ntStatus !== NT_STATUS_FROM_CONDITION) return alarm.ntStatus;
  return ntStatusOfCondition[alarm.condition] ?? NtAlarmStatus.Undefined;
}

/** What `alarm.message` of a normative type shows for `alarm`: its own text, else the name of its condition. */
export function toNtMessage(alarm: Alarm): string {
  if (alarm.message !== '' || alarm.condition === AlarmCondition.NoAlarm) return alarm.message;
  return alarmConditionName(alarm.condition);
}

/**
 * The alarm that the three members of a normative alarm structure stand for. The condition is the one that the
 * message names, else one that fits the status. `status` is kept, so that it goes out unchanged on PVA.
 */
export function fromNtAlarm(severity: number, status: number, message: string): Alarm {
  // Severity 4 (UNDEFINED) has no counterpart in CA.
  const level = (severity >= 0 && severity <= 3 ? Math.trunc(severity) : Severity.Invalid) as Severity;
  const condition =
    parseAlarmCondition(message) ??
    conditionOfNtStatus[status] ??
    (level === Severity.None ? AlarmCondition.NoAlarm : AlarmCondition.Udf);
  return makeAlarm(level, condition, message, status);
}
