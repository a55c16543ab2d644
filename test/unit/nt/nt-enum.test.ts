import { describe, expect, test } from 'vitest';
import { ntEnumType, readEnum, toEnumIndex, writeEnum } from '../../../src/nt/index.ts';
import { structType, Value } from '../../../src/pvdata/index.ts';
import { ConversionError } from '../../../src/util/index.ts';

const choices = ['Off', 'On', '7'];

test('readEnum gives index, text and choices', () => {
  const value = Value.from(ntEnumType(), { value: { index: 1, choices } });
  expect(readEnum(value)).toEqual({ index: 1, choice: 'On', choices });
  value.set('value.index', 9);
  expect(readEnum(value)?.choice).toBeUndefined();
  expect(readEnum(new Value(structType('', { value: 'int' })))).toBeUndefined();
});

describe('toEnumIndex (PVA-N-9)', () => {
  test.each([
    ['On', 1],
    ['0', 0],
    [' 1 ', 1],
    ['7', 2],
    [1, 1],
    [2n, 2],
  ])('%s is index %i', (x, index) => {
    expect(toEnumIndex(x, choices)).toBe(index);
  });

  test.each(['on', '3', '-1', '1.5', '', 3, -1, 0.5, Number.NaN, 99n])(
    '%s is refused, listing the choices',
    (x) => {
      expect(() => toEnumIndex(x, choices)).toThrow(ConversionError);
      expect(() => toEnumIndex(x, choices)).toThrow('there are "Off", "On", "7"');
    },
  );

  test('without choices any index is taken, text is not', () => {
    expect(toEnumIndex(12, [])).toBe(12);
    expect(toEnumIndex('12', [])).toBe(12);
    expect(() => toEnumIndex('On', [])).toThrow('no choice "On", there are none');
  });
});

test('writeEnum marks the index only, with own or given choices', () => {
  const value = Value.from(ntEnumType(), { value: { choices } });
  value.unmark();
  writeEnum(value, 'On');
  expect([...value.marked()]).toEqual(['value.index']);
  expect(value.get('value.index')).toBe(1);
  const bare = new Value(ntEnumType());
  writeEnum(bare, 'B', ['A', 'B']);
  expect(bare.get('value.index')).toBe(1);
});
