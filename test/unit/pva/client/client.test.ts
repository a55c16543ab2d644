import { describe, expect, it } from 'vitest';
import { ntEnumType, ntScalarType } from '../../../../src/nt/index.ts';
import { SharedPv } from '../../../../src/pv/index.ts';
import { PvaClientOn, PvaServerOn } from '../../../../src/pva/index.ts';
import { structType, Value } from '../../../../src/pvdata/index.ts';
import { VirtualNetwork } from '../../../../src/testing/index.ts';
import { makeHarness } from './harness.ts';
import { scalar } from './scripted-server.ts';

describe('PvaClient with a scripted server', () => {
  it('get of a name found by broadcast answers value, alarm and time in one round trip after the type is known', async () => {
    const h = await makeHarness();
    h.server.value = Value.from(h.server.type, {
      value: 2.5,
      alarm: { severity: 1, status: 3, message: 'LOW' },
      timeStamp: { secondsPastEpoch: 5, nanoseconds: 6, userTag: 7 },
    });
    const snapshot = await h.settle(h.client.get('x'));
    expect(snapshot.value).toBe(2.5);
    expect(snapshot.alarm).toMatchObject({ severity: 1, ntStatus: 3, message: 'LOW', condition: 6 });
    expect(snapshot.time).toEqual({ seconds: 5, nanoseconds: 6, userTag: 7 });
    await h.settle(h.client.get('x'));
    expect(h.server.heard).toEqual([
      'SEARCH x',
      'VALIDATION ca operator@opi',
      'CREATE x',
      'GET INIT 8',
      'GET',
      'GET',
    ]);
  });

  it('C-1: get of a name that nobody has times out with the searches and addresses in the message', async () => {
    const h = await makeHarness([]);
    const error = await h.rejection(h.client.get('nosuch', { timeoutMs: 1000 }));
    expect(error).toMatchObject({ code: 'EPICS_TIMEOUT', pvName: 'nosuch' });
    expect(error.message).toBe(
      'get "nosuch" timed out after 1000 ms (channel searching, 3 searches sent to 10.0.0.255:5076)',
    );
  });

  it('C-1: get from a server that does not reply says that it was connected', async () => {
    const h = await makeHarness();
    h.server.intercept = (line) => line === 'GET';
    const error = await h.rejection(h.client.get('x', { timeoutMs: 300 }));
    expect(error.message).toBe('get "x" timed out after 300 ms (connected to 10.0.0.1:5075, no reply)');
  });

  it('C-3: a get that timed out cancels and destroys the request, and the next get begins anew', async () => {
    const h = await makeHarness();
    let isMute = true;
    h.server.intercept = (line) => line === 'GET' && isMute;
    await h.rejection(h.client.get('x', { timeoutMs: 300 }));
    isMute = false;
    expect((await h.settle(h.client.get('x'))).value).toBe(1);
    expect(h.server.heard.slice(3)).toEqual(['GET INIT 8', 'GET', 'CANCEL', 'DESTROY', 'GET INIT 8', 'GET']);
  });

  it('a signal that is aborted already rejects with its reason before anything is sent', async () => {
    const h = await makeHarness();
    const channel = h.client.channel('x');
    const reason = new Error('changed my mind');
    await expect(channel.get({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    await h.advance(1000);
    expect(h.server.count('GET')).toBe(0);
  });

  it('a signal aborted later rejects with its reason unchanged', async () => {
    const h = await makeHarness();
    h.server.intercept = (line) => line === 'GET';
    const controller = new AbortController();
    const pending = h.client.get('x', { signal: controller.signal });
    await h.until(() => h.server.count('GET') > 1);
    const reason = new Error('stop');
    controller.abort(reason);
    expect(await h.rejection(pending)).toBe(reason);
  });

  it('ifConnected rejects at once with EPICS_DISCONNECTED while the channel is not connected', async () => {
    const h = await makeHarness();
    const channel = h.client.channel('x');
    await expect(channel.get({ ifConnected: true })).rejects.toMatchObject({ code: 'EPICS_DISCONNECTED' });
    await h.until(() => channel.state === 'connected');
    expect((await h.settle(channel.get({ ifConnected: true }))).value).toBe(1);
  });

  it('D-24: getAll gives each name its value or its own error, with one burst of searches', async () => {
    const h = await makeHarness(['a', 'b']);
    const results = await h.settle(h.client.getAll(['a', 'nosuch', 'b'], { timeoutMs: 150 }));
    expect([...results.keys()]).toEqual(['a', 'nosuch', 'b']);
    expect(results.get('a')).toMatchObject({ value: 1 });
    expect(results.get('b')).toMatchObject({ value: 1 });
    expect(results.get('nosuch')).toMatchObject({ code: 'EPICS_TIMEOUT' });
    expect(h.server.heard.filter((line) => line.startsWith('SEARCH')).length).toBe(1);
  });

  it('close rejects what waits with EPICS_CLOSED and what is begun afterwards too', async () => {
    const h = await makeHarness([]);
    const pending = h.client.get('x', { timeoutMs: 60_000 });
    await h.advance(100);
    const error = h.rejection(pending);
    await h.settle(h.client.close());
    expect(await error).toMatchObject({ code: 'EPICS_CLOSED' });
    expect(() => h.client.channel('y')).toThrow('closed');
    await expect(h.client.get('y')).rejects.toMatchObject({ code: 'EPICS_CLOSED' });
  });

  it('C-16: after close no timer is left on the clock', async () => {
    const h = await makeHarness();
    await h.settle(h.client.get('x'));
    h.client.channel('nosuch');
    await h.advance(1000);
    await h.settle(h.client.close());
    h.server.stop();
    await h.advance(500);
    expect(h.network.clock.nextMs).toBe(Number.POSITIVE_INFINITY);
  });

  it('C-4: a channel used by client.get stays for 20 s, then is destroyed and its connection closed', async () => {
    const h = await makeHarness();
    await h.settle(h.client.get('x'));
    await h.advance(19_000);
    expect(h.client.stats()).toMatchObject({ channels: 1, connections: 1 });
    await h.advance(5000);
    expect(h.server.count('DESTROY_CHANNEL')).toBe(1);
    expect(h.client.stats()).toMatchObject({ channels: 0, connections: 0 });
  });

  it('C-4: a handle made while the channel was kept keeps it', async () => {
    const h = await makeHarness();
    await h.settle(h.client.get('x'));
    await h.advance(10_000);
    const channel = h.client.channel('x');
    await h.advance(30_000);
    expect(channel.state).toBe('connected');
    expect(h.server.count('CREATE')).toBe(1);
    channel[Symbol.dispose]();
    await h.advance(10);
    expect(h.server.count('DESTROY_CHANNEL')).toBe(1);
  });

  it('cacheClear drops an unused channel at once', async () => {
    const h = await makeHarness();
    await h.settle(h.client.get('x'));
    h.client.cacheClear('other');
    expect(h.client.stats().channels).toBe(1);
    h.client.cacheClear('x');
    expect(h.client.stats().channels).toBe(0);
  });

  it('cacheClear "disconnect" makes a channel in use reconnect', async () => {
    const h = await makeHarness();
    const channel = h.client.channel('x');
    const states: string[] = [];
    channel.onState((state) => states.push(state));
    await h.until(() => channel.state === 'connected');
    h.client.cacheClear('x', 'disconnect');
    await h.until(() => channel.state === 'connected');
    expect(states).toEqual([
      'connecting',
      'connected',
      'disconnected',
      'searching',
      'connecting',
      'connected',
    ]);
  });

  it('C-15: report names the connection, the channels with their state, and why one is not connected', async () => {
    const h = await makeHarness();
    await h.settle(h.client.get('x'));
    h.client.channel('nosuch');
    await h.advance(400);
    expect(h.client.report()).toMatchObject({
      connections: 1,
      channels: 2,
      connectedChannels: 1,
      searching: 1,
      connectionList: [{ server: '10.0.0.1:5075', isReady: true, channels: 1 }],
      channelList: [
        { name: 'x', state: 'connected', server: '10.0.0.1:5075', guid: '0102030405060708090a0b0c' },
        { name: 'nosuch', state: 'searching', why: 'channel searching, 2 searches sent to 10.0.0.255:5076' },
      ],
    });
  });

  it('unknown options and bad addresses are ConfigErrors that name them', () => {
    const network = new VirtualNetwork();
    const host = network.host('opi', { addresses: ['10.0.0.2/24'] });
    expect(() => new PvaClientOn(host, { adrList: [] } as never, { env: {} })).toThrow('"adrList"');
    expect(() => new PvaClientOn(host, { addrList: ['1.2.3'] }, { env: {} })).toThrow('1.2.3');
    const client = new PvaClientOn(host, {}, { env: {} });
    expect(() => client.channel('x', { server: '1.2.3' })).toThrow('bad address');
  });

  it('with nothing to search the time-out says which variable is empty', async () => {
    const h = await makeHarness(['x'], { autoAddrList: false });
    const error = await h.rejection(h.client.get('x', { timeoutMs: 100 }));
    expect(error.message).toContain('EPICS_PVA_ADDR_LIST is empty');
  });

  it('a server given by address is used without any search', async () => {
    const h = await makeHarness(['x'], { autoAddrList: false });
    expect((await h.settle(h.client.get('x', { server: '10.0.0.1' }))).value).toBe(1);
    expect(h.server.count('SEARCH')).toBe(0);
  });

  it('a server given by address that refuses the channel ends the call with EPICS_NOT_FOUND and its text', async () => {
    const h = await makeHarness();
    h.server.intercept = (line, session) => {
      if (!line.startsWith('CREATE')) return false;
      queueMicrotask(() => {
        session.core.channelRefused(h.server.lastCid, {
          type: 3,
          message: 'Refused to create Channel',
          callTree: '',
        });
        session.flush();
      });
      return true;
    };
    const error = await h.rejection(h.client.get('y', { server: '10.0.0.1:5075' }));
    expect(error).toMatchObject({ code: 'EPICS_NOT_FOUND', pvName: 'y' });
    expect(error.message).toContain('10.0.0.1:5075 refused the channel: Refused to create Channel');
  });

  it('a server given by address that is down is tried again every 2 s', async () => {
    const h = await makeHarness(['x'], { autoAddrList: false });
    const connects: number[] = [];
    const channel = h.client.channel('x', { server: '10.0.0.1:9' });
    channel.onState((state) => {
      if (state === 'connecting') connects.push(Math.round(h.nowMs / 100) / 10);
    });
    await h.advance(6500);
    expect(connects).toEqual([2, 4, 6]);
    expect(channel.describe()).toContain('server 10.0.0.1:9 not reachable');
  });

  it('monitor of the client disposes its channel when the loop is left', async () => {
    const h = await makeHarness();
    const feed = h.client.monitor('x');
    expect((await h.settle(feed.next())).value).toMatchObject({ value: 1 });
    await feed.return();
    await h.advance(100);
    expect(h.server.count('DESTROY_CHANNEL')).toBe(1);
  });

  it('W-83: discover yields a server that answers the ping, once', async () => {
    const h = await makeHarness();
    const feed = h.client.discover({ timeoutMs: 500 });
    const first = await h.settle(feed.next());
    expect(first.value).toEqual({
      type: 'online',
      guid: '0102030405060708090a0b0c',
      server: '10.0.0.1:5075',
      protocol: 'tcp',
    });
    expect(await h.settle(feed.next())).toEqual({ done: true, value: undefined });
    // Known servers come at once the next time.
    const again = h.client.discover({ ping: false, timeoutMs: 1 });
    expect((await again.next()).value).toMatchObject({ server: '10.0.0.1:5075' });
    await again.return();
  });

  it('discover notices a server that came back under another GUID', async () => {
    const h = await makeHarness();
    const feed = h.client.discover();
    await h.settle(feed.next());
    h.server.guid = new Uint8Array(12).fill(9);
    const pinger = h.client.discover({ timeoutMs: 100 });
    await h.advance(200);
    await pinger.return();
    expect((await feed.next()).value).toMatchObject({ type: 'offline', guid: '0102030405060708090a0b0c' });
    expect((await feed.next()).value).toMatchObject({ type: 'online', guid: '090909090909090909090909' });
    await feed.return();
  });

  it('list asks the "server" PV for its channels and returns the names', async () => {
    const h = await makeHarness();
    const names = structType('epics:nt/NTScalarArray:1.0', { value: 'string[]' });
    h.server.value = Value.from(names, { value: ['a', 'b'] });
    expect(await h.settle(h.client.list('10.0.0.1'))).toEqual(['a', 'b']);
    expect(h.server.args[0]?.toObject()).toEqual({
      scheme: 'pva',
      authority: '',
      path: 'server',
      query: { op: 'channels' },
    });
    h.server.value = scalar(1);
    expect(await h.rejection(h.client.list('10.0.0.1'))).toMatchObject({ code: 'EPICS_TYPE' });
  });

  it('hurryUp searches missing names again soon, but not twice within 30 s', async () => {
    const h = await makeHarness([]);
    h.client.channel('late');
    await h.advance(40_000);
    h.server.names.add('late');
    expect(h.client.hurryUp()).toBe(true);
    await h.advance(300);
    expect(h.client.stats().connectedChannels).toBe(1);
    expect(h.client.hurryUp()).toBe(false);
  });

  it('a connection takes 1000 channels, created in few writes', async () => {
    const names = Array.from({ length: 1000 }, (_, i) => `pv:${i}`);
    const h = await makeHarness(names);
    const results = await h.settle(h.client.getAll(names));
    expect([...results.values()].every((result) => !(result instanceof Error))).toBe(true);
    expect(h.client.stats()).toMatchObject({ connections: 1, connectedChannels: 1000 });
    expect(h.nowMs).toBeLessThan(2000);
  });
});

describe('PvaClient with PvaServer', () => {
  async function pair(pvs: Record<string, SharedPv>) {
    const network = new VirtualNetwork({ seed: 5 });
    const serverHost = network.host('ioc', { addresses: ['10.0.0.1/24'] });
    const clientHost = network.host('opi', { addresses: ['10.0.0.2/24'] });
    const server = new PvaServerOn(serverHost, {}, { env: {} });
    for (const [name, pv] of Object.entries(pvs)) server.add(name, pv);
    const client = new PvaClientOn(clientHost, { listenBeacons: false }, { env: {} });
    const run = async <T>(promise: Promise<T>): Promise<T> => {
      let isDone = false;
      const done = (): void => {
        isDone = true;
      };
      promise.then(done, done);
      await network.clock.until(() => isDone, 20_000);
      return promise;
    };
    await run(server.start());
    return { network, server, client, run };
  }

  it('get, put, rpc, info and monitor work end to end', async () => {
    const mode = Value.from(ntEnumType(), { value: { index: 0, choices: ['Off', 'On'] } });
    const adder = new SharedPv({
      call: (_pv, args) => {
        const query = args?.get('query') as Value;
        return scalar(Number(query.get('lhs')) + Number(query.get('rhs')));
      },
    });
    const { client, server, run } = await pair({
      x: SharedPv.mailbox(Value.from(ntScalarType('double'), { value: 1.5 })),
      mode: SharedPv.mailbox(mode),
      ro: SharedPv.readonly(scalar(3)),
      add: adder,
    });
    expect((await run(client.get('x'))).value).toBe(1.5);
    const feed = client.monitor('x');
    expect((await run(feed.next())).value).toMatchObject({ value: 1.5 });
    await run(client.put('x', 4));
    expect((await run(feed.next())).value).toMatchObject({ value: 4 });
    await feed.return();
    await run(client.put('mode', 'On'));
    expect(await run(client.getValue('mode'))).toBe(1);
    expect((await run(client.rpc('add', { lhs: 1, rhs: 2 })))?.get('value')).toBe(3);
    expect((await run(client.info('x'))).id).toBe('epics:nt/NTScalar:1.0');
    await expect(run(client.put('ro', 1))).rejects.toMatchObject({ code: 'EPICS_REMOTE' });
    await expect(run(client.put('mode', 'Maybe'))).rejects.toThrow(
      'put "mode": "Maybe" is no choice: choices are "Off", "On"',
    );
    expect(await run(client.list('10.0.0.1'))).toContain('mode');
    await run(client.close());
    await run(server.close());
  });
});
