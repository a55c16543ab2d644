import { handOver } from '../util/index.ts';
import { type AlarmLimits, type ElementType, type Limits, type Metadata, Severity } from './model.ts';

/** Parts of `Metadata`; what is absent keeps its default. */
export interface PartialMetadata {
  readonly description?: string;
  readonly units?: string;
  /** Digits after the decimal point, 0..15 in practice. */
  readonly precision?: number;
  /** Index into `displayForms`. */
  readonly form?: number;
  readonly display?: Partial<Limits>;
  readonly control?: Partial<Metadata['control']>;
  readonly alarmLimits?: Partial<AlarmLimits>;
  readonly choices?: readonly string[];
}

/** What `Metadata.form` is an index into. */
export const displayForms: readonly string[] = [
  'Default',
  'String',
  'Binary',
  'Decimal',
  'Hex',
  'Exponential',
  'Engineering',
];

const noChoices: readonly string[] = [];

/** Choices of a boolean PV where a protocol shows it as an enum. */
export const booleanChoices: readonly string[] = ['False', 'True'];

function buildMetadata(base: Metadata, part: PartialMetadata): Metadata {
  return handOver({
    description: part.description ?? base.description,
    units: part.units ?? base.units,
    precision: part.precision ?? base.precision,
    form: part.form ?? base.form,
    display: makeLimits(base.display, part.display),
    control: makeControl(base.control, part.control),
    alarmLimits: makeAlarmLimits(base.alarmLimits, part.alarmLimits),
    choices: part.choices ?? base.choices,
  });
}

function makeLimits(base: Limits, part: Partial<Limits> | undefined): Limits {
  if (part === undefined) return base;
  return { low: part.low ?? base.low, high: part.high ?? base.high };
}

function makeControl(
  base: Metadata['control'],
  part: Partial<Metadata['control']> | undefined,
): Metadata['control'] {
  if (part === undefined) return base;
  return { low: part.low ?? base.low, high: part.high ?? base.high, minStep: part.minStep ?? base.minStep };
}

function makeAlarmLimits(base: AlarmLimits, part: Partial<AlarmLimits> | undefined): AlarmLimits {
  if (part === undefined) return base;
  return {
    isActive: part.isActive ?? base.isActive,
    lolo: part.lolo ?? base.lolo,
    low: part.low ?? base.low,
    high: part.high ?? base.high,
    hihi: part.hihi ?? base.hihi,
    loloSeverity: part.loloSeverity ?? base.loloSeverity,
    lowSeverity: part.lowSeverity ?? base.lowSeverity,
    highSeverity: part.highSeverity ?? base.highSeverity,
    hihiSeverity: part.hihiSeverity ?? base.hihiSeverity,
    hysteresis: part.hysteresis ?? base.hysteresis,
  };
}

function makeEmpty(zero: number | bigint): Metadata {
  return handOver({
    description: '',
    units: '',
    precision: 0,
    form: 0,
    display: { low: zero, high: zero },
    control: { low: zero, high: zero, minStep: zero },
    alarmLimits: {
      isActive: false,
      lolo: zero,
      low: zero,
      high: zero,
      hihi: zero,
      loloSeverity: Severity.None,
      lowSeverity: Severity.None,
      highSeverity: Severity.None,
      hihiSeverity: Severity.None,
      hysteresis: zero,
    },
    choices: noChoices,
  });
}

/** Metadata that says nothing: no units, all limits 0, no choices. */
export const emptyMetadata: Metadata = makeEmpty(0);

const emptyMetadata64: Metadata = makeEmpty(0n);

/** Tells whether limits of this element type are bigint. */
export function hasBigLimits(element: ElementType): boolean {
  return element === 'int64' || element === 'uint64';
}

/** The empty metadata whose limits have the type that `element` needs. */
export function emptyMetadataOf(element: ElementType): Metadata {
  return hasBigLimits(element) ? emptyMetadata64 : emptyMetadata;
}

/** Complete metadata from some of its parts. `element` decides whether absent limits are 0 or 0n. */
export function makeMetadata(part: PartialMetadata, element: ElementType = 'float64'): Metadata {
  return buildMetadata(emptyMetadataOf(element), part);
}

/** `base` with some parts replaced; `base` itself when the result would say the same. */
export function mergeMetadata(base: Metadata, part: PartialMetadata): Metadata {
  const merged = buildMetadata(base, part);
  return isSameMetadata(base, merged) ? base : merged;
}

function isSameLimits(a: Limits, b: Limits): boolean {
  return a === b || (a.low === b.low && a.high === b.high);
}

function isSameAlarmLimits(a: AlarmLimits, b: AlarmLimits): boolean {
  return (
    a === b ||
    (a.isActive === b.isActive &&
      a.lolo === b.lolo &&
      a.low === b.low &&
      a.high === b.high &&
      a.hihi === b.hihi &&
      a.loloSeverity === b.loloSeverity &&
      a.lowSeverity === b.lowSeverity &&
      a.highSeverity === b.highSeverity &&
      a.hihiSeverity === b.hihiSeverity &&
      a.hysteresis === b.hysteresis)
  );
}

/** Tells whether two lists of choices are the same. */
export function isSameChoices(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((choice, i) => choice === b[i]));
}

/** Tells whether two metadata objects say the same. */
export function isSameMetadata(a: Metadata, b: Metadata): boolean {
  return (
    a === b ||
    (a.description === b.description &&
      a.units === b.units &&
      a.precision === b.precision &&
      a.form === b.form &&
      isSameLimits(a.display, b.display) &&
      isSameLimits(a.control, b.control) &&
      a.control.minStep === b.control.minStep &&
      isSameAlarmLimits(a.alarmLimits, b.alarmLimits) &&
      isSameChoices(a.choices, b.choices))
  );
}
