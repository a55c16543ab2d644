import { describe, expect, test } from 'vitest';
import { alarmType, timeStampType } from '../../../src/nt/index.ts';
import { arrayOf, scalarType, structType, toPlain, unionType, Value } from '../../../src/pvdata/index.ts';

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
describe('plain objects', () => {
  const value = Value.from(type, {
    value: 1.5,
    union: 'a',
    structs: [{ severity: 1 }, null],
    unions: [1, null],
    anys: [2, null],
    list: [1],
    big: 2n ** 60n,
  });

  test('toObject nests structures and unwraps unions and any (PVA-D-3)', () => {
    expect(value.toObject()).toEqual({
      value: 1.5,
      alarm: { severity: 0, status: 0, message: '' },
      timeStamp: { secondsPastEpoch: 0, nanoseconds: 0, userTag: 0 },
      any: null,
      union: 'a',
      structs: [{ severity: 1, status: 0, message: '' }, null],
      unions: [1, null],
      anys: [2, null],
      list: Int32Array.of(1),
      texts: [],
      flags: [],
      big: 2n ** 60n,
    });
    expect(new Value(scalarType('int')).toObject()).toEqual({ value: 0 });
  });

  test('64-bit integers are numbers where exact, or as asked (PVA-D-6)', () => {
    const small = Value.from(type, { big: 7n });
    expect(small.toObject()['big']).toBe(7);
    expect(small.toObject({ int64: 'bigint' })['big']).toBe(7n);
    expect(value.toObject({ int64: 'number' })['big']).toBe(2 ** 60);
  });

  test('markedOnly leaves the rest out', () => {
    const partial = Value.from(type, { alarm: { status: 1 }, any: Value.from(alarmType, { status: 4 }) });
    expect(partial.toObject({ markedOnly: true })).toEqual({
      alarm: { status: 1 },
      any: { severity: 0, status: 4, message: '' },
    });
    partial.mark('timeStamp');
    expect(Object.keys(partial.toObject({ markedOnly: true })['timeStamp'] as object)).toHaveLength(3);
  });

  test('a field named __proto__ is a plain property', () => {
    const odd = Value.from(structType('', JSON.parse('{"constructor": "int"}') as Record<string, 'int'>), {
      constructor: 3,
    });
    expect(odd.toObject()['constructor']).toBe(3);
    const evil = structType('', JSON.parse('{"__proto__": "int"}') as Record<string, 'int'>);
    const plain = new Value(evil).toObject();
    expect(Object.keys(plain)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(plain)).toBe(Object.prototype);
  });
});

test('toPlain gives the bare content of a value that is no structure', () => {
  expect(toPlain(Value.from(scalarType('int'), 3))).toBe(3);
  expect(toPlain(new Value(scalarType('any')))).toBeNull();
});
