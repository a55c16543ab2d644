import { describe, expect, test } from 'vitest';
import { alarmType } from '../../../src/nt/index.ts';
import {
  arrayOf,
  boundedType,
  decodeType,
  defaultDecodeLimits,
  encodeType,
  type FieldDesc,
  scalarType,
  structType,
  TypeCache,
  TypeRegistry,
  unionType,
} from '../../../src/pvdata/index.ts';
import { BytesReader, BytesWriter, LimitError, ProtocolError } from '../../../src/util/index.ts';

const decode = (bytes: number[], cache = new TypeCache(), limits = defaultDecodeLimits): FieldDesc | null =>
  decodeType(new BytesReader(Uint8Array.from(bytes), false), cache, limits);
const encode = (desc: FieldDesc | null, little = false): number[] => {
  const w = new BytesWriter(4, little);
  encodeType(w, desc);
  return [...w.toBytes()];
};
const x = [1, 0x78];

describe('descriptions (PVA-W-23)', () => {
  test.each([
    ['null', null, [0xff]],
    ['double', scalarType('double'), [0x43]],
    ['string[]', scalarType('string[]'), [0x68]],
    ['any[]', scalarType('any[]'), [0x8a]],
    ['bounded byte array', boundedType('byte[]', 16), [0x30, 16]],
    ['fixed byte array', boundedType('byte[]', 4, true), [0x38, 4]],
    ['fixed array of none', boundedType('double[]', 0, true), [0x5b, 0]],
    ['bounded string array', boundedType('string[]', 3), [0x70, 3]],
    ['bounded string', boundedType('string', 8), [0x83, 8]],
    ['empty structure', structType('', {}), [0x80, 0, 0]],
    ['union', unionType('u', { x: 'int' }), [0x81, 1, 0x75, 1, ...x, 0x22]],
    ['structure array', arrayOf(structType('', { x: 'int' })), [0x88, 0x80, 0, 1, ...x, 0x22]],
    ['union array', arrayOf(unionType('', { x: 'int' })), [0x89, 0x81, 0, 1, ...x, 0x22]],
  ])('%s is written and read', (_name, desc, bytes) => {
    expect(encode(desc)).toEqual(bytes);
    expect(encode(desc)).toEqual(bytes);
    expect(decode(bytes)).toBe(desc);
  });

  test('sizes in descriptions follow the byte order', () => {
    const desc = boundedType('int[]', 300);
    expect(encode(desc, true)).toEqual([0x32, 0xfe, 44, 1, 0, 0]);
    expect(encode(desc, false)).toEqual([0x32, 0xfe, 0, 0, 1, 44]);
  });

  test('the documented code of bounded strings is read too', () => {
    expect(decode([0x86, 8])).toBe(boundedType('string', 8));
    expect(decode([0x83, 0])).toBe(scalarType('string'));
  });

  test('names are taken as they come (PVA-W-17)', () => {
    expect(decode([0x80, 0, 1, 3, 0x61, 0x2d, 0x62, 0x22])?.members[0]?.name).toBe('a-b');
  });
});

describe('faults (PVA-W-25)', () => {
  test.each([
    ['unknown scalar', [0x28 | 7 | 0x40]],
    ['unknown kind', [0xa0]],
    ['array form of any', [0x92, 4]],
    ['array form of structure', [0x90, 4]],
    ['bounded form of an unknown scalar', [0x57, 4]],
    ['null bound', [0x30, 0xff]],
    ['array of scalar with a lead byte of its own', [0x88, 0x22]],
    ['structure array of union', [0x88, 0x81, 0, 0]],
    ['array of array', [0x88, 0x88, 0x80, 0, 0]],
    ['array of null', [0x88, 0xff]],
    ['member of null type', [0x80, 0, 1, ...x, 0xff]],
    ['more fields than bytes', [0x80, 0, 0xfe, 0, 1, 0, 0, 1, 0x78, 0x22]],
    ['null count', [0x80, 0, 0xff]],
    ['unknown id', [0xfe, 0, 1]],
    ['definition of null', [0xfd, 0, 1, 0xff]],
    ['definition of an id', [0xfd, 0, 1, 0xfe, 0, 1]],
    ['cut in the name', [0x80, 0, 1, 4, 0x78, 0x22]],
    ['nothing', []],
  ])('%s is a protocol error', (_name, bytes) => {
    expect(() => decode(bytes)).toThrow(ProtocolError);
  });

  test('nesting is limited before the stack is (PVA-L-4)', () => {
    const nested = Array.from({ length: 100_000 }, () => [0x80, 0, 1, ...x]).flat();
    expect(() => decode(nested)).toThrow('type is nested deeper than 20');
    expect(() => decode(new Array<number>(1_000_000).fill(0x82))).not.toThrow();
    const deep = (levels: number): number[] => [
      ...Array.from({ length: levels }, () => [0x80, 0, 1, ...x]).flat(),
      0x22,
    ];
    expect(decode(deep(19))?.depth).toBe(20);
    expect(() => decode(deep(20))).toThrow(ProtocolError);
    expect(() => decode(deep(3), new TypeCache(), { ...defaultDecodeLimits, maxDepth: 3 })).toThrow(
      ProtocolError,
    );
  });

  test('nesting built up through ids is limited too', () => {
    const cache = new TypeCache();
    decode([0xfd, 0, 0, 0x80, 0, 1, ...x, 0x22], cache);
    for (let id = 1; id < 19; id++) decode([0xfd, 0, id, 0x80, 0, 1, ...x, 0xfe, 0, id - 1], cache);
    expect(cache.get(18)?.depth).toBe(20);
    expect(() => decode([0x80, 0, 1, ...x, 0xfe, 0, 18], cache)).toThrow(ProtocolError);
    expect(() => decode([0x80, 0, 1, ...x, 0x80, 0, 1, ...x, 0xfe, 0, 17], cache)).toThrow(ProtocolError);
  });

  test('types that multiply through ids are limited before they are made', () => {
    const cache = new TypeCache();
    const members = (count: number, type: number[]): number[] =>
      Array.from({ length: count }, () => [...x, ...type]).flat();
    decode([0xfd, 0, 1, 0x80, 0, 200, ...members(200, [0x22])], cache);
    decode([0xfd, 0, 2, 0x80, 0, 200, ...members(200, [0xfe, 0, 1])], cache);
    expect(cache.get(2)?.fieldCount).toBe(40201);
    expect(() => decode([0x80, 0, 200, ...members(200, [0xfe, 0, 2])], cache)).toThrow(LimitError);
    const few = { ...defaultDecodeLimits, maxFields: 3 };
    expect(() => decode([0x80, 0, 3, ...members(3, [0x22])], new TypeCache(), few)).toThrow(
      'more than 3 fields',
    );
  });

  test('names, fixed arrays and the number of ids are limited', () => {
    const name = [...new Array<number>(3).fill(0x61)];
    const limits = { ...defaultDecodeLimits, maxFieldName: 2 };
    expect(() => decode([0x80, 0, 1, 3, ...name, 0x22], new TypeCache(), limits)).toThrow(LimitError);
    expect(() => decode([0x5b, 0xfe, 0x40, 0, 0, 0])).toThrow('fixed array of 1073741824 elements');
    const cache = new TypeCache(1);
    decode([0xfd, 0, 1, 0x22], cache);
    decode([0xfd, 0, 1, 0x43], cache);
    expect(() => decode([0xfd, 0, 2, 0x22], cache)).toThrow('peer defines more than 1 types');
  });
});

describe('type cache (PVA-W-27..30)', () => {
  test('an id that is defined again means the new type', () => {
    const cache = new TypeCache();
    expect(decode([0xfd, 0, 1, 0x22], cache)).toBe(scalarType('int'));
    expect(decode([0xfd, 0, 1, 0x43], cache)).toBe(scalarType('double'));
    expect(decode([0xfe, 0, 1], cache)).toBe(scalarType('double'));
    expect(cache.size).toBe(1);
  });

  test('a definition with a tag is read as one without', () => {
    const cache = new TypeCache();
    expect(decode([0xfc, 0, 9, 1, 2, 3, 4, 0x22], cache)).toBe(scalarType('int'));
    expect(cache.get(9)).toBe(scalarType('int'));
  });

  test('nested definitions can be used at once and afterwards', () => {
    const cache = new TypeCache();
    const bytes = [0xfd, 0, 1, 0x80, 0, 2, 1, 0x61, 0xfd, 0, 2, 0x80, 0, 1, ...x, 0x22, 1, 0x62, 0xfe, 0, 2];
    const inner = structType('', { x: 'int' });
    expect(decode(bytes, cache)).toBe(structType('', { a: inner, b: inner }));
    expect(decode([0x88, 0xfe, 0, 2], cache)).toBe(arrayOf(inner));
  });

  test('the sender defines each type once, and goes on in full when the ids are used up', () => {
    const registry = new TypeRegistry(2);
    const send = (desc: FieldDesc | null): number[] => {
      const w = new BytesWriter(4, false);
      registry.encodeType(w, desc);
      return [...w.toBytes()];
    };
    const cache = new TypeCache();
    const one = structType('', { a: alarmType });
    const two = structType('', { b: alarmType });
    expect(send(one).slice(0, 4)).toEqual([0xfd, 0, 1, 0x80]);
    expect(send(one)).toEqual([0xfe, 0, 1]);
    expect(send(two)[0]).toBe(0x80);
    expect(send(null)).toEqual([0xff]);
    expect(send(scalarType('int[]'))).toEqual([0x2a]);
    const again = new TypeRegistry(2);
    for (const desc of [one, two, one, alarmType]) {
      const w = new BytesWriter(4, false);
      again.encodeType(w, desc);
      expect(decodeType(new BytesReader(w.toBytes(), false), cache)).toBe(desc);
    }
  });
});

describe('types that are made of references (ARC-S-6)', () => {
  /** A structure of `count` members that are all the type of an id, or are empty structures, defined as `id`. */
  const wide = (id: number, count: number, member: number | undefined): number[] => {
    const reference = member === undefined ? [0x80, 0, 0] : [0xfe, member >> 8, member & 0xff];
    const names = Array.from({ length: count }, (_, i) => [2, 0x61 + Math.floor(i / 26), 0x61 + (i % 26)]);
    const members = names.flatMap((name) => [...name, ...reference]);
    return [0xfd, id >> 8, id & 0xff, 0x80, 2, 0x30 + (id >> 6), 0x30 + (id & 0x3f), count, ...members];
  };
  const opening = (): TypeCache => {
    const cache = new TypeCache();
    decode(wide(0, 40, undefined), cache);
    decode(wide(1, 40, 0), cache);
    return cache;
  };

  test('a few hundred bytes that define sixty thousand fields each are refused before they fill the memory', () => {
    const cache = opening();
    let fields = 0;
    expect(() => {
      for (let id = 2; id < 1000; id++) fields += decode(wide(id, 38, 1), cache)?.fieldCount ?? 0;
    }).toThrow(LimitError);
    expect(fields).toBeGreaterThan(500_000);
    expect(fields).toBeLessThanOrEqual(0x10_0000);
  });

  test('one id defined anew again and again is refused too, before it takes all the time', () => {
    const cache = opening();
    let count = 0;
    expect(() => {
      for (; count < 1000; count++) decode(wide(2, 30 + (count % 8), 1), cache);
    }).toThrow('by references too often');
    expect(count).toBeLessThan(30);
  });

  test('a peer that refers to small types, as all do, can go on for ever', () => {
    const cache = new TypeCache();
    decode([0xfd, 0, 1, 0x80, 0, 1, ...x, 0x22], cache);
    for (let i = 0; i < 50_000; i++) {
      decode([0xfd, 0, 2, 0x80, 0, 2, 1, 0x61, 0xfe, 0, 1, 1, 0x62, 0xfe, 0, 1], cache);
    }
    expect(cache.size).toBe(2);
    // An id that is defined anew counts once.
    const other = opening();
    for (let i = 0; i < 100; i++) decode([0xfd, 0, 5, 0x80, 0, 1, ...x, 0x22], other);
    expect(other.size).toBe(3);
  });
});

describe('TypeCache', () => {
  test('the types of a peer may not have more than 2^20 fields together; defining one anew frees its fields', () => {
    const members = Object.fromEntries(Array.from({ length: 4095 }, (_, i) => [`m${i}`, 'int' as const]));
    const big = structType('big', members);
    expect(big.fieldCount).toBe(4096);
    const cache = new TypeCache();
    for (let id = 0; id < 256; id++) cache.set(id, big);
    expect(() => cache.set(256, scalarType('int'))).toThrow(/more than 1048576 fields/);
    cache.set(0, scalarType('int'));
    cache.set(256, scalarType('int'));
    expect(cache.size).toBe(257);
  });
});
