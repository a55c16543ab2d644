import { expect, test } from 'vitest';
import { formatC, formatInteger, roundToInt32 } from '../../../src/cli/c-number.ts';

test.each([
  [1.5, 'g', 6, '1.5'],
  [1e6, 'g', 6, '1e+06'],
  [123456, 'g', 6, '123456'],
  [0.00001234567, 'g', 6, '1.23457e-05'],
  [-0, 'g', 6, '-0'],
  [2.5, 'g', 0, '2'],
  [2.5, 'f', 0, '2'],
  [3.5, 'f', 0, '4'],
  [0.125, 'f', 2, '0.12'],
  [0.375, 'f', 2, '0.38'],
  [-1.005, 'f', 2, '-1.00'],
  [0, 'f', 3, '0.000'],
  [-0.0001, 'f', 2, '-0.00'],
  [1e22, 'f', 1, '10000000000000000000000.0'],
  [1e22, 'f', 0, '10000000000000000000000'],
  [0.1, 'f', 18, '0.100000000000000006'],
  [12345.678, 'e', 3, '1.235e+04'],
  [2.5, 'e', 0, '2e+00'],
  [1.25e-300, 'e', 1, '1.2e-300'],
  [1.25, 'e', 1, '1.2e+00'],
  [9.96, 'e', 1, '1.0e+01'],
  [0, 'e', 2, '0.00e+00'],
  [Number.NaN, 'f', 2, 'nan'],
  [Number.POSITIVE_INFINITY, 'e', 2, 'inf'],
  [Number.NEGATIVE_INFINITY, 'g', 2, '-inf'],
] as const)(
  'CA-L5 %d in format %s with %d digits is "%s", ties to even as in C',
  (x, letter, digits, expected) => {
    expect(formatC(x, { letter, digits })).toBe(expected);
  },
);

test.each([
  [-42, 16, '0xFFFFFFD6'],
  [255, 16, '0xFF'],
  [0, 16, '0x0'],
  [8, 8, '0o10'],
  [5, 2, '0b101'],
  [0, 2, '0'],
  [-42, 10, '-42'],
] as const)('CA-L5 the integer %d in base %d is "%s"', (x, base, expected) => {
  expect(formatInteger(x, base)).toBe(expected);
});

test.each([
  [1.5, 2],
  [-1.5, -2],
  [0.4, 0],
  [1e12, -0x8000_0000],
  [Number.NaN, -0x8000_0000],
])('CA-L5 %d rounds to %d, half away from zero', (x, expected) => {
  expect(roundToInt32(x) + 0).toBe(expected);
});
