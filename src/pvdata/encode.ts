import { type BitSet, type BytesWriter, cutUtf8, LimitError, TypeMismatchError } from '../util/index.ts';
import { convertArray } from './convert.ts';
import type { FieldDesc } from './field-desc.ts';
import { writeNumberArray } from './number-array.ts';
import { writeBitSet, writeSize, writeString } from './primitives.ts';
import { type NumberArray, numberArrayClass, Op } from './program.ts';
import { TypeCode } from './type-code.ts';
import { encodeType } from './type-wire.ts';
import { MAX_VALUE_DEPTH, Value } from './value.ts';

/**
 * Writes all content of a value, without its type.
 *
 * @throws {LimitError} EPICS_LIMIT when values are nested deeper than 20.
 * @throws {TypeMismatchError} EPICS_TYPE when a slot holds what its type does not allow.
 */
export function encodeValue(w: BytesWriter, value: Value): void {
  encodeSlots(w, value, 0, value.slots.length, 1);
}

/**
 * Writes a mask and the content of the fields in it. The bit of a structure stands for all that is in it.
 *
 * @param mask by default the marks of the value. Bits beyond the type are left out.
 */
export function encodeMasked(w: BytesWriter, value: Value, mask?: BitSet): void {
  const count = value.slots.length;
  if (mask === undefined && count <= 64) {
    writeSmallMask(w, value.markLow, value.markHigh);
    const { sizes } = value.desc.program;
    for (let bit = value.nextMark(0); bit >= 0; ) {
      const start = bit;
      let end = bit;
      // Fields that follow each other are written in one go.
      do {
        end += sizes[end] as number;
        bit = value.nextMark(end);
      } while (bit === end);
      encodeSlots(w, value, start, end, 1);
    }
    return;
  }
  let set = mask ?? value.marks;
  if (set.length > count) {
    set = set.clone();
    for (let bit = set.next(count); bit >= 0; bit = set.next(bit)) set.set(bit, false);
  }
  writeBitSet(w, set);
  const { sizes } = value.desc.program;
  for (let bit = set.next(0); bit >= 0; ) {
    const end = bit + (sizes[bit] as number);
    encodeSlots(w, value, bit, end, 1);
    bit = set.next(end);
  }
}

/** The mask of `writeBitSet` for at most 64 bits, without the set. */
function writeSmallMask(w: BytesWriter, low: number, high: number): void {
  if (high !== 0 && high >>> 24 !== 0) {
    w.u8(8);
    w.i32(w.littleEndian ? low : high);
    w.i32(w.littleEndian ? high : low);
    return;
  }
  const count = high !== 0 ? 8 - (Math.clz32(high) >>> 3) : 4 - (Math.clz32(low) >>> 3);
  w.u8(count);
  for (let i = 0; i < count; i++) w.u8(((i < 4 ? low : high) >>> ((i & 3) * 8)) & 0xff);
}

/** Writes type and content of a value, the null type for null: what an `any` field holds. */
export function encodeAny(w: BytesWriter, value: Value | null): void {
  encodeNestedAny(w, value, 0);
}

function encodeNestedAny(w: BytesWriter, value: Value | null, depth: number): void {
  if (value === null) {
    encodeType(w, null);
    return;
  }
  encodeType(w, value.desc);
  encodeSlots(w, value, 0, value.slots.length, depth + 1);
}

function encodeSlots(w: BytesWriter, value: Value, from: number, to: number, depth: number): void {
  if (depth > MAX_VALUE_DEPTH) throw new LimitError(`value is nested deeper than ${MAX_VALUE_DEPTH}`);
  const { ops, fields } = value.desc.program;
  const slots = value.slots;
  for (let i = from; i < to; i++) {
    const x = slots[i];
    switch (ops[i]) {
      case Op.Struct:
        break;
      case Op.Boolean:
        w.u8(x === true ? 1 : 0);
        break;
      case Op.Byte:
        w.i8(x as number);
        break;
      case Op.Short:
        w.i16(x as number);
        break;
      case Op.Int:
        w.i32(x as number);
        break;
      case Op.Long:
        w.i64(typeof x === 'bigint' ? x : BigInt(Math.trunc(x as number)));
        break;
      case Op.UByte:
        w.u8(x as number);
        break;
      case Op.UShort:
        w.u16(x as number);
        break;
      case Op.UInt:
        w.u32(x as number);
        break;
      case Op.ULong:
        w.u64(typeof x === 'bigint' ? x : BigInt(Math.trunc(x as number)));
        break;
      case Op.Float:
        w.f32(x as number);
        break;
      case Op.Double:
        w.f64(x as number);
        break;
      case Op.Seconds:
        w.i64Number(Math.trunc(Number(x)));
        break;
      case Op.String:
        encodeString(w, fields[i] as FieldDesc, x as string);
        break;
      default:
        encodeCompound(w, fields[i] as FieldDesc, x, depth);
    }
  }
}

function encodeString(w: BytesWriter, desc: FieldDesc, text: string): void {
  // Invalid bytes that came in went out of bounds when they became replacement characters.
  writeString(w, desc.bound > 0 ? cutUtf8(text, desc.bound) : text);
}

function encodeCompound(w: BytesWriter, desc: FieldDesc, x: unknown, depth: number): void {
  switch (desc.code) {
    case TypeCode.Union:
      encodeUnion(w, desc, x as Value | null, depth);
      return;
    case TypeCode.Any:
      encodeNestedAny(w, x as Value | null, depth);
      return;
    case TypeCode.StructArray:
    case TypeCode.UnionArray:
    case TypeCode.AnyArray:
      encodeList(w, desc, x as readonly (Value | null)[], depth);
      return;
    default:
      encodeScalarArray(w, desc, x);
  }
}

function encodeUnion(w: BytesWriter, desc: FieldDesc, content: Value | null, depth: number): void {
  if (content === null) {
    writeSize(w, -1);
    return;
  }
  let selector = content.selector;
  if (desc.members[selector]?.desc !== content.desc) {
    selector = desc.members.findIndex((member) => member.desc === content.desc);
    if (selector < 0)
      throw new TypeMismatchError(`union ${desc.id || '{}'} has no member of ${content.desc.typeName}`);
  }
  writeSize(w, selector);
  encodeSlots(w, content, 0, content.slots.length, depth + 1);
}

function encodeList(w: BytesWriter, desc: FieldDesc, list: readonly (Value | null)[], depth: number): void {
  writeSize(w, list.length);
  for (const item of list) {
    if (item === null) {
      w.u8(0);
      continue;
    }
    w.u8(1);
    if (isUnselected(desc, item)) {
      writeSize(w, -1);
    } else if (desc.code === TypeCode.AnyArray) {
      encodeNestedAny(w, item, depth);
    } else if (desc.code === TypeCode.UnionArray) {
      encodeUnion(w, desc.element as FieldDesc, item, depth);
    } else if (item.desc === desc.element) {
      encodeSlots(w, item, 0, item.slots.length, depth + 1);
    } else {
      throw new TypeMismatchError(`${desc.typeName} holds an element of another type`);
    }
  }
}

/** Tells whether an element of an array of unions or any is there with nothing selected; see `Value`. */
function isUnselected(desc: FieldDesc, item: Value): boolean {
  if (item.slots[0] !== null) return false;
  return desc.code === TypeCode.AnyArray
    ? item.desc.code === TypeCode.Any && item.selector === 0
    : item.desc === desc.element;
}

function encodeScalarArray(w: BytesWriter, desc: FieldDesc, x: unknown): void {
  const array = convertArray(desc.code, x);
  const count = array.length;
  let missing = 0;
  if (desc.isFixed) {
    // A new value has empty content, which stands for zeros.
    if (count > desc.bound) throw tooMany(desc, count);
    missing = desc.bound - count;
  } else {
    if (desc.bound > 0 && count > desc.bound) throw tooMany(desc, count);
    writeSize(w, count);
  }
  if (desc.code === TypeCode.StringArray) {
    for (const text of array as readonly string[]) writeString(w, text);
  } else if (desc.code === TypeCode.BooleanArray) {
    const at = w.claim(count);
    for (let i = 0; i < count; i++) w.bytes[at + i] = array[i] === true ? 1 : 0;
  } else {
    writeNumberArray(w, array as NumberArray);
  }
  if (missing > 0) w.zeros(missing * (numberArrayClass(desc.code)?.BYTES_PER_ELEMENT ?? 1));
}

function tooMany(desc: FieldDesc, count: number): TypeMismatchError {
  return new TypeMismatchError(`${desc.typeName} holds ${count}, the bound is ${desc.bound}`);
}
