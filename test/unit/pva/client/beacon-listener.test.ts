import { describe, expect, it } from 'vitest';
import type { BindOptions, DatagramHandler, Endpoint, Network } from '../../../../src/net/index.ts';
import { BeaconListener } from '../../../../src/pva/client/beacon-listener.ts';
import {
  beginMessage,
  CMD_BEACON,
  encodeBeacon,
  endMessage,
  FLAG_FROM_SERVER,
} from '../../../../src/pva/core/index.ts';
import { type PvaClientOptions, resolvePvaConfig } from '../../../../src/pva/index.ts';
import { VirtualNetwork } from '../../../../src/testing/index.ts';
import { BytesWriter } from '../../../../src/util/index.ts';
import { makeHarness, TestLog } from './harness.ts';

function beacon(port = 5075, flags: number = FLAG_FROM_SERVER): Uint8Array {
  const writer = new BytesWriter();
  const at = beginMessage(writer, flags, CMD_BEACON);
  encodeBeacon(writer, { guid: new Uint8Array(12).fill(1), sequence: 0, changeCount: 0, address: '', port });
  endMessage(writer, at);
  return writer.toBytes();
}

/** A listener on a network that only notes what is bound. */
async function listen(options: PvaClientOptions, refuse: readonly string[] = []) {
  const host = new VirtualNetwork().host('opi', { addresses: ['10.0.0.2/24', '10.1.0.2/24'] });
  const bound: BindOptions[] = [];
  const handlers: DatagramHandler[] = [];
  let closed = 0;
  const network: Network = {
    clock: host.clock,
    random: host.random,
    userName: '',
    hostName: '',
    groupsOf: () => [],
    interfaces: () => host.interfaces(),
    lookup: (name) => host.lookup(name),
    connect: (to) => host.connect(to),
    listen: (at, onStream) => host.listen(at, onStream),
    bind: (wanted) => {
      bound.push(wanted);
      if (refuse.includes(wanted.address)) return Promise.reject(new Error('EADDRINUSE'));
      return Promise.resolve({
        local: { address: wanted.address, port: wanted.port },
        start: (handler: DatagramHandler) => handlers.push(handler),
        send: () => {},
        setKeepsProcess: () => {},
        close: () => closed++,
      });
    },
  };
  const heard: string[] = [];
  const log = new TestLog();
  const listener = new BeaconListener(network, resolvePvaConfig(options, {}), log.logger, (news, address) =>
    heard.push(`${news.guid} ${address}:${news.port}`),
  );
  await listener.open();
  const receive = (bytes: Uint8Array, from: Endpoint): void => handlers[0]?.onDatagram(bytes, from);
  return { listener, bound, heard, log, receive, closedCount: () => closed };
}

const from = { address: '10.0.0.9', port: 4000 };

describe('BeaconListener', () => {
  it('G-50: binds no address that single hosts are sent to, so that it takes no search from a server beside it', async () => {
    const { bound } = await listen({});
    expect(bound.map(({ address, port, isShared }) => ({ address, port, isShared }))).toEqual([
      { address: '10.0.0.255', port: 5076, isShared: true },
      { address: '10.1.0.255', port: 5076, isShared: true },
    ]);
  });

  it('keeps to the interfaces of the configuration', async () => {
    const { bound } = await listen({ intfAddrList: ['10.1.0.2'], broadcastPort: 6000 });
    expect(bound.map(({ address, port }) => `${address} ${port}`)).toEqual(['10.1.0.255 6000']);
    expect((await listen({ intfAddrList: ['127.0.0.1'] })).bound).toEqual([]);
  });

  it('joins the multicast groups of the address list', async () => {
    const { bound } = await listen({
      addrList: ['224.1.1.1,3@10.1.0.2', '10.0.0.7'],
      intfAddrList: ['10.1.0.2'],
    });
    expect(bound.at(-1)).toMatchObject({
      address: '224.1.1.1',
      groups: [{ address: '224.1.1.1', onInterface: '10.1.0.2' }],
    });
  });

  it('hears beacons, takes the packet source for the address that is not stated, and ignores port 0', async () => {
    const { heard, receive } = await listen({});
    receive(beacon(), from);
    receive(beacon(0), from);
    expect(heard).toEqual(['010101010101010101010101 10.0.0.9:5075']);
  });

  it('ignores what no server sent, and bad datagrams', async () => {
    const { heard, receive } = await listen({});
    receive(beacon(5075, 0), from);
    receive(beacon().subarray(0, 20), from);
    receive(new Uint8Array(50), from);
    receive(new Uint8Array(0), from);
    expect(heard).toEqual([]);
  });

  it('an address that cannot be bound is logged, and the others are used', async () => {
    const { bound, log } = await listen({}, ['10.0.0.255']);
    expect(bound.length).toBe(2);
    expect(log.lines).toEqual(['info cannot listen for beacons on 10.0.0.255: EADDRINUSE']);
  });

  it('close closes every socket', async () => {
    const { listener, closedCount } = await listen({});
    listener.close();
    expect(closedCount()).toBe(2);
  });
});

describe('beacons at the client', () => {
  it('W-82, W-96: a beacon of a new server makes missing names be searched again at once', async () => {
    const h = await makeHarness([], { listenBeacons: true, addrList: ['224.1.1.1,2@10.0.0.2'] });
    h.client.channel('late');
    await h.advance(50_000);
    h.server.names.add('late');
    const socket = await h.serverHost.bind({ address: '0.0.0.0', port: 0, ttl: 2 });
    socket.send(beacon(), { address: '224.1.1.1', port: 5076 });
    await h.advance(400);
    expect(h.client.stats().connectedChannels).toBe(1);
  });

  it('W-96: discover hears of servers by their beacons, and of their silence', async () => {
    const h = await makeHarness([], { listenBeacons: true, addrList: ['224.1.1.1,2@10.0.0.2'] });
    const feed = h.client.discover({ ping: false });
    await h.advance(10);
    const socket = await h.serverHost.bind({ address: '0.0.0.0', port: 0, ttl: 2 });
    socket.send(beacon(), { address: '224.1.1.1', port: 5076 });
    expect((await h.settle(feed.next())).value).toMatchObject({ type: 'online', server: '10.0.0.1:5075' });
    expect((await h.settle(feed.next(), 600_000)).value).toMatchObject({
      type: 'offline',
      server: '10.0.0.1:5075',
    });
    await feed.return();
  });
});
