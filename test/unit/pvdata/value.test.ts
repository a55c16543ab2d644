import { describe, expect, test } from 'vitest';
import { alarmType, enumType, timeStampType } from '../../../src/nt/index.ts';
import {
  arrayOf,
  boundedType,
  convertTo,
  scalarNames,
  scalarType,
  structType,
  unionType,
  Value,
} from '../../../src/pvdata/index.ts';
import {
  BitSet,
  ConversionError,
  FieldError,
  isEpicsError,
  TypeMismatchError,
} from '../../../src/util/index.ts';

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

describe('a new value (PVA-D-3)', () => {
  test('has default content of every type and no marks', () => {
    const defaults: Record<string, unknown> = { boolean: false, string: '', long: 0n, ulong: 0n };
    for (const name of scalarNames) {
      expect(new Value(scalarType(name)).content).toBe(defaults[name] ?? 0);
      expect(new Value(scalarType(`${name}[]`)).content).toHaveLength(0);
    }
    const value = new Value(type);
    expect([value.get('any'), value.get('union')]).toEqual([null, null]);
    expect([value.get('structs'), value.get('anys')]).toEqual([[], []]);
    expect(value.get('timeStamp.secondsPastEpoch')).toBe(0);
    expect(value.isMarked()).toBe(false);
    expect([...value.marked()]).toEqual([]);
  });

  test('from() marks exactly the given fields', () => {
    const value = Value.from(type, { value: 1, alarm: { severity: 2, message: undefined } });
    expect([...value.marked()]).toEqual(['value', 'alarm.severity']);
    expect(Value.from(scalarType('int'), '0x10').content).toBe(16);
  });
});

describe('get and lookup', () => {
  const value = Value.from(type, {
    alarm: { severity: 1, message: 'm' },
    union: 'text',
    structs: [{ severity: 1 }, null],
    anys: [1, null, 'x'],
    list: [5, 6],
  });

  test('give content, undefined or an error for a field that is not there', () => {
    expect(value.get('alarm.message')).toBe('m');
    expect(value.get('nothing')).toBeUndefined();
    expect(value.get('alarm.nothing')).toBeUndefined();
    expect(value.lookup('alarm.severity')).toBe(1);
    expect(() => value.lookup('nothing')).toThrow(FieldError);
    expect(value.at(type.offsetOf('alarm.severity'))).toBe(1);
  });

  test('give a structure as a copy with its marks', () => {
    const alarm = value.get('alarm') as Value;
    expect(alarm.desc).toBe(alarmType);
    expect([...alarm.marked()]).toEqual(['severity', 'message']);
    alarm.set('severity', 3);
    expect(value.get('alarm.severity')).toBe(1);
    const whole = value.clone();
    whole.mark('');
    expect((whole.get('alarm') as Value).isMarkedAt(0)).toBe(true);
    expect((whole.get('') as Value).equals(value)).toBe(true);
  });

  test.each([
    ['structs[0].severity', 1],
    ['structs[1]', null],
    ['structs[1].severity', undefined],
    ['structs[2]', undefined],
    ['union->text', 'text'],
    ['union->', 'text'],
    ['union->number', undefined],
    ['alarm->x', undefined],
    ['anys[0]->', undefined],
    ['list[1]', 6],
    ['list[1].x', undefined],
    ['alarm.severity<.message', 'm'],
    ['<', undefined],
    ['list[', undefined],
    ['[0]', undefined],
    ['any->', undefined],
  ])('path %s gives %s', (path, expected) => {
    const found = value.get(path);
    expect(found).toEqual(expected);
  });

  test('an element of any[] is a value with its type', () => {
    expect(value.get('anys[0]')).toBe(1);
    expect(value.get('anys[2]')).toBe('x');
  });
});

describe('set', () => {
  test('converts, marks and returns the value', () => {
    const value = new Value(type);
    expect(value.set('value', '2.5').set('alarm.severity', 2.9)).toBe(value);
    expect([value.get('value'), value.get('alarm.severity')]).toEqual([2.5, 2]);
    expect([...value.marked()]).toEqual(['value', 'alarm.severity']);
  });

  test('errors name the field and say what was wrong', () => {
    const value = new Value(type);
    expect(() => value.set('nothing', 1)).toThrow('no field "nothing" in top_t');
    expect(() => value.set('alarm.nothing', 1)).toThrow(FieldError);
    expect(() => value.set('structs[', 1)).toThrow(FieldError);
    expect(() => value.set('alarm', { nothing: 1 })).toThrow(FieldError);
    expect(() => value.set('alarm', 3)).toThrow(TypeMismatchError);
    expect(() => value.set('alarm', [])).toThrow(TypeMismatchError);
    expect(() => value.set('alarm', null)).toThrow(TypeMismatchError);
    expect(() => value.set('alarm', Value.from(scalarType('int'), 1))).toThrow(TypeMismatchError);
    expect(() => value.set('value', 'abc')).toThrow(ConversionError);
    expect(() => value.assignAt(1000, 1)).toThrow(FieldError);
    expect(() => value.set('value', {})).toThrow(TypeMismatchError);
    expect(value.isMarked()).toBe(false);
  });

  test('seconds of a time stamp are a number even from bigint (ARC-P-3, PVA-D-6)', () => {
    const value = new Value(type);
    expect(value.set('timeStamp.secondsPastEpoch', 5n).get('timeStamp.secondsPastEpoch')).toBe(5);
    expect(
      value
        .set('timeStamp.secondsPastEpoch', Value.from(scalarType('long'), 6))
        .get('timeStamp.secondsPastEpoch'),
    ).toBe(6);
    expect(value.set('big', 5).get('big')).toBe(5n);
  });

  test('arrays of the right kind are shared, others converted (PVA-D-5)', () => {
    const value = new Value(type);
    const list = Int32Array.of(1, 2);
    expect(value.set('list', list).get('list')).toBe(list);
    expect(value.set('list', [1, '2', 3n]).get('list')).toEqual(Int32Array.of(1, 2, 3));
    expect(value.set('texts', [1, 'a']).get('texts')).toEqual(['1', 'a']);
    expect(value.set('flags', [1, 'false']).get('flags')).toEqual([true, false]);
    expect(() => value.set('list', 1)).toThrow(TypeMismatchError);
    expect(() => value.set('value', [1])).toThrow(TypeMismatchError);
    expect(() => value.set('structs', 'x')).toThrow(TypeMismatchError);
  });

  test('a union takes the member whose type fits exactly, else the first that can (PVA-D-4)', () => {
    const value = new Value(type);
    const selected = (x: unknown): [unknown, unknown] => {
      value.set('union', x);
      const content = value.get('union') as Value | null;
      return [content?.selector, value.get('union->')];
    };
    expect(selected('a')).toEqual([1, 'a']);
    expect(selected(5)).toEqual([0, 5]);
    expect(selected(5n)).toEqual([0, 5]);
    expect(selected(Float64Array.of(1))).toEqual([2, Float64Array.of(1)]);
    expect(selected(Float32Array.of(1))).toEqual([2, Float64Array.of(1)]);
    expect(selected({ severity: 1 })[0]).toBe(3);
    expect(selected(Value.from(alarmType, {}))[0]).toBe(3);
    expect(selected(Value.from(scalarType('short'), 7))).toEqual([0, 7]);
    const content = value.get('union');
    expect(value.set('union', content).get('union')).toBe(content);
    expect(selected(null)[0]).toBeUndefined();
    expect(() => value.set('union', { nothing: 1 })).toThrow(ConversionError);
    expect(() => Value.from(unionType('u', { a: 'int' }), 'x')).toThrow('to a member of union u');
  });

  test('any takes values as they are and infers the type of plain content (PVA-D-4, PVA-W-34)', () => {
    const value = new Value(type);
    const inferred = (x: unknown): string => (value.set('any', x).get('any') as Value).desc.typeName;
    expect(inferred(true)).toBe('boolean');
    expect(inferred(1)).toBe('double');
    expect(inferred(1n)).toBe('long');
    expect(inferred('x')).toBe('string');
    expect(inferred(Uint16Array.of(1))).toBe('ushort[]');
    expect(inferred(['x'])).toBe('string[]');
    const uint = Value.from(scalarType('uint'), 1);
    expect(value.set('any', uint).get('any')).toBe(uint);
    expect(value.set('any', null).get('any')).toBeNull();
    expect(() => value.set('any', { a: 1 })).toThrow(TypeMismatchError);
    expect(() => value.set('any', new Map())).toThrow(TypeMismatchError);
    expect(() => value.set('any', undefined)).toThrow(TypeMismatchError);
  });

  test('arrays of compounds take objects, values and null (PVA-W-32)', () => {
    const value = Value.from(type, {
      structs: [{ severity: 1 }, null, Value.from(alarmType, { status: 2 })],
      unions: ['a', null, 5],
      anys: [1, null],
    });
    expect(value.get('structs[2].status')).toBe(2);
    expect(value.get('structs[1]')).toBeNull();
    expect((value.get('unions') as Value[])[0]?.selector).toBe(1);
    expect((value.get('unions') as Value[])[1]).toBeNull();
    const other = structType('', { severity: 'long' });
    expect(value.set('structs', [Value.from(other, { severity: 3 })]).get('structs[0].severity')).toBe(3);
  });

  test('paths into unions, any and arrays replace by changed copies (PVA-D-3)', () => {
    const value = Value.from(type, {
      union: 'a',
      structs: [{ severity: 1 }, null],
      list: [1, 2],
      any: Value.from(alarmType, {}),
    });
    const before = value.clone();
    value.set('union->number', 4).set('structs[0].severity', 2).set('structs[1].status', 3).set('list[1]', 9);
    value.set('any->severity', 3).set('union->number', 5);
    expect([before.get('union->text'), value.get('union->')]).toEqual(['a', 5]);
    expect([before.get('structs[0].severity'), value.get('structs[0].severity')]).toEqual([1, 2]);
    expect([before.get('structs[1]'), value.get('structs[1].status')]).toEqual([null, 3]);
    expect([before.get('list'), value.get('list')]).toEqual([Int32Array.of(1, 2), Int32Array.of(1, 9)]);
    expect(value.get('any->severity')).toBe(3);
    expect(before.get('any->severity')).toBe(0);
    expect(value.get('any->nothing')).toBeUndefined();
    expect((value.get('any->') as Value).desc).toBe(alarmType);
    expect(value.set('alarm.severity<.message', 'x').get('alarm.message')).toBe('x');
    for (const path of [
      'union->nothing',
      'structs[2].severity',
      'list[0].x',
      'value->x',
      '<',
      'anys[0]',
      'alarm->x',
      'any->nothing',
      'value[0]',
      'union->.x<.nothing',
    ]) {
      expect(() => value.set(path, 1), path).toThrow(FieldError);
    }
  });

  test('bounds are checked (PVA-W-23)', () => {
    const bounded = structType('', {
      a: boundedType('byte[]', 2),
      f: boundedType('byte[]', 2, true),
      s: boundedType('string', 3),
    });
    const value = Value.from(bounded, { a: [1], f: [1, 2], s: 'µa' });
    expect(value.get('s')).toBe('µa');
    expect(() => value.set('a', [1, 2, 3])).toThrow('takes at most 2 elements, not 3');
    expect(() => value.set('f', [1])).toThrow('takes exactly 2 elements, not 1');
    expect(() => value.set('s', 'µµ')).toThrow(TypeMismatchError);
  });

  test('convertTo makes a structure from an object and keeps a value of the type', () => {
    const made = convertTo(alarmType, { severity: 1 }) as Value;
    expect(made.get('severity')).toBe(1);
    expect(convertTo(alarmType, made)).toBe(made);
  });
});

describe('marks', () => {
  test('the mark of a structure stands for all in it', () => {
    const value = new Value(type);
    value.mark('alarm');
    expect(value.isMarked('alarm')).toBe(true);
    expect(value.isMarked('alarm.status')).toBe(true);
    expect(value.isMarked('value')).toBe(false);
    expect(value.isMarked('nothing')).toBe(false);
    expect(value.isMarked()).toBe(true);
    expect([...value.marked()]).toEqual(['alarm.severity', 'alarm.status', 'alarm.message']);
    expect([...value.marks]).toEqual([2]);
  });

  test('a structure counts as marked when a field in it is', () => {
    const value = Value.from(type, { alarm: { status: 1 } });
    expect(value.isMarked('alarm')).toBe(true);
    expect(value.isMarked('alarm.severity')).toBe(false);
    expect(value.isMarked('timeStamp')).toBe(false);
  });

  test('taking a mark away inside a marked structure keeps the rest', () => {
    const value = new Value(type);
    value.mark('alarm');
    value.mark('alarm.status', false);
    expect([...value.marked()]).toEqual(['alarm.severity', 'alarm.message']);
    value.mark('alarm', false);
    expect(value.isMarked()).toBe(false);
    expect(() => value.mark('nothing')).toThrow(FieldError);
  });

  test.each([31, 32, 33, 54, 63, 64, 65, 100])(
    'slot %i of a wide type is marked alone (PVA-W-21)',
    (slot) => {
      const value = new Value(wide);
      value.put(slot, 7);
      expect([...value.marks]).toEqual([slot]);
      expect(value.isMarkedAt(slot)).toBe(true);
      expect(value.isMarkedAt(slot - 1)).toBe(false);
      expect(value.nextMark(slot)).toBe(slot);
      expect(value.nextMark(slot + 1)).toBe(-1);
      const copy = value.clone();
      copy.unmarkAt(slot);
      expect([copy.isMarked(), value.isMarked()]).toEqual([false, true]);
      expect(copy.at(slot)).toBe(7);
    },
  );

  test('marks are replaced as a set, bits beyond the type dropped', () => {
    const value = new Value(alarmType);
    value.marks = BitSet.from([1, 3, 4, 99]);
    expect([...value.marks]).toEqual([1, 3]);
    value.unmark();
    expect(value.marks.isEmpty).toBe(true);
  });
});

test('values have one hidden class, whoever makes them (ARC-P-17)', () => {
  const made = [new Value(type), Value.from(enumType, { index: 1 }), new Value(scalarType('int'), 3)];
  for (const value of made) expect(Object.keys(value)).toEqual(Object.keys(made[0] as object));
});

test('errors are recognised by their code', () => {
  try {
    new Value(type).lookup('x');
    expect.unreachable();
  } catch (error) {
    expect(isEpicsError(error, 'EPICS_FIELD')).toBe(true);
  }
});
