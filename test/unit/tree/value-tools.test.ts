import { describe, expect, it } from 'vitest';
import { ndarray } from '../../../src/tree/native.ts';
import { clip, elementOf, toArray } from '../../../src/tree/value-tools.ts';

describe('elementOf', () => {
  it.each([
    [[1, 2, 3], 1, 2],
    [[1, 2, 3], -1, [1, 2, 3]],
    [new Int16Array([4, 5]), 1, 5],
    [ndarray(new Int8Array([1, 2, 3, 4]), [2, 2]), 2, 3],
    [7, 3, 7],
    ['text', 0, 'text'],
  ])('of %o at %d is %o', (value, index, element) => {
    expect(elementOf(value, index)).toEqual(element);
  });
});

describe('toArray', () => {
  it('makes an array of whole numbers, of any, or of the type asked for', () => {
    expect(toArray([1, 2n, true], undefined)).toEqual(BigInt64Array.of(1n, 2n, 1n));
    expect(toArray([1, 2.5], undefined)).toEqual(Float64Array.of(1, 2.5));
    expect(toArray([1, 2n], 'uint8')).toEqual(Uint8Array.of(1, 2));
    expect(toArray([3], 'uint64')).toEqual(BigUint64Array.of(3n));
  });

  it('keeps the shape of nested lists', () => {
    expect(
      toArray(
        [
          [1, 2],
          [3, 4],
        ],
        'int16',
      ),
    ).toEqual(ndarray(Int16Array.of(1, 2, 3, 4), [2, 2]));
    expect(toArray([true, false], 'bool')).toEqual(ndarray(Uint8Array.of(1, 0), [2], 'bool'));
  });

  it.each([
    [[[1, 2], [3]], 'rows of different lengths'],
    [['a'], 'not a number'],
    [[null], 'not a number'],
    [5, 'not a list'],
  ])('refuses %j: %s', (value, message) => {
    expect(() => toArray(value, undefined)).toThrow(message);
  });
});

describe('clip', () => {
  it('shows values as Python does, and cuts long ones', () => {
    expect(clip([1, 'a'])).toBe("[1, 'a']");
    expect(clip('plain')).toBe('plain');
    expect(clip('x'.repeat(201))).toBe(`${'x'.repeat(200)}...`);
    expect(clip('x'.repeat(200))).toBe('x'.repeat(200));
  });
});
