import { expect, test } from 'vitest';
import { alarmType } from '../../../src/nt/index.ts';
import {
  arrayOf,
  formatType,
  scalarType,
  structType,
  typeWord,
  unionType,
} from '../../../src/pvdata/index.ts';

test('a type is printed one line per field, names behind', () => {
  const type = structType('top_t', {
    value: 'double[]',
    alarm: alarmType,
    any: 'any',
    union: unionType('u_t', { a: 'int' }),
    list: arrayOf(structType('', { b: 'boolean' })),
    empty: structType('', {}),
  });
  const expected = [
    'struct "top_t" {',
    '    double[] value',
    '    struct "alarm_t" {',
    '        int32_t severity',
    '        int32_t status',
    '        string message',
    '    } alarm',
    '    any any',
    '    union "u_t" {',
    '        int32_t a',
    '    } union',
    '    struct[] {',
    '        bool b',
    '    } list',
    '    struct {} empty',
    '}',
  ];
  expect(String(type)).toBe(expected.join('\n'));
  expect(formatType(type, '  ')).toBe(expected.map((line) => `  ${line}`).join('\n'));
  expect(String(scalarType('ulong[]'))).toBe('uint64_t[]');
});

test('codes that no type has are named unknown', () => {
  expect(typeWord(0x57)).toBe('unknown');
});
