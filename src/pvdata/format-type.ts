import type { FieldDesc } from './field-desc.ts';
import { ARRAY_BIT, TypeCode } from './type-code.ts';

const words: ReadonlyMap<number, string> = new Map([
  [TypeCode.Boolean, 'bool'],
  [TypeCode.Byte, 'int8_t'],
  [TypeCode.Short, 'int16_t'],
  [TypeCode.Int, 'int32_t'],
  [TypeCode.Long, 'int64_t'],
  [TypeCode.UByte, 'uint8_t'],
  [TypeCode.UShort, 'uint16_t'],
  [TypeCode.UInt, 'uint32_t'],
  [TypeCode.ULong, 'uint64_t'],
  [TypeCode.Float, 'float'],
  [TypeCode.Double, 'double'],
  [TypeCode.String, 'string'],
  [TypeCode.Struct, 'struct'],
  [TypeCode.Union, 'union'],
  [TypeCode.Any, 'any'],
]);

/**
 * The word that pvxs prints for a type: `int32_t`, `double[]`, `struct`, `any` ...
 *
 * @see pvxs src/type.cpp, TypeCode::name
 */
export function typeWord(code: number): string {
  const word = words.get(code & ~ARRAY_BIT) ?? 'unknown';
  return (code & ARRAY_BIT) === 0 ? word : `${word}[]`;
}

/** The word with the id in quotes, for types that have one: `struct "alarm_t"`. */
export function typeWordWithId(desc: FieldDesc): string {
  const id = desc.element?.id ?? desc.id;
  return id === '' ? typeWord(desc.code) : `${typeWord(desc.code)} "${id}"`;
}

/**
 * A type as text, one line per field, ending without a line break. Structures, unions and arrays of them list their
 * members in braces, the field's name after the closing brace.
 *
 * @param indent blanks before every line.
 * @see pvxs src/type.cpp, operator<< of TypeDef
 */
export function formatType(desc: FieldDesc, indent = ''): string {
  const lines: string[] = [];
  write(desc, '', indent, lines);
  return lines.join('\n');
}

function write(desc: FieldDesc, name: string, indent: string, lines: string[]): void {
  const suffix = name === '' ? '' : ` ${name}`;
  const content = desc.element ?? desc;
  if (content.code !== TypeCode.Struct && content.code !== TypeCode.Union) {
    lines.push(`${indent}${typeWord(desc.code)}${suffix}`);
    return;
  }
  if (content.members.length === 0) {
    lines.push(`${indent}${typeWordWithId(desc)} {}${suffix}`);
    return;
  }
  lines.push(`${indent}${typeWordWithId(desc)} {`);
  for (const member of content.members) write(member.desc, member.name, `${indent}    `, lines);
  lines.push(`${indent}}${suffix}`);
}
