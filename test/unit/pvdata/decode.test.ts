import { describe, expect, test } from 'vitest';
import { alarmType } from '../../../src/nt/index.ts';
import {
  arrayOf,
  boundedType,
  type DecodeLimits,
  decodeAny,
  decodeMasked,
  decodeValue,
  defaultDecodeLimits,
  encodeMasked,
  encodeValue,
  type FieldDesc,
  scalarType,
  structType,
  TypeCache,
  unionType,
  Value,
} from '../../../src/pvdata/index.ts';
import {
  BytesReader,
  BytesWriter,
  LimitError,
  ProtocolError,
  ProtocolMisuseError,
} from '../../../src/util/index.ts';

const read = (bytes: number[], little = true): BytesReader => new BytesReader(Uint8Array.from(bytes), little);
const decode = (desc: FieldDesc, bytes: number[], limits: Partial<DecodeLimits> = {}): Value =>
  decodeValue(read(bytes), desc, new TypeCache(), { ...defaultDecodeLimits, ...limits });
const type = structType('', { a: 'ubyte', alarm: alarmType, b: 'ubyte' });

describe('decodeMasked', () => {
  test('marks are the wire mask, fields not in it have defaults (PVA-D-8)', () => {
    const value = decodeMasked(read([1, 0b100_0010, 7, 9]), type, new TypeCache());
    expect([...value.marks]).toEqual([1, 6]);
    expect(value.toObject()).toEqual({ a: 7, alarm: { severity: 0, status: 0, message: '' }, b: 9 });
  });

  test('fields not in the mask come from the base, which stays as it is', () => {
    const base = Value.from(type, { a: 1, alarm: { message: 'x' } });
    const value = decodeMasked(read([1, 0b100_0000, 9]), type, new TypeCache(), base);
    expect(value.toObject()).toEqual({ a: 1, alarm: { severity: 0, status: 0, message: 'x' }, b: 9 });
    expect([...value.marks]).toEqual([6]);
    expect(base.get('b')).toBe(0);
    expect(() => decodeMasked(read([0]), alarmType, new TypeCache(), base)).toThrow(ProtocolMisuseError);
  });

  test('an empty mask has no data (PVA-W-35)', () => {
    expect(decodeMasked(read([0]), type, new TypeCache()).isMarked()).toBe(false);
  });

  test('redundant bits below a structure read it once (PVA-W-20)', () => {
    const bytes = [1, 0b110_1100, 1, 0, 0, 0, 2, 0, 0, 0, 1, 0x78, 5];
    const r = read(bytes);
    const value = decodeMasked(r, type, new TypeCache());
    expect(r.remaining).toBe(0);
    expect(value.toObject()).toEqual({ a: 0, alarm: { severity: 1, status: 2, message: 'x' }, b: 5 });
  });

  test.each([
    [[2, 0b10, 0b11, 7]],
    [[3, 0b10, 0, 0x80, 7]],
    [[7, 0b10, 0, 0, 0, 0, 0, 1, 7]],
    [[8, 0b10, 0, 0, 0, 0, 0, 0, 1, 7]],
    [[12, 0b10, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 7]],
  ])('bits beyond the type are ignored, case %# (PVA-W-19)', (bytes) => {
    const r = read(bytes);
    const value = decodeMasked(r, type, new TypeCache());
    expect([...value.marks]).toEqual([1]);
    expect(value.get('a')).toBe(7);
    expect(r.remaining).toBe(0);
  });

  test.each([31, 32, 33, 40, 62, 63, 64])('a type of %i fields takes no bit beyond', (count) => {
    const desc = structType(
      '',
      Object.fromEntries(Array.from({ length: count - 1 }, (_, i) => [`f${i}`, 'ubyte'])),
    );
    const ones = [7, ...new Array<number>(7).fill(0xff)];
    ones[1] = 0xfe;
    const value = decodeMasked(read([...ones, ...new Array<number>(64).fill(1)]), desc, new TypeCache());
    expect(value.marks.count).toBe(Math.min(count, 56) - 1);
  });

  test('a type that is no structure has bit 0 only (PVA-W-26)', () => {
    expect(decodeMasked(read([1, 3, 5]), scalarType('ubyte'), new TypeCache()).content).toBe(5);
  });

  test('a null or cut mask is a fault', () => {
    for (const bytes of [[0xff], [2, 1], [], [9, 1]]) {
      expect(() => decodeMasked(read(bytes), type, new TypeCache())).toThrow(ProtocolError);
    }
  });
});

describe('decodeValue', () => {
  test('marks the whole value', () => {
    const value = decode(scalarType('ubyte'), [5]);
    expect([...value.marks]).toEqual([0]);
    expect(value.content).toBe(5);
  });

  test('booleans are true for any byte but 0 (PVA-G-46)', () => {
    expect(decode(scalarType('boolean'), [7]).content).toBe(true);
    expect(decode(scalarType('boolean[]'), [3, 0, 1, 255]).content).toEqual([false, true, true]);
  });

  test('64-bit integers are read without loss (PVA-W-36)', () => {
    const w = new BytesWriter();
    encodeValue(w, Value.from(scalarType('long[]'), [2n ** 63n - 1n, -(2n ** 63n)]));
    encodeValue(w, Value.from(scalarType('ulong'), 2n ** 64n - 1n));
    const r = new BytesReader(w.toBytes());
    expect(decodeValue(r, scalarType('long[]'), new TypeCache()).content).toEqual(
      BigInt64Array.of(2n ** 63n - 1n, -(2n ** 63n)),
    );
    expect(decodeValue(r, scalarType('ulong'), new TypeCache()).content).toBe(2n ** 64n - 1n);
  });

  test('type ids are known inside any and any[] (PVA-W-29)', () => {
    const cache = new TypeCache();
    const list = decodeValue(
      read([3, 1, 0xfd, 1, 0, 0x24, 5, 1, 0xfe, 1, 0, 6, 0]),
      scalarType('any[]'),
      cache,
    );
    expect(list.toObject()).toEqual({ value: [5, 6, null] });
    expect(decodeAny(read([0xfe, 1, 0, 7]), cache)?.content).toBe(7);
    expect(decodeAny(read([0xff]), cache)).toBeNull();
  });
});

describe('faults and limits', () => {
  test.each([
    ['array longer than the message', scalarType('double[]'), [2, 0, 0, 0, 0, 0, 0, 0, 0]],
    ['null array', scalarType('double[]'), [0xff]],
    ['text array longer than the message', scalarType('string[]'), [5, 0]],
    ['structure array longer than the message', arrayOf(alarmType), [5, 0]],
    ['selector beyond the union', unionType('', { a: 'int' }), [1, 0, 0, 0, 0]],
    ['array over its bound', boundedType('byte[]', 2), [3, 1, 2, 3]],
    ['text over its bound', boundedType('string', 2), [3, 65, 65, 65]],
    ['fixed array cut short', boundedType('byte[]', 3, true), [1, 2]],
    ['fixed text array cut short', boundedType('string[]', 3, true), [0, 0]],
    ['unknown type in any', scalarType('any'), [0xfe, 0, 0]],
  ])('%s is a protocol error (PVA-L-3)', (_name, desc, bytes) => {
    expect(() => decode(desc, bytes)).toThrow(ProtocolError);
  });

  test('a value at its bound is accepted', () => {
    expect(decode(boundedType('byte[]', 2), [2, 1, 2]).content).toEqual(Int8Array.of(1, 2));
    expect(decode(boundedType('string', 2), [2, 65, 66]).content).toBe('AB');
    expect(decode(boundedType('byte[]', 2, true), [1, 2]).content).toEqual(Int8Array.of(1, 2));
    const long = Array.from({ length: 260 }, () => 65);
    const w = [0xfe, 4, 1, 0, 0, ...long];
    expect(decode(boundedType('string', 260), w).content).toHaveLength(260);
    expect(() => decode(boundedType('string', 259), w)).toThrow(ProtocolError);
  });

  test('arrays and texts are limited', () => {
    expect(() => decode(scalarType('byte[]'), [3, 1, 2, 3], { maxArrayElements: 2 })).toThrow(LimitError);
    expect(() => decode(scalarType('string'), [3, 65, 65, 65], { maxString: 2 })).toThrow(LimitError);
    expect(() => decode(scalarType('string[]'), [1, 3, 65, 65, 65], { maxString: 2 })).toThrow(LimitError);
  });

  test('a megabyte of nested any is a fault, not a stack overflow (PVA-L-4)', () => {
    expect(() => decode(scalarType('any'), new Array<number>(1_000_000).fill(0x82))).toThrow(
      'nested deeper than 20',
    );
  });

  test('many empty structures in a short message cannot fill the memory', () => {
    const hollow = structType(
      '',
      Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`f${i}`, structType('', {})])),
    );
    const bytes = [0xfe, 0xe8, 3, 0, 0, ...new Array<number>(1000).fill(1)];
    expect(() => decode(arrayOf(hollow), bytes)).toThrow('too many nested values');
    expect(decode(arrayOf(hollow), [2, 1, 1]).content).toHaveLength(2);
    expect(() => decode(scalarType('any[]'), [3, 1, 0xff, 1, 0xff, 1, 0xff], { maxSlots: 10 })).toThrow(
      LimitError,
    );
  });

  test('every cut of a message is a fault, never anything else (PVA appendix 4)', () => {
    const desc = structType('', {
      s: 'string',
      d: 'double',
      l: 'int[]',
      u: unionType('', { a: 'string' }),
      v: 'any',
      n: arrayOf(alarmType),
    });
    const value = Value.from(desc, {
      s: 'text',
      d: 1,
      l: [1, 2],
      u: 'x',
      v: 'y',
      n: [{ message: 'z' }, null],
    });
    const w = new BytesWriter();
    encodeMasked(w, value);
    const all = w.toBytes();
    for (let cut = 0; cut < all.length; cut++) {
      expect(
        () => decodeMasked(new BytesReader(all.subarray(0, cut)), desc, new TypeCache()),
        `cut at ${cut}`,
      ).toThrow(ProtocolError);
    }
    expect(decodeMasked(new BytesReader(all), desc, new TypeCache()).equals(value)).toBe(true);
  });
});
