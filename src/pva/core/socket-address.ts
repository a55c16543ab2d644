import { type BytesReader, type BytesWriter, isIpv4 } from '../../util/index.ts';

/** Bytes of an address on the wire. */
export const ADDRESS_BYTES: number = 16;

const MAPPED_PREFIX = 0xffff;

/**
 * Reads 16 address bytes: '' for "any" in either of its two forms (all zero, `::ffff:0.0.0.0`), dotted numbers for a
 * mapped IPv4 address, else IPv6 text with the longest run of zeros shortened.
 */
export function readSocketAddress(reader: BytesReader): string {
  const { bytes } = reader;
  const at = reader.take(ADDRESS_BYTES);
  const word = (i: number): number =>
    ((bytes[at + 2 * i] as number) << 8) | (bytes[at + 2 * i + 1] as number);
  const isLow = word(0) === 0 && word(1) === 0 && word(2) === 0 && word(3) === 0 && word(4) === 0;
  if (isLow && (word(5) === MAPPED_PREFIX || (word(5) === 0 && word(6) === 0 && word(7) === 0))) {
    if (word(6) === 0 && word(7) === 0) return '';
    return `${bytes[at + 12]}.${bytes[at + 13]}.${bytes[at + 14]}.${bytes[at + 15]}`;
  }
  return formatIpv6(Array.from({ length: 8 }, (_, i) => word(i)));
}

/**
 * Writes 16 address bytes. '' is "any" as `::ffff:0.0.0.0`, the form all peers read.
 * An address that is neither IPv4 nor IPv6 text is written as "any" too: the receiver then takes the packet's source.
 */
export function writeSocketAddress(writer: BytesWriter, address: string): void {
  const at = writer.claim(ADDRESS_BYTES);
  const { bytes } = writer;
  bytes.fill(0, at, at + ADDRESS_BYTES);
  const words = address.includes(':') ? parseIpv6(address) : undefined;
  if (words !== undefined) {
    for (let i = 0; i < 8; i++) {
      bytes[at + 2 * i] = (words[i] as number) >>> 8;
      bytes[at + 2 * i + 1] = (words[i] as number) & 0xff;
    }
    return;
  }
  bytes[at + 10] = 0xff;
  bytes[at + 11] = 0xff;
  if (!isIpv4(address)) return;
  const parts = address.split('.');
  for (let i = 0; i < 4; i++) bytes[at + 12 + i] = Number(parts[i]);
}

function formatIpv6(words: readonly number[]): string {
  let runAt = -1;
  let runLength = 1;
  for (let i = 0; i < 8; i++) {
    let length = 0;
    while (i + length < 8 && words[i + length] === 0) length++;
    if (length > runLength) {
      runAt = i;
      runLength = length;
    }
  }
  const hex = (from: number, to: number): string =>
    words
      .slice(from, to)
      .map((word) => word.toString(16))
      .join(':');
  return runAt < 0 ? hex(0, 8) : `${hex(0, runAt)}::${hex(runAt + runLength, 8)}`;
}

/** Eight words of IPv6 text, without zone; undefined when it is no such address. */
function parseIpv6(text: string): number[] | undefined {
  let address = text.split('%', 1)[0] as string;
  const tail = address.slice(address.lastIndexOf(':') + 1);
  if (isIpv4(tail)) {
    const [a = 0, b = 0, c = 0, d = 0] = tail.split('.').map(Number);
    address = `${address.slice(0, -tail.length)}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  }
  const halves = address.split('::');
  if (halves.length > 2) return undefined;
  const side = (half: string | undefined): string[] =>
    half === undefined || half === '' ? [] : half.split(':');
  const left = side(halves[0]);
  const right = side(halves[1]);
  const missing = 8 - left.length - right.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...left, ...new Array<string>(halves.length === 1 ? 0 : missing).fill('0'), ...right];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return groups.map((group) => Number.parseInt(group, 16));
}
