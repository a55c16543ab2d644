import { describe, expect, it } from 'vitest';
import { Event } from '../../../src/pv/index.ts';
import { settle } from '../../../src/testing/index.ts';
import { Bench, peer } from './helpers.ts';

/** An output record whose device finishes when the test says so. */
function slow(
  bench: Bench,
  name: string,
  fields: Record<string, string> = {},
): { finish: () => Promise<void>; count: () => number } {
  let count = 0;
  const waiting: (() => void)[] = [];
  bench.add('ao', name, fields, {
    device: {
      write: () => {
        count++;
        return new Promise((resolve) => waiting.push(resolve));
      },
    },
  });
  return {
    count: () => count,
    finish: async () => {
      waiting.shift()?.();
      await settle();
    },
  };
}

describe('processing', () => {
  it('E3.3 terminates forward link loops', () => {
    const bench = new Bench();
    let runs = '';
    const device = (name: string) => ({ write: () => void (runs += name) });
    bench.add('ao', 'A', { FLNK: 'B' }, { device: device('A') });
    bench.add('ao', 'B', { FLNK: 'A' }, { device: device('B') });
    bench.add('ao', 'S', { FLNK: 'S' }, { device: device('S') });
    bench.process('A');
    bench.process('S');
    expect(runs).toBe('ABS');
  });

  it('E6.4 posts a record before its forward link target', () => {
    const bench = new Bench();
    const order: string[] = [];
    bench.add('longin', 'B', { INP: 'A' });
    bench.add('longout', 'A', { FLNK: 'B' });
    for (const name of ['A', 'B']) {
      bench
        .pv(name)
        .monitor(
          { update: () => order.push(name), close: () => {} },
          { peer, mask: 15, pvRequest: undefined },
        );
    }
    order.length = 0;
    bench.database.find('A')?.setField('VAL', 4);
    expect(order).toEqual(['A', 'B']);
  });

  it('B5 a disabled record stores the put, posts DISABLE and does not forward', () => {
    const bench = new Bench();
    bench.add('longin', 'N', { INP: 'A' });
    const a = bench.add('longout', 'A', { DISA: 1, DISS: 'MINOR', FLNK: 'N', VAL: 0 });
    const watch = bench.watch('A');
    watch.take();
    a.setField('VAL', 5);
    expect([bench.get('A'), ...bench.alarm('A')]).toEqual([5, 1, 18]);
    expect(watch.masks()).toEqual([Event.Value | Event.Alarm]);
    expect(bench.get('N')).toBe(0);
    a.setField('DISA', 0);
    expect(bench.alarm('A')).toEqual([1, 18]);
    a.process();
    expect(bench.alarm('A')).toEqual([0, 0]);
  });

  it('SDIS is read into DISA before each processing', () => {
    const bench = new Bench();
    const s = bench.add('longout', 'S', { VAL: 1 });
    const a = bench.add('ai', 'A', { SDIS: 'S' });
    a.process();
    expect(bench.get('A.STAT')).toBe(18);
    s.setField('VAL', 0);
    a.process();
    expect(bench.get('A.STAT')).toBe(0);
  });

  it('E3.1 reprocesses once after several puts to a busy record', async () => {
    const bench = new Bench();
    const device = slow(bench, 'A');
    for (const value of [1, 2, 3]) await bench.put('A', value);
    expect([device.count(), bench.get('A.PACT'), bench.get('A.RPRO')]).toEqual([1, 1, 1]);
    await device.finish();
    bench.clock.runDeferred();
    expect([device.count(), bench.get('A')]).toEqual([2, 3]);
    await device.finish();
    bench.clock.runDeferred();
    expect([device.count(), bench.get('A.PACT'), bench.get('A.RPRO')]).toEqual([2, 0, 0]);
  });

  it('E3 raises SCAN/INVALID when a record is found active too often', async () => {
    const bench = new Bench();
    const device = slow(bench, 'A', { VAL: '0' });
    bench.process('A');
    for (let i = 0; i < 11; i++) bench.process('A');
    expect([bench.alarm('A'), bench.get('A.AMSG')]).toEqual([[3, 13], 'Async in progress']);
    await device.finish();
    expect(bench.get('A.PACT')).toBe(0);
  });

  it('D3.3 hands PUTF on and asks a busy target to run again', async () => {
    const bench = new Bench();
    const device = slow(bench, 'T');
    bench.add('longout', 'S', { FLNK: 'T' });
    bench.process('T');
    await bench.put('S', 1);
    expect([bench.get('T.RPRO'), device.count()]).toEqual([1, 1]);
    await device.finish();
    bench.clock.runDeferred();
    expect(device.count()).toBe(2);
  });

  it('reads the clock once for a whole pass', () => {
    const bench = new Bench();
    let reads = 0;
    const wall = bench.clock.wall.bind(bench.clock);
    bench.clock.wall = (out) => {
      reads++;
      wall(out);
    };
    bench.add('longout', 'C', {});
    bench.add('longout', 'B', { FLNK: 'C' });
    bench.add('longout', 'A', { FLNK: 'B' });
    bench.process('A');
    expect(reads).toBe(1);
  });

  it('L1.1 keeps the time with TSE -2 and copies it through TSEL', async () => {
    const bench = new Bench();
    bench.add('longout', 'S');
    bench.add('longout', 'KEEP', { TSE: -2 });
    bench.add('longout', 'COPY', { TSEL: 'S.TIME' });
    bench.process('S');
    bench.clock.advance(5000);
    bench.process('KEEP');
    bench.process('COPY');
    const time = async (name: string): Promise<number> => (await bench.read(name)).time.seconds;
    expect(await time('KEEP')).toBe(631152000);
    expect(await time('COPY')).toBe(await time('S'));
    expect(await time('S')).toBeGreaterThan(1_600_000_000);
  });
});

describe('put with completion', () => {
  it('E5.1 completes when the whole chain of links is done', async () => {
    const bench = new Bench();
    const last = slow(bench, 'C');
    bench.add('longout', 'B', { OUT: 'C PP' });
    bench.add('longout', 'A', { FLNK: 'B' });
    let isDone = false;
    const put = bench.put('A', 1, true).then(() => (isDone = true));
    await settle();
    expect(isDone).toBe(false);
    await last.finish();
    await put;
  });

  it('E5.3 a second one waits for the record, then puts and processes again', async () => {
    const bench = new Bench();
    const device = slow(bench, 'A');
    const log: string[] = [];
    const first = bench.put('A', 1, true).then(() => log.push('first'));
    const second = bench.put('A', 2, true).then(() => log.push('second'));
    await settle();
    expect([device.count(), bench.get('A')]).toEqual([1, 1]);
    await device.finish();
    expect([log, device.count(), bench.get('A')]).toEqual([['first'], 2, 2]);
    await device.finish();
    await Promise.all([first, second]);
    expect(log).toEqual(['first', 'second']);
  });

  it('E5.4 completes at once when nothing processes, and when the record is disabled', async () => {
    const bench = new Bench();
    bench.add('longout', 'A', { DISA: 1 });
    await bench.put('A.DESC', 'x', true);
    await bench.put('A', 1, true);
    await bench.put('A.FLNK', 'B', true);
    expect(bench.get('A.FLNK')).toBe('B');
  });

  it('E5.4 waits while the record is active for another reason', async () => {
    const bench = new Bench();
    const device = slow(bench, 'A');
    bench.process('A');
    const put = bench.put('A', 7, true);
    await settle();
    expect(bench.get('A')).toBe(0);
    await device.finish();
    expect(bench.get('A')).toBe(7);
    await device.finish();
    await put;
  });

  it('answers waiting puts when the record is removed', async () => {
    const bench = new Bench();
    slow(bench, 'A');
    const puts = [bench.put('A', 1, true), bench.put('A', 2, true)];
    bench.database.removeRecord('A');
    await Promise.all(puts);
  });

  it('H1.10 process=always processes, process=never does not', async () => {
    const bench = new Bench();
    let runs = 0;
    bench.add('ao', 'A', {}, { device: { write: () => void runs++ } });
    await bench.put('A', 1, false, 'never');
    expect([runs, bench.get('A')]).toEqual([0, 1]);
    await bench.put('A.DESC', 'x', false, 'always');
    expect(runs).toBe(1);
    await bench.put('A', undefined, false, 'always');
    expect(runs).toBe(2);
  });
});
