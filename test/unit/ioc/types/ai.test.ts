import { describe, expect, it } from 'vitest';
import { Event } from '../../../../src/pv/index.ts';
import { Bench } from '../helpers.ts';

describe('ai record', () => {
  it('C1.12 converts a raw value by ROFF, ASLO, AOFF and the slope', () => {
    const bench = new Bench();
    bench.add('longin', 'RAW', { VAL: 10 });
    bench.add('ai', 'A', {
      DTYP: 'Raw Soft Channel',
      INP: 'RAW',
      ROFF: 2,
      ASLO: 3,
      AOFF: 4,
      LINR: 'SLOPE',
      ESLO: 2,
      EOFF: 1,
    });
    bench.process('A');
    expect(bench.get('A')).toBe(((10 + 2) * 3 + 4) * 2 + 1);
    expect(bench.get('A.RVAL')).toBe(10);
    expect(bench.get('A.UDF')).toBe(0);
  });

  it('C1.12 smooths by SMOO except at first', () => {
    const bench = new Bench();
    bench.add('ao', 'S', { VAL: 10 });
    bench.add('ai', 'A', { INP: 'S', SMOO: 0.75 });
    bench.process('A');
    expect(bench.get('A')).toBe(10);
    bench.database.find('S')?.setField('VAL', 20);
    bench.process('A');
    expect(bench.get('A')).toBe(12.5);
  });

  it('C1.7 keeps the HIHI alarm within HYST below its limit', () => {
    const bench = new Bench();
    bench.add('ai', 'A', { HIHI: 10, HIGH: 5, HYST: 1, HHSV: 'MAJOR', HSV: 'MINOR' });
    const seen: unknown[] = [];
    for (const value of [12, 9.5, 8.5]) {
      bench.database.find('A')?.setField('VAL', value);
      seen.push(bench.alarm('A'));
    }
    expect(seen).toEqual([
      [2, 3],
      [2, 3],
      [1, 4],
    ]);
  });

  it('C1.8 AFTC delays alarm changes by its low-pass filter', () => {
    const bench = new Bench();
    bench.add('ai', 'A', { AFTC: 1, HIHI: 10, HIGH: 5, HHSV: 'MAJOR', HSV: 'MINOR' });
    const run = (value: number, count: number): number[] =>
      Array.from({ length: count }, () => {
        bench.clock.advance(250);
        bench.database.find('A')?.setField('VAL', value);
        return bench.get('A.SEVR') as number;
      });
    run(12, 1);
    run(12, 4);
    // 3 + 2 * 0.8^n, rounded by the sign of AFVL: HIGH until it is below 3.3679.
    expect(run(0, 8)).toEqual([1, 1, 1, 1, 1, 1, 1, 0]);
    run(0, 20);
    expect(run(12, 8)).toEqual([0, 1, 1, 1, 1, 1, 1, 2]);
  });

  it('B1 a fresh record is undefined, INVALID and at the EPICS epoch', async () => {
    const bench = new Bench();
    bench.add('ai', 'A');
    const snapshot = await bench.read('A');
    expect(snapshot.alarm).toMatchObject({ severity: 3, condition: 17 });
    expect(snapshot.time).toEqual({ seconds: 631152000, nanoseconds: 0, userTag: 0 });
  });

  it('B2 VAL given at creation and a constant INP define the value', () => {
    const bench = new Bench();
    bench.add('ai', 'V', { VAL: 3 });
    bench.add('ai', 'C', { INP: '4.5' });
    expect([bench.get('V'), bench.get('V.UDF'), ...bench.alarm('V')]).toEqual([3, 0, 0, 17]);
    expect([bench.get('C'), bench.get('C.UDF'), ...bench.alarm('C')]).toEqual([4.5, 0, 3, 17]);
  });

  it('B3 PINI without INP ends without alarm', async () => {
    const bench = new Bench();
    bench.add('ai', 'A', { PINI: 'YES' });
    await bench.database.start();
    expect([bench.get('A.UDF'), ...bench.alarm('A')]).toEqual([0, 0, 0]);
  });

  it('B4 NaN makes the value undefined, and a put of UDF=1 reprocesses', () => {
    const bench = new Bench();
    const a = bench.add('ai', 'A');
    a.setField('VAL', Number.NaN);
    expect([bench.get('A.UDF'), ...bench.alarm('A')]).toEqual([1, 3, 17]);
    a.setField('VAL', 1);
    a.setField('UDF', 1);
    expect([bench.get('A.UDF'), ...bench.alarm('A')]).toEqual([0, 0, 0]);
  });

  it('posts RVAL only when it changed', () => {
    const bench = new Bench();
    bench.add('longin', 'RAW', { VAL: 1 });
    bench.add('ai', 'A', { DTYP: 'Raw Soft Channel', INP: 'RAW' });
    const watch = bench.watch('A.RVAL');
    watch.take();
    bench.process('A');
    bench.process('A');
    expect(watch.take(Event.Value)).toEqual([1]);
  });

  it('F5 has units, precision, display limits and gated alarm limits', async () => {
    const bench = new Bench();
    bench.add('ai', 'A', { EGU: 'V', PREC: 3, HOPR: 10, LOPR: -10, HIHI: 8, HHSV: 'MAJOR', HIGH: 7 });
    const { meta } = await bench.read('A');
    expect(meta).toMatchObject({
      units: 'V',
      precision: 3,
      display: { low: -10, high: 10 },
      control: { low: -10, high: 10 },
    });
    expect(meta.alarmLimits).toMatchObject({
      isActive: true,
      hihi: 8,
      hihiSeverity: 2,
      high: Number.NaN,
      low: Number.NaN,
    });
    const smoo = (await bench.read('A.SMOO')).meta;
    expect(smoo).toMatchObject({ units: '', precision: 3, display: { low: -1e300, high: 1e300 } });
  });
});
