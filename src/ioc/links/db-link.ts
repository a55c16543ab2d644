import {
  AlarmCondition,
  type ElementType,
  type PvValue,
  type ScalarValue,
  Severity,
} from '../../pv/index.ts';
import { errorText, isEpicsError } from '../../util/index.ts';
import { bytesToText, firstElement, type NumericType, textToBytes, toArray, toNumeric } from '../convert.ts';
import type { FieldDef, FieldType } from '../dbd/field-def.ts';
import { putMirrorFromLink } from '../device/mirror-state.ts';
import { arrayType, fieldElement, fieldValue, formatElement } from '../field-value.ts';
import { processTarget } from '../process.ts';
import { putField } from '../put.ts';
import type { LinkAccess, RecordBase } from '../record.ts';
import type { Link, PvLink } from './link.ts';

/** Splits the target of a PV link into record name and field name; `$` at the end asks for bytes. */
export function splitTarget(target: string): {
  readonly record: string;
  readonly field: string;
  readonly isLong: boolean;
} {
  const isLong = target.endsWith('$');
  const text = isLong ? target.slice(0, -1) : target;
  const dot = text.lastIndexOf('.');
  if (dot < 0) return { record: text, field: 'VAL', isLong };
  const field = text.slice(dot + 1);
  return { record: text.slice(0, dot), field: field === '' ? 'VAL' : field, isLong };
}

/** Links between records of one database. */
export class DbLinks implements LinkAccess {
  read(record: RecordBase, field: string, want: FieldType): PvValue | undefined {
    const source = this.#readTarget(record, field);
    if (source === undefined) return undefined;
    const first = firstElement(source.value);
    if (first === undefined) return this.#fail(record, field);
    try {
      if (want === 'string' || want === 'lstring') {
        const isBytes = source.value instanceof Int8Array || source.value instanceof Uint8Array;
        if (isBytes && source.isText) return bytesToText(source.value as Int8Array);
        return source.toText(first);
      }
      const numeric: NumericType = want === 'enum' || want === 'menu' ? 'ushort' : (want as NumericType);
      return toNumeric(first, numeric);
    } catch (error) {
      return this.#convertFailed(record, field, error);
    }
  }

  readArray(record: RecordBase, field: string, most: number): PvValue | undefined {
    const source = this.#readTarget(record, field);
    if (source === undefined) return undefined;
    try {
      return toArray(source.value, arrayType(record), most, source.toText);
    } catch (error) {
      return this.#convertFailed(record, field, error);
    }
  }

  constant(record: RecordBase, field: string): PvValue | undefined {
    const link = record.slot(field) as Link;
    if (link.kind !== 'constant') return undefined;
    const { value } = link;
    if (typeof value !== 'object') return value;
    return typeof value[0] === 'string'
      ? (value as readonly string[])
      : Float64Array.from(value as readonly number[]);
  }

  write(record: RecordBase, field: string, value: PvValue, element: ElementType): void {
    const link = record.slot(field) as Link;
    if (link.kind !== 'pv') return;
    if (!resolve(record, link)) {
      this.#fail(record, field);
      return;
    }
    const target = link.record as RecordBase;
    const targetField = link.field as FieldDef;
    inheritSeverity(link, record, target, true);
    try {
      if (target.mirror !== undefined && targetField.name === 'VAL') {
        putMirrorFromLink(record, target, value, element);
        return;
      }
      putField(target, targetField, value, element);
    } catch (error) {
      this.#convertFailed(record, field, error);
      return;
    }
    if (targetField.name === 'PROC' || (link.process === 'PP' && target.SCAN === 0))
      processTarget(record, target);
  }

  forward(record: RecordBase): void {
    const link = record.FLNK;
    if (link.kind !== 'pv' || !resolve(record, link)) return;
    const target = link.record as RecordBase;
    // A network link writes 1 to PROC, which processes whatever SCAN is.
    if (link.process === 'CA' || target.SCAN === 0) processTarget(record, target);
  }

  copyTime(record: RecordBase, field: string): boolean {
    const link = record.slot(field) as Link;
    if (link.kind !== 'pv') return false;
    const { context } = record;
    const source = context.find(link.target) ?? context.find(splitTarget(link.target).record);
    if (source === undefined) return false;
    record.timeSeconds = source.timeSeconds;
    record.timeNanoseconds = source.timeNanoseconds;
    record.UTAG = source.UTAG;
    return true;
  }

  #readTarget(record: RecordBase, field: string): Source | undefined {
    const link = record.slot(field) as Link;
    if (link.kind !== 'pv') return undefined;
    if (!resolve(record, link)) {
      this.#fail(record, field);
      return undefined;
    }
    const source = link.record as RecordBase;
    const sourceField = link.field as FieldDef;
    if (link.process === 'PP' && source.SCAN === 0) processTarget(record, source);
    inheritSeverity(link, source, record, false);
    const stored = fieldValue(source, sourceField);
    const isText = typeof stored === 'string';
    const value = link.isLong && isText ? textToBytes(stored, sourceField.size || 65_535) : stored;
    return {
      value,
      element: fieldElement(source, sourceField),
      isText: link.isLong || sourceField.type === 'array',
      toText: (item) => formatElement(source, sourceField, item),
    };
  }

  #fail(record: RecordBase, field: string): undefined {
    record.raise(AlarmCondition.Link, Severity.Invalid, `field ${field}`);
    return undefined;
  }

  #convertFailed(record: RecordBase, field: string, error: unknown): undefined {
    if (!isEpicsError(error)) {
      record.context.logger.error({ pv: record.NAME, error: errorText(error) }, `link ${field} failed`);
    }
    return this.#fail(record, field);
  }
}

interface Source {
  readonly value: PvValue;
  readonly element: ElementType;
  /** A CHAR array here is a text. */
  readonly isText: boolean;
  readonly toText: (item: ScalarValue) => string;
}

/** Finds the target; kept until its record goes. */
function resolve(record: RecordBase, link: PvLink): boolean {
  if (link.record !== undefined && !link.record.isRemoved) return link.field !== undefined;
  // A record name may itself contain dots or brackets: the whole text is tried first.
  const whole = record.context.find(link.target);
  const parts = whole === undefined ? splitTarget(link.target) : undefined;
  const target = whole ?? record.context.find(parts?.record ?? '');
  link.record = target;
  const field = target?.type.byName.get(parts?.field ?? 'VAL');
  link.field = field?.type === 'noaccess' ? undefined : field;
  link.isLong = parts?.isLong ?? false;
  if (link.field === undefined) {
    link.record = undefined;
    return false;
  }
  return true;
}

/** Raises LINK or the source's own alarm in the target, as the link's severity mode says. */
function inheritSeverity(link: PvLink, source: RecordBase, target: RecordBase, isOutput: boolean): void {
  if (link.severity === 'NMS') return;
  const severity = isOutput ? source.NSEV : source.SEVR;
  if (link.severity === 'MS') target.raise(AlarmCondition.Link, severity);
  else if (link.severity === 'MSI') {
    if (severity === Severity.Invalid) target.raise(AlarmCondition.Link, severity);
  } else if (isOutput) target.raise(source.NSTA, severity, source.NAMSG);
  else target.raise(source.STAT, severity, source.AMSG);
}
