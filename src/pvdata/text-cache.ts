import { decodeUtf8 } from '../util/index.ts';

/** Longer strings are decoded faster than they are compared. */
const LONGEST = 24;
const ENTRIES = 128;

/**
 * Short ASCII strings that a peer sent lately, so that alarm messages, units and choices that come again and again are
 * not made anew each time. Bounded: one string for each of 128 hashes.
 */
export class TextCache {
  readonly #texts: string[] = new Array<string>(ENTRIES).fill('');

  /** The text of the bytes `start` to `end` (exclusive), as `decodeUtf8` gives it. */
  text(bytes: Uint8Array, start: number, end: number): string {
    const length = end - start;
    if (length > LONGEST) return decodeUtf8(bytes, start, end);
    let hash = length;
    for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + (bytes[i] as number)) | 0;
    const index = (hash ^ (hash >>> 7)) & (ENTRIES - 1);
    const known = this.#texts[index] as string;
    if (known.length === length) {
      let i = 0;
      while (i < length && known.charCodeAt(i) === bytes[start + i]) i++;
      if (i === length) return known;
    }
    const text = decodeUtf8(bytes, start, end);
    // No UTF-8 byte of 0x80 and more is the code of the character it belongs to, so only ASCII is ever found again.
    if (text.length === length) this.#texts[index] = text;
    return text;
  }
}
