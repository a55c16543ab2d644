import { describe, expect, it } from 'vitest';
import {
  asNdArray,
  bytes,
  float,
  isNumericArray,
  isSameValue,
  makeArray,
  narrowInt,
  nativeTypeName,
  nativeTypeOf,
  ndarray,
  shapeText,
  tuple,
} from '../../../src/tree/native.ts';

describe('native types', () => {
  it.each([
    [true, 'bool'],
    [1n, 'int'],
    [1, 'int'],
    [1.5, 'float'],
    ['', 'str'],
    [float(0), 'float'],
    [tuple(1, 2), 'tuple'],
    [bytes(Uint8Array.of(1)), 'bytes'],
    [null, 'none'],
    [undefined, 'none'],
    [[], 'list'],
    [{}, 'dict'],
    [new Int8Array(1), 'ndarray'],
    [ndarray(new Float32Array(4), [2, 2]), 'ndarray'],
    [new DataView(new ArrayBuffer(1)), 'dict'],
  ])('the native type of %o is %s', (value, type) => {
    expect(nativeTypeOf(value)).toBe(type);
  });

  it('has Python names', () => {
    expect(nativeTypeName('none')).toBe('NoneType');
    expect(nativeTypeName('int')).toBe('int');
  });

  it.each([
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
  ] as const)('an array of %s knows its type', (dtype) => {
    const data = makeArray(dtype, 3);
    expect(data).toHaveLength(3);
    expect(ndarray(data)).toEqual({ data, shape: [3], dtype });
    expect(asNdArray(data)?.dtype).toBe(dtype);
  });

  it('arrays must have as many elements as their shape says', () => {
    expect(() => ndarray(new Int8Array(5), [2, 3])).toThrow(
      'array of 5 elements cannot have the shape (2, 3)',
    );
    expect(shapeText([5])).toBe('(5,)');
  });

  it('only typed arrays of numbers are arrays', () => {
    expect(isNumericArray(new Uint8ClampedArray(1))).toBe(false);
    expect(isNumericArray(new DataView(new ArrayBuffer(1)))).toBe(false);
    expect(asNdArray({ data: [1], shape: [1], dtype: 'int8' })).toBeUndefined();
    expect(asNdArray({ data: new Int8Array(1), shape: 1, dtype: 'int8' })).toBeUndefined();
    expect(asNdArray('text')).toBeUndefined();
    expect(asNdArray(null)).toBeUndefined();
  });

  it('whole numbers become numbers where nothing is lost', () => {
    expect(narrowInt(5n)).toBe(5);
    expect(narrowInt(2n ** 60n)).toBe(2n ** 60n);
    expect(narrowInt(1.5)).toBe(1.5);
  });

  it.each([
    [1, 1n, true],
    [1, 2n, false],
    [Number.NaN, Number.NaN, true],
    ['a', 'a', true],
    [1.5, 1n, false],
    [new Int8Array([1, 2]), new Int8Array([1, 2]), true],
    [new Int8Array([1, 2]), new Int8Array([1, 3]), false],
    [new Int8Array([1, 2]), new Int8Array([1]), false],
    [new Int8Array([1]), new Uint8Array([1]), false],
    [ndarray(new Int8Array(4), [2, 2]), new Int8Array(4), false],
    [[1], [1], false],
    [{}, new Int8Array(1), false],
  ])('%o and %o are the same value: %s', (a, b, isSame) => {
    expect(isSameValue(a, b)).toBe(isSame);
  });
});
