import { type FieldDesc, structType, type Value } from '../pvdata/index.ts';

/** `alarm_t`: severity, status, message. */
export const alarmType: FieldDesc = structType('alarm_t', {
  severity: 'int',
  status: 'int',
  message: 'string',
});

/** `time_t`: POSIX seconds, nanoseconds, user tag. */
export const timeStampType: FieldDesc = structType('time_t', {
  secondsPastEpoch: 'long',
  nanoseconds: 'int',
  userTag: 'int',
});

/** `enum_t`: index and choices. */
export const enumType: FieldDesc = structType('enum_t', { index: 'int', choices: 'string[]' });

/** Texts of `alarm.severity`, by number. */
export const ntSeverityNames: readonly string[] = ['NO_ALARM', 'MINOR', 'MAJOR', 'INVALID', 'UNDEFINED'];

/** Texts of `alarm.status`, by number. */
export const ntStatusNames: readonly string[] = [
  'NO',
  'DEVICE',
  'DRIVER',
  'RECORD',
  'DB',
  'CONF',
  'UNDEFINED',
  'CLIENT',
];

/** Numbers of `alarm.status`. */
export const NtStatus = {
  None: 0,
  Device: 1,
  Driver: 2,
  Record: 3,
  Db: 4,
  Conf: 5,
  Undefined: 6,
  Client: 7,
} as const;
/** A number of `alarm.status`, see the constant of the same name. */
export type NtStatus = (typeof NtStatus)[keyof typeof NtStatus];

/** Choices of `display.form`. */
export const displayForms: readonly string[] = [
  'Default',
  'String',
  'Binary',
  'Decimal',
  'Hex',
  'Exponential',
  'Engineering',
];

/** Content of an `alarm_t`. */
export interface NtAlarm {
  /** 0 to 4, see `ntSeverityNames`. */
  readonly severity: number;
  /** 0 to 7, see `ntStatusNames`. */
  readonly status: number;
  readonly message: string;
}

/** Content of a `time_t`. */
export interface NtTimeStamp {
  /** Since 1970-01-01 00:00 UTC. */
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly userTag: number;
}

/** A number field whatever its integer or float type, 0 when absent. */
export function readNumber(value: Value, path: string): number {
  const content = value.get(path);
  return typeof content === 'number' || typeof content === 'bigint' || typeof content === 'boolean'
    ? Number(content)
    : 0;
}

/** A string field, `''` when absent. */
export function readText(value: Value, path: string): string {
  const content = value.get(path);
  return typeof content === 'string' ? content : '';
}

/** A string array field, empty when absent. */
export function readTexts(value: Value, path: string): readonly string[] {
  const content = value.get(path);
  return Array.isArray(content) ? content.map(String) : [];
}

/** The alarm in a structure, found by names as its id may be missing; undefined when there is none. */
export function readAlarm(value: Value, path = 'alarm'): NtAlarm | undefined {
  if (value.desc.findOffset(`${path}.severity`) < 0) return undefined;
  return {
    severity: readNumber(value, `${path}.severity`),
    status: readNumber(value, `${path}.status`),
    message: readText(value, `${path}.message`),
  };
}

/** The time stamp in a structure, found by names as its id may be missing; undefined when there is none. */
export function readTimeStamp(value: Value, path = 'timeStamp'): NtTimeStamp | undefined {
  if (value.desc.findOffset(`${path}.secondsPastEpoch`) < 0) return undefined;
  return {
    seconds: readNumber(value, `${path}.secondsPastEpoch`),
    nanoseconds: readNumber(value, `${path}.nanoseconds`),
    userTag: readNumber(value, `${path}.userTag`),
  };
}

/** Stores and marks an alarm; nothing when the structure has none. */
export function writeAlarm(value: Value, alarm: NtAlarm, path = 'alarm'): void {
  if (value.desc.findOffset(path) < 0) return;
  value.set(path, { severity: alarm.severity, status: alarm.status, message: alarm.message });
}

/** Stores and marks a time stamp; nothing when the structure has none. */
export function writeTimeStamp(value: Value, time: NtTimeStamp, path = 'timeStamp'): void {
  if (value.desc.findOffset(path) < 0) return;
  value.set(path, { secondsPastEpoch: time.seconds, nanoseconds: time.nanoseconds, userTag: time.userTag });
}

/** Members that nearly all normative types end with, in order. */
export interface NtCommonOptions {
  readonly descriptor?: boolean;
  /** Default true. */
  readonly alarm?: boolean;
  /** Default true. */
  readonly timeStamp?: boolean;
}

/** The `descriptor`, `alarm` and `timeStamp` members that the options ask for. */
export function commonMembers(o: NtCommonOptions): Record<string, FieldDesc | 'string'> {
  return {
    ...(o.descriptor === true ? { descriptor: 'string' as const } : {}),
    ...(o.alarm === false ? {} : { alarm: alarmType }),
    ...(o.timeStamp === false ? {} : { timeStamp: timeStampType }),
  };
}
