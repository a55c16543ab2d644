import { describe, expect, it } from 'vitest';
import { formatDouble, formatFloat, parseDouble, parseInteger } from '../../../src/ioc/convert-text.ts';

describe('formatDouble', () => {
  it('F4.4 writes PREC digits, rounding half away from zero', () => {
    expect([
      formatDouble(2.5, 0),
      formatDouble(-2.5, 0),
      formatDouble(1.005, 2),
      formatDouble(3.14159, 3),
    ]).toEqual(['3', '-3', '1.00', '3.142']);
  });
  it('F4.4 writes at most 3 digits above 1e7 and the exponent form above 1e16 or 8 digits', () => {
    expect(formatDouble(12345678.12345, 6)).toBe('12345678.123');
    expect(formatDouble(1.5, 9)).toBe(' 1.500000000e+00');
    expect(formatDouble(1e17, 2)).toBe(' 1.00e+17');
    expect(formatDouble(1.5, -1)).toBe(` ${(1.5).toExponential(17).replace('e+0', 'e+00')}`);
  });
  it('F4.4 writes nan and inf', () => {
    expect([formatDouble(Number.NaN, 2), formatDouble(Number.POSITIVE_INFINITY, 2)]).toEqual([
      'nan',
      '      inf',
    ]);
  });
});

describe('formatFloat', () => {
  it('allows 12 digits before it takes the exponent form', () => {
    expect(formatFloat(1.5, 10)).toBe('1.5000000000');
    expect(formatFloat(2e8, 1)).toBe('2.0e+08');
  });
});

describe('parseDouble', () => {
  it('F4.3 reads as strtod does', () => {
    expect(['', '1.5x', '1,5', ' 2e3', '-inf', '0x1F'].map(parseDouble)).toEqual([
      0,
      1.5,
      1,
      2000,
      -Infinity,
      31,
    ]);
    expect(parseDouble('nan')).toBeNaN();
    for (const text of ['abc', '1e400']) expect(() => parseDouble(text)).toThrow();
  });
});

describe('parseInteger', () => {
  it('F4.2 refuses text without digits and numbers beyond the limits', () => {
    expect(parseInteger('+12z', -20n, 20n)).toBe(12n);
    for (const text of ['x', '21', '-21']) expect(() => parseInteger(text, -20n, 20n)).toThrow();
  });
});
