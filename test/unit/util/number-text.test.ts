import { describe, expect, test } from 'vitest';
import { formatDouble, formatFloat } from '../../../src/util/index.ts';

describe('IOC-F4.4 a double as text', () => {
  test.each([
    [2.5, 0, '3'],
    [-2.5, 0, '-3'],
    [-0.4, 0, '-0'],
    [0.9999, 2, '1.00'],
    [0.145, 2, '0.14'],
    [0.285, 2, '0.28'],
    [-0.005, 2, '-0.01'],
    [9999999.99, 1, '10000000.0'],
    [1.005, 2, '1.00'],
    [1.5, 3, '1.500'],
    [123456.789, 8, '123456.78900000'],
    [1e7, 2, '10000000.00'],
    [12345678.9, 5, '12345678.900'],
    [-12345678.9, 1, '-12345678.9'],
    [1e17, 2, '1.00e+17'.padStart(9)],
    [1.5, 9, ' 1.500000000e+00'],
    [Number.NaN, 2, 'nan'],
    [Number.POSITIVE_INFINITY, 2, '      inf'],
    [Number.NEGATIVE_INFINITY, 2, '     -inf'],
    [1.5, -1, ' 1.50000000000000000e+00'],
  ])('%d with precision %i is "%s"', (value, precision, text) => {
    expect(formatDouble(value, precision)).toBe(text);
  });
});

describe('IOC-F4.4 a float as text', () => {
  test.each([
    [1.25, 3, '1.250'],
    [2e7, 5, '20000000.000'],
    [1e8, 2, '1.00e+08'],
    [1.5, 20, '1.500000000000e+00'],
  ])('%d with precision %i is "%s"', (value, precision, text) => {
    expect(formatFloat(value, precision)).toBe(text);
  });
});
