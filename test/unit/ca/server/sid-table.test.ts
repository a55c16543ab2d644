import { expect, test } from 'vitest';
import { SidTable } from '../../../../src/ca/server/sid-table.ts';

test('ids begin at 1 and a freed one is not given out again soon', () => {
  const table = new SidTable<number>();
  expect([1, 2, 3].map(() => table.add((sid) => sid))).toEqual([1, 2, 3]);
  expect(table.remove(2)).toBe(2);
  expect(table.remove(2)).toBeUndefined();
  expect(table.add((sid) => sid)).toBe(4);
  expect(table.size).toBe(3);
  expect(table.values()).toEqual([1, 3, 4]);
});

test('a circuit that opens and closes channels for ever needs a bounded table', () => {
  const table = new SidTable<number>();
  let highest = 0;
  for (let i = 0; i < 20_000; i++) {
    const sid = table.add((id) => id);
    highest = Math.max(highest, sid);
    expect(table.get(sid)).toBe(sid);
    table.remove(sid);
  }
  expect(highest).toBeLessThan(1100);
  expect(table.size).toBe(0);
});

test('0 and unknown ids stand for nothing', () => {
  const table = new SidTable<string>();
  expect(table.get(0)).toBeUndefined();
  expect(table.get(4_000_000_000)).toBeUndefined();
});
