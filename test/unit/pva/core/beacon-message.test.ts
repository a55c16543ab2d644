import { describe, expect, it } from 'vitest';
import {
  beginMessage,
  CMD_BEACON,
  decodeBeacon,
  encodeBeacon,
  endMessage,
  FLAG_FROM_SERVER,
  parseGuid,
  readHeader,
} from '../../../../src/pva/core/index.ts';
import { fromHex, toHex } from '../../../../src/testing/index.ts';
import { BytesReader, BytesWriter } from '../../../../src/util/index.ts';

const pvxs =
  'ca 02 c0 00 00 00 00 27 86 af e3 00 75 ba e4 0f bd 95 7d 05 00 00 00 01 00 00 00 00 00 00 00 00 00 00 ff ff 00 00 00 00 71 93 03 74 63 70 ff';
const pvac =
  'ca 02 40 00 27 00 00 00 1f 19 00 6b 00 00 00 00 d2 5d b1 0b 00 00 00 00 00 00 00 00 00 00 00 00 00 00 ff ff 00 00 00 00 f7 71 03 74 63 70 ff';

describe('beacon', () => {
  it.each([
    [
      'pvxs',
      pvxs,
      {
        guid: '86afe30075bae40fbd957d05',
        flags: 0,
        sequence: 0,
        changeCount: 1,
        address: '',
        port: 29075,
        protocol: 'tcp',
      },
    ],
    [
      'pvAccessCPP',
      pvac,
      {
        guid: '1f19006b00000000d25db10b',
        flags: 0,
        sequence: 0,
        changeCount: 0,
        address: '',
        port: 29175,
        protocol: 'tcp',
      },
    ],
  ])('PVA GV-8: the beacon of %s is read, and written back byte for byte', (_name, hex, wanted) => {
    const reader = new BytesReader(fromHex(hex));
    const header = readHeader(reader);
    const beacon = decodeBeacon(reader);
    expect(beacon).toEqual(wanted);
    const writer = new BytesWriter(64, header.littleEndian);
    const at = beginMessage(writer, FLAG_FROM_SERVER, CMD_BEACON);
    encodeBeacon(writer, { ...beacon, guid: parseGuid(beacon.guid) as Uint8Array });
    endMessage(writer, at);
    expect(toHex(writer.toBytes())).toBe(toHex(fromHex(hex)));
  });

  it('sequence and change count wrap', () => {
    const writer = new BytesWriter();
    encodeBeacon(writer, {
      guid: new Uint8Array(12),
      sequence: 257,
      changeCount: 65538,
      address: '1.2.3.4',
      port: 1,
    });
    expect(decodeBeacon(new BytesReader(writer.toBytes()))).toMatchObject({
      sequence: 1,
      changeCount: 2,
      address: '1.2.3.4',
    });
  });

  it('cut at any byte before the status it is a ProtocolError', () => {
    const bytes = fromHex(pvxs);
    for (let end = 8; end < bytes.length - 1; end++) {
      const reader = new BytesReader(bytes.slice(0, end));
      reader.skip(8);
      expect(() => decodeBeacon(reader)).toThrow('ends early');
    }
  });
});
