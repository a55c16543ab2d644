import { isEnum } from '../nt/index.ts';
import { jsonToValue, parseRelaxedJson, TypeCode, Value } from '../pvdata/index.ts';
import { ConfigError, ConversionError, TypeMismatchError } from '../util/index.ts';

/**
 * The structure that the arguments of `pvput` stand for, with marks on what is to be written.
 *
 * @param present the PV's value: its type, and the choices of enums.
 * @param values one value; a count and values; `field=value` pairs; or JSON.
 * @param warn told of arguments that are not used.
 * @throws {ConfigError} EPICS_CONFIG for arguments that do not belong together.
 * @throws {ConversionError} EPICS_CONVERT for a value that does not fit.
 * @see pvAccessCPP pvtoolsSrc/pvput.cpp, Putter::putBuild
 */
export function buildPutValue(
  present: Value,
  values: readonly string[],
  warn: (text: string) => void,
): Value {
  const { bare, pairs } = sortArguments(present, values, warn);
  if (bare.length > 0 && pairs.length > 0) {
    throw new ConfigError('bare values and field=value pairs cannot be mixed');
  }
  if (bare.length === 0 && pairs.length === 0) throw new ConfigError('no valid value was given');
  const [first = ''] = bare;
  if (bare.length === 1 && first.startsWith('{')) return jsonToValue(present.desc, first);
  const target = new Value(present.desc);
  if (bare.length === 1 && first.startsWith('[')) setField(target, present, 'value', first);
  else if (bare.length > 0) setBare(target, present, bare);
  else for (const [path, text] of pairs) setField(target, present, path, text);
  return target;
}

function sortArguments(
  present: Value,
  values: readonly string[],
  warn: (text: string) => void,
): { readonly bare: string[]; readonly pairs: (readonly [path: string, text: string])[] } {
  const bare: string[] = [];
  const pairs: (readonly [path: string, text: string])[] = [];
  const { desc } = present;
  const valueAt = desc.findOffset('value');
  const isText = valueAt >= 0 && desc.fieldAt(valueAt).code === TypeCode.String;
  for (const text of values) {
    const sign = text.indexOf('=');
    const isJson = text.startsWith('{') || text.startsWith('[');
    if (sign < 0 || isJson) bare.push(text);
    else if (sign > 0 && desc.findOffset(text.slice(0, sign)) >= 0) {
      pairs.push([text.slice(0, sign), text.slice(sign + 1)]);
    } else if (isText) bare.push(text);
    else warn(`${text.slice(0, sign)} : Warning: no such field. Ignoring it.`);
  }
  return { bare, pairs };
}

function setBare(target: Value, present: Value, bare: readonly string[]): void {
  const offset = present.desc.findOffset('value');
  if (offset < 0) throw new TypeMismatchError('the structure has no field "value"; give field=value');
  const field = present.desc.fieldAt(offset);
  if (field.isArray) {
    if (field.code >= TypeCode.Struct) {
      throw new TypeMismatchError('give the elements of a structure array as JSON');
    }
    // The first one is the count, which says nothing that the rest does not.
    target.set('value', bare.slice(1));
    return;
  }
  if (bare.length !== 1) throw new TypeMismatchError(`${bare.length} values do not fit a scalar`);
  setField(target, present, 'value', bare[0] as string);
}

function setField(target: Value, present: Value, path: string, text: string): void {
  const field = present.desc.fieldAt(present.desc.offsetOf(path));
  if (isEnum(field) && !text.startsWith('{')) {
    target.set(`${path}.index`, choiceIndex(present.get(`${path}.choices`), text));
  } else if (field.code === TypeCode.String) target.set(path, text);
  else if (text.startsWith('[') || text.startsWith('{') || field.code >= TypeCode.Struct) {
    target.set(path, parseRelaxedJson(text));
  } else target.set(path, field.isArray ? [text] : text);
}

function choiceIndex(choices: unknown, text: string): number {
  const index = Array.isArray(choices) ? choices.indexOf(text) : -1;
  if (index >= 0) return index;
  if (/^\s*\d+\s*$/.test(text)) return Number(text);
  const listed = Array.isArray(choices) ? choices.map((choice) => `"${String(choice)}"`).join(', ') : '';
  throw new ConversionError(`"${text}" is no choice; choices are ${listed}`);
}
