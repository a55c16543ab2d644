import { describe, expect, it } from 'vitest';
import { HandleTable } from '../../../src/util/handle-table.ts';

describe('HandleTable', () => {
  it('finds objects by their ids until they are removed', () => {
    const table = new HandleTable<string>();
    const a = table.add('a');
    const b = table.add('b');
    expect([table.get(a), table.get(b), table.size]).toEqual(['a', 'b', 2]);
    expect(table.remove(a)).toBe('a');
    expect(table.get(a)).toBeUndefined();
    expect(table.remove(a)).toBeUndefined();
    expect(table.size).toBe(1);
    expect([...table.values()]).toEqual(['b']);
  });

  it('CA-T7: the next user of a place has another id, so late messages find nothing', () => {
    const table = new HandleTable<number>();
    const seen = new Set<number>();
    for (let i = 0; i < 4000; i++) {
      const id = table.add(i);
      expect(seen.has(id)).toBe(false);
      seen.add(id);
      expect(table.get(id)).toBe(i);
      table.remove(id);
    }
    for (const id of seen) expect(table.get(id)).toBeUndefined();
  });

  it('C-3: an id is not given again, though its place in the table is', () => {
    const table = new HandleTable<number>();
    const seen = new Set<number>();
    for (let i = 0; i < 100_000; i++) {
      const id = table.add(i);
      expect(seen.has(id)).toBe(false);
      seen.add(id);
      expect(table.get(id)).toBe(i);
      table.remove(id);
    }
    expect(Math.max(...[...seen].map((id) => id & 0xfffff))).toBeLessThan(1000);
    expect(Math.max(...seen)).toBeLessThan(2 ** 32);
  });

  it('an id of an earlier generation does not find what is in its place now', () => {
    const table = new HandleTable<string>();
    const ids = Array.from({ length: 300 }, (_, i) => table.add(String(i)));
    for (const id of ids) table.remove(id);
    const fresh = Array.from({ length: 300 }, (_, i) => table.add(`new ${i}`));
    for (const id of ids) expect(table.get(id)).toBeUndefined();
    expect(fresh.every((id, i) => table.get(id) === `new ${i}`)).toBe(true);
  });

  it('ids are uint32, also after the use counter of a place has wrapped', () => {
    const table = new HandleTable<number>();
    for (let i = 0; i < 5000; i++) {
      const id = table.add(i);
      expect(id >= 0 && id <= 0xffff_ffff && Number.isInteger(id)).toBe(true);
      table.remove(id);
    }
  });

  it('ids that were never given out find nothing', () => {
    const table = new HandleTable<string>();
    table.add('a');
    for (const id of [1, 0xffff_ffff, 0x10_0000, -1]) expect(table.get(id)).toBeUndefined();
  });

  it('takeAll empties the table and returns everything', () => {
    const table = new HandleTable<string>();
    const ids = ['a', 'b', 'c'].map((text) => table.add(text));
    table.remove(ids[1] as number);
    expect(table.takeAll().sort()).toEqual(['a', 'c']);
    expect(table.size).toBe(0);
    expect(table.get(ids[0] as number)).toBeUndefined();
    expect(table.get(-1)).toBeUndefined();
    expect([...table.values()]).toEqual([]);
  });

  it('refuses more objects than there are ids', () => {
    const table = new HandleTable<number>();
    for (let i = 0; i < 0x10_0000; i++) table.add(i);
    expect(() => table.add(0)).toThrow('1048576 ids');
    table.remove(7);
    expect(table.get(table.add(0))).toBe(0);
  });
});
