import { decodeUtf8, encodeUtf8 } from '../util/index.ts';

const names: Readonly<Record<string, string>> = {
  '\x07': 'a',
  '\b': 'b',
  '\f': 'f',
  '\n': 'n',
  '\r': 'r',
  '\t': 't',
  '\v': 'v',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '\0': '0',
};
const characters: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(names).map(([character, name]) => [name, character]),
);

/**
 * A byte string with escapes for quotes, backslashes and all that is not printable ASCII.
 *
 * @param bytes one character for each byte.
 * @see epics-base modules/libcom/src/misc/epicsString.c, epicsStrnEscapedFromRaw
 */
export function escapeC(bytes: string): string {
  return bytes.replace(/[^\x20-\x7e]|["'\\]/g, (character) => {
    const name = names[character];
    return name !== undefined ? `\\${name}` : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}

/**
 * The byte string that a text with C escapes stands for.
 *
 * @see epics-base modules/libcom/src/misc/epicsString.c, epicsStrnRawFromEscaped
 */
export function unescapeC(bytes: string): string {
  return bytes.replace(/\\(?:x([0-9a-fA-F]{0,2})|([^]))?/g, (_all, hex?: string, letter?: string) => {
    if (hex !== undefined) return hex === '' ? '' : String.fromCharCode(Number.parseInt(hex, 16));
    return letter === undefined ? '' : (characters[letter] ?? letter);
  });
}

/** The UTF-8 bytes of a text as a byte string. */
export function toByteString(text: string): string {
  let bytes = '';
  for (const byte of encodeUtf8(text)) bytes += String.fromCharCode(byte);
  return bytes;
}

/** The text of a byte string in UTF-8. */
export function fromByteString(bytes: string): string {
  const array = Uint8Array.from(bytes, (character) => character.charCodeAt(0));
  return decodeUtf8(array, 0, array.length);
}
