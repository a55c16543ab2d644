import { describe, expect, it } from 'vitest';
import { enumOfList, labelOf, toEnumMap } from '../../../src/tree/enum-map.ts';

describe('labels', () => {
  it('come from a map, pairs, an object or a list', () => {
    const map = new Map([[1, 'one']]);
    expect(toEnumMap(map)).toEqual(map);
    expect(toEnumMap(map)).not.toBe(map);
    expect([
      ...toEnumMap([
        [0, 'off'],
        [1, 'on'],
      ]),
    ]).toEqual([
      [0, 'off'],
      [1, 'on'],
    ]);
    expect([...toEnumMap({ 0: 'off', '-1': 'bad', true: 'yes', false: 'no', x: 'X' })]).toEqual([
      [0, 'off'],
      [-1, 'bad'],
      [true, 'yes'],
      [false, 'no'],
      ['x', 'X'],
    ]);
    expect([...enumOfList([1, 'a', true])]).toEqual([
      [1, '1'],
      ['a', 'a'],
      [true, 'true'],
    ]);
  });

  it.each([
    [1, 'one'],
    [1n, 'one'],
    [true, 'one'],
    [5, 'five'],
    [5n, 'five'],
    [0, 'zero'],
    [false, 'zero'],
    ['x', 'X'],
    [2, undefined],
    [1.5, undefined],
    ['1', undefined],
    [null, undefined],
  ])('the label of %o is %s: as in Python 1, 1n and true are one key', (value, label) => {
    const map = toEnumMap(
      new Map<number | bigint | string | boolean, string>([
        [false, 'zero'],
        [1, 'one'],
        [5n, 'five'],
        ['x', 'X'],
      ]),
    );
    expect(labelOf(map, value)).toBe(label);
  });

  it('a label of true is that of 1', () => {
    expect(labelOf(toEnumMap({ true: 'on' }), 1)).toBe('on');
    expect(labelOf(toEnumMap([[1n, 'on']]), 1)).toBe('on');
  });
});
