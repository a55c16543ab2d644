import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import {
  arrayOf,
  boundedType,
  compoundType,
  extendType,
  FieldDesc,
  MAX_FIELDS,
  scalarNames,
  scalarType,
  simpleType,
  structType,
  TypeCode,
  toFieldDesc,
  unionType,
} from '../../../src/pvdata/index.ts';
import { FieldError, LimitError, TypeMismatchError } from '../../../src/util/index.ts';

const alarm = structType('alarm_t', { severity: 'int', status: 'int', message: 'string' });
const scalar = structType('epics:nt/NTScalar:1.0', {
  value: 'double',
  alarm,
  time: structType('', { s: 'long' }),
});

describe('interning (PVA-D-1)', () => {
  test('two descriptions of the same content are one object', () => {
    expect(structType('alarm_t', { severity: 'int', status: 'int', message: 'string' })).toBe(alarm);
    expect(arrayOf(alarm)).toBe(arrayOf(alarm));
    expect(scalarType('double[]')).toBe(simpleType(TypeCode.DoubleArray));
    expect(boundedType('int[]', 4)).toBe(boundedType('int[]', 4));
  });

  test('any difference makes another type', () => {
    const types = [
      structType('a', { x: 'int' }),
      structType('b', { x: 'int' }),
      structType('a', { y: 'int' }),
      structType('a', { x: 'uint' }),
      structType('a', { x: 'int', y: 'int' }),
      unionType('a', { x: 'int' }),
      arrayOf(structType('a', { x: 'int' })),
      arrayOf(unionType('a', { x: 'int' })),
      boundedType('int[]', 4),
      boundedType('int[]', 4, true),
      boundedType('int[]', 5),
      boundedType('string', 5),
      scalarType('int[]'),
    ];
    expect(new Set(types).size).toBe(types.length);
    expect(new Set(types.map((type) => type.serial)).size).toBe(types.length);
  });

  test('names that contain the separators of the interning key stay apart', () => {
    const int = scalarType('int');
    const one = compoundType(TypeCode.Struct, '', [{ name: `a,${int.serial},1:b`, desc: int }]);
    const two = compoundType(TypeCode.Struct, '', [
      { name: 'a', desc: int },
      { name: 'b', desc: int },
    ]);
    expect(one).not.toBe(two);
  });
});

test('a type that nobody holds is forgotten, so peers cannot fill the memory with types', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const serialOf = (): number => structType('held_by_nobody', { x: 'int' }).serial;
  const first = serialOf();
  expect(serialOf()).toBe(first);
  for (let turn = 0; turn < 100 && serialOf() === first; turn++) {
    // A WeakRef that was asked keeps its object to the end of the turn.
    await new Promise<void>((resolve) => setImmediate(resolve));
    collect();
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  expect(serialOf()).toBeGreaterThan(first);
});

describe('slots', () => {
  test('are numbered depth first, the structure itself being 0 (ARC-D-0)', () => {
    expect(scalar.fieldCount).toBe(8);
    const paths = ['', 'value', 'alarm', 'alarm.severity', 'alarm.status', 'alarm.message', 'time', 'time.s'];
    paths.forEach((path, slot) => {
      expect(scalar.offsetOf(path)).toBe(slot);
      expect(scalar.nameAt(slot)).toBe(path);
    });
    expect(scalar.fieldAt(2)).toBe(alarm);
    expect(scalar.fieldAt(0)).toBe(scalar);
    expect([0, 1, 2, 3, 5, 6, 7].map((slot) => scalar.parentAt(slot))).toEqual([-1, 0, 0, 2, 2, 0, 6]);
    expect(scalar.members.map((member) => member.offset)).toEqual([1, 2, 6]);
  });

  test('unions, any and arrays take one slot, and members of a union are numbered by index', () => {
    const union = unionType('', { a: 'int', b: alarm });
    expect(union.fieldCount).toBe(1);
    expect(union.members.map((member) => member.offset)).toEqual([0, 1]);
    expect(structType('', { u: union, a: 'any', l: arrayOf(alarm), end: 'int' }).offsetOf('end')).toBe(4);
  });

  test('absent fields are -1 for findOffset and an error for offsetOf', () => {
    for (const path of ['nothing', 'value.x', 'alarm.', '.alarm', 'alarm.severity.x']) {
      expect(scalar.findOffset(path)).toBe(-1);
      expect(() => scalar.offsetOf(path)).toThrow(FieldError);
    }
    expect(() => scalar.offsetOf('nothing')).toThrow('no field "nothing" in epics:nt/NTScalar:1.0');
    expect(scalarType('int').findOffset('x')).toBe(-1);
  });

  test('slots beyond the type are errors', () => {
    expect(() => scalar.fieldAt(8)).toThrow(FieldError);
    expect(() => scalar.nameAt(-1)).toThrow('no slot -1');
    expect(() => scalar.parentAt(8)).toThrow(FieldError);
  });

  test('names with dots and duplicate names of peers can be looked up (PVA-W-17, PVA-W-25)', () => {
    const int = scalarType('int');
    const odd = compoundType(TypeCode.Struct, '', [
      { name: 'in-valid', desc: int },
      { name: 'a.b', desc: int },
      { name: 'x', desc: int },
      { name: 'x', desc: int },
    ]);
    expect(odd.offsetOf('in-valid')).toBe(1);
    expect(odd.offsetOf('a.b')).toBe(2);
    expect(odd.offsetOf('x')).toBe(4);
  });
});

describe('builders', () => {
  test('names are checked when a type is made here (PVA-W-17)', () => {
    for (const name of ['in-valid', '1a', '', 'a.b', 'a b']) {
      expect(() => structType('', { [name]: 'int' })).toThrow(FieldError);
      expect(() => unionType('', { [name]: 'int' })).toThrow(FieldError);
    }
    expect(structType('', { _a1: 'int' }).members).toHaveLength(1);
  });

  test('scalarType knows all names and refuses others', () => {
    for (const name of scalarNames) {
      expect(scalarType(name).typeName).toBe(name);
      expect(scalarType(`${name}[]`).typeName).toBe(`${name}[]`);
      expect(toFieldDesc(name)).toBe(scalarType(name));
    }
    expect(() => scalarType('float32' as 'float')).toThrow(TypeMismatchError);
    expect(() => scalarType('toString' as 'float')).toThrow(TypeMismatchError);
  });

  test('arrayOf gives the plain array types and refuses arrays of arrays', () => {
    expect(arrayOf(scalarType('double'))).toBe(scalarType('double[]'));
    expect(arrayOf(scalarType('any'))).toBe(scalarType('any[]'));
    expect(arrayOf(alarm).element).toBe(alarm);
    expect(() => arrayOf(scalarType('double[]'))).toThrow('there are no arrays of double[]');
    expect(() => arrayOf(boundedType('string', 3))).toThrow('with a bound');
  });

  test('bounds exist for scalar arrays and strings only', () => {
    expect(boundedType('string[]', 4).bound).toBe(4);
    expect(boundedType('int[]', 0)).toBe(scalarType('int[]'));
    expect(boundedType('int[]', 0, true).isFixed).toBe(true);
    for (const type of ['int', 'any', 'any[]', alarm, arrayOf(alarm)] as const) {
      expect(() => boundedType(type, 4)).toThrow(TypeMismatchError);
    }
    expect(() => boundedType('string', 4, true)).toThrow(TypeMismatchError);
    for (const bound of [-1, 1.5, 2 ** 31, Number.NaN])
      expect(() => boundedType('int[]', bound)).toThrow(LimitError);
  });

  test('extendType appends members and merges structures of the same name (PVA-D-2)', () => {
    const more = extendType(scalar, {
      alarm: structType('', { extra: 'long' }),
      value: 'int',
      last: 'string',
    });
    expect(more.id).toBe(scalar.id);
    expect(more.members.map((member) => member.name)).toEqual(['value', 'alarm', 'time', 'last']);
    expect(more.fieldAt(more.offsetOf('value')).typeName).toBe('int');
    expect(more.fieldAt(more.offsetOf('alarm')).id).toBe('alarm_t');
    expect(more.fieldAt(more.offsetOf('alarm.extra')).typeName).toBe('long');
    expect(extendType(unionType('u', { a: 'int' }), { b: 'int' })).toBe(
      unionType('u', { a: 'int', b: 'int' }),
    );
    expect(() => extendType(scalarType('int'), { a: 'int' })).toThrow(TypeMismatchError);
  });

  test('types deeper than 20 or larger than 65536 fields are refused (PVA-L-4)', () => {
    let deep: FieldDesc = structType('', { x: 'int' });
    for (let i = 0; i < 18; i++) deep = structType('', { x: deep });
    expect(deep.depth).toBe(20);
    expect(() => structType('', { x: deep })).toThrow('nested 21 deep, the limit is 20');
    let wide: FieldDesc = structType(
      '',
      Object.fromEntries(Array.from({ length: 255 }, (_, i) => [`f${i}`, 'int'])),
    );
    wide = structType('', Object.fromEntries(Array.from({ length: 255 }, (_, i) => [`f${i}`, wide])));
    expect(wide.fieldCount).toBe(65281);
    expect(() => structType('', { a: wide, b: wide })).toThrow(`the limit is ${MAX_FIELDS}`);
  });
});

test('all descriptions have one hidden class (ARC-P-17)', () => {
  const keys = [scalar, alarm, scalarType('int'), arrayOf(alarm), boundedType('int[]', 3)].map((type) =>
    Object.keys(type),
  );
  for (const list of keys) expect(list).toEqual(keys[0]);
  expect(scalar).toBeInstanceOf(FieldDesc);
});
