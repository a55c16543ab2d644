import { describe, expect, it } from 'vitest';
import type { MirrorOptions, MirrorRecordHandle } from '../../../../src/ioc/index.ts';
import {
  Event,
  makeAlarm,
  makeTimeStamp,
  noAlarm,
  type PvValue,
  ReadOperation,
  Rights,
  type ScalarWrite,
  WriteOperation,
} from '../../../../src/pv/index.ts';
import { servedPvContract, settle } from '../../../../src/testing/index.ts';
import { Bench, peer } from '../helpers.ts';

const time = makeTimeStamp(1_700_000_000, 5);

interface Owner {
  readonly puts: ScalarWrite[];
  readonly answers: (() => void)[];
  readonly refusals: ((error: Error) => void)[];
}

/** A mirror record whose owner answers when the test says so. */
function mirror(
  bench: Bench,
  type: string,
  name: string,
  fields: Record<string, string | number> = {},
  options: Partial<MirrorOptions> = {},
  info: Record<string, string> = {},
): { handle: MirrorRecordHandle; owner: Owner } {
  const owner: Owner = { puts: [], answers: [], refusals: [] };
  const handle = bench.database.addRecord(type, name, fields, {
    info,
    mirror: {
      support: {
        put: (write) => {
          owner.puts.push(write);
          return new Promise((resolve, reject) => {
            owner.answers.push(resolve);
            owner.refusals.push(reject);
          });
        },
      },
      ...options,
    },
  });
  return { handle, owner };
}

describe('mirror record', () => {
  for (const c of servedPvContract(() => {
    const bench = new Bench();
    const { handle, owner } = mirror(bench, 'ao', 'M');
    handle.mirror.publish(0, noAlarm, time);
    return {
      pv: bench.pv('M'),
      change: (n) => handle.mirror.publish(n, noAlarm, time),
      expected: (n) => n,
      put: {
        write: { element: 'float64', value: 77 },
        complete: () => {
          handle.mirror.publish(77, noAlarm, time);
          for (const answer of owner.answers.splice(0)) answer();
        },
        expected: 77,
      },
      close: () => {
        bench.database.removeRecord('M');
      },
    };
  })) {
    it(`keeps the contract of a served PV: ${c.name}`, c.run);
  }

  it('J4.1 hands each put to the owner once, in arrival order, equal values included', async () => {
    const bench = new Bench();
    const { owner } = mirror(bench, 'longout', 'M');
    const done = [bench.put('M', 1), bench.put('M', 1), bench.put('M', 2)];
    expect(owner.puts.map((put) => put.value)).toEqual([1, 1, 2]);
    for (const answer of owner.answers) answer();
    await Promise.all(done);
  });

  it('J4.2 keeps VAL and stays active while a put is pending, idle when all are answered', async () => {
    const bench = new Bench();
    const { handle, owner } = mirror(bench, 'longout', 'M');
    handle.mirror.publish(5, noAlarm, time);
    const first = bench.put('M', 6);
    const second = bench.put('M', 7);
    expect(bench.get('M')).toBe(5);
    expect(bench.get('M.PACT')).toBe(1);
    owner.answers[0]?.();
    await first;
    expect(bench.get('M.PACT')).toBe(1);
    owner.answers[1]?.();
    await second;
    expect(bench.get('M.PACT')).toBe(0);
    expect(bench.get('M.RPRO')).toBe(0);
  });

  it('J4.2 answers a refused put with the text of the owner and keeps the value', async () => {
    const bench = new Bench();
    const { handle, owner } = mirror(bench, 'ao', 'M');
    handle.mirror.publish(1, noAlarm, time);
    const put = bench.put('M', 99);
    owner.refusals[0]?.(new Error('value too large'));
    await expect(put).rejects.toThrow('value too large');
    expect(bench.get('M')).toBe(1);
    expect(bench.get('M.PACT')).toBe(0);
  });

  it('J4.3 publish writes value, alarm, time and UDF and never calls put', async () => {
    const bench = new Bench();
    const { handle, owner } = mirror(bench, 'ai', 'M');
    expect(bench.alarm('M')).toEqual([3, 17]);
    handle.mirror.publish(9.5, makeAlarm(2, 3, 'HIHI'), time);
    const snapshot = await bench.read('M');
    expect(snapshot.value).toBe(9.5);
    expect(snapshot.alarm).toEqual(makeAlarm(2, 3, 'HIHI'));
    expect(snapshot.time).toEqual(time);
    expect(bench.get('M.UDF')).toBe(0);
    expect(bench.get('M.AMSG')).toBe('HIHI');
    expect(owner.puts).toEqual([]);
  });

  it('J4.3 publish processes FLNK', () => {
    const bench = new Bench();
    bench.add('longin', 'AFTER', { INP: 'M' });
    const { handle } = mirror(bench, 'longout', 'M', { FLNK: 'AFTER' });
    handle.mirror.publish(42, noAlarm, time);
    expect(bench.get('AFTER')).toBe(42);
  });

  it('a put that waits also waits for what publish started through FLNK', async () => {
    const bench = new Bench();
    let finish = (): void => {};
    bench.add('ao', 'SLOW', {}, { device: { write: () => new Promise((resolve) => (finish = resolve)) } });
    const { handle, owner } = mirror(bench, 'longout', 'M', { FLNK: 'SLOW' });
    let isDone = false;
    const put = bench.put('M', 1, true).then(() => (isDone = true));
    handle.mirror.publish(1, noAlarm, time);
    owner.answers[0]?.();
    await settle();
    expect(isDone).toBe(false);
    finish();
    await put;
  });

  it('posts by deadband, and on an alarm change alone with the alarm event', () => {
    const bench = new Bench();
    const { handle } = mirror(bench, 'ai', 'M', { MDEL: 1, ADEL: 5 });
    const watch = bench.watch('M');
    watch.take();
    handle.mirror.publish(0, noAlarm, time);
    handle.mirror.publish(0.5, noAlarm, time);
    handle.mirror.publish(2, noAlarm, time);
    handle.mirror.publish(2, makeAlarm(1, 4), time);
    expect(watch.masks()).toEqual([Event.Alarm, Event.Value, Event.Alarm]);
  });

  it('EPS-E-29 an integer record with MDEL -1 posts each publication', () => {
    const bench = new Bench();
    const { handle } = mirror(bench, 'longin', 'M', { MDEL: -1 });
    handle.mirror.publish(3, noAlarm, time);
    const watch = bench.watch('M');
    watch.take();
    handle.mirror.publish(3, noAlarm, time);
    handle.mirror.publish(3, noAlarm, time);
    expect(watch.masks()).toEqual([Event.Value, Event.Value]);
  });

  it('J4.5 the limit fields refuse puts and the record computes no alarm of its own', async () => {
    const bench = new Bench();
    const { handle } = mirror(bench, 'ao', 'M', { HIHI: 10, HHSV: 'MAJOR' });
    for (const field of ['HIHI', 'HIGH', 'LOW', 'LOLO', 'HHSV', 'HSV', 'LSV', 'LLSV', 'HYST']) {
      expect(bench.pv(`M.${field}`).rights(peer)).toBe(Rights.Read);
    }
    expect(bench.pv('M.DESC').rights(peer)).toBe(Rights.ReadWrite);
    handle.mirror.publish(10, noAlarm, time);
    expect(bench.alarm('M')).toEqual([0, 0]);
    bench.process('M');
    expect(bench.alarm('M')).toEqual([0, 0]);
  });

  it('EPS-E-35 a read-only one gives no write right and refuses in the words of its owner', async () => {
    const bench = new Bench();
    const { owner } = mirror(
      bench,
      'ai',
      'M',
      {},
      { isReadOnly: true, refusal: 'Put Not Supported On This Variable' },
    );
    const pv = bench.pv('M');
    expect(pv.rights(peer)).toBe(Rights.Read);
    expect(pv.rights({ ...peer, protocol: 'ca' })).toBe(Rights.Read);
    // The PVA server hands the put on, so that the client sees the text.
    expect(pv.rights({ ...peer, protocol: 'pva' })).toBe(Rights.ReadWrite);
    await expect(bench.put('M', 1)).rejects.toThrow('Put Not Supported On This Variable');
    expect(owner.puts).toEqual([]);
  });

  it('J4.1 DISP refuses before the owner is asked', async () => {
    const bench = new Bench();
    const { owner } = mirror(bench, 'ao', 'M', { DISP: 1 });
    await expect(bench.put('M', 1)).rejects.toThrow('S_db_putDisabled');
    expect(owner.puts).toEqual([]);
  });

  it('EPS-E-23 a text record serves the whole string, announces NELM characters and cuts nothing', async () => {
    const bench = new Bench();
    const fields = { FTVL: 'CHAR', NELM: 16, MPST: 'On Change', APST: 'On Change' };
    const { handle, owner } = mirror(
      bench,
      'waveform',
      'M',
      fields,
      { caText: true },
      { 'Q:form': 'String' },
    );
    const pv = bench.pv('M');
    expect(pv.type).toEqual({ kind: 'scalar', element: 'string', isArray: false, caCount: 16, caText: true });
    const text = 'a text that is longer than sixteen characters';
    const watch = bench.watch('M');
    watch.take();
    handle.mirror.publish(text, noAlarm, time);
    handle.mirror.publish(text, noAlarm, time);
    expect(watch.take()).toEqual([text]);
    expect((await bench.read('M')).value).toBe(text);
    expect(bench.get('M.NORD')).toBe(16);
    const put = bench.put('M', 'new');
    expect(owner.puts[0]).toEqual({ element: 'string', value: 'new' });
    owner.answers[0]?.();
    await put;
  });

  it('EPS-E-24 serves unsigned 64-bit values unchanged', async () => {
    const bench = new Bench();
    const { handle } = mirror(bench, 'int64in', 'M', {}, { element: 'uint64', isReadOnly: true });
    expect(bench.pv('M').type.element).toBe('uint64');
    handle.mirror.publish(18446744073709551615n, noAlarm, time);
    const snapshot = await bench.read('M');
    expect(snapshot.value).toBe(18446744073709551615n);
    expect(typeof snapshot.meta.display.high).toBe('bigint');
  });

  it('EPS-E-26 keeps arrays longer than NELM whole', async () => {
    const bench = new Bench();
    const { handle } = mirror(bench, 'waveform', 'M', { FTVL: 'USHORT', NELM: 2 });
    expect(bench.pv('M').type).toMatchObject({ element: 'uint16', isArray: true, caCount: 2 });
    const value = Uint16Array.of(1, 2, 3, 4);
    handle.mirror.publish(value, noAlarm, time);
    expect((await bench.read('M')).value).toBe(value);
    handle.mirror.publish(new Uint16Array(0), noAlarm, time);
    expect((await bench.read('M')).value).toEqual(new Uint16Array(0));
  });

  it('refuses a publication of another shape', () => {
    const bench = new Bench();
    const { handle } = mirror(bench, 'waveform', 'M', { FTVL: 'CHAR', NELM: 8 }, { caText: true });
    expect(() => handle.mirror.publish(new Int8Array(2), noAlarm, time)).toThrow('publishes text');
  });

  it('EPS-E-21 serves complete labels and description over the cut ones of the fields', async () => {
    const bench = new Bench();
    const long = 'a label that has many more than 25 bytes';
    const { handle } = mirror(
      bench,
      'mbbi',
      'M',
      { ZRST: long, ONST: 'On', DESC: 'x'.repeat(60) },
      { meta: { choices: [long, 'On'], description: 'x'.repeat(60) } },
    );
    expect(bench.get('M.ZRST')).toBe(long.slice(0, 25));
    const before = await bench.read('M');
    expect(before.meta.choices).toEqual([long, 'On']);
    expect(before.meta.description).toHaveLength(60);
    const watch = bench.watch('M');
    watch.take();
    handle.mirror.publishMeta({ choices: ['A', 'B'] });
    expect(watch.updates.map((u) => [u.mask, u.snapshot.meta.choices])).toEqual([
      [Event.Property, ['A', 'B']],
    ]);
    expect(watch.updates[0]?.snapshot.meta.description).toHaveLength(60);
  });

  it('J4.4 read publishes before it settles, concurrent gets share it, a failure gives the last value INVALID', async () => {
    const bench = new Bench();
    let count = 0;
    let finish: (error?: Error) => void = () => {};
    const handle: MirrorRecordHandle = bench.database.addRecord(
      'ai',
      'M',
      {},
      {
        mirror: {
          support: {
            put: () => {},
            read: () => {
              count++;
              return new Promise<void>((resolve, reject) => {
                finish = (error) => {
                  if (error !== undefined) reject(error);
                  else {
                    handle.mirror.publish(count, noAlarm, time);
                    resolve();
                  }
                };
              });
            },
          },
        },
      },
    );
    const both = [bench.read('M'), bench.read('M')];
    finish();
    expect((await Promise.all(both)).map((s) => s.value)).toEqual([1, 1]);
    expect(count).toBe(1);
    const failing = bench.read('M');
    finish(new Error('no link'));
    const last = await failing;
    expect([last.value, last.alarm.severity, last.alarm.message]).toEqual([1, 3, 'no link']);
    const late = await bench.pv('M').read(new ReadOperation('monitor', peer));
    expect(late.value).toBe(1);
    expect(count).toBe(2);
  });

  it('J4.4 offers RPC when the owner takes calls', async () => {
    const bench = new Bench();
    bench.add('longout', 'PLAIN');
    bench.database.addRecord(
      'longout',
      'CMD',
      {},
      { mirror: { support: { put: () => {}, call: () => null } } },
    );
    expect('call' in bench.pv('PLAIN')).toBe(false);
    expect(bench.pv('CMD').rights(peer) & Rights.Call).toBe(Rights.Call);
    expect(await bench.pv('CMD').call?.(null, new ReadOperation('get', peer))).toBeNull();
  });

  it('a database link to VAL puts through the owner and the writer waits for it', async () => {
    const bench = new Bench();
    const { owner } = mirror(bench, 'longout', 'M');
    bench.add('longout', 'W', { OUT: 'M PP' });
    let isDone = false;
    const put = bench.put('W', 8, true).then(() => (isDone = true));
    expect(owner.puts.map((p) => p.value)).toEqual([8]);
    await settle();
    expect(isDone).toBe(false);
    owner.answers[0]?.();
    await put;
  });

  it('publishes its initial state before the name is announced', () => {
    const bench = new Bench();
    const seen: PvValue[] = [];
    bench.database.onNames((event) => {
      if (event.type === 'added') seen.push(bench.get(event.name), bench.get(`${event.name}.UDF`));
    });
    mirror(bench, 'longin', 'M', {}, { initial: { value: 12, alarm: noAlarm, time } });
    expect(seen).toEqual([12, 0]);
    expect(bench.alarm('M')).toEqual([0, 0]);
  });

  it('ignores publications after its record was removed', () => {
    const bench = new Bench();
    const { handle } = mirror(bench, 'longin', 'M');
    const watch = bench.watch('M');
    bench.database.removeRecord('M');
    handle.mirror.publish(1, noAlarm, time);
    expect(handle.isRemoved).toBe(true);
    expect(watch.closes).toHaveLength(1);
    expect(watch.updates).toHaveLength(1);
  });

  it('passes process-only puts on, so that the owner refuses in its own words', async () => {
    const bench = new Bench();
    const { owner } = mirror(bench, 'longout', 'M');
    const result = bench
      .pv('M')
      .write?.({ element: 'int32', value: undefined }, new WriteOperation(peer, false));
    expect(owner.puts).toEqual([{ element: 'int32', value: undefined }]);
    owner.answers[0]?.();
    await result;
  });
});
