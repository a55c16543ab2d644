import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decodeMasked,
  encodeMasked,
  expandMask,
  jsonToValue,
  makePvRequest,
  parsePvRequest,
  selectMarks,
  TypeCache,
  Value,
  valueToJson,
} from '../../src/pvdata/index.ts';
import { BitSet, BytesReader, BytesWriter } from '../../src/util/index.ts';
import { anyType, anyValue, numRuns, valueOf } from './pvdata-arbitraries.ts';

const three = anyType.chain((desc) => fc.tuple(valueOf(desc), valueOf(desc), valueOf(desc)));
const two = anyType.chain((desc) => fc.tuple(valueOf(desc), valueOf(desc)));

test('assigning twice is assigning once', () => {
  fc.assert(
    fc.property(two, ([state, delta]) => {
      const once = state.clone().assign(delta);
      expect(once.clone().assign(delta).equals(once)).toBe(true);
      expect([...once.marks]).toEqual([...state.marks.or(delta.marks)]);
    }),
    { numRuns },
  );
});

test('one delta after the other is the merged delta at once (ARC-D-6)', () => {
  fc.assert(
    fc.property(three, ([state, first, second]) => {
      const apart = state.clone().assign(first).assign(second);
      const together = state.clone().assign(first.clone().assign(second));
      expect(together.equals(apart)).toBe(true);
      expect(together.marks.equals(apart.marks)).toBe(true);
    }),
    { numRuns },
  );
});

test('an empty value is neutral, a full one replaces all', () => {
  fc.assert(
    fc.property(two, ([state, other]) => {
      expect(state.clone().assign(other.emptyClone()).equals(state)).toBe(true);
      const all = other.clone();
      all.mark('');
      expect(state.clone().assign(all).equals(all)).toBe(true);
    }),
    { numRuns },
  );
});

test('newest data with the marks of both, sent over the wire, is both deltas in turn', () => {
  fc.assert(
    fc.property(three, ([state, first, second]) => {
      const newest = state.clone().assign(first).assign(second);
      const w = new BytesWriter();
      encodeMasked(w, newest, first.marks.or(second.marks));
      const got = decodeMasked(new BytesReader(w.toBytes()), state.desc, new TypeCache(), state);
      expect(got.equals(newest)).toBe(true);
    }),
    { numRuns },
  );
});

test('a selection of marks is the common part of what both mean', () => {
  const inputs = anyValue.chain((value) => {
    const bits = fc.array(fc.nat({ max: value.desc.fieldCount - 1 }), { maxLength: 6 });
    return fc.tuple(fc.constant(value), bits, bits);
  });
  fc.assert(
    fc.property(inputs, ([value, marks, selected]) => {
      value.marks = BitSet.from(marks);
      const selection = expandMask(value.desc, BitSet.from(selected)).or(BitSet.from(selected));
      const meant = expandMask(value.desc, value.marks);
      const expected = meant.and(expandMask(value.desc, BitSet.from(selected)));
      expect(expandMask(value.desc, selectMarks(value, selection)).equals(expected)).toBe(true);
    }),
    { numRuns },
  );
});

test('marking and taking a mark away again leaves the others as they were', () => {
  const inputs = anyValue.chain((value) =>
    fc.tuple(fc.constant(value), fc.nat({ max: value.desc.fieldCount - 1 })),
  );
  fc.assert(
    fc.property(inputs, ([value, slot]) => {
      const before = expandMask(value.desc, value.marks);
      const own = expandMask(value.desc, BitSet.from([slot]));
      value.mark('');
      value.unmarkAt(slot);
      const all = expandMask(value.desc, BitSet.from([0]));
      expect(expandMask(value.desc, value.marks).equals(all.andNot(own))).toBe(true);
      value.marks = before;
      value.unmarkAt(slot);
      expect(expandMask(value.desc, value.marks).equals(before.andNot(own))).toBe(true);
    }),
    { numRuns },
  );
});

test('JSON text of a value of plain fields reads back as the same value', () => {
  const plain = anyType.filter((desc) => !/any|union/.test(String(desc)));
  fc.assert(
    fc.property(
      plain.chain((desc) => valueOf(desc)),
      (value) => {
        expect(jsonToValue(value.desc, valueToJson(value)).equals(value)).toBe(true);
      },
    ),
    { numRuns },
  );
});

test('pvRequests made from parts and from text are the same', () => {
  const name = fc.stringMatching(/^[a-z][A-Za-z0-9]{0,5}$/);
  const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('.'));
  const options = fc.dictionary(name, fc.stringMatching(/^[A-Za-z0-9_.|-]{0,6}$/), {
    maxKeys: 3,
    noNullPrototype: true,
  });
  fc.assert(
    fc.property(fc.array(path, { maxLength: 4 }), options, (fields, record) => {
      const list = Object.entries(record).map(([key, value]) => `${key}=${value}`);
      const parsed: Value = parsePvRequest(`record[${list.join(',')}]field(${fields.join(',')})`);
      expect(parsed.equals(makePvRequest({ fields, record }))).toBe(true);
    }),
    { numRuns },
  );
});
