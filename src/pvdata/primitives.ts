import { BitSet, type BytesReader, type BytesWriter, LimitError, utf8Length } from '../util/index.ts';
import type { TextCache } from './text-cache.ts';

/** First byte of a size that says null. */
const NULL_SIZE = 0xff;
/** First byte of a size that is followed by the size as u32. */
const LONG_SIZE = 0xfe;
const SIZE_LIMIT = 0x8000_0000;

/**
 * Reads a size.
 *
 * @returns 0 to 2147483647, or -1 for null.
 * @throws {ProtocolError} EPICS_PROTOCOL for the reserved 64-bit form.
 */
export function readSize(r: BytesReader): number {
  const first = r.u8();
  if (first < LONG_SIZE) return first;
  if (first === NULL_SIZE) return -1;
  const size = r.u32();
  if (size >= SIZE_LIMIT - 1) r.fail(`size ${size} is not supported`);
  return size;
}

/**
 * Writes a size, or null for -1.
 *
 * @throws {LimitError} EPICS_LIMIT for 2^31 - 1 and more, which the protocol cannot say.
 */
export function writeSize(w: BytesWriter, size: number): void {
  if (size < LONG_SIZE && size >= 0) {
    w.u8(size);
  } else if (size === -1) {
    w.u8(NULL_SIZE);
  } else if (size > 0 && size < SIZE_LIMIT - 1) {
    w.u8(LONG_SIZE);
    w.u32(size);
  } else {
    throw new LimitError(`size ${size} cannot be sent, the limit is ${SIZE_LIMIT - 2}`);
  }
}

/**
 * Reads a size that must not be null, of items of at least `itemBytes` bytes each, and checks that they can be there.
 *
 * @throws {ProtocolError} EPICS_PROTOCOL when null, or more than the bytes that are left.
 */
export function readCount(r: BytesReader, itemBytes: number, what: string): number {
  const count = readSize(r);
  if (count < 0) r.fail(`${what} is null`);
  if (count * itemBytes > r.remaining)
    r.fail(`${what} of ${count} is more than the ${r.remaining} bytes left`);
  return count;
}

/**
 * Reads a string; null reads as `''`, invalid UTF-8 as U+FFFD.
 *
 * @param maxBytes most bytes to accept.
 * @param texts strings read before, to give out again.
 * @throws {LimitError} EPICS_LIMIT when it is longer than `maxBytes`.
 */
export function readString(r: BytesReader, maxBytes: number = SIZE_LIMIT, texts?: TextCache): string {
  const size = readSize(r);
  if (size <= 0) return '';
  if (size > maxBytes) throw new LimitError(`string has ${size} bytes, the limit is ${maxBytes}`);
  if (texts === undefined) return r.text(size);
  const at = r.take(size);
  return texts.text(r.bytes, at, at + size);
}

/** Writes a string as UTF-8. */
export function writeString(w: BytesWriter, text: string): void {
  // At most three bytes per UTF-16 unit: a short string has a size of one byte, which can be patched.
  if (text.length < 85) {
    const at = w.claim(1);
    const count = w.text(text);
    w.bytes[at] = count;
    return;
  }
  writeSize(w, utf8Length(text));
  w.text(text);
}

/**
 * Reads a bit mask: size in bytes, then 64-bit words in the byte order of the message, then up to 7 bytes least
 * significant first.
 *
 * @param bitLimit bits from this one on are dropped.
 * @throws {ProtocolError} EPICS_PROTOCOL when null or longer than the bytes that are left.
 */
export function readBitSet(
  r: BytesReader,
  bitLimit: number = SIZE_LIMIT,
  into: BitSet = new BitSet(),
): BitSet {
  const count = readCount(r, 1, 'bit mask');
  into.clear();
  const end = r.position + count;
  const last = Math.ceil(Math.min(bitLimit, count * 8) / 32);
  let word = 0;
  while (end - r.position >= 8 && word < last) {
    const first = r.u32();
    const second = r.u32();
    into.setWord(word++, r.littleEndian ? first : second);
    into.setWord(word++, r.littleEndian ? second : first);
  }
  let shift = 0;
  let bits = 0;
  while (r.position < end && word < last) {
    bits |= r.u8() << shift;
    shift += 8;
    if (shift === 32) {
      into.setWord(word++, bits);
      shift = 0;
      bits = 0;
    }
  }
  if (bits !== 0) into.setWord(word, bits);
  r.skip(end - r.position);
  const keep = bitLimit & 31;
  const lastWord = bitLimit >>> 5;
  if (into.length > bitLimit) {
    into.setWord(lastWord, into.word(lastWord) & ((1 << keep) - 1));
    for (let k = lastWord + 1; k < into.wordCount; k++) into.setWord(k, 0);
  }
  return into;
}

/** Writes a bit mask in as few bytes as possible. */
export function writeBitSet(w: BytesWriter, set: BitSet): void {
  const count = (set.length + 7) >>> 3;
  writeSize(w, count);
  let done = 0;
  let word = 0;
  for (; count - done >= 8; done += 8, word += 2) {
    const low = set.word(word);
    const high = set.word(word + 1);
    w.i32(w.littleEndian ? low : high);
    w.i32(w.littleEndian ? high : low);
  }
  for (let shift = 0; done < count; done++, shift += 8) {
    w.u8((set.word(word + (shift >>> 5)) >>> (shift & 31)) & 0xff);
  }
}
