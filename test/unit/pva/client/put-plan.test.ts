import { describe, expect, it } from 'vitest';
import { ntEnumType, ntNdArrayType, ntScalarArrayType, ntScalarType } from '../../../../src/nt/index.ts';
import { buildPut, needsPresent, type PvaPutValue } from '../../../../src/pva/client/put-plan.ts';
import { type FieldDesc, scalarType, structType, Value } from '../../../../src/pvdata/index.ts';

const enumType = ntEnumType();
const present = Value.from(enumType, { value: { index: 0, choices: ['Off', 'On', '2'] } });

function put(type: FieldDesc, value: PvaPutValue, now?: Value): Record<string, unknown> {
  const built = buildPut(type, value, now);
  expect(built.desc).toBe(type);
  return Object.fromEntries([...built.marked()].map((path) => [path, built.get(path)]));
}

describe('buildPut', () => {
  it.each([
    ['double', 2.5, 2.5],
    ['double', '2.5', 2.5],
    ['int', 7n, 7],
    ['int', true, 1],
    ['long', 7, 7n],
    ['string', 7, '7'],
    ['boolean', 'true', true],
  ] as const)('C-11, D-9: a %s takes %o as %o', (name, value, wanted) => {
    expect(put(ntScalarType(name), value)).toEqual({ value: wanted });
  });

  it('an array takes the right typed array without a copy, and converts others', () => {
    const type = ntScalarArrayType('double');
    const data = Float64Array.of(1, 2);
    expect(buildPut(type, data, undefined).get('value')).toBe(data);
    expect(put(type, [3, 4])).toEqual({ value: Float64Array.of(3, 4) });
    expect(put(type, Int32Array.of(5))).toEqual({ value: Float64Array.of(5) });
  });

  it('the value of an NTNDArray selects the member of its union', () => {
    const built = buildPut(ntNdArrayType(), Uint16Array.of(1, 2), undefined);
    expect(built.get('value->ushortValue')).toEqual(Uint16Array.of(1, 2));
  });

  it('N-9: an enum takes an index, a choice, a choice that looks like a number, or a number as text', () => {
    expect(put(enumType, 1)).toEqual({ 'value.index': 1 });
    expect(put(enumType, true)).toEqual({ 'value.index': 1 });
    expect(put(enumType, 'On', present)).toEqual({ 'value.index': 1 });
    expect(put(enumType, '2', present)).toEqual({ 'value.index': 2 });
    expect(put(enumType, '1', present)).toEqual({ 'value.index': 1 });
    expect(put(enumType, { value: 'On', alarm: { severity: 1 } }, present)).toEqual({
      'value.index': 1,
      'alarm.severity': 1,
    });
  });

  it('N-9: text that is no choice is an error that lists the choices', () => {
    expect(() => buildPut(enumType, 'Open', present)).toThrow(
      '"Open" is no choice: choices are "Off", "On", "2"',
    );
    expect(() => buildPut(enumType, 'Open', undefined)).toThrow('the PV has none');
    const many = Value.from(enumType, { value: { choices: Array.from({ length: 25 }, (_, i) => `c${i}`) } });
    expect(() => buildPut(enumType, 'Open', many)).toThrow('5 more');
  });

  it('an object names fields, nested ones too', () => {
    expect(put(ntScalarType('double'), { value: 1, alarm: { message: 'm' } })).toEqual({
      value: 1,
      'alarm.message': 'm',
    });
    expect(put(ntScalarType('double'), {})).toEqual({});
  });

  it('a Value of the type goes as it is, one of another type by names of its marked fields', () => {
    const type = ntScalarType('double');
    const own = Value.from(type, { value: 1 });
    expect(buildPut(type, own, undefined)).toBe(own);
    expect(put(type, Value.from(structType('', { value: 'int', other: 'int' }), { value: 2 }))).toEqual({
      value: 2,
    });
  });

  it('a function gets the present value; its result is taken like any other', () => {
    expect(put(enumType, (now) => (now.get('value.index') === 0 ? 'On' : 'Off'), present)).toEqual({
      'value.index': 1,
    });
  });

  it('a type that is no structure takes the bare value', () => {
    const built = buildPut(scalarType('int'), 5, undefined);
    expect(built.content).toBe(5);
  });

  it('a structure without "value" takes fields only', () => {
    const type = structType('my_t', { a: 'int' });
    expect(() => buildPut(type, 5, undefined)).toThrow('no field "value" (type my_t)');
    expect(put(type, { a: 5 })).toEqual({ a: 5 });
  });
});

describe('needsPresent', () => {
  it.each([
    [enumType, 'On', true],
    [enumType, 1, false],
    [enumType, { value: 'On' }, true],
    [enumType, { value: { index: 1 } }, false],
    [ntScalarType('string'), 'On', false],
    [ntScalarType('string'), { value: 'x' }, false],
    [ntScalarType('double'), () => 1, true],
    [scalarType('string'), 'x', false],
  ] as [FieldDesc, PvaPutValue, boolean][])('C-11: for %s and %o is %s', (type, value, wanted) => {
    expect(needsPresent(type, value)).toBe(wanted);
  });
});
