import { describe, expect, it } from 'vitest';
import { ndarray } from '../../../src/tree/native.ts';
import { floatText, pyRepr, pyStr } from '../../../src/tree/python-text.ts';

describe('Python text', () => {
  it.each([
    [1, '1.0'],
    [1e-5, '1e-05'],
    [0.0001, '0.0001'],
    [1e16, '1e+16'],
    [123456789012345680, '1.2345678901234568e+17'],
    [1e15, '1000000000000000.0'],
    [-0, '-0.0'],
    [Number.NaN, 'nan'],
    [Number.NEGATIVE_INFINITY, '-inf'],
  ])('tree G-8: float %d shows as %s', (value, text) => {
    expect(floatText(value)).toBe(text);
  });

  it.each([
    [[1, 'a', null, true, [2.5]], "[1, 'a', None, True, [2.5]]"],
    [{ a: 1, b: 'x' }, "{'a': 1, 'b': 'x'}"],
    [new Map([[1, 'x']]), "{1: 'x'}"],
    ["it's", '"it\'s"'],
    ['a"\'b', "'a\"\\'b'"],
    ['\n\x01', "'\\n\\x01'"],
    [2n ** 70n, '1180591620717411303424'],
    [new Float64Array([1, 2.5]), '[1.0, 2.5]'],
    [ndarray(new Int16Array([1, 2, 3, 4]), [2, 2]), '[[1, 2], [3, 4]]'],
  ])('tree G-8: value %# has its repr', (value, text) => {
    expect(pyRepr(value)).toBe(text);
  });

  it('shows tuples and byte strings by their native type', () => {
    expect(pyRepr([1], 'tuple')).toBe('(1,)');
    expect(pyRepr(Uint8Array.of(65, 0, 39), 'bytes')).toBe("b'A\\x00\\''");
    expect(pyStr('x')).toBe('x');
  });
});
