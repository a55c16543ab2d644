import { describe, expect, it } from 'vitest';
import { ntScalarType, ntUriType } from '../../../src/nt/index.ts';
import { AutoChannel } from '../../../src/pv/auto-channel.ts';
import {
  LocalClient,
  Rights,
  SharedPv,
  type Snapshot,
  StaticSource,
  type UpdateSink,
} from '../../../src/pv/index.ts';
import { structType, Value } from '../../../src/pvdata/index.ts';
import { ManualClock } from '../../../src/testing/index.ts';

function setUp(): { clock: ManualClock; pva: StaticSource; ca: StaticSource; channel: AutoChannel } {
  const clock = new ManualClock();
  const pva = new StaticSource('pva');
  const ca = new StaticSource('ca');
  const channel = new AutoChannel(
    'X',
    new LocalClient(pva, { clock }).channel('X'),
    new LocalClient(ca, { clock }).channel('X'),
    clock,
  );
  return { clock, pva, ca, channel };
}

function collector(): { sink: UpdateSink<Snapshot>; values: unknown[] } {
  const values: unknown[] = [];
  return {
    values,
    sink: {
      update: (data) => void values.push(data.value),
      close: (reason) => void values.push(reason?.message ?? 'end'),
    },
  };
}

describe('AutoChannel before one protocol is chosen', () => {
  it('is searching, without rights and type', () => {
    const { channel } = setUp();
    expect([channel.state, channel.rights, channel.type, channel.scalarType]).toEqual([
      'searching',
      Rights.None,
      undefined,
      undefined,
    ]);
    expect(channel.info().server).toBe('');
  });

  it('ARC-D-21 calls wait, unless they must not', async () => {
    const { clock, pva, channel } = setUp();
    await expect(channel.get({ ifConnected: true })).rejects.toMatchObject({ code: 'EPICS_DISCONNECTED' });
    const late = expect(channel.get({ timeoutMs: 100 })).rejects.toMatchObject({ code: 'EPICS_TIMEOUT' });
    await clock.advanceAsync(100);
    await late;
    const get = channel.get();
    const ready = channel.ready();
    pva.add('X', SharedPv.mailbox({ element: 'int32', value: 4 }));
    await clock.advanceAsync(1);
    expect((await get).value).toBe(4);
    expect(await ready).toMatchObject({ kind: 'scalar' });
    expect(channel.scalarType?.element).toBe('int32');
  });

  it('subscriptions begin with the choice, unless they were stopped before', async () => {
    const { clock, ca, channel } = setUp();
    const stopped = collector();
    const kept = collector();
    channel.subscribe(stopped.sink)();
    channel.subscribe(kept.sink);
    const states: string[] = [];
    const rights: number[] = [];
    channel.onState((state) => void states.push(state));
    channel.onRights((now) => void rights.push(now));
    ca.add('X', SharedPv.mailbox({ element: 'int32', value: 1 }));
    await clock.advanceAsync(299);
    expect(kept.values).toEqual([]);
    await clock.advanceAsync(2);
    expect(kept.values).toEqual([1]);
    expect(stopped.values).toEqual([]);
    expect(states).toEqual(['connected']);
    expect(rights).toEqual([Rights.Read | Rights.Write]);
  });

  it('disposed, it ends what waits with EPICS_CLOSED', async () => {
    const { channel } = setUp();
    const call = expect(channel.get()).rejects.toMatchObject({ code: 'EPICS_CLOSED' });
    const waiting = collector();
    channel.subscribe(waiting.sink);
    const states: string[] = [];
    channel.onState((state) => void states.push(state));
    channel[Symbol.dispose]();
    channel[Symbol.dispose]();
    await call;
    const after = collector();
    channel.subscribe(after.sink);
    expect([waiting.values, after.values]).toEqual([
      ['the channel "X" is closed'],
      ['the channel "X" is closed'],
    ]);
    expect([channel.state, states]).toEqual(['closed', ['closed']]);
    await expect(channel.put(1)).rejects.toMatchObject({ code: 'EPICS_CLOSED' });
  });
});

describe('AutoChannel on the protocol chosen', () => {
  it('passes structures, puts and calls through', async () => {
    const { clock, pva, channel } = setUp();
    const reply = structType('', { n: 'int' });
    const pv = new SharedPv({
      write: (self, put) => self.post(put),
      call: (_self, args) => Value.from(reply, { n: Number(args?.get('query.n')) + 1 }),
    }).open(Value.from(ntScalarType('int'), { value: 1 }));
    pva.add('X', pv);
    await clock.advanceAsync(1);
    const value = await channel.getStruct();
    expect(value.get('value')).toBe(1);
    const put = value.emptyClone().set('value', 2);
    await channel.putStruct(put);
    expect((await channel.get()).value).toBe(2);
    await channel.put(3);
    const changes: unknown[] = [];
    const stop = channel.subscribeStruct({
      update: (update) => void changes.push(update.get('value')),
      close: () => undefined,
    });
    await clock.advanceAsync(1);
    pv.post({ value: 4 });
    stop();
    pv.post({ value: 5 });
    expect(changes).toEqual([3, 4]);
    const args = Value.from(ntUriType({ n: 'int' }), { query: { n: 6 } });
    expect((await channel.call(args))?.get('n')).toBe(7);
    expect(channel.info().scheme).toBe('local');
  });

  it('monitor is a loop that ends with the PV, the signal and break', async () => {
    const { clock, pva, channel } = setUp();
    const pv = SharedPv.mailbox({ element: 'int32', value: 1 });
    pva.add('X', pv);
    await clock.advanceAsync(1);
    const feed = channel.monitor({ queueSize: 2, mask: 1 });
    expect((await feed.next()).value?.value).toBe(1);
    const ended = new AbortController();
    ended.abort(new Error('enough'));
    await expect(channel.monitor({ signal: ended.signal }).next()).rejects.toThrow('enough');
    await feed.return();
    expect((await feed.next()).done).toBe(true);
    const closing = channel.monitor();
    await closing.next();
    channel[Symbol.dispose]();
    await expect(closing.next()).rejects.toMatchObject({ code: 'EPICS_CLOSED' });
  });
});
