import { describe, expect, it } from 'vitest';
import { Event } from '../../../../src/pv/index.ts';
import { Bench } from '../helpers.ts';

describe('stringin and stringout records', () => {
  it('C3.13 post on change, or always', () => {
    const bench = new Bench();
    const s = bench.add('stringin', 'S', { VAL: 'a' });
    const watch = bench.watch('S');
    s.process();
    watch.take();
    s.process();
    expect(watch.masks()).toEqual([]);
    s.setField('MPST', 'Always');
    s.process();
    expect(watch.masks()).toEqual([Event.Value]);
    s.setField('VAL', 'b');
    expect(watch.take()).toEqual(['b']);
  });

  it('F4.7 cut to 39 bytes, never inside a character', () => {
    const bench = new Bench();
    bench.add('stringout', 'S').setField('VAL', `${'x'.repeat(38)}é`);
    expect(bench.get('S')).toBe('x'.repeat(38));
  });

  it('B3 a string input without a value stays undefined without alarm', async () => {
    const bench = new Bench();
    bench.add('stringin', 'S', { PINI: 'YES' });
    await bench.database.start();
    expect([bench.get('S.UDF'), ...bench.alarm('S')]).toEqual([1, 0, 0]);
  });

  it('C3.14 text that is no number leaves a numeric target alone and raises LINK', () => {
    const bench = new Bench();
    bench.add('ao', 'T', { VAL: 5 });
    const s = bench.add('stringout', 'S', { OUT: 'T' });
    s.setField('VAL', 'abc');
    expect([bench.get('T'), ...bench.alarm('S')]).toEqual([5, 3, 14]);
    s.setField('VAL', '12.5');
    expect([bench.get('T'), ...bench.alarm('S')]).toEqual([12.5, 0, 0]);
  });
});

describe('lsi and lso records', () => {
  it('C3.15 hold up to SIZV-1 bytes and count the NUL in LEN', () => {
    const bench = new Bench();
    const l = bench.add('lso', 'L', { SIZV: 60 });
    expect(bench.get('L.LEN')).toBe(0);
    l.setField('VAL', 'x'.repeat(100));
    expect([(bench.get('L') as string).length, bench.get('L.LEN')]).toEqual([59, 60]);
  });

  it('C3.15 serve VAL$ as characters of SIZV', async () => {
    const bench = new Bench();
    bench.add('lso', 'L', { SIZV: 20 });
    const pv = bench.pv('L.VAL$');
    expect(pv.type).toMatchObject({ element: 'int8', isArray: true, caCount: 20, caText: false });
    await bench.put('L.VAL$', Int8Array.of(104, 105, 0, 9));
    expect(bench.get('L')).toBe('hi');
    expect((await bench.read('L.VAL$')).value).toEqual(Int8Array.of(104, 105, 0));
    expect(bench.pv('L$')).toBe(pv);
  });

  it('C3.15 SIZV stays within 16..32767', () => {
    const bench = new Bench();
    bench.add('lsi', 'A', { SIZV: 1 });
    bench.add('lsi', 'B', { SIZV: 65535 });
    expect([bench.get('A.SIZV'), bench.get('B.SIZV')]).toEqual([16, 32767]);
  });

  it('C3.16 copy long text through links', () => {
    const bench = new Bench();
    const text = 'y'.repeat(70);
    bench.add('lso', 'A', { SIZV: 100, OUT: 'B.VAL$ PP' });
    bench.add('lsi', 'B', { SIZV: 100 });
    bench.database.find('A')?.setField('VAL', text);
    expect(bench.get('B')).toBe(text);
  });
});
