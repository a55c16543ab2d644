import { describe, expect, it } from 'vitest';
import { writeSearchReply } from '../../../../src/ca/core/index.ts';
import { makeScalarType, Rights } from '../../../../src/pv/index.ts';
import { BytesWriter, isEpicsError } from '../../../../src/util/index.ts';
import { makeSite, scripted } from './scripted-server.ts';

describe('CaClient', () => {
  it('D-24: get finds, connects, reads and closes the channel', async () => {
    const site = await makeSite({ X: scripted(3.5) });
    const snapshot = await site.settled(site.client.get('X'));
    expect(snapshot.value).toBe(3.5);
    expect(snapshot.time).toEqual({ seconds: 1_700_000_000, nanoseconds: 5, userTag: 0 });
    await site.pass(10);
    expect(site.server.log).toEqual([
      'udp search X',
      'version 0',
      'user operator',
      'host desk',
      'create X',
      'get X 20 0',
      'clear X',
    ]);
    await site.settled(site.client.close());
  });

  it('CA-T8: the circuit is closed after its linger time, not before', async () => {
    const site = await makeSite({ X: scripted() });
    await site.settled(site.client.get('X'));
    await site.pass(900);
    expect(site.server.open.length).toBe(1);
    await site.pass(200);
    expect(site.server.open.length).toBe(0);
    expect(site.client.stats().circuits).toBe(0);
  });

  it('CA-U9: names asked for in one turn are searched in full datagrams', async () => {
    const site = await makeSite();
    for (let i = 0; i < 100; i++) site.client.channel(`SR:BPM:${String(i).padStart(13, '0')}`);
    await site.pass(1);
    expect(site.client.stats().searchDatagrams).toBe(4);
    await site.settled(site.client.close());
  });

  it('D-24: getAll has a snapshot or an error for each name, in order', async () => {
    const site = await makeSite({ A: scripted(1), C: scripted(3) });
    const rows = await site.settled(site.client.getAll(['A', 'B', 'C'], { timeoutMs: 500 }));
    expect(rows.map((row) => (row instanceof Error ? 'error' : row.value))).toEqual([1, 'error', 3]);
  });

  it('CA-C1: a time-out tells the phase, the searches sent and the number of addresses', async () => {
    const site = await makeSite();
    const call = site.client.get('NOPE', { timeoutMs: 500 });
    await expect(site.settled(call)).rejects.toThrow(
      'get "NOPE" timed out after 500 ms (channel searching, 5 searches sent to 1 address)',
    );
    expect(isEpicsError(await call.catch((error: unknown) => error), 'EPICS_TIMEOUT')).toBe(true);
  });

  it('D-24: put and putAll write, and report each failure by itself', async () => {
    const site = await makeSite({ A: scripted(1), R: { ...scripted(1), rights: Rights.Read } });
    await site.settled(site.client.put('A', 2, { wait: true }));
    const rows = await site.settled(
      site.client.putAll(
        [
          ['A', 3],
          ['R', 3],
        ],
        { wait: true },
      ),
    );
    expect(rows[0]).toBeUndefined();
    expect(isEpicsError(rows[1], 'EPICS_ACCESS')).toBe(true);
    expect(site.server.log.filter((line) => line.startsWith('put'))).toEqual([
      'put A 6 1 4000000000000000',
      'put A 6 1 4008000000000000',
    ]);
  });

  it('CA-C23: close right after a put still delivers it', async () => {
    const site = await makeSite({ A: scripted(1) });
    const channel = site.client.channel('A');
    await site.settled(channel.ready());
    const put = channel.put(7);
    channel.close();
    const closing = site.client.close();
    await site.settled(Promise.all([put, closing]));
    await site.pass(10);
    expect(site.server.log).toContain('write A 6 1 401c000000000000');
    expect(site.server.open.length).toBe(0);
  });

  it('monitor delivers updates in order and ends its channel with the loop', async () => {
    const site = await makeSite({ A: scripted(1) });
    const pv = site.server.pvs.get('A');
    const values: unknown[] = [];
    const loop = (async () => {
      for await (const snapshot of site.client.monitor('A')) {
        values.push(snapshot.value);
        if (values.length === 3) break;
      }
    })();
    await site.until(() => values.length === 1);
    for (const value of [2, 3]) {
      if (pv !== undefined) pv.snapshot = { ...pv.snapshot, value };
      if (pv !== undefined) site.server.open[0]?.post(pv);
    }
    await site.settled(loop);
    expect(values).toEqual([1, 2, 3]);
    await site.pass(10);
    expect(site.client.stats().channels).toBe(0);
    expect(site.server.log.slice(-1)).toEqual(['clear A']);
  });

  it('A-14: close rejects calls under way with EPICS_CLOSED, ends iterators and leaves no socket', async () => {
    const site = await makeSite({ A: scripted(1) });
    site.server.isMute.add('get');
    const channel = site.client.channel('A');
    await site.settled(channel.ready());
    const get = channel.get();
    const waiting = site.client.get('NOPE');
    const iterator = channel.monitor();
    await site.settled(iterator.next());
    const next = iterator.next();
    const rejected = Promise.allSettled([get, waiting]);
    await site.settled(site.client.close());
    for (const result of await rejected) {
      expect(result.status === 'rejected' && isEpicsError(result.reason, 'EPICS_CLOSED')).toBe(true);
    }
    expect((await next).done).toBe(true);
    await site.pass(10);
    expect(site.server.open.length).toBe(0);
    expect(channel.state).toBe('closed');
    await expect(channel.get()).rejects.toThrow('was closed');
    expect(() => site.client.channel('A')).toThrow('the client was closed');
    await site.settled(site.client.close());
  });

  it('A-14: close ends even when the server does not close its end', async () => {
    const site = await makeSite({ A: scripted(1) });
    await site.settled(site.client.channel('A').ready());
    site.network.setCut(site.server.host, site.clientHost, true);
    const before = site.network.clock.monotonicMs;
    await site.settled(site.client.close(), 5000);
    expect(site.network.clock.monotonicMs - before).toBeLessThanOrEqual(600);
  });

  it('CA-T1: circuits are shared by server and priority', async () => {
    const site = await makeSite({ A: scripted(1), B: scripted(2) });
    const a = site.client.channel('A');
    const b = site.client.channel('B');
    const high = site.client.channel('A', { priority: 50 });
    await site.settled(Promise.all([a.ready(), b.ready(), high.ready()]));
    expect(site.server.open.length).toBe(2);
    expect(site.server.log).toContain('version 50');
    expect(() => site.client.channel('A', { priority: 100 })).toThrow('ECA_BADPRIORITY');
  });

  it('D-20: channels of the same name and options share one, closed with the last user', async () => {
    const site = await makeSite({ A: scripted(1) });
    const first = site.client.channel('A');
    const second = site.client.channel('A');
    await site.settled(Promise.all([first.ready(), second.ready()]));
    expect(site.server.log.filter((line) => line === 'create A').length).toBe(1);
    first.close();
    await site.pass(10);
    expect(site.server.log).not.toContain('clear A');
    expect(second.state).toBe('connected');
    second.close();
    await site.pass(10);
    expect(site.server.log.filter((line) => line === 'clear A').length).toBe(1);
  });

  it('D-20: a channel that is wanted again within its linger time stays connected', async () => {
    const site = await makeSite({ A: scripted(1) }, { channelLingerMs: 1000 });
    const first = site.client.channel('A');
    await site.settled(first.ready());
    first.close();
    await site.pass(500);
    const again = site.client.channel('A');
    await site.pass(5000);
    expect(again.state).toBe('connected');
    again.close();
    await site.pass(2000);
    expect(site.client.stats().channels).toBe(0);
  });

  it('CA-G13: a second server with the same name is logged once and shown in info', async () => {
    const site = await makeSite({ A: scripted(1) });
    const channel = site.client.channel('A');
    await site.settled(channel.ready());
    const w = new BytesWriter(64, false);
    writeSearchReply(w, 0, 6000);
    site.server.send(w.toBytes(), site.server.searcher);
    await site.pass(10);
    expect(channel.info().duplicate).toBe('10.0.0.1:6000');
    expect(channel.info().server).toBe('10.0.0.1:5064');
  });

  it('CA-U3: a reply for a name that nobody asked for is ignored', async () => {
    const site = await makeSite({ A: scripted(1) });
    await site.settled(site.client.channel('A').ready());
    const w = new BytesWriter(64, false);
    for (const cid of [1, 77, 0xffff_ffff]) writeSearchReply(w, cid, 6000);
    site.server.send(w.toBytes(), site.server.searcher);
    await site.pass(10);
    expect(site.client.stats().circuits).toBe(1);
  });

  it('names that no search can carry are refused at once', async () => {
    const site = await makeSite();
    expect(() => site.client.channel('x'.repeat(2000))).toThrow('a search carries');
    expect(() => site.client.channel('a\0b')).toThrow('without NUL');
    expect(() => site.client.channel('')).toThrow('needs a name');
  });

  it('D-25: the prefix ca:// is not part of the name', async () => {
    const site = await makeSite({ A: scripted(4) });
    expect(await site.settled(site.client.getValue('ca://A'))).toBe(4);
  });

  it('CA-U14, CA-U12: finds names through a name server, without UDP', async () => {
    const site = await makeSite({ A: scripted(6) }, { addrList: [], nameServers: ['ioc:5064'] });
    expect(await site.settled(site.client.getValue('A'))).toBe(6);
    expect(site.server.log).not.toContain('udp search A');
    // Channel and search share one circuit.
    expect(site.server.connections.length).toBe(1);
    expect(site.client.report().nameServers).toEqual({ configured: 1, ready: 1 });
    await site.pass(5000);
    expect(site.server.open.length).toBe(1);
  });

  it('CA-G12: a search reply over TCP with port 0 means the port of the circuit', async () => {
    const site = await makeSite({ A: scripted(6) }, { addrList: [], nameServers: ['ioc:5064'] });
    site.server.searchPort = 0;
    expect(await site.settled(site.client.getValue('A'))).toBe(6);
  });

  it('CA-U12: connects to a name server again when it is back', async () => {
    const site = await makeSite({ A: scripted(6) }, { addrList: [], nameServers: ['10.0.0.1'] });
    await site.server.stop();
    const channel = site.client.channel('A');
    await site.pass(2500);
    expect(site.client.report().nameServers.ready).toBe(0);
    await site.server.start();
    await site.settled(channel.ready({ timeoutMs: 10_000 }));
    expect(channel.state).toBe('connected');
  });

  it('CA-B1: a server that comes up is found within 6 s of its first beacons, at whatever period names are searched', async () => {
    const site = await makeSite({}, { repeater: 'register' });
    const channel = site.client.channel('LATE');
    await site.pass(1_000_000);
    site.server.pvs.set('LATE', scripted(1));
    let period = 20;
    const start = site.network.clock.monotonicMs;
    while (channel.state !== 'connected' && site.network.clock.monotonicMs - start < 20_000) {
      site.server.beacon(site.server.searcher);
      await site.pass(period);
      period *= 2;
    }
    expect(site.network.clock.monotonicMs - start).toBeLessThan(6000);
    expect(site.client.stats().beacons).toBeGreaterThan(2);
  });

  it('CA-C24: a valid name among 300 unresolvable ones connects in less than 1 s', async () => {
    const site = await makeSite({ GOOD: scripted(1) });
    for (let i = 0; i < 300; i++) site.client.channel(`BAD:${i}`);
    await site.pass(20_000);
    const good = site.client.channel('GOOD');
    await site.settled(good.ready({ timeoutMs: 1000 }));
    expect(good.state).toBe('connected');
  });

  it('CA-C24: calls made before the server exists are served once it is there', async () => {
    const site = await makeSite({ A: scripted(9) });
    await site.server.stop();
    const channel = site.client.channel('A');
    const get = channel.get({ timeoutMs: 60_000 });
    const first = channel.monitor().next();
    await site.pass(3000);
    await site.server.start();
    expect((await site.settled(get)).value).toBe(9);
    expect((await site.settled(first)).value?.value).toBe(9);
  });

  it('CA-U11: hurryUp searches all names at once', async () => {
    const site = await makeSite();
    site.client.channel('A');
    await site.pass(100_000);
    const before = site.client.stats().searchRequests;
    site.client.hurryUp();
    await site.pass(5);
    expect(site.client.stats().searchRequests).toBe(before + 1);
  });

  it('CA-U5: the automatic list has the broadcast address of each interface, and host names are resolved', async () => {
    const site = await makeSite({ A: scripted(1) }, { addrList: ['ioc:7000'], autoAddrList: true });
    expect(await site.settled(site.client.getValue('A'))).toBe(1);
    expect(site.client.report().searchTargets).toEqual(['10.0.0.1:7000', '10.0.0.255:5064']);
  });

  it('CA-G14: ignoreReplyAddress takes the sender of a reply for the server', async () => {
    const site = await makeSite({ A: scripted(1) }, { ignoreReplyAddress: true });
    site.server.isMute.add('search');
    const channel = site.client.channel('A');
    await site.pass(5);
    const w = new BytesWriter(64, false);
    writeSearchReply(w, 0, 5064, 0xac110002);
    site.server.send(w.toBytes(), site.server.searcher);
    await site.settled(channel.ready());
    expect(channel.info().server).toBe('10.0.0.1:5064');
  });

  it('CA-C16: two clients in one process share nothing', async () => {
    const site = await makeSite({ A: scripted(1) });
    const other = new (
      site.client.constructor as typeof import('../../../../src/ca/client/client.ts').CaClientCore
    )({
      network: site.clientHost,
      addrList: ['10.0.0.1'],
      autoAddrList: false,
      repeater: 'off',
    });
    await site.settled(Promise.all([site.client.channel('A').ready(), other.channel('A').ready()]));
    expect(site.server.open.length).toBe(2);
    await site.settled(other.close());
    await site.pass(10);
    expect(site.server.open.length).toBe(1);
    expect(await site.settled(site.client.getValue('A'))).toBe(1);
  });

  it('report and stats show channels, circuits and traffic', async () => {
    const site = await makeSite({
      A: scripted(new Float64Array([1, 2]), makeScalarType('float64', { isArray: true, caCount: 10 })),
    });
    const channel = site.client.channel('A');
    await site.settled(channel.get());
    const report = site.client.report();
    expect(report.circuits).toMatchObject([
      { server: '10.0.0.1:5064', state: 'open', minor: 13, channels: 1 },
    ]);
    expect(report.channels).toMatchObject([{ name: 'A', state: 'connected', bytesIn: 48, bytesOut: 16 }]);
    expect(site.client.stats()).toMatchObject({
      channels: 1,
      connectedChannels: 1,
      circuits: 1,
      searching: 0,
    });
  });
});
