import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  arrayOf,
  boundedType,
  compoundType,
  decodeAny,
  decodeMasked,
  decodeType,
  decodeValue,
  encodeAny,
  encodeMasked,
  encodeType,
  encodeValue,
  type FieldDesc,
  parsePvRequest,
  readBitSet,
  readSize,
  readString,
  type ScalarName,
  scalarType,
  TypeCache,
  TypeCode,
  TypeRegistry,
  Value,
  writeBitSet,
  writeSize,
  writeString,
} from '../../../src/pvdata/index.ts';
import { BitSet, BytesReader, BytesWriter } from '../../../src/util/index.ts';

type Notation =
  | string
  | { struct: string; fields: [string, Notation][] }
  | { union: string; fields: [string, Notation][] }
  | { array: Notation }
  | { of: ScalarName; bound: number; fixed?: boolean };
interface Vector {
  readonly name: string;
  readonly kind: string;
  readonly byteOrder: 'big' | 'little';
  readonly hex: string;
  readonly expect: unknown;
}

const file = new URL('../../golden/pva-data.json', import.meta.url);
const { vectors } = JSON.parse(readFileSync(file, 'utf8')) as { vectors: Vector[] };
const of = (kind: string): Vector[] => vectors.filter((vector) => vector.kind === kind);

function toType(notation: Notation): FieldDesc {
  if (typeof notation === 'string') return scalarType(notation as ScalarName);
  if ('array' in notation) return arrayOf(toType(notation.array));
  if ('of' in notation) return boundedType(notation.of, notation.bound, notation.fixed ?? false);
  const members = notation.fields.map(([name, type]) => ({ name, desc: toType(type) }));
  return 'struct' in notation
    ? compoundType(TypeCode.Struct, notation.struct, members)
    : compoundType(TypeCode.Union, notation.union, members);
}

/** Content of the golden file as `Value.set` takes it. */
function toContent(desc: FieldDesc, x: unknown): unknown {
  if (x === null) return null;
  if (desc.code === TypeCode.Any) {
    const { type, value } = x as { type: Notation; value: unknown };
    return Value.from(toType(type), toContent(toType(type), value));
  }
  if (desc.isUnion) {
    const { select, value } = x as { select: number; value: unknown };
    const member = desc.members[select];
    if (member === undefined) throw new Error('no such member');
    return Value.from(member.desc, toContent(member.desc, value)).withSelector(select);
  }
  if (desc.isStruct) {
    const entries = Object.entries(x as object).map(([name, content]): [string, unknown] => {
      const member = desc.member(name);
      if (member === undefined) throw new Error(`no member ${name}`);
      return [name, toContent(member.desc, content)];
    });
    return Object.fromEntries(entries);
  }
  if (desc.code === TypeCode.AnyArray || desc.element !== undefined) {
    const element = desc.element ?? scalarType('any');
    return (x as unknown[]).map((item) => toContent(element, item));
  }
  return x;
}

const bytesOf = (vector: Vector): Uint8Array => Uint8Array.from(Buffer.from(vector.hex, 'hex'));
const reader = (vector: Vector): BytesReader =>
  new BytesReader(bytesOf(vector), vector.byteOrder === 'little');
function written(vector: Vector, write: (w: BytesWriter) => void): string {
  const w = new BytesWriter(16, vector.byteOrder === 'little');
  write(w);
  return Buffer.from(w.toBytes()).toString('hex');
}
/** Reads all of the vector, writes it again and compares the bytes. */
function check<T>(vector: Vector, read: (r: BytesReader) => T, write: (w: BytesWriter, x: T) => void): T {
  const r = reader(vector);
  const x = read(r);
  expect(r.remaining).toBe(0);
  expect(written(vector, (w) => write(w, x))).toBe(vector.hex);
  return x;
}

const title = '$name, $byteOrder endian';

describe('PVA GV-1 primitives', () => {
  test.each(of('size'))(title, (vector) => {
    expect(check(vector, readSize, writeSize)).toBe(vector.expect);
  });
  test.each(of('string'))(title, (vector) => {
    expect(check(vector, readString, writeString)).toBe(vector.expect);
  });
});

describe('PVA GV-2 bit sets', () => {
  test.each(of('bitSet'))(title, (vector) => {
    const set = check(vector, readBitSet, writeBitSet);
    expect(set.equals(BitSet.from(vector.expect as number[]))).toBe(true);
  });
});

describe('PVA GV-3 type descriptions', () => {
  test.each(of('type'))(title, (vector) => {
    const desc = check(vector, (r) => decodeType(r, new TypeCache()), encodeType);
    expect(desc).toBe(toType(vector.expect as Notation));
  });
});

// Seconds are numbers (ARC P-3), so those of the reference value, beyond 2^53, lose their low bits.
const exact = of('fullValue')
  .concat(of('maskedValue'))
  .filter((vector) => !JSON.stringify(vector.expect).includes('1234605616436508552'));
const rounded = of('fullValue')
  .concat(of('maskedValue'))
  .filter((vector) => !exact.includes(vector));

describe('PVA GV-4 and GV-6 values', () => {
  test.each(exact.filter((vector) => vector.kind === 'fullValue'))(title, (vector) => {
    const { type, value } = vector.expect as { type: Notation; value: unknown };
    const desc = toType(type);
    const decoded = check(vector, (r) => decodeValue(r, desc, new TypeCache()), encodeValue);
    const made = Value.from(desc, toContent(desc, value));
    expect(decoded.equals(made)).toBe(true);
    expect(written(vector, (w) => encodeValue(w, made))).toBe(vector.hex);
  });
  test.each(exact.filter((vector) => vector.kind === 'maskedValue'))(title, (vector) => {
    const { type, mask, fields } = vector.expect as {
      type: Notation;
      mask: number[];
      fields: [string, unknown][];
    };
    const desc = toType(type);
    const decoded = check(vector, (r) => decodeMasked(r, desc, new TypeCache()), encodeMasked);
    expect([...decoded.marks]).toEqual(mask);
    const made = new Value(desc);
    for (const [path, content] of fields)
      made.set(path, toContent(desc.fieldAt(desc.offsetOf(path)), content));
    expect(decoded.equals(made)).toBe(true);
    expect(written(vector, (w) => encodeMasked(w, made, BitSet.from(mask)))).toBe(vector.hex);
  });
  test.each(rounded)(`${title}: seconds beyond 2^53 keep their high bits`, (vector) => {
    const { type } = vector.expect as { type: Notation };
    const desc = toType(type);
    const r = reader(vector);
    const isFull = vector.kind === 'fullValue';
    const value = isFull ? decodeValue(r, desc, new TypeCache()) : decodeMasked(r, desc, new TypeCache());
    expect(r.remaining).toBe(0);
    expect(value.get('timeStamp.secondsPastEpoch')).toBe(Number(0x1122334455667788n));
    const again = written(vector, (w) => (isFull ? encodeValue(w, value) : encodeMasked(w, value)));
    const changed = vector.byteOrder === 'big' ? '1122334455667788' : '8877665544332211';
    const nearest = vector.byteOrder === 'big' ? '1122334455667800' : '0078665544332211';
    expect(again).toBe(vector.hex.replace(changed, nearest));
  });
});

describe('PVA GV-5 pvRequests of pvxs', () => {
  test.each(of('pvRequest'))(title, (vector) => {
    const { text, type } = vector.expect as { text: string; type: Notation };
    const request = check(vector, (r) => decodeAny(r, new TypeCache()), encodeAny);
    expect(request?.desc).toBe(toType(type));
    expect(written(vector, (w) => encodeAny(w, parsePvRequest(text)))).toBe(vector.hex);
  });
});

describe('PVA GV-6 cached types', () => {
  test.each(['big', 'little'] as const)(
    '%s endian: ids are defined once and used afterwards',
    (byteOrder) => {
      const cache = new TypeCache();
      const registry = new TypeRegistry();
      const session = of('cachedType').filter((vector) => vector.byteOrder === byteOrder);
      expect(session).toHaveLength(4);
      for (const vector of session) {
        const desc = check(
          vector,
          (r) => decodeType(r, cache),
          (w, type) => registry.encodeType(w, type),
        );
        expect(desc).toBe(toType(vector.expect as Notation));
      }
      expect(cache.size).toBe(7);
    },
  );
});

describe('PVA GV-7 pvRequests of pvDataCPP', () => {
  test.each(of('createRequest'))(title, (vector) => {
    const { type, value } = vector.expect as { type: Notation; value: unknown };
    const desc = toType(type);
    const request = check(
      vector,
      (r) => decodeAny(r, new TypeCache()),
      (w, decoded) => {
        new TypeRegistry().encodeType(w, decoded?.desc ?? null);
        if (decoded !== null) encodeValue(w, decoded);
      },
    );
    expect(request?.equals(Value.from(desc, toContent(desc, value)))).toBe(true);
  });
});
