import { type BytesReader, type BytesWriter, ProtocolError } from '../../util/index.ts';
import {
  FLAG_BIG_ENDIAN,
  FLAG_CONTROL,
  FLAG_FROM_SERVER,
  FLAG_SEGMENT_MASK,
  HEADER_BYTES,
  PVA_MAGIC,
  PVA_VERSION,
} from './constants.ts';

// 0      1        2      3        4..7
// magic  version  flags  command  payload bytes, or the data word of a control message

/** The eight bytes before every message. */
export interface PvaHeader {
  readonly version: number;
  readonly flags: number;
  readonly command: number;
  /** Payload bytes; data word of a control message. */
  readonly size: number;
  readonly isControl: boolean;
  readonly isFromServer: boolean;
  readonly littleEndian: boolean;
  readonly isSegmented: boolean;
}

/**
 * Reads a header and sets the reader to the header's byte order.
 *
 * @throws {ProtocolError} EPICS_PROTOCOL when magic or version cannot be, or the header is cut.
 */
export function readHeader(reader: BytesReader): PvaHeader {
  const at = reader.take(HEADER_BYTES);
  const bytes = reader.bytes;
  checkMagic(bytes, at);
  const flags = bytes[at + 2] as number;
  const littleEndian = (flags & FLAG_BIG_ENDIAN) === 0;
  reader.littleEndian = littleEndian;
  return {
    version: bytes[at + 1] as number,
    flags,
    command: bytes[at + 3] as number,
    size: reader.view.getUint32(at + 4, littleEndian),
    isControl: (flags & FLAG_CONTROL) !== 0,
    isFromServer: (flags & FLAG_FROM_SERVER) !== 0,
    littleEndian,
    isSegmented: (flags & FLAG_SEGMENT_MASK) !== 0,
  };
}

function checkMagic(bytes: Uint8Array, at: number): void {
  if (bytes[at] !== PVA_MAGIC) {
    throw new ProtocolError(`bad magic 0x${(bytes[at] as number).toString(16)}, 0xca wanted`, 0);
  }
  if (bytes[at + 1] === 0) throw new ProtocolError('protocol version 0', 1);
}

/**
 * Length in bytes, header included, of the message at `start`; 0 when fewer than 8 bytes are there.
 *
 * @param isFromServer direction that the sender must state.
 * @throws {ProtocolError} EPICS_PROTOCOL for bad magic, version or direction, or a payload over the limit.
 */
export function messageLength(
  bytes: Uint8Array,
  start: number,
  available: number,
  isFromServer: boolean,
  maxPayloadBytes: number,
): number {
  if (available < HEADER_BYTES) return 0;
  checkMagic(bytes, start);
  const flags = bytes[start + 2] as number;
  if (((flags & FLAG_FROM_SERVER) !== 0) !== isFromServer) {
    throw new ProtocolError(`direction bit of the header says ${isFromServer ? 'client' : 'server'}`, 2);
  }
  if ((flags & FLAG_CONTROL) !== 0) return HEADER_BYTES;
  const size = payloadSize(bytes, start, flags);
  if (size > maxPayloadBytes) {
    throw new ProtocolError(`payload of ${size} bytes is over the limit of ${maxPayloadBytes}`, 4);
  }
  return HEADER_BYTES + size;
}

/** The header's last four bytes as unsigned number, in the byte order of `flags`. */
export function payloadSize(bytes: Uint8Array, start: number, flags: number): number {
  const b4 = bytes[start + 4] as number;
  const b5 = bytes[start + 5] as number;
  const b6 = bytes[start + 6] as number;
  const b7 = bytes[start + 7] as number;
  if ((flags & FLAG_BIG_ENDIAN) !== 0) return ((b4 << 24) | (b5 << 16) | (b6 << 8) | b7) >>> 0;
  return ((b7 << 24) | (b6 << 16) | (b5 << 8) | b4) >>> 0;
}

/** Begins a datagram's message; returns what `endMessage` needs. `flags` without the byte order, which the writer has. */
export function beginMessage(writer: BytesWriter, flags: number, command: number): number {
  const at = writer.claim(HEADER_BYTES);
  const bytes = writer.bytes;
  bytes[at] = PVA_MAGIC;
  bytes[at + 1] = PVA_VERSION;
  bytes[at + 2] = writer.littleEndian ? flags : flags | FLAG_BIG_ENDIAN;
  bytes[at + 3] = command;
  writer.patchU32(at + 4, 0);
  return at;
}

/** Ends the message that began at `at`: writes its size. For writers that keep all bytes in one block. */
export function endMessage(writer: BytesWriter, at: number): void {
  writer.patchU32(at + 4, writer.position - at - HEADER_BYTES);
}

/** Writes a control message. */
export function writeControl(writer: BytesWriter, flags: number, command: number, word: number): void {
  const at = beginMessage(writer, flags | FLAG_CONTROL, command);
  writer.patchU32(at + 4, word);
}
