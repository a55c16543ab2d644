import { describe, expect, it } from 'vitest';
import { parseLiteral } from '../../../src/tree/python-literal.ts';

describe('parseLiteral', () => {
  it.each([
    ['12', 12],
    ['0x1F', 31],
    ['0b11', 3],
    ['0o7', 7],
    ['1_000', 1000],
    ['-3', -3],
    ['1.5', 1.5],
    ['1e3', 1000],
    ['.5', 0.5],
    ['True', true],
    ['false', false],
    ['None', null],
    ['null', null],
    ["'x'", 'x'],
    ['"a\\n\\x41\\u00e9"', 'a\nA\u00e9'],
    ['[1, 2, ]', [1, 2]],
    ['(1, 2)', [1, 2]],
    ['(1)', 1],
    ["{'a': 1, 'b': [True]}", { a: 1, b: [true] }],
    ['  7 ', 7],
    ['-inf', Number.NEGATIVE_INFINITY],
    ['18446744073709551615', 18446744073709551615n],
    ['-9007199254740993', -9007199254740993n],
  ] as const)('tree V-12: reads %s', (text, value) => {
    expect(parseLiteral(text).value).toStrictEqual(value);
  });

  it('tells tuples from lists', () => {
    expect(parseLiteral('(1,)')).toStrictEqual({ value: [1], isTuple: true });
    expect(parseLiteral('[(1,)]')).toStrictEqual({ value: [[1]], isTuple: false });
  });

  it('keeps keys that are no text in a Map', () => {
    expect(parseLiteral('{1: 2}').value).toStrictEqual(new Map([[1, 2]]));
  });

  it('takes the key __proto__ as data', () => {
    const value = parseLiteral("{'__proto__': 1}").value as object;
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.keys(value)).toStrictEqual(['__proto__']);
  });

  it.each(['', '1 2', 'abc', '[1', '{1}', "'x", '1abc', '-True', '__import__("os")', '0x'])(
    'tree V-12: refuses %j',
    (text) => {
      expect(() => parseLiteral(text)).toThrow(SyntaxError);
    },
  );

  it('refuses nesting and numbers beyond its limits', () => {
    expect(() => parseLiteral('['.repeat(5000))).toThrow(/deeper than 64/);
    expect(() => parseLiteral('1'.repeat(5000))).toThrow(/4300 digits/);
  });
});
