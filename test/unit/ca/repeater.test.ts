import { describe, expect, it } from 'vitest';
import { CaRepeater, runRepeater } from '../../../src/ca/repeater.ts';
import type { DatagramTransport, Endpoint } from '../../../src/net/index.ts';
import { fromHex, toHex, type VirtualHost, VirtualNetwork } from '../../../src/testing/index.ts';

const REGISTER = fromHex('0018000000000000000000007f000001');
const CONFIRM = '0011000000000000000000007f000001';
const NOOP = '00000000000000000000000000000000';
const BEACON = fromHex('000d0000000d13c80000002a00000000');

interface Peer {
  readonly socket: DatagramTransport;
  readonly received: string[];
  send(bytes: Uint8Array): void;
}

class Bench {
  readonly network = new VirtualNetwork({ seed: 2 });
  readonly host: VirtualHost = this.network.host('desk', { addresses: ['10.0.0.2/24'] });
  readonly repeater = new CaRepeater({ network: this.host, port: 5065 });
  readonly at: Endpoint = { address: '127.0.0.1', port: 5065 };

  async peer(host: VirtualHost = this.host, address = '127.0.0.1', port = 0, to = this.at): Promise<Peer> {
    const received: string[] = [];
    const socket = await host.bind({ address, port, canBroadcast: true });
    socket.start({ onDatagram: (bytes) => received.push(toHex(bytes)), onError: () => undefined });
    return { socket, received, send: (bytes) => socket.send(bytes, to) };
  }

  pass(ms = 5): Promise<void> {
    return this.network.clock.advanceAsync(ms);
  }
}

describe('CaRepeater', () => {
  it('CA-B6: only one repeater has the port; a second one says so and does nothing', async () => {
    const bench = new Bench();
    expect(await bench.repeater.start()).toBe(true);
    expect(await bench.repeater.start()).toBe(true);
    expect(await new CaRepeater({ network: bench.host, port: 5065 }).start()).toBe(false);
    await runRepeater({ network: bench.host, port: 5065 });
    bench.repeater.close();
    expect(await new CaRepeater({ network: bench.host, port: 5065 }).start()).toBe(true);
  });

  it.each([
    ['message 24', REGISTER],
    ['a datagram of no bytes, as libca sends', new Uint8Array(0)],
  ])('CA-B4: %s registers a client and is confirmed', async (_text, bytes) => {
    const bench = new Bench();
    await bench.repeater.start();
    const client = await bench.peer();
    client.send(bytes);
    await bench.pass();
    expect(client.received).toEqual([CONFIRM]);
    expect(bench.repeater.clients).toEqual([client.socket.local]);
    client.send(bytes);
    await bench.pass();
    expect(bench.repeater.clients.length).toBe(1);
  });

  it('CA-B4: a beacon goes to all clients, with the address of the sender filled in', async () => {
    const bench = new Bench();
    await bench.repeater.start();
    const ioc = bench.network.host('ioc', { addresses: ['10.0.0.1/24'] });
    const [a, b] = [await bench.peer(), await bench.peer()];
    a.send(REGISTER);
    b.send(REGISTER);
    await bench.pass();
    const server = await bench.peer(ioc, '0.0.0.0', 5064, { address: '10.0.0.255', port: 5065 });
    server.send(BEACON);
    await bench.pass();
    expect(a.received.slice(-1)).toEqual(['000d0000000d13c80000002a0a000001']);
    expect(b.received.slice(-1)).toEqual(['000d0000000d13c80000002a0a000001']);
  });

  it('a beacon that names its server, and any other bytes, pass unchanged; not to their sender', async () => {
    const bench = new Bench();
    await bench.repeater.start();
    const [a, b] = [await bench.peer(), await bench.peer()];
    a.send(REGISTER);
    b.send(REGISTER);
    await bench.pass();
    const before = b.received.length;
    for (const hex of ['000d0000000d13c80000002aac110002', 'ff', '00'.repeat(20)]) b.send(fromHex(hex));
    await bench.pass();
    expect(a.received.slice(-3)).toEqual(['000d0000000d13c80000002aac110002', 'ff', '00'.repeat(20)]);
    expect(b.received.length).toBe(before);
  });

  it('a registration at the head of a datagram is stripped, the rest passed on', async () => {
    const bench = new Bench();
    await bench.repeater.start();
    const [a, b] = [await bench.peer(), await bench.peer()];
    a.send(REGISTER);
    await bench.pass();
    b.send(new Uint8Array([...REGISTER, ...BEACON]));
    await bench.pass();
    expect(bench.repeater.clients.length).toBe(2);
    expect(a.received.slice(-1)).toEqual(['000d0000000d13c80000002a7f000001']);
  });

  it('each new client makes the others get a NOOP; those whose port is free are forgotten', async () => {
    const bench = new Bench();
    await bench.repeater.start();
    const [a, b] = [await bench.peer(), await bench.peer()];
    a.send(REGISTER);
    await bench.pass(2000);
    b.send(REGISTER);
    await bench.pass(2000);
    expect(a.received).toEqual([CONFIRM, NOOP]);
    expect(b.received).toEqual([CONFIRM]);
    a.socket.close();
    const c = await bench.peer();
    c.send(REGISTER);
    await bench.pass(2000);
    expect(bench.repeater.clients).toEqual([b.socket.local, c.socket.local]);
  });

  it('clients of other machines are refused', async () => {
    const bench = new Bench();
    await bench.repeater.start();
    const ioc = bench.network.host('ioc', { addresses: ['10.0.0.1/24'] });
    const far = await bench.peer(ioc, '0.0.0.0', 0, { address: '10.0.0.2', port: 5065 });
    far.send(REGISTER);
    far.send(new Uint8Array(0));
    await bench.pass();
    expect(bench.repeater.clients).toEqual([]);
    expect(far.received).toEqual([]);
  });

  it('CA-B7: beyond the limit the oldest client is dropped', async () => {
    const bench = new Bench();
    const repeater = new CaRepeater({ network: bench.host, port: 5066, maxClients: 3 });
    await repeater.start();
    const peers: Peer[] = [];
    for (let i = 0; i < 5; i++) {
      const peer = await bench.peer(bench.host, '127.0.0.1', 0, { address: '127.0.0.1', port: 5066 });
      peer.send(REGISTER);
      peers.push(peer);
      await bench.pass();
    }
    expect(repeater.clients).toEqual(peers.slice(2).map((peer) => peer.socket.local));
    expect(repeater.port).toBe(5066);
  });
});
