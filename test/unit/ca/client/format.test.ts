import { describe, expect, it } from 'vitest';
import { formatSnapshot } from '../../../../src/ca/client/format.ts';
import {
  makeMetadata,
  makeSnapshot,
  noAlarm,
  type PvValue,
  undefinedTime,
} from '../../../../src/pv/index.ts';

function format(value: PvValue, element?: string, precision?: number): string {
  const meta = makeMetadata({ choices: ['Off', 'On'] });
  return formatSnapshot(makeSnapshot(value, noAlarm, undefinedTime, meta), element, { precision });
}

describe('formatSnapshot', () => {
  it.each([
    [2.5, 3, '2.500'],
    [-1, 0, '-1'],
    [12345.678, 2, '12345.68'],
    [123456.789, 2, '1.2e+05'],
    [0.00001, 3, '0.000'],
    [0.000001, 3, '1e-06'],
    // Zero counts as 1e-9, so it is shown with significant digits.
    [0, 2, '0'],
  ])('CA-C5: %d with precision %i is shown as %s', (value, precision, text) => {
    expect(format(value, 'float64', precision)).toBe(text);
  });

  it.each([
    [2.5, '2.5'],
    [1234567, '1.23457e+06'],
    [0.0001, '0.0001'],
    [100, '100'],
    [1e300, '1e+300'],
    [Number.NaN, 'nan'],
    [Number.NEGATIVE_INFINITY, '-inf'],
    [Number.POSITIVE_INFINITY, 'inf'],
    [-0, '-0'],
  ])('CA-C5: without precision %d is shown as %s', (value, text) => {
    expect(format(value)).toBe(text);
  });

  it('CA-C5: enums are shown by label, integers in decimal, texts as they are', () => {
    expect(format(1, 'enum')).toBe('On');
    expect(format(7, 'enum')).toBe('7');
    expect(format(-7, 'int32')).toBe('-7');
    expect(format('abc', 'string')).toBe('abc');
    expect(format(true, 'boolean')).toBe('true');
  });

  it('CA-C5, CA-G23: CHAR arrays are cut at the first NUL, other arrays are lists', () => {
    expect(format(new Uint8Array([65, 66, 0, 67]))).toBe('AB');
    expect(format(new Int8Array([65, 66]))).toBe('AB');
    expect(format(new Uint8Array(0))).toBe('');
    expect(format(new Float64Array([1.25, 2]), 'float64', 1)).toBe('1.3 2.0');
    expect(format(['a', 'b'], 'string')).toBe('a b');
  });
});
