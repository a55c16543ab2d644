import { describe, expect, it } from 'vitest';
import { ntScalarArrayType, ntScalarType } from '../../../src/nt/index.ts';
import type { ChannelState } from '../../../src/pv/client.ts';
import { LocalClient } from '../../../src/pv/local-client.ts';
import type { Snapshot } from '../../../src/pv/model.ts';
import { getAll, getOnce, monitorOnce, putOnce } from '../../../src/pv/one-shot.ts';
import { localPeer } from '../../../src/pv/op-context.ts';
import { SharedPv } from '../../../src/pv/shared-pv.ts';
import { Rights } from '../../../src/pv/source.ts';
import { StaticSource } from '../../../src/pv/static-source.ts';
import { structType, Value } from '../../../src/pvdata/index.ts';
import { ManualClock } from '../../../src/testing/index.ts';
import { EpicsErrorCode } from '../../../src/util/index.ts';

const scalar = ntScalarType('double', { display: true });
const turns = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

function setUp() {
  const clock = new ManualClock();
  const source = new StaticSource();
  const number = SharedPv.mailbox(
    { element: 'float64', value: 1, meta: { units: 'mm' } },
    { clock, name: 'N' },
  );
  const struct = SharedPv.mailbox(Value.from(scalar, { value: 2, display: { units: 'V' } }), {
    clock,
    name: 'S',
  });
  source.add('N', number).add('S', struct);
  return { clock, source, number, struct, client: new LocalClient(source, { clock }) };
}

function collect<D>() {
  const seen = { data: [] as D[], closed: [] as (Error | undefined)[] };
  return {
    ...seen,
    update: (data: D) => void seen.data.push(data),
    close: (reason?: Error) => void seen.closed.push(reason),
  };
}

describe('LocalClient', () => {
  it('is connected at once where the source is', async () => {
    const { client } = setUp();
    const channel = client.channel('N');
    expect(channel.state).toBe('connected');
    expect(await channel.ready()).toMatchObject({ kind: 'scalar', element: 'float64' });
    expect(channel.rights).toBe(Rights.ReadWrite);
    expect(channel.info()).toMatchObject({ scheme: 'local', nativeType: 'float64', count: 1 });
  });

  it('reads and writes scalars and structures either way', async () => {
    const { client } = setUp();
    const [number, struct] = [client.channel('N'), client.channel('S')];
    expect((await struct.get()).meta.units).toBe('V');
    expect((await number.getStruct()).get('display.units')).toBe('mm');
    await struct.put('2.5', { wait: true });
    expect((await struct.get()).value).toBe(2.5);
    const desc = (await number.getStruct()).desc;
    await number.putStruct(Value.from(desc, { value: 7 }));
    expect((await number.get()).value).toBe(7);
    await struct.putStruct(Value.from(structType('', { value: 'int' }), { value: 9 }));
    expect((await struct.get()).value).toBe(9);
  });

  it('selects the fields of a pvRequest', async () => {
    const { client, struct } = setUp();
    const channel = client.channel('S');
    const value = await channel.getStruct({ pvRequest: 'field(value)' });
    expect([...value.marked()]).toEqual(['value']);
    const seen = collect<Value>();
    channel.subscribeStruct(seen, { pvRequest: 'field(value)' });
    struct.post({ display: { units: 'A' } });
    struct.post(5);
    expect(seen.data.map((data) => [...data.marked()])).toEqual([['value'], ['value']]);
    expect(seen.data[1]?.get('display.units')).toBe('A');
  });

  it('waits for a name that comes later, and for a PV that is opened later', async () => {
    const { client, source, clock } = setUp();
    const channel = client.channel('LATER');
    const states: ChannelState[] = [];
    channel.onState((state) => states.push(state));
    const answer = channel.get();
    const pv = new SharedPv({ clock });
    source.add('LATER', pv);
    expect(channel.state).toBe('connecting');
    pv.open({ element: 'int32', value: 5 });
    expect((await answer).value).toBe(5);
    expect(states).toEqual(['connecting', 'connected']);
  });

  it('takes calls to a PV without a type', async () => {
    const { client, source } = setUp();
    source.add('RPC', new SharedPv({ call: (_, args) => args }));
    const args = new Value(scalar);
    expect(await client.channel('RPC').call(args)).toBe(args);
    await expect(client.channel('N').call(args)).rejects.toMatchObject({ code: EpicsErrorCode.Access });
  });

  it('keeps subscriptions when a PV goes and comes back with another type (ARC-D-22)', async () => {
    const { client, number } = setUp();
    const channel = client.channel('N');
    const seen = collect<Snapshot>();
    channel.subscribe(seen);
    number.close();
    expect(channel.state).toBe('connecting');
    number.open({ element: 'string', value: 'back' });
    await turns();
    expect(seen.data.map((data) => data.value)).toEqual([1, 'back']);
    expect(seen.closed).toEqual([]);
    expect(channel.scalarType?.element).toBe('string');
  });

  it('keeps subscriptions when an array outgrows its count', async () => {
    const { client, source } = setUp();
    const type = ntScalarArrayType('double');
    const pv = new SharedPv().open(Value.from(type, { value: [1] }));
    source.add('A', pv);
    const channel = client.channel('A');
    const seen = collect<Snapshot>();
    channel.subscribe(seen);
    pv.post(Float64Array.of(1, 2, 3));
    await turns();
    expect(channel.scalarType?.caCount).toBe(4);
    expect(seen.data.map((data) => (data.value as Float64Array).length)).toEqual([1, 3]);
    expect(seen.closed).toEqual([]);
  });

  it('loses its channel when the name is removed, and finds it again', () => {
    const { client, source, number } = setUp();
    const channel = client.channel('N');
    source.remove('N');
    expect([channel.state, number.attachedCount, channel.rights]).toEqual(['disconnected', 0, Rights.None]);
    source.add('N', number);
    expect([channel.state, number.attachedCount]).toEqual(['connected', 1]);
  });

  it('tells a finished monitor from a lost one', () => {
    const { client, source } = setUp();
    let end: () => void = () => {};
    const { served } = new SharedPv().open({ element: 'int32' });
    source.add('F', {
      ...served,
      monitor: (sink: { close(): void }) => {
        end = () => sink.close();
        return () => {};
      },
    } as typeof served);
    const seen = collect<Snapshot>();
    client.channel('F').subscribe(seen);
    end();
    expect(seen.closed).toEqual([undefined]);
  });

  it('rejects by time-out, signal and ifConnected, and then does nothing any more', async () => {
    const { client, clock, source } = setUp();
    const channel = client.channel('NONE');
    const put = channel.put(5, { timeoutMs: 100 });
    const controller = new AbortController();
    const get = channel.get({ signal: controller.signal });
    await turns();
    clock.advance(100);
    await expect(put).rejects.toMatchObject({
      code: EpicsErrorCode.Timeout,
      message: 'put to "NONE" timed out after 100 ms',
    });
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(get).rejects.toBe(reason);
    await expect(channel.get({ signal: controller.signal })).rejects.toBe(reason);
    await expect(channel.get({ ifConnected: true })).rejects.toMatchObject({
      code: EpicsErrorCode.Disconnected,
    });
    const late = SharedPv.mailbox({ element: 'int32', value: 0 });
    source.add('NONE', late);
    await turns();
    expect((late.fetch() as Snapshot).value).toBe(0);
  });

  it('refuses what the peer has no right to, and follows changes of the rights', async () => {
    let rights: number = Rights.Read;
    const changed: (() => void)[] = [];
    const { served } = SharedPv.mailbox({ element: 'int32' });
    const { source, client } = setUp();
    source.add('R', {
      ...served,
      rights: (peer: { user: string }) => (peer.user === 'me' ? rights : Rights.None),
      onRightsChange: (listener: () => void) => {
        changed.push(listener);
        return () => {};
      },
    } as typeof served);
    const mine = client.as(localPeer('me')).channel('R');
    const seen: number[] = [];
    mine.onRights((now) => seen.push(now));
    await expect(mine.put(1)).rejects.toMatchObject({ code: EpicsErrorCode.Access });
    await expect(client.channel('R').get()).rejects.toMatchObject({ code: EpicsErrorCode.Access });
    rights = Rights.ReadWrite;
    for (const listener of changed) listener();
    await mine.put(1);
    expect(seen).toEqual([Rights.ReadWrite]);
  });

  it('has no scalar face for a structure without a value', async () => {
    const { source, client } = setUp();
    source.add('T', new SharedPv().open(new Value(structType('', { a: 'int' }))));
    const channel = client.channel('T');
    expect(channel.scalarType).toBeUndefined();
    await expect(channel.get()).rejects.toMatchObject({ code: EpicsErrorCode.Type });
    const seen = collect<Snapshot>();
    channel.subscribe(seen);
    expect(seen.closed).toHaveLength(1);
    expect((await channel.getStruct()).get('a')).toBe(0);
  });

  it('iterates over updates and ends with the channel or the signal (ARC-D-23)', async () => {
    const { client, number } = setUp();
    const channel = client.channel('N');
    const controller = new AbortController();
    const feed = channel.monitor({ signal: controller.signal });
    number.post(2);
    expect((await feed.next()).value?.value).toBe(1);
    expect((await feed.next()).value?.value).toBe(2);
    controller.abort(new Error('enough'));
    await expect(feed.next()).rejects.toThrow('enough');
    const other = channel.monitor();
    await client.close();
    await other.next();
    await expect(other.next()).rejects.toMatchObject({ code: EpicsErrorCode.Closed });
    expect(channel.state).toBe('closed');
    expect(() => client.channel('N')).toThrow(expect.objectContaining({ code: EpicsErrorCode.Closed }));
  });

  it('detaches and is silent after dispose', async () => {
    const { client, number } = setUp();
    const channel = client.channel('N');
    const seen = collect<Snapshot>();
    channel.subscribe(seen);
    const stopped = collect<Snapshot>();
    channel.subscribe(stopped)();
    channel[Symbol.dispose]();
    channel[Symbol.dispose]();
    number.post(5);
    expect(number.attachedCount).toBe(0);
    expect(seen.data).toHaveLength(1);
    expect(seen.closed).toHaveLength(1);
    expect(stopped.closed).toHaveLength(0);
    await expect(channel.get()).rejects.toMatchObject({ code: EpicsErrorCode.Closed });
    const late = collect<Snapshot>();
    channel.subscribe(late);
    expect(late.closed).toHaveLength(1);
  });
});

describe('one-shot helpers (ARC-D-24)', () => {
  it('read, write and monitor by name', async () => {
    const { client, number } = setUp();
    await putOnce(client, 'N', 3, { wait: true });
    expect((await getOnce(client, 'N')).value).toBe(3);
    for await (const snapshot of monitorOnce(client, 'N')) {
      expect(snapshot.value).toBe(3);
      break;
    }
    expect(number.attachedCount).toBe(0);
  });

  it('read many names, each with its own result', async () => {
    const { client, clock } = setUp();
    const answer = getAll(client, ['N', 'NONE', 'S'], { timeoutMs: 10 });
    await turns();
    clock.advance(10);
    const results = await answer;
    expect([...results.keys()]).toEqual(['N', 'NONE', 'S']);
    expect(results.get('N')).toMatchObject({ value: 1 });
    expect(results.get('NONE')).toMatchObject({ code: EpicsErrorCode.Timeout });
    expect(results.get('S')).toMatchObject({ value: 2 });
  });
});
