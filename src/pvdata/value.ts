import { BitSet, FieldError, LimitError, TypeMismatchError } from '../util/index.ts';
import { cannotConvert, convertArray, convertScalar, inferCode, isArrayLike, wrongShape } from './convert.ts';
import { assignMarked, equalValues } from './delta.ts';
import { type FieldDesc, MAX_TYPE_DEPTH, simpleType } from './field-desc.ts';
import { formatValue } from './format.ts';
import { isComplexPath, type PathStep, parsePath } from './path.ts';
import { type PlainOptions, toPlain } from './plain.ts';
import { Op } from './program.ts';
import { ARRAY_BIT, TypeCode } from './type-code.ts';

/**
 * Data of one pvData type, with marks that say which fields are meant.
 *
 * Storage is flat: slot `i` holds the field with pvData bit `i`. What slots hold:
 *
 * | Type | Slot |
 * |---|---|
 * | structure | nothing; its members follow |
 * | boolean, string | boolean, string |
 * | integers up to 32 bits, float, double | number |
 * | long, ulong | bigint |
 * | long named `secondsPastEpoch` | number, exact to 2^53 |
 * | arrays of numbers | the typed array of the type, `BigInt64Array` for long |
 * | boolean[], string[] | `readonly boolean[]`, `readonly string[]` |
 * | union | `Value` of the selected member's type, its `selector` the member's index; null = none selected |
 * | any | `Value`, or null |
 * | arrays of structures, unions, any | `readonly (Value \| null)[]` |
 *
 * In arrays of unions and any, null is a missing element. One that is there with nothing selected, which is not the same
 * on the wire, is a value of the union or any itself with null in it and selector 0.
 *
 * A type that is no structure has its content in slot 0. Arrays and values in slots are shared, not copied: nobody
 * changes them after they were put here; `set` with a path into them replaces them by changed copies.
 */
export class Value {
  /** The type; identity is type identity. */
  readonly desc: FieldDesc;
  /** Index of the union member that this value is the content of, -1 when it is in no union. */
  readonly selector: number;
  /** Content by slot. For codecs; writing here bypasses marks. */
  readonly slots: unknown[];
  /** Marks of slots 0 to 31. For codecs. */
  markLow: number;
  /** Marks of slots 32 to 63. For codecs. */
  markHigh: number;
  /** Marks of slots 64 and up; undefined while there are none. For codecs. */
  markRest: Uint32Array | undefined;

  /**
   * A value with default content (0, false, `''`, empty, null) and no marks.
   *
   * @param slots content to take over instead, for codecs; as many as the type has.
   */
  constructor(desc: FieldDesc, selector = -1, slots: unknown[] = desc.program.defaults.slice()) {
    this.desc = desc;
    this.selector = selector;
    this.slots = slots;
    this.markLow = 0;
    this.markHigh = 0;
    this.markRest = undefined;
  }

  /**
   * A value with the given content: an object with any of the fields of a structure, else what `set` takes. Exactly
   * the given fields are marked.
   *
   * @throws {FieldError} EPICS_FIELD for a field that the type lacks.
   * @throws {ConversionError} EPICS_CONVERT for content that does not fit.
   */
  static from(desc: FieldDesc, content: unknown): Value {
    const value = new Value(desc);
    value.assignAt(0, content);
    return value;
  }

  /** Content of a value that is no structure; undefined for a structure. */
  get content(): unknown {
    return this.slots[0];
  }

  /**
   * The field at a path, undefined when absent. A structure field comes as a copy in a `Value` of its own, marks
   * included; of other fields the slot's content.
   *
   * @param path dotted names; also `arr[3].x`, `u->member`, `any->field`, `->` content of a union or any, `<` parent.
   * These paths end at content: of a union or any the bare content of its value.
   */
  get(path: string): unknown {
    if (isComplexPath(path)) return find(this, path);
    const offset = this.desc.findOffset(path);
    return offset < 0 ? undefined : pick(this, offset);
  }

  /**
   * As `get`, for fields that must be there.
   *
   * @throws {FieldError} EPICS_FIELD when there is no such field.
   */
  lookup(path: string): unknown {
    const found = this.get(path);
    if (found === undefined) throw this.#noField(path);
    return found;
  }

  /**
   * Converts and stores, and marks the field. A structure takes an object with any of its fields, or a `Value`, of
   * which it takes the marked fields. A union takes null, a `Value`, or plain content for the first member that fits;
   * any takes null, a `Value`, or plain content whose type is inferred.
   *
   * @param path as for `get`.
   * @throws {FieldError} EPICS_FIELD when there is no such field.
   * @throws {ConversionError} EPICS_CONVERT when the content does not fit.
   * @throws {TypeMismatchError} EPICS_TYPE when its shape does not fit.
   */
  set(path: string, x: unknown): this {
    if (isComplexPath(path)) {
      const steps = parsePath(path);
      if (steps === undefined) throw this.#noField(path);
      setAt(this, 0, steps, 0, x, path);
      return this;
    }
    const offset = this.desc.findOffset(path);
    if (offset < 0) throw this.#noField(path);
    this.assignAt(offset, x);
    return this;
  }

  /** Content of a slot, see the table above. */
  at(offset: number): unknown {
    return this.slots[offset];
  }

  /** Stores what the slot's type holds, see the table above, without conversion, and marks the slot. */
  put(offset: number, content: unknown): void {
    this.slots[offset] = content;
    this.markAt(offset);
  }

  /** Converts and stores as `set` does, by slot. */
  assignAt(offset: number, x: unknown): void {
    const { ops, fields } = this.desc.program;
    const field = fields[offset];
    if (field === undefined) throw this.#noField(`slot ${offset}`);
    const op = ops[offset];
    if (op === Op.Seconds) this.put(offset, toSeconds(x));
    else if (op === Op.Struct) this.#assignStruct(offset, field, x);
    else this.put(offset, convertTo(field, x));
  }

  /** Tells whether the field, a structure around it, or (of a structure) any field in it is marked. */
  isMarked(path = ''): boolean {
    const offset = this.desc.findOffset(path);
    return offset >= 0 && this.isMarkedAt(offset);
  }

  /** `isMarked` by slot. */
  isMarkedAt(offset: number): boolean {
    const { parents, sizes } = this.desc.program;
    const next = this.nextMark(offset);
    if (next >= 0 && next < offset + (sizes[offset] as number)) return true;
    for (let at = parents[offset] as number; at >= 0; at = parents[at] as number)
      if (this.#hasMark(at)) return true;
    return false;
  }

  /**
   * Marks a field, or takes its mark away. The mark of a structure stands for all that is in it.
   *
   * @throws {FieldError} EPICS_FIELD when there is no such field.
   */
  mark(path: string, on = true): void {
    const offset = this.desc.offsetOf(path);
    if (on) this.markAt(offset);
    else this.unmarkAt(offset);
  }

  /** Marks a slot. */
  markAt(offset: number): void {
    if (offset < 32) this.markLow |= 1 << offset;
    else if (offset < 64) this.markHigh |= 1 << offset;
    else {
      this.markRest ??= new Uint32Array((this.slots.length - 33) >>> 5);
      const k = (offset >>> 5) - 2;
      this.markRest[k] = (this.markRest[k] as number) | (1 << offset);
    }
  }

  /** Takes the marks of a slot and all below it away. The mark of a structure around it becomes marks of the rest. */
  unmarkAt(offset: number): void {
    const { parents, sizes, structs } = this.desc.program;
    const marks = this.marks;
    for (let at = parents[offset] as number; at >= 0; at = parents[at] as number) {
      if (!marks.get(at)) continue;
      marks.set(at, false);
      for (let i = at + 1; i < at + (sizes[at] as number); i++) if (!structs.get(i)) marks.set(i);
    }
    for (let i = offset; i < offset + (sizes[offset] as number); i++) marks.set(i, false);
    this.marks = marks;
  }

  /** Takes all marks away. */
  unmark(): void {
    this.markLow = 0;
    this.markHigh = 0;
    this.markRest = undefined;
  }

  /** Lowest marked slot from `from` on, -1 when there is none. */
  nextMark(from: number): number {
    if (from < 32) {
      const word = this.markLow & (-1 << from);
      if (word !== 0) return 31 - Math.clz32(word & -word);
    }
    if (from < 64) {
      const word = this.markHigh & (from < 33 ? -1 : -1 << from);
      if (word !== 0) return 63 - Math.clz32(word & -word);
    }
    const rest = this.markRest;
    if (rest === undefined) return -1;
    for (let k = Math.max(0, (from >>> 5) - 2); k < rest.length; k++) {
      let word = rest[k] as number;
      if (from > (k + 2) * 32) word &= -1 << from;
      if (word !== 0) return (k + 2) * 32 + 31 - Math.clz32(word & -word);
    }
    return -1;
  }

  /** The marks by slot, as a copy; assigning replaces them all. */
  get marks(): BitSet {
    const set = new BitSet();
    set.low = this.markLow;
    set.high = this.markHigh;
    set.rest = this.markRest?.slice();
    return set;
  }
  set marks(set: BitSet) {
    const count = this.slots.length;
    this.unmark();
    for (let bit = set.next(0); bit >= 0 && bit < count; bit = set.next(bit + 1)) this.markAt(bit);
  }

  /**
   * Paths of all marked fields that are no structures, depth first.
   *
   * @yields {string} a dotted path.
   */
  *marked(): IterableIterator<string> {
    for (const offset of this.markedSlots()) yield this.desc.nameAt(offset);
  }

  /**
   * Slots of all marked fields that are no structures, depth first.
   *
   * @yields {number} a slot.
   */
  *markedSlots(): IterableIterator<number> {
    const { sizes, structs } = this.desc.program;
    let at = this.nextMark(0);
    while (at >= 0) {
      const end = at + (sizes[at] as number);
      for (; at < end; at++) if (!structs.get(at)) yield at;
      at = this.nextMark(end);
    }
  }

  /** A value of the same type with default content and no marks. */
  emptyClone(): Value {
    return new Value(this.desc, this.selector);
  }

  /** A copy with the marks. Arrays and nested values are shared. */
  clone(): Value {
    return this.withSelector(this.selector);
  }

  /** A copy with the marks, as content of the union member `selector`. */
  withSelector(selector: number): Value {
    const copy = new Value(this.desc, selector, this.slots.slice());
    copy.markLow = this.markLow;
    copy.markHigh = this.markHigh;
    copy.markRest = this.markRest?.slice();
    return copy;
  }

  /**
   * Copies the marked fields of `other`, by name unless the types are the same, and marks them here.
   *
   * @throws {FieldError} EPICS_FIELD for a marked field that this type lacks.
   * @throws {ConversionError} EPICS_CONVERT when a field of another type does not fit.
   */
  assign(other: Value): this {
    assignMarked(this, 0, other);
    return this;
  }

  /** Tells whether type and content are the same; marks do not count. NaN equals NaN. */
  equals(other: Value): boolean {
    return equalValues(this, other);
  }

  /** The content as nested plain objects; `{ value }` when the type is no structure. */
  toObject(options?: PlainOptions): Record<string, unknown> {
    const plain = toPlain(this, options);
    return this.desc.isStruct ? (plain as Record<string, unknown>) : { value: plain };
  }

  /** The content as text, as pvxs prints it. */
  toString(): string {
    return formatValue(this);
  }

  #hasMark(offset: number): boolean {
    return this.nextMark(offset) === offset;
  }

  #noField(path: string): FieldError {
    return new FieldError(`no field "${path}" in ${this.desc.id || this.desc.typeName}`, path);
  }

  #assignStruct(offset: number, desc: FieldDesc, x: unknown): void {
    if (x instanceof Value) {
      if (!x.desc.isStruct) throw wrongShape(x.content, desc.id || 'structure');
      assignMarked(this, offset, x);
      return;
    }
    if (typeof x !== 'object' || x === null || isArrayLike(x)) throw wrongShape(x, desc.id || 'structure');
    if (desc.members.length === 0) this.markAt(offset);
    for (const [name, content] of Object.entries(x)) {
      const member = desc.member(name);
      if (member === undefined) throw this.#noField(name);
      if (content !== undefined) this.assignAt(offset + member.offset, content);
    }
  }
}

function pick(value: Value, offset: number): unknown {
  return value.desc.program.ops[offset] === Op.Struct ? subValue(value, offset) : value.slots[offset];
}

function find(top: Value, path: string): unknown {
  const steps = parsePath(path);
  if (steps === undefined) return undefined;
  let value = top;
  let offset = 0;
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i] as PathStep;
    if (step.kind === 'field' || step.kind === 'parent') {
      offset = moveIn(value.desc, offset, step);
      if (offset < 0) return undefined;
      continue;
    }
    const slot = value.slots[offset];
    let next: unknown = slot;
    if (step.kind === 'index') next = isArrayLike(slot) ? slot[step.index] : undefined;
    else if (!isContent(value, offset, step.name)) return undefined;
    if (!(next instanceof Value)) return i === steps.length - 1 ? next : undefined;
    // In any, the name behind the arrow is a field of the content.
    const inner = step.kind === 'content' && !value.desc.fieldAt(offset).isUnion ? step.name : '';
    value = next;
    offset = next.desc.findOffset(inner);
    if (offset < 0) return undefined;
  }
  return pick(value, offset);
}

/** Copy of the structure at a slot, marks included, as a value of its own. */
function subValue(value: Value, offset: number): Value {
  const desc = value.desc.fieldAt(offset);
  const end = offset + desc.fieldCount;
  const copy = new Value(desc, -1, value.slots.slice(offset, end));
  if (offset > 0 && value.isMarkedAt(offset)) {
    const { parents } = value.desc.program;
    const marks = value.marks;
    for (let at = parents[offset] as number; at >= 0; at = parents[at] as number)
      if (marks.get(at)) copy.markAt(0);
  }
  for (let bit = value.nextMark(offset); bit >= 0 && bit < end; bit = value.nextMark(bit + 1))
    copy.markAt(bit - offset);
  return copy;
}

function toSeconds(x: unknown): number {
  return Number(convertScalar(TypeCode.Long, x instanceof Value ? x.content : x));
}

function moveIn(desc: FieldDesc, offset: number, step: PathStep & { kind: 'field' | 'parent' }): number {
  if (step.kind === 'parent') return desc.parentAt(offset);
  const inner = desc.fieldAt(offset).findOffset(step.name);
  return inner < 0 ? -1 : offset + inner;
}

/** Tells whether the slot is a union with the named member selected (`''`: with any), or any with some content. */
function isContent(value: Value, offset: number, name: string): boolean {
  const field = value.desc.fieldAt(offset);
  const content = value.slots[offset];
  if (!(content instanceof Value) || field.isArray) return false;
  return name === '' || !field.isUnion || field.members[content.selector]?.name === name;
}

function setAt(
  value: Value,
  from: number,
  steps: readonly PathStep[],
  first: number,
  x: unknown,
  path: string,
): void {
  const fail = (): never => {
    throw new FieldError(`no field "${path}" in ${value.desc.id || value.desc.typeName}`, path);
  };
  let offset = from;
  for (let i = first; i < steps.length; i++) {
    const step = steps[i] as PathStep;
    if (step.kind === 'field' || step.kind === 'parent') {
      offset = moveIn(value.desc, offset, step);
      if (offset < 0) fail();
      continue;
    }
    const slot = value.slots[offset];
    const field = value.desc.fieldAt(offset);
    if (step.kind === 'index') {
      if (!isArrayLike(slot) || step.index >= slot.length) return fail();
      const list: unknown[] = Array.from(slot);
      const old = list[step.index];
      if (old instanceof Value || (old === null && field.element?.isStruct === true)) {
        const item = old === null ? new Value(field.element as FieldDesc) : (old as Value).clone();
        setAt(item, 0, steps, i + 1, x, path);
        list[step.index] = item;
      } else if (i === steps.length - 1) {
        list[step.index] = x;
      } else {
        fail();
      }
      value.put(offset, convertTo(field, list));
      return;
    }
    value.put(offset, changedContent(value, offset, step.name, steps, i + 1, x, path) ?? fail());
    return;
  }
  value.assignAt(offset, x);
}

/** Copy of the content of a union or any with the rest of the path set in it; undefined when it does not exist. */
function changedContent(
  value: Value,
  offset: number,
  name: string,
  steps: readonly PathStep[],
  next: number,
  x: unknown,
  path: string,
): Value | undefined {
  const field = value.desc.fieldAt(offset);
  const old = value.slots[offset];
  let content: Value;
  if (old instanceof Value && isContent(value, offset, name)) {
    content = old.clone();
  } else {
    const member = field.isUnion ? field.member(name) : undefined;
    if (member === undefined) return undefined;
    content = new Value(member.desc, member.offset);
  }
  const start = field.isUnion ? 0 : content.desc.findOffset(name);
  if (start < 0) return undefined;
  setAt(content, start, steps, next, x, path);
  return content;
}

/**
 * Converts `x` to what a slot of type `desc` holds, by PVA-D-9 and PVA-D-4. Arrays of the right kind and values of
 * the right type are shared.
 *
 * @throws {ConversionError} EPICS_CONVERT when the content does not fit.
 * @throws {TypeMismatchError} EPICS_TYPE when the shape does not fit.
 * @throws {FieldError} EPICS_FIELD for an object with a field that the type lacks.
 */
export function convertTo(desc: FieldDesc, x: unknown): unknown {
  const code = desc.code;
  if (code === TypeCode.Any) return toAny(x);
  if (code === TypeCode.Union) return toUnion(desc, x);
  if (code === TypeCode.Struct) return x instanceof Value && x.desc === desc ? x : Value.from(desc, x);
  const plain = x instanceof Value && !x.desc.isStruct ? x.content : x;
  if (code === TypeCode.AnyArray) return toList(desc, plain, toAny);
  if (code === TypeCode.UnionArray)
    return toList(desc, plain, (item) => toUnion(desc.element as FieldDesc, item));
  if (code === TypeCode.StructArray) {
    return toList(desc, plain, (item) => (item === null ? null : convertTo(desc.element as FieldDesc, item)));
  }
  if ((code & ARRAY_BIT) === 0) return checkText(desc, convertScalar(code, plain));
  const array = convertArray(code, plain);
  if (desc.bound > 0 || desc.isFixed) checkBound(desc, array.length);
  return array;
}

function toList(desc: FieldDesc, x: unknown, convert: (item: unknown) => unknown): readonly unknown[] {
  if (!Array.isArray(x)) throw wrongShape(x, desc.typeName);
  return x.map(convert);
}

function checkText(
  desc: FieldDesc,
  x: boolean | number | bigint | string,
): boolean | number | bigint | string {
  if (desc.bound > 0 && typeof x === 'string') checkBound(desc, new TextEncoder().encode(x).length);
  return x;
}

function checkBound(desc: FieldDesc, count: number): void {
  if (desc.isFixed ? count === desc.bound : count <= desc.bound) return;
  const rule = desc.isFixed ? 'exactly' : 'at most';
  throw new TypeMismatchError(`${desc.typeName} takes ${rule} ${desc.bound} elements, not ${count}`);
}

function toAny(x: unknown): Value | null {
  if (x === null || x instanceof Value) return x;
  const desc = simpleType(inferCode(x));
  if (desc === undefined) throw wrongShape(x, 'any; give a Value');
  return Value.from(desc, x);
}

function toUnion(desc: FieldDesc, x: unknown): Value | null {
  if (x === null) return null;
  if (x instanceof Value) {
    if (desc.members[x.selector]?.desc === x.desc) return x;
    const exact = desc.members.find((member) => member.desc === x.desc);
    if (exact !== undefined) return x.withSelector(exact.offset);
  }
  const code = inferCode(x);
  const natural = desc.members.find((member) => member.desc.code === code && member.desc.bound === 0);
  const order = natural === undefined ? desc.members : [natural, ...desc.members];
  for (const member of order) {
    const content = tryConvert(member.desc, x);
    if (content !== undefined) return content.withSelector(member.offset);
  }
  throw cannotConvert(x instanceof Value ? x.content : x, `a member of union ${desc.id || '{}'}`);
}

function tryConvert(desc: FieldDesc, x: unknown): Value | undefined {
  try {
    return Value.from(desc, x);
  } catch (error) {
    if (error instanceof LimitError) throw error;
    return undefined;
  }
}

/** Nesting of values in any, union and structure arrays that is neither sent nor accepted. */
export const MAX_VALUE_DEPTH: number = MAX_TYPE_DEPTH;
