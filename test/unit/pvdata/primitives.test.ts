import { describe, expect, test } from 'vitest';
import {
  readBitSet,
  readCount,
  readSize,
  readString,
  writeBitSet,
  writeSize,
  writeString,
} from '../../../src/pvdata/index.ts';
import {
  BitSet,
  BytesReader,
  BytesWriter,
  LimitError,
  ProtocolError,
  SendBuffer,
} from '../../../src/util/index.ts';

const read = (bytes: number[], little = true): BytesReader => new BytesReader(Uint8Array.from(bytes), little);

describe('sizes (PVA-W-14, PVA-W-15)', () => {
  test('the long form is accepted for small sizes', () => {
    expect(readSize(read([0xfe, 5, 0, 0, 0]))).toBe(5);
  });

  test('the 64-bit form and negative sizes are faults', () => {
    expect(() => readSize(read([0xfe, 0xff, 0xff, 0xff, 0x7f]))).toThrow(ProtocolError);
    expect(() => readSize(read([0xfe, 0, 0, 0, 0x80]))).toThrow(ProtocolError);
    expect(() => readSize(read([0xfe, 0, 0]))).toThrow(ProtocolError);
    expect(() => readSize(read([]))).toThrow(ProtocolError);
  });

  test.each([-2, 2 ** 31 - 1, 2 ** 32, Number.NaN])('size %s cannot be written', (size) => {
    expect(() => writeSize(new BytesWriter(), size)).toThrow(LimitError);
  });

  test('a count must be there and must fit the bytes left (PVA-L-3)', () => {
    expect(readCount(read([2, 0, 0]), 1, 'list')).toBe(2);
    expect(() => readCount(read([3, 0, 0]), 1, 'list')).toThrow('list of 3 is more than the 2 bytes left');
    expect(() => readCount(read([1, 0, 0]), 8, 'list')).toThrow(ProtocolError);
    expect(() => readCount(read([0xff]), 1, 'list')).toThrow('list is null');
  });
});

describe('strings', () => {
  test.each([
    '',
    'a',
    'µ°Ω',
    '😀',
    'x'.repeat(84),
    'µ'.repeat(84),
    'x'.repeat(85),
    'x'.repeat(253),
    'x'.repeat(254),
    'Ω'.repeat(300),
  ])('text %# comes back, with the size of its UTF-8 form', (text) => {
    for (const w of [new BytesWriter(1), new SendBuffer()]) {
      writeString(w, text);
      const r = new BytesReader(w.toBytes());
      expect(readString(r)).toBe(text);
      expect(r.remaining).toBe(0);
    }
  });

  test('a lone surrogate is written as U+FFFD with the right size', () => {
    for (const text of ['a\ud800b', `${'x'.repeat(100)}\udc00`]) {
      const w = new BytesWriter();
      writeString(w, text);
      const r = new BytesReader(w.toBytes());
      expect(readString(r)).toBe(text.replace(/\ud800|\udc00/, '\ufffd'));
      expect(r.remaining).toBe(0);
    }
  });

  test('null reads as empty, invalid UTF-8 as replacement characters (PVA-W-15, PVA-W-16)', () => {
    expect(readString(read([0xff]))).toBe('');
    expect(readString(read([3, 0x31, 0xb0, 0x43]))).toBe('1\ufffdC');
  });

  test('strings longer than the limit or the message are faults', () => {
    expect(() => readString(read([4, 1, 2, 3, 4]), 3)).toThrow(LimitError);
    expect(() => readString(read([4, 1, 2, 3]))).toThrow(ProtocolError);
  });
});

describe('bit masks', () => {
  test.each([true, false])(
    'all single bits and neighbours come back, little endian %s (PVA-W-21)',
    (little) => {
      for (let bit = 0; bit < 200; bit++) {
        const set = BitSet.from([bit, bit + 1, 3]);
        const w = new BytesWriter(8, little);
        writeBitSet(w, set);
        const r = new BytesReader(w.toBytes(), little);
        expect(readBitSet(r).equals(set)).toBe(true);
        expect(r.remaining).toBe(0);
      }
    },
  );

  test('trailing zero bytes are accepted and never written (PVA-W-18, PVA-W-19)', () => {
    for (const zeros of [1, 3, 7, 8, 20]) {
      expect([...readBitSet(read([1 + zeros, 5, ...new Array<number>(zeros).fill(0)], true))]).toEqual([
        0, 2,
      ]);
    }
    const w = new BytesWriter();
    writeBitSet(w, BitSet.from([0, 300]).set(300, false));
    expect([...w.toBytes()]).toEqual([1, 1]);
  });

  test.each([1, 5, 31, 32, 33, 63, 64, 65, 100])(
    'bits from %i on are dropped when the type ends there (PVA-W-19)',
    (limit) => {
      for (const little of [true, false]) {
        const w = new BytesWriter(8, little);
        const all = BitSet.first(140);
        writeBitSet(w, all);
        const r = new BytesReader(w.toBytes(), little);
        expect(readBitSet(r, limit).equals(BitSet.first(limit))).toBe(true);
        expect(r.remaining).toBe(0);
      }
    },
  );

  test('null and more bytes than there are left are faults (PVA-W-15)', () => {
    expect(() => readBitSet(read([0xff]))).toThrow('bit mask is null');
    expect(() => readBitSet(read([9, 1, 2]))).toThrow(ProtocolError);
  });
});
