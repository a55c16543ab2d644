import { displayForms, type Metadata, makeMetadata, type ScalarType, Severity } from '../pv/index.ts';
import type { BaseVariable } from '../tree/index.ts';

/** Index into `displayForms` of a Python display format. */
export function displayForm(disp: string): number {
  const letter = /\{[^}]*?([xXbeE])\}/.exec(disp)?.[1];
  if (letter === undefined) return 0;
  const form = letter === 'b' ? 'Binary' : letter === 'e' || letter === 'E' ? 'Exponential' : 'Hex';
  return displayForms.indexOf(form);
}

function finite(value: number | bigint | null | undefined): number | bigint | undefined {
  if (typeof value === 'bigint') return value;
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function isWide(type: ScalarType): boolean {
  return type.element === 'int64' || type.element === 'uint64';
}

/** A limit in the number type of the PV; 64-bit PVs have bigint limits. */
function limitFor(type: ScalarType, value: number | bigint | undefined): number | bigint {
  if (!isWide(type)) return Number(value ?? 0);
  return typeof value === 'bigint' ? value : BigInt(Math.trunc(value ?? 0));
}

/** Alarm limits that are not set are NaN, where the type has that. */
function alarmLimit(type: ScalarType, value: number | bigint | undefined): number | bigint {
  if (value !== undefined || isWide(type)) return limitFor(type, value);
  return Number.NaN;
}

/** Everything that EPICS clients see of a variable besides value, alarm and time. */
export function metadataOf(variable: BaseVariable, type: ScalarType, choices: readonly string[]): Metadata {
  const low = finite(variable.minimum);
  const high = finite(variable.maximum);
  const hasLimits = low !== undefined || high !== undefined;
  const limits = { low: limitFor(type, low), high: limitFor(type, high) };
  const isFloat = type.element === 'float32' || type.element === 'float64';
  const alarms = {
    lolo: finite(variable.lowAlarm),
    low: finite(variable.lowWarning),
    high: finite(variable.highWarning),
    hihi: finite(variable.highAlarm),
  };
  const isScalarNumber = !type.isArray && type.element !== 'string' && type.element !== 'enum';
  return makeMetadata({
    description: variable.description,
    units: variable.units ?? '',
    precision: isFloat && !type.isArray ? Math.min(15, Math.max(0, variable.dispPrecision)) : 0,
    form: type.element === 'string' || type.element === 'enum' ? 0 : displayForm(variable.disp),
    ...(isScalarNumber && hasLimits
      ? { display: limits, control: { ...limits, minStep: limitFor(type, 0) } }
      : {
          display: { low: limitFor(type, 0), high: limitFor(type, 0) },
          control: { low: limitFor(type, 0), high: limitFor(type, 0), minStep: limitFor(type, 0) },
        }),
    alarmLimits: {
      isActive: variable.hasAlarm,
      lolo: variable.hasAlarm ? alarmLimit(type, alarms.lolo) : limitFor(type, 0),
      low: variable.hasAlarm ? alarmLimit(type, alarms.low) : limitFor(type, 0),
      high: variable.hasAlarm ? alarmLimit(type, alarms.high) : limitFor(type, 0),
      hihi: variable.hasAlarm ? alarmLimit(type, alarms.hihi) : limitFor(type, 0),
      loloSeverity: alarms.lolo === undefined ? Severity.None : Severity.Major,
      lowSeverity: alarms.low === undefined ? Severity.None : Severity.Minor,
      highSeverity: alarms.high === undefined ? Severity.None : Severity.Minor,
      hihiSeverity: alarms.hihi === undefined ? Severity.None : Severity.Major,
      hysteresis: limitFor(type, 0),
    },
    choices,
  });
}
