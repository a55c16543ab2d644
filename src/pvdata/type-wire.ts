import { type BytesReader, BytesWriter, LimitError } from '../util/index.ts';
import {
  arrayOf,
  boundedType,
  compoundType,
  type FieldDesc,
  MAX_TYPE_DEPTH,
  simpleType,
} from './field-desc.ts';
import { type DecodeLimits, defaultDecodeLimits } from './limits.ts';
import { readCount, readSize, readString, writeSize, writeString } from './primitives.ts';
import { TextCache } from './text-cache.ts';
import { ARRAY_BIT, TypeCode } from './type-code.ts';

const NULL_TYPE = 0xff;
const CACHED = 0xfe;
const DEFINE = 0xfd;
/** Definition with a tag, which nobody sends but phoebus reads. */
const DEFINE_TAGGED = 0xfc;
const BOUNDED_STRING = 0x83;
/** The code of a bounded string in the published table; pvData has always used 0x83. */
const BOUNDED_STRING_DOCUMENTED = 0x86;
const FORM_MASK = 0x18;
const FORM_BOUNDED = 0x10;
const FORM_FIXED = 0x18;

/** Ids that one side may define by default: what all known peers announce. */
export const DEFAULT_TYPE_IDS = 0x7fff;
/** Fields that all types which a peer has defined by id may have together. Each costs some 30 bytes. */
export const MAX_CACHED_FIELDS = 0x10_0000;
/**
 * A reference of three bytes may stand for thousands of fields, which are flattened in every new type that has it. What
 * references bring into new types is therefore bounded by the length of these types, above a free first amount.
 */
const FREE_REFERRED_FIELDS = 0x10_0000;
const REFERRED_FIELDS_PER_BYTE = 8;

/**
 * What the decoder remembers of one connection, for its receiving direction: the types that the peer defined by id, and
 * short strings it sent lately.
 */
export class TypeCache {
  /** For the decoder. */
  readonly texts: TextCache = new TextCache();
  readonly #types = new Map<number, FieldDesc>();
  readonly #maxEntries: number;
  #fields = 0;
  #referredLeft = FREE_REFERRED_FIELDS;

  /** @param maxEntries most ids that the peer may have defined at a time. */
  constructor(maxEntries: number = DEFAULT_TYPE_IDS) {
    this.#maxEntries = maxEntries;
  }

  get size(): number {
    return this.#types.size;
  }

  get(id: number): FieldDesc | undefined {
    return this.#types.get(id);
  }

  /**
   * Defines an id, or defines it anew: peers redefine ids at any time.
   *
   * @throws {LimitError} EPICS_LIMIT when there are too many, or they have too many fields together.
   */
  set(id: number, desc: FieldDesc): void {
    const old = this.#types.get(id);
    if (this.#types.size >= this.#maxEntries && old === undefined) {
      throw new LimitError(`peer defines more than ${this.#maxEntries} types`);
    }
    const fields = this.#fields + desc.fieldCount - (old?.fieldCount ?? 0);
    if (fields > MAX_CACHED_FIELDS) {
      throw new LimitError(`peer defines types of more than ${MAX_CACHED_FIELDS} fields together`);
    }
    this.#fields = fields;
    this.#types.set(id, desc);
  }

  /**
   * Counts a defined type that a new type has as member; for the decoder.
   *
   * @throws {LimitError} EPICS_LIMIT when new types have grown by references alone for too long.
   */
  refer(desc: FieldDesc): void {
    this.#referredLeft -= desc.fieldCount;
    if (this.#referredLeft < 0) throw new LimitError('peer defines large types by references too often');
  }

  /** Counts the bytes of a description that was read; for the decoder. */
  wasRead(bytes: number): void {
    this.#referredLeft = Math.min(
      FREE_REFERRED_FIELDS,
      this.#referredLeft + bytes * REFERRED_FIELDS_PER_BYTE,
    );
  }
}

/**
 * Reads a type description.
 *
 * @returns null for the null type.
 * @throws {ProtocolError} EPICS_PROTOCOL for an unknown code or id, or when the bytes end early.
 * @throws {LimitError} EPICS_LIMIT when nested too deep or too large.
 */
export function decodeType(
  r: BytesReader,
  cache: TypeCache,
  limits: DecodeLimits = defaultDecodeLimits,
): FieldDesc | null {
  const start = r.position;
  const desc = readType(r, cache, limits, Math.min(limits.maxDepth, MAX_TYPE_DEPTH));
  cache.wasRead(r.position - start);
  return desc;
}

/** @param depth levels that may still follow, this one included. */
function readType(r: BytesReader, cache: TypeCache, limits: DecodeLimits, depth: number): FieldDesc | null {
  if (depth <= 0) r.fail(`type is nested deeper than ${limits.maxDepth}`);
  const code = r.u8();
  switch (code) {
    case NULL_TYPE:
      return null;
    case CACHED: {
      const id = r.u16();
      const desc = cache.get(id) ?? r.fail(`type id ${id} was never defined`);
      if (desc.depth > depth) r.fail(`type is nested deeper than ${limits.maxDepth}`);
      return desc;
    }
    case DEFINE:
    case DEFINE_TAGGED: {
      const id = r.u16();
      if (code === DEFINE_TAGGED) r.u32();
      const lead = r.u8();
      if (lead >= DEFINE_TAGGED) r.fail(`type id ${id} is defined without a description`);
      const desc = readDescription(lead, r, cache, limits, depth);
      cache.set(id, desc);
      return desc;
    }
    default:
      return readDescription(code, r, cache, limits, depth);
  }
}

function readInner(r: BytesReader, cache: TypeCache, limits: DecodeLimits, depth: number): FieldDesc {
  return readType(r, cache, limits, depth - 1) ?? r.fail('null type inside a type');
}

function readDescription(
  code: number,
  r: BytesReader,
  cache: TypeCache,
  limits: DecodeLimits,
  depth: number,
): FieldDesc {
  const known = simpleType(code);
  if (known !== undefined) return known;
  if (code === TypeCode.Struct || code === TypeCode.Union) {
    return compoundType(code, readString(r, limits.maxString), readMembers(r, cache, limits, depth));
  }
  if (code === TypeCode.StructArray || code === TypeCode.UnionArray) {
    const element = readInner(r, cache, limits, depth);
    if (element.code !== (code & ~ARRAY_BIT)) r.fail(`array 0x${code.toString(16)} of ${element.typeName}`);
    return arrayOf(element);
  }
  if (code === BOUNDED_STRING || code === BOUNDED_STRING_DOCUMENTED) {
    return boundedType('string', readBound(r));
  }
  const form = code & FORM_MASK;
  const scalarArray = simpleType((code & ~FORM_MASK) | ARRAY_BIT);
  if ((form === FORM_BOUNDED || form === FORM_FIXED) && scalarArray !== undefined && code < TypeCode.Struct) {
    const bound = readBound(r);
    // Default content and its encoding have this size, whatever was received.
    if (form === FORM_FIXED && bound > MAX_FIXED_COUNT) {
      throw new LimitError(`fixed array of ${bound} elements, the limit is ${MAX_FIXED_COUNT}`);
    }
    return boundedType(scalarArray, bound, form === FORM_FIXED);
  }
  return r.fail(`unknown type code 0x${code.toString(16).padStart(2, '0')}`);
}

/** Largest fixed array that is accepted. */
export const MAX_FIXED_COUNT = 0x10_0000;

function readBound(r: BytesReader): number {
  const bound = readSize(r);
  return bound < 0 ? r.fail('bound is null') : bound;
}

function readMembers(
  r: BytesReader,
  cache: TypeCache,
  limits: DecodeLimits,
  depth: number,
): { name: string; desc: FieldDesc }[] {
  const count = readCount(r, 2, 'list of fields');
  const members: { name: string; desc: FieldDesc }[] = [];
  let fields = 1;
  for (let i = 0; i < count; i++) {
    const name = readString(r, limits.maxFieldName);
    const isReference = r.remaining > 0 && r.bytes[r.position] === CACHED;
    const desc = readInner(r, cache, limits, depth);
    if (isReference) cache.refer(desc);
    fields += desc.fieldCount;
    if (fields > limits.maxFields) throw new LimitError(`type has more than ${limits.maxFields} fields`);
    members.push({ name, desc });
  }
  return members;
}

/**
 * Writes a type description in full, without the type cache; null writes the null type. This form suits all peers,
 * except that pvxs refuses bounds.
 */
export function encodeType(w: BytesWriter, desc: FieldDesc | null): void {
  if (desc === null) {
    w.u8(NULL_TYPE);
    return;
  }
  const bytes = w.littleEndian ? desc.wireLittle : desc.wireBig;
  w.raw(bytes ?? encodeOnce(desc, w.littleEndian));
}

function encodeOnce(desc: FieldDesc, littleEndian: boolean): Uint8Array {
  const w = new BytesWriter(64, littleEndian);
  writeDescription(w, desc, (inner) => encodeType(w, inner));
  const bytes = w.toBytes();
  if (littleEndian) desc.wireLittle = bytes;
  else desc.wireBig = bytes;
  return bytes;
}

function writeDescription(w: BytesWriter, desc: FieldDesc, writeInner: (desc: FieldDesc) => void): void {
  if (desc.isStruct || desc.isUnion) {
    w.u8(desc.code);
    writeString(w, desc.id);
    writeSize(w, desc.members.length);
    for (const member of desc.members) {
      writeString(w, member.name);
      writeInner(member.desc);
    }
  } else if (desc.element !== undefined) {
    w.u8(desc.code);
    writeInner(desc.element);
  } else if (desc.bound === 0 && !desc.isFixed) {
    w.u8(desc.code);
  } else {
    const form = desc.isFixed ? FORM_FIXED : FORM_BOUNDED;
    w.u8(desc.isArray ? (desc.code & ~FORM_MASK) | form : BOUNDED_STRING);
    writeSize(w, desc.bound);
  }
}

/**
 * Ids that this side has defined on one connection, for its sending direction, for peers with a type cache. Ids count
 * up from 1 and are never defined anew, because pvxs keeps the first definition; types that come after the last id go
 * out in full.
 */
export class TypeRegistry {
  readonly #ids = new Map<FieldDesc, number>();
  readonly #maxEntries: number;

  /** @param maxEntries as announced by the peer. */
  constructor(maxEntries: number = DEFAULT_TYPE_IDS) {
    this.#maxEntries = Math.min(maxEntries, 0xffff);
  }

  /** Writes a type: scalars and their arrays as they are, others defined at their first use and by id afterwards. */
  encodeType(w: BytesWriter, desc: FieldDesc | null): void {
    if (desc === null || desc.code < TypeCode.Struct) {
      encodeType(w, desc);
      return;
    }
    const known = this.#ids.get(desc);
    if (known !== undefined) {
      w.u8(CACHED);
      w.u16(known);
      return;
    }
    if (this.#ids.size < this.#maxEntries) {
      const id = this.#ids.size + 1;
      this.#ids.set(desc, id);
      w.u8(DEFINE);
      w.u16(id);
    }
    writeDescription(w, desc, (inner) => this.encodeType(w, inner));
  }
}
