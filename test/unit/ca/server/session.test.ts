import { describe, expect, test } from 'vitest';
import {
  DBR_CHAR,
  DBR_CLASS_NAME,
  DBR_CTRL_DOUBLE,
  DBR_DOUBLE,
  DBR_PUT_ACKS,
  DBR_PUT_ACKT,
  DBR_STRING,
  DBR_STSACK_STRING,
  DBR_TIME_DOUBLE,
  ECA_16KARRAYCLIENT,
  ECA_BADCHID,
  ECA_BADCOUNT,
  ECA_BADMASK,
  ECA_BADMONID,
  ECA_BADTYPE,
  ECA_GETFAIL,
  ECA_NORDACCESS,
  ECA_NORMAL,
  ECA_NOWTACCESS,
  ECA_PUTFAIL,
  ECA_TIMEOUT,
  ECA_TOLARGE,
  ECA_UNAVAILINSERV,
  encodeWrite,
} from '../../../../src/ca/index.ts';
import { emptyMetadata, makeAlarm, makeSnapshot, noAlarm, Rights } from '../../../../src/pv/index.ts';
import { TimeoutError } from '../../../../src/util/index.ts';
import { Bench, scalarType, TestPv } from './helpers.ts';

const double = (name = 'PV', value = 1.5): TestPv => new TestPv(name, scalarType('float64'), value);
const wave = (name = 'WF'): TestPv => new TestPv(name, scalarType('float64', 10), Float64Array.of(1, 2, 3));

function f64(...values: readonly number[]): Uint8Array {
  return encodeWrite(DBR_DOUBLE, Float64Array.from(values));
}

describe('channels', () => {
  test('CA-W15 ACCESS_RIGHTS comes before the CREATE_CHAN reply with type and capacity', async () => {
    const bench = await new Bench().start(wave());
    const client = await bench.client();
    expect(await bench.ask(client, (c) => c.createChannel(7, 'WF'))).toEqual([
      { type: 'accessRights', cid: 7, rights: 3 },
      { type: 'createChannel', cid: 7, sid: 1, dbrType: DBR_DOUBLE, count: 10 },
    ]);
    await bench.close();
  });

  test('CA-V1 an unknown name gets CREATE_CH_FAIL, and older clients lose the circuit', async () => {
    const bench = await new Bench().start(double());
    const client = await bench.client();
    expect(await bench.ask(client, (c) => c.createChannel(9, 'NOPE'))).toEqual([
      { type: 'createFailed', cid: 9 },
    ]);
    const old = await bench.client(bench.host, 5);
    await bench.ask(old, (c) => c.createChannel(9, 'NOPE'));
    expect(old.isEnded).toBe(true);
    await bench.close();
  });

  test('a PV is attached once for each channel and detached when it is cleared', async () => {
    const pv = double();
    const bench = await new Bench().start(pv);
    const client = await bench.client();
    const sid = await bench.open(client, 1, 'PV');
    await bench.open(client, 2, 'PV');
    expect(pv.attached).toBe(2);
    expect(await bench.ask(client, (c) => c.clearChannel(sid, 1))).toEqual([
      { type: 'clearChannel', sid, cid: 1 },
    ]);
    expect(pv.attached).toBe(1);
    client.stream.destroy();
    await bench.run();
    expect(pv.attached).toBe(0);
    expect(pv.listenerCount).toBe(0);
    expect(bench.server.stats()).toMatchObject({ connections: 0, channels: 0, pvs: 0 });
    await bench.close();
  });

  test('CLEAR_CHANNEL of an unknown id gets ERROR BADCHID and the circuit lives', async () => {
    const bench = await new Bench().start();
    const client = await bench.client();
    expect(await bench.ask(client, (c) => c.clearChannel(99, 1))).toMatchObject([
      { type: 'error', eca: ECA_BADCHID, request: { command: 12, p1: 99 } },
    ]);
    expect(client.isEnded).toBe(false);
    await bench.close();
  });

  test('CA-W21 user and host are taken before the first channel, refused afterwards', async () => {
    const pv = double();
    const bench = await new Bench().start(pv);
    const client = await bench.client();
    client.send((c) => {
      c.clientName('operator');
      c.hostName('console');
    });
    const sid = await bench.open(client, 1, 'PV');
    const replies = await bench.ask(client, (c) => {
      c.hostName('other');
      c.writeNotify(sid, 1, DBR_DOUBLE, 1, f64(2));
    });
    expect(replies).toMatchObject([
      { type: 'error', eca: ECA_UNAVAILINSERV },
      { type: 'writeNotify', status: ECA_NORMAL },
    ]);
    expect(pv.contexts[0]?.peer).toMatchObject({ protocol: 'ca', user: 'operator', host: 'console' });
    await bench.close();
  });

  test('CA-V2 asCheckClientIp takes the address of the peer as host', async () => {
    const pv = double();
    const bench = await new Bench({ asCheckClientIp: true }).start(pv);
    const client = await bench.client(bench.peerHost('opi', '10.0.0.2'));
    client.send((c) => c.hostName('console'));
    const sid = await bench.open(client, 1, 'PV');
    await bench.ask(client, (c) => c.writeNotify(sid, 1, DBR_DOUBLE, 1, f64(2)));
    expect(pv.contexts[0]?.peer.host).toBe('10.0.0.2');
    await bench.close();
  });

  test('CA-V6 a PV that closes or is removed gets SERVER_DISCONN and its sid is gone', async () => {
    const closing = double('A');
    const removed = double('B');
    const bench = await new Bench().start(closing, removed);
    const client = await bench.client();
    const sid = await bench.open(client, 1, 'A');
    await bench.open(client, 2, 'B');
    closing.close();
    bench.server.remove('B');
    await bench.run();
    expect(client.recorder.take()).toEqual([
      { type: 'serverDisconnect', cid: 1 },
      { type: 'serverDisconnect', cid: 2 },
    ]);
    expect(await bench.ask(client, (c) => c.readNotify(sid, 5, DBR_DOUBLE, 1))).toMatchObject([
      { type: 'readNotify', status: ECA_BADCHID },
    ]);
    expect(removed.attached).toBe(0);
    await bench.close();
  });

  test('CA-R2 channels beyond the limit of a circuit get CREATE_CH_FAIL', async () => {
    const bench = await new Bench({ maxChannels: 1 }).start(double());
    const client = await bench.client();
    await bench.open(client, 1, 'PV');
    expect(await bench.ask(client, (c) => c.createChannel(2, 'PV'))).toEqual([
      { type: 'createFailed', cid: 2 },
    ]);
    await bench.close();
  });
});

describe('reads', () => {
  test('READ_NOTIFY answers with the value, READ with the client id (CA-G6)', async () => {
    const bench = await new Bench().start(double());
    const client = await bench.client();
    const sid = await bench.open(client, 4, 'PV');
    const replies = await bench.ask(client, (c) => {
      c.readNotify(sid, 1, DBR_DOUBLE, 1);
      c.read(sid, 2, DBR_DOUBLE, 1);
    });
    expect(replies).toEqual([
      { type: 'readNotify', ioid: 1, dbrType: DBR_DOUBLE, count: 1, status: ECA_NORMAL, payload: f64(1.5) },
      { type: 'read', cid: 4, ioid: 2, dbrType: DBR_DOUBLE, count: 1, payload: f64(1.5) },
    ]);
    await bench.close();
  });

  test('4.4 count 0 is the current length, a fixed count is filled with zeros, more is BADCOUNT', async () => {
    const bench = await new Bench().start(wave());
    const client = await bench.client();
    const sid = await bench.open(client, 1, 'WF');
    const replies = await bench.ask(client, (c) => {
      c.readNotify(sid, 1, DBR_DOUBLE, 0);
      c.readNotify(sid, 2, DBR_DOUBLE, 5);
      c.readNotify(sid, 3, DBR_DOUBLE, 2);
      c.readNotify(sid, 4, DBR_DOUBLE, 11);
    });
    expect(replies).toMatchObject([
      { ioid: 1, count: 3, payload: f64(1, 2, 3) },
      { ioid: 2, count: 5, payload: f64(1, 2, 3, 0, 0) },
      { ioid: 3, count: 2, payload: f64(1, 2) },
      { ioid: 4, count: 11, status: ECA_BADCOUNT },
    ]);
    await bench.close();
  });

  test('a long array that is read again comes with the alarm of now', async () => {
    const value = Float64Array.from({ length: 1000 }, (_, i) => i);
    const pv = new TestPv('WF', scalarType('float64', 1000), value);
    const bench = await new Bench().start(pv);
    const client = await bench.client();
    const sid = await bench.open(client, 1, 'WF');
    const read = async (): Promise<Uint8Array> => {
      const [reply] = await bench.ask(client, (c) => c.readNotify(sid, 1, DBR_TIME_DOUBLE, 0));
      if (reply?.type !== 'readNotify') throw new Error('no reply');
      return reply.payload;
    };
    // Another snapshot of the same state, another alarm, another array.
    pv.onRead = () => makeSnapshot(pv.state.value, pv.state.alarm, pv.state.time, pv.state.meta);
    const first = await read();
    expect(await read()).toEqual(first);
    pv.post(value, makeAlarm(2, 3));
    const second = await read();
    expect([second[1], second[3]]).toEqual([3, 2]);
    expect(second.subarray(4)).toEqual(first.subarray(4));
    pv.post(value.map((x) => -x));
    expect((await read()).subarray(16)).toEqual(f64(...value.map((x) => -x)));
    await bench.close();
  });

  test('CLASS_NAME and STSACK_STRING are served (CA-W25, CA-W31)', async () => {
    const pv = double();
    const bench = await new Bench().start(pv);
    const client = await bench.client();
    const sid = await bench.open(client, 1, 'PV');
    const replies = await bench.ask(client, (c) => {
      c.readNotify(sid, 1, DBR_CLASS_NAME, 1);
      c.readNotify(sid, 2, DBR_STSACK_STRING, 1);
    });
    expect(replies).toMatchObject([{ status: ECA_NORMAL }, { status: ECA_NORMAL }]);
    const [name, ack] = replies.map((reply) =>
      reply.type === 'readNotify' ? reply.payload : new Uint8Array(),
    );
    expect(new TextDecoder().decode(name?.subarray(0, 5))).toBe('test\0');
    expect([...(ack?.subarray(4, 8) ?? [])]).toEqual([0, 1, 0, 2]);
    // The record type needs no value.
    expect(pv.reads).toBe(1);
    await bench.close();
  });

  test('section 20: bad ids and types keep the circuit', async () => {
    const bench = await new Bench().start(double());
    const client = await bench.client();
    const sid = await bench.open(client, 6, 'PV');
    const replies = await bench.ask(client, (c) => {
      c.readNotify(77, 1, DBR_DOUBLE, 1);
      c.read(77, 2, DBR_DOUBLE, 1);
      c.readNotify(sid, 3, 39, 1);
      c.read(sid, 4, 39, 1);
      c.readNotify(sid, 5, DBR_PUT_ACKT, 1);
      c.read(sid, 6, DBR_PUT_ACKS, 1);
    });
    expect(replies).toMatchObject([
      { type: 'readNotify', ioid: 1, status: ECA_BADCHID },
      { type: 'error', eca: ECA_BADCHID, request: { command: 3, p2: 2 } },
      { type: 'readNotify', ioid: 3, status: ECA_BADTYPE },
      { type: 'error', cid: 6, eca: ECA_BADTYPE },
      { type: 'readNotify', ioid: 5, status: ECA_GETFAIL, payload: new Uint8Array(8) },
      { type: 'error', cid: 6, eca: ECA_GETFAIL },
    ]);
    await bench.close();
  });

  test('CA-V4 without the right to read: NORDACCESS with a zero payload of full size, ERROR for READ', async () => {
    const pv = double();
    pv.granted = Rights.Write;
    const bench = await new Bench().start(pv);
    const client = await bench.client();
    const sid = await bench.open(client, 1, 'PV');
    const replies = await bench.ask(client, (c) => {
      c.readNotify(sid, 1, DBR_TIME_DOUBLE, 1);
      c.read(sid, 2, DBR_DOUBLE, 1);
    });
    expect(replies).toMatchObject([
      { type: 'readNotify', status: ECA_NORDACCESS, payload: new Uint8Array(24) },
      { type: 'error', cid: 1, eca: ECA_NORDACCESS, text: 'PV' },
    ]);
    expect(pv.reads).toBe(0);
    await bench.close();
  });

  test('a read that fails answers with a status of the error, at once or later', async () => {
    const pv = double();
    const bench = await new Bench().start(pv);
    const client = await bench.client();
    const sid = await bench.open(client, 1, 'PV');
    pv.onRead = () => {
      throw new Error('sensor is off');
    };
    expect(await bench.ask(client, (c) => c.readNotify(sid, 1, DBR_DOUBLE, 1))).toMatchObject([
      { status: ECA_GETFAIL },
    ]);
    pv.onRead = () => Promise.reject(new TimeoutError('no answer'));
    expect(await bench.ask(client, (c) => c.read(sid, 2, DBR_DOUBLE, 1))).toMatchObject([
      { type: 'error', eca: ECA_TIMEOUT, text: 'PV: no answer' },
    ]);
    await bench.close();
  });

  test('CA-W24 replies to READ stay in order, READ_NOTIFY may overtake', async () => {
    const slow = double('SLOW');
    const fast = double('FAST');
    const bench = await new Bench().start(slow, fast);
    const client = await bench.client();
    const slowSid = await bench.open(client, 1, 'SLOW');
    const fastSid = await bench.open(client, 2, 'FAST');
    let finish: () => void = () => {};
    slow.onRead = () =>
      new Promise((resolve) => {
        finish = () => resolve(slow.state);
      });
    const first = await bench.ask(client, (c) => {
      c.read(slowSid, 1, DBR_DOUBLE, 1);
      c.read(fastSid, 2, DBR_DOUBLE, 1);
      c.readNotify(fastSid, 3, DBR_DOUBLE, 1);
    });
    expect(first).toMatchObject([{ type: 'readNotify', ioid: 3 }]);
    finish();
    await bench.run();
    expect(client.recorder.take()).toMatchObject([
      { type: 'read', ioid: 1 },
      { type: 'read', ioid: 2 },
    ]);
    await bench.close();
  });

  test('CA-V23 a reply over the limit gets ERROR TOLARGE', async () => {
    const big = new TestPv('BIG', scalarType('float64', 4000), new Float64Array(4000));
    const bench = await new Bench({ maxMessageBytes: 16384 }).start(big);
    const client = await bench.client();
    const sid = await bench.open(client, 1, 'BIG');
    expect(await bench.ask(client, (c) => c.readNotify(sid, 8, DBR_DOUBLE, 0))).toMatchObject([
      { type: 'error', eca: ECA_TOLARGE, request: { command: 15, p1: sid, p2: 8 } },
    ]);
    await bench.close();
  });

  test('CA-W8 a client older than 4.9 gets 16KARRAYCLIENT for a large reply', async () => {
    const big = new TestPv('BIG', scalarType('float64', 20000), new Float64Array(20000));
    const bench = await new Bench().start(big);
    const client = await bench.client(bench.host, 8);
    const sid = await bench.open(client, 1, 'BIG');
    expect(await bench.ask(client, (c) => c.readNotify(sid, 8, DBR_DOUBLE, 20000))).toMatchObject([
      { type: 'readNotify', ioid: 8, status: ECA_16KARRAYCLIENT },
    ]);
    await bench.close();
  });
});

describe('writes', () => {
  test('WRITE says nothing, WRITE_NOTIFY answers, and a READ behind them sees the last (CA-V25)', async () => {
    const pv = double();
    const bench = await new Bench().start(pv);
    const client = await bench.client();
    const sid = await bench.open(client, 1, 'PV');
    const replies = await bench.ask(client, (c) => {
      c.write(sid, 1, DBR_DOUBLE, 1, f64(2));
      c.writeNotify(sid, 5, DBR_STRING, 1, encodeWrite(DBR_STRING, '3.5'));
      c.readNotify(sid, 6, DBR_DOUBLE, 1);
    });
    expect(replies).toEqual([
      { type: 'writeNotify', ioid: 5, dbrType: DBR_STRING, count: 1, status: ECA_NORMAL },
      { type: 'readNotify', ioid: 6, dbrType: DBR_DOUBLE, count: 1, status: ECA_NORMAL, payload: f64(3.5) },
    ]);
    expect(pv.contexts.map((context) => context.wait)).toEqual([false, true]);
    await bench.close();
  });

  test('CA-V16 WRITE_NOTIFY answers when the promise settles, and the circuit goes on meanwhile', async () => {
    const pv = double();
    const bench = await new Bench().start(pv);
    const client = await bench.client();
    const sid = await bench.open(client, 1, 'PV');
    let finish: () => void = () => {};
    pv.onWrite = () =>
      new Promise((resolve) => {
        finish = resolve;
      });
    const meanwhile = await bench.ask(client, (c) => {
      c.writeNotify(sid, 5, DBR_DOUBLE, 1, f64(2));
      c.echo();
    });
    expect(meanwhile).toEqual([{ type: 'echo' }]);
    finish();
    await bench.run();
    expect(client.recorder.take()).toMatchObject([{ type: 'writeNotify', ioid: 5, status: ECA_NORMAL }]);
    await bench.close();
  });

  test('CA-V21, CA-V22 a failing handler gives exactly one answer: a status, or ERROR for WRITE', async () => {
    const pv = double();
    const bench = await new Bench().start(pv);
    const client = await bench.client();
    const sid = await bench.open(client, 3, 'PV');
    pv.onWrite = () => {
      throw new TimeoutError('motor is stuck');
    };
    const replies = await bench.ask(client, (c) => {
      c.writeNotify(sid, 5, DBR_DOUBLE, 1, f64(2));
      c.write(sid, 3, DBR_DOUBLE, 1, f64(2));
    });
    expect(replies).toMatchObject([
      { type: 'writeNotify', ioid: 5, status: ECA_TIMEOUT },
      { type: 'error', cid: 3, eca: ECA_TIMEOUT, text: 'PV: motor is stuck', request: { command: 4 } },
    ]);
    pv.onWrite = () => Promise.reject(new TimeoutError('late'));
    expect(await bench.ask(client, (c) => c.writeNotify(sid, 6, DBR_DOUBLE, 1, f64(2)))).toMatchObject([
      { ioid: 6, status: ECA_TIMEOUT },
    ]);
    await bench.close();
  });

  test('4.6 a text that is no number gives PUTFAIL and the value stays', async () => {
    const pv = double();
    const bench = await new Bench().start(pv);
    const client = await bench.client();
    const sid = await bench.open(client, 1, 'PV');
    const text = encodeWrite(DBR_STRING, 'abc');
    expect(await bench.ask(client, (c) => c.writeNotify(sid, 5, DBR_STRING, 1, text))).toMatchObject([
      { status: ECA_PUTFAIL },
    ]);
    expect(pv.state.value).toBe(1.5);
    await bench.close();
  });

  test('section 20 and 4.4: bad ids, types, counts and short payloads keep the circuit', async () => {
    const bench = await new Bench().start(double(), wave());
    const client = await bench.client();
    const sid = await bench.open(client, 1, 'PV');
    const wf = await bench.open(client, 2, 'WF');
    const replies = await bench.ask(client, (c) => {
      c.writeNotify(99, 1, DBR_DOUBLE, 1, f64(1));
      c.write(99, 44, DBR_DOUBLE, 1, f64(1));
      c.writeNotify(sid, 2, 39, 1, f64(1));
      c.writeNotify(sid, 3, DBR_TIME_DOUBLE, 1, f64(1));
      c.writeNotify(sid, 4, DBR_DOUBLE, 0, new Uint8Array(0));
      c.writeNotify(sid, 5, DBR_DOUBLE, 2, f64(1, 2));
      c.writeNotify(wf, 6, DBR_DOUBLE, 3, f64(1));
      c.writeNotify(wf, 7, DBR_DOUBLE, 0, new Uint8Array(0));
      c.writeNotify(wf, 8, DBR_DOUBLE, 11, new Uint8Array(88));
      c.write(sid, 1, DBR_STRING, 1, new Uint8Array(0));
    });
    expect(replies).toMatchObject([
      { ioid: 1, status: ECA_BADCHID },
      { type: 'error', cid: 44, eca: ECA_BADCHID },
      { ioid: 2, status: ECA_BADTYPE },
      { ioid: 3, status: ECA_BADTYPE },
      { ioid: 4, status: ECA_BADCOUNT },
      { ioid: 5, status: ECA_BADCOUNT },
      { ioid: 6, status: ECA_BADCOUNT },
      { ioid: 7, status: ECA_NORMAL },
      { ioid: 8, status: ECA_BADCOUNT },
      { type: 'error', cid: 1, eca: ECA_BADCOUNT },
    ]);
    await bench.close();
  });

  test('CA-V4 without the right to write: NOWTACCESS, ERROR with the client id for WRITE', async () => {
    const pv = double();
    pv.granted = Rights.Read;
    const bench = await new Bench().start(pv);
    const client = await bench.client();
    const sid = await bench.open(client, 0x70, 'PV');
    const replies = await bench.ask(client, (c) => {
      c.writeNotify(sid, 1, DBR_DOUBLE, 1, f64(1));
      c.write(sid, 0x70, DBR_DOUBLE, 1, f64(1));
    });
    expect(replies).toMatchObject([
      { type: 'writeNotify', status: ECA_NOWTACCESS },
      { type: 'error', cid: 0x70, eca: ECA_NOWTACCESS, text: 'PV' },
    ]);
    expect(pv.writes).toEqual([]);
    await bench.close();
  });

  test('CA-V20 PUT_ACKT and PUT_ACKS go to the PV, and fail where alarms are not acknowledged', async () => {
    const pv = double();
    const bench = await new Bench().start(pv);
    const client = await bench.client();
    const sid = await bench.open(client, 1, 'PV');
    const word = (value: number): Uint8Array => Uint8Array.of(0, value);
    const replies = await bench.ask(client, (c) => {
      c.writeNotify(sid, 1, DBR_PUT_ACKT, 1, word(0));
      c.writeNotify(sid, 2, DBR_PUT_ACKS, 1, word(2));
    });
    expect(replies).toMatchObject([{ status: ECA_NORMAL }, { status: ECA_NORMAL }]);
    expect(pv.acknowledged).toEqual([{ transient: false }, { severity: 2 }]);
    Object.defineProperty(pv, 'acknowledge', { value: undefined });
    expect(await bench.ask(client, (c) => c.writeNotify(sid, 3, DBR_PUT_ACKS, 1, word(2)))).toMatchObject([
      { status: ECA_PUTFAIL },
    ]);
    await bench.close();
  });

  test('a long text takes CHAR and STRING writes as text', async () => {
    const pv = new TestPv('TXT', scalarType('string', 64, true), 'old');
    const bench = await new Bench().start(pv);
    const client = await bench.client();
    const sid = await bench.open(client, 1, 'TXT');
    const chars = new TextEncoder().encode('Grüße\0');
    const replies = await bench.ask(client, (c) => {
      c.writeNotify(sid, 1, DBR_CHAR, chars.length, chars);
      c.readNotify(sid, 2, DBR_CHAR, 0);
      c.readNotify(sid, 3, DBR_STRING, 0);
    });
    expect(pv.writes).toEqual([{ element: 'string', value: 'Grüße' }]);
    expect(replies).toMatchObject([{ status: ECA_NORMAL }, { count: chars.length }, { count: 1 }]);
    await bench.close();
  });

  test('CA-V7 clearing the channel aborts its writes, and no answer follows', async () => {
    const pv = double();
    const bench = await new Bench().start(pv);
    const client = await bench.client();
    const sid = await bench.open(client, 1, 'PV');
    let finish: () => void = () => {};
    pv.onWrite = () =>
      new Promise((resolve) => {
        finish = resolve;
      });
    await bench.ask(client, (c) => c.writeNotify(sid, 5, DBR_DOUBLE, 1, f64(2)));
    expect(pv.contexts[0]?.signal.aborted).toBe(false);
    await bench.ask(client, (c) => c.clearChannel(sid, 1));
    expect(pv.contexts[0]?.signal.aborted).toBe(true);
    finish();
    await bench.run();
    expect(client.recorder.take()).toEqual([]);
    await bench.close();
  });
});

describe('access rights', () => {
  test('CA-V3 a change sends ACCESS_RIGHTS, then one event for each subscription', async () => {
    const pv = double();
    const bench = await new Bench().start(pv);
    const client = await bench.client();
    const sid = await bench.open(client, 1, 'PV');
    await bench.ask(client, (c) => c.eventAdd(sid, 9, DBR_TIME_DOUBLE, 1, 5));
    pv.grant(Rights.None);
    await bench.run();
    expect(client.recorder.take()).toMatchObject([
      { type: 'accessRights', cid: 1, rights: 0 },
      { type: 'eventAdd', subscriptionId: 9, status: ECA_NORDACCESS, payload: new Uint8Array(24) },
    ]);
    pv.post(7);
    await bench.run();
    expect(client.recorder.take()).toEqual([]);
    pv.grant(Rights.Read);
    await bench.run();
    expect(client.recorder.take()).toMatchObject([
      { type: 'accessRights', cid: 1, rights: 1 },
      { type: 'eventAdd', subscriptionId: 9, status: ECA_NORMAL },
    ]);
    await bench.close();
  });

  test('CA-V5 a PV without a write handler shows no right to write', async () => {
    const pv = double();
    Object.defineProperty(pv, 'write', { value: undefined });
    const bench = await new Bench().start(pv);
    const client = await bench.client();
    expect(await bench.ask(client, (c) => c.createChannel(1, 'PV'))).toMatchObject([{ rights: 1 }, {}]);
    await bench.close();
  });
});

describe('subscriptions', () => {
  test('CA-V9, CA-V11 the first update ignores the mask, later ones pass it', async () => {
    const pv = double();
    const bench = await new Bench().start(pv);
    const client = await bench.client();
    const sid = await bench.open(client, 1, 'PV');
    expect(await bench.ask(client, (c) => c.eventAdd(sid, 9, DBR_DOUBLE, 1, 4))).toMatchObject([
      { type: 'eventAdd', subscriptionId: 9, dbrType: DBR_DOUBLE, count: 1, payload: f64(1.5) },
    ]);
    pv.post(2);
    pv.post(3, makeAlarm(1, 4), 5);
    await bench.run();
    expect(client.recorder.take()).toMatchObject([{ payload: f64(3) }]);
    await bench.close();
  });

  test('every update of a turn arrives, in order, in one write', async () => {
    const pv = double();
    const bench = await new Bench().start(pv);
    const client = await bench.client();
    const sid = await bench.open(client, 1, 'PV');
    await bench.ask(client, (c) => c.eventAdd(sid, 9, DBR_DOUBLE, 1, 1));
    const before = bench.server.stats().writes;
    for (let i = 0; i < 100; i++) pv.post(i);
    await bench.run();
    const values = client.recorder.take().map((update) => update.type === 'eventAdd' && update.payload);
    expect(values).toEqual(Array.from({ length: 100 }, (_, i) => f64(i)));
    expect(bench.server.stats().writes - before).toBe(1);
    await bench.close();
  });

  test('CA-G4 an empty array in a plain type is 8 zero bytes with count 0', async () => {
    const pv = new TestPv('WF', scalarType('float64', 10), new Float64Array(0));
    const bench = await new Bench().start(pv);
    const client = await bench.client();
    const sid = await bench.open(client, 1, 'WF');
    expect(await bench.ask(client, (c) => c.eventAdd(sid, 9, DBR_DOUBLE, 0, 1))).toMatchObject([
      { type: 'eventAdd', count: 0, payload: new Uint8Array(8) },
    ]);
    await bench.close();
  });

  test('CA-V14 a cancel is confirmed by command 1 without payload and ends the updates', async () => {
    const pv = double();
    const bench = await new Bench().start(pv);
    const client = await bench.client();
    const sid = await bench.open(client, 1, 'PV');
    await bench.ask(client, (c) => c.eventAdd(sid, 9, DBR_DOUBLE, 1, 1));
    expect(await bench.ask(client, (c) => c.eventCancel(sid, 9, DBR_DOUBLE, 1))).toEqual([
      { type: 'eventCancelled', subscriptionId: 9 },
    ]);
    expect(pv.sinks.size).toBe(0);
    await bench.close();
  });

  test('section 20: bad ids, types, masks and counts keep the circuit', async () => {
    const bench = await new Bench().start(double());
    const client = await bench.client();
    const sid = await bench.open(client, 1, 'PV');
    const replies = await bench.ask(client, (c) => {
      c.eventAdd(99, 1, DBR_DOUBLE, 1, 1);
      c.eventAdd(sid, 2, DBR_DOUBLE, 1, 0);
      c.eventAdd(sid, 3, DBR_DOUBLE, 1, 0x100);
      c.eventAdd(sid, 4, 39, 1, 1);
      c.eventAdd(sid, 5, DBR_DOUBLE, 5, 1);
      c.eventAdd(sid, 6, DBR_PUT_ACKT, 1, 1);
    });
    expect(replies).toMatchObject([
      { type: 'error', eca: ECA_BADCHID },
      { type: 'error', eca: ECA_BADMASK },
      { type: 'error', eca: ECA_BADMASK },
      { type: 'eventAdd', subscriptionId: 4, status: ECA_BADTYPE, payload: new Uint8Array(8) },
      { type: 'eventAdd', subscriptionId: 5, status: ECA_BADCOUNT },
      { type: 'eventAdd', subscriptionId: 6, status: ECA_GETFAIL, payload: new Uint8Array(8) },
    ]);
    // A short EVENT_ADD has no mask.
    client.sendBytes(Uint8Array.of(0, 1, 0, 8, 0, 6, 0, 1, 0, 0, 0, sid, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0));
    const more = await bench.ask(client, (c) => {
      c.eventCancel(sid, 4, 39, 1);
      c.eventCancel(sid, 1234, DBR_DOUBLE, 1);
    });
    expect(more).toMatchObject([
      { type: 'error', eca: ECA_BADMASK },
      { type: 'eventCancelled', subscriptionId: 4 },
      { type: 'error', eca: ECA_BADMONID },
    ]);
    await bench.close();
  });

  test('a value that does not convert is an update with a status and a zero payload', async () => {
    const pv = new TestPv('TXT', scalarType('string'), 'abc');
    const bench = await new Bench().start(pv);
    const client = await bench.client();
    const sid = await bench.open(client, 1, 'TXT');
    const replies = await bench.ask(client, (c) => c.eventAdd(sid, 9, DBR_CTRL_DOUBLE, 1, 1));
    expect(replies).toMatchObject([{ status: ECA_GETFAIL, payload: new Uint8Array(88) }]);
    pv.post('12.5');
    await bench.run();
    expect(client.recorder.take()).toMatchObject([{ status: ECA_NORMAL }]);
    await bench.close();
  });

  test('CA-V12 EVENTS_OFF keeps the latest value only, EVENTS_ON delivers it, the rest goes on', async () => {
    const pv = double();
    const bench = await new Bench().start(pv);
    const client = await bench.client();
    const sid = await bench.open(client, 1, 'PV');
    await bench.ask(client, (c) => c.eventAdd(sid, 9, DBR_DOUBLE, 1, 1));
    await bench.ask(client, (c) => c.eventsOff());
    for (let i = 0; i < 50; i++) pv.post(i);
    const meanwhile = await bench.ask(client, (c) => c.readNotify(sid, 3, DBR_DOUBLE, 1));
    expect(meanwhile).toMatchObject([{ type: 'readNotify', payload: f64(49) }]);
    expect(await bench.ask(client, (c) => c.eventsOn())).toMatchObject([
      { type: 'eventAdd', payload: f64(49) },
    ]);
    pv.post(50);
    await bench.run();
    expect(client.recorder.take()).toMatchObject([{ payload: f64(50) }]);
    await bench.close();
  });

  test('CA-V13 subscribers of one type share one encoding', async () => {
    const pv = wave();
    const bench = await new Bench().start(pv);
    let copies = 0;
    const first = await bench.client();
    const second = await bench.client();
    for (const client of [first, second]) {
      const sid = await bench.open(client, 1, 'WF');
      await bench.ask(client, (c) => c.eventAdd(sid, 9, DBR_STRING, 0, 1));
    }
    pv.state = makeSnapshot(Float64Array.of(1), noAlarm, pv.state.time, {
      ...emptyMetadata,
      get precision() {
        copies++;
        return 1;
      },
    });
    pv.post(Float64Array.of(4, 5));
    await bench.run();
    // Once for each element, not for each subscriber.
    expect(copies).toBe(2);
    expect(first.recorder.take()).toMatchObject([{ count: 2 }]);
    expect(second.recorder.take()).toMatchObject([{ count: 2 }]);
    await bench.close();
  });
});
