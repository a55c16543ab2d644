import { describe, expect, it } from 'vitest';
import { IocBuilder, type OutRecord } from '../../../src/ioc/index.ts';
import { makeTimeStamp, Rights } from '../../../src/pv/index.ts';
import { settle } from '../../../src/testing/index.ts';
import { expectErrorLog } from '../../helpers/leaks.ts';
import { Bench, peer } from './helpers.ts';

function setUp(): { bench: Bench; build: IocBuilder } {
  const bench = new Bench();
  return { bench, build: new IocBuilder(bench.database, { prefix: 'D' }) };
}

describe('input records of the builder', () => {
  it('J2.1 J2.6 show what code sets, with alarm and time', async () => {
    const { bench, build } = setUp();
    const t = build.aIn('T', { initialValue: 20, egu: 'C', PREC: 2 });
    await bench.database.start();
    expect([bench.get('D:T'), bench.get('D:T.EGU'), bench.get('D:T.PREC'), ...bench.alarm('D:T')]).toEqual([
      20,
      'C',
      2,
      0,
      0,
    ]);
    t.set(21.5, { severity: 'MINOR', time: makeTimeStamp(1_700_000_000, 1) });
    const snapshot = await bench.read('D:T');
    expect(snapshot).toMatchObject({
      value: 21.5,
      alarm: { severity: 1, condition: 7 },
      time: { seconds: 1_700_000_000 },
    });
    t.setAlarm('MAJOR', 9, 'lost');
    expect([t.get(), ...bench.alarm('D:T'), bench.get('D:T.AMSG')]).toEqual([21.5, 2, 9, 'lost']);
    t.set(22);
    expect(bench.alarm('D:T')).toEqual([0, 0]);
  });

  it('J2.3 refuse puts of clients and post each integer', async () => {
    const { bench, build } = setUp();
    const n = build.longIn('N');
    await expect(async () => bench.put('D:N', 1)).rejects.toThrow('putDisabled');
    expect(bench.pv('D:N').rights(peer)).toBe(Rights.ReadWrite);
    n.set(0);
    const watch = bench.watch('D:N');
    watch.take();
    n.set(0);
    expect(watch.take()).toEqual([0]);
  });

  it('J2.7 check types, ranges and lengths, and copy arrays', () => {
    const { bench, build } = setUp();
    const n = build.longIn('N');
    const s = build.stringIn('S');
    const q = build.int64In('Q');
    const w = build.waveformIn('W', Float64Array.of(1, 2));
    for (const bad of [1.5, 2 ** 31, '1' as never, null as never]) expect(() => n.set(bad)).toThrow();
    expect(() => s.set('x'.repeat(40))).toThrow('39 bytes');
    expect(() => q.set(2n ** 63n)).toThrow();
    expect(() => w.set(Float64Array.of(1, 2, 3))).toThrow('2 elements');
    const mine = Float64Array.of(5, 6);
    w.set(mine);
    mine[0] = 9;
    expect(bench.get('D:W')).toEqual(Float64Array.of(5, 6));
    expect(w.get()).toEqual(Float64Array.of(5, 6));
  });

  it('J2.1 make states, texts and long texts', async () => {
    const { bench, build } = setUp();
    build.mbbIn('M', ['Off', ['Broken', 'MAJOR']]).set(1);
    build.boolIn('B', 'No', 'Yes').set(1);
    build.longStringIn('L', { length: 100 }).set('z'.repeat(90));
    expect([bench.get('D:M'), ...bench.alarm('D:M')]).toEqual([1, 2, 7]);
    expect((await bench.read('D:B')).meta.choices).toEqual(['No', 'Yes']);
    expect((await bench.read('D:L')).value).toBe('z'.repeat(90));
    expect(() => build.mbbIn('X', new Array<string>(17).fill('s'))).toThrow('16 states');
  });

  it('J2.2 J2.9 unknown fields and duplicate names are errors', () => {
    const { build } = setUp();
    build.aIn('T');
    expect(() => build.aIn('T')).toThrow('already exists');
    // @ts-expect-error there is no such field
    expect(() => build.aIn('U', { nope: 1 })).toThrow('no field NOPE');
  });
});

describe('output records of the builder', () => {
  it('J2.4 call onUpdate with changed values only, or with all', async () => {
    const { bench, build } = setUp();
    const seen: unknown[] = [];
    build.aOut('A', { initialValue: 1, onUpdate: (value, name) => void seen.push([name, value]) });
    build.action('GO', { onUpdate: (value) => void seen.push(value) });
    for (const value of [1, 2, 2]) await bench.put('D:A', value);
    for (const value of [1, 1]) await bench.put('D:GO', value);
    await settle();
    expect(seen).toEqual([['D:A', 2], 1, 1]);
  });

  it('J2.3 without an initial value are undefined until the first put', async () => {
    const { bench, build } = setUp();
    const a = build.aOut('A', { drvh: 5, drvl: -5 });
    expect([
      a.get(),
      bench.get('D:A.UDF'),
      bench.get('D:A.SEVR'),
      bench.get('D:A.HOPR'),
      bench.get('D:A.LOPR'),
    ]).toEqual([undefined, 1, 3, 5, -5]);
    await bench.put('D:A', 9);
    expect([a.get(), bench.get('D:A.UDF')]).toEqual([5, 0]);
  });

  it('J2.4 validate brings the old value back and does not refuse the put', async () => {
    const { bench, build } = setUp();
    const seen: number[] = [];
    build.longOut('A', {
      initialValue: 1,
      validate: (value) => value !== 3,
      onUpdate: (value) => void seen.push(value),
    });
    const watch = bench.watch('D:A');
    watch.take();
    await bench.put('D:A', 3);
    expect([bench.get('D:A'), watch.take(1)]).toEqual([1, []]);
    await bench.put('D:A', 4);
    await settle();
    expect(seen).toEqual([4]);
  });

  it('J2.4 J2.5 blocking holds puts with completion until the callback settles, in order', async () => {
    const { bench, build } = setUp();
    const log: string[] = [];
    let finish = (): void => {};
    build.longOut('A', {
      blocking: true,
      onUpdate: async (value) => {
        await new Promise<void>((resolve) => (finish = resolve));
        log.push(`done ${value}`);
      },
    });
    const first = bench.put('D:A', 1, true).then(() => log.push('put 1'));
    const second = bench.put('D:A', 2, true).then(() => log.push('put 2'));
    await settle();
    expect([bench.get('D:A.PACT'), log]).toEqual([1, []]);
    finish();
    await settle();
    finish();
    await Promise.all([first, second]);
    expect(log).toEqual(['done 1', 'put 1', 'done 2', 'put 2']);
  });

  it('J2.6 set processes like a put, or quietly', async () => {
    const { bench, build } = setUp();
    const seen: unknown[] = [];
    const a: OutRecord<number> = build.aOut('A', { onUpdate: (value) => void seen.push(value) });
    const watch = bench.watch('D:A');
    watch.take();
    a.set(1);
    a.set(2, { process: false });
    await settle();
    expect([seen, watch.take(1), a.get()]).toEqual([[1], [1, 2], 2]);
  });

  it('J2.4 a failing callback still completes the put', async () => {
    expectErrorLog(/^epics\.ioc\.builder onUpdate failed/);
    const { bench, build } = setUp();
    build.setBlocking(true);
    build.longOut('A', { onUpdate: () => Promise.reject(new Error('broken')) });
    await bench.put('D:A', 1, true);
    expect(bench.get('D:A')).toBe(1);
    expect(build.setBlocking(false)).toBe(true);
  });

  it('J2.1 arrays, texts, long texts and 64-bit integers reach the code', async () => {
    const { bench, build } = setUp();
    const seen: unknown[] = [];
    const onUpdate = (value: unknown): void => void seen.push(value);
    build.waveformOut('W', Int32Array.of(0, 0), { onUpdate });
    build.stringOut('S', { onUpdate });
    build.longStringOut('L', { onUpdate, length: 64 });
    build.int64Out('Q', { onUpdate });
    build.mbbOut('M', ['a', 'b'], { onUpdate });
    build.boolOut('B', 'a', 'b', { onUpdate });
    await bench.put('D:W', Float64Array.of(3, 4));
    await bench.put('D:S', 'text');
    await bench.put('D:L', 'long text');
    await bench.put('D:Q', 2n ** 60n);
    await bench.put('D:M', 'b');
    await bench.put('D:B', 1);
    await settle();
    expect(seen).toEqual([Int32Array.of(3, 4), 'text', 'long text', 2n ** 60n, 1, 1]);
  });
});
