import { afterEach, expect, test } from 'vitest';
import {
  broadcastOf,
  type DatagramTransport,
  type Endpoint,
  type Listener,
  nodeNetwork,
  type StreamTransport,
  Written,
} from '../../../src/net/index.ts';

const network = nodeNetwork();
const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const item of open.splice(0)) await item.close();
});

const quiet = { onOpen: () => {}, onData: () => {}, onDrain: () => {}, onEnd: () => {}, onClose: () => {} };

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

async function listen(onStream: (stream: StreamTransport) => void): Promise<Listener> {
  const listener = await network.listen({ address: '127.0.0.1', port: 0 }, onStream, {});
  open.push(listener);
  return listener;
}

test('a stream carries bytes both ways and tells of its end', async () => {
  const listener = await listen((stream) => {
    stream.start({ ...quiet, onData: (chunk) => void stream.write([chunk.slice()]) });
  });
  expect(listener.local.port).toBeGreaterThan(0);
  const stream = network.connect(listener.local, {});
  const got: number[] = [];
  await new Promise<void>((resolve) => {
    stream.start({
      ...quiet,
      onOpen: () => void stream.write([Uint8Array.from([1, 2]), Uint8Array.from([3])]),
      onData: (chunk) => {
        got.push(...chunk);
        if (got.length === 3) stream.end();
      },
      onClose: () => resolve(),
    });
  });
  expect(got).toEqual([1, 2, 3]);
  expect(stream.remote).toEqual(listener.local);
});

test('a write beyond the socket buffer is held until it has drained', async () => {
  let total = 0;
  const size = 64 * 1024 * 1024;
  const finished = deferred();
  const listener = await listen((stream) => {
    stream.start({
      ...quiet,
      onData: (chunk) => {
        total += chunk.length;
        if (total === size) finished.resolve();
      },
    });
  });
  const stream = network.connect(listener.local, {});
  const drained = deferred();
  stream.start({
    ...quiet,
    onOpen: () => {
      expect(stream.write([new Uint8Array(size)])).toBe(Written.Held);
      expect(stream.pendingBytes).toBeGreaterThan(0);
    },
    onDrain: () => drained.resolve(),
  });
  await drained.promise;
  await finished.promise;
  expect(stream.pendingBytes).toBe(0);
  stream.destroy();
});

test('a refused connection ends with the system error', async () => {
  const listener = await listen(() => {});
  await listener.close();
  const error = await new Promise<Error | undefined>((resolve) => {
    network.connect(listener.local, {}).start({ ...quiet, onClose: resolve });
  });
  expect(error).toMatchObject({ code: 'ECONNREFUSED' });
});

test('a port in use rejects listen and exclusive bind', async () => {
  const listener = await listen(() => {});
  await expect(network.listen(listener.local, () => {}, {})).rejects.toMatchObject({ code: 'EADDRINUSE' });
  const socket = await network.bind({ address: '127.0.0.1', port: 0 });
  open.push(socket);
  await expect(network.bind({ address: '127.0.0.1', port: socket.local.port })).rejects.toMatchObject({
    code: 'EADDRINUSE',
  });
});

function receiveOne(socket: DatagramTransport): Promise<{ bytes: number[]; from: Endpoint }> {
  return new Promise((resolve, reject) => {
    socket.start({ onDatagram: (bytes, from) => resolve({ bytes: [...bytes], from }), onError: reject });
  });
}

test('a datagram arrives although its buffer was reused at once, and is counted', async () => {
  const a = await network.bind({ address: '127.0.0.1', port: 0 });
  const b = await network.bind({ address: '127.0.0.1', port: 0 });
  open.push(a, b);
  const received = receiveOne(b);
  const bytes = Uint8Array.from([1, 2, 3]);
  a.send(bytes, b.local);
  bytes.fill(0);
  expect(await received).toEqual({ bytes: [1, 2, 3], from: a.local });
  expect(network.datagramCounts().get(`127.0.0.1:${b.local.port}`)).toEqual({ datagrams: 1, bytes: 3 });
});

test('several sockets share a port and hear a loopback multicast group', async () => {
  const groups = [{ address: '224.0.0.128', onInterface: '127.0.0.1' }];
  const a = await network.bind({ address: '0.0.0.0', port: 0, isShared: true, groups });
  const b = await network.bind({ address: '0.0.0.0', port: a.local.port, isShared: true, groups });
  const sender = await network.bind({ address: '127.0.0.1', port: 0, ttl: 1 });
  open.push(a, b, sender);
  const both = Promise.all([receiveOne(a), receiveOne(b)]);
  sender.send(Uint8Array.from([7]), { address: '224.0.0.128', port: a.local.port });
  expect((await both).map(({ bytes }) => bytes)).toEqual([[7], [7]]);
});

test('names are looked up, numeric addresses are not', async () => {
  expect(await network.lookup('127.0.0.1')).toEqual(['127.0.0.1']);
  expect(await network.lookup('localhost')).toContain('127.0.0.1');
  const reason = new Error('enough');
  await expect(network.lookup('localhost', AbortSignal.abort(reason))).rejects.toBe(reason);
});

test('interfaces carry their broadcast address, point-to-point links none', () => {
  expect(network.interfaces().some((entry) => entry.isLoopback && entry.address === '127.0.0.1')).toBe(true);
  expect(broadcastOf('10.1.2.3', '255.255.0.0')).toBe('10.1.255.255');
  expect(broadcastOf('10.1.2.3', '255.255.255.255')).toBeUndefined();
});

test('the groups of a user are those of this machine; nobody, and who is unknown, has none', () => {
  expect(network.groupsOf('')).toEqual([]);
  expect(network.groupsOf('no such user \u0000')).toEqual([]);
  const own = network.groupsOf(network.userName);
  expect(new Set(own).size).toBe(own.length);
  expect(own.every((name) => name !== '')).toBe(true);
  expect(network.hostName).not.toBe('');
  expect(network.random()).toBeLessThan(1);
});

test('V-2 a stream can pause, and gets what came meanwhile afterwards', async () => {
  let accepted: StreamTransport | undefined;
  const listener = await listen((stream) => {
    accepted = stream;
    stream.start(quiet);
  });
  const stream = network.connect(listener.local, {});
  let got = 0;
  const opened = deferred();
  const arrived = deferred();
  stream.start({
    ...quiet,
    onOpen: () => opened.resolve(),
    onData: (chunk) => {
      got += chunk.length;
      if (got === 5) arrived.resolve();
    },
  });
  await opened.promise;
  expect(stream.local.address).toBe('127.0.0.1');
  expect(stream.remote).toEqual(listener.local);
  stream.pause();
  while (accepted === undefined) await new Promise((resolve) => setImmediate(resolve));
  expect(accepted.remote.port).toBe(stream.local.port);
  accepted.write([Uint8Array.of(1, 2, 3, 4, 5)]);
  expect(accepted.write([])).toBe(Written.Done);
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
  expect(got).toBe(0);
  stream.resume();
  await arrived.promise;
  expect(stream.security).toBeUndefined();
  stream.setKeepsProcess(false);
  stream.setKeepsProcess(true);
  const closed = deferred();
  accepted.start({ ...quiet, onClose: () => closed.resolve() });
  stream.destroy(new Error('given up'));
  expect(stream.write([Uint8Array.of(1)])).toBe(Written.Done);
  await closed.promise;
});

test('a stream that was destroyed before its start tells why', async () => {
  const listener = await listen((stream) => stream.start(quiet));
  const stream = network.connect(listener.local, {});
  stream.destroy(new Error('too late'));
  const reason = await new Promise<Error | undefined>((resolve) => {
    stream.start({ ...quiet, onClose: resolve });
  });
  expect(reason?.message).toBe('too late');
});
