import { describe, expect, it } from 'vitest';
import { enumKind, intTypeOf, isFloatTypeStr, kindOfNative } from '../../../src/tree/kind.ts';
import { ndarray } from '../../../src/tree/native.ts';

describe('kinds of variables', () => {
  it.each([
    ['int', { bits: null, signed: true }],
    ['UInt12', { bits: 12, signed: false }],
    ['IntBE16', { bits: 16, signed: true }],
    ['UIntReversed8', { bits: 8, signed: false }],
    ['UInt', undefined],
    ['Float32', undefined],
    ['uint12', undefined],
  ])('the type string %s names the integer %j', (typeStr, type) => {
    expect(intTypeOf(typeStr)).toEqual(type);
  });

  it.each([
    'float',
    'float64',
    'Float32',
    'FloatBE32',
    'BFloat16',
    'TensorFloat32',
    'DoubleBE64',
    'UFixed_8_4',
  ])('the type string %s is one of a float', (typeStr) => expect(isFloatTypeStr(typeStr)).toBe(true));

  it.each(['int', 'Floater', 'UInt32', 'str', ''])('the type string %s is none of a float', (typeStr) =>
    expect(isFloatTypeStr(typeStr)).toBe(false),
  );

  it.each([
    ['bool', 'bool', true, { k: 'bool' }],
    ['int', 'Bool', 1, { k: 'bool' }],
    ['int', 'UInt8', 1, { k: 'int', bits: 8, signed: false }],
    ['int', 'whatever', 1, { k: 'int', bits: null, signed: true }],
    ['float', 'Float16', 1, { k: 'float', bits: 32 }],
    ['float', 'float', 1, { k: 'float', bits: 64 }],
    ['str', 'str', 'a', { k: 'string' }],
    ['none', 'NoneType', null, { k: 'none' }],
    ['dict', 'dict', {}, { k: 'object' }],
    ['tuple', 'tuple', [], { k: 'object' }],
    ['ndarray', 'x', new Int16Array(3), { k: 'array', dtype: 'int16', shape: [3] }],
    [
      'ndarray',
      'x',
      ndarray(new Uint8Array(4), [2, 2], 'bool'),
      { k: 'array', dtype: 'bool', shape: [2, 2] },
    ],
    ['ndarray', 'x', undefined, { k: 'array', dtype: 'float64', shape: [0] }],
  ] as const)('native %s of type %s with %o is %j', (native, typeStr, value, kind) => {
    expect(kindOfNative(native, typeStr, value)).toEqual(kind);
  });

  it('an enumeration keeps the order of its labels', () => {
    const map = new Map([
      [3, 'c'],
      [1, 'a'],
    ]);
    expect(enumKind(map)).toEqual({ k: 'enum', choices: ['c', 'a'], values: [3, 1] });
  });
});
