import { describe, expect, it } from 'vitest';
import type { DatagramTransport, Network } from '../../../../src/net/index.ts';
import { type Beacon, decodeBeacon, walkDatagram } from '../../../../src/pva/core/index.ts';
import { Beacons } from '../../../../src/pva/server/beacons.ts';
import { type PvaServerOptions, resolvePvaServerConfig } from '../../../../src/pva/server/config.ts';
import { type VirtualHost, VirtualNetwork } from '../../../../src/testing/index.ts';
import { BytesReader, Deadlines } from '../../../../src/util/index.ts';
import { LogBook } from './harness.ts';

interface Heard {
  readonly beacon: Beacon;
  readonly from: string;
  readonly atMs: number;
}

const GUID = Uint8Array.from({ length: 12 }, (_, i) => i);

class Scene {
  readonly net: VirtualNetwork = new VirtualNetwork();
  readonly host: VirtualHost = this.net.host('ioc', { addresses: ['10.0.0.1/24', '192.168.5.1/24'] });
  readonly listener: VirtualHost = this.net.host('opi', { addresses: ['10.0.0.2/24'] });
  readonly log: LogBook = new LogBook();
  readonly heard: Heard[] = [];
  readonly deadlines: Deadlines = new Deadlines(this.net.clock);

  beacons(options: PvaServerOptions, network: Network = this.host): Beacons {
    const config = resolvePvaServerConfig(options, {});
    return new Beacons(network, config, this.deadlines, GUID, this.log.logger);
  }

  async listen(host: VirtualHost = this.listener, port = 5076): Promise<DatagramTransport> {
    const socket = await host.bind({ address: '0.0.0.0', port, isShared: true });
    socket.start({
      onDatagram: (bytes, from) => {
        walkDatagram(new BytesReader(new Uint8Array(0)), bytes, (_header, body) => {
          const atMs = Math.round(this.net.clock.monotonicMs);
          this.heard.push({ beacon: decodeBeacon(body), from: from.address, atMs });
        });
      },
      onError: () => undefined,
    });
    return socket;
  }
}

describe('Beacons', () => {
  it('ten come at the first period, later ones at twelve times that', async () => {
    const scene = new Scene();
    await scene.listen();
    const beacons = scene.beacons({ beaconPeriod: 15, intfAddrList: ['10.0.0.1'] });
    await beacons.start(5075, 5076);
    await scene.net.clock.advanceAsync(15_000 * 9 + 180_000 * 2 + 1000);
    expect(scene.heard.map(({ atMs }) => atMs)).toEqual([
      ...Array.from({ length: 10 }, (_, i) => i * 15_000),
      15_000 * 9 + 180_000,
      15_000 * 9 + 360_000,
    ]);
    expect(scene.heard.map(({ beacon }) => beacon.sequence)).toEqual(Array.from({ length: 12 }, (_, i) => i));
    expect(scene.heard[0]).toMatchObject({ from: '10.0.0.1', beacon: { port: 5075, changeCount: 0 } });
    beacons.close();
    scene.deadlines.clear();
  });

  it('ARC-D-2 changes of one moment are told by one beacon, and the fast period begins anew', async () => {
    const scene = new Scene();
    await scene.listen();
    const beacons = scene.beacons({ intfAddrList: ['10.0.0.1'] });
    beacons.changed();
    await beacons.start(5075, 5076);
    await scene.net.clock.advanceAsync(1000);
    for (let i = 0; i < 50; i++) beacons.changed();
    await scene.net.clock.advanceAsync(14_000);
    expect(scene.heard.map(({ beacon }) => beacon.changeCount)).toEqual([1, 51]);
    await scene.net.clock.advanceAsync(1200);
    expect(scene.heard).toHaveLength(3);
    beacons.close();
    beacons.changed();
    await scene.net.clock.advanceAsync(100_000);
    expect(scene.heard).toHaveLength(3);
    expect(beacons.changeCount).toBe(52);
  });

  it('go to the addresses of the list, and to each interface only where the server listens', async () => {
    const scene = new Scene();
    const other = scene.net.host('other', { addresses: ['192.168.5.2/24'] });
    await scene.listen();
    await scene.listen(other);
    await scene.listen(other, 9999);
    const narrow = scene.beacons({ intfAddrList: ['10.0.0.1'], beaconAddrList: ['192.168.5.2:9999'] });
    await narrow.start(5075, 5076);
    await scene.net.clock.advanceAsync(10);
    expect(scene.heard).toHaveLength(2);
    narrow.close();
    const wide = scene.beacons({ beaconAddrList: ['10.0.0.255'] });
    await wide.start(5075, 5076);
    await scene.net.clock.advanceAsync(10);
    // One to each of the two networks: the address of the list is the broadcast address of one of them.
    expect(scene.heard).toHaveLength(4);
    wide.close();
    const none = scene.beacons({ autoBeaconAddrList: false });
    await none.start(5075, 5076);
    await scene.net.clock.advanceAsync(10);
    expect(scene.heard).toHaveLength(4);
    scene.deadlines.clear();
  });

  it('a host that cannot be found costs only its own beacons', async () => {
    const scene = new Scene();
    await scene.listen();
    const beacons = scene.beacons({
      beaconAddrList: ['nosuchhost', '10.0.0.2:5076,2@10.0.0.1'],
      autoBeaconAddrList: false,
    });
    await beacons.start(5075, 5076);
    await scene.net.clock.advanceAsync(10);
    expect(scene.heard).toHaveLength(1);
    expect(scene.log.problems()).toEqual(['beacons cannot go to "nosuchhost"']);
    beacons.close();
    scene.deadlines.clear();
  });

  it('without a socket the server goes on, and says so', async () => {
    const scene = new Scene();
    const beacons = scene.beacons({ intfAddrList: ['10.9.9.9'], beaconAddrList: ['10.0.0.2'] });
    await beacons.start(5075, 5076);
    expect(scene.log.problems()).toEqual(['beacons cannot be sent from 10.9.9.9']);
    beacons.close();
  });

  it('closed while it opens its socket, it lets go of it', async () => {
    const scene = new Scene();
    await scene.listen();
    const beacons = scene.beacons({ intfAddrList: ['10.0.0.1'] });
    const starting = beacons.start(5075, 5076);
    beacons.close();
    await starting;
    await scene.net.clock.advanceAsync(1000);
    expect(scene.heard).toEqual([]);
  });

  it('ARC-G-4 a destination that refuses is logged once', async () => {
    const scene = new Scene();
    // Nobody listens there: the next send tells.
    const beacons = scene.beacons({ beaconAddrList: ['10.0.0.2:4444'], autoBeaconAddrList: false });
    await beacons.start(5075, 5076);
    await scene.net.clock.advanceAsync(100_000);
    const told = scene.log.lines.filter((line) => line.message.includes('failed'));
    expect(told.map((line) => [line.level, line.message])).toEqual([['debug', 'beacon to 10.0.0.2 failed']]);
    beacons.close();
    scene.deadlines.clear();
  });
});
