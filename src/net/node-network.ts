import { readFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { type Clock, systemClock } from '../util/index.ts';
import { listInterfaces } from './interfaces.ts';
import { resolveHost } from './resolve.ts';
import { connectStream, listenStreams } from './tcp.ts';
import type {
  BindOptions,
  DatagramTransport,
  Endpoint,
  Listener,
  NetInterface,
  Network,
  StreamTransport,
  TlsOptions,
} from './transport.ts';
import { bindDatagrams } from './udp.ts';

/** Datagrams and bytes sent to one destination. */
export interface DatagramCount {
  readonly datagrams: number;
  readonly bytes: number;
}

/** Sockets, names and users of this machine, through Node. */
export class NodeNetwork implements Network {
  readonly clock: Clock;
  readonly random: () => number;
  readonly #sent = new Map<string, { datagrams: number; bytes: number }>();

  constructor(clock: Clock = systemClock) {
    this.clock = clock;
    this.random = Math.random;
  }

  get userName(): string {
    try {
      return userInfo().username;
    } catch {
      // A container may run under a user id without a name.
      return process.env['USER'] ?? '';
    }
  }

  get hostName(): string {
    return hostname();
  }

  /** Names of the groups of a user of this machine; empty where there is no /etc/group. */
  readonly groupsOf = (user: string): readonly string[] => {
    // A group without members has an empty text for them, which must not match a user without a name.
    if (user === '') return [];
    try {
      const gid = user === this.userName ? String(userInfo().gid) : undefined;
      return readFileSync('/etc/group', 'utf8')
        .split('\n')
        .map((line) => line.split(':'))
        .filter(
          ([, , id, members = '']) => id !== undefined && (id === gid || members.split(',').includes(user)),
        )
        .map(([name]) => name as string);
    } catch {
      return [];
    }
  };

  interfaces(): readonly NetInterface[] {
    return listInterfaces();
  }

  lookup(host: string, signal?: AbortSignal): Promise<readonly string[]> {
    return resolveHost(host, signal);
  }

  connect(to: Endpoint, options: { readonly tls?: TlsOptions }): StreamTransport {
    return connectStream(to, options.tls);
  }

  listen(
    at: Endpoint,
    onStream: (stream: StreamTransport) => void,
    options: { readonly tls?: TlsOptions },
  ): Promise<Listener> {
    return listenStreams(at, onStream, options.tls);
  }

  bind(options: BindOptions): Promise<DatagramTransport> {
    return bindDatagrams(options, (to, bytes) => {
      const key = `${to.address}:${to.port}`;
      const count = this.#sent.get(key);
      if (count === undefined) this.#sent.set(key, { datagrams: 1, bytes });
      else {
        count.datagrams++;
        count.bytes += bytes;
      }
    });
  }

  /** Datagrams sent so far, by `address:port`. */
  datagramCounts(): ReadonlyMap<string, DatagramCount> {
    return this.#sent;
  }
}

/** A network on this machine's sockets and clock. */
export function nodeNetwork(): NodeNetwork {
  return new NodeNetwork();
}
