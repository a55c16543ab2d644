import { expect, test } from 'vitest';
import {
  formatDouble,
  formatFloat,
  formatGeneral,
  formatScalar,
  quote,
  TypeCode,
} from '../../../src/pvdata/index.ts';

test.each([
  [0.1, '0.1'],
  [1 / 3, '0.333333'],
  [100000, '100000'],
  [1000000, '1e+06'],
  [1234567, '1.23457e+06'],
  [123456.5, '123456'],
  [123457.5, '123458'],
  [-1234565, '-1.23456e+06'],
  [2.5, '2.5'],
  [-0.015625, '-0.015625'],
  [999999.9, '1e+06'],
  [0.0001, '0.0001'],
  [0.00001, '1e-05'],
  [-1e-7, '-1e-07'],
  [5e-324, '4.94066e-324'],
  [1e21, '1e+21'],
  [1e300, '1e+300'],
  [0, '0'],
  [-0, '-0'],
  [Number.NaN, 'nan'],
  [Number.NEGATIVE_INFINITY, '-inf'],
])('%s with six digits is %s, as C prints it', (x, expected) => {
  expect(formatGeneral(x, 6)).toBe(expected);
});

test('the number of digits is free', () => {
  expect([1, 2, 17].map((digits) => formatGeneral(0.25, digits))).toEqual(['0.2', '0.25', '0.25']);
  expect(formatGeneral(0.1, 17)).toBe('0.10000000000000001');
  expect(formatGeneral(25, 1)).toBe('2e+01');
});

test.each([
  [0.1, '0.1'],
  [16777217, '16777216'],
  [1e10, '10000000000'],
  [3.4028234663852886e38, '3.4028235e+38'],
  [1.17549435e-38, '1.1754944e-38'],
  [-0, '-0'],
  [Number.POSITIVE_INFINITY, 'inf'],
])('the float %s is shortened to %s', (x, expected) => {
  expect(formatFloat(Math.fround(x))).toBe(expected);
});

test('doubles keep all digits', () => {
  expect([1 / 3, 1e21, -0, 0, Number.NaN].map(formatDouble)).toEqual([
    '0.3333333333333333',
    '1e+21',
    '-0',
    '0',
    'nan',
  ]);
});

test('scalars are printed by their type', () => {
  expect(formatScalar(TypeCode.Int, -0)).toBe('0');
  expect(formatScalar(TypeCode.Long, 5n)).toBe('5');
  expect(formatScalar(TypeCode.Boolean, true)).toBe('true');
  expect(formatScalar(TypeCode.FloatArray, Math.fround(0.1))).toBe('0.1');
  expect(formatScalar(TypeCode.Double, 0.1)).toBe('0.1');
  expect(formatScalar(TypeCode.Double, 1 / 3, 6)).toBe('0.333333');
  expect(formatScalar(TypeCode.Int, 1234567, 6)).toBe('1234567');
});

test('text is quoted with C escapes, other characters stay readable', () => {
  expect(quote('a"b\\c\n\r\t\b\f\v\0\x07\x01\x7fé😀')).toBe(
    '"a\\"b\\\\c\\n\\r\\t\\b\\f\\v\\0\\a\\x01\\x7fé😀"',
  );
});
