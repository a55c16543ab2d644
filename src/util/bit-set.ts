/**
 * Growing set of small non-negative integers, for pvData field masks.
 *
 * The first 64 bits are two plain numbers, because the masks of nearly all structures fit there.
 */
export class BitSet {
  /** Bits 0 to 31, as int32. */
  low: number;
  /** Bits 32 to 63, as int32. */
  high: number;
  /** Bits 64 and up in words of 32; undefined while there are none. */
  rest: Uint32Array | undefined;

  constructor() {
    this.low = 0;
    this.high = 0;
    this.rest = undefined;
  }

  /** A set of the given bits. */
  static from(bits: Iterable<number>): BitSet {
    const set = new BitSet();
    for (const bit of bits) set.set(bit);
    return set;
  }

  /** A set of bits 0 to `count - 1`. */
  static first(count: number): BitSet {
    const set = new BitSet();
    const words = (count + 31) >>> 5;
    for (let k = 0; k < words; k++) {
      const bits = Math.min(32, count - k * 32);
      set.setWord(k, bits === 32 ? -1 : (1 << bits) - 1);
    }
    return set;
  }

  /** Number of 32-bit words in use; at least 2. */
  get wordCount(): number {
    return this.rest === undefined ? 2 : this.rest.length + 2;
  }

  /** Bits `32 * index` and up, as int32; 0 beyond the end. */
  word(index: number): number {
    if (index === 0) return this.low;
    if (index === 1) return this.high;
    return (this.rest?.[index - 2] ?? 0) | 0;
  }

  /** Replaces bits `32 * index` to `32 * index + 31`. */
  setWord(index: number, bits: number): void {
    if (index === 0) this.low = bits | 0;
    else if (index === 1) this.high = bits | 0;
    else if (this.rest !== undefined && index - 2 < this.rest.length) this.rest[index - 2] = bits;
    else if (bits !== 0) this.#grow(index - 1)[index - 2] = bits;
  }

  get(bit: number): boolean {
    return ((this.word(bit >>> 5) >>> (bit & 31)) & 1) === 1;
  }

  set(bit: number, on = true): this {
    const index = bit >>> 5;
    const one = 1 << (bit & 31);
    this.setWord(index, on ? this.word(index) | one : this.word(index) & ~one);
    return this;
  }

  clear(): this {
    this.low = 0;
    this.high = 0;
    this.rest = undefined;
    return this;
  }

  /** Adds all bits of `other`. */
  or(other: BitSet): this {
    this.low |= other.low;
    this.high |= other.high;
    if (other.rest !== undefined) {
      const rest = this.#grow(other.rest.length);
      for (let i = 0; i < other.rest.length; i++) rest[i] = (rest[i] as number) | (other.rest[i] as number);
    }
    return this;
  }

  /** Keeps only the bits that `other` has too. */
  and(other: BitSet): this {
    this.low &= other.low;
    this.high &= other.high;
    const rest = this.rest;
    if (rest !== undefined) {
      for (let i = 0; i < rest.length; i++) rest[i] = (rest[i] as number) & (other.rest?.[i] ?? 0);
    }
    return this;
  }

  /** Removes all bits of `other`. */
  andNot(other: BitSet): this {
    this.low &= ~other.low;
    this.high &= ~other.high;
    const rest = this.rest;
    if (rest !== undefined) {
      for (let i = 0; i < rest.length; i++) rest[i] = (rest[i] as number) & ~(other.rest?.[i] ?? 0);
    }
    return this;
  }

  /** Tells whether both sets have a bit in common. */
  intersects(other: BitSet): boolean {
    if ((this.low & other.low) !== 0 || (this.high & other.high) !== 0) return true;
    const rest = this.rest;
    return rest?.some((word, i) => (word & (other.rest?.[i] ?? 0)) !== 0) ?? false;
  }

  get isEmpty(): boolean {
    return this.low === 0 && this.high === 0 && (this.rest?.every((word) => word === 0) ?? true);
  }

  /** Number of bits in the set. */
  get count(): number {
    let count = popCount(this.low) + popCount(this.high);
    if (this.rest !== undefined) for (const word of this.rest) count += popCount(word);
    return count;
  }

  /** Highest bit plus one; 0 when empty. */
  get length(): number {
    for (let k = this.wordCount - 1; k >= 0; k--) {
      const word = this.word(k);
      if (word !== 0) return k * 32 + 32 - Math.clz32(word);
    }
    return 0;
  }

  equals(other: BitSet): boolean {
    const words = Math.max(this.wordCount, other.wordCount);
    for (let k = 0; k < words; k++) if (this.word(k) !== other.word(k)) return false;
    return true;
  }

  /** Lowest bit of the set that is `from` or more, -1 when there is none. */
  next(from: number): number {
    const words = this.wordCount;
    let k = from >>> 5;
    if (k >= words) return -1;
    let word = this.word(k) & (-1 << (from & 31));
    while (word === 0) {
      if (++k >= words) return -1;
      word = this.word(k);
    }
    return k * 32 + 31 - Math.clz32(word & -word);
  }

  clone(): BitSet {
    const set = new BitSet();
    set.low = this.low;
    set.high = this.high;
    set.rest = this.rest?.slice();
    return set;
  }

  /**
   * The bits in rising order.
   *
   * @yields {number} a bit.
   */
  *[Symbol.iterator](): IterableIterator<number> {
    for (let bit = this.next(0); bit >= 0; bit = this.next(bit + 1)) yield bit;
  }

  toString(): string {
    return `{${[...this].join(', ')}}`;
  }

  #grow(words: number): Uint32Array {
    const old = this.rest;
    if (old !== undefined && old.length >= words) return old;
    const rest = new Uint32Array(words);
    if (old !== undefined) rest.set(old);
    this.rest = rest;
    return rest;
  }
}

function popCount(word: number): number {
  let v = word - ((word >>> 1) & 0x55555555);
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
