import { BitSet, ConfigError, FieldError } from '../util/index.ts';
import { compoundType, type FieldDesc, scalarType } from './field-desc.ts';
import { TypeCode } from './type-code.ts';
import { Value } from './value.ts';

const OPTIONS = '_options';

interface Selection {
  readonly options: Map<string, string>;
  readonly fields: Map<string, Selection>;
}

interface Request {
  readonly sections: Map<string, Selection>;
  readonly record: Map<string, string>;
}

function emptySelection(): Selection {
  return { options: new Map(), fields: new Map() };
}

/**
 * Reads the text form of a pvRequest: the union of what pvxs and pvDataCPP understand.
 *
 * `value`, `value alarm`, `value,alarm`, `field(value,alarm.severity)`, `field(a{b,c})`, `field(a[x=y])`,
 * `record[queueSize=10,pipeline=true]`, `getField(..)putField(..)`, in any order and number; empty text selects all.
 * Option values are any characters but `,` and `]`, or quoted.
 *
 * pvDataCPP joins names at blanks and takes only the first `field()`; pvxs refuses commas, braces and field options.
 *
 * @example parsePvRequest('field(value,alarm)record[pipeline=true]')
 * @throws {ConfigError} EPICS_CONFIG with the column when the text is malformed.
 * @see pvxs src/clientreq.cpp, CommonBase::_parse; pvDataCPP src/copy/createRequest.cpp
 */
export function parsePvRequest(text: string): Value {
  return toValue(new Parser(text).parse());
}

/** What `makePvRequest` takes. */
export interface PvRequestOptions {
  /** Fields by dotted path; none = all. */
  readonly fields?: readonly string[];
  /** Options such as `queueSize`, `pipeline`, `process`; they are sent as text. */
  readonly record?: Readonly<Record<string, string | number | boolean>>;
}

/**
 * Makes a pvRequest.
 *
 * @throws {ConfigError} EPICS_CONFIG for a malformed path.
 */
export function makePvRequest(options: PvRequestOptions): Value {
  const request: Request = { sections: new Map(), record: new Map() };
  const all = emptySelection();
  request.sections.set('field', all);
  for (const path of options.fields ?? []) new Parser(path).parsePath(all);
  for (const [name, value] of Object.entries(options.record ?? {})) request.record.set(name, String(value));
  return toValue(request);
}

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): Request {
    const request: Request = { sections: new Map([['field', emptySelection()]]), record: new Map() };
    for (;;) {
      this.#skip(/[\s,]*/y);
      if (this.#at >= this.#text.length) return request;
      const section = this.#take(/(field|getField|putField)\s*\(/y);
      if (section !== undefined) {
        this.#parseList(sectionOf(request, section), ')');
      } else if (this.#take(/(record)\s*\[/y) !== undefined) {
        this.#parseOptions(request.record);
      } else {
        this.#parseItem(sectionOf(request, 'field'));
      }
    }
  }

  /** A single path with its options and braces, to the end of the text. */
  parsePath(into: Selection): void {
    this.#skip(/\s*/y);
    this.#parseItem(into);
    this.#skip(/\s*/y);
    if (this.#at < this.#text.length) this.#fail('end of the field');
  }

  /** Items up to `end`, whose opening bracket has been read. */
  #parseList(into: Selection, end: string): void {
    const start = this.#at;
    for (;;) {
      this.#skip(/[\s,]*/y);
      const next = this.#text[this.#at];
      if (next === end) {
        this.#at++;
        return;
      }
      if (next === undefined) this.#fail(`"${end}" for the bracket at column ${start}`);
      this.#parseItem(into);
    }
  }

  #parseItem(into: Selection): void {
    const column = this.#at;
    const path = this.#take(/([^\s,()[\]{}=]+)/y) ?? this.#fail('a field name');
    let selection = into;
    for (const name of path.split('.')) {
      if (name === '' || name === OPTIONS) {
        this.#at = column;
        this.#fail(`a field name instead of "${path}"`);
      }
      const known = selection.fields.get(name);
      if (known === undefined) selection.fields.set(name, (selection = emptySelection()));
      else selection = known;
    }
    if (this.#take(/\s*(\[)/y) !== undefined) this.#parseOptions(selection.options);
    if (this.#take(/\s*(\{)/y) !== undefined) this.#parseList(selection, '}');
  }

  /** `name=value` pairs up to `]`. */
  #parseOptions(into: Map<string, string>): void {
    for (;;) {
      this.#skip(/[\s,]*/y);
      if (this.#take(/(\])/y) !== undefined) return;
      const name = this.#take(/([^\s,()[\]{}=.]+)\s*=\s*/y) ?? this.#fail('"option=value" or "]"');
      const value =
        this.#take(/"([^"]*)"/y) ?? this.#take(/'([^']*)'/y) ?? this.#take(/([^,\]]*)/y)?.trim() ?? '';
      into.set(name, value);
      this.#skip(/\s*/y);
      const next = this.#text[this.#at];
      if (next !== ',' && next !== ']') this.#fail('"," or "]"');
    }
  }

  #skip(pattern: RegExp): void {
    pattern.lastIndex = this.#at;
    if (pattern.test(this.#text)) this.#at = pattern.lastIndex;
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) return undefined;
    this.#at = pattern.lastIndex;
    return match[1];
  }

  #fail(expected: string): never {
    const column = this.#at + 1;
    throw new ConfigError(`pvRequest "${this.#text}": expected ${expected} at column ${column}`, {
      key: 'pvRequest',
    });
  }
}

function sectionOf(request: Request, name: string): Selection {
  const known = request.sections.get(name);
  if (known !== undefined) return known;
  const section = emptySelection();
  request.sections.set(name, section);
  return section;
}

/** `field` first, then `record`, as pvxs does; options sorted by name, so that equal requests are equal types. */
function toValue(request: Request): Value {
  const text = scalarType('string');
  const contents: [string, string][] = [];
  const optionsType = (options: ReadonlyMap<string, string>, path: string): FieldDesc => {
    const sorted = [...options].sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [name, value] of sorted) contents.push([`${path}.${OPTIONS}.${name}`, value]);
    return compoundType(
      TypeCode.Struct,
      '',
      sorted.map(([name]) => ({ name, desc: text })),
    );
  };
  const selectionType = (selection: Selection, path: string): FieldDesc => {
    const members: { name: string; desc: FieldDesc }[] = [];
    if (selection.options.size > 0)
      members.push({ name: OPTIONS, desc: optionsType(selection.options, path) });
    for (const [name, inner] of selection.fields)
      members.push({ name, desc: selectionType(inner, `${path}.${name}`) });
    return compoundType(TypeCode.Struct, '', members);
  };
  const members = [...request.sections].map(([name, section]) => ({
    name,
    desc: selectionType(section, name),
  }));
  if (request.record.size > 0) {
    const options = { name: OPTIONS, desc: optionsType(request.record, 'record') };
    members.push({ name: 'record', desc: compoundType(TypeCode.Struct, '', [options]) });
  }
  const value = new Value(compoundType(TypeCode.Struct, '', members));
  for (const [path, content] of contents) value.set(path, content);
  return value;
}

/**
 * The fields of a type that a pvRequest selects. Bit 0 is always in the set. All fields of a selected structure are,
 * and its own bit when it was selected itself; nothing or an empty selection selects all; unknown names are ignored.
 *
 * Combine it with marks by `selectMarks`, not by plain `and`.
 *
 * @param section `getField` or `putField` for the two types of PUT_GET.
 * @throws {FieldError} EPICS_FIELD when fields are named and none exists.
 */
export function selectMask(
  desc: FieldDesc,
  pvRequest: Value | null | undefined,
  section: 'field' | 'getField' | 'putField' = 'field',
): BitSet {
  const selection = structMember(pvRequest?.desc, section) ?? structMember(pvRequest?.desc, 'field');
  if (selection === undefined || isLeaf(selection) || !desc.isStruct) return BitSet.first(desc.fieldCount);
  const mask = new BitSet();
  select(desc, 0, selection, mask);
  if (mask.isEmpty) {
    const names = selection.members.map((member) => member.name).filter((name) => name !== OPTIONS);
    throw new FieldError('pvRequest must select at least one field', names.join(','));
  }
  return mask.set(0);
}

function structMember(desc: FieldDesc | undefined, name: string): FieldDesc | undefined {
  const member = desc?.isStruct === true ? desc.member(name) : undefined;
  return member?.desc.isStruct === true ? member.desc : undefined;
}

/** Selects everything below: no names besides options. A member that is no structure, as some make, is the same. */
function isLeaf(selection: FieldDesc): boolean {
  return selection.members.every((member) => member.name === OPTIONS);
}

function select(desc: FieldDesc, offset: number, selection: FieldDesc, mask: BitSet): void {
  for (const { name, desc: inner } of selection.members) {
    const member = name === OPTIONS ? undefined : desc.member(name);
    if (member === undefined) continue;
    const at = offset + member.offset;
    if (isLeaf(inner)) {
      for (let i = 0; i < member.desc.fieldCount; i++) mask.set(at + i);
    } else if (member.desc.isStruct) {
      select(member.desc, at, inner, mask);
    }
  }
}

/**
 * An option under `record._options` as text: strings as they are, numbers and booleans as pvxs and p4p send them too.
 * Undefined when absent or no scalar.
 */
export function requestOption(pvRequest: Value | null | undefined, name: string): string | undefined {
  if (pvRequest === null || pvRequest === undefined) return undefined;
  const options = structMember(structMember(pvRequest.desc, 'record'), OPTIONS);
  const member = options?.member(name);
  if (member === undefined) return undefined;
  let content = pvRequest.at(pvRequest.desc.offsetOf(`record.${OPTIONS}`) + member.offset);
  if (content instanceof Value) content = content.content;
  switch (typeof content) {
    case 'string':
      return content;
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(content);
    default:
      return undefined;
  }
}
