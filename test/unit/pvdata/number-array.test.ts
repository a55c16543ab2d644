import { expect, test } from 'vitest';
import {
  decodeValue,
  encodeValue,
  scalarNames,
  scalarType,
  TypeCache,
  Value,
} from '../../../src/pvdata/index.ts';
import { BytesReader, BytesWriter } from '../../../src/util/index.ts';

test.each(scalarNames)('%s arrays of any length come back in both byte orders', (name) => {
  const desc = scalarType(`${name}[]`);
  for (const count of [0, 1, 31, 32, 100, 300]) {
    const content = Array.from({ length: count }, (_, i) => (name === 'boolean' ? i % 3 === 0 : i % 128));
    const value = Value.from(desc, content);
    for (const little of [true, false]) {
      const w = new BytesWriter(4, little);
      w.u8(0);
      encodeValue(w, value);
      const r = new BytesReader(w.toBytes(), little);
      r.skip(1);
      expect(decodeValue(r, desc, new TypeCache()).equals(value)).toBe(true);
      expect(r.remaining).toBe(0);
    }
  }
});

test('arrays are views only of bytes that are owned, aligned and in host order (ARC-P-8)', () => {
  const w = new BytesWriter();
  w.zeros(7);
  encodeValue(w, Value.from(scalarType('double[]'), [1, 2]));
  encodeValue(w, Value.from(scalarType('double[]'), [3, 4]));
  const bytes = w.toBytes();
  const arrays = (isOwned: boolean): Float64Array[] => {
    const r = new BytesReader(bytes, true, isOwned);
    r.skip(7);
    return [0, 1].map(() => decodeValue(r, scalarType('double[]'), new TypeCache()).content as Float64Array);
  };
  expect(arrays(true).map((array) => array.buffer === bytes.buffer)).toEqual([true, false]);
  expect(arrays(false).map((array) => array.buffer === bytes.buffer)).toEqual([false, false]);
  expect(arrays(true)).toEqual(arrays(false));
  const big = new BytesReader(bytes, false, true);
  big.skip(7);
  const swapped = decodeValue(big, scalarType('double[]'), new TypeCache()).content as Float64Array;
  expect(swapped.buffer === bytes.buffer).toBe(false);
});

test('a big array of owned bytes that had to be copied tells by how much it missed its alignment', () => {
  const readAt = (at: number, count: number, isOwned: boolean): number => {
    const w = new BytesWriter();
    const value = Value.from(
      scalarType('double[]'),
      Float64Array.from({ length: count }, (_, i) => i),
    );
    w.zeros(at);
    encodeValue(w, value);
    const r = new BytesReader(w.toBytes(), true, isOwned);
    r.skip(at);
    expect(decodeValue(r, scalarType('double[]'), new TypeCache()).equals(value)).toBe(true);
    return r.misalignment;
  };
  // A count of 1000 takes five bytes.
  expect(readAt(0, 1000, true)).toBe(5);
  expect(readAt(3, 1000, true)).toBe(0);
  expect(readAt(0, 1000, false)).toBe(0);
  expect(readAt(0, 100, true)).toBe(0);
});
