import { type FieldDesc, TypeCode, type Value } from '../pvdata/index.ts';
import { alarmWords, enumText, formatContent, timeColumn, typeLabel } from './pva-text.ts';

/** Which fields a tree shows, by slot. */
export interface TreeView {
  isShown(offset: number): boolean;
  /** Printed in bold. */
  isBold(offset: number): boolean;
}

/** All fields, none in bold. */
export const wholeTree: TreeView = { isShown: () => true, isBold: () => false };

/**
 * A structure as pvAccessCPP prints it raw: `type name value` in each line, four blanks deeper for each level. Ends
 * with a line break; empty when nothing is shown.
 *
 * @see pvDataCPP src/factory/printer.cpp, printRaw
 */
export function formatTree(value: Value, view: TreeView = wholeTree): string {
  if (!view.isShown(0)) return '';
  const lines: string[] = [];
  addField(value, 0, '', '', view, lines);
  return lines.map((line) => `${line}\n`).join('');
}

/** Fields with marks, or within what has one, and all around them. */
export function shownMarks(value: Value): (offset: number) => boolean {
  return (offset) => value.isMarkedAt(offset);
}

/** Fields with marks and what is within them. */
export function boldMarks(value: Value): (offset: number) => boolean {
  const { marks } = value;
  return (offset) => {
    for (let at = offset; at >= 0; at = value.desc.parentAt(at)) if (marks.get(at)) return true;
    return false;
  };
}

function addField(
  value: Value,
  offset: number,
  name: string,
  indent: string,
  view: TreeView,
  lines: string[],
): void {
  const desc = value.desc.fieldAt(offset);
  const content = value.at(offset);
  const head = `${indent}${typeLabel(desc)} ${name}`;
  const start = lines.length;
  switch (desc.code) {
    case TypeCode.Struct:
      lines.push(`${head}${summaryOf(value, offset, desc)}`);
      break;
    case TypeCode.Union:
    case TypeCode.Any:
      lines.push(head);
      addNested(content as Value | null, desc, `${indent}    `, lines);
      break;
    case TypeCode.StructArray:
    case TypeCode.UnionArray:
    case TypeCode.AnyArray:
      lines.push(head);
      for (const item of content as readonly (Value | null)[]) addElement(item, desc, `${indent}    `, lines);
      break;
    default:
      lines.push(`${head} ${formatContent(desc.code, content)}`);
  }
  if (view.isBold(offset)) {
    for (let i = start; i < lines.length; i++) lines[i] = `\x1b[1m${lines[i]}\x1b[0m`;
  }
  if (desc.code !== TypeCode.Struct) return;
  for (const member of desc.members) {
    const at = offset + member.offset;
    if (view.isShown(at)) addField(value, at, member.name, `${indent}    `, view, lines);
  }
}

function summaryOf(value: Value, offset: number, desc: FieldDesc): string {
  const path = value.desc.nameAt(offset);
  switch (desc.id) {
    case 'alarm_t':
      return ` ${alarmWords(value, path)}`;
    case 'time_t':
      return ` ${timeColumn(value, path)}`;
    case 'enum_t':
      return ` ${enumText(value, path) ?? ''}`;
    default:
      return '';
  }
}

/** Content of a union or any, with the name of the selected member. */
function addNested(content: Value | null, desc: FieldDesc, indent: string, lines: string[]): void {
  if (content === null) lines.push(`${indent}(none)`);
  else addField(content, 0, desc.members[content.selector]?.name ?? '', indent, wholeTree, lines);
}

function addElement(item: Value | null, desc: FieldDesc, indent: string, lines: string[]): void {
  const { element } = desc;
  if (element === undefined || element.isStruct) {
    addNested(item, desc, indent, lines);
    return;
  }
  lines.push(`${indent}${typeLabel(element)} `);
  addNested(item?.at(0) === null ? null : item, element, `${indent}    `, lines);
}

/**
 * A type as pvAccessCPP prints it: `type name` in each line. Ends with a line break.
 *
 * @see pvDataCPP src/factory/FieldCreateFactory.cpp, dump
 */
export function formatTypeTree(desc: FieldDesc, indent = ''): string {
  return `${indent}${typeLabel(desc)}\n${formatMembers(desc, `${indent}    `)}`;
}

function formatMembers(desc: FieldDesc, indent: string): string {
  return desc.members
    .map(({ name, desc: member }) => {
      const line = `${indent}${typeLabel(member)} ${name}\n`;
      const inner = `${indent}    `;
      return member.element === undefined
        ? `${line}${formatMembers(member, inner)}`
        : `${line}${formatTypeTree(member.element, inner)}`;
    })
    .join('');
}
