/** Severity names of a value's alarm; `None` when the variable has no limits. */
export type AlarmSeverity = 'None' | 'Good' | 'AlarmMinor' | 'AlarmMajor';
/** Status names of a value's alarm; `None` when the variable has no limits. */
export type AlarmStatus = 'None' | 'Good' | 'AlarmLoLo' | 'AlarmLow' | 'AlarmHigh' | 'AlarmHiHi';

/** Alarm limits of a variable; null = none. */
export interface AlarmLimits {
  readonly lowWarning: number | null;
  readonly lowAlarm: number | null;
  readonly highWarning: number | null;
  readonly highAlarm: number | null;
}

/** Status and severity together. */
export interface AlarmState {
  readonly status: AlarmStatus;
  readonly severity: AlarmSeverity;
}

const none: AlarmState = { status: 'None', severity: 'None' };
const good: AlarmState = { status: 'Good', severity: 'Good' };
const loLo: AlarmState = { status: 'AlarmLoLo', severity: 'AlarmMajor' };
const hiHi: AlarmState = { status: 'AlarmHiHi', severity: 'AlarmMajor' };
const low: AlarmState = { status: 'AlarmLow', severity: 'AlarmMinor' };
const high: AlarmState = { status: 'AlarmHigh', severity: 'AlarmMinor' };

/** True when any limit is set. */
export function hasLimits(limits: AlarmLimits): boolean {
  return (
    limits.lowWarning !== null ||
    limits.lowAlarm !== null ||
    limits.highWarning !== null ||
    limits.highAlarm !== null
  );
}

/** Alarm of a value: beyond a limit counts, equal to it does not; alarms go before warnings, low before high. */
export function alarmOf(value: unknown, limits: AlarmLimits): AlarmState {
  if (!hasLimits(limits)) return none;
  if (typeof value !== 'number' && typeof value !== 'bigint' && typeof value !== 'boolean') return none;
  const x = Number(value);
  if (limits.lowAlarm !== null && x < limits.lowAlarm) return loLo;
  if (limits.highAlarm !== null && x > limits.highAlarm) return hiHi;
  if (limits.lowWarning !== null && x < limits.lowWarning) return low;
  if (limits.highWarning !== null && x > limits.highWarning) return high;
  return good;
}
