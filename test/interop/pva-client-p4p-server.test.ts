import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodeNetwork } from '../../src/net/index.ts';
import { PvaClient } from '../../src/pva/index.ts';
import { Value } from '../../src/pvdata/index.ts';
import { isMissing, loopbackEnv, PeerProcess } from '../helpers/peers.ts';
import { freePorts } from '../helpers/ports.ts';
import { RecordingNetwork } from '../helpers/record-network.ts';
import { expectReplays } from '../helpers/replay.ts';

const P = 'IT:';

describe.skipIf(isMissing('p4p'))('our PVA client with a p4p server', () => {
  let peer: PeerProcess;
  let client: PvaClient;
  let env: Record<string, string>;
  const recorder = new RecordingNetwork(nodeNetwork());

  beforeAll(async () => {
    const [pva = 0, pvaUdp = 0] = await freePorts(2);
    env = loopbackEnv({ pva, pvaUdp });
    peer = await PeerProcess.start('p4p_server', [P], env);
    client = new PvaClient({}, { env, network: recorder });
  });
  afterAll(async () => {
    await client.close();
    await peer.close();
  });

  const scalars: readonly (readonly [name: string, value: unknown])[] = [
    ['double', 1.25],
    ['int', -7],
    ['long', 9007199254740993n],
    ['ulong', 18446744073709551615n],
    ['float', 0.5],
    ['bool', true],
    ['string', 'Grüße'],
    ['doubles', Float64Array.from([0, 1, 2, 3, 4])],
    ['ushorts', Uint16Array.from([1, 65535])],
    ['strings', ['a', 'b c', '']],
    ['bytes', Uint8Array.from({ length: 256 }, (_, i) => i)],
    ['enum', 1],
  ];
  test.each(scalars)('get of %s gives its value', async (name, value) => {
    const snapshot = await client.get(P + name);
    expect(snapshot.value).toEqual(value);
    expect(snapshot.alarm.severity).toBe(0);
  });

  const puts: readonly (readonly [name: string, put: unknown, expected: unknown])[] = [
    ['double', 6.5, 6.5],
    ['double', '7.25', 7.25],
    ['int', 42, 42],
    ['long', -9223372036854775807n, { int: '-9223372036854775807' }],
    ['ulong', 18446744073709551614n, { int: '18446744073709551614' }],
    ['bool', false, false],
    ['string', 'ä µ €', 'ä µ €'],
    ['strings', ['x', 'y'], ['x', 'y']],
  ];
  test.each(puts)('put of %s arrives as %s', async (name, put, expected) => {
    await client.put(P + name, put as never);
    const current = await peer.request<{ value: unknown }>('current', { name });
    expect(current.value).toEqual(expected);
  });

  test('put of an array arrives whole', async () => {
    const value = Float64Array.from({ length: 1000 }, (_, i) => i / 3);
    await client.put(`${P}doubles`, value);
    const current = await peer.request<{ value: { array: number[]; dtype: string } }>('current', {
      name: 'doubles',
    });
    expect(current.value.dtype).toBe('float64');
    expect(current.value.array).toEqual([...value]);
  });

  test('a megabyte array is read whole', async () => {
    const { value } = await client.get(`${P}big`);
    expect(value).toBeInstanceOf(Float64Array);
    expect((value as Float64Array).length).toBe(131072);
    expect((value as Float64Array)[131071]).toBe(131071);
  });

  test('an enum is put by label and by index, and an unknown label is refused with the choices', async () => {
    await client.put(`${P}enum`, 'Trip');
    expect((await client.get(`${P}enum`)).value).toBe(2);
    await client.put(`${P}enum`, 0);
    const snapshot = await client.get(`${P}enum`);
    expect([snapshot.value, snapshot.meta.choices]).toEqual([0, ['Off', 'On', 'Trip']]);
    await expect(client.put(`${P}enum`, 'Nope')).rejects.toThrow(/Trip/);
  });

  test('a structure with unions, variants and arrays of structures is read whole', async () => {
    const value = await client.getStruct(`${P}struct`);
    expect(value.desc.id).toBe('test:struct:1.0');
    expect(value.get('inner.x')).toBe(2.5);
    expect(value.get('names')).toEqual(['p', 'q']);
    expect((value.get('any') as Value).at(0)).toBe(4.5);
    expect((value.get('list') as Value[]).map((item) => item.get('label'))).toEqual(['one', 'two']);
  });

  test('tables and images arrive', async () => {
    const table = await client.getStruct(`${P}table`);
    expect(table.get('value.x')).toEqual(Float64Array.from([1, 2]));
    const image = await client.getStruct(`${P}image`);
    expect((image.get('dimension') as Value[]).map((item) => item.get('size'))).toEqual([4, 3]);
  });

  test('rpc sends NTURI arguments and gets the result, and errors keep their text', async () => {
    const sum = await client.channel(`${P}add`).rpc({ lhs: 1.5, rhs: 2 });
    expect(sum?.get('value')).toBe(3.5);
    await expect(client.channel(`${P}refusing`).rpc({})).rejects.toThrow('no beam');
  });

  test('a refused put fails with the text of the server, and so does a put to a read-only PV', async () => {
    await expect(client.put(`${P}refusing`, 2)).rejects.toThrow('the magnet is locked');
    await expect(client.put(`${P}readonly`, 2)).rejects.toMatchObject({ code: 'EPICS_REMOTE' });
  });

  test('a monitor sees every post in order', async () => {
    const seen: unknown[] = [];
    const feed = client.monitor(`${P}int`, { queueSize: 50 });
    for await (const { value } of feed) {
      seen.push(value);
      if (seen.length === 1) {
        for (let i = 1; i <= 10; i++) await peer.request('post', { name: 'int', value: 1000 + i });
      }
      if (value === 1010) break;
    }
    expect(seen.slice(1)).toEqual(Array.from({ length: 10 }, (_, i) => 1001 + i));
  });

  test('a pipelined monitor keeps going beyond its window', async () => {
    const seen: unknown[] = [];
    for await (const { value } of client.monitor(`${P}double`, { queueSize: 4, pipeline: true })) {
      seen.push(value);
      if (seen.length === 1)
        for (let i = 0; i < 20; i++) await peer.request('post', { name: 'double', value: i + 0.5 });
      if (value === 19.5) break;
    }
    expect(seen.at(-1)).toBe(19.5);
  });

  test('a PV that closes and opens with another type reaches the monitor again', async () => {
    const events: string[] = [];
    for await (const event of client.monitorEvents(`${P}float`)) {
      events.push(event.type === 'update' ? String(event.value.get('value')) : event.type);
      if (events.length === 2) {
        await peer.request('close', { name: 'float' });
        await peer.request('reopen', { name: 'float', code: 's', value: 'text now' });
      }
      if (events.includes('text now')) break;
    }
    expect(events).toContain('disconnected');
    expect(events.at(-1)).toBe('text now');
  });

  test('a name that nobody serves times out with the addresses tried', async () => {
    await expect(client.get('NO:SUCH:PV', { timeoutMs: 300 })).rejects.toThrow(
      /NO:SUCH:PV.*timed out after 300 ms/,
    );
  });

  test('the server lists its names', async () => {
    const names = await client.list(`127.0.0.1:${env['EPICS_PVA_SERVER_PORT']}`);
    expect(names).toContain(`${P}double`);
  });

  test('a monitor survives the death and the return of the server', async () => {
    const [pva = 0, pvaUdp = 0] = await freePorts(2);
    const own = loopbackEnv({ pva, pvaUdp });
    let mortal = await PeerProcess.start('p4p_server', ['MT:'], own);
    await using observer = new PvaClient({}, { env: own, network: recorder });
    const events: string[] = [];
    for await (const event of observer.monitorEvents('MT:double')) {
      events.push(event.type);
      if (event.type === 'update' && events.length < 3) {
        await mortal.close(true);
        mortal = await PeerProcess.start('p4p_server', ['MT:'], own);
      } else if (event.type === 'update') break;
    }
    await mortal.close();
    expect(events).toEqual(['connected', 'update', 'disconnected', 'connected', 'update']);
  });

  test('ARC-S-10 every recorded session replays through our cores, however it is split', () => {
    expect(expectReplays(recorder.streams)).toBeGreaterThan(200);
  });
});
