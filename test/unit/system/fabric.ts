import { CaClient, CaServer } from '../../../src/ca/index.ts';
import { type Network, nodeNetwork } from '../../../src/net/index.ts';
import type { PvClient, PvSource, ServablePv } from '../../../src/pv/index.ts';
import { PvaClient, PvaServer } from '../../../src/pva/index.ts';
import { type LinkQuality, type VirtualHost, VirtualNetwork } from '../../../src/testing/index.ts';

/** What both servers have in common. */
export interface SystemServer {
  add(name: string, pv: ServablePv): void;
  addSource(source: PvSource, order?: number): void;
  start(): Promise<unknown>;
  close(): Promise<void>;
  /** Where the server listens, once it was started. */
  readonly ports: { readonly tcp: number; readonly udp: number };
}

export type Protocol = 'ca' | 'pva';

/** Real or virtual cables between one server host and one client host. */
export interface Fabric {
  readonly name: string;
  readonly serverNetwork: Network;
  /** Waits for a promise; on a virtual network time passes meanwhile. */
  run<T>(promise: Promise<T>): Promise<T>;
  /** Waits until a condition holds. */
  until(isTrue: () => boolean): Promise<void>;
  /** A server that has not been started; `at` the ports of an earlier one, which it takes over. */
  server(protocol: Protocol, at?: SystemServer['ports']): SystemServer;
  /** A client that finds this server. */
  client(protocol: Protocol, server: SystemServer): PvClient;
  /** Closes all that was made. */
  close(): Promise<void>;
}

const REAL_LIMIT_MS = 10_000;
const VIRTUAL_LIMIT_MS = 600_000;

abstract class BaseFabric implements Fabric {
  abstract readonly name: string;
  readonly serverNetwork: Network;
  readonly clientNetwork: Network;
  readonly #parts: Set<{ close(): Promise<void> }> = new Set();

  constructor(serverNetwork: Network, clientNetwork: Network) {
    this.serverNetwork = serverNetwork;
    this.clientNetwork = clientNetwork;
  }

  abstract run<T>(promise: Promise<T>): Promise<T>;
  abstract until(isTrue: () => boolean): Promise<void>;
  abstract server(protocol: Protocol, at?: SystemServer['ports']): SystemServer;
  abstract client(protocol: Protocol, server: SystemServer): PvClient;

  protected keep<T extends { close(): Promise<void> }>(part: T): T {
    this.#parts.add(part);
    return part;
  }

  /** Leaves a part as it is: the machine that it ran on has died. */
  abandon(part: object): void {
    for (const kept of this.#parts) if (kept === part) this.#parts.delete(kept);
  }

  async close(): Promise<void> {
    const parts = [...this.#parts].reverse();
    this.#parts.clear();
    for (const part of parts) await this.run(part.close());
  }
}

function face(protocol: 'ca', server: CaServer): SystemServer;
function face(protocol: 'pva', server: PvaServer): SystemServer;
function face(protocol: Protocol, server: CaServer | PvaServer): SystemServer {
  return {
    add: (name, pv) => void server.add(name, pv),
    addSource: (source, order = 0) => void server.addSource(source, order),
    start: () => server.start(),
    close: () => server.close(),
    get ports() {
      const tcp = server.config.serverPort;
      if (protocol === 'ca') return { tcp, udp: (server as CaServer).config.searchPort };
      return { tcp, udp: (server as PvaServer).config.broadcastPort };
    },
  };
}

/** Sockets of this machine on 127.0.0.1. */
export class LoopbackFabric extends BaseFabric {
  readonly name = 'loopback';

  constructor() {
    super(nodeNetwork(), nodeNetwork());
  }

  run<T>(promise: Promise<T>): Promise<T> {
    return promise;
  }

  async until(isTrue: () => boolean): Promise<void> {
    const end = performance.now() + REAL_LIMIT_MS;
    while (!isTrue()) {
      if (performance.now() > end) throw new Error(`condition still false after ${REAL_LIMIT_MS} ms`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  server(protocol: Protocol, at?: SystemServer['ports']): SystemServer {
    const network = this.serverNetwork;
    if (protocol === 'ca') {
      const config = at === undefined ? {} : { serverPort: at.tcp, searchPort: at.udp };
      return this.keep(face('ca', CaServer.isolated({ network, config })));
    }
    const options = at === undefined ? {} : { serverPort: at.tcp, broadcastPort: at.udp };
    return this.keep(face('pva', PvaServer.isolated(options, { network })));
  }

  client(protocol: Protocol, server: SystemServer): PvClient {
    const network = this.clientNetwork;
    const addrList = [`127.0.0.1:${server.ports.udp}`];
    const common = { addrList, autoAddrList: false, connTmo: 2 };
    return protocol === 'ca'
      ? this.keep(new CaClient({ network, ...common, repeater: 'off' }))
      : this.keep(new PvaClient({ ...common, listenBeacons: false }, { network, env: {} }));
  }
}

/** Two hosts on one virtual cable. */
export class VirtualFabric extends BaseFabric {
  readonly name = 'virtual network';
  readonly net: VirtualNetwork;
  readonly serverHost: VirtualHost;
  readonly clientHost: VirtualHost;
  readonly #clients: object[] = [];

  constructor(seed = 1, link: Partial<LinkQuality> = {}) {
    const net = new VirtualNetwork({ seed, link });
    const serverHost = net.host('ioc', { addresses: ['10.0.0.1/24'], userName: 'ioc' });
    const clientHost = net.host('opi', { addresses: ['10.0.0.2/24'], userName: 'me' });
    super(serverHost, clientHost);
    this.net = net;
    this.serverHost = serverHost;
    this.clientHost = clientHost;
  }

  async run<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const settled = (): void => {
      isSettled = true;
    };
    promise.then(settled, settled);
    await this.until(() => isSettled);
    return promise;
  }

  until(isTrue: () => boolean): Promise<void> {
    return this.net.clock.until(isTrue, VIRTUAL_LIMIT_MS);
  }

  server(protocol: Protocol): SystemServer {
    const network = this.serverHost;
    return protocol === 'ca'
      ? this.keep(face('ca', new CaServer({ network })))
      : this.keep(face('pva', new PvaServer({}, { network, env: {} })));
  }

  /** Searches by broadcast, hears beacons. */
  client(protocol: Protocol): PvClient {
    const network = this.clientHost;
    const client = protocol === 'ca' ? new CaClient({ network }) : new PvaClient({}, { network, env: {} });
    this.#clients.push(client);
    return this.keep(client);
  }

  /** As `abandon`, for all clients. */
  abandonClients(): void {
    for (const client of this.#clients) this.abandon(client);
  }
}
