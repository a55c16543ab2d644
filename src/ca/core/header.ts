import type { BytesWriter } from '../../util/index.ts';
import {
  EXTENDED_HEADER_BYTES,
  HEADER_BYTES,
  MAX_STANDARD_COUNT,
  MAX_STANDARD_PAYLOAD,
} from './constants.ts';

/**
 * The fields of one message header, reused from message to message.
 *
 * | offset | type | field |
 * |---|---|---|
 * | 0 | u16 | command |
 * | 2 | u16 | payload bytes; 0xffff: extended |
 * | 4 | u16 | data type |
 * | 6 | u16 | count |
 * | 8 | u32 | p1 |
 * | 12 | u32 | p2 |
 * | 16 | u32 | payload bytes, when extended |
 * | 20 | u32 | count, when extended |
 */
export interface MessageHeader {
  command: number;
  /** Bytes that follow the header, padding included. */
  payloadBytes: number;
  dataType: number;
  /** Element count, or command specific. */
  count: number;
  p1: number;
  p2: number;
  isExtended: boolean;
}

/** Makes a header of zeros. */
export function makeHeader(): MessageHeader {
  return { command: 0, payloadBytes: 0, dataType: 0, count: 0, p1: 0, p2: 0, isExtended: false };
}

/** A copy of `header` that later messages do not change. */
export function copyHeader(header: MessageHeader): MessageHeader {
  return {
    command: header.command,
    payloadBytes: header.payloadBytes,
    dataType: header.dataType,
    count: header.count,
    p1: header.p1,
    p2: header.p2,
    isExtended: header.isExtended,
  };
}

/**
 * Reads the header at index `at` of `view` into `into`.
 *
 * @param available bytes from `at` to the end.
 * @returns bytes of the header, 16 or 24; 0 when `available` is too small.
 * @see epics-base modules/database/src/ioc/rsrv/camessage.c, camessage
 */
export function readHeader(view: DataView, at: number, available: number, into: MessageHeader): number {
  if (available < HEADER_BYTES) return 0;
  const size = view.getUint16(at + 2);
  // The size field alone decides: peers differ in what they leave in the short count of an extended header.
  const isExtended = size === 0xffff;
  if (isExtended && available < EXTENDED_HEADER_BYTES) return 0;
  into.command = view.getUint16(at);
  into.dataType = view.getUint16(at + 4);
  into.p1 = view.getUint32(at + 8);
  into.p2 = view.getUint32(at + 12);
  into.isExtended = isExtended;
  into.payloadBytes = isExtended ? view.getUint32(at + 16) : size;
  into.count = isExtended ? view.getUint32(at + 20) : view.getUint16(at + 6);
  return isExtended ? EXTENDED_HEADER_BYTES : HEADER_BYTES;
}

/** Tells whether a message of this size or count has to use the extended header. */
export function needsExtended(payloadBytes: number, count: number): boolean {
  return payloadBytes > MAX_STANDARD_PAYLOAD || count > MAX_STANDARD_COUNT;
}

/**
 * Writes a header; extended when the size or the count does not fit the standard one.
 *
 * @param payloadBytes bytes that will follow, a multiple of 8.
 */
export function writeHeader(
  w: BytesWriter,
  command: number,
  dataType: number,
  count: number,
  p1: number,
  p2: number,
  payloadBytes: number,
): void {
  const isExtended = needsExtended(payloadBytes, count);
  const at = w.claim(isExtended ? EXTENDED_HEADER_BYTES : HEADER_BYTES);
  const view = w.view;
  view.setUint16(at, command);
  view.setUint16(at + 2, isExtended ? 0xffff : payloadBytes);
  view.setUint16(at + 4, dataType);
  view.setUint16(at + 6, isExtended ? 0 : count);
  view.setUint32(at + 8, p1);
  view.setUint32(at + 12, p2);
  if (isExtended) {
    view.setUint32(at + 16, payloadBytes);
    view.setUint32(at + 20, count);
  }
}

/** Writes `header` as it was received, in its own 16 or 24 bytes: what an ERROR message quotes. */
export function writeHeaderAsReceived(w: BytesWriter, header: MessageHeader): void {
  const at = w.claim(header.isExtended ? EXTENDED_HEADER_BYTES : HEADER_BYTES);
  const view = w.view;
  view.setUint16(at, header.command);
  view.setUint16(at + 2, header.isExtended ? 0xffff : header.payloadBytes);
  view.setUint16(at + 4, header.dataType);
  view.setUint16(at + 6, header.isExtended ? 0 : header.count);
  view.setUint32(at + 8, header.p1);
  view.setUint32(at + 12, header.p2);
  if (header.isExtended) {
    view.setUint32(at + 16, header.payloadBytes);
    view.setUint32(at + 20, header.count);
  }
}

/** `bytes` rounded up to a multiple of 8, as every payload is. */
export function padded(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}
