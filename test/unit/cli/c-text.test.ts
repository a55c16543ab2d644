import { expect, test } from 'vitest';
import { escapeC, fromByteString, toByteString, unescapeC } from '../../../src/cli/c-text.ts';

test.each([
  ['a"b', 'a\\"b'],
  ["it's", "it\\'s"],
  ['back\\slash', 'back\\\\slash'],
  ['\n\t\r\x07\b\f\v\0', '\\n\\t\\r\\a\\b\\f\\v\\0'],
  ['\x7f\x1b\xb0', '\\x7f\\x1b\\xb0'],
])('CA-L5 %j is escaped as %s and comes back', (raw, escaped) => {
  expect(escapeC(raw)).toBe(escaped);
  expect(unescapeC(escaped)).toBe(raw);
});

test.each([
  ['\\x4', '\x04'],
  ['\\x414', 'A4'],
  ['\\xg', 'g'],
  ['\\q', 'q'],
  ['end\\', 'end'],
  ['\\0\\07', '\0\x007'],
])('CA-L5 the escape %s is read as the original does', (escaped, raw) => {
  expect(unescapeC(escaped)).toBe(raw);
});

test('texts become bytes and come back', () => {
  expect(toByteString('5 °C')).toBe('5 \xc2\xb0C');
  expect(fromByteString('5 \xc2\xb0C')).toBe('5 °C');
});
