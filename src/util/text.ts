/** A method that Node's Buffer has beyond its typings; `start` and `end` in bytes. */
interface NodeBytes extends Uint8Array {
  readonly utf8Slice?: (this: Uint8Array, start: number, end: number) => string;
}

const buffer = (globalThis as { Buffer?: typeof Buffer }).Buffer;
const slice = buffer === undefined ? undefined : (buffer.prototype as NodeBytes).utf8Slice;
const decoder = new TextDecoder();
const encoder = new TextEncoder();
const SHORT = 16;

/** Decodes UTF-8 bytes `start` to `end` (exclusive); invalid sequences become U+FFFD, nothing throws. */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string {
  if (start >= end) return '';
  if (slice !== undefined) return slice.call(bytes, start, end);
  return decoder.decode(bytes.subarray(start, end));
}

/** Decodes ISO-8859-1 bytes `start` to `end` (exclusive). */
export function decodeLatin1(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let i = start; i < end; i++) text += String.fromCharCode(bytes[i] as number);
  return text;
}

/** Number of bytes of `text` in UTF-8. */
export function utf8Length(text: string): number {
  if (buffer !== undefined) return buffer.byteLength(text, 'utf8');
  let count = 0;
  for (const character of text) {
    const code = character.codePointAt(0) as number;
    count += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return count;
}

/** Writes `text` as UTF-8 at `offset`; the caller has made `utf8Length(text)` bytes of room. Returns bytes written. */
export function writeUtf8(text: string, into: Uint8Array, offset: number): number {
  const length = text.length;
  if (length <= SHORT) {
    let i = 0;
    for (; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code >= 0x80) break;
      into[offset + i] = code;
    }
    if (i === length) return length;
  }
  return encoder.encodeInto(text, into.subarray(offset)).written;
}

/** Bytes of `text` in UTF-8. */
export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Cuts `text` so that its UTF-8 form has at most `maxBytes` bytes, never inside a character. */
export function cutUtf8(text: string, maxBytes: number): string {
  if (text.length * 3 <= maxBytes || utf8Length(text) <= maxBytes) return text;
  let bytes = 0;
  let end = 0;
  for (const character of text) {
    const code = character.codePointAt(0) as number;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (bytes > maxBytes) break;
    end += character.length;
  }
  return text.slice(0, end);
}
