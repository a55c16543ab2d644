import { describe, expect, it } from 'vitest';
import {
  beginMessage,
  CMD_BEACON,
  CMD_ORIGIN_TAG,
  CMD_SEARCH,
  decodeSearchRequest,
  encodeBeacon,
  endMessage,
  FLAG_FROM_SERVER,
  readSocketAddress,
  walkDatagram,
} from '../../../../src/pva/core/index.ts';
import { PvaClientOn } from '../../../../src/pva/index.ts';
import { BytesReader, BytesWriter } from '../../../../src/util/index.ts';
import { makeHarness } from './harness.ts';

describe('beacons', () => {
  function beacon(changes: { guid?: number; changeCount?: number } = {}): Uint8Array {
    const writer = new BytesWriter();
    const at = beginMessage(writer, FLAG_FROM_SERVER, CMD_BEACON);
    encodeBeacon(writer, {
      guid: new Uint8Array(12).fill(changes.guid ?? 1),
      sequence: 0,
      changeCount: changes.changeCount ?? 0,
      address: '',
      port: 5075,
    });
    endMessage(writer, at);
    return writer.toBytes();
  }

  it('W-82, W-96: a beacon of a new server makes missing names be searched again at once', async () => {
    const h = await makeHarness([], { listenBeacons: true });
    h.client.channel('late');
    await h.advance(50_000);
    h.server.names.add('late');
    const socket = await h.serverHost.bind({ address: '0.0.0.0', port: 0, canBroadcast: true });
    socket.send(beacon(), { address: '10.0.0.255', port: 5076 });
    await h.advance(400);
    expect(h.client.stats().connectedChannels).toBe(1);
  });

  it('W-96: discover hears of servers by their beacons, and of their silence', async () => {
    const h = await makeHarness([], { listenBeacons: true });
    const feed = h.client.discover({ ping: false });
    await h.advance(10);
    const socket = await h.serverHost.bind({ address: '0.0.0.0', port: 0, canBroadcast: true });
    socket.send(beacon(), { address: '10.0.0.255', port: 5076 });
    expect((await h.settle(feed.next())).value).toMatchObject({ type: 'online', server: '10.0.0.1:5075' });
    expect((await h.settle(feed.next(), 600_000)).value).toMatchObject({
      type: 'offline',
      server: '10.0.0.1:5075',
    });
    await feed.return();
  });

  it('W-91, W-92: a search sent to this host alone is passed on to the processes beside, tagged with its origin', async () => {
    const h = await makeHarness([], { listenBeacons: true });
    const forwarded: { tag: string; flags: number; answerTo: string; names: readonly string[] }[] = [];
    let tag = '';
    const beside = await h.clientHost.bind({
      address: '0.0.0.0',
      port: 5076,
      isShared: true,
      groups: [{ address: '224.0.0.128', onInterface: '127.0.0.1' }],
    });
    beside.start({
      onDatagram: (bytes) => {
        walkDatagram(new BytesReader(new Uint8Array(0)), bytes, (header, body) => {
          if (header.command === CMD_ORIGIN_TAG) tag = readSocketAddress(body) || 'any';
          else if (header.command === CMD_SEARCH) {
            const { flags, responseAddress, names } = decodeSearchRequest(body);
            forwarded.push({ tag, flags, answerTo: responseAddress, names });
          }
        });
      },
      onError: () => {},
    });
    // The client's socket is bound later, so that it is the one that hears unicast datagrams.
    h.client.channel('nosuch');
    await h.advance(100);
    const asker = new PvaClientOn(
      h.serverHost,
      { addrList: ['10.0.0.2'], autoAddrList: false, listenBeacons: false },
      { env: {} },
    );
    asker.channel('wanted');
    await h.advance(50);
    const wanted = forwarded.filter(({ names }) => names.includes('wanted'));
    expect(wanted).toEqual([{ tag: 'any', flags: 0, answerTo: '10.0.0.1', names: ['wanted'] }]);
    await h.settle(asker.close());
  });
});
