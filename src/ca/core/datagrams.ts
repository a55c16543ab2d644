import { type BytesWriter, decodeUtf8, encodeUtf8 } from '../../util/index.ts';
import {
  ADDRESS_OF_SENDER,
  CMD_REPEATER_CONFIRM,
  CMD_REPEATER_REGISTER,
  CMD_RSRV_IS_UP,
  CMD_SEARCH,
  CMD_VERSION,
  DONTREPLY,
  DOREPLY,
  HEADER_BYTES,
  MAX_DATAGRAM_BYTES,
  MINOR_VERSION,
} from './constants.ts';
import { padded, writeHeader } from './header.ts';

/** From this minor on, VERSION in a datagram carries a sequence number. */
const MINOR_WITH_SEQUENCE = 11;
const SEQUENCE_IS_VALID = 1;

/**
 * Receives one message of a datagram; its payload is `bytes[payloadStart..payloadEnd)`. Answers false to stop.
 */
export type DatagramVisitor = (
  command: number,
  dataType: number,
  count: number,
  p1: number,
  p2: number,
  payloadStart: number,
  payloadEnd: number,
) => boolean | undefined;

/**
 * Calls `visit` for each whole message of a datagram and stops at a truncated or misaligned one.
 *
 * @returns false when the datagram did not end with a whole message.
 */
export function readDatagram(bytes: Uint8Array, visit: DatagramVisitor): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  while (at + HEADER_BYTES <= bytes.length) {
    const payloadStart = at + HEADER_BYTES;
    const size = view.getUint16(at + 2);
    const payloadEnd = payloadStart + size;
    if (size % 8 !== 0 || payloadEnd > bytes.length) return false;
    const goesOn = visit(
      view.getUint16(at),
      view.getUint16(at + 4),
      view.getUint16(at + 6),
      view.getUint32(at + 8),
      view.getUint32(at + 12),
      payloadStart,
      payloadEnd,
    );
    if (goesOn === false) return true;
    at = payloadEnd;
  }
  return at === bytes.length;
}

/** Text of a payload up to its first NUL or its end. */
export function readPayloadText(bytes: Uint8Array, start: number, end: number): string {
  const terminator = bytes.subarray(start, end).indexOf(0);
  return decodeUtf8(bytes, start, terminator < 0 ? end : start + terminator);
}

/** Receives the answers in a datagram from a server. */
export interface SearchReplyHandler {
  /**
   * @param port TCP port of the server; 0: the reply does not say.
   * @param address IPv4 address as number, `ADDRESS_OF_SENDER` when it is the sender's.
   * @param minor version of the server.
   * @param sequence of the request datagram that is answered; undefined when the server does not say.
   */
  onSearchReply(
    cid: number,
    port: number,
    address: number,
    minor: number,
    sequence: number | undefined,
  ): void;
}

/** Reads what a server answered to searches. @returns false when the datagram was cut or is no such answer. */
export function readSearchReplies(bytes: Uint8Array, handler: SearchReplyHandler): boolean {
  let sequence: number | undefined;
  return readDatagram(bytes, (command, dataType, count, p1, p2, start, end) => {
    if (command === CMD_VERSION) {
      if (dataType === SEQUENCE_IS_VALID && count >= MINOR_WITH_SEQUENCE) sequence = p1;
    } else if (command === CMD_SEARCH) {
      const minor = end - start >= 2 ? ((bytes[start] as number) << 8) | (bytes[start + 1] as number) : 0;
      // Before 4.5 there is no port, before 4.8 no address in the reply.
      const port = minor >= 5 ? dataType : 0;
      handler.onSearchReply(p2, port, minor >= 8 ? p1 : ADDRESS_OF_SENDER, minor, sequence);
    }
    return true;
  });
}

/** Receives the searches in a datagram from a client. */
export interface SearchRequestHandler {
  /**
   * @param minor version of the client.
   * @param wantsNegative whether it asked to hear that a name is unknown (TCP only).
   * @param sequence number to echo; undefined: send no VERSION.
   */
  onSearchRequest(
    name: string,
    cid: number,
    minor: number,
    wantsNegative: boolean,
    sequence: number | undefined,
  ): void;
}

/** Reads the searches of a client; other messages are skipped. @returns false when the datagram was cut. */
export function readSearchRequests(bytes: Uint8Array, handler: SearchRequestHandler): boolean {
  let sequence: number | undefined;
  let version: number | undefined;
  return readDatagram(bytes, (command, dataType, count, p1, p2, start, end) => {
    if (command === CMD_VERSION) {
      version = count;
      sequence = dataType === SEQUENCE_IS_VALID && count >= MINOR_WITH_SEQUENCE ? p1 : undefined;
    } else if (command === CMD_SEARCH) {
      const name = readPayloadText(bytes, start, end);
      if (name !== '') handler.onSearchRequest(name, p2, version ?? count, dataType === DOREPLY, sequence);
    }
    return true;
  });
}

/** Receives what arrives on the port of the repeater, or from it. */
export interface BeaconHandler {
  /** @param address IPv4 address as number, 0: the sender's. */
  onBeacon(minor: number, port: number, beaconId: number, address: number): void;
  /** @param address IPv4 address of the client, as the repeater saw it. */
  onRepeaterConfirm(address: number): void;
}

/** Reads beacons and confirmations of the repeater; other messages are skipped. */
export function readBeacons(bytes: Uint8Array, handler: BeaconHandler): boolean {
  return readDatagram(bytes, (command, dataType, count, p1, p2) => {
    if (command === CMD_RSRV_IS_UP) handler.onBeacon(dataType, count, p1, p2);
    else if (command === CMD_REPEATER_CONFIRM) handler.onRepeaterConfirm(p2);
    return true;
  });
}

/** Writes the VERSION message that leads a datagram. `sequence` undefined: none. */
export function writeDatagramVersion(
  w: BytesWriter,
  sequence: number | undefined,
  minor: number = MINOR_VERSION,
): void {
  writeHeader(w, CMD_VERSION, sequence === undefined ? 0 : SEQUENCE_IS_VALID, minor, sequence ?? 0, 0, 0);
}

/**
 * One SEARCH message, ready to be copied into datagrams and name server circuits.
 *
 * @param wantsNegative asks a name server to tell that it does not know the name; only for TCP.
 */
export function encodeSearchRequest(
  name: string,
  cid: number,
  wantsNegative = false,
): Uint8Array<ArrayBuffer> {
  const text = encodeUtf8(name);
  const size = padded(text.length + 1);
  const message = new Uint8Array(HEADER_BYTES + size);
  const view = new DataView(message.buffer);
  view.setUint16(0, CMD_SEARCH);
  view.setUint16(2, size);
  view.setUint16(4, wantsNegative ? DOREPLY : DONTREPLY);
  view.setUint16(6, MINOR_VERSION);
  view.setUint32(8, cid);
  view.setUint32(12, cid);
  message.set(text, HEADER_BYTES);
  return message;
}

/** Most bytes of a name that a search datagram can carry, its NUL not counted. */
export const MAX_SEARCH_NAME_BYTES: number = MAX_DATAGRAM_BYTES - 2 * HEADER_BYTES - 1;

/** Writes the answer to one search, as sent over UDP. @param address see `SearchReplyHandler`. */
export function writeSearchReply(
  w: BytesWriter,
  cid: number,
  port: number,
  address: number = ADDRESS_OF_SENDER,
): void {
  writeHeader(w, CMD_SEARCH, port, 0, address, cid, 8);
  const at = w.claim(8);
  w.bytes.fill(0, at, at + 8);
  w.view.setUint16(at, MINOR_VERSION);
}

/** Writes a beacon. @param address IPv4 address as number, 0: the repeater fills it in. */
export function writeBeacon(w: BytesWriter, port: number, beaconId: number, address = 0): void {
  writeHeader(w, CMD_RSRV_IS_UP, MINOR_VERSION, port, beaconId, address, 0);
}

/** Writes the registration of a client at the repeater. @param address IPv4 address of the client. */
export function writeRepeaterRegister(w: BytesWriter, address: number): void {
  writeHeader(w, CMD_REPEATER_REGISTER, 0, 0, 0, address, 0);
}

/** Writes the repeater's answer to a registration. @param address where the registration came from. */
export function writeRepeaterConfirm(w: BytesWriter, address: number): void {
  writeHeader(w, CMD_REPEATER_CONFIRM, 0, 0, 0, address, 0);
}

/** Writes the message without meaning that the repeater probes its clients with. */
export function writeNoop(w: BytesWriter): void {
  writeHeader(w, CMD_VERSION, 0, 0, 0, 0, 0);
}
