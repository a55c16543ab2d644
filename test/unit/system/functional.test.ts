import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CaClient } from '../../../src/ca/index.ts';
import { SoftIoc } from '../../../src/ioc/index.ts';
import { ntScalarType, ntUriType } from '../../../src/nt/index.ts';
import {
  AlarmCondition,
  makeAlarm,
  makeTimeStamp,
  type PvChannel,
  Rights,
  SharedPv,
  type Snapshot,
} from '../../../src/pv/index.ts';
import { PvaClient } from '../../../src/pva/index.ts';
import { structType, Value } from '../../../src/pvdata/index.ts';
import { type Fabric, LoopbackFabric, type Protocol, type SystemServer, VirtualFabric } from './fabric.ts';

interface Watched {
  readonly updates: Snapshot[];
  readonly reasons: (Error | undefined)[];
  stop(): void;
}

function watch(channel: PvChannel, options: Parameters<PvChannel['subscribe']>[1] = {}): Watched {
  const updates: Snapshot[] = [];
  const reasons: (Error | undefined)[] = [];
  const stop = channel.subscribe(
    { update: (snapshot) => void updates.push(snapshot), close: (reason) => void reasons.push(reason) },
    options,
  );
  return { updates, reasons, stop };
}

const fabrics: readonly (readonly [string, () => Fabric])[] = [
  ['the virtual network', () => new VirtualFabric()],
  [
    'a virtual network that delays and splits',
    () => new VirtualFabric(5, { delayMs: 3, jitterMs: 4, maxSegmentBytes: 61 }),
  ],
  ['loopback', () => new LoopbackFabric()],
];
const protocols: readonly Protocol[] = ['ca', 'pva'];
const cases = fabrics.flatMap(([name, make]) => protocols.map((protocol) => [protocol, name, make] as const));

describe.each(cases)('ARC-S-11 our %s client and server over %s', (protocol, _name, make) => {
  let fabric: Fabric;
  let server: SystemServer;

  beforeEach(() => {
    fabric = make();
    server = fabric.server(protocol);
  });
  afterEach(() => fabric.close());

  const start = async (pvs: Readonly<Record<string, SharedPv>>): Promise<ReturnType<Fabric['client']>> => {
    for (const [name, pv] of Object.entries(pvs)) server.add(name, pv);
    await fabric.run(server.start());
    return fabric.client(protocol, server);
  };

  it('get brings value, alarm, time and metadata', async () => {
    const client = await start({
      'sys:x': SharedPv.mailbox({
        element: 'float64',
        value: 1.25,
        alarm: makeAlarm(2, AlarmCondition.HiHi),
        time: makeTimeStamp(1_700_000_000, 5000),
        meta: { units: 'mm', precision: 3, display: { low: -1, high: 9 } },
      }),
    });
    const channel = client.channel('sys:x', { meta: true });
    const snapshot = await fabric.run(channel.get());
    expect(snapshot.value).toBe(1.25);
    expect(snapshot.alarm.severity).toBe(2);
    expect(snapshot.time).toMatchObject({ seconds: 1_700_000_000, nanoseconds: 5000 });
    expect(snapshot.meta).toMatchObject({ units: 'mm', precision: 3, display: { low: -1, high: 9 } });
    expect(channel.state).toBe('connected');
    expect(channel.rights & Rights.ReadWrite).toBe(Rights.ReadWrite);
  });

  it('every kind of value arrives as it was served', async () => {
    const states = {
      'sys:i16': { element: 'int16', value: -7 },
      'sys:text': { element: 'string', value: 'grün' },
      'sys:state': { element: 'enum', value: 1, meta: { choices: ['off', 'on'] } },
      'sys:wave': { element: 'float64', value: new Float64Array([1, -2.5, 1e300]) },
      'sys:ints': { element: 'int32', value: new Int32Array([1, -2]) },
      'sys:texts': { element: 'string', value: ['a', '', 'c'] },
    } as const;
    const client = await start(
      Object.fromEntries(Object.entries(states).map(([name, state]) => [name, SharedPv.mailbox(state)])),
    );
    for (const [name, state] of Object.entries(states)) {
      const { value } = await fabric.run(client.channel(name).get());
      expect(value, name).toEqual(state.value);
    }
  });

  it('an array larger than every buffer arrives whole', async () => {
    const big = Float64Array.from({ length: 10_000 }, (_, i) => i * 0.5);
    const client = await start({ 'sys:big': SharedPv.mailbox({ element: 'float64', value: big }) });
    const { value } = await fabric.run(client.channel('sys:big').get());
    expect(value).toEqual(big);
  });

  it('put with wait answers after the handler is done, and get reads what was put', async () => {
    const order: string[] = [];
    const pv = new SharedPv({
      write: async (self, put) => {
        order.push('begun');
        await Promise.resolve();
        self.post(put);
        order.push('done');
      },
    }).open({ element: 'float64', value: 0 });
    const client = await start({ 'sys:x': pv });
    const channel = client.channel('sys:x');
    await fabric.run(channel.put(4.5, { wait: true }).then(() => order.push('answered')));
    expect(order).toEqual(['begun', 'done', 'answered']);
    expect((await fabric.run(channel.get())).value).toBe(4.5);
  });

  it('puts of one channel arrive in order', async () => {
    const puts: unknown[] = [];
    const pv = new SharedPv({ write: (_self, put) => void puts.push(put) }).open({
      element: 'int32',
      value: 0,
    });
    const client = await start({ 'sys:n': pv });
    const channel = client.channel('sys:n');
    await fabric.run(channel.ready());
    const sent = Array.from({ length: 20 }, (_, i) => channel.put(i, { wait: true }));
    await fabric.run(Promise.all(sent));
    expect(puts).toEqual(Array.from({ length: 20 }, (_, i) => i));
  });

  it('a refused put rejects, and the channel lives on', async () => {
    const client = await start({ 'sys:ro': SharedPv.readonly({ element: 'float64', value: 3 }) });
    const channel = client.channel('sys:ro');
    await expect(fabric.run(channel.put(1, { wait: true }))).rejects.toThrow();
    expect((await fabric.run(channel.get())).value).toBe(3);
  });

  it('a name that nobody has times out', async () => {
    const client = await start({});
    await expect(fabric.run(client.channel('sys:none').get({ timeoutMs: 300 }))).rejects.toMatchObject({
      code: 'EPICS_TIMEOUT',
    });
  });

  it('a monitor gets the present value, then each change in order, and nothing after its stop', async () => {
    const pv = SharedPv.mailbox({ element: 'int32', value: 0 });
    const client = await start({ 'sys:m': pv });
    const channel = client.channel('sys:m');
    const watched = watch(channel);
    await fabric.until(() => watched.updates.length === 1);
    for (let i = 1; i <= 3; i++) {
      pv.post(i);
      await fabric.until(() => watched.updates.length === i + 1);
    }
    expect(watched.updates.map((update) => update.value)).toEqual([0, 1, 2, 3]);
    watched.stop();
    pv.post(99);
    await fabric.run(channel.get());
    expect(watched.updates).toHaveLength(4);
    expect(watched.reasons).toEqual([]);
  });

  it('an alarm that comes and goes reaches a monitor of alarms', async () => {
    const pv = SharedPv.mailbox({ element: 'float64', value: 1 });
    const client = await start({ 'sys:a': pv });
    const watched = watch(client.channel('sys:a'));
    await fabric.until(() => watched.updates.length === 1);
    pv.post({ alarm: makeAlarm(1, AlarmCondition.High) });
    await fabric.until(() => watched.updates.length === 2);
    expect(watched.updates.map((update) => update.alarm.severity)).toEqual([0, 1]);
  });

  it('a loop over a monitor ends with break and lets go of the PV', async () => {
    const pv = SharedPv.mailbox({ element: 'int32', value: 7 });
    const client = await start({ 'sys:l': pv });
    const channel = client.channel('sys:l');
    const first = await fabric.run(
      (async () => {
        for await (const snapshot of channel.monitor()) return snapshot.value;
        return undefined;
      })(),
    );
    expect(first).toBe(7);
    expect(pv.attachedCount).toBe(1);
    channel[Symbol.dispose]();
    await fabric.until(() => pv.attachedCount === 0);
  });

  it('two clients see the puts of each other', async () => {
    const pv = SharedPv.mailbox({ element: 'float64', value: 0 });
    const client = await start({ 'sys:s': pv });
    const other = fabric.client(protocol, server);
    const watched = watch(other.channel('sys:s'));
    await fabric.until(() => watched.updates.length === 1);
    await fabric.run(client.channel('sys:s').put(8, { wait: true }));
    await fabric.until(() => watched.updates.length === 2);
    expect(watched.updates[1]?.value).toBe(8);
    expect(pv.attachedCount).toBe(2);
  });

  it('a signal ends a call under way with its reason', async () => {
    const client = await start({});
    const controller = new AbortController();
    const call = client.channel('sys:none').get({ signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(fabric.run(call)).rejects.toThrow('enough');
  });

  it('calls on a closed client reject with EPICS_CLOSED', async () => {
    const client = await start({ 'sys:x': SharedPv.mailbox({ element: 'int32', value: 1 }) });
    const channel = client.channel('sys:x');
    await fabric.run(channel.get());
    const pending = client.channel('sys:none').get();
    pending.catch(() => undefined);
    await fabric.run(Promise.resolve(client[Symbol.asyncDispose]()));
    await expect(fabric.run(pending)).rejects.toMatchObject({ code: 'EPICS_CLOSED' });
    await expect(fabric.run(channel.get())).rejects.toMatchObject({ code: 'EPICS_CLOSED' });
    expect(() => client.channel('sys:x')).toThrow(/closed/);
  });

  it('a PV that closes disconnects its channels; opened with another type they come back', async () => {
    const pv = SharedPv.mailbox({ element: 'int32', value: 1 });
    const client = await start({ 'sys:o': pv });
    const channel = client.channel('sys:o');
    const watched = watch(channel);
    await fabric.until(() => watched.updates.length === 1);
    pv.close();
    pv.open({ element: 'string', value: 'other' });
    await fabric.until(() => watched.updates.some((update) => update.value === 'other'));
    expect((await fabric.run(channel.get())).value).toBe('other');
  });

  it('a server that closes and starts again gets its channels and monitors back', async () => {
    const pv = SharedPv.mailbox({ element: 'int32', value: 1 });
    const client = await start({ 'sys:r': pv });
    const channel = client.channel('sys:r');
    const states: string[] = [];
    channel.onState((state) => void states.push(state));
    const watched = watch(channel);
    await fabric.until(() => watched.updates.length === 1);
    const at = server.ports;
    await fabric.run(server.close());
    await fabric.until(() => states.includes('disconnected'));
    await expect(fabric.run(channel.get({ ifConnected: true }))).rejects.toMatchObject({
      code: 'EPICS_DISCONNECTED',
    });
    pv.post(2);
    server = fabric.server(protocol, at);
    server.add('sys:r', pv);
    await fabric.run(server.start());
    await fabric.until(() => watched.updates.at(-1)?.value === 2);
    expect(states).toContain('disconnected');
    expect(channel.state).toBe('connected');
    expect(watched.reasons).toEqual([]);
  });
});

describe.each(fabrics)('ARC-S-11 structures over %s', (_name, make) => {
  let fabric: Fabric;
  beforeEach(() => {
    fabric = make();
  });
  afterEach(() => fabric.close());

  it('getStruct, putStruct and subscribeStruct keep the type and say what changed', async () => {
    const desc = structType('epics:test/1.0', {
      value: 'double',
      note: 'string',
      rest: structType('', { n: 'int' }),
    });
    const pv = SharedPv.mailbox(Value.from(desc, { value: 1, note: 'a', rest: { n: 3 } }));
    const server = fabric.server('pva');
    server.add('sys:st', pv);
    await fabric.run(server.start());
    const channel = fabric.client('pva', server).channel('sys:st');
    const value = await fabric.run(channel.getStruct());
    expect(value.desc.id).toBe('epics:test/1.0');
    expect(value.toObject()).toEqual({ value: 1, note: 'a', rest: { n: 3 } });
    const changes: string[][] = [];
    channel.subscribeStruct({
      update: (update) => void changes.push([...update.marked()]),
      close: () => undefined,
    });
    await fabric.until(() => changes.length === 1);
    const put = value.emptyClone();
    put.set('rest.n', 4);
    await fabric.run(channel.putStruct(put));
    await fabric.until(() => changes.length === 2);
    expect(changes[1]).toEqual(['rest.n']);
    expect((await fabric.run(channel.getStruct())).get('rest.n')).toBe(4);
  });

  it('a call brings arguments there and the result back, or the error', async () => {
    const reply = structType('', { sum: 'double' });
    const pv = new SharedPv({
      call: (_self, args) => {
        const a = args?.get('query.a');
        const b = args?.get('query.b');
        if (typeof a !== 'number' || typeof b !== 'number') throw new Error('a and b are needed');
        return Value.from(reply, { sum: a + b });
      },
    });
    const server = fabric.server('pva');
    server.add('sys:sum', pv);
    await fabric.run(server.start());
    const channel = fabric.client('pva', server).channel('sys:sum');
    const args = Value.from(ntUriType({ a: 'double', b: 'double' }), {
      path: 'sys:sum',
      query: { a: 1, b: 2 },
    });
    expect((await fabric.run(channel.call(args)))?.get('sum')).toBe(3);
    await expect(fabric.run(channel.call(null))).rejects.toThrow('a and b are needed');
  });

  it('ARC-D-23 a reader that falls behind gets what was merged, ends on the newest, and can count what it missed', async () => {
    const pv = SharedPv.mailbox(Value.from(ntScalarType('int'), { value: 0 }));
    const server = fabric.server('pva');
    server.add('sys:q', pv);
    await fabric.run(server.start());
    const channel = (fabric.client('pva', server) as PvaClient).channel('sys:q');
    const watched = watch(channel);
    const feed = channel.monitor({ queueSize: 4 });
    const first = await fabric.run(feed.next());
    expect(first.value?.value).toBe(0);
    for (let i = 1; i <= 50; i++) pv.post({ value: i });
    await fabric.until(() => watched.updates.at(-1)?.value === 50);
    const values: number[] = [];
    while (values.at(-1) !== 50) {
      const next = await fabric.run(feed.next());
      values.push(Number(next.value?.value));
    }
    expect(values.length).toBeLessThan(50);
    expect(values).toEqual([...values].sort((a, b) => a - b));
    expect(feed.dropped).toBe(50 - values.length);
    await feed.return();
  });
});

describe.each(fabrics)('ARC-S-11 a soft IOC over %s', (name, make) => {
  let fabric: Fabric;
  beforeEach(() => {
    fabric = make();
  });
  afterEach(() => fabric.close());

  it('a record put through one protocol is seen through the other, with its alarm', async () => {
    const isReal = name === 'loopback';
    const network = fabric.serverNetwork;
    const ioc = isReal ? SoftIoc.isolated({ network }) : new SoftIoc({ network, env: {} });
    ioc.database.addRecord('ao', 'SYS:SP', {
      VAL: 1,
      EGU: 'V',
      PREC: 2,
      HIGH: 5,
      HSV: 'MINOR',
      DRVH: 10,
      DRVL: 0,
    });
    await fabric.run(ioc.start());
    const clientNetwork = fabric instanceof VirtualFabric ? fabric.clientHost : network;
    const { ports } = ioc;
    const to = (port: number): object =>
      isReal ? { addrList: [`127.0.0.1:${port}`], autoAddrList: false } : {};
    const ca = new CaClient({ network: clientNetwork, repeater: 'off', ...to(ports.caUdp) });
    const pva = new PvaClient(
      { listenBeacons: !isReal, ...to(ports.pvaUdp) },
      { network: clientNetwork, env: {} },
    );
    try {
      const watched = watch(pva.channel('SYS:SP'));
      await fabric.until(() => watched.updates.length === 1);
      await fabric.run(ca.put('SYS:SP', 7, { wait: true }));
      await fabric.until(() => watched.updates.at(-1)?.value === 7);
      const last = watched.updates.at(-1);
      expect(last?.alarm).toMatchObject({ severity: 1, ntStatus: 1 });
      expect(last?.meta).toMatchObject({ units: 'V', precision: 2 });
      await fabric.run(pva.put('SYS:SP', 12));
      const snapshot = await fabric.run(ca.get('SYS:SP'));
      expect(snapshot.value).toBe(10);
      expect((await fabric.run(ca.get('SYS:SP.EGU'))).value).toBe('V');
      expect((await fabric.run(pva.get('SYS:SP.DESC'))).value).toBe('');
    } finally {
      await fabric.run(Promise.all([ca.close(), pva.close()]));
      await fabric.run(ioc.close());
    }
  });
});
