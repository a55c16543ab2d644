import { toEnumIndex } from '../nt/index.ts';
import { convertTo, scalarType } from '../pvdata/index.ts';
import { ConversionError, decodeUtf8, errorText, TypeMismatchError } from '../util/index.ts';
import type { ElementType, Metadata, PvValue, ScalarType } from './model.ts';
import { elementCount, emptyArray, isArrayValue, toScalarName } from './scalar-type.ts';
import type { ScalarWrite } from './source.ts';

/**
 * Converts what a client wrote to the type of a PV.
 *
 * Numbers must fit the target and are cut towards zero; text is parsed; enums take an index or a choice; booleans
 * take 0, 1, `true` and `false`; a scalar written to an array is an array of one, and an array of one written to a
 * scalar is that element. An array of the right class is not copied.
 *
 * @param meta its choices are used.
 * @throws {TypeMismatchError} EPICS_TYPE when nothing was written, or an array was written to a scalar.
 * @throws {ConversionError} EPICS_CONVERT when a value does not fit.
 */
export function coerce(write: ScalarWrite, type: ScalarType, meta: Metadata): PvValue {
  const { element, value } = write;
  if (value === undefined) throw new TypeMismatchError('put needs a value');
  if (type.caText && !type.isArray) return toText(value);
  if (type.isArray) return toArray(element, value, type, meta);
  if (!isArrayValue(value)) return toScalar(element, value, type.element, meta);
  if (value.length !== 1) {
    throw new TypeMismatchError(`a scalar cannot take an array of ${value.length} elements`);
  }
  return toScalar(element, value[0] as PvValue, type.element, meta);
}

/** Text of a string, or of characters up to the first NUL. */
function toText(value: PvValue): string {
  if (typeof value === 'string') return value;
  if (value instanceof Uint8Array || value instanceof Int8Array) {
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    const end = bytes.indexOf(0);
    return decodeUtf8(bytes, 0, end < 0 ? bytes.length : end);
  }
  if (isArrayValue(value)) {
    if (value.length === 1) return String(value[0]);
    throw new TypeMismatchError(`a text cannot take an array of ${value.length} elements`);
  }
  return String(value);
}

function toArray(from: ElementType, value: PvValue, type: ScalarType, meta: Metadata): PvValue {
  const { element } = type;
  const isPlain = isPlainConversion(from, element);
  if (isPlain && isArrayValue(value)) return convert(`${toScalarName(element)}[]`, value);
  // CA has one character type; which sign it has is the receiver's business.
  if (element === 'int8' && value instanceof Uint8Array) {
    return new Int8Array(value.buffer, value.byteOffset, value.length);
  }
  if (element === 'uint8' && value instanceof Int8Array) {
    return new Uint8Array(value.buffer, value.byteOffset, value.length);
  }
  const count = elementCount(value);
  if (count === 0) return emptyArray(element);
  const items = isArrayValue(value) ? Array.from<PvValue>(value) : [value];
  return convert(
    `${toScalarName(element)}[]`,
    items.map((item) => toScalar(from, item, element, meta)),
  );
}

/** Tells whether the plain conversion table of pvData does: no choices, no characters of another sign. */
function isPlainConversion(from: ElementType, to: ElementType): boolean {
  if (from === 'enum' || to === 'enum' || to === 'boolean') return false;
  return !(isCharacter(from) && isCharacter(to) && from !== to);
}

function isCharacter(element: ElementType): boolean {
  return element === 'int8' || element === 'uint8';
}

function toScalar(from: ElementType, value: PvValue, to: ElementType, meta: Metadata): PvValue {
  if (to === 'enum') return toChoice(value, meta.choices);
  if (to === 'boolean') return toBoolean(value);
  if (to === 'string' && from === 'enum' && typeof value === 'number') {
    return meta.choices[value] ?? String(value);
  }
  if (isCharacter(from) && isCharacter(to) && typeof value === 'number') {
    return to === 'int8' ? (value << 24) >> 24 : value & 0xff;
  }
  return convert(toScalarName(to), value);
}

/** Index of a choice, from its text or its index. */
function toChoice(value: PvValue, choices: readonly string[]): number {
  if (typeof value === 'boolean') return toEnumIndex(Number(value), choices);
  if (isArrayValue(value)) throw new TypeMismatchError('an enum cannot take an array');
  return toEnumIndex(value, choices);
}

/** As pvData does, and what CA clients send for an enum of `False` and `True`. */
function toBoolean(value: PvValue): boolean {
  if (typeof value === 'string') {
    if (/^(true|1)$/i.test(value)) return true;
    if (/^(false|0)$/i.test(value)) return false;
  }
  return convert('boolean', value) as boolean;
}

function convert(name: Parameters<typeof scalarType>[0], value: PvValue | readonly PvValue[]): PvValue {
  try {
    return convertTo(scalarType(name), value) as PvValue;
  } catch (error) {
    if (error instanceof TypeMismatchError || error instanceof ConversionError) throw error;
    throw new ConversionError(errorText(error), { cause: error });
  }
}
