import { describe, expect, it } from 'vitest';
import { Event, Rights } from '../../../src/pv/index.ts';
import { isEpicsError } from '../../../src/util/index.ts';
import { Bench, peer } from './helpers.ts';

describe('put of a field', () => {
  it('B6 DISP refuses every field but itself', async () => {
    const bench = new Bench();
    bench.add('ao', 'A', { DISP: 1 });
    await expect(async () => bench.put('A', 1)).rejects.toThrow(
      'Unable to put value: Field Disabled: S_db_putDisabled',
    );
    await expect(bench.put('A.DESC', 'x', true)).rejects.toThrow('S_db_putDisabled');
    await bench.put('A.DISP', 0);
    await bench.put('A', 1);
    expect(bench.get('A')).toBe(1);
  });

  it('E4.3 read-only fields give no write right and refuse', async () => {
    const bench = new Bench();
    const a = bench.add('ai', 'A');
    for (const name of ['NAME', 'STAT', 'SEVR', 'PACT', 'ACKS', 'RTYP', 'LALM']) {
      expect(bench.pv(`A.${name}`).rights(peer)).toBe(Rights.Read);
      expect('write' in bench.pv(`A.${name}`)).toBe(false);
    }
    expect(() => a.setField('STAT', 1)).toThrow('S_db_noMod');
  });

  it('E4.4 a failed conversion leaves value, UDF and alarms alone and processes nothing', async () => {
    const bench = new Bench();
    let runs = 0;
    bench.add('ao', 'A', { VAL: 3 }, { device: { write: () => void runs++ } });
    await expect(async () => bench.put('A', 'abc')).rejects.toSatisfy((e) =>
      isEpicsError(e, 'EPICS_CONVERT'),
    );
    expect([bench.get('A'), bench.get('A.UDF'), runs]).toEqual([3, 0, 0]);
  });

  it('E4.5 VAL of a periodic record is stored and posted at the next scan', async () => {
    const bench = new Bench();
    bench.add('ai', 'A', { SCAN: '1 second', VAL: 0 });
    await bench.database.start();
    bench.clock.advance(1000);
    const watch = bench.watch('A');
    watch.take();
    await bench.put('A', 5);
    expect([bench.get('A'), watch.take()]).toEqual([5, []]);
    bench.clock.advance(1000);
    expect(watch.take(Event.Value)).toEqual([5]);
    await bench.database.close();
  });

  it('E4.5 a limit put to a passive record changes the alarm at once', async () => {
    const bench = new Bench();
    bench.add('ai', 'A', { VAL: 8, HHSV: 'MAJOR', HIHI: 10 });
    await bench.put('A.HIHI', 7);
    expect(bench.alarm('A')).toEqual([2, 3]);
  });

  it('E4.6 the same value again processes but posts no value', async () => {
    const bench = new Bench();
    let runs = 0;
    bench.add('ao', 'A', { VAL: 1 }, { device: { write: () => void runs++ } });
    await bench.put('A', 1);
    const watch = bench.watch('A');
    watch.take();
    await bench.put('A', 1);
    expect([runs, watch.take()]).toEqual([2, []]);
  });

  it('E7.6 D-10 property fields post DBE_PROPERTY on VAL and themselves, only when changed, with new metadata', async () => {
    const bench = new Bench();
    bench.add('ai', 'A', { EGU: 'V' });
    const val = bench.watch('A');
    const egu = bench.watch('A.EGU');
    const before = val.updates[0]?.snapshot.meta;
    val.take();
    egu.take();
    await bench.put('A.EGU', 'V');
    expect([val.masks(), egu.masks()]).toEqual([[], [Event.Value | Event.Log]]);
    await bench.put('A.EGU', 'mV');
    expect(val.updates.map((u) => [u.mask, u.snapshot.meta.units])).toEqual([[Event.Property, 'mV']]);
    expect(egu.masks()).toEqual([Event.Value | Event.Log, Event.Property]);
    expect((await bench.read('A')).meta).toBe(val.updates[0]?.snapshot.meta);
    expect(before?.units).toBe('V');
  });

  it('F4.5 menus take text or a valid index, and refuse others', async () => {
    const bench = new Bench();
    bench.add('ai', 'A');
    await bench.put('A.SCAN', '.1 second');
    expect(bench.get('A.SCAN')).toBe(9);
    await bench.put('A.SCAN', 0);
    for (const value of [42, '.2 seconds', 'passive']) {
      await expect(async () => bench.put('A.SCAN', value)).rejects.toThrow();
    }
    expect(bench.get('A.SCAN')).toBe(0);
  });

  it('F4.2 text put into integer fields is read in base 10 up to the first other character', async () => {
    const bench = new Bench();
    bench.add('longout', 'L', { VAL: 99 });
    const cases: [string, number][] = [
      ['3e2', 3],
      ['1.9e3', 1],
      ['-7.9', -7],
      ['010', 10],
      ['0x10', 0],
      ['1 2', 1],
      ['5x', 5],
      ['', 0],
    ];
    for (const [text, value] of cases) {
      await bench.put('L', text);
      expect([text, bench.get('L')]).toEqual([text, value]);
    }
    for (const text of ['abc', '2147483648'])
      await expect(async () => bench.put('L', text)).rejects.toThrow();
    expect(bench.get('L')).toBe(0);
  });

  it('F4.1 numbers narrow as C casts do', async () => {
    const bench = new Bench();
    bench.add('longout', 'L');
    bench.add('int64out', 'Q');
    await bench.put('L', -2.9);
    expect(bench.get('L')).toBe(-2);
    await bench.put('L', 4294967297);
    expect(bench.get('L')).toBe(1);
    await bench.put('Q', 1e30);
    expect(bench.get('Q')).toBe(9223372036854775807n);
    await bench.put('L.PHAS', 70000);
    expect(bench.get('L.PHAS')).toBe(4464);
  });

  it('F4.9 an array put to a scalar field gives its first element, an empty one is refused', async () => {
    const bench = new Bench();
    bench.add('ao', 'A');
    await bench.put('A', Float64Array.of(4, 5));
    expect(bench.get('A')).toBe(4);
    await expect(async () => bench.put('A', new Float64Array(0))).rejects.toThrow('empty array');
  });

  it('D1.7 a link can be changed, bad text keeps the old link', async () => {
    const bench = new Bench();
    bench.add('longin', 'S', { VAL: 3 });
    const a = bench.add('longin', 'A', { INP: 'OLD' });
    await bench.put('A.INP', 'S.VAL PP MS');
    expect(bench.get('A.INP')).toBe('S.VAL PP MS');
    await expect(async () => bench.put('A.INP', '{bad}')).rejects.toThrow();
    a.process();
    expect(bench.get('A')).toBe(3);
  });

  it('B9 B10 ACKS keeps the highest severity until it is acknowledged', () => {
    const bench = new Bench();
    const a = bench.add('ai', 'A', { VAL: 0, HIHI: 10, HIGH: 5, HHSV: 'MAJOR', HSV: 'MINOR' });
    for (const value of [12, 6, 0]) a.setField('VAL', value);
    expect(bench.get('A.ACKS')).toBe(2);
    const pv = bench.pv('A');
    expect(pv.acknowledgement).toEqual({ transient: true, severity: 2 });
    const watch = bench.watch('A.DESC');
    watch.take();
    void pv.acknowledge?.({ severity: 1 }, undefined as never);
    expect(bench.get('A.ACKS')).toBe(2);
    void pv.acknowledge?.({ severity: 2 }, undefined as never);
    expect([bench.get('A.ACKS'), watch.masks()]).toEqual([0, [Event.Alarm]]);
    a.setField('VAL', 12);
    a.setField('VAL', 0);
    void pv.acknowledge?.({ transient: false }, undefined as never);
    expect([bench.get('A.ACKT'), bench.get('A.ACKS')]).toEqual([0, 0]);
  });
});
