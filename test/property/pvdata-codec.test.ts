import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decodeAny,
  decodeMasked,
  decodeType,
  decodeValue,
  encodeAny,
  encodeMasked,
  encodeType,
  encodeValue,
  expandMask,
  type FieldDesc,
  TypeCache,
  TypeRegistry,
  Value,
} from '../../src/pvdata/index.ts';
import { BitSet, BytesReader, BytesWriter, LimitError, ProtocolError } from '../../src/util/index.ts';
import { anyType, anyValue, numRuns, valueOf } from './pvdata-arbitraries.ts';

const orders = fc.boolean();
const written = (little: boolean, write: (w: BytesWriter) => void): Uint8Array => {
  const w = new BytesWriter(8, little);
  write(w);
  return w.toBytes();
};
const bitsOf = (desc: FieldDesc): fc.Arbitrary<BitSet> =>
  fc.array(fc.nat({ max: desc.fieldCount + 3 }), { maxLength: 8 }).map((bits) => BitSet.from(bits));

test('every type comes back as itself, with and without the type cache', () => {
  fc.assert(
    fc.property(fc.array(anyType, { maxLength: 4 }), orders, (types, little) => {
      const registry = new TypeRegistry();
      const cache = new TypeCache();
      for (const type of [...types, ...types]) {
        const plain = new BytesReader(
          written(little, (w) => encodeType(w, type)),
          little,
        );
        expect(decodeType(plain, new TypeCache())).toBe(type);
        expect(plain.remaining).toBe(0);
        const cached = new BytesReader(
          written(little, (w) => registry.encodeType(w, type)),
          little,
        );
        expect(decodeType(cached, cache)).toBe(type);
      }
    }),
    { numRuns },
  );
});

test('every value comes back equal, and as the same bytes', () => {
  fc.assert(
    fc.property(anyValue, orders, fc.boolean(), (value, little, isOwned) => {
      const bytes = written(little, (w) => encodeAny(w, value));
      const r = new BytesReader(bytes, little, isOwned);
      const back = decodeAny(r, new TypeCache());
      expect(r.remaining).toBe(0);
      expect(back?.equals(value)).toBe(true);
      expect(written(little, (w) => encodeAny(w, back))).toEqual(bytes);
    }),
    { numRuns },
  );
});

test('a masked value brings exactly the fields of its mask (PVA-W-20)', () => {
  const inputs = anyType.chain((desc) => fc.tuple(valueOf(desc), valueOf(desc), bitsOf(desc), orders));
  fc.assert(
    fc.property(inputs, ([value, base, mask, little]) => {
      const r = new BytesReader(
        written(little, (w) => encodeMasked(w, value, mask)),
        little,
      );
      const back = decodeMasked(r, value.desc, new TypeCache(), base);
      expect(r.remaining).toBe(0);
      const sent = expandMask(value.desc, mask);
      expect(expandMask(value.desc, back.marks).equals(sent)).toBe(true);
      for (let slot = 0; slot < value.desc.fieldCount; slot++) {
        expect(equalSlot(back, sent.get(slot) ? value : base, slot)).toBe(true);
      }
    }),
    { numRuns },
  );
});

/** Compares a slot by writing it alone. */
function equalSlot(a: Value, b: Value, slot: number): boolean {
  if (a.desc.fieldAt(slot).isStruct) return true;
  const one = BitSet.from([slot]);
  const [left, right] = [a, b].map((value) => written(true, (w) => encodeMasked(w, value, one)));
  return Buffer.compare(left as Uint8Array, right as Uint8Array) === 0;
}

test('decoding any bytes throws nothing but protocol and limit errors, and reads nothing beyond', () => {
  const inputs = fc.tuple(
    anyType,
    fc.uint8Array({ maxLength: 200 }),
    fc.uint8Array({ maxLength: 20 }),
    orders,
  );
  fc.assert(
    fc.property(inputs, ([desc, bytes, behind, little]) => {
      const all = new Uint8Array([...bytes, ...behind]);
      const decoders: ((r: BytesReader) => unknown)[] = [
        (r) => decodeType(r, new TypeCache()),
        (r) => decodeAny(r, new TypeCache()),
        (r) => decodeValue(r, desc, new TypeCache()),
        (r) => decodeMasked(r, desc, new TypeCache()),
      ];
      for (const decode of decoders) {
        const r = new BytesReader(all, little);
        r.end = bytes.length;
        try {
          decode(r);
        } catch (error) {
          expect(error instanceof ProtocolError || error instanceof LimitError).toBe(true);
        }
        expect(r.position).toBeLessThanOrEqual(bytes.length);
      }
    }),
    { numRuns: numRuns * 5 },
  );
});

test('damaged and cut messages throw nothing but protocol and limit errors', () => {
  const changes = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 4 });
  fc.assert(
    fc.property(anyValue, orders, changes, fc.nat(), (value, little, edits, cut) => {
      const bytes = written(little, (w) => encodeAny(w, value));
      for (const [at, byte] of edits) bytes[at % bytes.length] = byte;
      try {
        const back = decodeAny(
          new BytesReader(bytes.subarray(0, cut % (bytes.length + 1)), little),
          new TypeCache(),
        );
        // What was understood can be sent on.
        written(little, (w) => encodeAny(w, back));
        expect(String(back)).toBeTypeOf('string');
      } catch (error) {
        if (!(error instanceof ProtocolError || error instanceof LimitError)) throw error;
      }
    }),
    { numRuns: numRuns * 2 },
  );
});

test('full values decode the same from the fields of all their bits', () => {
  fc.assert(
    fc.property(anyValue, orders, (value, little) => {
      const whole = written(little, (w) => encodeValue(w, value));
      const masked = written(little, (w) => encodeMasked(w, value, BitSet.from([0])));
      expect(masked.subarray(2)).toEqual(whole);
    }),
    { numRuns },
  );
});
