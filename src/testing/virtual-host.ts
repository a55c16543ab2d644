import {
  type BindOptions,
  broadcastOf,
  type DatagramTransport,
  type Endpoint,
  type Listener,
  type NetInterface,
  type Network,
  type StreamTransport,
} from '../net/index.ts';
import {
  type Clock,
  ipv4ToNumber,
  isIpv4,
  isMulticast,
  numberToIpv4,
  type Stop,
  type WallTime,
} from '../util/index.ts';
import { VirtualDatagrams } from './virtual-datagrams.ts';
import type { VirtualHostOptions, VirtualNetwork } from './virtual-network.ts';
import { VirtualStream } from './virtual-stream.ts';

const FIRST_EPHEMERAL_PORT = 32768;
const CONNECT_TIMEOUT_MS = 75_000;

interface Listening {
  readonly at: Endpoint;
  readonly onStream: (stream: StreamTransport) => void;
}

function systemError(code: string, call: string, at: Endpoint): Error {
  return Object.assign(new Error(`${call} ${code} ${at.address}:${at.port}`), {
    code,
    syscall: call,
    address: at.address,
    port: at.port,
  });
}

/** The clock of a host: the network's, with the host's own idea of the date. */
class HostClock implements Clock {
  readonly #clock: Clock;
  offsetMs: number;

  constructor(clock: Clock, offsetMs: number) {
    this.#clock = clock;
    this.offsetMs = offsetMs;
  }
  get monotonicMs(): number {
    return this.#clock.monotonicMs;
  }
  wall(out: WallTime): void {
    this.#clock.wall(out);
    const nanoseconds = out.seconds * 1e9 + out.nanoseconds + this.offsetMs * 1e6;
    out.seconds = Math.floor(nanoseconds / 1e9);
    out.nanoseconds = Math.round(nanoseconds - out.seconds * 1e9);
  }
  at(monotonicMs: number, fn: () => void): Stop {
    return this.#clock.at(monotonicMs, fn);
  }
  defer(fn: () => void): void {
    this.#clock.defer(fn);
  }
}

/** A host of a virtual network; servers and clients take it as their `network`. */
export class VirtualHost implements Network {
  readonly name: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly userName: string;
  readonly hostName: string;
  readonly #network: VirtualNetwork;
  readonly #interfaces: NetInterface[];
  readonly #listeners: Listening[] = [];
  readonly #streams = new Set<VirtualStream>();
  #sockets: VirtualDatagrams[] = [];
  #nextPort = FIRST_EPHEMERAL_PORT;
  #isDown = false;

  constructor(network: VirtualNetwork, name: string, options: VirtualHostOptions) {
    this.name = name;
    this.#network = network;
    this.clock = new HostClock(network.clock, options.clockOffsetMs ?? 0);
    this.random = network.random;
    this.userName = options.userName ?? 'operator';
    this.hostName = name;
    this.#interfaces = [
      { name: 'lo', address: '127.0.0.1', netmask: '255.0.0.0', broadcast: undefined, isLoopback: true },
      ...options.addresses.map((text, i) => {
        const [address = '', prefix = '24'] = text.split('/');
        const netmask = numberToIpv4((0xffffffff << (32 - Number(prefix))) >>> 0);
        return {
          name: `eth${i}`,
          address,
          netmask,
          broadcast: broadcastOf(address, netmask),
          isLoopback: false,
        };
      }),
    ];
  }

  readonly groupsOf = (_user: string): readonly string[] => [];

  get isDown(): boolean {
    return this.#isDown;
  }

  interfaces(): readonly NetInterface[] {
    return this.#interfaces;
  }

  owns(address: string): boolean {
    return this.#interfaces.some((entry) => entry.address === address);
  }

  lookup(host: string): Promise<readonly string[]> {
    if (isIpv4(host)) return Promise.resolve([host]);
    if (host === 'localhost') return Promise.resolve(['127.0.0.1']);
    const found = this.#network.hostNamed(host);
    const address = found?.interfaces()[1]?.address;
    if (address !== undefined) return Promise.resolve([address]);
    return Promise.reject(Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND' }));
  }

  /** Power failure: every socket is gone, and the peers learn of it only when they send after `restart`. */
  crash(): void {
    this.#isDown = true;
    for (const stream of this.#streams) stream.vanish();
    this.#streams.clear();
    for (const socket of [...this.#sockets]) socket.close();
    this.#listeners.length = 0;
  }

  restart(): void {
    this.#isDown = false;
  }

  connect(to: Endpoint): StreamTransport {
    const network = this.#network;
    const target = network.hostAt(to.address, this);
    const local = { address: this.#sourceAddress(to.address), port: this.#freePort() };
    const client = this.#makeStream(local, to, target ?? this);
    if (target === undefined || network.isCut(this, target)) {
      network.clock.at(network.clock.monotonicMs + CONNECT_TIMEOUT_MS, () => client.refuse('ETIMEDOUT'));
      return client;
    }
    network.clock.at(network.clock.monotonicMs + 2 * network.delayMs(this, target), () => {
      if (client.isClosed) return;
      const listening = target.#listeners.find(
        ({ at }) => at.port === to.port && (at.address === to.address || at.address === '0.0.0.0'),
      );
      if (listening === undefined) {
        client.refuse('ECONNREFUSED');
        return;
      }
      const server = target.#makeStream(to, local, this);
      VirtualStream.join(client, server);
      listening.onStream(server);
    });
    return client;
  }

  listen(at: Endpoint, onStream: (stream: StreamTransport) => void): Promise<Listener> {
    if (at.address !== '0.0.0.0' && !this.owns(at.address)) {
      return Promise.reject(systemError('EADDRNOTAVAIL', 'listen', at));
    }
    const port = at.port === 0 ? this.#freePort() : at.port;
    const isTaken = this.#listeners.some(
      (other) =>
        other.at.port === port &&
        (other.at.address === at.address || other.at.address === '0.0.0.0' || at.address === '0.0.0.0'),
    );
    if (isTaken) return Promise.reject(systemError('EADDRINUSE', 'listen', at));
    const listening: Listening = { at: { address: at.address, port }, onStream };
    this.#listeners.push(listening);
    return Promise.resolve({
      local: listening.at,
      close: () => {
        const i = this.#listeners.indexOf(listening);
        if (i >= 0) this.#listeners.splice(i, 1);
        return Promise.resolve();
      },
    });
  }

  bind(options: BindOptions): Promise<DatagramTransport> {
    const port = options.port === 0 ? this.#freePort() : options.port;
    const local = { address: options.address, port };
    const isOwn =
      options.address === '0.0.0.0' ||
      isMulticast(options.address) ||
      this.#interfaces.some(
        (entry) => entry.address === options.address || entry.broadcast === options.address,
      );
    if (!isOwn) {
      return Promise.reject(systemError('EADDRNOTAVAIL', 'bind', local));
    }
    const isTaken = this.#sockets.some(
      (other) =>
        other.local.port === port &&
        (other.local.address === options.address ||
          other.local.address === '0.0.0.0' ||
          options.address === '0.0.0.0') &&
        !(other.options.isShared === true && options.isShared === true),
    );
    if (isTaken) return Promise.reject(systemError('EADDRINUSE', 'bind', local));
    const socket = new VirtualDatagrams(
      local,
      options,
      (from, bytes, to) => this.#sendDatagram(from, bytes, to),
      () => {
        this.#sockets = this.#sockets.filter((other) => other !== socket);
      },
    );
    this.#sockets.push(socket);
    return Promise.resolve(socket);
  }

  #sendDatagram(socket: VirtualDatagrams, bytes: Uint8Array, to: Endpoint): void {
    const network = this.#network;
    if (isMulticast(to.address)) {
      this.#sendToGroup(socket, bytes, to);
      return;
    }
    const own = this.#interfaces.find((entry) => entry.broadcast === to.address);
    if (own !== undefined || to.address === '255.255.255.255') {
      this.#sendToSubnet(socket, bytes, to, own ?? this.#interfaces[1]);
      return;
    }
    const target = network.hostAt(to.address, this);
    const from = { address: this.#sourceOf(socket, to.address), port: socket.local.port };
    if (target === undefined) return;
    network.carry(this, target, () => {
      if (target.#receiveUnicast(bytes, from, to)) return;
      // The refusal comes back as a packet of its own, and shows as an error of a later send.
      network.carry(target, this, () => socket.fail(systemError('ECONNREFUSED', 'send', to), to));
    });
  }

  /** The socket bound to the very address hears it, else the one on all addresses; of several the last bound. */
  #receiveUnicast(bytes: Uint8Array, from: Endpoint, to: Endpoint): boolean {
    const heard = this.#sockets.filter((socket) => socket.local.port === to.port);
    const socket =
      heard.filter((candidate) => candidate.local.address === to.address).at(-1) ??
      heard.filter((candidate) => candidate.local.address === '0.0.0.0').at(-1);
    socket?.receive(bytes, from);
    return socket !== undefined;
  }

  #sendToSubnet(
    socket: VirtualDatagrams,
    bytes: Uint8Array,
    to: Endpoint,
    via: NetInterface | undefined,
  ): void {
    if (via?.broadcast === undefined) return;
    if (socket.options.canBroadcast !== true) {
      this.clock.defer(() => socket.fail(systemError('EACCES', 'send', to), to));
      return;
    }
    const from = { address: via.address, port: socket.local.port };
    for (const host of this.#network.hosts) {
      if (!host.#interfaces.some((entry) => entry.broadcast === via.broadcast)) continue;
      this.#network.carry(this, host, () => {
        for (const hearer of host.#sockets) {
          const { address, port } = hearer.local;
          if (port === to.port && (address === '0.0.0.0' || address === via.broadcast))
            hearer.receive(bytes, from);
        }
      });
    }
  }

  #sendToGroup(socket: VirtualDatagrams, bytes: Uint8Array, to: Endpoint): void {
    const bound = this.#interfaces.find((entry) => entry.address === socket.local.address);
    const via = bound ?? this.#interfaces[1] ?? (this.#interfaces[0] as NetInterface);
    const from = { address: via.address, port: socket.local.port };
    const ttl = socket.options.ttl ?? 1;
    for (const host of this.#network.hosts) {
      if (host !== this && (via.isLoopback || ttl < 1)) continue;
      const arrivals = host.#interfaces.filter((entry) =>
        host === this
          ? entry.address === via.address
          : entry.broadcast === via.broadcast && !entry.isLoopback,
      );
      for (const arrival of arrivals) {
        this.#network.carry(this, host, () => {
          for (const hearer of host.#sockets) {
            if (hearer.local.port === to.port && hearer.hearsGroup(to.address, arrival.address)) {
              hearer.receive(bytes, from);
            }
          }
        });
      }
    }
  }

  #makeStream(local: Endpoint, remote: Endpoint, other: VirtualHost): VirtualStream {
    const network = this.#network;
    const stream = new VirtualStream(local, remote, {
      clock: network.clock,
      delayMs: () => network.delayMs(this, other),
      isCut: () => network.isCut(this, other),
      segmentBytes: (available) => {
        const max = network.link(this, other).maxSegmentBytes;
        return max === Number.POSITIVE_INFINITY ? available : 1 + Math.floor(network.random() * max);
      },
      windowBytes: network.link(this, other).windowBytes,
    });
    for (const old of this.#streams) if (old.isClosed) this.#streams.delete(old);
    this.#streams.add(stream);
    return stream;
  }

  #sourceOf(socket: VirtualDatagrams, to: string): string {
    return socket.local.address === '0.0.0.0' ? this.#sourceAddress(to) : socket.local.address;
  }

  #sourceAddress(to: string): string {
    if (to.startsWith('127.')) return '127.0.0.1';
    const near = this.#interfaces.find((entry) => {
      const mask = ipv4ToNumber(entry.netmask);
      return (ipv4ToNumber(entry.address) & mask) === (ipv4ToNumber(to) & mask);
    });
    return (near ?? this.#interfaces[1] ?? this.#interfaces[0])?.address ?? '127.0.0.1';
  }

  #freePort(): number {
    const isUsed = (port: number): boolean =>
      this.#listeners.some(({ at }) => at.port === port) ||
      this.#sockets.some((socket) => socket.local.port === port);
    do this.#nextPort++;
    while (isUsed(this.#nextPort));
    return this.#nextPort;
  }
}
