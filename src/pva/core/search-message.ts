import { readSize, readString, writeSize, writeString } from '../../pvdata/index.ts';
import type { BytesReader, BytesWriter } from '../../util/index.ts';
import { readGuid } from './guid.ts';
import { readSocketAddress, writeSocketAddress } from './socket-address.ts';

/** Flags of a SEARCH_REQUEST. */
export const SearchFlag = {
  /** Servers answer even when they have none of the names. */
  ReplyRequired: 0x01,
  /** Version 3: answer to the port that the packet came from. */
  ReplyToSourcePort: 0x02,
  /** The packet was sent to one address; who receives it forwards it to the processes beside it. */
  Unicast: 0x80,
} as const;

/** Protocol name of plain TCP. */
export const PROTOCOL_TCP = 'tcp';

/** Names that one request may hold; more is a protocol error. */
export const MAX_SEARCH_NAMES: number = 1000;

/** Bytes of a PV name on the wire that peers accept. */
export const MAX_NAME_BYTES: number = 500;

/** A SEARCH_REQUEST as received. `ids[i]` belongs to `names[i]`. */
export interface SearchRequest {
  readonly sequence: number;
  readonly flags: number;
  /** Where to answer; '' for the source of the packet. */
  readonly responseAddress: string;
  readonly responsePort: number;
  /** Empty in a discovery ping. */
  readonly protocols: readonly string[];
  readonly ids: readonly number[];
  readonly names: readonly string[];
}

/** A SEARCH_RESPONSE as received. */
export interface SearchResponse {
  /** 24 hexadecimal digits. */
  readonly guid: string;
  readonly sequence: number;
  /** Address of the server; '' for the source of the packet. */
  readonly address: string;
  readonly port: number;
  readonly protocol: string;
  readonly isFound: boolean;
  readonly ids: readonly number[];
}

/**
 * Decodes the body of a SEARCH_REQUEST.
 *
 * @throws {ProtocolError} EPICS_PROTOCOL for a body that ends early or holds over 1000 names.
 */
export function decodeSearchRequest(reader: BytesReader): SearchRequest {
  const sequence = reader.u32();
  const flags = reader.u8();
  reader.skip(3);
  const responseAddress = readSocketAddress(reader);
  const responsePort = reader.u16();
  const protocolCount = readSize(reader);
  if (protocolCount < 0 || protocolCount > reader.remaining)
    reader.fail(`bad protocol count ${protocolCount}`);
  const protocols: string[] = [];
  for (let i = 0; i < protocolCount; i++) protocols.push(readString(reader));
  const count = reader.u16();
  if (count > MAX_SEARCH_NAMES) reader.fail(`search for ${count} names, limit ${MAX_SEARCH_NAMES},`);
  const ids: number[] = [];
  const names: string[] = [];
  for (let i = 0; i < count; i++) {
    ids.push(reader.u32());
    names.push(readString(reader));
  }
  return { sequence, flags, responseAddress, responsePort, protocols, ids, names };
}

/** Bytes of a request before its first name, header included, with one protocol of three letters. */
export const SEARCH_OVERHEAD_BYTES: number = 8 + 4 + 4 + 16 + 2 + 1 + 4 + 2;

/** What a client says in a request besides the names. */
export interface SearchHead {
  readonly sequence: number;
  readonly flags: number;
  readonly responseAddress: string;
  readonly responsePort: number;
}

/** Writes the body of a request up to the names; returns where `endSearchRequest` puts their number. */
export function beginSearchRequest(
  writer: BytesWriter,
  head: SearchHead,
  protocols: readonly string[] = [PROTOCOL_TCP],
): number {
  writer.u32(head.sequence);
  writer.u8(head.flags);
  writer.zeros(3);
  writeSocketAddress(writer, head.responseAddress);
  writer.u16(head.responsePort);
  writeSize(writer, protocols.length);
  for (const protocol of protocols) writeString(writer, protocol);
  return writer.claim(2);
}

/** Writes one name of a request. */
export function writeSearchName(writer: BytesWriter, id: number, name: string): void {
  writer.u32(id);
  writeString(writer, name);
}

/** Completes a request. @param countAt what `beginSearchRequest` returned. */
export function endSearchRequest(writer: BytesWriter, countAt: number, count: number): void {
  writer.patchU16(countAt, count);
}

/** Decodes the body of a SEARCH_RESPONSE. @throws {ProtocolError} EPICS_PROTOCOL for a body that ends early. */
export function decodeSearchResponse(reader: BytesReader): SearchResponse {
  const guid = readGuid(reader);
  const sequence = reader.u32();
  const address = readSocketAddress(reader);
  const port = reader.u16();
  const protocol = readString(reader);
  const isFound = reader.u8() !== 0;
  const count = reader.u16();
  if (count * 4 > reader.remaining) reader.fail(`${count} ids announced, ${reader.remaining} bytes left,`);
  const ids: number[] = [];
  for (let i = 0; i < count; i++) ids.push(reader.u32());
  return { guid, sequence, address, port, protocol, isFound, ids };
}

/** Writes the body of a SEARCH_RESPONSE. Address '' tells the client to use the source of the packet. */
export function encodeSearchResponse(
  writer: BytesWriter,
  response: {
    readonly guid: Uint8Array;
    readonly sequence: number;
    readonly address: string;
    readonly port: number;
    readonly protocol?: string;
    readonly isFound: boolean;
    readonly ids: readonly number[];
  },
): void {
  writer.raw(response.guid);
  writer.u32(response.sequence);
  writeSocketAddress(writer, response.address);
  writer.u16(response.port);
  writeString(writer, response.protocol ?? PROTOCOL_TCP);
  writer.u8(response.isFound ? 1 : 0);
  writer.u16(response.ids.length);
  for (const id of response.ids) writer.u32(id);
}
