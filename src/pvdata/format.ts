import type { FieldDesc } from './field-desc.ts';
import { formatScalar } from './format-scalar.ts';
import { typeWord, typeWordWithId } from './format-type.ts';
import { TypeCode } from './type-code.ts';
import type { Value } from './value.ts';

/** How `formatValue` prints. */
export interface FormatOptions {
  /** `tree` (default): all fields, nested in braces; `delta`: one line for each marked field. */
  readonly style?: 'tree' | 'delta';
  /** Elements of an array to print; 0 (default) for all. */
  readonly arrayLimit?: number;
  /** Significant digits of floating point numbers; 0 (default) for as many as needed. pvxs prints 6. */
  readonly digits?: number;
  /** Blanks before every line. */
  readonly indent?: string;
}

/**
 * A value as text, as pvxs prints it. Lines are joined by line breaks, without one at the end.
 *
 * @see pvxs src/datafmt.cpp, FmtTree and FmtDelta
 */
export function formatValue(value: Value, options: FormatOptions = {}): string {
  const printer = new Printer(options.arrayLimit ?? 0, options.digits ?? 0);
  const indent = options.indent ?? '';
  if (options.style === 'delta') printer.delta(value, indent);
  else printer.tree(value, 0, indent, '', '');
  return printer.lines.join('\n');
}

class Printer {
  readonly lines: string[] = [];
  readonly #arrayLimit: number;
  readonly #digits: number;

  constructor(arrayLimit: number, digits: number) {
    this.#arrayLimit = arrayLimit;
    this.#digits = digits;
  }

  /** Prints the field at a slot. `prefix` stands before the type in the first line, `name` behind it. */
  tree(value: Value, offset: number, indent: string, prefix: string, name: string): void {
    const desc = value.desc.fieldAt(offset);
    const content = value.slots[offset];
    const head = `${indent}${prefix}`;
    const suffix = name === '' ? '' : ` ${name}`;
    switch (desc.code) {
      case TypeCode.Struct:
        this.#structTree(value, offset, indent, head, suffix);
        return;
      case TypeCode.Union:
      case TypeCode.Any:
        this.#contentTree(desc, content as Value | null, indent, `${head}${typeWordWithId(desc)}${suffix}`);
        return;
      case TypeCode.StructArray:
      case TypeCode.UnionArray:
      case TypeCode.AnyArray:
        this.#listTree(
          desc,
          content as readonly (Value | null)[],
          indent,
          `${head}${typeWord(desc.code)}${suffix}`,
        );
        return;
      default:
        this.lines.push(`${head}${typeWord(desc.code)}${suffix} = ${this.#plain(desc, content)}`);
    }
  }

  #structTree(value: Value, offset: number, indent: string, head: string, suffix: string): void {
    const desc = value.desc.fieldAt(offset);
    if (desc.members.length === 0) {
      this.lines.push(`${head}${typeWordWithId(desc)} {}${suffix}`);
      return;
    }
    this.lines.push(`${head}${typeWordWithId(desc)} {`);
    for (const member of desc.members)
      this.tree(value, offset + member.offset, `${indent}    `, '', member.name);
    this.lines.push(`${indent}}${suffix}`);
  }

  /** The content of a union or any goes on in the line that `head` begins. */
  #contentTree(desc: FieldDesc, content: Value | null, indent: string, head: string): void {
    if (content === null) {
      this.lines.push(`${head} null`);
      return;
    }
    const member = desc.members[content.selector];
    const start = `${head}${member === undefined ? '' : `.${member.name}`} `;
    this.tree(content, 0, indent, start.slice(indent.length), '');
  }

  #listTree(desc: FieldDesc, list: readonly (Value | null)[], indent: string, head: string): void {
    const inner = `${indent}    `;
    const shown = this.#arrayLimit > 0 ? list.slice(0, this.#arrayLimit) : list;
    this.lines.push(`${head} = {${list.length}}[`);
    for (const item of shown) {
      if (item === null || item.slots[0] === null) this.lines.push(`${inner}null`);
      else if (desc.element?.isUnion === true) {
        this.#contentTree(desc.element, item, inner, `${inner}${typeWordWithId(desc.element)}`);
      } else this.tree(item, 0, inner, '', '');
    }
    if (shown.length < list.length) this.lines.push(`${inner}...`);
    this.lines.push(`${indent}]`);
  }

  /** Prints each marked field with its path, a marked structure before its fields. */
  delta(value: Value, indent: string): void {
    let at = value.nextMark(0);
    while (at >= 0) {
      const end = at + value.desc.fieldAt(at).fieldCount;
      for (; at < end; at++) this.#deltaLine(value, at, indent, value.desc.nameAt(at));
      at = value.nextMark(end);
    }
  }

  #deltaLine(value: Value, offset: number, indent: string, path: string): void {
    const desc = value.desc.fieldAt(offset);
    const content = value.slots[offset];
    const head = `${indent}${path === '' ? '' : `${path} `}`;
    switch (desc.code) {
      case TypeCode.Struct:
        this.lines.push(`${head}${typeWordWithId(desc)}`);
        return;
      case TypeCode.Union:
      case TypeCode.Any:
        this.lines.push(`${head}${typeWord(desc.code)}`);
        this.#contentDelta(desc, content as Value | null, indent, path);
        return;
      case TypeCode.StructArray:
      case TypeCode.UnionArray:
      case TypeCode.AnyArray:
        this.lines.push(`${head}${typeWord(desc.code)}`);
        this.#listDelta(desc, content as readonly (Value | null)[], indent, path);
        return;
      default:
        this.lines.push(`${head}${typeWord(desc.code)} = ${this.#plain(desc, content)}`);
    }
  }

  #contentDelta(desc: FieldDesc, content: Value | null, indent: string, path: string): void {
    const member = content === null ? undefined : desc.members[content.selector];
    this.#nestedDelta(content, indent, `${path}->${member?.name ?? ''}`);
  }

  #listDelta(desc: FieldDesc, list: readonly (Value | null)[], indent: string, path: string): void {
    list.forEach((item, i) => {
      const element = `${path}[${i}]`;
      if (item !== null && desc.element?.isUnion === true) {
        this.lines.push(`${indent}${element} ${typeWord(desc.element.code)}`);
        this.#contentDelta(desc.element, item.slots[0] === null ? null : item, indent, element);
      } else {
        this.#nestedDelta(item, indent, element);
      }
    });
  }

  /** All of a nested value: the marks in it say nothing. */
  #nestedDelta(value: Value | null, indent: string, path: string): void {
    if (value === null) {
      this.lines.push(`${indent}${path} null`);
      return;
    }
    for (let at = 0; at < value.slots.length; at++) {
      const name = value.desc.nameAt(at);
      this.#deltaLine(value, at, indent, name === '' ? path : `${path}.${name}`);
    }
  }

  #plain(desc: FieldDesc, content: unknown): string {
    if (!desc.isArray) return formatScalar(desc.code, content, this.#digits);
    const array = content as ArrayLike<unknown>;
    const count = this.#arrayLimit > 0 ? Math.min(this.#arrayLimit, array.length) : array.length;
    const items: string[] = [];
    for (let i = 0; i < count; i++) items.push(this.#element(desc.code, array[i]));
    if (count < array.length) items.push('...');
    return `{${array.length}}[${items.join(', ')}]`;
  }

  #element(code: number, x: unknown): string {
    // pvxs keeps booleans in arrays as bytes and prints those.
    if (typeof x === 'boolean') return x ? '1' : '0';
    return formatScalar(code, x, this.#digits);
  }
}
