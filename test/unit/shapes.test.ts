import { setFlagsFromString } from 'node:v8';
import { runInThisContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { type CaChannel, CaClient, CaServer } from '../../src/ca/index.ts';
import {
  type Alarm,
  emptyMetadata,
  LocalClient,
  makeAlarm,
  makeSnapshot,
  makeTimeStamp,
  SharedPv,
  type Snapshot,
  StaticSource,
  type TimeStamp,
} from '../../src/pv/index.ts';
import { PvaClient, PvaServer } from '../../src/pva/index.ts';
import { decodeValue, encodeValue, structType, TypeCache, Value } from '../../src/pvdata/index.ts';
import { VirtualNetwork } from '../../src/testing/index.ts';
import { BytesReader, BytesWriter } from '../../src/util/index.ts';

setFlagsFromString('--allow-natives-syntax');
// The text is compiled here, after the flag was set.
const haveSameMap = runInThisContext('(a, b) => %HaveSameMap(a, b)') as (a: object, b: object) => boolean;

/** All objects have one hidden class, so that code which handles them stays monomorphic. */
function expectOneShape(objects: Readonly<Record<string, object>>): void {
  const [[firstName, first], ...rest] = Object.entries(objects) as [[string, object], ...[string, object][]];
  const different = rest.filter(([, other]) => !haveSameMap(first, other)).map(([name]) => name);
  expect(different, `other shape than ${firstName}`).toEqual([]);
}

interface World {
  readonly network: VirtualNetwork;
  run<T>(promise: Promise<T>): Promise<T>;
  readonly ca: CaClient;
  readonly pva: PvaClient;
  close(): Promise<void>;
}

async function makeWorld(pvs: Readonly<Record<string, SharedPv>>): Promise<World> {
  const network = new VirtualNetwork();
  const serverHost = network.host('server', { addresses: ['10.0.0.1/24'] });
  const clientHost = network.host('client', { addresses: ['10.0.0.2/24'] });
  const servers = [
    new CaServer({ network: serverHost }),
    new PvaServer({}, { network: serverHost, env: {} }),
  ] as const;
  for (const [name, pv] of Object.entries(pvs)) for (const server of servers) server.add(name, pv);
  const ca = new CaClient({ network: clientHost, repeater: 'off' });
  const pva = new PvaClient({}, { network: clientHost, env: {} });
  const run = async <T>(promise: Promise<T>): Promise<T> => {
    let isSettled = false;
    const settled = (): void => {
      isSettled = true;
    };
    promise.then(settled, settled);
    await network.clock.until(() => isSettled, 60_000);
    return promise;
  };
  for (const server of servers) await run(server.start().then(() => undefined));
  return {
    network,
    run,
    ca,
    pva,
    close: () => run(Promise.all([...servers, ca, pva].map((part) => part.close())).then(() => undefined)),
  };
}

const alarm: Alarm = makeAlarm(1, 3, 'too high');

function scalarPv(value: number): SharedPv {
  return SharedPv.mailbox({ element: 'float64', value, alarm, meta: { units: 'mm' } });
}

/** The last update that a local client, the server side of everything, is given. */
async function serverMade(pv: SharedPv): Promise<Snapshot> {
  const source = new StaticSource('shapes');
  source.add('X', pv);
  await using client = new LocalClient(source);
  return await client.channel('X').get();
}

async function snapshotsOfAllMakers(): Promise<Record<string, Snapshot>> {
  const pv = scalarPv(1.5);
  const desc = structType('', { value: 'double', alarm: structType('alarm_t', { severity: 'int' }) });
  const struct = SharedPv.mailbox(Value.from(desc, { value: 2.5, alarm: { severity: 1 } }));
  const world = await makeWorld({ 'shape:x': pv, 'shape:s': struct });
  try {
    const opened = await serverMade(pv);
    // A literal in another order of keys, as users write them.
    pv.post({
      time: { userTag: 0, nanoseconds: 2, seconds: 1 },
      value: 3.5,
      alarm: { ntStatus: -1, condition: 3, message: 'high', severity: 1 },
    });
    const foreign = await serverMade(pv);
    pv.post(4);
    return {
      made: makeSnapshot(1.5, makeAlarm(2, 4), makeTimeStamp(5, 6), emptyMetadata),
      text: makeSnapshot('text', makeAlarm(2, 4), makeTimeStamp(5, 6), emptyMetadata),
      opened,
      foreign,
      posted: await serverMade(pv),
      'from CA': await world.run(world.ca.get('shape:x')),
      'from CA with metadata': await world.run(world.ca.get('shape:x', { meta: true })),
      'from PVA': await world.run(world.pva.get('shape:x')),
      'from a structure': await serverMade(struct),
      'from a structure by CA': await world.run(world.ca.get('shape:s')),
    };
  } finally {
    await world.close();
  }
}

describe('ARC-P-17 hot objects have one hidden class each, wherever they were made', () => {
  test('Snapshot, Alarm and TimeStamp', async () => {
    // V8 widens the representation of a field when it first meets a fraction or a text there: one round comes first.
    await snapshotsOfAllMakers();
    const snapshots = await snapshotsOfAllMakers();
    const alarms: Record<string, Alarm> = { made: makeAlarm(1, 3) };
    const times: Record<string, TimeStamp> = { made: makeTimeStamp(1, 2) };
    for (const [name, snapshot] of Object.entries(snapshots)) {
      alarms[name] = snapshot.alarm;
      times[name] = snapshot.time;
    }
    expectOneShape(snapshots);
    expectOneShape(alarms);
    expectOneShape(times);
  });

  test('Value, whether made, decoded, cloned, posted or received', async () => {
    const desc = structType('t', { value: 'double', text: 'string' });
    const pv = SharedPv.mailbox(Value.from(desc, { value: 1.5, text: 'a' }));
    const world = await makeWorld({ 'shape:v': pv });
    try {
      const take = async (): Promise<Record<string, Value>> => {
        const made = Value.from(desc, { value: 1.5, text: 'a' });
        const writer = new BytesWriter();
        encodeValue(writer, made);
        const channel = world.pva.channel('shape:v');
        const received = await world.run(channel.getStruct());
        channel[Symbol.dispose]();
        return {
          made,
          empty: new Value(desc),
          decoded: decodeValue(new BytesReader(writer.toBytes()), desc, new TypeCache()),
          clone: made.clone(),
          emptyClone: made.emptyClone(),
          received,
        };
      };
      await take();
      expectOneShape(await take());
    } finally {
      await world.close();
    }
  });

  test('channels of one client', async () => {
    const world = await makeWorld({ 'shape:a': scalarPv(1), 'shape:b': scalarPv(2.5) });
    try {
      const connected = world.ca.channel('shape:a');
      await world.run(connected.ready());
      const caChannels: Record<string, CaChannel> = {
        connected,
        other: world.ca.channel('shape:b', { meta: true }),
        missing: world.ca.channel('shape:none'),
      };
      expectOneShape(caChannels);
      const found = world.pva.channel('shape:a');
      await world.run(found.ready());
      expectOneShape({ found, missing: world.pva.channel('shape:none') });
    } finally {
      await world.close();
    }
  });

  test('the check itself tells shapes apart', () => {
    expect(haveSameMap({ a: 1, b: 2 }, { b: 2, a: 1 })).toBe(false);
    expect(() => expectOneShape({ one: { a: 1 }, two: { b: 1 } })).toThrow(/other shape than one/);
  });
});
