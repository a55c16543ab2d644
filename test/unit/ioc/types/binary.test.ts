import { describe, expect, it } from 'vitest';
import { Event } from '../../../../src/pv/index.ts';
import { Bench } from '../helpers.ts';

describe('bi record', () => {
  it('C3.3 raises state and change-of-state alarms', () => {
    const bench = new Bench();
    const b = bench.add('bi', 'B', { OSV: 'MINOR', COSV: 'MAJOR', VAL: 0 });
    b.setField('VAL', 1);
    expect(bench.alarm('B')).toEqual([2, 8]);
    b.process();
    expect(bench.alarm('B')).toEqual([1, 7]);
  });

  it('C3.3 masks a raw value', () => {
    const bench = new Bench();
    bench.add('longin', 'RAW', { VAL: 4 });
    bench.add('bi', 'B', { DTYP: 'Raw Soft Channel', INP: 'RAW', MASK: 2 });
    bench.process('B');
    expect([bench.get('B'), bench.get('B.RVAL')]).toEqual([0, 0]);
    bench.database.find('RAW')?.setField('VAL', 6);
    bench.process('B');
    expect([bench.get('B'), bench.get('B.RVAL')]).toEqual([1, 2]);
  });

  it('F5 has one choice when only ZNAM is set, else two', async () => {
    const bench = new Bench();
    bench.add('bi', 'Z', { ZNAM: 'Off' });
    bench.add('bi', 'N');
    bench.add('bi', 'B', { ZNAM: 'Off', ONAM: 'On' });
    const choices = await Promise.all(
      ['Z', 'N', 'B'].map(async (name) => (await bench.read(name)).meta.choices),
    );
    expect(choices).toEqual([['Off'], ['', ''], ['Off', 'On']]);
  });

  it('F4.5 takes exact state text or an index below the number of states', async () => {
    const bench = new Bench();
    bench.add('bo', 'B', { ZNAM: 'Off', ONAM: 'On' });
    await bench.put('B', 'On');
    expect(bench.get('B')).toBe(1);
    await bench.put('B', '0');
    expect(bench.get('B')).toBe(0);
    for (const text of ['ON', '5', '', 'maybe'])
      await expect(async () => bench.put('B', text)).rejects.toThrow('no choice');
    expect(bench.get('B')).toBe(0);
    bench.add('bo', 'Z', { ZNAM: 'Off' });
    await expect(async () => bench.put('Z', '1')).rejects.toThrow('no choice');
  });
});

describe('bo record', () => {
  it('C3.4 returns to 0 after HIGH seconds, processing twice', () => {
    const bench = new Bench();
    bench.add('ao', 'N', { DOL: '1', OMSL: 'closed_loop' });
    const b = bench.add('bo', 'B', { HIGH: 0.5, VAL: 0 });
    const watch = bench.watch('B');
    watch.take();
    b.setField('VAL', 1);
    bench.clock.advance(499);
    expect(bench.get('B')).toBe(1);
    bench.clock.advance(2);
    expect(bench.get('B')).toBe(0);
    expect(watch.take(Event.Value)).toEqual([1, 0]);
  });

  it('C3.4 gives MASK or 1 as raw value', () => {
    const bench = new Bench();
    bench.add('longout', 'T');
    bench.add('bo', 'B', { DTYP: 'Raw Soft Channel', OUT: 'T', MASK: 8 }).setField('VAL', 1);
    expect(bench.get('T')).toBe(8);
  });

  it('B3 stays undefined without a value ever written', async () => {
    const bench = new Bench();
    bench.add('bo', 'B', { PINI: 'YES' });
    await bench.database.start();
    expect([bench.get('B.UDF'), ...bench.alarm('B')]).toEqual([1, 3, 17]);
  });

  it('F5 HIGH is in seconds with two digits', async () => {
    const bench = new Bench();
    bench.add('bo', 'B');
    expect((await bench.read('B.HIGH')).meta).toMatchObject({ units: 's', precision: 2 });
  });
});
