import { describe, expect, it } from 'vitest';
import { toNtUri, toStruct } from '../../../../src/pva/client/rpc.ts';
import { errorStatus } from '../../../../src/pva/core/index.ts';
import { scalarType, Value } from '../../../../src/pvdata/index.ts';
import { makeHarness } from './harness.ts';

const typesOf = (value: Value): Record<string, string> =>
  Object.fromEntries(value.desc.members.map((member) => [member.name, member.desc.typeName]));

describe('toNtUri and toStruct', () => {
  it('C-14: arguments get the type that their JavaScript type has', () => {
    const uri = toNtUri('svc', { n: 1, b: 2n, s: 'x', t: true, missing: undefined });
    expect(uri.desc.id).toBe('epics:nt/NTURI:1.0');
    expect(uri.desc.members.map((member) => member.name)).toEqual(['scheme', 'authority', 'path', 'query']);
    expect(uri.toObject()).toMatchObject({ scheme: 'pva', authority: '', path: 'svc' });
    expect(typesOf(uri.get('query') as Value)).toEqual({ n: 'double', b: 'long', s: 'string', t: 'boolean' });
  });

  it('C-14: arrays, typed arrays, Values and nested objects have types too', () => {
    const struct = toStruct({
      numbers: [1, 2],
      empty: [],
      texts: ['a'],
      bigs: [1n],
      bytes: Uint8Array.of(1),
      floats: Float32Array.of(1),
      longs: BigInt64Array.of(1n),
      exact: Value.from(scalarType('ushort'), 9),
      nested: { a: 1 },
    });
    expect(typesOf(struct)).toEqual({
      numbers: 'double[]',
      empty: 'double[]',
      texts: 'string[]',
      bigs: 'long[]',
      bytes: 'ubyte[]',
      floats: 'float[]',
      longs: 'long[]',
      exact: 'ushort',
      nested: 'structure',
    });
    expect(struct.get('exact')).toBe(9);
    expect(struct.get('nested.a')).toBe(1);
  });

  it.each([[null], [[1, 'a']], [() => 1], [[[1]]]])('an argument like %o is refused by name', (value) => {
    expect(() => toStruct({ arg: value })).toThrow('argument "arg"');
  });
});

describe('rpc', () => {
  it('sends the arguments once INIT is answered, and destroys the operation after the result', async () => {
    const h = await makeHarness();
    const result = await h.settle(h.client.rpc('x', { lhs: 1 }));
    expect(result?.get('value')).toBe(1);
    await h.advance(10);
    expect(h.server.heard.slice(3)).toEqual(['20 INIT 8', 'RPC', 'DESTROY']);
    expect(h.server.args[0]?.get('query.lhs')).toBe(1);
  });

  it('C-14: sends plain structures, Values and no argument on demand; a null result is null', async () => {
    const h = await makeHarness();
    h.server.intercept = (line, session) => {
      if (line !== 'RPC') return false;
      session.core.rpcResult(h.server.lastIoid, 0, null);
      return true;
    };
    expect(await h.settle(h.client.rpc('x', { a: 1 }, { args: 'struct' }))).toBeNull();
    expect(await h.settle(h.client.rpc('x', null))).toBeNull();
    await h.settle(h.client.rpc('x', Value.from(scalarType('int'), 3)));
    expect(h.server.args.map((args) => args?.desc.isStruct ?? null)).toEqual([true, null, false]);
  });

  it('calls of one channel run side by side', async () => {
    const h = await makeHarness();
    h.server.intercept = (line) => line === 'RPC';
    const channel = h.client.channel('x');
    const calls = [channel.rpc({ a: 1 }), channel.rpc({ a: 2 })].map((call) => h.rejection(call));
    await h.until(() => h.server.count('RPC') === 2);
    channel[Symbol.dispose]();
    for (const call of calls) expect(await call).toMatchObject({ code: 'EPICS_CLOSED' });
  });

  it('the error of the service rejects with its text', async () => {
    const h = await makeHarness();
    h.server.intercept = (line, session) => {
      if (line !== 'RPC') return false;
      session.core.statusReply(20, h.server.lastIoid, 0, errorStatus('no such column'));
      return true;
    };
    expect(await h.rejection(h.client.rpc('x'))).toMatchObject({
      code: 'EPICS_REMOTE',
      message: 'rpc "x": no such column',
    });
  });

  it('INIT refused rejects', async () => {
    const h = await makeHarness();
    h.server.intercept = (line, session) => {
      if (!line.startsWith('20 INIT')) return false;
      session.core.statusReply(20, h.server.lastIoid, 8, errorStatus('RPC not implemented for this PV'));
      return true;
    };
    expect((await h.rejection(h.client.rpc('x'))).message).toContain('RPC not implemented for this PV');
  });

  it('C-2: a call that was sent is not repeated after the connection is lost', async () => {
    const h = await makeHarness();
    h.server.intercept = (line) => line === 'RPC';
    const call = h.rejection(h.client.rpc('x'));
    await h.until(() => h.server.count('RPC') === 1);
    h.server.session.stream.destroy();
    expect(await call).toMatchObject({ code: 'EPICS_DISCONNECTED' });
    await h.advance(1000);
    expect(h.server.count('RPC')).toBe(1);
  });

  it('C-2: a call that was not sent yet when the connection was lost is sent after the reconnect', async () => {
    const h = await makeHarness();
    let isMute = true;
    h.server.intercept = (line) => line.startsWith('20 INIT') && isMute;
    const call = h.client.rpc('x');
    await h.until(() => h.server.count('20 INIT') === 1);
    isMute = false;
    h.server.session.stream.destroy();
    expect((await h.settle(call))?.get('value')).toBe(1);
    expect(h.server.count('RPC')).toBe(1);
  });

  it('C-3: a call that timed out is cancelled and destroyed', async () => {
    const h = await makeHarness();
    h.server.intercept = (line) => line === 'RPC';
    await h.rejection(h.client.rpc('x', {}, { timeoutMs: 100 }));
    await h.advance(10);
    expect(h.server.heard.slice(-2)).toEqual(['CANCEL', 'DESTROY']);
  });

  it('arguments without a type reject instead of throwing', async () => {
    const h = await makeHarness();
    await expect(h.client.channel('x').rpc({ a: null })).rejects.toMatchObject({ code: 'EPICS_CONVERT' });
  });
});
