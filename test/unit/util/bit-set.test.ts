import { describe, expect, test } from 'vitest';
import { BitSet } from '../../../src/util/index.ts';

const edges = [0, 1, 30, 31, 32, 33, 53, 54, 62, 63, 64, 65, 95, 96, 127, 128, 1000];

describe('BitSet', () => {
  test.each(edges)('bit %i is set, found, counted and taken away alone (PVA-W-21)', (bit) => {
    const set = new BitSet().set(bit);
    expect(edges.filter((other) => set.get(other))).toEqual([bit]);
    expect([...set]).toEqual([bit]);
    expect(set.count).toBe(1);
    expect(set.length).toBe(bit + 1);
    expect(set.next(bit)).toBe(bit);
    expect(set.next(bit + 1)).toBe(-1);
    expect(set.isEmpty).toBe(false);
    expect(set.set(bit, false).isEmpty).toBe(true);
    expect(set.length).toBe(0);
  });

  test('iterates its bits in rising order', () => {
    expect([...BitSet.from([...edges].reverse())]).toEqual(edges);
    expect(String(BitSet.from([64, 3]))).toBe('{3, 64}');
  });

  test.each([0, 1, 31, 32, 33, 63, 64, 65, 100])('first(%i) has that many bits from 0 on', (count) => {
    const set = BitSet.first(count);
    expect(set.count).toBe(count);
    expect(set.length).toBe(count);
  });

  test('or, and, andNot and intersects agree with sets of numbers, whichever is longer', () => {
    const lists = [[], [0, 40], [40, 70], [70, 200], [0, 31, 32, 63, 64, 200]];
    for (const a of lists) {
      for (const b of lists) {
        const both = a.filter((bit) => b.includes(bit));
        expect([...BitSet.from(a).or(BitSet.from(b))]).toEqual(
          [...new Set([...a, ...b])].sort((x, y) => x - y),
        );
        expect([...BitSet.from(a).and(BitSet.from(b))]).toEqual(both);
        expect([...BitSet.from(a).andNot(BitSet.from(b))]).toEqual(a.filter((bit) => !b.includes(bit)));
        expect(BitSet.from(a).intersects(BitSet.from(b))).toBe(both.length > 0);
        expect(BitSet.from(a).equals(BitSet.from(b))).toBe(String(a) === String(b));
      }
    }
  });

  test('a cleared high bit leaves a set equal to one that never had it', () => {
    const set = BitSet.from([3, 500]).set(500, false);
    expect(set.equals(BitSet.from([3]))).toBe(true);
    expect(BitSet.from([3]).equals(set)).toBe(true);
  });

  test('a clone changes on its own', () => {
    const set = BitSet.from([1, 40, 90]);
    const copy = set.clone();
    copy.set(91).set(1, false);
    expect([...set]).toEqual([1, 40, 90]);
    expect([...copy]).toEqual([40, 90, 91]);
    expect(set.clear().isEmpty).toBe(true);
    expect(copy.count).toBe(3);
  });

  test('writing zeros beyond the end does not grow the set', () => {
    const set = new BitSet();
    set.setWord(100, 0);
    expect(set.wordCount).toBe(2);
    expect(set.word(100)).toBe(0);
    set.setWord(3, -1);
    expect(set.count).toBe(32);
    expect(set.word(3)).toBe(-1);
    expect(set.next(1_000_000)).toBe(-1);
  });
});
