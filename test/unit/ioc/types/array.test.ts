import { describe, expect, it } from 'vitest';
import { Event } from '../../../../src/pv/index.ts';
import { Bench } from '../helpers.ts';

describe('waveform record', () => {
  it('C3.17 sets and posts NORD with a put, cutting to NELM', async () => {
    const bench = new Bench();
    bench.add('waveform', 'W', { NELM: 3, FTVL: 'SHORT' });
    const nord = bench.watch('W.NORD');
    nord.take();
    await bench.put('W', Float64Array.of(1.9, -2.9, 70000, 4));
    expect(bench.get('W')).toEqual(Int16Array.of(1, -2, 4464));
    expect(nord.take(Event.Value)).toEqual([3]);
    expect(bench.get('W.UDF')).toBe(0);
  });

  it('C3.17 posts always by default, On Change only when the content differs', async () => {
    const bench = new Bench();
    bench.add('waveform', 'A', { NELM: 2, FTVL: 'LONG' });
    bench.add('waveform', 'B', { NELM: 2, FTVL: 'LONG', MPST: 'On Change', APST: 'On Change' });
    for (const [name, count] of [
      ['A', 2],
      ['B', 1],
    ] as const) {
      await bench.put(name, Int32Array.of(1, 2));
      const watch = bench.watch(name);
      watch.take();
      await bench.put(name, Int32Array.of(1, 2));
      await bench.put(name, Int32Array.of(1, 3));
      expect(watch.take(Event.Value)).toHaveLength(count);
    }
  });

  it('D2.2 D2.3 takes constants at start, else is empty', () => {
    const bench = new Bench();
    bench.add('waveform', 'A', { NELM: 4, FTVL: 'DOUBLE', INP: '[1,2.5,0x10,Infinity]' });
    bench.add('waveform', 'B', { NELM: 4, FTVL: 'STRING', INP: '["a","b"]' });
    bench.add('waveform', 'C', { FTVL: 'DOUBLE' });
    expect(bench.get('A')).toEqual(Float64Array.of(1, 2.5, 16, Number.POSITIVE_INFINITY));
    expect(bench.get('B')).toEqual(['a', 'b']);
    expect(bench.get('C.NORD')).toBe(0);
  });

  it('D-14 serves characters with Q:form String as text on CA and PVA, decoded once', async () => {
    const bench = new Bench();
    bench.add('waveform', 'W', { NELM: 10, FTVL: 'CHAR' }, { info: { 'Q:form': 'String' } });
    expect(bench.pv('W').type).toMatchObject({ element: 'string', caText: true, caCount: 10 });
    await bench.put('W', 'hello');
    expect(bench.get('W.NORD')).toBe(6);
    expect((await bench.read('W')).value).toBe('hello');
    expect((await bench.read('W')).meta.form).toBe(1);
  });

  it('F4.9 takes a scalar as one element and refuses text in numeric arrays', async () => {
    const bench = new Bench();
    bench.add('waveform', 'W', { NELM: 3, FTVL: 'DOUBLE' });
    await bench.put('W', 5);
    expect(bench.get('W')).toEqual(Float64Array.of(5));
    await expect(async () => bench.put('W', ['1', 'x'])).rejects.toThrow('not a number');
    expect(bench.get('W')).toEqual(Float64Array.of(5));
  });

  it('never changes an array that it gave out', async () => {
    const bench = new Bench();
    bench.add('waveform', 'W', { NELM: 2, FTVL: 'DOUBLE' });
    await bench.put('W', Float64Array.of(1, 2));
    const before = (await bench.read('W')).value;
    await bench.put('W', Float64Array.of(3, 4));
    expect(before).toEqual(Float64Array.of(1, 2));
  });

  it('F5 has NORD in 0..NELM and no units for text', async () => {
    const bench = new Bench();
    bench.add('waveform', 'W', { NELM: 7, FTVL: 'STRING', EGU: 'V' });
    expect((await bench.read('W.NORD')).meta.display).toEqual({ low: 0, high: 7 });
    expect((await bench.read('W')).meta.units).toBe('');
  });

  it('H1.8 serves an array of ENUM as 16-bit numbers', () => {
    const bench = new Bench();
    bench.add('waveform', 'W', { NELM: 2, FTVL: 'ENUM' });
    expect(bench.get('W')).toBeInstanceOf(Uint16Array);
  });
});

describe('aai and aao records', () => {
  it('C3.18 D3.6 copy arrays through links, converted', async () => {
    const bench = new Bench();
    bench.add('aao', 'A', { NELM: 4, FTVL: 'DOUBLE', OUT: 'B PP' });
    bench.add('aai', 'B', { NELM: 3, FTVL: 'LONG' });
    bench.add('ai', 'FIRST', { INP: 'B' });
    await bench.put('A', Float64Array.of(1.5, 2.5, 3.5, 4.5));
    expect(bench.get('B')).toEqual(Int32Array.of(1, 2, 3));
    bench.process('FIRST');
    expect(bench.get('FIRST')).toBe(1);
  });

  it('C3.19 closed loop fetches DOL at each processing', () => {
    const bench = new Bench();
    bench.add('waveform', 'S', { NELM: 2, FTVL: 'DOUBLE', INP: '[1,2]' });
    bench.add('aao', 'A', { NELM: 2, FTVL: 'DOUBLE', DOL: 'S', OMSL: 'closed_loop' });
    bench.process('A');
    expect(bench.get('A')).toEqual(Float64Array.of(1, 2));
  });
});
