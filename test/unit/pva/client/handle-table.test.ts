import { describe, expect, it } from 'vitest';
import { HandleTable } from '../../../../src/pva/client/handle-table.ts';

describe('HandleTable', () => {
  it('gives ids that find their objects until they are removed', () => {
    const table = new HandleTable<string>();
    const a = table.add('a');
    const b = table.add('b');
    expect([table.get(a), table.get(b), table.size]).toEqual(['a', 'b', 2]);
    expect(table.remove(a)).toBe('a');
    expect(table.remove(a)).toBeUndefined();
    expect(table.get(a)).toBeUndefined();
    expect([...table.values()]).toEqual(['b']);
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

  it('clear frees everything', () => {
    const table = new HandleTable<string>();
    const id = table.add('a');
    table.clear();
    expect(table.size).toBe(0);
    expect(table.get(id)).toBeUndefined();
    expect(table.get(-1)).toBeUndefined();
  });
});
