import { describe, expect, it } from 'vitest';
import { Event } from '../../../../src/pv/index.ts';
import { Bench } from '../helpers.ts';

describe('longin and int64in records', () => {
  it('C1.7 keep HIGH within HYST', () => {
    for (const [type, values] of [
      ['longin', [11, 9, 8, 7]],
      ['int64in', [11n, 9n, 8n, 7n]],
    ] as const) {
      const bench = new Bench();
      const r = bench.add(type, 'R', { HIGH: 10, HYST: 2, HSV: 'MINOR' });
      const seen = values.map((value) => {
        r.setField('VAL', value);
        return bench.get('R.STAT');
      });
      expect(seen).toEqual([4, 4, 4, 0]);
    }
  });

  it('D2.1 take a constant INP, also in hexadecimal and with a fraction', () => {
    const bench = new Bench();
    bench.add('longin', 'A', { INP: '1.7' });
    bench.add('longin', 'B', { INP: '0x1F' });
    bench.add('longin', 'C', { INP: ' 7 ' });
    bench.add('int64in', 'D', { INP: '9223372036854775807' });
    expect(['A', 'B', 'C', 'D'].map((name) => bench.get(name))).toEqual([1, 31, 7, 9223372036854775807n]);
  });

  it('F5 int64in reports alarm limits always, longin only with a severity', async () => {
    const bench = new Bench();
    bench.add('longin', 'A', { HIHI: 5 });
    bench.add('int64in', 'B', { HIHI: 5 });
    expect((await bench.read('A')).meta.alarmLimits.hihi).toBe(0);
    expect((await bench.read('B')).meta.alarmLimits.hihi).toBe(5n);
  });

  it('C1.9 MDEL -1 posts each processing', () => {
    const bench = new Bench();
    const r = bench.add('longin', 'R', { MDEL: -1, VAL: 1 });
    const watch = bench.watch('R');
    watch.take();
    r.process();
    watch.take();
    r.process();
    expect(watch.masks()).toEqual([Event.Value]);
  });
});

describe('longout and int64out records', () => {
  it('C3.6 On Change writes at first, on a change, and again after OUT was changed', () => {
    const bench = new Bench();
    const written: unknown[] = [];
    const r = bench.add(
      'longout',
      'R',
      { OOPT: 'On Change' },
      { device: { write: (value) => void written.push(value) } },
    );
    r.setField('VAL', 0);
    r.setField('VAL', 0);
    r.setField('VAL', 5);
    r.setField('OUT', 'R2');
    r.setField('VAL', 5);
    expect(written).toEqual([0, 5, 5]);
  });

  it('C3.6 transitions write only when crossing zero', () => {
    const bench = new Bench();
    const written: unknown[] = [];
    const r = bench.add(
      'longout',
      'R',
      { OOPT: 'Transition To Zero' },
      { device: { write: (value) => void written.push(value) } },
    );
    for (const value of [1, 0, 0, 2, 0]) r.setField('VAL', value);
    expect(written).toEqual([0, 0]);
  });

  it('clamp to DRVL..DRVH only when DRVH is above DRVL', () => {
    const bench = new Bench();
    bench.add('longout', 'A', { DRVH: 10, DRVL: -10 }).setField('VAL', 99);
    bench.add('int64out', 'B').setField('VAL', 99n);
    expect([bench.get('A'), bench.get('B')]).toEqual([10, 99n]);
  });

  it('C3.8 pass 64-bit values through links without rounding', () => {
    const bench = new Bench();
    bench.add('int64out', 'A', { OUT: 'B PP' });
    bench.add('int64out', 'B', { OUT: 'C' });
    bench.add('int64in', 'C');
    bench.database.find('A')?.setField('VAL', 9007199254740993n);
    expect(bench.get('C')).toBe(9007199254740993n);
  });
});
