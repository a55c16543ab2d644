import { AlarmCondition, type AlarmLimits, type Limit, type Limits, type Severity } from '../pv/index.ts';
import { raiseUndefined } from './alarm-latch.ts';
import type { FieldDef } from './dbd/field-def.ts';
import type { RecordBase } from './record.ts';

/** Fields of a record with alarm limits. */
export interface AnalogFields<N extends Limit> {
  VAL: N;
  readonly HIHI: N;
  readonly HIGH: N;
  readonly LOW: N;
  readonly LOLO: N;
  readonly HHSV: number;
  readonly HSV: number;
  readonly LSV: number;
  readonly LLSV: number;
  readonly HYST: N;
  LALM: N;
  readonly HOPR: N;
  readonly LOPR: N;
  readonly EGU: string;
}

/** The low-pass filter on the alarm level. */
export interface AlarmFilterFields {
  readonly AFTC: number;
  AFVL: number;
}

type AnalogRecord<N extends Limit> = RecordBase & AnalogFields<N> & Partial<AlarmFilterFields>;

const Range = { LoLo: 1, Low: 2, Normal: 3, High: 4, HiHi: 5 } as const;
const conditionOfRange: readonly number[] = [
  AlarmCondition.Soft,
  AlarmCondition.LoLo,
  AlarmCondition.Low,
  AlarmCondition.NoAlarm,
  AlarmCondition.High,
  AlarmCondition.HiHi,
];
// Share of a step that the filtered level must cover before the alarm follows: 1 - 1/e.
const THRESHOLD = 0.6321;

function minus(a: Limit, b: Limit): Limit {
  if (typeof a === 'bigint') return a - BigInt(b);
  return a - Number(b);
}
function plus(a: Limit, b: Limit): Limit {
  if (typeof a === 'bigint') return a + BigInt(b);
  return a + Number(b);
}

/** Level that VAL is in, hysteresis included. */
function rangeOf(record: AnalogFields<Limit>): number {
  const value = record.VAL;
  const last = record.LALM;
  const { HIHI, HIGH, LOW, LOLO, HYST } = record;
  if (record.HHSV !== 0 && (value >= HIHI || (last === HIHI && value >= minus(HIHI, HYST))))
    return Range.HiHi;
  if (record.LLSV !== 0 && (value <= LOLO || (last === LOLO && value <= plus(LOLO, HYST)))) return Range.LoLo;
  if (record.HSV !== 0 && (value >= HIGH || (last === HIGH && value >= minus(HIGH, HYST)))) return Range.High;
  if (record.LSV !== 0 && (value <= LOW || (last === LOW && value <= plus(LOW, HYST)))) return Range.Low;
  return Range.Normal;
}

/**
 * Passes an alarm level through the first-order filter of AFTC. The sign of AFVL says which way the filtered level
 * is rounded, which gives the filter its hysteresis.
 */
export function filterLevel(fields: AlarmFilterFields, level: number, elapsedSec: number): number {
  if (fields.AFTC <= 0) {
    fields.AFVL = 0;
    return level;
  }
  if (fields.AFVL === 0) {
    fields.AFVL = level;
    return level;
  }
  const alpha = fields.AFTC / (elapsedSec + fields.AFTC);
  let filtered = alpha * fields.AFVL + (fields.AFVL > 0 ? 1 - alpha : alpha - 1) * level;
  if (filtered - Math.floor(filtered) > THRESHOLD) filtered = -filtered;
  fields.AFVL = filtered;
  return Math.abs(Math.floor(filtered));
}

function hasFilter(record: object): record is AlarmFilterFields {
  return 'AFTC' in record;
}

function severityOfRange(record: AnalogFields<Limit>, range: number): number {
  if (range === Range.HiHi) return record.HHSV;
  if (range === Range.High) return record.HSV;
  if (range === Range.Low) return record.LSV;
  return range === Range.LoLo ? record.LLSV : 0;
}

function limitOfRange(record: AnalogFields<Limit>, range: number): Limit {
  if (range === Range.HiHi) return record.HIHI;
  if (range === Range.High) return record.HIGH;
  if (range === Range.Low) return record.LOW;
  return range === Range.LoLo ? record.LOLO : record.VAL;
}

/**
 * Alarm of VAL by its limits.
 * @param elapsedSec since the previous processing, for AFTC.
 * @see epics-base modules/database/src/std/rec/aiRecord.c, checkAlarms
 */
export function checkAnalogAlarm<N extends Limit>(record: AnalogRecord<N>, elapsedSec: number): void {
  const fields = record as RecordBase & AnalogFields<Limit>;
  if (raiseUndefined(record)) {
    if (hasFilter(record)) record.AFVL = 0;
    return;
  }
  let range = rangeOf(fields);
  if (hasFilter(record)) range = filterLevel(record, range, elapsedSec);
  const severity = severityOfRange(fields, range);
  if (severity === 0) fields.LALM = fields.VAL;
  else if (record.raise(conditionOfRange[range] ?? 0, severity)) fields.LALM = limitOfRange(fields, range);
}

const LIMIT_FIELDS: ReadonlySet<string> = new Set([
  'VAL',
  'HIHI',
  'HIGH',
  'LOW',
  'LOLO',
  'LALM',
  'ALST',
  'MLST',
  'SVAL',
]);
/** Fields of ao that share the range of VAL too. */
const OUTPUT_FIELDS: ReadonlySet<string> = new Set(['OVAL', 'PVAL']);

function sharesRange(field: FieldDef): boolean {
  return LIMIT_FIELDS.has(field.name) || (field.type === 'double' && OUTPUT_FIELDS.has(field.name));
}

/** Display limits of VAL and of the fields that share its range; undefined for others. */
export function analogDisplay(
  record: { readonly HOPR: Limit; readonly LOPR: Limit },
  field: FieldDef,
): Limits | undefined {
  const isInvalidValue = field.name === 'IVOV' && field.type === 'double';
  return sharesRange(field) || isInvalidValue ? { low: record.LOPR, high: record.HOPR } : undefined;
}

/** Control limits of an output record: its drive limits. */
export function driveLimits(
  record: { readonly DRVH: Limit; readonly DRVL: Limit },
  field: FieldDef,
): Limits | undefined {
  return sharesRange(field) ? { low: record.DRVL, high: record.DRVH } : undefined;
}

/**
 * Alarm limits of VAL. A limit without severity is NaN (0 for integers, whose protocols have no NaN), unless `isAlways`.
 */
export function analogAlarmLimits(
  record: AnalogFields<Limit>,
  field: FieldDef,
  isAlways: boolean,
): AlarmLimits | undefined {
  if (field.name !== 'VAL') return undefined;
  const none = field.type === 'double' ? Number.NaN : typeof record.HIHI === 'bigint' ? 0n : 0;
  const pick = (limit: Limit, severity: number): Limit => (isAlways || severity !== 0 ? limit : none);
  return {
    isActive: record.HHSV !== 0 || record.HSV !== 0 || record.LSV !== 0 || record.LLSV !== 0,
    lolo: pick(record.LOLO, record.LLSV),
    low: pick(record.LOW, record.LSV),
    high: pick(record.HIGH, record.HSV),
    hihi: pick(record.HIHI, record.HHSV),
    loloSeverity: record.LLSV as Severity,
    lowSeverity: record.LSV as Severity,
    highSeverity: record.HSV as Severity,
    hihiSeverity: record.HHSV as Severity,
    hysteresis: record.HYST,
  };
}

/** Clamps a value to its drive limits, which act only when DRVH is above DRVL. */
export function clampDrive<N extends Limit>(value: N, low: N, high: N): N {
  if (!(high > low)) return value;
  return value > high ? high : value < low ? low : value;
}
