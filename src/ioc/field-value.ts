import type { ElementType, PvValue, ScalarValue } from '../pv/index.ts';
import { FieldError, InternalError } from '../util/index.ts';
import { elementOfType, ftypes } from './convert.ts';
import { formatDouble, formatFloat } from './convert-text.ts';
import { type FieldDef, isLinkType } from './dbd/field-def.ts';
import type { Link } from './links/link.ts';
import type { RecordBase } from './record.ts';

/**
 * The table entry of a field.
 * @throws {FieldError} EPICS_FIELD when the record type has no such field.
 */
export function requireField(record: RecordBase, name: string): FieldDef {
  const field = record.type.byName.get(name);
  if (field === undefined || field.type === 'noaccess') {
    throw new FieldError(`record "${record.NAME}" of type ${record.type.name} has no field ${name}`, name, {
      pvName: `${record.NAME}.${name}`,
    });
  }
  return field;
}

/** Type of the elements of an array record's VAL. */
export function arrayType(record: RecordBase): (typeof ftypes)[number] {
  return ftypes[record.slot('FTVL') as number] ?? 'string';
}

/** Element type that a field is served as, without the overrides of a mirror record. */
export function fieldElement(record: RecordBase, field: FieldDef): ElementType {
  if (field.type === 'noaccess') throw new InternalError(`field ${field.name} has no value`);
  if (field.type === 'array') return elementOfType[arrayType(record)];
  // Without state texts a mbbo is a plain number.
  if (field.type === 'enum' && record.type.name === 'mbbo' && record.slot('SDEF') === 0) return 'uint16';
  return elementOfType[field.type];
}

/** State texts of an enum, menu or device field. */
export function fieldChoices(record: RecordBase, field: FieldDef): readonly string[] {
  if (field.type === 'enum') return record.choices();
  if (field.type === 'device') return record.type.devices;
  return field.menu;
}

/** Current value of a field: links as text, everything else as stored. */
export function fieldValue(record: RecordBase, field: FieldDef): PvValue {
  const slot = record.slot(field.name);
  return isLinkType(field.type) ? (slot as Link).text : (slot as PvValue);
}

/** Precision for the text form of a field. */
function textPrecision(record: RecordBase, field: FieldDef): number {
  const precision = record.precisionOf(field) ?? 0;
  return field.name === 'VAL' ? precision : Math.min(15, Math.max(0, precision));
}

/** A number of a field as text: state text of enums, PREC digits of floating point, decimal otherwise. */
export function formatElement(record: RecordBase, field: FieldDef, value: ScalarValue): string {
  const element = fieldElement(record, field);
  if (element === 'float64') return formatDouble(Number(value), textPrecision(record, field));
  if (element === 'float32') return formatFloat(Number(value), textPrecision(record, field));
  if (element === 'enum' && field.type !== 'array') return fieldChoices(record, field)[Number(value)] ?? '';
  return typeof value === 'boolean' ? (value ? '1' : '0') : String(value);
}
