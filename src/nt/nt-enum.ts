import { type FieldDesc, structType, type Value } from '../pvdata/index.ts';
import { ConversionError } from '../util/index.ts';
import { commonMembers, enumType, readNumber, readTexts } from './common.ts';

/** NTEnum: value `enum_t`, [descriptor], alarm, timeStamp, [display with description]. */
export function ntEnumType(o: { readonly display?: boolean; readonly descriptor?: boolean } = {}): FieldDesc {
  return structType('epics:nt/NTEnum:1.0', {
    value: enumType,
    ...commonMembers({ descriptor: o.descriptor ?? false }),
    ...(o.display === true ? { display: structType('', { description: 'string' }) } : {}),
  });
}

/** Content of an `enum_t`. */
export interface NtEnum {
  readonly index: number;
  /** Text of the index, undefined when there is no such choice. */
  readonly choice: string | undefined;
  readonly choices: readonly string[];
}

/** The enum in a structure; undefined when there is none. */
export function readEnum(value: Value, path = 'value'): NtEnum | undefined {
  if (value.desc.findOffset(`${path}.index`) < 0) return undefined;
  const index = readNumber(value, `${path}.index`);
  const choices = readTexts(value, `${path}.choices`);
  return { index, choice: choices[index], choices };
}

/**
 * The index that a choice text, a number or numeric text stands for. A choice text wins over the same text as number.
 *
 * @throws {ConversionError} EPICS_CONVERT, listing the choices, when it is neither.
 */
export function toEnumIndex(x: string | number | bigint, choices: readonly string[]): number {
  if (typeof x === 'string') {
    const found = choices.indexOf(x);
    if (found >= 0) return found;
    if (!/^\s*\d+\s*$/.test(x)) throw noChoice(x, choices);
  }
  const index = Number(x);
  const isIndex = Number.isInteger(index) && index >= 0 && (choices.length === 0 || index < choices.length);
  if (!isIndex) throw noChoice(x, choices);
  return index;
}

function noChoice(x: string | number | bigint, choices: readonly string[]): ConversionError {
  const list = choices.map((choice) => JSON.stringify(choice)).join(', ');
  return new ConversionError(
    `no choice ${typeof x === 'string' ? JSON.stringify(x) : x}, there are ${list || 'none'}`,
  );
}

/**
 * Stores and marks the index that a choice text, a number or numeric text stands for.
 *
 * @param choices those of the PV, when `value` has not got them itself.
 * @throws {ConversionError} EPICS_CONVERT, listing the choices, when it is neither.
 */
export function writeEnum(
  value: Value,
  x: string | number | bigint,
  choices: readonly string[] = readTexts(value, 'value.choices'),
  path = 'value',
): void {
  value.set(`${path}.index`, toEnumIndex(x, choices));
}
