import { cutUtf8, decodeLatin1, decodeUtf8, writeUtf8 } from '../../util/index.ts';

/** How texts are written. Reading takes UTF-8, and Latin-1 for bytes that are not valid UTF-8, unless it is `latin1`. */
export type DbrEncoding = 'utf8' | 'latin1';

/** The text in `bytes[start..end)` up to the first NUL; what follows the NUL is never looked at. */
export function readDbrText(
  bytes: Uint8Array,
  start: number,
  end: number,
  encoding: DbrEncoding = 'utf8',
): string {
  let stop = start;
  let isAscii = true;
  for (; stop < end; stop++) {
    const byte = bytes[stop] as number;
    if (byte === 0) break;
    if (byte >= 0x80) isAscii = false;
  }
  if (stop === start) return '';
  if (isAscii || encoding === 'utf8') {
    const text = decodeUtf8(bytes, start, stop);
    if (isAscii || !text.includes('\uFFFD')) return text;
  }
  return decodeLatin1(bytes, start, stop);
}

/** Writes `text` into the field `bytes[at..at + size)`, cut at a character boundary, and fills the rest with NUL. */
export function writeDbrText(
  bytes: Uint8Array,
  at: number,
  size: number,
  text: string,
  encoding: DbrEncoding = 'utf8',
): void {
  let length: number;
  if (encoding === 'latin1') {
    length = Math.min(text.length, size - 1);
    // Characters beyond Latin-1 have no byte.
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      bytes[at + i] = code > 0xff ? 0x3f : code;
    }
  } else {
    length = writeUtf8(cutUtf8(text, size - 1), bytes, at);
  }
  bytes.fill(0, at + length, at + size);
}
