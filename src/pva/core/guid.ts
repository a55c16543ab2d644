import type { BytesReader, BytesWriter } from '../../util/index.ts';

/** Bytes of a server's GUID. */
export const GUID_BYTES: number = 12;

/** Makes the GUID of a server that starts. @param random uniform in [0, 1). */
export function makeGuid(random: () => number): Uint8Array {
  const guid = new Uint8Array(GUID_BYTES);
  for (let i = 0; i < GUID_BYTES; i++) guid[i] = Math.floor(random() * 256);
  return guid;
}

/** A GUID as 24 lower-case hexadecimal digits, the form used as key, in logs and in the tools. */
export function formatGuid(guid: Uint8Array, start = 0): string {
  let text = '';
  for (let i = 0; i < GUID_BYTES; i++) text += (guid[start + i] ?? 0).toString(16).padStart(2, '0');
  return text;
}

/** Reads 24 hexadecimal digits of either case, with or without `0x`; undefined when `text` is anything else. */
export function parseGuid(text: string): Uint8Array | undefined {
  const digits = /^(?:0x)?([0-9a-f]{24})$/i.exec(text.trim())?.[1];
  if (digits === undefined) return undefined;
  return Uint8Array.from({ length: GUID_BYTES }, (_, i) =>
    Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16),
  );
}

/** Reads a GUID off the wire, as text. */
export function readGuid(reader: BytesReader): string {
  return formatGuid(reader.bytes, reader.take(GUID_BYTES));
}

/** Writes the 12 bytes of a GUID. */
export function writeGuid(writer: BytesWriter, guid: Uint8Array): void {
  writer.raw(guid);
}
