import { afterEach, describe, expect, it } from 'vitest';
import type { DatagramTransport, Endpoint } from '../../../../src/net/index.ts';
import { ntScalarType } from '../../../../src/nt/index.ts';
import { Claim, type NameEvent, SharedPv } from '../../../../src/pv/index.ts';
import {
  beginMessage,
  beginSearchRequest,
  CMD_ORIGIN_TAG,
  CMD_SEARCH,
  CMD_SEARCH_RESPONSE,
  decodeBeacon,
  decodeSearchResponse,
  endMessage,
  endSearchRequest,
  formatGuid,
  SearchFlag,
  type SearchResponse,
  walkDatagram,
  writeSearchName,
  writeSocketAddress,
} from '../../../../src/pva/core/index.ts';
import type { PvaServerOptions } from '../../../../src/pva/index.ts';
import { resolvePvaServerConfig } from '../../../../src/pva/server/config.ts';
import { SearchResponder } from '../../../../src/pva/server/search-responder.ts';
import { PvaServerOn } from '../../../../src/pva/server/server.ts';
import { Value } from '../../../../src/pvdata/index.ts';
import { fromHex, type VirtualHost } from '../../../../src/testing/index.ts';
import { BytesReader, BytesWriter } from '../../../../src/util/index.ts';
import { Bench } from './harness.ts';

interface Heard extends SearchResponse {
  readonly from: Endpoint;
  readonly littleEndian: boolean;
}

/** A UDP socket that searches. */
class Searcher {
  readonly heard: Heard[] = [];
  readonly beacons: { changeCount: number; sequence: number; port: number; guid: string; atMs: number }[] =
    [];
  readonly bench: Bench;
  readonly socket: DatagramTransport;

  private constructor(bench: Bench, socket: DatagramTransport) {
    this.bench = bench;
    this.socket = socket;
    socket.start({
      onDatagram: (bytes, from) => {
        walkDatagram(new BytesReader(new Uint8Array(0)), bytes, (header, body) => {
          if (header.command === CMD_SEARCH_RESPONSE) {
            this.heard.push({ ...decodeSearchResponse(body), from, littleEndian: header.littleEndian });
          } else if (header.command === 0) {
            const { changeCount, sequence, port, guid } = decodeBeacon(body);
            this.beacons.push({ changeCount, sequence, port, guid, atMs: bench.clock.monotonicMs });
          }
        });
      },
      onError: () => {},
    });
  }

  static async on(bench: Bench, host: VirtualHost = bench.clientHost, port = 0): Promise<Searcher> {
    return new Searcher(
      bench,
      await bench.run(host.bind({ address: '0.0.0.0', port, isShared: true, canBroadcast: true })),
    );
  }

  send(
    names: readonly string[],
    to: string,
    options: {
      flags?: number;
      address?: string;
      port?: number;
      protocols?: readonly string[];
      tag?: string;
    } = {},
  ): void {
    const writer = new BytesWriter(2000, false);
    if (options.tag !== undefined) {
      const tagAt = beginMessage(writer, 0, CMD_ORIGIN_TAG);
      writeSocketAddress(writer, options.tag);
      endMessage(writer, tagAt);
    }
    const at = beginMessage(writer, 0, CMD_SEARCH);
    const countAt = beginSearchRequest(
      writer,
      {
        sequence: 77,
        flags: options.flags ?? 0,
        responseAddress: options.address ?? '',
        responsePort: options.port ?? this.socket.local.port,
      },
      options.protocols,
    );
    names.forEach((name, i) => writeSearchName(writer, 1000 + i, name));
    endSearchRequest(writer, countAt, names.length);
    endMessage(writer, at);
    this.socket.send(writer.bytes.subarray(0, writer.position), { address: to, port: 5076 });
  }

  async settle(ms = 20): Promise<void> {
    await this.bench.clock.advanceAsync(ms);
  }
}

let bench: Bench;
afterEach(async () => {
  await bench.run(bench.server.close());
});

async function served(names: readonly string[], options: PvaServerOptions = {}): Promise<Searcher> {
  bench = await Bench.started(options);
  for (const name of names) bench.add(name, Value.from(ntScalarType('int'), { value: 1 }));
  return Searcher.on(bench);
}

describe('answers to searches', () => {
  it('PVA-W-85 one reply lists all claimed names; unknown names are passed over in silence', async () => {
    const searcher = await served(['a', 'b']);
    searcher.send(['a', 'x', 'b'], '10.0.0.1');
    searcher.send(['x'], '10.0.0.1');
    await searcher.settle();
    expect(searcher.heard).toMatchObject([
      {
        guid: formatGuid(bench.server.guid),
        sequence: 77,
        address: '',
        port: 5075,
        protocol: 'tcp',
        isFound: true,
        ids: [1000, 1002],
      },
    ]);
    expect(searcher.heard[0]?.from.address).toBe('10.0.0.1');
  });

  it('a search by broadcast is answered', async () => {
    const searcher = await served(['a']);
    searcher.send(['a'], '10.0.0.255');
    await searcher.settle();
    expect(searcher.heard.map((reply) => reply.ids)).toEqual([[1000]]);
  });

  it('PVA-W-85 flag 01 wants an answer even when nothing is claimed', async () => {
    const searcher = await served(['a']);
    searcher.send(['x'], '10.0.0.1', { flags: SearchFlag.ReplyRequired });
    await searcher.settle();
    expect(searcher.heard).toMatchObject([{ isFound: false, ids: [] }]);
  });

  it('PVA-W-83 a discovery by broadcast is answered after 50 to 150 ms, one sent to us at once', async () => {
    const searcher = await served([]);
    searcher.send([], '10.0.0.255', { flags: SearchFlag.ReplyRequired, protocols: [] });
    await searcher.settle(45);
    expect(searcher.heard).toHaveLength(0);
    await searcher.settle(110);
    expect(searcher.heard).toHaveLength(1);
    searcher.send([], '10.0.0.1', { flags: SearchFlag.ReplyRequired | SearchFlag.Unicast });
    await searcher.settle(10);
    expect(searcher.heard).toHaveLength(2);
  });

  it('PVA-W-104 a search for tls alone is not answered', async () => {
    const searcher = await served(['a']);
    searcher.send(['a'], '10.0.0.1', { protocols: ['tls'], flags: SearchFlag.ReplyRequired });
    searcher.send(['a'], '10.0.0.1', { protocols: ['tls', 'tcp'] });
    await searcher.settle();
    expect(searcher.heard).toHaveLength(1);
  });

  it('PVA-W-86 answers go to the response address and port; flag 02 means the source port', async () => {
    const searcher = await served(['a']);
    const other = await Searcher.on(bench);
    searcher.send(['a'], '10.0.0.1', { address: '10.0.0.2', port: other.socket.local.port });
    searcher.send(['a'], '10.0.0.1', { port: 9, flags: SearchFlag.ReplyToSourcePort });
    await searcher.settle();
    expect(other.heard).toHaveLength(1);
    expect(searcher.heard).toHaveLength(1);
  });

  it('PVA-L-11 response port 0 is not answered', async () => {
    const searcher = await served(['a']);
    searcher.send(['a'], '10.0.0.1', { port: 0 });
    await searcher.settle();
    expect((bench.server.report()['search'] as { replies: number }).replies).toBe(0);
  });

  it('PVA-W-87 searches from ignored addresses are not answered, port 0 matching any', async () => {
    const searcher = await served(['a'], { ignoreAddrList: ['10.0.0.2'] });
    searcher.send(['a'], '10.0.0.1');
    await searcher.settle();
    expect(searcher.heard).toEqual([]);
  });

  it('damaged datagrams are dropped and counted, those behind them answered', async () => {
    const searcher = await served(['a']);
    for (const hex of [
      '00',
      'cb02000300000000',
      'ca02000304000000ffffffff',
      'ca0200030c0000000102030405060708090a0b0c',
    ]) {
      searcher.socket.send(fromHex(hex), { address: '10.0.0.1', port: 5076 });
    }
    searcher.send(['a'], '10.0.0.1');
    await searcher.settle();
    expect(searcher.heard).toHaveLength(1);
    expect(bench.server.report()['search']).toMatchObject({ dropped: 3 });
    expect(bench.log.problems()).toEqual([]);
  });

  it('PVA-W-89 a search on a TCP connection is answered there', async () => {
    await served(['a']);
    const client = await bench.client();
    client.connection.search((writer) => {
      const countAt = beginSearchRequest(writer, {
        sequence: 5,
        flags: 0x80,
        responseAddress: '',
        responsePort: 0,
      });
      writeSearchName(writer, 42, 'a');
      endSearchRequest(writer, countAt, 1);
    });
    const { body } = await client.next('searchResponse');
    expect(decodeSearchResponse(new BytesReader(body))).toMatchObject({
      sequence: 5,
      port: 5075,
      isFound: true,
      ids: [42],
    });
  });

  it('ARC-D-2 a source that looks elsewhere is waited for, 16 requesters per name and 30 s', async () => {
    const searcher = await served([]);
    let found: (event: NameEvent) => void = () => {};
    bench.server.addSource({
      name: 'far',
      claims: () => Claim.Later,
      open: () => undefined,
      onNames: (listener) => {
        found = listener;
        return () => {};
      },
    });
    for (let i = 0; i < 20; i++) searcher.send(['far:pv'], '10.0.0.1');
    await searcher.settle();
    expect(searcher.heard).toEqual([]);
    found({ type: 'found', name: 'far:pv' });
    await searcher.settle();
    expect(searcher.heard).toHaveLength(16);
    searcher.send(['far:pv'], '10.0.0.1');
    await searcher.settle(31_000);
    found({ type: 'found', name: 'far:pv' });
    await searcher.settle();
    expect(searcher.heard).toHaveLength(16);
  });
});

describe('several servers on one host (PVA-10.4, ARC-A-9)', () => {
  it('a search sent to the host reaches all of them by the local group, and each answers once', async () => {
    const searcher = await served(['a']);
    const second = new PvaServerOn(bench.serverHost, {}, { env: {}, logger: bench.log.logger });
    second.add('b', SharedPv.mailbox(Value.from(ntScalarType('int'), { value: 1 })));
    await bench.run(second.start());
    searcher.send(['a', 'b'], '10.0.0.1', { flags: SearchFlag.Unicast });
    await searcher.settle(100);
    const byPort = searcher.heard
      .map((reply) => [reply.port, ...reply.ids])
      .sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0));
    expect(byPort).toEqual([
      [5075, 1000],
      [second.config.serverPort, 1001],
    ]);
    expect(searcher.heard.map((reply) => reply.from.address)).toEqual(['10.0.0.1', '10.0.0.1']);
    await bench.run(second.close());
  });

  it('PVA-W-93 a forged origin from the network is not believed', async () => {
    const searcher = await served(['a']);
    searcher.send(['a'], '10.0.0.1', { tag: '10.0.0.1', address: '10.0.0.2', flags: 0 });
    await searcher.settle();
    expect(searcher.heard).toEqual([]);
  });

  it('servers that share a responder all answer from one socket', async () => {
    bench = new Bench();
    const config = resolvePvaServerConfig({}, {});
    const responder = new SearchResponder(bench.serverHost, config, bench.log.logger);
    const servers = ['a', 'b'].map((name) => {
      const server = new PvaServerOn(bench.serverHost, { serverPort: 0 }, { env: {}, responder });
      server.add(name, SharedPv.mailbox(Value.from(ntScalarType('int'), { value: 1 })));
      return server;
    });
    for (const server of servers) await bench.run(server.start());
    const searcher = await Searcher.on(bench);
    searcher.send(['a', 'b'], '10.0.0.1');
    await searcher.settle();
    expect(searcher.heard.map((reply) => reply.port)).toEqual(
      servers.map((server) => server.config.serverPort),
    );
    await bench.run(servers[0]?.close() ?? Promise.resolve());
    searcher.send(['a', 'b'], '10.0.0.1');
    await searcher.settle();
    expect(searcher.heard).toHaveLength(3);
    await bench.run(servers[1]?.close() ?? Promise.resolve());
    responder.close();
  });
});

describe('beacons (PVA-W-95)', () => {
  it('go out every 15 s ten times, then every 180 s; the sequence counts', async () => {
    bench = new Bench();
    const listener = await Searcher.on(bench, bench.clientHost, 5076);
    await bench.run(bench.server.start());
    await listener.settle(1000);
    expect(listener.beacons).toMatchObject([
      { sequence: 0, port: 5075, guid: formatGuid(bench.server.guid) },
    ]);
    await listener.settle(15_000 * 9 + 180_000 * 2);
    const times = listener.beacons.map((beacon) => beacon.atMs);
    const gaps = times.slice(1).map((time, i) => Math.round((time - (times[i] as number)) / 1000));
    expect(gaps).toEqual([15, 15, 15, 15, 15, 15, 15, 15, 15, 180, 180]);
    expect(listener.beacons.map((beacon) => beacon.sequence)).toEqual([...listener.beacons.keys()]);
  });

  it('a change of names raises the change count and sends one soon', async () => {
    bench = new Bench();
    const listener = await Searcher.on(bench, bench.clientHost, 5076);
    await bench.run(bench.server.start());
    await listener.settle(1000);
    for (const name of ['a', 'b', 'c']) bench.add(name, Value.from(ntScalarType('int'), { value: 1 }));
    await listener.settle(1000);
    bench.server.remove('a');
    await listener.settle(1000);
    expect(listener.beacons.map((beacon) => beacon.changeCount)).toEqual([0, 3, 4]);
  });

  it('the list of addresses is used, with its ports', async () => {
    bench = new Bench({ autoBeaconAddrList: false, beaconAddrList: ['10.0.0.2:7777'] });
    const listener = await Searcher.on(bench, bench.clientHost, 7777);
    await bench.run(bench.server.start());
    await listener.settle(1000);
    expect(listener.beacons).toHaveLength(1);
  });
});
