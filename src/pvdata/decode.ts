import { type BytesReader, LimitError, ProtocolMisuseError } from '../util/index.ts';
import { type FieldDesc, scalarType } from './field-desc.ts';
import { type DecodeLimits, defaultDecodeLimits } from './limits.ts';
import { readNumberArray } from './number-array.ts';
import { readBitSet, readCount, readSize, readString } from './primitives.ts';
import { numberArrayClass, Op } from './program.ts';
import { TypeCode } from './type-code.ts';
import { decodeType, type TypeCache } from './type-wire.ts';
import { Value } from './value.ts';

const anyType = scalarType('any');

/** Nested slots that any message may have, besides those that its length allows. */
const FREE_SLOTS = 0x1_0000;
const SLOTS_PER_BYTE = 8;
/** What a nested value costs besides its slots. */
const VALUE_COST = 4;

/**
 * Reads all content of a value of a known type. The whole value is marked.
 *
 * @throws {ProtocolError} EPICS_PROTOCOL when the bytes are no such value.
 * @throws {LimitError} EPICS_LIMIT when they are more than `limits` allow.
 */
export function decodeValue(
  r: BytesReader,
  desc: FieldDesc,
  cache: TypeCache,
  limits: DecodeLimits = defaultDecodeLimits,
): Value {
  const value = new Value(desc);
  new Decoder(r, cache, limits).slots(value, 0, value.slots.length, 1);
  value.markAt(0);
  return value;
}

/**
 * Reads a mask and the fields in it. The marks of the result are the mask, less bits beyond the type.
 *
 * @param base earlier state of the same type: fields not in the mask come from there, else they have default content.
 * It is not changed.
 * @throws {ProtocolError} EPICS_PROTOCOL when the bytes are no such value.
 * @throws {LimitError} EPICS_LIMIT when they are more than `limits` allow.
 * @throws {ProtocolMisuseError} EPICS_MISUSE when `base` is of another type.
 */
export function decodeMasked(
  r: BytesReader,
  desc: FieldDesc,
  cache: TypeCache,
  base?: Value,
  limits: DecodeLimits = defaultDecodeLimits,
): Value {
  if (base !== undefined && base.desc !== desc) throw new ProtocolMisuseError('base value has another type');
  const value = base === undefined ? new Value(desc) : new Value(desc, -1, base.slots.slice());
  readMarks(r, value);
  const { sizes } = desc.program;
  const decoder = new Decoder(r, cache, limits);
  for (let bit = value.nextMark(0); bit >= 0; ) {
    const start = bit;
    let end = bit;
    // Fields that follow each other are read in one go.
    do {
      end += sizes[end] as number;
      bit = value.nextMark(end);
    } while (bit === end);
    decoder.slots(value, start, end, 1);
  }
  return value;
}

function readMarks(r: BytesReader, value: Value): void {
  const count = value.slots.length;
  const size = r.remaining > 0 ? (r.bytes[r.position] as number) : 0;
  if (size < 8 && count <= 64) {
    r.u8();
    const at = r.take(size);
    let low = 0;
    let high = 0;
    for (let i = 0; i < size; i++) {
      const byte = r.bytes[at + i] as number;
      if (i < 4) low |= byte << (i * 8);
      else high |= byte << ((i - 4) * 8);
    }
    value.markLow = count < 32 ? low & ((1 << count) - 1) : low;
    value.markHigh = count <= 32 ? 0 : count < 64 ? high & ((1 << (count - 32)) - 1) : high;
    return;
  }
  value.marks = readBitSet(r, count);
}

/**
 * Reads type and content of a value; null for the null type.
 *
 * @throws {ProtocolError} EPICS_PROTOCOL when the bytes are no such thing.
 * @throws {LimitError} EPICS_LIMIT when they are more than `limits` allow.
 */
export function decodeAny(
  r: BytesReader,
  cache: TypeCache,
  limits: DecodeLimits = defaultDecodeLimits,
): Value | null {
  const desc = decodeType(r, cache, limits);
  return desc === null ? null : decodeValue(r, desc, cache, limits);
}

class Decoder {
  readonly #r: BytesReader;
  readonly #cache: TypeCache;
  readonly #limits: DecodeLimits;
  #slotsLeft: number;

  constructor(r: BytesReader, cache: TypeCache, limits: DecodeLimits) {
    this.#r = r;
    this.#cache = cache;
    this.#limits = limits;
    this.#slotsLeft = Math.min(limits.maxSlots, FREE_SLOTS + r.remaining * SLOTS_PER_BYTE);
  }

  /** Reads slots `from` to `to` (exclusive). */
  slots(value: Value, from: number, to: number, depth: number): void {
    const { ops, fields } = value.desc.program;
    const r = this.#r;
    const slots = value.slots;
    for (let i = from; i < to; i++) {
      switch (ops[i]) {
        case Op.Struct:
          break;
        case Op.Boolean:
          slots[i] = r.u8() !== 0;
          break;
        case Op.Byte:
          slots[i] = r.i8();
          break;
        case Op.Short:
          slots[i] = r.i16();
          break;
        case Op.Int:
          slots[i] = r.i32();
          break;
        case Op.Long:
          slots[i] = r.i64();
          break;
        case Op.UByte:
          slots[i] = r.u8();
          break;
        case Op.UShort:
          slots[i] = r.u16();
          break;
        case Op.UInt:
          slots[i] = r.u32();
          break;
        case Op.ULong:
          slots[i] = r.u64();
          break;
        case Op.Float:
          slots[i] = r.f32();
          break;
        case Op.Double:
          slots[i] = r.f64();
          break;
        case Op.Seconds:
          slots[i] = r.i64Number();
          break;
        case Op.String:
          slots[i] = this.#string((fields[i] as FieldDesc).bound);
          break;
        default:
          slots[i] = this.#compound(fields[i] as FieldDesc, depth);
      }
    }
  }

  #string(bound: number): string {
    const { maxString } = this.#limits;
    if (bound === 0) return readString(this.#r, maxString, this.#cache.texts);
    const start = this.#r.position;
    const text = readString(this.#r, maxString);
    const bytes = this.#r.position - start;
    // The size itself takes 1 byte, or 5 from 254 on.
    if (bytes - (bytes > 254 ? 5 : 1) > bound) this.#r.fail(`string is longer than its bound of ${bound}`);
    return text;
  }

  #compound(desc: FieldDesc, depth: number): unknown {
    switch (desc.code) {
      case TypeCode.Union:
        return this.#union(desc, depth);
      case TypeCode.Any:
        return this.#any(depth);
      case TypeCode.StructArray:
      case TypeCode.UnionArray:
      case TypeCode.AnyArray:
        return this.#list(desc, depth);
      default:
        return this.#scalarArray(desc);
    }
  }

  #nested(desc: FieldDesc, selector: number, depth: number): Value {
    if (depth >= this.#limits.maxDepth) this.#r.fail(`value is nested deeper than ${this.#limits.maxDepth}`);
    this.#spend(desc);
    const value = new Value(desc, selector);
    this.slots(value, 0, value.slots.length, depth + 1);
    value.markAt(0);
    return value;
  }

  /** An element that is there with nothing selected; see `Value`. */
  #unselected(desc: FieldDesc): Value {
    this.#spend(desc);
    return new Value(desc, 0);
  }

  #spend(desc: FieldDesc): void {
    this.#slotsLeft -= desc.fieldCount + VALUE_COST;
    if (this.#slotsLeft < 0) throw new LimitError('message has too many nested values for its length');
  }

  #union(desc: FieldDesc, depth: number): Value | null {
    const selector = readSize(this.#r);
    if (selector < 0) return null;
    const member = desc.members[selector];
    if (member === undefined) this.#r.fail(`union has no member ${selector}`);
    return this.#nested(member.desc, selector, depth);
  }

  #any(depth: number): Value | null {
    const desc = decodeType(this.#r, this.#cache, this.#limits);
    return desc === null ? null : this.#nested(desc, -1, depth);
  }

  #list(desc: FieldDesc, depth: number): readonly (Value | null)[] {
    const element = desc.element ?? anyType;
    const count = this.#count(desc, 1);
    const list: (Value | null)[] = [];
    for (let i = 0; i < count; i++) {
      if (this.#r.u8() === 0) list.push(null);
      else if (desc.code === TypeCode.AnyArray) list.push(this.#any(depth) ?? this.#unselected(anyType));
      else if (element.isUnion) list.push(this.#union(element, depth) ?? this.#unselected(element));
      else list.push(this.#nested(element, -1, depth));
    }
    return list;
  }

  #scalarArray(desc: FieldDesc): unknown {
    const r = this.#r;
    const make = numberArrayClass(desc.code);
    const count = this.#count(desc, make?.BYTES_PER_ELEMENT ?? 1);
    if (make !== undefined) return readNumberArray(r, desc.code, count);
    if (desc.code === TypeCode.BooleanArray) {
      const at = r.take(count);
      return Array.from(r.bytes.subarray(at, at + count), (byte) => byte !== 0);
    }
    const list: string[] = [];
    for (let i = 0; i < count; i++) list.push(readString(r, this.#limits.maxString, this.#cache.texts));
    return list;
  }

  #count(desc: FieldDesc, itemBytes: number): number {
    const r = this.#r;
    const count = desc.isFixed ? desc.bound : readCount(r, itemBytes, 'array');
    if (count > this.#limits.maxArrayElements) {
      throw new LimitError(`array has ${count} elements, the limit is ${this.#limits.maxArrayElements}`);
    }
    if (desc.isFixed && count * itemBytes > r.remaining) r.fail(`fixed array of ${count} is cut short`);
    if (desc.bound > 0 && count > desc.bound) r.fail(`array of ${count} exceeds its bound of ${desc.bound}`);
    return count;
  }
}
