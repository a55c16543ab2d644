import { expect, it } from 'vitest';
import { ArrayCodec, elementOfDType } from '../../../../src/protocols/codec/array-codec.ts';
import type { NdArray } from '../../../../src/tree/index.ts';
import { ndarray } from '../../../../src/tree/index.ts';

const noText = (): string => '';

it('gives a copy, flat and row by row, that the tree cannot change', () => {
  const codec = new ArrayCodec('int16', [2, 2], 4);
  const data = Int16Array.of(1, 2, 3, 4);
  const { value } = codec.encode(ndarray(data, [2, 2]), noText);
  data[0] = 9;
  expect(value).toEqual(Int16Array.of(1, 2, 3, 4));
});

it('EPS-E-26 shows nothing as an empty array, and lists by their numbers', () => {
  const codec = new ArrayCodec('float64', [0], 1);
  expect(codec.encode(null, noText).value).toEqual(new Float64Array(0));
  expect(codec.encode([1, 2], noText).value).toEqual(Float64Array.of(1, 2));
});

it('EPS-5 takes any length of one dimension, in the type of the variable', () => {
  const codec = new ArrayCodec('uint8', [5], 5);
  const { value, isText } = codec.decode({ element: 'float64', value: Float64Array.of(1, 255) });
  expect([value, isText]).toEqual([Uint8Array.of(1, 255), false]);
});

it.each([
  ['a fraction', Float64Array.of(1, 2.5), /element 1, 2\.5, is not an integer/],
  ['a number out of range', Float64Array.of(256), /256/],
])('EPS-5 refuses %s', (_name, value, message) => {
  const codec = new ArrayCodec('uint8', [5], 5);
  expect(() => codec.decode({ element: 'float64', value })).toThrow(message);
});

it('EPS-5 takes the exact number of elements of several dimensions', () => {
  const codec = new ArrayCodec('float64', [2, 3], 6);
  const { value } = codec.decode({ element: 'int32', value: Int32Array.of(1, 2, 3, 4, 5, 6) });
  expect((value as NdArray).shape).toEqual([2, 3]);
  expect(() => codec.decode({ element: 'float64', value: new Float64Array(5) })).toThrow(
    'an array of shape (2, 3) takes 6 elements, not 5',
  );
});

it('serves booleans as bytes', () => {
  expect(elementOfDType('bool')).toBe('uint8');
  const codec = new ArrayCodec('bool', [2], 2);
  expect(codec.decode({ element: 'int32', value: Int32Array.of(1, 0) }).value).toMatchObject({
    dtype: 'bool',
  });
});
