import type { PvValue } from '../pv/index.ts';
import { elementTypeOf } from '../pv/index.ts';
import { ConfigError, errorText } from '../util/index.ts';
import { type FieldDef, isLinkType } from './dbd/field-def.ts';
import { parseConstantNumber } from './links/parse.ts';
import { convertForField } from './put.ts';
import type { RecordBase } from './record.ts';
import type { FieldInput } from './record-handle.ts';
import { toPvValue } from './record-view.ts';

function isNumericField(field: FieldDef): boolean {
  return (
    !isLinkType(field.type) && !['string', 'lstring', 'enum', 'menu', 'device', 'array'].includes(field.type)
  );
}

/** Numbers given as text must be complete and may be hexadecimal or octal. */
function readText(value: PvValue, field: FieldDef): PvValue {
  if (typeof value !== 'string' || !isNumericField(field)) return value;
  const number = value.trim() === '' ? 0 : parseConstantNumber(value.trim());
  if (number === undefined) throw new ConfigError(`"${value}" is not a number`);
  return number;
}

/**
 * Sets a field while a record is being made: read-only fields included, no events.
 * @throws {ConfigError} EPICS_CONFIG naming record and field.
 */
export function loadField(record: RecordBase, name: string, value: FieldInput): void {
  const field = record.type.byName.get(name);
  const where = `${record.NAME}.${name}`;
  if (field === undefined || field.type === 'noaccess' || name === 'NAME') {
    throw new ConfigError(`record "${record.NAME}" of type ${record.type.name} has no field ${name} to set`, {
      pvName: where,
      key: name,
    });
  }
  try {
    const input = readText(toPvValue(value), field);
    const slot = convertForField(record, field, input, elementTypeOf(input));
    record.setSlot(name, slot);
    if (name !== 'VAL') return;
    if (field.type === 'array') record.setSlot('NORD', (slot as ArrayLike<unknown>).length);
    if (field.type === 'lstring') record.storeValue(slot as string);
    record.UDF = 0;
  } catch (error) {
    throw new ConfigError(`field ${where}: ${errorText(error)}`, { cause: error, pvName: where, key: name });
  }
}
