import { describe, expect, it } from 'vitest';
import { compileFormat, formatArray } from '../../../src/tree/format.ts';
import { ndarray } from '../../../src/tree/native.ts';

describe('compileFormat', () => {
  it.each([
    ['{:#x}', 255, 'int', '0xff'],
    ['{:f}', 0.1, 'float', '0.100000'],
    ['0x{:04x}', 16, 'int', '0x0010'],
    ['{:1.2f}', 1, 'int', '1.00'],
    ['{:,.3f}', 1234.5, 'float', '1,234.500'],
    ['{}', 1, 'float', '1.0'],
    ['{0}', 1, 'int', '1'],
    ['{{{}}}', 5, 'int', '{5}'],
    ['{:.0f}', 2.5, 'float', '2'],
    ['{:.2f}', 0.125, 'float', '0.12'],
    ['{:.0e}', 2.5, 'float', '2e+00'],
    ['{:e}', 12345.678, 'float', '1.234568e+04'],
    ['{:g}', 1e-5, 'float', '1e-05'],
    ['{:%}', 0.25, 'float', '25.000000%'],
    ['{:*^9}', 'ab', 'str', '***ab****'],
    ['{:08.3f}', -3.14159, 'float', '-003.142'],
    ['{:#010b}', 5, 'int', '0b00000101'],
    ['{:_x}', 0x12345678n, 'int', '1234_5678'],
    ['{!r}', 'it', 'str', "'it'"],
    ['{} V', true, 'bool', 'True V'],
    ['{:d}', true, 'bool', '1'],
    ['{:f}', Number.POSITIVE_INFINITY, 'float', 'inf'],
    ['{:.1f}', 1e22, 'float', '10000000000000000000000.0'],
  ] as const)('tree V-11: %s of %s (%s) is %s', (template, value, type, text) => {
    expect(compileFormat(template)(value, type)).toBe(text);
  });

  it.each([
    ['{:+#.1g}', 1.5, 'float', '+2.'],
    ['{:#.0f}', 2.5, 'float', '2.'],
    ['{:#.0%}', 0.5, 'float', '50.%'],
    ['{:#.0e}', 12.0, 'float', '1.e+01'],
    ['{:+f}', Number.NaN, 'float', '+nan'],
    ['{: F}', Number.NEGATIVE_INFINITY, 'float', '-INF'],
    ['{:+G}', Number.POSITIVE_INFINITY, 'float', '+INF'],
    ['{:010,.1f}', 1234.5, 'float', '0,001,234.5'],
    ['{:010_}', 0, 'int', '00_000_000'],
    ['{:0=+#020,}', 1.5, 'float', '+0,000,000,000,001.5'],
    ['{:#012_x}', 48879, 'int', '0x0_0000_beef'],
    ['{:#X}', 48879, 'int', '0XBEEF'],
    ['{:#o}', 8, 'int', '0o10'],
    ['{:_b}', 300, 'int', '1_0010_1100'],
    ['{:+d}', 5, 'int', '+5'],
    ['{: d}', 5, 'int', ' 5'],
    ['{:<6d}|', 42, 'int', '42    |'],
    ['{:^7d}|', 42, 'int', '  42   |'],
    ['{:=+7d}', 42, 'int', '+    42'],
    ['{:c}', 65, 'int', 'A'],
    ['{:n}', 1234, 'int', '1234'],
    ['{:n}', 1234.5, 'float', '1234.5'],
    ['{:.3}', 1234.5, 'float', '1.23e+03'],
    ['{:.12}', 1.0, 'float', '1.0'],
    ['{:g}', 1000000.0, 'float', '1e+06'],
    ['{:g}', 123456.0, 'float', '123456'],
    ['{:.10g}', 0.1, 'float', '0.1'],
    ['{:#g}', 1.0, 'float', '1.00000'],
    ['{:.3e}', 0.0, 'float', '0.000e+00'],
    ['{:E}', 5e-324, 'float', '4.940656E-324'],
    ['{:.3f}', 1e22, 'float', '10000000000000000000000.000'],
    ['{:.2f}', 2.675, 'float', '2.67'],
    ['{:.1f}', 0.25, 'float', '0.2'],
    ['{:20}', 1e16, 'float', '               1e+16'],
    ['{:10}|', true, 'bool', '         1|'],
    ['{:+}', false, 'bool', '+0'],
    ['{:x}', true, 'bool', '1'],
    ['{:.2f}', true, 'bool', '1.00'],
    ['{:.2}', 'abcdef', 'str', 'ab'],
    ['{:>5}', 'ab', 'str', '   ab'],
    ['{:é^6}', 'ab', 'str', 'ééabéé'],
    ['{!r:>6}', 'ab', 'str', "  'ab'"],
    ['{!s:.2}', 12345, 'int', '12'],
    ['{:,}', -1234567, 'int', '-1,234,567'],
    ['{:_d}', 1234567, 'int', '1_234_567'],
    ['{:.0f}', 0.5, 'float', '0'],
    ['{:.0f}', 1.5, 'float', '2'],
    ['{:f}', 3, 'int', '3.000000'],
    ['{}', 1e16, 'float', '1e+16'],
  ] as const)('tree V-11: %s of %s (%s) is %s, as Python shows it', (template, value, type, text) => {
    expect(compileFormat(template)(value, type)).toBe(text);
  });

  it('tree V-11: an array is shown element by element, rows on lines of their own', () => {
    expect(formatArray(new Uint8Array([1, 255]), compileFormat('{:02x}'))).toBe('[01, ff]');
    expect(formatArray(new Float32Array([1, 0.5]), compileFormat('{}'))).toBe('[1.0, 0.5]');
    expect(formatArray(ndarray(new Int8Array([1, 2, 3, 4]), [2, 2]), compileFormat('{}'))).toBe(
      '[[1, 2],\n [3, 4]]',
    );
    expect(formatArray(ndarray(new Uint8Array([1, 0]), [2], 'bool'), compileFormat('{}'))).toBe(
      '[True, False]',
    );
    expect(formatArray([1, 2], compileFormat('{}'))).toBeUndefined();
  });

  it('shows text as it is where the type code wants a number', () => {
    expect(compileFormat('{:d}')('abc', 'str')).toBe('abc');
  });

  it.each(['{', '}', '{:y}', '{1}', '{name}'])('refuses the malformed format %s', (template) => {
    expect(() => compileFormat(template)).toThrow(SyntaxError);
  });
});
