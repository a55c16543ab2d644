import { describe, expect, it } from 'vitest';
import { Bench } from './helpers.ts';

describe('simulation', () => {
  it('C1.1 C1.2 reads SIOL in place of the device, unconverted, and raises SIMM', () => {
    const bench = new Bench();
    bench.add('longout', 'MODE', { VAL: 1 });
    bench.add('ao', 'SOURCE', { VAL: 7.5 });
    const a = bench.add('ai', 'A', { INP: '1', SIML: 'MODE', SIOL: 'SOURCE', SIMS: 'MINOR' });
    a.process();
    expect([bench.get('A'), bench.get('A.SVAL'), bench.get('A.SIMM'), ...bench.alarm('A')]).toEqual([
      7.5, 7.5, 1, 1, 19,
    ]);
    bench.database.find('MODE')?.setField('VAL', 0);
    a.process();
    expect(bench.alarm('A')).toEqual([0, 0]);
  });

  it('C1.2 RAW converts the floor of SVAL', () => {
    const bench = new Bench();
    bench.add('ao', 'SOURCE', { VAL: 7.9 });
    bench.add('ai', 'A', { SIMM: 'RAW', SIOL: 'SOURCE', ASLO: 2 }).process();
    expect([bench.get('A.RVAL'), bench.get('A')]).toEqual([7, 14]);
  });

  it('C1.2 a constant SIOL loads SVAL, which can be put to', () => {
    const bench = new Bench();
    const l = bench.add('longin', 'L', { SIMM: 'YES', SIOL: '12' });
    l.process();
    expect(bench.get('L')).toBe(12);
    l.setField('SVAL', 5);
    l.process();
    expect(bench.get('L')).toBe(5);
  });

  it('C1.2 outputs write SIOL', () => {
    const bench = new Bench();
    bench.add('ao', 'REAL');
    bench.add('ao', 'SIM');
    bench.add('ao', 'A', { OUT: 'REAL', SIOL: 'SIM', SIMM: 'YES' }).setField('VAL', 4);
    expect([bench.get('REAL'), bench.get('SIM')]).toEqual([0, 4]);
  });

  it('C1.1 an illegal mode raises SOFT/INVALID', () => {
    const bench = new Bench();
    bench.add('longout', 'MODE', { VAL: 9 });
    bench.add('ai', 'A', { SIML: 'MODE' }).process();
    expect(bench.alarm('A')).toEqual([3, 15]);
  });

  it('C1.3 SDLY makes it asynchronous', async () => {
    const bench = new Bench();
    bench.add('ao', 'SOURCE', { VAL: 3 });
    bench.add('ai', 'A', { SIMM: 'YES', SIOL: 'SOURCE', SDLY: 0.5 }).process();
    expect([bench.get('A.PACT'), bench.get('A')]).toEqual([1, 0]);
    await bench.clock.advanceAsync(500);
    expect([bench.get('A.PACT'), bench.get('A')]).toEqual([0, 3]);
  });

  it('C1.4 SSCN replaces SCAN while simulating', () => {
    const bench = new Bench();
    const a = bench.add('ai', 'A', { SSCN: '1 second' });
    const watch = bench.watch('A.SCAN');
    watch.take();
    a.setField('SIMM', 'YES');
    expect([bench.get('A.SCAN'), bench.get('A.SSCN')]).toEqual([6, 0]);
    a.setField('SIMM', 'NO');
    expect([bench.get('A.SCAN'), bench.get('A.SSCN')]).toEqual([0, 6]);
    expect(watch.take()).toEqual([6, 0]);
  });
});
