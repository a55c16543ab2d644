import { describe, expect, it } from 'vitest';
import {
  beginMessage,
  CMD_ECHO,
  endMessage,
  messageLength,
  payloadSize,
  readHeader,
  writeControl,
} from '../../../../src/pva/core/index.ts';
import { fromHex, toHex } from '../../../../src/testing/index.ts';
import { BytesReader, BytesWriter } from '../../../../src/util/index.ts';
import { goldenMessage } from './peers.ts';

describe('header', () => {
  it.each([
    [
      'GV-8 SetEndian from server, BE',
      { isControl: true, isFromServer: true, littleEndian: false, command: 2 },
    ],
    [
      'GV-8 SetEndian from server, LE',
      { isControl: true, isFromServer: true, littleEndian: true, command: 2 },
    ],
    [
      'GV-8 empty ECHO from client, BE',
      { isControl: false, isFromServer: false, littleEndian: false, size: 0 },
    ],
    [
      'GV-8 empty ECHO from client, LE',
      { isControl: false, isFromServer: false, littleEndian: true, size: 0 },
    ],
    ['GV-8 SEARCH_RESPONSE', { isFromServer: true, littleEndian: false, command: 4, size: 45 }],
  ])('%s', (name, expected) => {
    expect(readHeader(new BytesReader(goldenMessage(name)))).toMatchObject(expected);
  });

  it.each([true, false])('is written as it is read, little endian %s', (littleEndian) => {
    const writer = new BytesWriter(16, littleEndian);
    const at = beginMessage(writer, 0x40, CMD_ECHO);
    writer.u16(7);
    endMessage(writer, at);
    writeControl(writer, 0, 3, 0x01020304);
    const bytes = writer.toBytes();
    expect(toHex(bytes)).toBe(
      littleEndian
        ? 'ca024002020000000700' + 'ca02010304030201'
        : 'ca02c002000000020007' + 'ca02810301020304',
    );
    expect(messageLength(bytes, 0, bytes.length, true, 100)).toBe(10);
    expect(messageLength(bytes, 10, 8, false, 100)).toBe(8);
  });

  it('messageLength wants eight bytes, and unsigned sizes', () => {
    const bytes = fromHex('ca020002ffffffff');
    expect(messageLength(bytes, 0, 7, false, 100)).toBe(0);
    expect(payloadSize(bytes, 0, 0)).toBe(0xffffffff);
    expect(() => messageLength(bytes, 0, 8, false, 0x10000000)).toThrow(/4294967295 bytes is over the limit/);
  });
});
