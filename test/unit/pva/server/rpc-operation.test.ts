import { describe, expect, it } from 'vitest';
import { type MaybePromise, type OpContext, Rights, SharedPv } from '../../../../src/pv/index.ts';
import { CMD_RPC, isSuccess } from '../../../../src/pva/core/index.ts';
import { structType, Value } from '../../../../src/pvdata/index.ts';
import { Bench, type RawClient } from './harness.ts';

const reply = structType('', { n: 'int' });

interface Caller {
  readonly bench: Bench;
  readonly client: RawClient;
  readonly sid: number;
  readonly ioid: number;
}

async function caller(
  call: ((args: Value | null, context: OpContext) => MaybePromise<Value | null>) | undefined,
  rights?: Rights,
): Promise<Caller> {
  const bench = await Bench.started();
  bench.server.add(
    'F',
    new SharedPv({
      ...(call === undefined ? {} : { call: (_self, args, context) => call(args, context) }),
      ...(rights === undefined ? {} : { rights: () => rights }),
    }),
  );
  const client = await bench.client();
  const sid = await client.open('F');
  const { ioid } = await client.init(CMD_RPC, sid);
  return { bench, client, sid, ioid };
}

describe('RPC', () => {
  it('ARC-D-15 a PV without a type can be called, more than once on one operation', async () => {
    const { bench, client, sid, ioid } = await caller((args) =>
      Value.from(reply, { n: args === null ? 0 : 1 }),
    );
    client.connection.rpc(sid, ioid, null);
    expect((await client.next('rpcReply')).result?.get('n')).toBe(0);
    client.connection.rpc(sid, ioid, Value.from(reply, { n: 5 }), true);
    expect((await client.next('rpcReply', () => true, 2)).result?.get('n')).toBe(1);
    expect(bench.server.stats().operations).toBe(0);
    await bench.run(bench.server.close());
  });

  it('a second call while the first one runs is refused', async () => {
    let finish = (_value: Value | null): void => undefined;
    const { bench, client, sid, ioid } = await caller(
      () =>
        new Promise<Value | null>((resolve) => {
          finish = resolve;
        }),
    );
    client.connection.rpc(sid, ioid, null);
    client.connection.rpc(sid, ioid, null);
    expect((await client.next('rpcReply')).status.message).toBe('other request pending');
    finish(null);
    const second = await client.next('rpcReply', () => true, 2);
    expect([isSuccess(second.status), second.result]).toEqual([true, null]);
    await bench.run(bench.server.close());
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('no such thing');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no such thing'))],
  ] as const)(
    'a procedure that %s answers with its message, and the last call ends the operation',
    async (_how, call) => {
      const { bench, client, sid, ioid } = await caller(call);
      client.connection.rpc(sid, ioid, null, true);
      expect((await client.next('rpcReply')).status).toMatchObject({ type: 2, message: 'no such thing' });
      await client.settle();
      expect(bench.server.stats().operations).toBe(0);
      await bench.run(bench.server.close());
    },
  );

  it('ARC-E-3 a result that cannot be encoded is an error of this call only', async () => {
    let isBroken = true;
    const { bench, client, sid, ioid } = await caller(() => {
      const value = Value.from(structType('', { text: 'string' }), { text: 'x' });
      if (isBroken) value.put(1, 5);
      return value;
    });
    client.connection.rpc(sid, ioid, null);
    expect(isSuccess((await client.next('rpcReply')).status)).toBe(false);
    isBroken = false;
    client.connection.rpc(sid, ioid, null);
    expect((await client.next('rpcReply', () => true, 2)).result?.get('text')).toBe('x');
    expect(bench.log.problems().length).toBe(1);
    await bench.run(bench.server.close());
  });

  it('who may not call is refused', async () => {
    const { bench, client, sid, ioid } = await caller(() => null, Rights.Read);
    client.connection.rpc(sid, ioid, null);
    expect((await client.next('rpcReply')).status.message).toBe('No RPC access');
    await bench.run(bench.server.close());
  });

  it('a call that the client cancels aborts the signal, and its result goes nowhere', async () => {
    let signal: AbortSignal | undefined;
    let finish = (_value: Value | null): void => undefined;
    const { bench, client, sid, ioid } = await caller((_args, context) => {
      signal = context.signal;
      return new Promise<Value | null>((resolve) => {
        finish = resolve;
      });
    });
    client.connection.rpc(sid, ioid, null);
    await client.settle();
    expect(signal?.aborted).toBe(false);
    client.connection.destroyRequest(sid, ioid);
    await client.settle();
    expect(signal?.aborted).toBe(true);
    finish(null);
    await client.settle();
    expect(client.all('rpcReply')).toEqual([]);
    await bench.run(bench.server.close());
  });
});
