import { BitSet, FieldError } from '../util/index.ts';
import type { FieldDesc } from './field-desc.ts';
import { Op } from './program.ts';
import type { Value } from './value.ts';

/**
 * Copies the marked fields of `from` into the structure (or field) at slot `base` of `to`, and marks them there.
 *
 * @throws {FieldError} EPICS_FIELD for a marked field that `to` lacks.
 */
export function assignMarked(to: Value, base: number, from: Value): void {
  const target = to.desc.fieldAt(base);
  if (target === from.desc) {
    copySame(to, base, from);
    return;
  }
  for (const offset of from.markedSlots()) {
    const path = from.desc.nameAt(offset);
    const at = target.findOffset(path);
    if (at < 0) throw new FieldError(`no field "${path}" in ${target.id || target.typeName}`, path);
    const content = from.slots[offset];
    // An empty structure has no content to assign.
    to.assignAt(base + at, content === undefined ? {} : content);
  }
}

function copySame(to: Value, base: number, from: Value): void {
  const { sizes } = from.desc.program;
  let copied = 0;
  for (let bit = from.nextMark(0); bit >= 0; bit = from.nextMark(bit + 1)) {
    to.markAt(base + bit);
    const end = bit + (sizes[bit] as number);
    for (let i = Math.max(bit, copied); i < end; i++) to.slots[base + i] = from.slots[i];
    copied = Math.max(copied, end);
  }
}

/** Tells whether two values have the same type and content; marks do not count. */
export function equalValues(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (a.desc !== b.desc) return false;
  const { ops } = a.desc.program;
  for (let i = 0; i < a.slots.length; i++) {
    if (!equalContent(ops[i] as number, a.slots[i], b.slots[i])) return false;
  }
  return true;
}

/** Tells whether two slots of the same opcode hold the same. Numbers differ by sign of zero, NaN is equal to NaN. */
export function equalContent(op: number, a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (op < Op.NumberArray) return false;
  if (op === Op.Union) return equalMembers(a as Value | null, b as Value | null);
  if (op === Op.Any) return equalNullable(a as Value | null, b as Value | null);
  const left = a as ArrayLike<unknown>;
  const right = b as ArrayLike<unknown>;
  if (left.length !== right.length) return false;
  const same =
    op === Op.UnionArray
      ? (x: unknown, y: unknown) => equalMembers(x as Value | null, y as Value | null)
      : op === Op.StructArray || op === Op.AnyArray
        ? (x: unknown, y: unknown) => equalNullable(x as Value | null, y as Value | null)
        : Object.is;
  for (let i = 0; i < left.length; i++) if (!same(left[i], right[i])) return false;
  return true;
}

function equalNullable(a: Value | null, b: Value | null): boolean {
  return a === null || b === null ? a === b : equalValues(a, b);
}

function equalMembers(a: Value | null, b: Value | null): boolean {
  return equalNullable(a, b) && (a === null || b === null || a.selector === b.selector);
}

/** Slots of the fields, structures left out, in which two values of one type differ. */
export function differingSlots(before: Value, after: Value): BitSet {
  const { ops } = after.desc.program;
  const set = new BitSet();
  for (let i = 0; i < ops.length; i++) {
    if (!equalContent(ops[i] as number, before.slots[i], after.slots[i])) set.set(i);
  }
  return set;
}

/** Mask that spells the bits of structures out as bits of all fields in them. Bits beyond the type are dropped. */
export function expandMask(desc: FieldDesc, mask: BitSet): BitSet {
  const { sizes, structs } = desc.program;
  const count = desc.fieldCount;
  const set = new BitSet();
  for (let bit = mask.next(0); bit >= 0 && bit < count; bit = mask.next(bit)) {
    const end = bit + (sizes[bit] as number);
    for (; bit < end; bit++) if (!structs.get(bit)) set.set(bit);
  }
  return set;
}

/**
 * The part of a value's marks that a subscriber selected: the mask to give to `encodeMasked`.
 *
 * Plain `and` would not do: the bit of a structure in one set stands for the bits of its fields in the other.
 *
 * @param selection from `selectMask`, for the same type.
 */
export function selectMarks(value: Value, selection: BitSet): BitSet {
  const marks = value.marks;
  const { structs } = value.desc.program;
  if (selection.count >= value.desc.fieldCount) return marks;
  return (marks.intersects(structs) ? expandMask(value.desc, marks) : marks).and(selection);
}
