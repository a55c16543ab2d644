import { describe, expect, it } from 'vitest';
import { bytesOf, copyBits, setBits } from '../../../src/tree/bits.ts';

/** The bits of a byte array, lowest first. */
function bitsOf(bytes: Uint8Array): number[] {
  return Array.from(bytes, (byte) => Array.from({ length: 8 }, (_, i) => (byte >> i) & 1)).flat();
}

describe('bits of registers', () => {
  it('copyBits moves exactly the bits asked for, from every place to every place', () => {
    const from = Uint8Array.of(0b1011_0010, 0b0110_1101, 0b1110_0001);
    for (let fromBit = 0; fromBit < 12; fromBit++) {
      for (let toBit = 0; toBit < 12; toBit++) {
        for (const count of [1, 3, 8, 11]) {
          const to = new Uint8Array(3).fill(0xff);
          copyBits(from, fromBit, to, toBit, count);
          const expected = new Array<number>(24).fill(1);
          for (let i = 0; i < count; i++) expected[toBit + i] = bitsOf(from)[fromBit + i] ?? 0;
          expect(bitsOf(to)).toEqual(expected);
        }
      }
    }
  });

  it('copyBits takes missing bits as 0', () => {
    const to = Uint8Array.of(0xff, 0xff);
    copyBits(Uint8Array.of(0xff), 6, to, 0, 4);
    expect(to[0]).toBe(0b1111_0011);
  });

  it('setBits sets a run across bytes and leaves the others', () => {
    const bytes = new Uint8Array(3);
    setBits(bytes, 6, 12);
    expect([...bytes]).toEqual([0b1100_0000, 0xff, 0b0000_0011]);
  });

  it('bytesOf gives the smallest range of bytes that holds all runs', () => {
    expect(
      bytesOf([
        { bit: 17, count: 3 },
        { bit: 30, count: 4 },
      ]),
    ).toEqual({ low: 2, high: 5 });
    expect(bytesOf([])).toEqual({ low: 0, high: 0 });
  });
});
