import { describe, expect, it } from 'vitest';
import { Event } from '../../../../src/pv/index.ts';
import { Bench } from '../helpers.ts';

describe('mbbi record', () => {
  it('C3.9 finds the state of a raw value and calls others unknown', () => {
    const bench = new Bench();
    const raw = bench.add('longin', 'RAW', { VAL: 0x40 });
    bench.add('mbbi', 'M', {
      DTYP: 'Raw Soft Channel',
      INP: 'RAW',
      NOBT: 8,
      SHFT: 4,
      ZRVL: 1,
      ONVL: 4,
      UNSV: 'MAJOR',
      ONSV: 'MINOR',
    });
    bench.process('M');
    expect([bench.get('M'), ...bench.alarm('M')]).toEqual([1, 1, 7]);
    raw.setField('VAL', 0x20);
    bench.process('M');
    expect([bench.get('M'), ...bench.alarm('M')]).toEqual([65535, 2, 7]);
  });

  it('C3.9 counts choices up to the last text and refuses empty text', async () => {
    const bench = new Bench();
    bench.add('mbbo', 'M', { ZRST: 'a', TWST: 'c' });
    expect((await bench.read('M')).meta.choices).toEqual(['a', '', 'c']);
    await expect(async () => bench.put('M', '')).rejects.toThrow('no choice');
    await bench.put('M', 'c');
    expect(bench.get('M')).toBe(2);
  });

  it('C3.9 a new state text posts VAL as property, and as value when it is the current state', () => {
    const bench = new Bench();
    const m = bench.add('mbbi', 'M', { ZRST: 'a', ONST: 'b', VAL: 1 });
    const watch = bench.watch('M');
    watch.take();
    m.setField('ZRST', 'x');
    m.setField('ONST', 'y');
    const events = watch.updates
      .map((u) => [u.mask & ~Event.Alarm, u.snapshot.meta.choices])
      .filter(([mask]) => mask !== 0);
    expect(events).toEqual([
      [Event.Property, ['x', 'b']],
      [Event.Value | Event.Log, ['x', 'y']],
      [Event.Property, ['x', 'y']],
    ]);
  });
});

describe('mbbo record', () => {
  it('C3.10 writes the value of the state as raw value, shifted', () => {
    const bench = new Bench();
    bench.add('longout', 'T');
    const m = bench.add('mbbo', 'M', { DTYP: 'Raw Soft Channel', OUT: 'T', SHFT: 2, ZRVL: 1, ONVL: 5 });
    m.setField('VAL', 1);
    expect(bench.get('T')).toBe(20);
  });

  it('C3.10 takes a number beyond the last state and calls VAL above 15 a fault', async () => {
    const bench = new Bench();
    bench.add('mbbo', 'M', { ZRST: 'a', ONST: 'b', VAL: 0 });
    await bench.put('M', 7);
    expect(bench.get('M')).toBe(7);
    await bench.put('M', 20);
    expect(bench.alarm('M')).toEqual([3, 15]);
  });

  it('C3.10 is a plain number without any state, and an enum as soon as it has one', () => {
    const bench = new Bench();
    const m = bench.add('mbbo', 'M');
    const plain = bench.pv('M');
    expect(plain.type.element).toBe('uint16');
    expect(bench.pv('M')).toBe(plain);
    m.setField('ZRST', 'a');
    expect(bench.pv('M').type.element).toBe('enum');
  });
});
