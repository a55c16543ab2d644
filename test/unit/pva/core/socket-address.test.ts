import { describe, expect, it } from 'vitest';
import { readSocketAddress, writeSocketAddress } from '../../../../src/pva/core/index.ts';
import { fromHex, toHex } from '../../../../src/testing/index.ts';
import { BytesReader, BytesWriter } from '../../../../src/util/index.ts';

function write(address: string): string {
  const writer = new BytesWriter();
  writeSocketAddress(writer, address);
  return toHex(writer.toBytes());
}
const read = (hex: string): string => readSocketAddress(new BytesReader(fromHex(hex)));

describe('socket address', () => {
  // Vectors GV-1.
  it.each([
    ['', '00 00 00 00 00 00 00 00 00 00 ff ff 00 00 00 00'],
    ['127.0.0.1', '00 00 00 00 00 00 00 00 00 00 ff ff 7f 00 00 01'],
    ['224.0.0.128', '00 00 00 00 00 00 00 00 00 00 ff ff e0 00 00 80'],
    ['::1', '00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01'],
    ['fe80::1:2', 'fe 80 00 00 00 00 00 00 00 00 00 00 00 01 00 02'],
    ['2001:db8:1:2:3:4:5:6', '20 01 0d b8 00 01 00 02 00 03 00 04 00 05 00 06'],
    ['1::', '00 01 00 00 00 00 00 00 00 00 00 00 00 00 00 00'],
  ])('PVA GV-1: "%s" is written and read back', (address, hex) => {
    expect(write(address)).toBe(toHex(fromHex(hex)));
    expect(read(hex)).toBe(address);
  });

  it('G-26: "any" is read in its all-zero form too', () => {
    expect(read('00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00')).toBe('');
  });

  it('IPv6 text with an IPv4 tail or a zone is written as its bytes', () => {
    expect(write('::ffff:1.2.3.4')).toBe(write('1.2.3.4'));
    expect(write('fe80::1%eth0')).toBe(write('fe80::1'));
  });

  it.each(['example.org', '1::2::3', '1:2:3', '1:2:3:4:5:6:7:8:9', 'g::1', '12345::'])(
    '"%s" is no address and is written as "any"',
    (text) => {
      expect(write(text)).toBe(write(''));
    },
  );

  it('only the longest run of zeros is shortened, and a single zero is not', () => {
    expect(read('00 01 00 00 00 00 00 02 00 00 00 00 00 00 00 03')).toBe('1:0:0:2::3');
    expect(read('00 01 00 00 00 02 00 03 00 04 00 05 00 06 00 07')).toBe('1:0:2:3:4:5:6:7');
  });

  it('a cut address is a ProtocolError', () => {
    expect(() => read('00 00')).toThrow('ends early');
  });
});
