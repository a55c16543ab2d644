import { describe, expect, test } from 'vitest';
import { alarmType, timeStampType } from '../../../src/nt/index.ts';
import {
  arrayOf,
  boundedType,
  decodeAny,
  decodeMasked,
  decodeValue,
  encodeAny,
  encodeMasked,
  encodeValue,
  scalarType,
  structType,
  TypeCache,
  unionType,
  Value,
} from '../../../src/pvdata/index.ts';
import {
  BitSet,
  BORROW_BYTES,
  BytesReader,
  BytesWriter,
  LimitError,
  SendBuffer,
  TypeMismatchError,
} from '../../../src/util/index.ts';

const bytes = (write: (w: BytesWriter) => void, little = true): number[] => {
  const w = new BytesWriter(4, little);
  write(w);
  return [...w.toBytes()];
};
const full = (value: Value, little = true): number[] => bytes((w) => encodeValue(w, value), little);
const type = structType('', { a: 'ubyte', alarm: alarmType, b: 'ubyte' });
const wide = structType('', Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`f${i}`, 'ubyte'])));

describe('encodeMasked (PVA-W-20)', () => {
  const value = Value.from(type, { a: 1, alarm: { severity: 2 }, b: 3 });

  test('writes the marks and the marked fields', () => {
    expect(bytes((w) => encodeMasked(w, value))).toEqual([1, 0b100_1010, 1, 2, 0, 0, 0, 3]);
    expect(bytes((w) => encodeMasked(w, new Value(type)))).toEqual([0]);
  });

  test('writes a given mask instead', () => {
    expect(bytes((w) => encodeMasked(w, value, BitSet.from([6])))).toEqual([1, 0b100_0000, 3]);
    expect(bytes((w) => encodeMasked(w, value, BitSet.from([6, 7, 99])))).toEqual([1, 0b100_0000, 3]);
  });

  test('the bit of a structure stands for all in it, bits below it add nothing', () => {
    const redundant = BitSet.from([2, 3, 5, 6]);
    expect(bytes((w) => encodeMasked(w, value, redundant))).toEqual([
      1, 0b110_1100, 2, 0, 0, 0, 0, 0, 0, 0, 0, 3,
    ]);
    expect(bytes((w) => encodeMasked(w, value, BitSet.from([0, 1, 6])))).toHaveLength(2 + 11);
  });

  test.each([7, 31, 32, 33, 39, 40, 47, 48, 55, 56, 63, 64, 65, 100])(
    'field %i of a wide type goes alone (PVA-W-21)',
    (slot) => {
      for (const little of [true, false]) {
        for (const desc of [
          wide,
          structType('', Object.fromEntries(wide.members.slice(0, 63).map((m) => [m.name, m.desc]))),
        ]) {
          if (slot >= desc.fieldCount) continue;
          const one = new Value(desc);
          one.put(slot, 42);
          one.put(1, 41);
          const sent = Uint8Array.from(bytes((w) => encodeMasked(w, one), little));
          const same = Uint8Array.from(bytes((w) => encodeMasked(w, one, one.marks), little));
          expect(sent).toEqual(same);
          const back = decodeMasked(new BytesReader(sent, little), desc, new TypeCache());
          expect(back.equals(one)).toBe(true);
          expect([...back.marks]).toEqual([1, slot]);
        }
      }
    },
  );
});

describe('what a slot may hold', () => {
  test('64-bit slots take numbers too, seconds take bigint', () => {
    const longs = new Value(structType('', { l: 'long', u: 'ulong', t: timeStampType }));
    longs.put(1, -2);
    longs.put(2, 3.5);
    longs.put(4, 5n);
    expect(full(longs).slice(0, 24)).toEqual([
      0xfe,
      ...new Array<number>(7).fill(0xff),
      3,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      5,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
    ]);
    longs.put(4, -1);
    expect(full(longs, false).slice(16, 24)).toEqual(new Array<number>(8).fill(0xff));
  });

  test('an array of another kind is converted', () => {
    const value = new Value(scalarType('short[]'));
    value.put(0, [1, 2]);
    expect(full(value)).toEqual([2, 1, 0, 2, 0]);
  });

  test('a union content without selector goes as the first member of its type, of a foreign type is refused', () => {
    const union = new Value(unionType('u', { a: 'int', b: 'ubyte' }));
    union.put(0, Value.from(scalarType('ubyte'), 9));
    expect(full(union)).toEqual([1, 9]);
    union.put(0, Value.from(scalarType('string'), 'x'));
    expect(() => full(union)).toThrow('union u has no member of string');
    expect(full(new Value(unionType('', { a: 'int' })))).toEqual([0xff]);
  });

  test('a structure array refuses elements of another type', () => {
    const list = new Value(arrayOf(alarmType));
    list.put(0, [new Value(timeStampType)]);
    expect(() => full(list)).toThrow(TypeMismatchError);
  });

  test('bounds hold even for content that was put unchecked', () => {
    const value = new Value(
      structType('', {
        a: boundedType('byte[]', 2),
        f: boundedType('short[]', 2, true),
        s: boundedType('string', 2),
        g: boundedType('string[]', 2, true),
      }),
    );
    expect(full(value)).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    value.put(2, Int16Array.of(7));
    expect(full(value)).toEqual([0, 7, 0, 0, 0, 0, 0, 0]);
    for (const [slot, content] of [
      [1, Int8Array.of(1, 2, 3)],
      [2, Int16Array.of(1, 2, 3)],
    ] as const) {
      const wrong = value.clone();
      wrong.put(slot, content);
      expect(() => full(wrong)).toThrow(TypeMismatchError);
    }
  });

  test('text that outgrew its bound when invalid bytes were replaced is cut', () => {
    const desc = boundedType('string', 4);
    const value = decodeValue(new BytesReader(Uint8Array.of(3, 65, 0xb0, 0xb0)), desc, new TypeCache());
    expect(value.content).toBe('A\ufffd\ufffd');
    expect(full(value)).toEqual([4, 65, 0xef, 0xbf, 0xbd]);
  });

  test('values nested deeper than 20 are refused (PVA-L-4)', () => {
    let value = Value.from(scalarType('int'), 1);
    for (let i = 0; i < 19; i++) {
      const outer = new Value(scalarType('any'));
      outer.put(0, value);
      value = outer;
    }
    const sent = Uint8Array.from(full(value));
    expect(decodeValue(new BytesReader(sent), value.desc, new TypeCache()).equals(value)).toBe(true);
    const deeper = new Value(scalarType('any'));
    deeper.put(0, value);
    expect(() => full(deeper)).toThrow(LimitError);
    expect(() => bytes((w) => encodeAny(w, deeper))).toThrow(LimitError);
  });
});

describe('elements of union[] and any[] (PVA-W-32, PVA-W-33)', () => {
  const desc = structType('', { u: arrayOf(unionType('', { a: 'ubyte', b: 'ubyte' })), a: 'any[]' });
  // Missing, nothing selected, second of two members of one type; missing, empty, a byte.
  const sent = [3, 0, 1, 0xff, 1, 1, 7, 3, 0, 1, 0xff, 1, 0x24, 9];

  test('are re-encoded byte for byte: missing, empty and the selected one of two equal members', () => {
    const value = decodeValue(new BytesReader(Uint8Array.from(sent)), desc, new TypeCache());
    expect(full(value)).toEqual(sent);
    expect(value.toObject()).toEqual({ u: [null, null, 7], a: [null, null, 9] });
    expect(String(value)).toContain('null');
  });
});

describe('large arrays (ARC-P-7)', () => {
  test('are handed over to a send buffer in host byte order, and copied otherwise', () => {
    const array = Float64Array.from({ length: BORROW_BYTES }, (_, i) => i / 3);
    const value = Value.from(scalarType('double[]'), array);
    const little = new SendBuffer();
    encodeValue(little, value);
    expect(little.chunks().some((chunk) => chunk.buffer === array.buffer)).toBe(true);
    const big = new SendBuffer(undefined, false);
    encodeValue(big, value);
    expect(big.chunks().some((chunk) => chunk.buffer === array.buffer)).toBe(false);
    for (const w of [little, big]) {
      const r = new BytesReader(w.toBytes(), w.littleEndian);
      expect(decodeValue(r, value.desc, new TypeCache()).equals(value)).toBe(true);
    }
    expect(array[3]).toBe(1);
  });
});

test('encodeAny writes the type first, null as null type', () => {
  expect(bytes((w) => encodeAny(w, null))).toEqual([0xff]);
  const sent = bytes((w) => encodeAny(w, Value.from(scalarType('uint'), 5)));
  expect(sent).toEqual([0x26, 5, 0, 0, 0]);
  const back = decodeAny(new BytesReader(Uint8Array.from(sent)), new TypeCache());
  expect(back?.desc).toBe(scalarType('uint'));
});
