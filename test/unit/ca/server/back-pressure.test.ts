import { describe, expect, test } from 'vitest';
import { DBR_DOUBLE, encodeWrite, writeHeader } from '../../../../src/ca/index.ts';
import { BytesWriter } from '../../../../src/util/index.ts';
import { Bench, type RawClient, scalarType, TestPv } from './helpers.ts';

const ELEMENTS = 20_000;
const big = (): TestPv =>
  new TestPv('BIG', scalarType('float64', ELEMENTS), new Float64Array(ELEMENTS).fill(1));

/** Values of the updates of one subscription, arrays by their first element. */
function updates(client: RawClient, id: number): number[] {
  return client.recorder.commands.flatMap((command) =>
    command.type === 'eventAdd' && command.subscriptionId === id
      ? [new DataView(command.payload.buffer, command.payload.byteOffset).getFloat64(0)]
      : [],
  );
}

describe('a client that does not read', () => {
  test('CA-V10 keeps bounded queues, and the last values arrive when it reads again', async () => {
    const scalar = new TestPv('PV', scalarType('float64'), 0);
    const array = big();
    const bench = await new Bench().start(scalar, array);
    const client = await bench.client();
    const sid = await bench.open(client, 1, 'PV');
    const bigSid = await bench.open(client, 2, 'BIG');
    await bench.ask(client, (c) => {
      c.eventAdd(sid, 1, DBR_DOUBLE, 1, 1);
      c.eventAdd(bigSid, 2, DBR_DOUBLE, 0, 1);
    });
    client.stream.pause();
    for (let i = 1; i <= 400; i++) {
      array.post(new Float64Array(ELEMENTS).fill(i));
      scalar.post(i);
      await bench.run(1);
    }
    const [connection] = bench.server.report().connections;
    expect(connection?.isBlocked).toBe(true);
    const [scalarReport, arrayReport] = connection?.channels.map((channel) => channel.subscriptions[0]) ?? [];
    expect(scalarReport?.queued).toBeLessThanOrEqual(64);
    expect(scalarReport?.dropped).toBeGreaterThan(0);
    // 160 kB each: the byte budget of the circuit allows about 26.
    expect(arrayReport?.queued).toBeLessThanOrEqual(27);
    expect(connection?.pendingBytes).toBeLessThan(2 * 1024 * 1024);
    client.stream.resume();
    await bench.run(200);
    expect(updates(client, 1).at(-1)).toBe(400);
    expect(updates(client, 2).at(-1)).toBe(400);
    const seen = updates(client, 1);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    await bench.close();
  });

  test('does not slow another client down', async () => {
    const array = big();
    const bench = await new Bench().start(array);
    const slow = await bench.client();
    const fast = await bench.client();
    for (const client of [slow, fast]) {
      const sid = await bench.open(client, 1, 'BIG');
      await bench.ask(client, (c) => c.eventAdd(sid, 1, DBR_DOUBLE, 0, 1));
    }
    slow.stream.pause();
    for (let i = 2; i <= 50; i++) {
      array.post(new Float64Array(ELEMENTS).fill(i));
      await bench.run(2);
    }
    expect(updates(fast, 1)).toEqual(Array.from({ length: 49 }, (_, i) => i + 2));
    await bench.close();
  });

  test('CA-R5 is not read either once 1 MiB waits for it: requests cannot pile up replies', async () => {
    const array = big();
    const bench = await new Bench().start(array);
    const client = await bench.client();
    const sid = await bench.open(client, 1, 'BIG');
    const w = new BytesWriter(64 * 1024, false);
    for (let ioid = 0; ioid < 300; ioid++) writeHeader(w, 15, DBR_DOUBLE, 0, sid, ioid, 0);
    client.stream.pause();
    client.sendBytes(w.toBytes());
    await bench.run(50);
    const { pendingBytes } = bench.server.report().connections[0] ?? { pendingBytes: Number.NaN };
    // One reply may be under way beyond the limit.
    expect(pendingBytes).toBeLessThan(1024 * 1024 + 2 * 8 * ELEMENTS);
    expect(array.reads).toBeLessThan(20);
    client.stream.resume();
    await bench.run(2000);
    const replies = client.recorder.commands.filter((command) => command.type === 'readNotify');
    expect(replies.map((reply) => reply.type === 'readNotify' && reply.ioid)).toEqual(
      Array.from({ length: 300 }, (_, i) => i),
    );
    await bench.close();
  });

  test('CA-V15 is dropped after sendTimeoutMs', async () => {
    const array = big();
    const bench = await new Bench({ sendTimeoutMs: 10_000 }).start(array);
    const client = await bench.client();
    const sid = await bench.open(client, 1, 'BIG');
    await bench.ask(client, (c) => c.eventAdd(sid, 1, DBR_DOUBLE, 0, 1));
    client.stream.pause();
    for (let i = 0; i < 4; i++) array.post(new Float64Array(ELEMENTS).fill(i));
    await bench.run(9000);
    expect(bench.server.stats().connections).toBe(1);
    await bench.run(2000);
    expect(bench.server.stats()).toMatchObject({ connections: 0, subscriptions: 0 });
    expect(array.sinks.size).toBe(0);
    await bench.close();
  });
});

describe('a client that asks too much', () => {
  test('CA-R2 is not read while maxPending of its writes are under way', async () => {
    const pv = new TestPv('PV', scalarType('float64'), 0);
    const finish: (() => void)[] = [];
    pv.onWrite = () => new Promise((resolve) => void finish.push(resolve));
    const bench = await new Bench({ maxPending: 10 }).start(pv);
    const client = await bench.client();
    const sid = await bench.open(client, 1, 'PV');
    await bench.ask(client, (c) => {
      for (let ioid = 0; ioid < 30; ioid++) {
        c.writeNotify(sid, ioid, DBR_DOUBLE, 1, encodeWrite(DBR_DOUBLE, ioid));
      }
    });
    expect(pv.writes).toHaveLength(10);
    while (finish.length > 0) {
      finish.shift()?.();
      await bench.run();
    }
    expect(pv.writes).toHaveLength(30);
    expect(client.recorder.take()).toHaveLength(30);
    await bench.close();
  });

  test('CA-R2 has at most maxSubscriptions subscriptions', async () => {
    const bench = await new Bench({ maxSubscriptions: 2 }).start(new TestPv('PV', scalarType('float64'), 0));
    const client = await bench.client();
    const sid = await bench.open(client, 1, 'PV');
    const replies = await bench.ask(client, (c) => {
      for (const id of [1, 2, 3, 2]) c.eventAdd(sid, id, DBR_DOUBLE, 1, 1);
    });
    expect(replies.map((reply) => reply.type)).toEqual(['eventAdd', 'eventAdd', 'error', 'error']);
    await bench.close();
  });

  test('section 20: a circuit that breaks the framing is closed, others go on', async () => {
    const pv = new TestPv('PV', scalarType('float64'), 0);
    const bench = await new Bench().start(pv);
    const bad = await bench.client();
    const good = await bench.client();
    const sid = await bench.open(good, 1, 'PV');
    bad.sendBytes(Uint8Array.of(0, 15, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
    await bench.run(1000);
    expect(bad.isEnded).toBe(true);
    expect(bad.recorder.commands).toMatchObject([{ type: 'error' }]);
    expect(bench.server.stats().connections).toBe(1);
    expect(await bench.ask(good, (c) => c.readNotify(sid, 1, DBR_DOUBLE, 1))).toHaveLength(1);
    await bench.close();
  });
});
