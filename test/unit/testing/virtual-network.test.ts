import { expect, test } from 'vitest';
import type { DatagramTransport, StreamTransport } from '../../../src/net/index.ts';
import { type VirtualHost, VirtualNetwork } from '../../../src/testing/index.ts';

const quiet = { onOpen: () => {}, onData: () => {}, onDrain: () => {}, onEnd: () => {}, onClose: () => {} };

function pair(options: ConstructorParameters<typeof VirtualNetwork>[0] = {}): {
  network: VirtualNetwork;
  a: VirtualHost;
  b: VirtualHost;
} {
  const network = new VirtualNetwork(options);
  const a = network.host('a', { addresses: ['10.0.0.1/24'] });
  const b = network.host('b', { addresses: ['10.0.0.2/24'] });
  return { network, a, b };
}

function hear(socket: DatagramTransport): string[] {
  const heard: string[] = [];
  socket.start({
    onDatagram: (bytes, from) => heard.push(`${from.address}:${bytes[0]}`),
    onError: (error) => heard.push(error.message),
  });
  return heard;
}

test('ARC-V-4 broadcast reaches every socket on all addresses, unicast the last bound only', async () => {
  const { network, a, b } = pair();
  const first = hear(await b.bind({ address: '0.0.0.0', port: 5076, isShared: true }));
  const last = hear(await b.bind({ address: '0.0.0.0', port: 5076, isShared: true }));
  const bound = hear(await b.bind({ address: '10.0.0.2', port: 5076, isShared: true }));
  const sender = await a.bind({ address: '0.0.0.0', port: 0, canBroadcast: true });
  sender.send(Uint8Array.from([1]), { address: '10.0.0.255', port: 5076 });
  network.clock.advance(10);
  expect([first, last, bound]).toEqual([['10.0.0.1:1'], ['10.0.0.1:1'], []]);
  sender.send(Uint8Array.from([2]), { address: '10.0.0.2', port: 5076 });
  network.clock.advance(10);
  expect([first.length, last.length, bound]).toEqual([1, 1, ['10.0.0.1:2']]);
});

test('ARC-V-4 an exclusive bind of a taken port fails, a shared one does not', async () => {
  const { a } = pair();
  await a.bind({ address: '0.0.0.0', port: 7, isShared: true });
  await expect(a.bind({ address: '0.0.0.0', port: 7 })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await expect(a.bind({ address: '10.9.9.9', port: 7 })).rejects.toMatchObject({ code: 'EADDRNOTAVAIL' });
  await a.bind({ address: '0.0.0.0', port: 7, isShared: true });
});

test('ARC-V-4 multicast follows membership on the interface, and a loopback socket hears none', async () => {
  const { network, a, b } = pair();
  const groups = [{ address: '224.0.0.128', onInterface: '127.0.0.1' }];
  const member = hear(await a.bind({ address: '0.0.0.0', port: 5076, isShared: true, groups }));
  const loop = hear(await a.bind({ address: '127.0.0.1', port: 5076, isShared: true, groups }));
  const other = hear(await b.bind({ address: '0.0.0.0', port: 5076, isShared: true, groups }));
  const sender = await a.bind({ address: '127.0.0.1', port: 0 });
  sender.send(Uint8Array.from([3]), { address: '224.0.0.128', port: 5076 });
  network.clock.advance(10);
  expect([member, loop, other]).toEqual([['127.0.0.1:3'], [], []]);
});

test('ARC-V-4 a refused datagram shows as an error afterwards', async () => {
  const { network, a } = pair();
  const sender = await a.bind({ address: '0.0.0.0', port: 0 });
  const heard = hear(sender);
  sender.send(Uint8Array.from([1]), { address: '10.0.0.2', port: 9 });
  expect(heard).toEqual([]);
  network.clock.advance(10);
  expect(heard).toEqual(['send ECONNREFUSED 10.0.0.2:9']);
});

async function connect(
  { network, a, b }: ReturnType<typeof pair>,
  onServer: (stream: StreamTransport) => void,
): Promise<StreamTransport> {
  const listener = await b.listen({ address: '0.0.0.0', port: 5075 }, onServer);
  const client = a.connect({ address: '10.0.0.2', port: listener.local.port });
  await network.clock.advanceAsync(0);
  return client;
}

test('a stream delivers every byte in order, cut into random pieces that a seed repeats', async () => {
  const run = async (seed: number): Promise<{ bytes: number[]; sizes: number[] }> => {
    const hosts = pair({ seed, link: { maxSegmentBytes: 7, jitterMs: 5, windowBytes: 16 } });
    const bytes: number[] = [];
    const sizes: number[] = [];
    const client = await connect(hosts, (stream) =>
      stream.start({
        ...quiet,
        onData: (chunk) => {
          bytes.push(...chunk);
          sizes.push(chunk.length);
        },
      }),
    );
    client.start({
      ...quiet,
      onOpen: () => void client.write([Uint8Array.from({ length: 200 }, (_, i) => i)]),
    });
    await hosts.network.clock.advanceAsync(5000);
    return { bytes, sizes };
  };
  const one = await run(3);
  expect(one.bytes).toEqual(Array.from({ length: 200 }, (_, i) => i));
  expect(Math.max(...one.sizes)).toBeLessThanOrEqual(7);
  expect((await run(3)).sizes).toEqual(one.sizes);
  expect((await run(4)).sizes).not.toEqual(one.sizes);
});

test('a stream holds writes beyond the window while the reader pauses, and drains on resume', async () => {
  const hosts = pair({ link: { windowBytes: 100 } });
  let server: StreamTransport | undefined;
  let got = 0;
  const client = await connect(hosts, (stream) => {
    server = stream;
    stream.start({ ...quiet, onData: (chunk) => void (got += chunk.length) });
    stream.pause();
  });
  let drains = 0;
  client.start({ ...quiet, onDrain: () => void drains++ });
  await hosts.network.clock.advanceAsync(10);
  expect(client.write([new Uint8Array(250)])).toBe(1);
  await hosts.network.clock.advanceAsync(10);
  expect([got, drains, client.pendingBytes]).toEqual([0, 0, 150]);
  server?.resume();
  await hosts.network.clock.advanceAsync(10);
  expect([got, drains, client.pendingBytes]).toEqual([250, 1, 0]);
});

test('a connection is refused without a listener, times out to a silent host, and is reset by a crash', async () => {
  const hosts = pair();
  const closes: (string | undefined)[] = [];
  const watch = (stream: StreamTransport): void =>
    stream.start({
      ...quiet,
      onClose: (error) => closes.push((error as { code?: string } | undefined)?.code),
    });
  watch(hosts.a.connect({ address: '10.0.0.2', port: 1 }));
  watch(hosts.a.connect({ address: '10.0.0.77', port: 1 }));
  await hosts.network.clock.advanceAsync(1000);
  expect(closes).toEqual(['ECONNREFUSED']);
  await hosts.network.clock.advanceAsync(80_000);
  expect(closes).toEqual(['ECONNREFUSED', 'ETIMEDOUT']);
  const client = await connect(hosts, (stream) => stream.start(quiet));
  watch(client);
  await hosts.network.clock.advanceAsync(10);
  hosts.b.crash();
  hosts.b.restart();
  await hosts.network.clock.advanceAsync(10_000);
  expect(closes).toHaveLength(2);
  client.write([Uint8Array.from([1])]);
  await hosts.network.clock.advanceAsync(10);
  expect(closes.at(-1)).toBe('ECONNRESET');
});

test('an end arrives after all bytes and closes both sides', async () => {
  const hosts = pair();
  const events: string[] = [];
  const client = await connect(hosts, (stream) =>
    stream.start({
      ...quiet,
      onData: (chunk) => events.push(`data ${chunk.length}`),
      onEnd: () => events.push('end'),
      onClose: () => events.push('server closed'),
    }),
  );
  client.start({ ...quiet, onClose: () => events.push('client closed') });
  await hosts.network.clock.advanceAsync(10);
  client.write([new Uint8Array(5)]);
  client.end();
  await hosts.network.clock.advanceAsync(10);
  expect(events).toEqual(['data 5', 'end', 'server closed', 'client closed']);
});

test('nothing passes a cut path until it is mended', async () => {
  const hosts = pair();
  let got = 0;
  const client = await connect(hosts, (stream) =>
    stream.start({ ...quiet, onData: (chunk) => void (got += chunk.length) }),
  );
  client.start(quiet);
  await hosts.network.clock.advanceAsync(10);
  hosts.network.setCut(hosts.a, hosts.b, true);
  client.write([new Uint8Array(3)]);
  await hosts.network.clock.advanceAsync(5000);
  expect(got).toBe(0);
  hosts.network.setCut(hosts.a, hosts.b, false);
  await hosts.network.clock.advanceAsync(5000);
  expect(got).toBe(3);
});

test('each host has its own idea of the date', () => {
  const network = new VirtualNetwork();
  const late = network.host('late', { addresses: ['10.0.0.1/24'], clockOffsetMs: -1500 });
  const out = { seconds: 0, nanoseconds: 0 };
  late.clock.wall(out);
  expect(out).toEqual({ seconds: 1_699_999_998, nanoseconds: 500_000_000 });
});
