import { type ElementType, Event, type PvValue, type ScalarValue } from '../pv/index.ts';
import { AccessError, ConversionError, cutUtf8, utf8Length } from '../util/index.ts';
import { bytesToText, type NumericType, requireElement, toArray, toNumeric, toText } from './convert.ts';
import { formatDouble } from './convert-text.ts';
import { type FieldDef, isLinkType } from './dbd/field-def.ts';
import { arrayType, fieldChoices } from './field-value.ts';
import { parseLink } from './links/parse.ts';
import type { RecordBase, Slot } from './record.ts';

const INDEX = /^\s*\d+\s*$/;
/** Fields that belong to the owner of a mirrored VAL when it computes the alarms. */
const OWNER_FIELDS: ReadonlySet<string> = new Set([
  'HIHI',
  'HIGH',
  'LOW',
  'LOLO',
  'HHSV',
  'HSV',
  'LSV',
  'LLSV',
  'HYST',
]);
const LONGEST_LINK = 4096;

/** Tells whether clients may put a field. */
export function isWritable(record: RecordBase, field: FieldDef): boolean {
  if (field.isReadOnly || field.type === 'noaccess') return false;
  const { mirror } = record;
  if (mirror === undefined) return true;
  if (field.name === 'VAL') return !mirror.isReadOnly;
  return !(mirror.ownsAlarms && OWNER_FIELDS.has(field.name));
}

function toChoice(record: RecordBase, field: FieldDef, value: ScalarValue): number {
  const choices = fieldChoices(record, field);
  if (typeof value !== 'string') {
    const index = toNumeric(value, 'ushort') as number;
    // Menus have no states beyond their choices; VAL of bi or mbbo may have.
    if (field.type === 'enum' || index < choices.length) return index;
    throw new ConversionError(
      `${record.NAME}.${field.name} has ${choices.length} choices, there is no ${index}`,
    );
  }
  if (value !== '') {
    const index = choices.indexOf(value);
    if (index >= 0) return index;
    if (INDEX.test(value) && Number(value) < choices.length) return Number(value);
  }
  throw new ConversionError(`${record.NAME}.${field.name} has no choice "${value}"`);
}

/** Text that a scalar becomes when it is put into a text field. */
function textOf(value: ScalarValue, element: ElementType): string {
  // Numbers have no precision of their own here: what JavaScript prints reads back as the same number.
  if (typeof value === 'number' && !Number.isFinite(value)) return formatDouble(value, 0).trim();
  return element === 'boolean' ? toText(value === true || value === 1) : toText(value);
}

/**
 * Converts what is put into what a field stores.
 * @throws {ConversionError} EPICS_CONVERT when that is not possible; the field keeps its value.
 */
export function convertForField(
  record: RecordBase,
  field: FieldDef,
  value: PvValue,
  element: ElementType,
): Slot {
  const { type } = field;
  if (type === 'array') {
    const most = record.slot('NELM') as number;
    return toArray(value, arrayType(record), most, (item) => textOf(item, element)) as Slot;
  }
  // Bytes are a text where a text is wanted.
  const isText = type === 'string' || type === 'lstring' || isLinkType(type);
  if (isText) {
    const isBytes = value instanceof Int8Array || value instanceof Uint8Array;
    const text = isBytes ? bytesToText(value) : textOf(requireElement(value), element);
    if (isLinkType(type)) {
      if (text.length > LONGEST_LINK)
        throw new ConversionError(`link of ${text.length} characters is too long`);
      return parseLink(text, type);
    }
    const size = type === 'lstring' ? (record.slot('SIZV') as number) : field.size;
    return cutUtf8(text, size - 1);
  }
  const first = requireElement(value);
  if (type === 'enum' || type === 'menu' || type === 'device') return toChoice(record, field, first);
  return toNumeric(first, type as NumericType);
}

function isSameSlot(a: Slot, b: Slot): boolean {
  return Object.is(a, b);
}

/**
 * Puts a field without processing: hooks, conversion, UDF, events.
 * @throws {AccessError} EPICS_ACCESS when the field refuses puts.
 * @throws {ConversionError} EPICS_CONVERT; nothing has changed then.
 * @see epics-base modules/database/src/ioc/db/dbAccess.c, dbPut
 */
export function putField(record: RecordBase, field: FieldDef, value: PvValue, element: ElementType): void {
  if (!isWritable(record, field)) {
    throw new AccessError(`field ${field.name} of "${record.NAME}" cannot be written: S_db_noMod`, 'write', {
      pvName: `${record.NAME}.${field.name}`,
    });
  }
  const next = convertForField(record, field, value, element);
  const before = record.slot(field.name);
  if (field.special !== '' && field.special !== 'arr') record.special(field.name, false);
  record.setSlot(field.name, next);
  if (field.type === 'array') record.arrayStored();
  if (field.type === 'lstring') record.setSlot('LEN', utf8Length(next as string) + 1);
  afterPut(record, field);
  const isVal = field.name === 'VAL';
  if (isVal) record.UDF = 0;
  if (!(isVal && field.isPp)) record.post(field.name, Event.Value | Event.Log);
  if (field.isProp && !isSameSlot(before, next)) record.propertyChanged(field.name);
}

function afterPut(record: RecordBase, field: FieldDef): void {
  if (field.special === 'scan') record.context.relist(record);
  else if (field.special !== '' && field.special !== 'arr') record.special(field.name, true);
}
