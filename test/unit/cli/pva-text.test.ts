import { expect, test } from 'vitest';
import { alarmWords, enumText, formatContent, maybeQuote, timeColumn } from '../../../src/cli/pva-text.ts';
import { ntEnumType, ntScalarType } from '../../../src/nt/index.ts';
import { TypeCode, Value } from '../../../src/pvdata/index.ts';

const scalar = (content: object): Value => Value.from(ntScalarType('double'), content);

test.each([
  ['plain', 'plain'],
  ['', ''],
  ['hello world', '"hello world"'],
  ['a"b', '"a\\"b"'],
  ["it's", '"it\\\'s"'],
  ['tab\there', '"tab\\there"'],
  ['5°', '5°'],
])('PVA-T-1 the text %j is shown as %s', (text, expected) => {
  expect(maybeQuote(text)).toBe(expected);
});

test('PVA-T-1 numbers have six digits', () => {
  expect(formatContent(TypeCode.Double, 1234567)).toBe('1.23457e+06');
  expect(formatContent(TypeCode.Int, 1234567)).toBe('1234567');
  expect(formatContent(TypeCode.Long, 9007199254740993n)).toBe('9007199254740993');
  expect(formatContent(TypeCode.FloatArray, Float32Array.of(0.1, 2))).toBe('[0.1,2]');
  expect(formatContent(TypeCode.BooleanArray, [true, false])).toBe('[true,false]');
  expect(formatContent(TypeCode.IntArray, new Int32Array(0))).toBe('[]');
});

test.each([
  [{ severity: 0, status: 3, message: 'x' }, ''],
  [{ severity: 1, status: 0, message: '' }, 'MINOR '],
  [{ severity: 2, status: 1, message: 'HIHI' }, 'MAJOR DEVICE HIHI '],
  [{ severity: 3, status: 7, message: 'two words' }, 'INVALID CLIENT two words '],
  [{ severity: 4, status: 6, message: '' }, 'UNDEFINED UNDEFINED '],
  [{ severity: 9, status: 12, message: '' }, '9 12 '],
])('PVA-T-1 the alarm %j is shown as "%s"', (alarm, expected) => {
  expect(alarmWords(scalar({ alarm }), 'alarm')).toBe(expected);
});

test('PVA-T-1 the time column is 24 wide, with the user tag behind it', () => {
  const timeStamp = { secondsPastEpoch: 1_700_000_000, nanoseconds: 1_000_000, userTag: 4 };
  expect(timeColumn(scalar({ timeStamp }), 'timeStamp')).toMatch(/^2023-11-1[45] \d\d:\d\d:20\.001 {2}4 $/);
  expect(timeColumn(scalar({ value: 1 }), 'timeStamp')).toBe(`<undefined>${' '.repeat(14)}`);
  expect(timeColumn(scalar({ value: 1 }), 'absent')).toBe(`<undefined>${' '.repeat(14)}`);
});

test('PVA-T-1 enums show index and label', () => {
  const value = Value.from(ntEnumType(), { value: { index: 1, choices: ['Off', 'Turned on'] } });
  expect(enumText(value, 'value')).toBe('(1) "Turned on"');
  expect(enumText(value.set('value.index', 5), 'value')).toBe('(5) <undefined>');
  expect(enumText(value, 'alarm')).toBeUndefined();
});
