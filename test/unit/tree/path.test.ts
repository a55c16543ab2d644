import { describe, expect, it } from 'vitest';
import { Device } from '../../../src/tree/index.ts';
import { NodeFamily, selectIndices, splitArrayName } from '../../../src/tree/path.ts';

describe('names with indices', () => {
  it.each([
    ['Base[1][*]', { base: 'Base', keys: ['1', '*'] }],
    ['A[1:3]', { base: 'A', keys: ['1:3'] }],
    ['A[]', { base: 'A', keys: [''] }],
    ['A', undefined],
    ['[1]', undefined],
    ['A[1]x', undefined],
  ])('tree N-11: %s is taken apart', (name, parts) => {
    expect(splitArrayName(name)).toEqual(parts);
  });

  // As Python slices a list of five.
  it.each([
    ['*', [0, 1, 2, 3, 4]],
    [':', [0, 1, 2, 3, 4]],
    ['2', [2]],
    ['5', []],
    ['-1', [4]],
    ['-5', [0]],
    ['-6', []],
    ['1:3', [1, 2]],
    ['-2:', [3, 4]],
    [':-3', [0, 1]],
    ['::2', [0, 2, 4]],
    ['::-2', [4, 2, 0]],
    ['3:0:-1', [3, 2, 1]],
    ['-9:99', [0, 1, 2, 3, 4]],
    ['99:-99:-4', [4, 0]],
    ['::0', []],
    [' 1 : 2 ', [1]],
    ['x', []],
    ['1.5', []],
  ])('tree N-11: the key %s of five selects %j', (key, indices) => {
    expect(selectIndices(key, 5)).toEqual(indices);
  });
});

describe('NodeFamily', () => {
  const device = (name: string): Device => new Device({ name });

  it('keeps nodes under nested indices, also with holes', () => {
    const family = new NodeFamily();
    const [a, b, c] = [device('a'), device('b'), device('c')];
    expect(family.insert([1, 0], a)).toBe(true);
    expect(family.insert([1, 2], b)).toBe(true);
    expect(family.insert([4, 0], c)).toBe(true);
    expect(family.select(['1', '*'])).toEqual([a, b]);
    expect(family.select([':', '0'])).toEqual([a, c]);
    expect(family.select(['*', '::-1'])).toEqual([b, a, c]);
    expect(family.toArray()).toEqual({ 1: { 0: a, 2: b }, 4: { 0: c } });
  });

  it('selects nothing when the number of keys is not the depth', () => {
    const family = new NodeFamily();
    family.insert([0, 0], device('a'));
    family.insert([1], device('b'));
    expect(family.select([])).toEqual([]);
    expect(family.select(['0'])).toEqual([]);
    expect(family.select(['1', '0'])).toEqual([]);
  });

  it('takes no node where another node or level is', () => {
    const family = new NodeFamily();
    const a = device('a');
    expect(family.insert([1], a)).toBe(true);
    expect(family.insert([1], device('b'))).toBe(false);
    expect(family.insert([1, 0], device('b'))).toBe(false);
    expect(family.insert([2, 0], device('b'))).toBe(true);
    expect(family.insert([2], device('c'))).toBe(false);
    expect(family.select(['1'])).toEqual([a]);
  });

  it('one very high index costs no walk over the range', () => {
    const family = new NodeFamily();
    const far = device('far');
    family.insert([4_000_000_000], far);
    expect(family.select(['*'])).toEqual([far]);
    expect(family.select(['4000000000'])).toEqual([far]);
    expect(family.select(['0:10'])).toEqual([]);
  });
});
