import { describe, expect, it } from 'vitest';
import type { ElementType } from '../../../src/pv/model.ts';
import {
  defaultValue,
  elementCount,
  elementTypeOf,
  isNumericElement,
  makeScalarType,
  toElementType,
  toScalarName,
} from '../../../src/pv/scalar-type.ts';
import { convertTo, scalarNames, scalarType } from '../../../src/pvdata/index.ts';

const elements: readonly ElementType[] = [
  'boolean',
  'int8',
  'uint8',
  'int16',
  'uint16',
  'int32',
  'uint32',
  'int64',
  'uint64',
  'float32',
  'float64',
  'string',
  'enum',
];

describe('scalar types', () => {
  it('go to pvData and back', () => {
    for (const name of scalarNames) expect(toScalarName(toElementType(name))).toBe(name);
    expect(toScalarName('enum')).toBe('ushort');
  });

  it('have default values that their pvData type holds as they are', () => {
    for (const element of elements) {
      const name = toScalarName(element);
      const scalar = defaultValue(makeScalarType(element));
      expect(convertTo(scalarType(name), scalar), element).toBe(scalar);
      const array = defaultValue(makeScalarType(element, { isArray: true }));
      expect(convertTo(scalarType(`${name}[]`), array), element).toBe(array);
      expect(elementCount(array)).toBe(0);
      if (element !== 'enum' && element !== 'boolean') expect(elementTypeOf(array)).toBe(element);
    }
  });

  it('announce at least one element to CA', () => {
    expect(makeScalarType('int8', { isArray: true, caCount: 0 }).caCount).toBe(1);
  });

  it('know plain values', () => {
    expect([1, 1n, 'a', true, ['a'], [true]].map(elementTypeOf)).toEqual([
      'float64',
      'int64',
      'string',
      'boolean',
      'string',
      'boolean',
    ]);
    expect(elements.filter((element) => !isNumericElement(element))).toEqual(['boolean', 'string', 'enum']);
    expect(elementCount(5)).toBe(1);
  });
});
