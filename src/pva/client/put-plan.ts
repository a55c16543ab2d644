import { isEnumDesc, type PvValue } from '../../pv/index.ts';
import { type FieldDesc, Value } from '../../pvdata/index.ts';
import { ConversionError, TypeMismatchError } from '../../util/index.ts';

/** What `put` takes: a value, fields by name, a structure with marks, or a function that makes one from what is there. */
export type PvaPutValue =
  | PvValue
  | readonly number[]
  | readonly bigint[]
  | Value
  | { readonly [field: string]: unknown }
  | ((present: Value) => PvaPutValue);

const MAX_LISTED_CHOICES = 20;

/** Whether the present value must be fetched to make what is sent: for a function, and for the text of an enum. */
export function needsPresent(type: FieldDesc, value: PvaPutValue): boolean {
  if (typeof value === 'function') return true;
  if (typeof value === 'string') return enumPath(type) !== undefined;
  if (!isPlainObject(value)) return false;
  return typeof value['value'] === 'string' && enumPath(type) !== undefined;
}

/**
 * Makes what is sent: a structure of the PV's type in which exactly the fields to write are marked.
 *
 * A scalar or array goes to `value`, of an enum to `value.index`: text is looked up in the choices first, then read as
 * a number.
 *
 * @param present the PV's value, when `needsPresent` asked for it.
 * @throws {FieldError} EPICS_FIELD for a field that the PV lacks.
 * @throws {ConversionError} EPICS_CONVERT for a value that does not fit, or no choice.
 * @throws {TypeMismatchError} EPICS_TYPE for a shape that does not fit.
 */
export function buildPut(type: FieldDesc, value: PvaPutValue, present: Value | undefined): Value {
  if (typeof value === 'function') return buildPut(type, value(present ?? new Value(type)), present);
  if (value instanceof Value) {
    if (value.desc === type) return value;
    return new Value(type).assign(value);
  }
  if (isPlainObject(value)) {
    const { value: inner, ...others } = value;
    if (typeof inner !== 'string' || enumPath(type) === undefined) return Value.from(type, value);
    return putChoice(Value.from(type, others), inner, present);
  }
  if (!type.isStruct) return Value.from(type, value);
  if (type.findOffset('value') < 0) {
    throw new TypeMismatchError(
      `the PV has no field "value" (type ${type.id || 'structure'}); give fields by name`,
    );
  }
  const target = new Value(type);
  const path = enumPath(type);
  if (path === undefined) return target.set('value', value);
  if (typeof value === 'string') return putChoice(target, value, present);
  return target.set(path, typeof value === 'boolean' ? Number(value) : value);
}

function putChoice(target: Value, text: string, present: Value | undefined): Value {
  const known = present?.get('value.choices');
  const choices: readonly unknown[] = Array.isArray(known) ? known : [];
  const index = choices.indexOf(text);
  if (index >= 0) return target.set('value.index', index);
  if (/^\s*\d+\s*$/.test(text)) return target.set('value.index', Number(text));
  const listed = choices.slice(0, MAX_LISTED_CHOICES).map((choice) => `"${String(choice)}"`);
  if (choices.length > listed.length) listed.push(`${choices.length - listed.length} more`);
  const hint = listed.length === 0 ? 'the PV has none' : `choices are ${listed.join(', ')}`;
  throw new ConversionError(`"${text}" is no choice: ${hint}`);
}

function enumPath(type: FieldDesc): string | undefined {
  const offset = type.isStruct ? type.findOffset('value') : -1;
  return offset >= 0 && isEnumDesc(type.fieldAt(offset)) ? 'value.index' : undefined;
}

function isPlainObject(value: PvaPutValue): value is { readonly [field: string]: unknown } {
  return (
    typeof value === 'object' &&
    !Array.isArray(value) &&
    !ArrayBuffer.isView(value) &&
    !(value instanceof Value)
  );
}
