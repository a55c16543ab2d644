import {
  displayForms,
  type ElementType,
  emptyMetadataOf,
  hasBigLimits,
  isNumericElement,
  type Limit,
  type Limits,
  type Metadata,
  makeMetadata,
} from '../pv/index.ts';
import type { FieldDef, FieldType } from './dbd/field-def.ts';
import { fieldChoices } from './field-value.ts';
import type { RecordBase } from './record.ts';

const MOST_PRECISION = 15;

// Ranges that base reports for fields without limits of their own.
const rangeOfType: Readonly<Partial<Record<FieldType, Limits>>> = {
  char: { low: -128, high: 127 },
  uchar: { low: 0, high: 255 },
  short: { low: -32768, high: 32767 },
  ushort: { low: 0, high: 65535 },
  long: { low: -2147483648, high: 2147483647 },
  ulong: { low: 0, high: 4294967295 },
  int64: { low: -(2n ** 63n), high: 2n ** 63n - 1n },
  uint64: { low: 0n, high: 2n ** 64n - 1n },
  float: { low: -1e30, high: 1e30 },
  double: { low: -1e300, high: 1e300 },
};

/** A limit in the kind that the element type needs: bigint for 64-bit integers. */
function fitLimit(limit: Limit, isBig: boolean): Limit {
  if (!isBig) return Number(limit);
  if (typeof limit === 'bigint') return limit;
  return Number.isFinite(limit) ? BigInt(Math.trunc(limit)) : 0n;
}

function fitLimits(limits: Limits, isBig: boolean): Limits {
  return { low: fitLimit(limits.low, isBig), high: fitLimit(limits.high, isBig) };
}

function precision(record: RecordBase, field: FieldDef): number {
  const value = record.precisionOf(field) ?? 0;
  return field.name === 'VAL' ? value : Math.min(MOST_PRECISION, Math.max(0, value));
}

function alarmLimits(record: RecordBase, field: FieldDef, element: ElementType): Metadata['alarmLimits'] {
  const limits = record.alarmLimitsOf(field);
  const isBig = hasBigLimits(element);
  if (limits === undefined) {
    const { alarmLimits: none } = emptyMetadataOf(element);
    const isFloat = element === 'float64' || element === 'float32';
    if (!isFloat) return none;
    return { ...none, lolo: Number.NaN, low: Number.NaN, high: Number.NaN, hihi: Number.NaN };
  }
  return {
    isActive: limits.isActive,
    lolo: fitLimit(limits.lolo, isBig),
    low: fitLimit(limits.low, isBig),
    high: fitLimit(limits.high, isBig),
    hihi: fitLimit(limits.hihi, isBig),
    loloSeverity: limits.loloSeverity,
    lowSeverity: limits.lowSeverity,
    highSeverity: limits.highSeverity,
    hihiSeverity: limits.hihiSeverity,
    hysteresis: fitLimit(limits.hysteresis, isBig),
  };
}

/** Index of info(Q:form) in the display forms, 0 when there is none. Only VAL has a form. */
export function displayForm(record: RecordBase, field: FieldDef): number {
  if (field.name !== 'VAL') return 0;
  return Math.max(0, displayForms.indexOf(record.infoTags.get('Q:form') ?? ''));
}

/**
 * Metadata of a field as both protocols show it.
 * @param element element type that the field is served as.
 */
export function fieldMetadata(record: RecordBase, field: FieldDef, element: ElementType): Metadata {
  if (!isNumericElement(element)) {
    return makeMetadata(
      {
        description: record.DESC,
        units: record.unitsOf(field),
        form: displayForm(record, field),
        choices: element === 'enum' && field.type !== 'array' ? fieldChoices(record, field) : [],
      },
      element,
    );
  }
  const isBig = hasBigLimits(element);
  const range = rangeOfType[field.type] ?? { low: 0, high: 0 };
  const control = fitLimits(record.controlOf(field) ?? range, isBig);
  return makeMetadata(
    {
      description: record.DESC,
      units: record.unitsOf(field),
      precision: precision(record, field),
      form: displayForm(record, field),
      display: fitLimits(record.displayOf(field) ?? range, isBig),
      control: { low: control.low, high: control.high },
      alarmLimits: alarmLimits(record, field, element),
    },
    element,
  );
}
