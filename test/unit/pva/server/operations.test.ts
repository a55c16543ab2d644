import { afterEach, describe, expect, it } from 'vitest';
import { ntEnumType, ntScalarType } from '../../../../src/nt/index.ts';
import {
  type Peer,
  Rights,
  type ServedStructPv,
  SharedPv,
  type WriteContext,
} from '../../../../src/pv/index.ts';
import {
  CMD_ARRAY,
  CMD_GET,
  CMD_MONITOR,
  CMD_PROCESS,
  CMD_PUT,
  CMD_PUT_GET,
  CMD_RPC,
  NO_SID,
} from '../../../../src/pva/core/index.ts';
import { makePvRequest, parsePvRequest, structType, Value } from '../../../../src/pvdata/index.ts';
import { fromHex } from '../../../../src/testing/index.ts';
import { noStop, RemoteError } from '../../../../src/util/index.ts';
import { Bench, okStatus } from './harness.ts';

const double = ntScalarType('double');

let bench: Bench;
afterEach(async () => {
  await bench.run(bench.server.close());
});

/** A structure PV whose parts a test replaces. */
function structPv(initial: Value, parts: Partial<ServedStructPv> = {}): ServedStructPv {
  return {
    name: 'x',
    type: { kind: 'struct', desc: initial.desc },
    rights: () => Rights.All,
    onClose: () => noStop,
    read: () => initial,
    monitor: (sink) => {
      sink.update(initial, 15);
      return noStop;
    },
    ...parts,
  };
}

describe('channels', () => {
  it('PVA-W-50 an unknown name is refused as pvxs refuses it', async () => {
    bench = await Bench.started();
    const client = await bench.client();
    expect(await client.create('nosuch')).toMatchObject({
      sid: NO_SID,
      status: { type: 3, message: 'Refused to create Channel', callTree: 'pvx:serv:refusechan:' },
    });
  });

  it('PVA-W-50 an empty name is refused', async () => {
    bench = await Bench.started();
    const client = await bench.client();
    expect(await client.create('')).toMatchObject({ sid: NO_SID, status: { type: 2 } });
  });

  it('PVA-W-52 destroy is answered with the same ids, once', async () => {
    bench = await Bench.started();
    bench.add('a', Value.from(double, { value: 1 }));
    const client = await bench.client();
    const { sid, cid } = await client.create('a');
    client.connection.destroyChannel(sid, cid);
    client.connection.destroyChannel(sid, cid);
    await client.settle();
    expect(client.all('channelDestroyed')).toEqual([{ type: 'channelDestroyed', sid, cid }]);
    expect(bench.server.stats()).toMatchObject({ channels: 0, pvs: 0 });
  });

  it('a source that throws refuses its channel and disturbs no other', async () => {
    bench = await Bench.started();
    bench.server.addSource({
      name: 'bad',
      claims: () => {
        throw new Error('claims broke');
      },
      open: (name) => {
        if (name === 'a') return undefined;
        throw new RemoteError('no such device');
      },
    });
    bench.add('a', Value.from(double, { value: 1 }));
    const client = await bench.client();
    expect(await client.create('x')).toMatchObject({ sid: NO_SID, status: { message: 'no such device' } });
    expect((await client.create('a')).status).toEqual(okStatus);
  });

  it('a source may open later', async () => {
    bench = await Bench.started();
    const pv = SharedPv.mailbox(Value.from(double, { value: 4 }));
    bench.server.addSource({
      name: 'slow',
      claims: () => 1,
      open: (name) =>
        new Promise((resolve) =>
          bench.clock.at(bench.clock.monotonicMs + 500, () => resolve(name === 'a' ? pv.served : undefined)),
        ),
    });
    const client = await bench.client();
    expect((await client.get('a')).get('value')).toBe(4);
    expect((await client.create('b')).sid).toBe(NO_SID);
  });

  it('attach is called once per channel and its Stop once at its end (ARC-D-3)', async () => {
    bench = await Bench.started();
    const events: string[] = [];
    const pv = structPv(Value.from(double, { value: 1 }), {
      attach: (peer: Peer) => {
        events.push(`attach ${peer.user}`);
        return () => events.push('detach');
      },
    });
    bench.server.add('a', pv);
    bench.server.add('alias', pv);
    const client = await bench.client({ user: 'me', host: 'here' });
    const { sid, cid } = await client.create('a');
    await client.open('alias');
    expect(bench.server.stats()).toMatchObject({ channels: 2, pvs: 1 });
    client.connection.destroyChannel(sid, cid);
    await client.settle();
    expect(events).toEqual(['attach me', 'attach me', 'detach']);
    client.transport.destroy();
    await client.settle();
    expect(events).toEqual(['attach me', 'attach me', 'detach', 'detach']);
    expect(bench.server.stats()).toMatchObject({ connections: 0, channels: 0, pvs: 0 });
  });

  it('PVA-S-3 removing a name closes its channels', async () => {
    bench = await Bench.started();
    bench.add('a', Value.from(double, { value: 1 }));
    const client = await bench.client();
    const { sid, cid } = await client.create('a');
    expect(bench.server.remove('a')).toBe(true);
    await client.settle();
    expect(client.all('channelDestroyed')).toEqual([{ type: 'channelDestroyed', sid, cid }]);
    expect((await client.create('a')).sid).toBe(NO_SID);
  });

  it('PVA-S-4 closing a SharedPv closes its channels; opened again it has another type', async () => {
    bench = await Bench.started();
    const pv = bench.add('a', Value.from(double, { value: 1 }));
    const client = await bench.client();
    await client.open('a');
    pv.close();
    await client.settle();
    expect(client.all('channelDestroyed')).toHaveLength(1);
    pv.open(Value.from(ntScalarType('string'), { value: 'text' }));
    expect((await client.get('a')).get('value')).toBe('text');
  });

  it('PVA-S-4 INIT on a PV that is not open waits until it is', async () => {
    bench = await Bench.started();
    const pv = new SharedPv({ clock: bench.clock });
    bench.server.add('a', pv);
    const client = await bench.client();
    const sid = await client.open('a');
    client.connection.init(CMD_GET, sid, 7, parsePvRequest(''));
    await client.settle(2000);
    expect(client.all('initReply')).toEqual([]);
    pv.open(Value.from(double, { value: 9 }));
    await client.next('initReply', (reply) => reply.ioid === 7);
    client.connection.get(sid, 7);
    const reply = await client.reply(7);
    expect(client.decode(reply.body, double).get('value')).toBe(9);
  });

  it('PVA-L-5 channels and operations of one connection are limited, others go on', async () => {
    bench = await Bench.started({ maxChannelsPerConnection: 2, maxOperationsPerConnection: 1 });
    bench.add('a', Value.from(double, { value: 1 }));
    const client = await bench.client();
    const sid = await client.open('a');
    await client.open('a');
    expect((await client.create('a')).status.message).toMatch(/more than 2 channels/);
    expect((await client.init(CMD_GET, sid)).status).toEqual(okStatus);
    expect((await client.init(CMD_GET, sid)).status.message).toMatch(/more than 1 operations/);
  });
});

describe('GET', () => {
  it('answers with the full type and the selected fields (PVA-9.4)', async () => {
    bench = await Bench.started();
    bench.add('a', Value.from(double, { value: 1.5, alarm: { severity: 2, status: 1, message: 'HIGH' } }));
    const client = await bench.client();
    const all = await client.get('a');
    expect(all.desc).toBe(double);
    expect(all.toObject()).toMatchObject({ value: 1.5, alarm: { severity: 2, message: 'HIGH' } });
    const some = await client.get('a', 'field(value,alarm.severity)');
    expect([...some.marked()]).toEqual(['value', 'alarm.severity']);
  });

  it('a pvRequest that selects nothing fails INIT with that text', async () => {
    bench = await Bench.started();
    bench.add('a', Value.from(double, { value: 1 }));
    const client = await bench.client();
    const sid = await client.open('a');
    expect((await client.init(CMD_GET, sid, 'field(nosuch)')).status).toMatchObject({
      type: 2,
      message: 'pvRequest must select at least one field',
    });
  });

  it('PVA-W-60 a null pvRequest selects everything', async () => {
    bench = await Bench.started();
    bench.add('a', Value.from(double, { value: 2 }));
    const client = await bench.client();
    const sid = await client.open('a');
    client.sendRaw(Uint8Array.of(0xca, 2, 0, CMD_GET, 10, 0, 0, 0, sid, 0, 0, 0, 9, 0, 0, 0, 8, 0xff));
    await client.next('initReply');
    client.connection.get(sid, 9);
    expect(client.decode((await client.reply(9)).body, double).get('value')).toBe(2);
  });

  it.each([0x00, 0x40, 0x10, 0x50])('the reply echoes sub-command %i (PVA-W-58, 8.5)', async (subcommand) => {
    bench = await Bench.started();
    bench.add('a', Value.from(double, { value: 2 }));
    const client = await bench.client();
    const sid = await client.open('a');
    const { ioid } = await client.init(CMD_GET, sid);
    client.connection.writeMessage(CMD_GET, (writer) => {
      writer.u32(sid);
      writer.u32(ioid);
      writer.u8(subcommand);
    });
    expect(await client.reply(ioid)).toMatchObject({ subcommand, status: okStatus });
    expect(bench.server.stats().operations).toBe((subcommand & 0x10) === 0 ? 1 : 0);
  });

  it('a read that rejects is an error reply; the operation lives on', async () => {
    bench = await Bench.started();
    let isBroken = true;
    const state = Value.from(double, { value: 3 });
    bench.server.add(
      'a',
      structPv(state, { read: () => (isBroken ? Promise.reject(new Error('device off')) : state) }),
    );
    const client = await bench.client();
    const sid = await client.open('a');
    const { ioid } = await client.init(CMD_GET, sid);
    client.connection.get(sid, ioid);
    expect((await client.reply(ioid)).status).toMatchObject({ type: 2, message: 'device off' });
    isBroken = false;
    client.connection.get(sid, ioid);
    expect((await client.reply(ioid, 2)).status).toEqual(okStatus);
  });

  it('PVA-W-57 a second EXEC while one runs is told so; the first is answered', async () => {
    bench = await Bench.started();
    let finish: (value: Value) => void = () => {};
    const state = Value.from(double, { value: 3 });
    bench.server.add('a', structPv(state, { read: () => new Promise((resolve) => (finish = resolve)) }));
    const client = await bench.client();
    const sid = await client.open('a');
    const { ioid } = await client.init(CMD_GET, sid);
    client.connection.get(sid, ioid);
    client.connection.get(sid, ioid);
    expect((await client.reply(ioid)).status.message).toBe('other request pending');
    finish(state);
    expect((await client.reply(ioid, 2)).status).toEqual(okStatus);
  });

  it('CANCEL aborts the running EXEC and keeps the operation; DESTROY ends it', async () => {
    bench = await Bench.started();
    const reasons: boolean[] = [];
    const state = Value.from(double, { value: 3 });
    bench.server.add(
      'a',
      structPv(state, {
        read: (context) =>
          new Promise(() =>
            context.signal.addEventListener('abort', () => reasons.push(context.signal.aborted)),
          ),
      }),
    );
    const client = await bench.client();
    const sid = await client.open('a');
    const { ioid } = await client.init(CMD_GET, sid);
    client.connection.get(sid, ioid);
    client.connection.cancelRequest(sid, ioid);
    client.connection.get(sid, ioid);
    await client.settle();
    expect(reasons).toEqual([true]);
    client.connection.destroyRequest(sid, ioid);
    client.connection.destroyRequest(sid, ioid);
    client.connection.get(sid, ioid);
    await client.settle();
    expect(reasons).toEqual([true, true]);
    expect(client.all('reply')).toEqual([]);
    expect(bench.server.stats().operations).toBe(0);
  });

  it('what runs is cancelled once when the client leaves (PVA-W-59)', async () => {
    bench = await Bench.started();
    let aborts = 0;
    bench.server.add(
      'a',
      structPv(Value.from(double, { value: 3 }), {
        read: (context) => new Promise(() => context.signal.addEventListener('abort', () => aborts++)),
      }),
    );
    const client = await bench.client();
    const sid = await client.open('a');
    const { ioid } = await client.init(CMD_GET, sid);
    client.connection.get(sid, ioid);
    await client.settle();
    client.transport.destroy();
    await client.settle();
    expect(aborts).toBe(1);
  });

  it('a value that does not fit its type is an error reply, and the connection lives', async () => {
    bench = await Bench.started();
    const broken = Value.from(double, { value: 1 });
    broken.put(1, Symbol('x'));
    bench.server.add('a', structPv(broken));
    bench.add('b', Value.from(double, { value: 2 }));
    const client = await bench.client();
    await expect(client.get('a')).rejects.toThrow();
    expect((await client.get('b')).get('value')).toBe(2);
    expect(bench.log.problems()).toEqual(['operation failed']);
  });
});

describe('PUT', () => {
  it('writes the marked fields only and posts them (PVA-S-12)', async () => {
    bench = await Bench.started();
    bench.add('a', Value.from(double, { value: 1, alarm: { severity: 2 } }));
    const client = await bench.client();
    expect(await client.put('a', { value: 7 })).toEqual(okStatus);
    expect((await client.get('a')).toObject()).toMatchObject({ value: 7, alarm: { severity: 2 } });
  });

  it('sub-command 40 reads the present value first', async () => {
    bench = await Bench.started();
    bench.add('a', Value.from(ntEnumType(), { value: { index: 1, choices: ['Off', 'On'] } }));
    const client = await bench.client();
    const sid = await client.open('a');
    const { ioid, desc } = await client.init(CMD_PUT, sid);
    client.connection.putGetOld(sid, ioid);
    const reply = await client.reply(ioid);
    expect(reply.subcommand).toBe(0x40);
    expect(client.decode(reply.body, desc).get('value.choices')).toEqual(['Off', 'On']);
  });

  it('is answered when what `write` returned settles (ARC-D-7)', async () => {
    bench = await Bench.started();
    let settle: () => void = () => {};
    const contexts: WriteContext[] = [];
    bench.server.add(
      'a',
      structPv(Value.from(double, { value: 1 }), {
        write: (_value, context) => {
          contexts.push(context);
          return new Promise<void>((resolve) => (settle = resolve));
        },
      }),
    );
    const client = await bench.client();
    const sid = await client.open('a');
    const { ioid } = await client.init(CMD_PUT, sid, 'record[block=true,process=false]');
    client.connection.put(sid, ioid, Value.from(double, { value: 2 }));
    await client.settle();
    expect(contexts).toHaveLength(1);
    expect(client.all('reply')).toEqual([]);
    settle();
    expect((await client.reply(ioid)).status).toEqual(okStatus);
    expect(contexts).toMatchObject([{ wait: true, process: 'never' }]);
  });

  it('a rejection is an ERROR with its text; a RemoteError passes unchanged', async () => {
    bench = await Bench.started();
    const errors = [
      new Error('too hot'),
      new RemoteError('upstream says no', { statusType: 3, remoteStack: 'st' }),
    ];
    bench.server.add(
      'a',
      structPv(Value.from(double, { value: 1 }), {
        write: () => {
          throw errors.shift() ?? new Error('none');
        },
      }),
    );
    const client = await bench.client();
    expect(await client.put('a', { value: 2 })).toEqual({ type: 2, message: 'too hot', callTree: '' });
    expect(await client.put('a', { value: 2 })).toEqual({
      type: 3,
      message: 'upstream says no',
      callTree: 'st',
    });
  });

  it('a PV without write is read-only (PVA-S-20)', async () => {
    bench = await Bench.started();
    bench.server.add('a', structPv(Value.from(double, { value: 1 })));
    bench.server.add('b', SharedPv.readonly(Value.from(double, { value: 1 })));
    const client = await bench.client();
    expect((await client.put('a', { value: 2 })).message).toBe('Read-only PV');
    expect((await client.put('b', { value: 2 })).message).toBe('Read-only PV');
  });
});

describe('PUT_GET, PROCESS, ARRAY, GET_FIELD (PVA-S-19, PVA-W-55)', () => {
  it('PUT_GET writes, then reads', async () => {
    bench = await Bench.started();
    bench.add('a', Value.from(double, { value: 1 }));
    const client = await bench.client();
    const sid = await client.open('a');
    const { ioid, desc } = await client.init(CMD_PUT_GET, sid, 'putField(value)getField(value)');
    expect(client.all('initReply').at(-1)?.types).toEqual([double, double]);
    client.connection.putGet(sid, ioid, Value.from(double, { value: 8 }));
    const got = client.decode((await client.reply(ioid)).body, desc);
    expect([got.get('value'), [...got.marked()]]).toEqual([8, ['value']]);
    client.connection.putGetPeek(sid, ioid, 0x80);
    expect(await client.reply(ioid, 2)).toMatchObject({ subcommand: 0x80, status: okStatus });
  });

  it('PROCESS is a write of nothing that always processes', async () => {
    bench = await Bench.started();
    const seen: unknown[] = [];
    bench.server.add(
      'a',
      structPv(Value.from(double, { value: 1 }), {
        write: (value, context) => void seen.push([[...value.marked()], context.process, context.wait]),
      }),
    );
    const client = await bench.client();
    const sid = await client.open('a');
    const { ioid } = await client.init(CMD_PROCESS, sid);
    client.connection.process(sid, ioid);
    expect(await client.reply(ioid)).toMatchObject({ command: CMD_PROCESS, status: okStatus });
    expect(seen).toEqual([[[], 'always', true]]);
  });

  it('ARRAY is not supported, and says so', async () => {
    bench = await Bench.started();
    bench.add('a', Value.from(double, { value: 1 }));
    const client = await bench.client();
    const sid = await client.open('a');
    expect((await client.init(CMD_ARRAY, sid)).status).toMatchObject({ type: 2, message: 'Not supported' });
  });

  it('GET_FIELD resolves the sub-field', async () => {
    bench = await Bench.started();
    bench.add('a', Value.from(double, { value: 1 }));
    const client = await bench.client();
    const sid = await client.open('a');
    for (const [ioid, path] of [
      [1, ''],
      [2, 'alarm'],
      [3, 'alarm.nosuch'],
    ] as const) {
      client.connection.getField(sid, ioid, path);
    }
    await client.next('fieldReply', () => true, 3);
    expect(client.all('fieldReply')).toMatchObject([
      { ioid: 1, desc: double },
      { ioid: 2, desc: double.fieldAt(double.offsetOf('alarm')) },
      { ioid: 3, desc: null, status: { type: 2, message: '"a" has no field "alarm.nosuch"' } },
    ]);
  });
});

describe('RPC', () => {
  const args = Value.from(structType('', { a: 'int' }), { a: 5 });

  it('takes any argument and gives any result, null too', async () => {
    bench = await Bench.started();
    const seen: unknown[] = [];
    bench.server.add(
      'f',
      new SharedPv({
        call: (_pv, given) => {
          seen.push(given?.toObject() ?? null);
          return given === null ? null : Value.from(double, { value: 6 });
        },
      }),
    );
    const client = await bench.client();
    const sid = await client.open('f');
    const { ioid, status } = await client.init(CMD_RPC, sid);
    expect(status).toEqual(okStatus);
    client.connection.rpc(sid, ioid, args);
    client.connection.rpc(sid, ioid, null, true);
    await client.next('rpcReply', () => true, 2);
    expect(client.all('rpcReply').map((reply) => reply.result?.get('value') ?? reply.result)).toEqual([
      6,
      null,
    ]);
    expect(seen).toEqual([{ a: 5 }, null]);
    expect(bench.server.stats().operations).toBe(0);
  });

  it('a PV without RPC says so at EXEC (PVA-S-20)', async () => {
    bench = await Bench.started();
    bench.server.add('a', structPv(Value.from(double, { value: 1 })));
    const client = await bench.client();
    const sid = await client.open('a');
    const { ioid } = await client.init(CMD_RPC, sid);
    client.connection.rpc(sid, ioid, args);
    expect((await client.next('rpcReply')).status).toMatchObject({ type: 2, message: 'RPC Not Implemented' });
  });

  it('an RPC-only PV refuses get, put and monitor at INIT', async () => {
    bench = await Bench.started();
    bench.server.add('f', {
      name: 'f',
      type: undefined,
      opened: undefined,
      rights: () => Rights.All,
      onClose: () => noStop,
      call: () => null,
    });
    const client = await bench.client();
    const sid = await client.open('f');
    expect((await client.init(CMD_GET, sid)).status.message).toBe('Get not implemented for this PV');
    expect((await client.init(CMD_PUT, sid)).status.message).toBe('Put not implemented for this PV');
    expect((await client.init(CMD_MONITOR, sid)).status.message).toBe(
      'Monitor operation not implemented by this PV',
    );
  });

  it('texts of the source reach the client as MESSAGE (PVA-S-5)', async () => {
    bench = await Bench.started();
    bench.server.add(
      'f',
      new SharedPv({
        call: (_pv, _args, context) => {
          context.message('warning', 'half full');
          return null;
        },
      }),
    );
    const client = await bench.client();
    const sid = await client.open('f');
    const { ioid } = await client.init(CMD_RPC, sid);
    client.connection.rpc(sid, ioid, null);
    expect(await client.next('message')).toEqual({ type: 'message', ioid, level: 1, text: 'half full' });
  });

  it('the `server` PV lists names and tells about the program, and no search finds it (PVA-S-10)', async () => {
    bench = await Bench.started();
    bench.add('b', Value.from(double, { value: 1 }));
    bench.add('a', Value.from(double, { value: 1 }));
    expect(() => bench.add('server', Value.from(double, { value: 1 }))).toThrow(/reserved/);
    const client = await bench.client();
    const sid = await client.open('server');
    const { ioid } = await client.init(CMD_RPC, sid);
    const ask = async (op: string, count: number): Promise<Value | string | null> => {
      client.connection.rpc(sid, ioid, Value.from(structType('', { op: 'string' }), { op }));
      const reply = await client.next('rpcReply', () => true, count);
      return reply.status.type === 0 ? reply.result : reply.status.message;
    };
    expect(((await ask('channels', 1)) as Value).get('value')).toEqual(['a', 'b']);
    expect(((await ask('info', 2)) as Value).toObject()).toMatchObject({
      implLang: 'typescript',
      host: 'server',
    });
    expect(await ask('dance', 3)).toBe('Not implemented');
  });
});

describe('requests that make no sense', () => {
  it('PVA-W-56 INIT with an unknown sid or a used ioid is an error reply, the connection lives', async () => {
    bench = await Bench.started();
    bench.add('a', Value.from(double, { value: 1 }));
    const client = await bench.client();
    expect((await client.init(CMD_GET, 999)).status).toMatchObject({ type: 2, message: 'bad channel id' });
    const sid = await client.open('a');
    const { ioid } = await client.init(CMD_GET, sid);
    client.connection.init(CMD_PUT, sid, ioid, makePvRequest({}));
    await client.next('initReply', (reply) => reply.ioid === ioid, 2);
    expect(client.all('initReply').at(-1)?.status.message).toMatch(/in use/);
    client.connection.get(sid, ioid);
    expect((await client.reply(ioid)).status).toEqual(okStatus);
  });

  it('PVA-W-74 another kind of operation on an ioid is an error reply', async () => {
    bench = await Bench.started();
    bench.add('a', Value.from(double, { value: 1 }));
    const client = await bench.client();
    const sid = await client.open('a');
    const { ioid } = await client.init(CMD_GET, sid);
    client.connection.put(sid, ioid, Value.from(double, { value: 1 }));
    expect((await client.reply(ioid)).status.message).toMatch(/belongs to a GET/);
  });

  it('a protocol error closes that connection only, with one line in the log (PVA-L-6)', async () => {
    bench = await Bench.started();
    bench.add('a', Value.from(double, { value: 1 }));
    const bad = await bench.client();
    const good = await bench.client();
    bad.sendRaw(fromHex('cb02000200000000'));
    await good.settle();
    expect(bad.isClosed).toBe(true);
    expect((await good.get('a')).get('value')).toBe(1);
    expect(bench.log.problems()).toEqual(['connection closed: protocol error']);
    expect(bench.log.lines.at(-1)?.fields['bytes']).toBe('cb 02 00 02 00 00 00 00');
  });
});
