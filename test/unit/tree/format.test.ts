import { describe, expect, it } from 'vitest';
import { compileFormat } from '../../../src/tree/format.ts';

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

  it('shows text as it is where the type code wants a number', () => {
    expect(compileFormat('{:d}')('abc', 'str')).toBe('abc');
  });

  it.each(['{', '}', '{:y}', '{1}', '{name}'])('refuses the malformed format %s', (template) => {
    expect(() => compileFormat(template)).toThrow(SyntaxError);
  });
});
