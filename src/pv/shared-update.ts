import { Value } from '../pvdata/index.ts';
import type { BitSet } from '../util/index.ts';
import { hasCompoundMarks, leafMarks } from './marks.ts';
import type { EventMask, Snapshot } from './model.ts';

/** What a fan-out delivers: the complete state of a scalar PV, or of a structure with marks. */
export type UpdateData = Snapshot | Value;

/** Names one encoding of an update, for example `DBR type * 2^24 + count`, or `L:` and the mask in hex. */
export type EncodingKey = string | number;

/**
 * One post as the subscribers of a group share it: the data, what changed, and the bytes made from it so far.
 *
 * Immutable except for the encodings that `encoded` adds; merging makes a new one.
 */
export class SharedUpdate<D extends UpdateData> {
  readonly data: D;
  /** What happened: the OR of all merged posts. */
  readonly mask: EventMask;
  /** What changed in a structure, where that differs from the marks of `data`. */
  readonly marks: BitSet | undefined;
  /** What changed more than once since the subscriber's previous update; undefined: nothing. Structures only. */
  readonly overrun: BitSet | undefined;
  #changed: BitSet | undefined;
  #bytes: number;
  #key: EncodingKey | undefined;
  #encoding: unknown;
  #more: Map<EncodingKey, unknown> | undefined;

  constructor(data: D, mask: EventMask, marks?: BitSet, overrun?: BitSet) {
    this.data = data;
    this.mask = mask;
    this.marks = marks;
    this.overrun = overrun;
    this.#changed = marks;
    this.#bytes = -1;
    this.#key = undefined;
    this.#encoding = undefined;
    this.#more = undefined;
  }

  /** What changed in a structure; undefined for a Snapshot, where `mask` says it all. Not to be changed. */
  get changed(): BitSet | undefined {
    if (this.#changed === undefined && this.data instanceof Value) this.#changed = this.data.marks;
    return this.#changed;
  }

  /**
   * The encoding named `key`, made by `make` when it is asked for the first time. One key always stands for one
   * type of encoding; a server uses keys of one kind only, so that they cannot meet.
   */
  encoded<T>(key: EncodingKey, make: (update: SharedUpdate<D>) => T): T {
    if (this.#key === key) return this.#encoding as T;
    if (this.#key === undefined) {
      const made = make(this);
      this.#key = key;
      this.#encoding = made;
      return made;
    }
    this.#more ??= new Map();
    const known = this.#more.get(key);
    if (known !== undefined) return known as T;
    const made = make(this);
    this.#more.set(key, made);
    return made;
  }

  /** Approximate memory of the data in bytes, arrays and strings counted. */
  get byteSize(): number {
    if (this.#bytes < 0) this.#bytes = sizeOf(this.data);
    return this.#bytes;
  }
}

const BASE_BYTES = 64;
const SLOT_BYTES = 8;

function sizeOf(data: UpdateData): number {
  return data instanceof Value ? sizeOfValue(data, 0) : BASE_BYTES + sizeOfSlot(data.value, 0);
}

// Unions and structure arrays nest; the codecs bound the depth, this bounds our own recursion.
const MAX_DEPTH = 20;

function sizeOfValue(value: Value, depth: number): number {
  let bytes = BASE_BYTES;
  for (let i = 0; i < value.desc.fieldCount; i++) bytes += sizeOfSlot(value.at(i), depth);
  return bytes;
}

function sizeOfSlot(slot: unknown, depth: number): number {
  if (typeof slot === 'string') return SLOT_BYTES + slot.length;
  if (typeof slot !== 'object' || slot === null) return SLOT_BYTES;
  if (ArrayBuffer.isView(slot)) return BASE_BYTES + slot.byteLength;
  if (depth >= MAX_DEPTH) return SLOT_BYTES;
  if (slot instanceof Value) return sizeOfValue(slot, depth + 1);
  if (!Array.isArray(slot)) return SLOT_BYTES;
  let bytes = BASE_BYTES;
  for (const item of slot) bytes += sizeOfSlot(item, depth + 1);
  return bytes;
}

/**
 * One update for two that follow each other: the newest data, the OR of the masks and marks, and as overrun what
 * was overrun before or marked twice. No value is copied or changed.
 */
export function mergeUpdates<D extends UpdateData>(
  older: SharedUpdate<D>,
  newer: SharedUpdate<D>,
): SharedUpdate<D> {
  const mask = older.mask | newer.mask;
  const before = older.changed;
  const after = newer.changed;
  if (before === undefined || after === undefined || !(newer.data instanceof Value)) {
    return new SharedUpdate(newer.data, mask);
  }
  const desc = newer.data.desc;
  const marks = before.clone().or(after);
  // A marked structure stands for all below it, so twice marked shows only when both sides name the leaves.
  const isPlain = !hasCompoundMarks(desc, before) && !hasCompoundMarks(desc, after);
  const twice = isPlain ? before.clone().and(after) : leafMarks(desc, before).and(leafMarks(desc, after));
  if (older.overrun !== undefined) twice.or(older.overrun);
  if (newer.overrun !== undefined) twice.or(newer.overrun);
  return new SharedUpdate(newer.data, mask, marks, twice.isEmpty ? undefined : twice);
}
