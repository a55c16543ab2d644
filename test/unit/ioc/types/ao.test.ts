import { describe, expect, it } from 'vitest';
import { Bench } from '../helpers.ts';

describe('ao record', () => {
  it('C3.2 moves OVAL toward VAL by OROC and clamps to the drive limits', () => {
    const bench = new Bench();
    const a = bench.add('ao', 'A', { OROC: 2, DRVH: 10, VAL: 0 });
    const state = (): unknown[] => [bench.get('A'), bench.get('A.OVAL')];
    a.setField('VAL', 7);
    expect(state()).toEqual([7, 2]);
    a.process();
    expect(state()).toEqual([7, 4]);
    a.setField('VAL', 50);
    expect(state()).toEqual([10, 6]);
  });

  it('C3.2 adds DOL in incremental closed loop and overwrites a put', () => {
    const bench = new Bench();
    bench.add('ao', 'STEP', { VAL: 3 });
    const a = bench.add('ao', 'A', { DOL: 'STEP', OMSL: 'closed_loop', OIF: 'Incremental', VAL: 0 });
    a.process();
    a.process();
    expect(bench.get('A')).toBe(6);
    a.setField('VAL', 100);
    expect(bench.get('A')).toBe(9);
  });

  it('C1.13 converts to RVAL, rounding half away from zero and clamping to 32 bits', () => {
    const bench = new Bench();
    const a = bench.add('ao', 'A', { LINR: 'SLOPE', ESLO: 2, EOFF: 1 });
    a.setField('VAL', 6);
    expect(bench.get('A.RVAL')).toBe(3);
    a.setField('VAL', -4);
    expect(bench.get('A.RVAL')).toBe(-3);
    a.setField('VAL', 1e12);
    expect(bench.get('A.RVAL')).toBe(2147483647);
  });

  it('writes OVAL to OUT, and RVAL with Raw Soft Channel', () => {
    const bench = new Bench();
    bench.add('ao', 'T');
    bench.add('longout', 'R');
    bench.add('ao', 'A', { OUT: 'T PP' }).setField('VAL', 1.5);
    bench.add('ao', 'B', { OUT: 'R', DTYP: 'Raw Soft Channel', AOFF: 1 }).setField('VAL', 8);
    expect([bench.get('T'), bench.get('R')]).toEqual([1.5, 7]);
  });

  it('C1.15 IVOA decides what an INVALID alarm drives', () => {
    const bench = new Bench();
    for (const [name, IVOA] of [
      ['GO', 'Continue normally'],
      ['STOP', "Don't drive outputs"],
      ['SAFE', 'Set output to IVOV'],
    ] as const) {
      bench.add('ao', `T${name}`, { VAL: -1 });
      const a = bench.add('ao', name, { OUT: `T${name}`, IVOA, IVOV: 7, HIHI: 5, HHSV: 'INVALID' });
      a.setField('VAL', 6);
      expect(bench.get(`${name}.SEVR`)).toBe(3);
    }
    expect([bench.get('TGO'), bench.get('TSTOP'), bench.get('TSAFE')]).toEqual([6, -1, 7]);
  });

  it('C1.16 a constant DOL gives the first value', () => {
    const bench = new Bench();
    bench.add('ao', 'A', { DOL: '2.5' });
    expect([bench.get('A'), bench.get('A.UDF')]).toEqual([2.5, 0]);
  });

  it('F5 takes control limits from the drive limits', async () => {
    const bench = new Bench();
    bench.add('ao', 'A', { DRVH: 5, DRVL: -5, HOPR: 9, EGU: 'V' });
    expect((await bench.read('A')).meta).toMatchObject({
      control: { low: -5, high: 5 },
      display: { high: 9 },
    });
    expect((await bench.read('A.DRVH')).meta).toMatchObject({
      units: 'V',
      display: { low: -1e300, high: 1e300 },
    });
  });

  it('reports a device write that fails as WRITE alarm', async () => {
    const bench = new Bench();
    const a = bench.add('ao', 'A', {}, { device: { write: () => Promise.reject(new Error('bus')) } });
    await a.putField('VAL', 1, { wait: true });
    expect(bench.alarm('A')).toEqual([3, 2]);
    expect(bench.get('A.AMSG')).toBe('bus');
  });
});
