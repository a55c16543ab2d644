import { afterEach, describe, expect, it } from 'vitest';
import { ntScalarArrayType, ntScalarType } from '../../../../src/nt/index.ts';
import {
  type MonitorContext,
  Rights,
  type ServedStructPv,
  SharedPv,
  type UpdateSink,
} from '../../../../src/pv/index.ts';
import { CMD_MONITOR, SUB_PIPELINE } from '../../../../src/pva/core/index.ts';
import { Value } from '../../../../src/pvdata/index.ts';
import { noStop } from '../../../../src/util/index.ts';
import { Bench, okStatus, type RawClient } from './harness.ts';

const int = ntScalarType('int');

let bench: Bench;
afterEach(async () => {
  await bench.run(bench.server.close());
});

async function counter(): Promise<{ pv: SharedPv; client: RawClient; post: (value: number) => void }> {
  bench = await Bench.started();
  const pv = bench.add('n', Value.from(int, { value: 0 }));
  const client = await bench.client();
  return { pv, client, post: (value) => pv.post({ value }) };
}

/** A PV whose monitor a test drives. */
function driven(
  initial: Value,
): ServedStructPv & { sinks: UpdateSink<Value>[]; contexts: MonitorContext[]; stops: number } {
  const pv = {
    name: 'x',
    type: { kind: 'struct' as const, desc: initial.desc },
    sinks: [] as UpdateSink<Value>[],
    contexts: [] as MonitorContext[],
    stops: 0,
    rights: () => Rights.All,
    onClose: () => noStop,
    read: () => initial,
    monitor: (sink: UpdateSink<Value>, context: MonitorContext) => {
      pv.sinks.push(sink);
      pv.contexts.push(context);
      sink.update(initial, 15);
      return () => void pv.stops++;
    },
  };
  return pv;
}

describe('MONITOR', () => {
  it('PVA-W-64 sends nothing before start, then everything once, then changes', async () => {
    const { client, post } = await counter();
    const monitor = await client.monitor('n');
    await client.settle();
    expect(monitor.updates).toEqual([]);
    monitor.start();
    await client.settle();
    expect(monitor.values()).toEqual([0]);
    post(1);
    await client.settle();
    post(2);
    await client.settle();
    expect(monitor.values()).toEqual([0, 1, 2]);
    expect(monitor.updates[1]?.changed).toContain('value');
    expect(monitor.updates[1]?.changed).not.toContain('alarm.severity');
    expect(monitor.updates.every((update) => update.overrun.length === 0)).toBe(true);
  });

  it('PVA-W-61 INIT with 88 is answered with 08', async () => {
    const { client } = await counter();
    const sid = await client.open('n');
    await client.init(CMD_MONITOR, sid, 'record[pipeline=true]', 4);
    expect(client.all('initReply')).toHaveLength(1);
  });

  it('stop holds updates back, start sends what changed since (PVA-W-64)', async () => {
    const { client, post } = await counter();
    const monitor = await client.monitor('n', 'record[queueSize=10]');
    monitor.start();
    await client.settle();
    monitor.stop();
    await client.settle();
    post(1);
    post(2);
    await client.settle();
    expect(monitor.values()).toEqual([0]);
    monitor.start();
    await client.settle();
    expect(monitor.values()).toEqual([0, 1, 2]);
  });

  it('PVA-W-65 a full queue merges into its newest entry: newest value, all marks, overrun for what changed twice', async () => {
    const { client, post, pv } = await counter();
    const monitor = await client.monitor('n', 'record[queueSize=2]');
    monitor.start();
    await client.settle();
    monitor.stop();
    await client.settle();
    post(1);
    post(2);
    pv.post({ alarm: { severity: 1 } });
    post(3);
    monitor.start();
    await client.settle();
    expect(monitor.values()).toEqual([0, 1, 3]);
    const merged = monitor.updates[2];
    expect(merged?.changed).toEqual(expect.arrayContaining(['value', 'alarm.severity']));
    expect(merged?.overrun).toContain('value');
    expect(merged?.overrun).not.toContain('alarm.severity');
    expect(merged?.value.get('alarm.severity')).toBe(1);
  });

  it('a selection sees only its fields, and nothing when they did not change', async () => {
    bench = await Bench.started();
    const pv = bench.add('n', Value.from(int, { value: 0, alarm: { severity: 0, status: 0, message: '' } }));
    const client = await bench.client();
    const monitor = await client.monitor('n', 'field(alarm)');
    monitor.start();
    await client.settle();
    pv.post({ value: 1 });
    pv.post({ alarm: { severity: 2, message: 'HIGH' } });
    await client.settle();
    expect(monitor.updates.map((update) => update.changed)).toEqual([
      ['alarm.severity', 'alarm.status', 'alarm.message'],
      ['alarm.severity', 'alarm.message'],
    ]);
  });

  it('PVA-S-17 an update is encoded once for subscribers with the same selection', async () => {
    bench = await Bench.started();
    const array = ntScalarArrayType('double');
    const pv = bench.add('w', Value.from(array, { value: new Float64Array(1000) }));
    const client = await bench.client();
    const monitors = [
      await client.monitor('w'),
      await client.monitor('w'),
      await client.monitor('w', 'field(value)'),
    ];
    for (const monitor of monitors) monitor.start();
    await client.settle();
    pv.post({ value: new Float64Array(1000).fill(3) });
    await client.settle();
    for (const monitor of monitors) {
      expect(monitor.updates).toHaveLength(2);
      const wave = monitor.updates[1]?.value.get('value');
      expect(wave instanceof Float64Array && wave[999]).toBe(3);
    }
  });

  it('the option DBE becomes the event mask, the pvRequest reaches the PV (ARC-D-4)', async () => {
    bench = await Bench.started();
    const pv = { ...driven(Value.from(int, { value: 1 })), monitorKey: () => undefined };
    const contexts: MonitorContext[] = [];
    bench.server.add('x', {
      ...pv,
      monitor: (sink: UpdateSink<Value>, context: MonitorContext) => {
        contexts.push(context);
        return pv.monitor(sink, context);
      },
    });
    const client = await bench.client({ user: 'me', host: 'here' });
    (await client.monitor('x')).start();
    (await client.monitor('x', 'record[DBE=ALARM]')).start();
    await client.settle();
    expect(contexts.map((context) => [context.mask, context.peer.user])).toEqual([
      [13, 'me'],
      [12, 'me'],
    ]);
    expect(contexts[1]?.pvRequest).toBeInstanceOf(Value);
  });

  it('destroy by sub-command 10 ends the subscription', async () => {
    bench = await Bench.started();
    const pv = driven(Value.from(int, { value: 1 }));
    bench.server.add('x', pv);
    const client = await bench.client();
    const monitor = await client.monitor('x');
    monitor.start();
    await client.settle();
    client.connection.writeMessage(CMD_MONITOR, (writer) => {
      writer.u32(monitor.sid);
      writer.u32(monitor.ioid);
      writer.u8(0x10);
    });
    await client.settle();
    expect(pv.stops).toBe(1);
    pv.sinks[0]?.update(Value.from(int, { value: 2 }), 1);
    await client.settle();
    expect(monitor.values()).toEqual([1]);
    expect(bench.server.stats().operations).toBe(0);
  });

  it('sink.close() finishes: status OK behind the last update; with a reason an error (PVA-S-7)', async () => {
    bench = await Bench.started();
    const pv = driven(Value.from(int, { value: 1 }));
    bench.server.add('x', pv);
    const client = await bench.client();
    const first = await client.monitor('x');
    first.start();
    await client.settle();
    pv.sinks[0]?.update(Value.from(int, { value: 2 }), 1);
    pv.sinks[0]?.close();
    await client.settle();
    expect(first.values()).toEqual([1, 2]);
    expect(first.end).toEqual(okStatus);
    const second = await client.monitor('x');
    second.start();
    await client.settle();
    pv.sinks[1]?.close(new Error('upstream lost'));
    await client.settle();
    expect(second.end).toEqual({ type: 2, message: 'upstream lost', callTree: '' });
    expect(bench.server.stats().operations).toBe(0);
  });

  it('a post that does not fit its type ends that subscription with an error and nothing else', async () => {
    bench = await Bench.started();
    const pv = driven(Value.from(int, { value: 1 }));
    bench.server.add('x', pv);
    bench.add('n', Value.from(int, { value: 5 }));
    const client = await bench.client();
    const bad = await client.monitor('x');
    const good = await client.monitor('n');
    bad.start();
    good.start();
    await client.settle();
    const broken = Value.from(int, { value: 1 });
    broken.put(1, Symbol('x'));
    pv.sinks[0]?.update(broken, 1);
    await client.settle();
    expect(bad.end).toMatchObject({ type: 2 });
    expect(good.values()).toEqual([5]);
    expect(client.isClosed).toBe(false);
  });

  it('a queueSize that cannot be used is told as MESSAGE, and the default is used (PVA-9.3)', async () => {
    const { client } = await counter();
    const monitor = await client.monitor('n', 'record[queueSize=1]');
    expect(client.all('message')).toEqual([
      {
        type: 'message',
        ioid: monitor.ioid,
        level: 1,
        text: 'Unable to use record._options.queueSize : string = "1"\n',
      },
    ]);
    const report = bench.server.report()['connections'] as { channels: { operations: unknown[] }[] }[];
    expect(report[0]?.channels[0]?.operations[0]).toMatchObject({ queueSize: 4, command: 'MONITOR' });
  });
});

describe('MONITOR with flow control (PVA-W-67, PVA-W-70)', () => {
  it('sends as many updates as the client has announced places', async () => {
    const { client, post } = await counter();
    const monitor = await client.monitor('n', 'record[pipeline=true,queueSize=10]', 2);
    monitor.start();
    await client.settle();
    for (let i = 1; i <= 5; i++) post(i);
    await client.settle();
    expect(monitor.values()).toEqual([0, 1]);
    monitor.ack(1);
    await client.settle();
    expect(monitor.values()).toEqual([0, 1, 2]);
    monitor.ack(100);
    await client.settle();
    expect(monitor.values()).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('holds the newest when the window stays closed longer than the queue', async () => {
    const { client, post } = await counter();
    const monitor = await client.monitor('n', 'record[pipeline=true,queueSize=2]', 1);
    monitor.start();
    await client.settle();
    for (let i = 1; i <= 9; i++) post(i);
    monitor.ack(10);
    await client.settle();
    expect(monitor.values()).toEqual([0, 1, 9]);
  });

  it('INIT without window waits for the first acknowledgement', async () => {
    const { client } = await counter();
    const monitor = await client.monitor('n', 'record[pipeline=true]');
    monitor.start();
    await client.settle();
    expect(monitor.updates).toEqual([]);
    monitor.ack(1);
    await client.settle();
    expect(monitor.values()).toEqual([0]);
  });

  it('pipeline is decided by the option alone: an acknowledgement without it means nothing', async () => {
    const { client, post } = await counter();
    const monitor = await client.monitor('n', '', 1);
    monitor.start();
    await client.settle();
    for (let i = 1; i <= 3; i++) post(i);
    monitor.ack(1);
    await client.settle();
    expect(monitor.values()).toEqual([0, 1, 2, 3]);
  });

  it('PVA-W-63 acknowledgement and start in one message both count', async () => {
    const { client } = await counter();
    const monitor = await client.monitor('n', 'record[pipeline=true]');
    client.connection.writeMessage(CMD_MONITOR, (writer) => {
      writer.u32(monitor.sid);
      writer.u32(monitor.ioid);
      writer.u8(SUB_PIPELINE | 0x44);
      writer.u32(3);
    });
    await client.settle();
    expect(monitor.values()).toEqual([0]);
  });

  it('a window beyond 32 bits stays at the limit', async () => {
    const { client, post } = await counter();
    const monitor = await client.monitor('n', 'record[pipeline=true]', 0xffffffff);
    monitor.ack(0xffffffff);
    monitor.start();
    await client.settle();
    post(1);
    await client.settle();
    expect(monitor.values()).toEqual([0, 1]);
  });

  it('pipeline with an unusable queueSize fails INIT (PVA-W-70)', async () => {
    const { client } = await counter();
    const sid = await client.open('n');
    expect(
      (await client.init(CMD_MONITOR, sid, 'record[pipeline=true,queueSize=0]', 4)).status,
    ).toMatchObject({
      type: 2,
      message: expect.stringMatching(/^can not pipeline invalid queueSize : /),
    });
  });
});

describe('a slow client (PVA-S-9, ARC-S-8)', () => {
  it('has its updates merged while it does not read, and gets the newest when it does', async () => {
    const { client } = await counter();
    const array = ntScalarArrayType('double');
    const wave = bench.add('w', Value.from(array, { value: new Float64Array(100_000) }));
    const waves = await client.monitor('w');
    const count = await client.monitor('n');
    waves.start();
    count.start();
    await client.settle();
    client.transport.pause();
    const n = 200;
    for (let i = 1; i <= n; i++) {
      wave.post({ value: new Float64Array(100_000).fill(i) });
      await client.settle(1);
    }
    const backlog = (
      bench.server.report()['connections'] as { backlogBytes: number; isBlocked: boolean }[]
    )[0];
    expect(backlog?.isBlocked).toBe(true);
    expect(backlog?.backlogBytes).toBeLessThan(4_000_000);
    client.transport.resume();
    await client.settle(2000);
    const last = waves.updates.at(-1)?.value.get('value') as Float64Array;
    expect(last[0]).toBe(n);
    expect(waves.updates.length).toBeLessThan(20);
  });

  it('is dropped when it takes nothing for the connection time-out (PVA-L-7)', async () => {
    bench = await Bench.started({ connTmo: 30 });
    const array = ntScalarArrayType('double');
    const wave = bench.add('w', Value.from(array, { value: new Float64Array(100_000) }));
    const client = await bench.client();
    const waves = await client.monitor('w');
    waves.start();
    await client.settle();
    client.transport.pause();
    wave.post({ value: new Float64Array(100_000) });
    for (let i = 0; i < 20; i++) {
      client.connection.echo();
      await client.settle(5000);
    }
    expect(bench.log.problems()).toEqual(['connection closed: the client does not take what it is sent']);
    expect(bench.server.stats().connections).toBe(0);
  });
});

describe('rights (PVA-S-14, PVA-W-53)', () => {
  function guarded(initial: number): { pv: SharedPv; set: (rights: number) => void } {
    let rights = initial;
    let changed: () => void = () => {};
    const pv = SharedPv.mailbox(Value.from(int, { value: 1 }));
    const { served } = pv;
    const wrapped: ServedStructPv = Object.create(served, {
      rights: { value: () => rights },
      onRightsChange: {
        value: (listener: () => void) => {
          changed = listener;
          return noStop;
        },
      },
    }) as ServedStructPv;
    bench.server.add('g', wrapped);
    return {
      pv,
      set: (next) => {
        rights = next;
        changed();
      },
    };
  }

  it('a client that may not write is told before the channel is created, and at each change', async () => {
    bench = await Bench.started();
    const { set } = guarded(Rights.Read);
    const client = await bench.client();
    await client.open('g');
    expect(client.commands.slice(-2).map((command) => command.type)).toEqual(['aclChange', 'channelCreated']);
    set(Rights.ReadWrite);
    set(Rights.ReadWrite);
    await client.settle();
    expect(client.all('aclChange').map((command) => command.bits)).toEqual([0, 3]);
  });

  it('refuses what is not allowed, by EXEC, with a text', async () => {
    bench = await Bench.started();
    const { set } = guarded(Rights.Read);
    const client = await bench.client();
    expect((await client.put('g', { value: 2 })).message).toBe('No write access');
    expect((await client.get('g')).get('value')).toBe(1);
    set(Rights.Write);
    await expect(client.get('g')).rejects.toThrow('No read access');
    await expect(client.monitor('g')).rejects.toThrow('No read access');
  });

  it('a subscription ends when its client may not read any more', async () => {
    bench = await Bench.started();
    const { set } = guarded(Rights.ReadWrite);
    const client = await bench.client();
    const monitor = await client.monitor('g');
    monitor.start();
    await client.settle();
    set(Rights.None);
    await client.settle();
    expect(monitor.end).toMatchObject({ type: 2, message: 'No read access' });
  });
});
