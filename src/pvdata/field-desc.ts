import { FieldError, LimitError, TypeMismatchError } from '../util/index.ts';
import { formatType } from './format-type.ts';
import { compileProgram, MAX_FIELDS, type Program } from './program.ts';
import { ARRAY_BIT, codeOfName, nameOfCode, type ScalarName, scalarNames, TypeCode } from './type-code.ts';

/** One member of a structure or union. */
export interface Member {
  readonly name: string;
  readonly desc: FieldDesc;
  /** Structure: slots from the structure's own slot. Union: index of the member. */
  readonly offset: number;
}

/** A type given by name, or one made before. */
export type TypeSpec = ScalarName | `${ScalarName}[]` | 'any' | 'any[]' | FieldDesc;

/** Members of a structure or union by name, in order. */
export type MemberSpecs = Readonly<Record<string, TypeSpec>>;

/** Nesting of types that is neither made nor accepted; a scalar has depth 1. */
export const MAX_TYPE_DEPTH = 20;

const noMembers: readonly Member[] = Object.freeze([]);

/**
 * Immutable description of a pvData type.
 *
 * Descriptions are interned: two of the same content are one object, so `===` is type equality. Make them with
 * `scalarType`, `structType`, `unionType`, `arrayOf` or by decoding; the constructor is for this module.
 */
export class FieldDesc {
  /** Wire type code without bound bits; arrays have `0x08` set. */
  readonly code: number;
  /** Id of a structure or union, `''` when it has none or for other types. */
  readonly id: string;
  /** Largest (fixed: exact) element count of an array, or byte length of a string; 0 = no bound, unless `isFixed`. */
  readonly bound: number;
  /** True for arrays whose count is always `bound`. */
  readonly isFixed: boolean;
  /** Members of a structure or union, in wire order. */
  readonly members: readonly Member[];
  /** Element type of an array of structures or unions. */
  readonly element: FieldDesc | undefined;
  /** Slots: 1 plus those of all members for a structure, 1 for everything else. */
  readonly fieldCount: number;
  /** Nesting: 1 for scalars, 1 more than the deepest content otherwise. */
  readonly depth: number;
  /** Number that tells this description from all others of the process. */
  readonly serial: number;
  /** Encoded form by byte order, made at the first use. For the codec. */
  wireLittle: Uint8Array | undefined;
  wireBig: Uint8Array | undefined;
  #program: Program | undefined;
  #byName: ReadonlyMap<string, Member> | undefined;

  constructor(
    code: number,
    id: string,
    members: readonly Member[],
    element: FieldDesc | undefined,
    bound: number,
    isFixed: boolean,
    serial: number,
  ) {
    this.code = code;
    this.id = id;
    this.bound = bound;
    this.isFixed = isFixed;
    this.members = members;
    this.element = element;
    let count = 1;
    let depth = element?.depth ?? 0;
    for (const member of members) {
      if (code === TypeCode.Struct) count += member.desc.fieldCount;
      depth = Math.max(depth, member.desc.depth);
    }
    this.fieldCount = count;
    this.depth = depth + 1;
    this.serial = serial;
    this.wireLittle = undefined;
    this.wireBig = undefined;
    this.#program = undefined;
    this.#byName = undefined;
  }

  get isStruct(): boolean {
    return this.code === TypeCode.Struct;
  }
  get isUnion(): boolean {
    return this.code === TypeCode.Union;
  }
  get isArray(): boolean {
    return (this.code & ARRAY_BIT) !== 0;
  }
  /** pvData name of the kind of type: `double[]`, `structure`, `any` ... */
  get typeName(): string {
    return nameOfCode(this.code);
  }

  /** Flattened form, made once. */
  get program(): Program {
    this.#program ??= compileProgram(this);
    return this.#program;
  }

  /** The member of that name. Of several members with one name, which no valid type has, it is the last. */
  member(name: string): Member | undefined {
    if (this.members.length === 0) return undefined;
    this.#byName ??= new Map(this.members.map((member) => [member.name, member]));
    return this.#byName.get(name);
  }

  /** Slot of a field given by its dotted path from here; `''` is slot 0. -1 when absent. */
  findOffset(path: string): number {
    return path === '' ? 0 : findOffset(this, path);
  }

  /**
   * Slot of a field given by its dotted path from here.
   *
   * @throws {FieldError} EPICS_FIELD when there is no such field.
   */
  offsetOf(path: string): number {
    const offset = this.findOffset(path);
    if (offset < 0) throw new FieldError(`no field "${path}" in ${this.id || this.typeName}`, path);
    return offset;
  }

  /**
   * Type of the field at a slot.
   *
   * @throws {FieldError} EPICS_FIELD when the slot is beyond `fieldCount`.
   */
  fieldAt(offset: number): FieldDesc {
    if (offset === 0) return this;
    const field = this.program.fields[offset];
    if (field === undefined) throw this.#noSlot(offset);
    return field;
  }

  /**
   * Dotted path of the field at a slot; `''` for slot 0.
   *
   * @throws {FieldError} EPICS_FIELD when the slot is beyond `fieldCount`.
   */
  nameAt(offset: number): string {
    const { parents, positions, fields } = this.program;
    if (!(offset >= 0 && offset < this.fieldCount)) throw this.#noSlot(offset);
    let path = '';
    for (let at = offset; at > 0; ) {
      const parent = parents[at] as number;
      const name = fields[parent]?.members[positions[at] as number]?.name ?? '';
      path = path === '' ? name : `${name}.${path}`;
      at = parent;
    }
    return path;
  }

  /** Slot of the structure around the field at a slot; -1 for slot 0. */
  parentAt(offset: number): number {
    const parent = this.program.parents[offset];
    if (parent === undefined) throw this.#noSlot(offset);
    return parent;
  }

  /** The type as text, one line per field, as pvxs prints it. */
  toString(): string {
    return formatType(this);
  }

  #noSlot(offset: number): FieldError {
    return new FieldError(
      `no slot ${offset} in ${this.id || this.typeName} of ${this.fieldCount} slots`,
      `${offset}`,
    );
  }
}

function findOffset(top: FieldDesc, path: string): number {
  let desc = top;
  let rest = path;
  let offset = 0;
  while (desc.code === TypeCode.Struct) {
    // Peers may send names with dots, so the whole rest is tried first.
    const whole = desc.member(rest);
    if (whole !== undefined) return offset + whole.offset;
    const dot = rest.indexOf('.');
    if (dot < 0) return -1;
    const part = desc.member(rest.slice(0, dot));
    if (part === undefined) return -1;
    offset += part.offset;
    desc = part.desc;
    rest = rest.slice(dot + 1);
  }
  return -1;
}

// Descriptions in use, by content. Entries of types that nobody holds any more go away with them, so a peer that
// sends ever new types cannot fill the memory.
const interned = new Map<string, WeakRef<FieldDesc>>();
const sweeper = new FinalizationRegistry<string>((key) => {
  if (interned.get(key)?.deref() === undefined) interned.delete(key);
});
let lastSerial = 0;

function intern(
  code: number,
  id: string,
  members: readonly { readonly name: string; readonly desc: FieldDesc }[],
  element: FieldDesc | undefined,
  bound: number,
  isFixed: boolean,
): FieldDesc {
  let key = `${code},${bound},${isFixed ? 1 : 0},${element?.serial ?? 0},${id.length}:${id}`;
  for (const { name, desc } of members) key += `,${desc.serial},${name.length}:${name}`;
  const known = interned.get(key)?.deref();
  if (known !== undefined) return known;
  let offset = code === TypeCode.Struct ? 1 : 0;
  const list = members.map(({ name, desc }): Member => {
    const member = Object.freeze({ name, desc, offset });
    offset += code === TypeCode.Struct ? desc.fieldCount : 1;
    return member;
  });
  const frozen = list.length === 0 ? noMembers : Object.freeze(list);
  const desc = new FieldDesc(code, id, frozen, element, bound, isFixed, lastSerial + 1);
  if (desc.depth > MAX_TYPE_DEPTH) {
    throw new LimitError(`type is nested ${desc.depth} deep, the limit is ${MAX_TYPE_DEPTH}`);
  }
  if (desc.fieldCount > MAX_FIELDS) {
    throw new LimitError(`type has ${desc.fieldCount} fields, the limit is ${MAX_FIELDS}`);
  }
  lastSerial++;
  interned.set(key, new WeakRef(desc));
  sweeper.register(desc, key);
  return desc;
}

const simple: ReadonlyMap<number, FieldDesc> = new Map(
  [...scalarNames, 'any']
    .flatMap((name) => [codeOfName(name), codeOfName(`${name}[]`)])
    .map((code) => [code, intern(code, '', [], undefined, 0, false)]),
);

/** The description of a type code that needs no other detail: scalars, any, and arrays of them. */
export function simpleType(code: number): FieldDesc | undefined {
  return simple.get(code);
}

/** The description of a scalar, any, or an array of them. */
export function scalarType(name: ScalarName | `${ScalarName}[]` | 'any' | 'any[]'): FieldDesc {
  const desc = simple.get(codeOfName(name));
  if (desc === undefined) throw new TypeMismatchError(`no type is called "${name}"`);
  return desc;
}

/** The description that a `TypeSpec` stands for. */
export function toFieldDesc(spec: TypeSpec): FieldDesc {
  return typeof spec === 'string' ? scalarType(spec) : spec;
}

/** A structure or union from its members in order; any names, as peers may send them. For decoders. */
export function compoundType(
  code: typeof TypeCode.Struct | typeof TypeCode.Union,
  id: string,
  members: readonly { readonly name: string; readonly desc: FieldDesc }[],
): FieldDesc {
  return intern(code, id, members, undefined, 0, false);
}

function checkedMembers(members: MemberSpecs): { name: string; desc: FieldDesc }[] {
  return Object.entries(members).map(([name, spec]) => {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      throw new FieldError(`"${name}" is no valid field name: letters, digits and _ only`, name);
    }
    return { name, desc: toFieldDesc(spec) };
  });
}

/**
 * A structure.
 *
 * @param id type id, `''` for none.
 * @throws {FieldError} EPICS_FIELD for a name other than `[A-Za-z_][A-Za-z0-9_]*`.
 * @throws {LimitError} EPICS_LIMIT when nested deeper than 20 or larger than 65536 fields.
 */
export function structType(id: string, members: MemberSpecs): FieldDesc {
  return compoundType(TypeCode.Struct, id, checkedMembers(members));
}

/** A union of the given members; conditions as for `structType`. */
export function unionType(id: string, members: MemberSpecs): FieldDesc {
  return compoundType(TypeCode.Union, id, checkedMembers(members));
}

/**
 * An array of a type, which is no array itself.
 *
 * @throws {TypeMismatchError} EPICS_TYPE for an array of arrays.
 */
export function arrayOf(element: FieldDesc): FieldDesc {
  if (element.isArray || element.bound > 0) {
    throw new TypeMismatchError(
      `there are no arrays of ${element.typeName}${element.isArray ? '' : ' with a bound'}`,
    );
  }
  const known = simple.get(element.code | ARRAY_BIT);
  return known ?? intern(element.code | ARRAY_BIT, '', [], element, 0, false);
}

/**
 * An array of scalars, or a string, that has a bound. Other pvxs-based peers refuse such types.
 *
 * @param bound elements, of a string bytes.
 * @param isFixed the count is always `bound`; arrays only.
 * @throws {TypeMismatchError} EPICS_TYPE for any other type.
 */
export function boundedType(spec: TypeSpec, bound: number, isFixed = false): FieldDesc {
  const desc = toFieldDesc(spec);
  const isScalarArray = desc.isArray && desc.code < TypeCode.Struct;
  if (!isScalarArray && (desc.code !== TypeCode.String || isFixed)) {
    throw new TypeMismatchError(`${desc.typeName} cannot have a bound`);
  }
  if (!Number.isInteger(bound) || bound < 0 || bound >= 0x8000_0000) {
    throw new LimitError(`bound ${bound} is not a size from 0 to 2147483647`);
  }
  return bound === 0 && !isFixed
    ? (simple.get(desc.code) ?? desc)
    : intern(desc.code, '', [], undefined, bound, isFixed);
}

/**
 * The type with more members at its end. A member that exists already takes the new type in its old place; where
 * both are structures, the new members are merged into it.
 *
 * @throws {TypeMismatchError} EPICS_TYPE when `type` is no structure or union.
 */
export function extendType(type: FieldDesc, members: MemberSpecs): FieldDesc {
  if (!type.isStruct && !type.isUnion) throw new TypeMismatchError(`cannot add members to ${type.typeName}`);
  const merged = new Map(type.members.map(({ name, desc }): [string, FieldDesc] => [name, desc]));
  for (const { name, desc } of checkedMembers(members)) {
    const old = merged.get(name);
    const isMerge = old?.isStruct === true && desc.isStruct;
    merged.set(name, isMerge ? mergeStructs(old, desc) : desc);
  }
  return rebuild(type, merged);
}

function mergeStructs(old: FieldDesc, added: FieldDesc): FieldDesc {
  return extendType(old, Object.fromEntries(added.members.map(({ name, desc }) => [name, desc])));
}

function rebuild(type: FieldDesc, members: ReadonlyMap<string, FieldDesc>): FieldDesc {
  const list = [...members].map(([name, desc]) => ({ name, desc }));
  return intern(type.code, type.id, list, undefined, 0, false);
}
