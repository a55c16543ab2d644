import { encodeType, readString, writeString } from '../../pvdata/index.ts';
import type { BytesReader, BytesWriter } from '../../util/index.ts';
import { readGuid } from './guid.ts';
import { PROTOCOL_TCP } from './search-message.ts';
import { readSocketAddress, writeSocketAddress } from './socket-address.ts';

/** A BEACON as received; the server status that may follow is not looked at. */
export interface Beacon {
  /** 24 hexadecimal digits. */
  readonly guid: string;
  readonly flags: number;
  /** Rises by one with each beacon, modulo 256. */
  readonly sequence: number;
  /** Rises when the set of PV names changes, modulo 65536. */
  readonly changeCount: number;
  /** Address of the server; '' for the source of the packet. */
  readonly address: string;
  readonly port: number;
  readonly protocol: string;
}

/** Decodes the body of a BEACON. @throws {ProtocolError} EPICS_PROTOCOL for a body that ends early. */
export function decodeBeacon(reader: BytesReader): Beacon {
  const guid = readGuid(reader);
  const flags = reader.u8();
  const sequence = reader.u8();
  const changeCount = reader.u16();
  const address = readSocketAddress(reader);
  const port = reader.u16();
  const protocol = readString(reader);
  return { guid, flags, sequence, changeCount, address, port, protocol };
}

/** Writes the body of a BEACON without status. */
export function encodeBeacon(
  writer: BytesWriter,
  beacon: {
    readonly guid: Uint8Array;
    readonly sequence: number;
    readonly changeCount: number;
    readonly address: string;
    readonly port: number;
    readonly protocol?: string;
  },
): void {
  writer.raw(beacon.guid);
  writer.u8(0);
  writer.u8(beacon.sequence & 0xff);
  writer.u16(beacon.changeCount & 0xffff);
  writeSocketAddress(writer, beacon.address);
  writer.u16(beacon.port);
  writeString(writer, beacon.protocol ?? PROTOCOL_TCP);
  encodeType(writer, null);
}
