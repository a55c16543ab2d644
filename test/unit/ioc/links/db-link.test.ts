import { describe, expect, it } from 'vitest';
import { Bench } from '../helpers.ts';

describe('database link', () => {
  it('D3.1 an input link with PP processes a passive source first, loops read the current value', () => {
    const bench = new Bench();
    bench.add('longin', 'SRC', { INP: '5' });
    bench.add('ai', 'C', { INP: 'SRC PP' });
    bench.process('C');
    expect(bench.get('C')).toBe(5);
    bench.add('ao', 'X', { DOL: 'Y PP', OMSL: 'closed_loop', VAL: 7 });
    bench.add('ao', 'Y', { DOL: 'X PP', OMSL: 'closed_loop', VAL: 1 });
    bench.process('X');
    expect([bench.get('X'), bench.get('Y')]).toEqual([7, 7]);
  });

  it('D3.2 an output link processes PROC always, others by PP and SCAN', () => {
    const bench = new Bench();
    const runs: string[] = [];
    const device = (name: string) => ({ write: () => void runs.push(name) });
    bench.add('ao', 'P', {}, { device: device('P') });
    bench.add('ao', 'E', { SCAN: 'Event' }, { device: device('E') });
    bench.add('ao', 'A', { OUT: 'P' }).process();
    bench.add('ao', 'B', { OUT: 'P PP' }).process();
    bench.add('ao', 'C', { OUT: 'E PP' }).process();
    bench.add('ao', 'D', { OUT: 'E.PROC' }).process();
    expect(runs).toEqual(['P', 'E']);
  });

  it('D3.4 maximizes severity as the link says', () => {
    const bench = new Bench();
    bench.add('ai', 'S', { VAL: 9, HIGH: 5, HSV: 'MINOR' }).process();
    const seen = ['NMS', 'MS', 'MSI', 'MSS'].map((mode) => {
      bench.add('ai', `R${mode}`, { INP: `S ${mode}` }).process();
      return bench.alarm(`R${mode}`);
    });
    expect(seen).toEqual([
      [0, 0],
      [1, 14],
      [0, 0],
      [1, 4],
    ]);
    bench.add('ai', 'T');
    bench.add('ao', 'W', { OUT: 'T PP MSS', HIGH: 5, HSV: 'MINOR' }).setField('VAL', 6);
    expect(bench.alarm('T')).toEqual([1, 4]);
  });

  it('D3.5 a missing target raises LINK/INVALID naming the field, and is found once it exists', () => {
    const bench = new Bench();
    bench.add('ai', 'A', { INP: 'LATER' }).process();
    expect([...bench.alarm('A'), bench.get('A.AMSG')]).toEqual([3, 14, 'field INP']);
    bench.add('ai', 'LATER', { VAL: 4 });
    bench.process('A');
    expect([bench.get('A'), ...bench.alarm('A')]).toEqual([4, 0, 0]);
    bench.database.removeRecord('LATER');
    bench.process('A');
    expect(bench.get('A.STAT')).toBe(14);
  });

  it('D3.6 converts state text, menu text, precision and empty arrays', () => {
    const bench = new Bench();
    bench.add('mbbi', 'M', { ZRST: 'zero', ONST: 'one', VAL: 1 });
    bench.add('ai', 'A', { VAL: 1.26, PREC: 1 });
    bench.add('waveform', 'W', { NELM: 4, FTVL: 'DOUBLE' });
    const text = (inp: string): unknown => {
      const name = `T${inp}`.replace(/[.$]/g, '_');
      bench.add('stringin', name, { INP: inp }).process();
      return bench.get(name);
    };
    expect([text('M'), text('A'), text('A.SCAN')]).toEqual(['one', '1.3', 'Passive']);
    bench.add('ai', 'E', { INP: 'W', VAL: 2 }).process();
    expect([bench.get('E'), ...bench.alarm('E')]).toEqual([2, 3, 14]);
  });

  it('D3.8 a forward link processes passive targets only, a field part makes no difference', () => {
    const bench = new Bench();
    const runs: string[] = [];
    const device = (name: string) => ({ write: () => void runs.push(name) });
    bench.add('ao', 'P', {}, { device: device('P') });
    bench.add('ao', 'E', { SCAN: 'Event' }, { device: device('E') });
    bench.add('ao', 'A', { FLNK: 'P.VAL' }).process();
    bench.add('ao', 'B', { FLNK: 'E' }).process();
    bench.add('ao', 'C', { FLNK: 'E.PROC CA' }).process();
    expect(runs).toEqual(['P', 'E']);
  });

  it('C2.1 copies the time of the source with TSE -2', async () => {
    const bench = new Bench();
    bench.add('ai', 'S', { INP: '1' }).process();
    bench.clock.advance(3000);
    bench.add('ai', 'A', { INP: 'S', TSE: -2 }).process();
    expect((await bench.read('A')).time).toEqual((await bench.read('S')).time);
  });

  it('reads targets whose names hold brackets', () => {
    const bench = new Bench();
    bench.add('ai', 'B:Ch[0]:Gain', { VAL: 6, DESC: 'gain' });
    bench.add('ai', 'A', { INP: 'B:Ch[0]:Gain' }).process();
    bench.add('stringin', 'D', { INP: 'B:Ch[0]:Gain.DESC' }).process();
    expect([bench.get('A'), bench.get('D')]).toEqual([6, 'gain']);
  });
});
