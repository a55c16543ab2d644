import { describe, expect, test } from 'vitest';
import {
  CaSearchResponder,
  CaServer,
  type CaServerSettings,
  DBR_DOUBLE,
  encodeSearchRequest,
  encodeWrite,
  readBeacons,
  readSearchReplies,
  resolveCaServerConfig,
  writeDatagramVersion,
} from '../../../../src/ca/index.ts';
import type { DatagramTransport, Endpoint, Network } from '../../../../src/net/index.ts';
import { Claim, type NameEvent, type PvSource } from '../../../../src/pv/index.ts';
import { BytesWriter, isEpicsError, Listeners } from '../../../../src/util/index.ts';
import { Bench, scalarType, TestPv } from './helpers.ts';

const double = (name = 'PV', value = 1.5): TestPv => new TestPv(name, scalarType('float64'), value);

interface Reply {
  readonly cid: number;
  readonly port: number;
  readonly sequence: number | undefined;
}

/** A socket that searches, and the answers to it. */
class Searcher {
  readonly socket: DatagramTransport;
  readonly datagrams: Uint8Array[] = [];

  constructor(socket: DatagramTransport) {
    this.socket = socket;
    socket.start({ onDatagram: (bytes) => this.datagrams.push(bytes.slice()), onError: () => {} });
  }
  static async on(network: Network, address = '0.0.0.0'): Promise<Searcher> {
    return new Searcher(await network.bind({ address, port: 0, canBroadcast: true }));
  }
  search(to: Endpoint, names: readonly string[], sequence: number | undefined = 77, minor = 13): void {
    const w = new BytesWriter(64, false);
    if (minor >= 11) writeDatagramVersion(w, sequence, minor);
    names.forEach((name, cid) => {
      const request = encodeSearchRequest(name, cid);
      request[7] = minor;
      w.raw(request);
    });
    this.socket.send(w.toBytes(), to);
  }
  replies(): Reply[] {
    const replies: Reply[] = [];
    for (const datagram of this.datagrams.splice(0)) {
      readSearchReplies(datagram, {
        onSearchReply: (cid, port, _address, _minor, sequence) => replies.push({ cid, port, sequence }),
      });
    }
    return replies;
  }
}

describe('searches over UDP', () => {
  test('CA-U15, CA-U16 claimed names are answered with the TCP port and the sequence, others not at all', async () => {
    const bench = await new Bench().start(double('A'), double('B'));
    const searcher = await Searcher.on(bench.peerHost('opi', '10.0.0.2'));
    searcher.search({ address: '10.0.0.1', port: 5064 }, ['A', 'NOPE', 'B']);
    await bench.run();
    expect(searcher.datagrams).toHaveLength(1);
    expect(searcher.replies()).toEqual([
      { cid: 0, port: 5064, sequence: 77 },
      { cid: 2, port: 5064, sequence: 77 },
    ]);
    expect(bench.server.stats()).toMatchObject({ searches: 3, searchReplies: 2 });
    await bench.close();
  });

  test('a server that is bound to one interface hears its broadcasts through a second socket (CA-U20)', async () => {
    const { host } = new Bench();
    const bound: string[] = [];
    const network: Network = {
      clock: host.clock,
      random: host.random,
      userName: host.userName,
      hostName: host.hostName,
      groupsOf: host.groupsOf,
      interfaces: () => host.interfaces(),
      lookup: (name) => host.lookup(name),
      connect: (to, options) => host.connect(to, options),
      listen: (at, onStream, options) => host.listen(at, onStream, options),
      bind: (options) => {
        if (options.port === 5064) bound.push(`${options.address} ${options.isShared}`);
        return host.bind(options);
      },
    };
    const server = new CaServer({ network, config: { intfAddrList: ['10.0.0.1'] } });
    await server.start();
    expect(bound).toEqual(['10.0.0.1 true', '10.0.0.255 true']);
    await server.close();
  });

  test('a multicast group of the interface list is joined (CA-U20)', async () => {
    const bench = await new Bench({ intfAddrList: ['10.0.0.1', '239.1.1.1'] }).start(double('A'));
    const searcher = await Searcher.on(bench.peerHost('opi', '10.0.0.2'));
    searcher.search({ address: '239.1.1.1', port: 5064 }, ['A']);
    await bench.run();
    expect(searcher.replies()).toHaveLength(1);
    await bench.close();
  });

  test('a requester older than 4.11 gets no VERSION, one older than 4.4 no answer', async () => {
    const bench = await new Bench().start(double('A'));
    const searcher = await Searcher.on(bench.host);
    const to = { address: '10.0.0.1', port: 5064 };
    searcher.search(to, ['A'], undefined, 10);
    await bench.run();
    expect(searcher.datagrams.map((datagram) => datagram.length)).toEqual([24]);
    searcher.datagrams.length = 0;
    searcher.search(to, ['A'], undefined, 3);
    await bench.run();
    expect(searcher.datagrams).toEqual([]);
    await bench.close();
  });

  test('CA-W9 answers are split into datagrams of at most 1024 bytes', async () => {
    const names = Array.from({ length: 100 }, (_, i) => `PV${i}`);
    const bench = await new Bench().start(...names.map((name) => double(name)));
    const searcher = await Searcher.on(bench.host);
    searcher.search({ address: '10.0.0.1', port: 5064 }, names);
    await bench.run();
    expect(searcher.datagrams.every((datagram) => datagram.length <= 1024)).toBe(true);
    expect(searcher.replies()).toHaveLength(100);
    await bench.close();
  });

  test('CA-U17 addresses on the ignore list hear nothing', async () => {
    const bench = await new Bench({ ignoreAddrList: ['10.0.0.2'] }).start(double('A'));
    const ignored = await Searcher.on(bench.peerHost('opi', '10.0.0.2'));
    const other = await Searcher.on(bench.peerHost('other', '10.0.0.3'));
    for (const searcher of [ignored, other]) searcher.search({ address: '10.0.0.1', port: 5064 }, ['A']);
    await bench.run();
    expect(ignored.replies()).toEqual([]);
    expect(other.replies()).toHaveLength(1);
    await bench.close();
  });

  test('CA-U18 announceAddress is what replies name', async () => {
    const bench = await new Bench({ announceAddress: '192.168.7.9' }).start(double('A'));
    const searcher = await Searcher.on(bench.host);
    searcher.search({ address: '10.0.0.1', port: 5064 }, ['A']);
    await bench.run();
    const addresses: number[] = [];
    readSearchReplies(searcher.datagrams[0] as Uint8Array, {
      onSearchReply: (_cid, _port, address) => addresses.push(address),
    });
    expect(addresses).toEqual([0xc0a80709]);
    await bench.close();
  });

  test('CA-U19 a full server answers no searches and takes no circuits', async () => {
    const bench = await new Bench({ maxConnections: 1 }).start(double('A'));
    await bench.client();
    const searcher = await Searcher.on(bench.host);
    searcher.search({ address: '10.0.0.1', port: 5064 }, ['A']);
    const second = bench.host.connect({ address: '10.0.0.1', port: 5064 }, {});
    let isClosed = false;
    second.start({
      onOpen: () => {},
      onData: () => {},
      onDrain: () => {},
      onEnd: () => {},
      onClose: () => {
        isClosed = true;
      },
    });
    await bench.run();
    expect(searcher.replies()).toEqual([]);
    expect(isClosed).toBe(true);
    expect(bench.server.stats().connectionsRefused).toBe(1);
    await bench.close();
  });

  test('section 20: garbage is counted, and what is whole before it is answered', async () => {
    const bench = await new Bench().start(double('A'));
    const searcher = await Searcher.on(bench.host);
    searcher.socket.send(Uint8Array.of(1, 2, 3), { address: '10.0.0.1', port: 5064 });
    const w = new BytesWriter(64, false);
    writeDatagramVersion(w, 5);
    w.raw(encodeSearchRequest('A', 9));
    w.raw(Uint8Array.of(0, 6, 0, 64));
    searcher.socket.send(w.toBytes(), { address: '10.0.0.1', port: 5064 });
    await bench.run();
    expect(searcher.replies()).toEqual([{ cid: 9, port: 5064, sequence: 5 }]);
    await bench.close();
  });

  test('section 20: one address gets 20000 names at once and 2000 a second', async () => {
    const bench = await new Bench().start(double('A'));
    const searcher = await Searcher.on(bench.host);
    const names = Array.from({ length: 1000 }, () => 'A');
    for (let i = 0; i < 21; i++) searcher.search({ address: '10.0.0.1', port: 5064 }, names);
    await bench.run(0);
    expect(searcher.replies()).toHaveLength(20_000);
    await bench.run(500);
    searcher.search({ address: '10.0.0.1', port: 5064 }, names);
    searcher.search({ address: '10.0.0.1', port: 5064 }, names);
    await bench.run(0);
    expect(searcher.replies()).toHaveLength(1000);
    await bench.close();
  });

  test('ARC-D-2 a name that is claimed later is answered when it is found, over UDP and TCP', async () => {
    const names = new Listeners<NameEvent>(() => {});
    const source: PvSource = {
      name: 'elsewhere',
      claims: (name) => (name === 'FAR' ? Claim.Later : Claim.No),
      open: () => undefined,
      onNames: (listener) => names.add(listener),
    };
    const bench = await new Bench().start();
    bench.server.addSource(source);
    const searcher = await Searcher.on(bench.host);
    const client = await bench.client();
    searcher.search({ address: '10.0.0.1', port: 5064 }, ['FAR', 'NEAR']);
    expect(await bench.ask(client, (c) => c.search(4, 'FAR', true))).toEqual([]);
    expect(searcher.replies()).toEqual([]);
    names.emit({ type: 'found', name: 'FAR' });
    await bench.run();
    expect(searcher.replies()).toEqual([{ cid: 0, port: 5064, sequence: 77 }]);
    expect(client.recorder.take()).toEqual([{ type: 'search', cid: 4, port: 5064, address: 0xffffffff }]);
    // Nobody waits any more.
    names.emit({ type: 'found', name: 'FAR' });
    await bench.run();
    expect(searcher.replies()).toEqual([]);
    await bench.close();
  });

  test('ARC-D-2 who waited for 30 s is forgotten', async () => {
    const names = new Listeners<NameEvent>(() => {});
    const bench = await new Bench().start();
    bench.server.addSource({
      name: 'elsewhere',
      claims: () => Claim.Later,
      open: () => undefined,
      onNames: (listener) => names.add(listener),
    });
    const searcher = await Searcher.on(bench.host);
    searcher.search({ address: '10.0.0.1', port: 5064 }, ['FAR']);
    await bench.run(31_000);
    names.emit({ type: 'found', name: 'FAR' });
    await bench.run();
    expect(searcher.replies()).toEqual([]);
    await bench.close();
  });

  test('ARC-A-9 servers that share a responder answer on one port', async () => {
    const bench = new Bench();
    const config = resolveCaServerConfig();
    const responder = new CaSearchResponder(bench.host, config);
    const settings: CaServerSettings = { serverPort: 0 };
    const first = new CaServer({ network: bench.host, config: settings, responder });
    const second = new CaServer({ network: bench.host, config: settings, responder });
    first.add('A', double('A'));
    second.add('B', double('B'));
    await first.start();
    await second.start();
    const searcher = await Searcher.on(bench.host);
    searcher.search({ address: '10.0.0.1', port: 5064 }, ['A', 'B']);
    await bench.run();
    expect(searcher.replies().map((reply) => reply.port)).toEqual([first.port, second.port]);
    await first.close();
    searcher.search({ address: '10.0.0.1', port: 5064 }, ['A', 'B']);
    await bench.run();
    expect(searcher.replies().map((reply) => reply.cid)).toEqual([1]);
    await second.close();
    expect(first.config.searchPort).toBe(5064);
  });
});

describe('searches over TCP', () => {
  test('CA-W18 NOT_FOUND goes only to those who asked for it', async () => {
    const bench = await new Bench().start(double('A'));
    const client = await bench.client();
    const replies = await bench.ask(client, (c) => {
      c.search(1, 'A');
      c.search(2, 'NOPE');
      c.search(3, 'NOPE', true);
    });
    expect(replies).toEqual([
      { type: 'search', cid: 1, port: 5064, address: 0xffffffff },
      { type: 'notFound', cid: 3 },
    ]);
    await bench.close();
  });
});

describe('beacons', () => {
  async function listen(
    bench: Bench,
  ): Promise<{ readonly at: number; readonly id: number; readonly port: number }[]> {
    const beacons: { at: number; id: number; port: number }[] = [];
    const socket = await bench.host.bind({ address: '0.0.0.0', port: 5065 });
    socket.start({
      onDatagram: (bytes) => {
        readBeacons(bytes, {
          onBeacon: (_minor, port, id) => beacons.push({ at: Math.round(bench.clock.monotonicMs), id, port }),
          onRepeaterConfirm: () => {},
        });
      },
      onError: () => {},
    });
    return beacons;
  }
  const settings: CaServerSettings = { beaconAddrList: ['10.0.0.1'], autoBeaconAddrList: false };

  test('section 8: from 20 ms on the interval doubles up to the period, the counter rises', async () => {
    const bench = new Bench({ ...settings, beaconPeriod: 1 });
    const beacons = await listen(bench);
    await bench.start(double('A'));
    await bench.run(4000);
    const start = beacons[0]?.at ?? 0;
    expect(beacons.slice(0, 8).map((beacon) => beacon.at - start)).toEqual([
      0, 20, 60, 140, 300, 620, 1260, 2260,
    ]);
    expect(beacons.map((beacon) => beacon.id)).toEqual(beacons.map((_, i) => i));
    expect(beacons[0]?.port).toBe(5064);
    await bench.close();
  });

  test('CA-B2 a new PV starts the fast beacons again, at most once per 5 s', async () => {
    const bench = new Bench({ ...settings, beaconPeriod: 15 });
    const beacons = await listen(bench);
    await bench.start();
    await bench.run(10_000);
    beacons.length = 0;
    const now = bench.clock.monotonicMs;
    for (let i = 0; i < 50; i++) bench.server.add(`PV${i}`, double(`PV${i}`));
    await bench.run(1000);
    expect(beacons.slice(0, 3).map((beacon) => beacon.at - now)).toEqual([0, 20, 60]);
    bench.server.add('ONE:MORE', double('ONE:MORE'));
    beacons.length = 0;
    await bench.run(5000);
    const ramp = beacons.filter((beacon) => beacon.at - now >= 5000);
    expect(ramp.slice(0, 2).map((beacon) => beacon.at - now)).toEqual([5000, 5020]);
    await bench.close();
  });

  test('after the close no beacon follows', async () => {
    const bench = new Bench(settings);
    const beacons = await listen(bench);
    await bench.start();
    await bench.close();
    beacons.length = 0;
    await bench.run(60_000);
    expect(beacons).toEqual([]);
  });

  test('the interfaces broadcast addresses get beacons unless switched off', async () => {
    const bench = new Bench();
    const other = bench.peerHost('opi', '10.0.0.2');
    let count = 0;
    const socket = await other.bind({ address: '0.0.0.0', port: 5065 });
    socket.start({ onDatagram: () => void count++, onError: () => {} });
    await bench.start();
    await bench.run(100);
    expect(count).toBeGreaterThan(2);
    await bench.close();
  });
});

describe('ports and addresses', () => {
  test('CA-U21 a TCP port in use gives a free one, which searches announce', async () => {
    const bench = await new Bench().start(double('A'));
    const second = new CaServer({ network: bench.host });
    second.add('B', double('B'));
    await second.start();
    expect(second.port).not.toBe(5064);
    expect(second.config.serverPort).toBe(second.port);
    expect(second.config.searchPort).toBe(5064);
    const searcher = await Searcher.on(bench.peerHost('opi', '10.0.0.2'));
    searcher.search({ address: '10.0.0.255', port: 5064 }, ['A', 'B']);
    await bench.run();
    expect(
      searcher
        .replies()
        .map((reply) => reply.port)
        .sort((a, b) => a - b),
    ).toEqual([5064, second.port].sort((a, b) => a - b));
    const closing = second.close();
    await bench.close();
    await closing;
  });

  test('an address that is not of this host is a ConfigError that names it', async () => {
    const bench = new Bench({ intfAddrList: ['10.9.9.9'] });
    const failure = await bench.start().catch((error: unknown) => error);
    expect(isEpicsError(failure, 'EPICS_CONFIG')).toBe(true);
    expect(String(failure)).toContain('10.9.9.9');
    await bench.close();
  });

  test('an isolated server binds 127.0.0.1 only and tells clients where it is (CA-E2)', async () => {
    const bench = new Bench();
    const server = CaServer.isolated({ network: bench.host });
    server.add('A', double('A'));
    await server.start();
    expect(server.config).toMatchObject({ intfAddrList: ['127.0.0.1'], autoBeaconAddrList: false });
    expect(server.port).toBeGreaterThan(0);
    expect(server.clientConfig()).toEqual({
      addrList: [`127.0.0.1:${server.config.searchPort}`],
      autoAddrList: false,
      nameServers: [],
      serverPort: server.port,
      repeater: 'off',
    });
    await server.close();
  });
});

describe('life of a server', () => {
  test('close ends all circuits, and a closed server cannot start again', async () => {
    const pv = double();
    const bench = await new Bench().start(pv);
    const client = await bench.client();
    const sid = await bench.open(client, 1, 'PV');
    await bench.ask(client, (c) => c.eventAdd(sid, 1, DBR_DOUBLE, 1, 1));
    await bench.close();
    expect(client.isEnded).toBe(true);
    expect(pv.attached).toBe(0);
    expect(pv.sinks.size).toBe(0);
    await bench.server.close();
    expect(isEpicsError(await bench.server.start().catch((error: unknown) => error), 'EPICS_CLOSED')).toBe(
      true,
    );
    expect(bench.clock.nextMs).toBe(Number.POSITIVE_INFINITY);
  });

  test('a server that was never started closes at once', async () => {
    const server = new CaServer({ network: new Bench().host });
    await server.close();
    expect(server.port).toBe(0);
  });

  test('sources come and go while clients are connected (ARC-D-1)', async () => {
    const pv = double('LATE');
    const source: PvSource = {
      name: 'plug-in',
      claims: (name) => (name === 'LATE' ? Claim.Yes : Claim.No),
      open: (name) => (name === 'LATE' ? Promise.resolve(pv) : undefined),
    };
    const bench = await new Bench().start();
    const client = await bench.client();
    expect(await bench.ask(client, (c) => c.createChannel(1, 'LATE'))).toMatchObject([
      { type: 'createFailed' },
    ]);
    bench.server.addSource(source);
    await bench.open(client, 2, 'LATE');
    expect(bench.server.removeSource(source)).toBe(true);
    await bench.run();
    expect(client.recorder.take()).toEqual([{ type: 'serverDisconnect', cid: 2 }]);
    expect(bench.server.removeSource(source)).toBe(false);
    await bench.close();
  });

  test('a source that fails to open a PV gives CREATE_CH_FAIL', async () => {
    const bench = await new Bench().start();
    bench.server.addSource({
      name: 'broken',
      claims: () => Claim.Yes,
      open: (name) => {
        if (name === 'SYNC') throw new Error('disk is gone');
        return Promise.reject(new Error('network is gone'));
      },
    });
    const client = await bench.client();
    expect(
      await bench.ask(client, (c) => {
        c.createChannel(1, 'SYNC');
        c.createChannel(2, 'ASYNC');
      }),
    ).toEqual([
      { type: 'createFailed', cid: 1 },
      { type: 'createFailed', cid: 2 },
    ]);
    await bench.close();
  });

  test('a client that leaves while its PV is opened leaves nothing behind', async () => {
    const pv = double('SLOW');
    let finish: () => void = () => {};
    const bench = await new Bench().start();
    bench.server.addSource({
      name: 'slow',
      claims: () => Claim.Yes,
      open: () =>
        new Promise((resolve) => {
          finish = () => resolve(pv);
        }),
    });
    const client = await bench.client();
    client.send((c) => c.createChannel(1, 'SLOW'));
    await bench.run();
    client.stream.destroy();
    await bench.run();
    finish();
    await bench.run();
    expect(pv.attached).toBe(0);
    expect(bench.server.stats()).toMatchObject({ connections: 0, channels: 0, pvs: 0 });
    await bench.close();
  });

  test('report and stats tell of circuits, channels, subscriptions and queues', async () => {
    const bench = await new Bench().start(double());
    const client = await bench.client();
    client.send((c) => c.clientName('me'));
    const sid = await bench.open(client, 1, 'PV');
    await bench.ask(client, (c) => c.eventAdd(sid, 9, DBR_DOUBLE, 1, 5));
    await bench.ask(client, (c) => c.writeNotify(sid, 1, DBR_DOUBLE, 1, encodeWrite(DBR_DOUBLE, 3)));
    expect(bench.server.report()).toMatchObject({
      connections: [
        {
          user: 'me',
          minor: 13,
          isBlocked: false,
          channels: [
            {
              name: 'PV',
              sid,
              rights: 3,
              subscriptions: [{ dbrType: DBR_DOUBLE, mask: 5, sent: 2, queued: 0 }],
            },
          ],
        },
      ],
    });
    expect(bench.server.stats()).toMatchObject({
      connections: 1,
      channels: 1,
      subscriptions: 1,
      pvs: 1,
      updates: 2,
    });
    await bench.close();
    expect(bench.server.stats()).toMatchObject({ connections: 0, connectionsTotal: 1, updates: 2 });
  });
});
