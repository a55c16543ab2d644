import { describe, expect, test } from 'vitest';
import { alarmType, timeStampType } from '../../../src/nt/index.ts';
import {
  arrayOf,
  differingSlots,
  expandMask,
  scalarType,
  selectMarks,
  structType,
  unionType,
  Value,
} from '../../../src/pvdata/index.ts';
import { BitSet, FieldError } from '../../../src/util/index.ts';

const choice = unionType('', { number: 'int', text: 'string', list: 'double[]', alarm: alarmType });
const type = structType('top_t', {
  value: 'double',
  alarm: alarmType,
  timeStamp: timeStampType,
  any: 'any',
  union: choice,
  structs: arrayOf(alarmType),
  unions: arrayOf(choice),
  anys: 'any[]',
  list: 'int[]',
  texts: 'string[]',
  flags: 'boolean[]',
  big: 'ulong',
});
const wide = structType('', Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`f${i}`, 'int'])));

describe('copies and assignment', () => {
  const value = Value.from(type, { value: 1, alarm: { severity: 2 }, list: [1], union: 'a' });

  test('clone has content and marks, emptyClone has neither', () => {
    const copy = value.clone();
    expect(copy.equals(value)).toBe(true);
    expect(copy.marks.equals(value.marks)).toBe(true);
    copy.set('value', 2);
    expect(value.get('value')).toBe(1);
    const empty = value.emptyClone();
    expect(empty.desc).toBe(type);
    expect(empty.isMarked()).toBe(false);
    expect(empty.equals(new Value(type))).toBe(true);
  });

  test('assign copies marked fields of the same type (PVA-D-3)', () => {
    const target = Value.from(type, { value: 9, alarm: { status: 9 } });
    target.unmark();
    expect(target.assign(value)).toBe(target);
    expect(target.toObject()).toMatchObject({ value: 1, alarm: { severity: 2, status: 9 } });
    expect([...target.marked()]).toEqual([...value.marked()]);
  });

  test('assign of a marked structure copies all of it, once', () => {
    const source = Value.from(type, { alarm: { severity: 1, status: 2, message: 'x' } });
    source.mark('alarm');
    const target = new Value(type).assign(source);
    expect((target.get('alarm') as Value).toObject()).toEqual({ severity: 1, status: 2, message: 'x' });
    expect([...target.marks]).toEqual([2, 3, 4, 5]);
  });

  test('assign from another type goes by name and converts', () => {
    const other = structType('', {
      alarm: structType('', { severity: 'string' }),
      value: 'long',
      hollow: structType('', {}),
    });
    const target = new Value(extend()).assign(
      Value.from(other, { alarm: { severity: '3' }, value: 4n, hollow: {} }),
    );
    expect([target.get('value'), target.get('alarm.severity')]).toEqual([4, 3]);
    expect(target.isMarked('hollow')).toBe(true);
    const unknown = Value.from(structType('', { nothing: 'int' }), { nothing: 1 });
    expect(() => new Value(type).assign(unknown)).toThrow(FieldError);
    const unmarked = new Value(structType('', { nothing: 'int' }));
    expect(new Value(type).assign(unmarked).isMarked()).toBe(false);
  });

  test('a structure field takes a value of its type, marked fields only', () => {
    const target = new Value(type).set('alarm', Value.from(alarmType, { message: 'x' }));
    expect([...target.marked()]).toEqual(['alarm.message']);
  });

  function extend(): typeof type {
    return structType('', { value: 'double', alarm: alarmType, hollow: structType('', {}) });
  }
});

describe('equality', () => {
  const content = {
    value: Number.NaN,
    union: 'a',
    structs: [{ severity: 1 }, null],
    unions: [1, null],
    anys: [1, null],
    any: 1,
    list: [1, 2],
    texts: ['a'],
  };
  const value = Value.from(type, content);

  test('goes by content, NaN equal to itself, marks left out', () => {
    const same = Value.from(type, content);
    same.unmark();
    expect(value.equals(same)).toBe(true);
    expect(value.equals(value)).toBe(true);
    expect(value.equals(new Value(wide))).toBe(false);
  });

  test.each([
    { value: 1 },
    { union: null },
    { union: 1 },
    { structs: [{ severity: 2 }, null] },
    { structs: [{ severity: 1 }, {}] },
    { unions: [2, null] },
    { unions: [null, null] },
    { anys: [1, 'x'] },
    { anys: [1] },
    { any: null },
    { any: 'x' },
    { list: [1, 3] },
    { texts: ['b'] },
  ])('sees the difference %j', (difference) => {
    const other = Value.from(type, { ...content, ...difference });
    expect(value.equals(other)).toBe(false);
    const path = Object.keys(difference)[0] ?? '';
    expect([...differingSlots(value, other)]).toEqual([type.offsetOf(path)]);
  });

  test('the same content in two members of a union differs', () => {
    const twice = unionType('', { a: 'int', b: 'int' });
    const a = Value.from(twice, Value.from(scalarType('int'), 1));
    const b = new Value(twice);
    b.put(0, (a.content as Value).withSelector(1));
    expect(a.equals(b)).toBe(false);
  });
});

describe('masks', () => {
  const all = BitSet.first(type.fieldCount);

  test('expandMask spells structures out', () => {
    expect([...expandMask(type, BitSet.from([2]))]).toEqual([3, 4, 5]);
    expect([...expandMask(type, BitSet.from([1, 500]))]).toEqual([1]);
    expect(expandMask(type, BitSet.from([0, 3])).count).toBe(type.fieldCount - 3);
  });

  test('selectMarks keeps marks that were selected, whichever side names the structure', () => {
    const value = Value.from(type, { value: 1, alarm: { severity: 2 } });
    expect([...selectMarks(value, BitSet.from([0, 1]))]).toEqual([1]);
    expect([...selectMarks(value, BitSet.from([0, 2, 3, 4, 5]))]).toEqual([3]);
    value.mark('alarm');
    expect([...selectMarks(value, BitSet.from([0, 4]))]).toEqual([4]);
    value.mark('');
    expect([...selectMarks(value, BitSet.from([0, 4]))]).toEqual([4]);
    expect([...selectMarks(value, all)]).toEqual([...value.marks]);
  });
});
