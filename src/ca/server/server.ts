import type { Endpoint, Network, StreamTransport } from '../../net/index.ts';
import {
  type Peer,
  type PvSource,
  type ServablePv,
  SourceList,
  type SourceListEvent,
  StaticSource,
} from '../../pv/index.ts';
import {
  BlockPool,
  ClosedError,
  ConfigError,
  Deadlines,
  type Env,
  errorText,
  getLogger,
  ipv4ToNumber,
  isIpv4,
  type Logger,
  traceChannel,
} from '../../util/index.ts';
import type { CaClientOptions } from '../client/config.ts';
import { Beacons } from './beacons.ts';
import {
  beaconAddresses,
  type CaServerConfig,
  type CaServerSettings,
  resolveCaServerConfig,
} from './config.ts';
import type { Connection } from './connection.ts';
import { listenTcp, type TcpListeners } from './listeners.ts';
import { NameWaiters } from './name-waiters.ts';
import { PvTable } from './pv-table.ts';
import { CaSearchResponder, type SearchTarget } from './search-responder.ts';
import type { ServedChannel } from './served-channel.ts';
import { Session, type SessionHost } from './session.ts';

/** What a server is made of. */
export interface CaServerParts {
  readonly network: Network;
  /** Settings; the rest comes from `env` and the defaults. */
  readonly config?: CaServerSettings | undefined;
  /** Environment variables; default: none. */
  readonly env?: Env | undefined;
  /** Answers searches together with other servers of this process; default: one of its own. */
  readonly responder?: CaSearchResponder | undefined;
  readonly logger?: Logger | undefined;
}

/** Counters of a server since its start, and what it holds now. */
export interface CaServerStats {
  readonly connections: number;
  readonly channels: number;
  readonly subscriptions: number;
  /** PVs with channels. */
  readonly pvs: number;
  readonly connectionsTotal: number;
  readonly connectionsRefused: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly messagesIn: number;
  readonly messagesOut: number;
  /** Monitor updates sent. */
  readonly updates: number;
  /** Writes to sockets. */
  readonly writes: number;
  readonly beacons: number;
  /** Names searched for, and answers. */
  readonly searches: number;
  readonly searchReplies: number;
  readonly searchesDropped: number;
}

/** One circuit in a report. */
export interface CaConnectionReport {
  readonly peer: string;
  readonly user: string;
  readonly host: string;
  /** Minor protocol version of the client. */
  readonly minor: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Bytes that the peer has not taken yet. */
  readonly pendingBytes: number;
  readonly isBlocked: boolean;
  readonly channels: readonly CaChannelReport[];
}

/** One channel in a report. */
export interface CaChannelReport {
  readonly name: string;
  readonly sid: number;
  readonly rights: number;
  readonly subscriptions: readonly CaSubscriptionReport[];
}

/** One subscription in a report. */
export interface CaSubscriptionReport {
  readonly dbrType: number;
  readonly count: number;
  readonly mask: number;
  /** Updates sent. */
  readonly sent: number;
  readonly queued: number;
  readonly maxQueued: number;
  /** Updates that a newer one replaced before they were sent. */
  readonly dropped: number;
}

/** State of a server, for people. */
export interface CaServerReport {
  readonly config: CaServerConfig;
  readonly connections: readonly CaConnectionReport[];
  readonly sources: Record<string, unknown>;
}

type State = 'new' | 'starting' | 'running' | 'closed';

/** ms that clients have to take what is written when the server closes. */
const CLOSE_MS = 250;

/**
 * Serves sources over Channel Access, once it is started.
 *
 * @see epics-base modules/database/src/ioc/rsrv/caservertask.c
 */
export class CaServerCore implements AsyncDisposable {
  readonly #network: Network;
  readonly #logger: Logger;
  readonly #sources: SourceList;
  readonly #static: StaticSource;
  readonly #deadlines: Deadlines;
  readonly #waiters: NameWaiters;
  readonly #pvs: PvTable;
  readonly #responder: CaSearchResponder;
  readonly #sessions: Set<Session>;
  readonly #channels: Map<string, Set<ServedChannel>>;
  readonly #host: SessionHost;
  readonly #target: SearchTarget;
  #config: CaServerConfig;
  #state: State;
  #starting: Promise<this> | undefined;
  #listeners: TcpListeners | undefined;
  #beacons: Beacons | undefined;
  #dirty: Connection[];
  #connectionsTotal: number;
  #connectionsRefused: number;
  /** Sums over the circuits that are gone. */
  #past: {
    bytesIn: number;
    bytesOut: number;
    messagesIn: number;
    messagesOut: number;
    updates: number;
    writes: number;
  };
  #onAllClosed: (() => void) | undefined;

  /** @throws {ConfigError} EPICS_CONFIG for settings that cannot be. */
  constructor(parts: CaServerParts) {
    const { network } = parts;
    const onFault = (error: unknown): void =>
      this.#logger.error({ error: errorText(error) }, 'a listener failed');
    this.#network = network;
    this.#logger = parts.logger ?? getLogger('epics.ca.server');
    this.#config = resolveCaServerConfig(parts.config, parts.env);
    this.#sources = new SourceList('ca', onFault);
    this.#static = new StaticSource('__static', { onFault });
    this.#sources.add(this.#static, { isBuiltIn: true });
    this.#deadlines = new Deadlines(network.clock);
    this.#waiters = new NameWaiters(this.#deadlines);
    this.#pvs = new PvTable(this.#sources, this.#deadlines, this.#config.lingerMs, onFault);
    this.#responder = parts.responder ?? new CaSearchResponder(network, this.#config);
    this.#sessions = new Set();
    this.#channels = new Map();
    this.#state = 'new';
    this.#starting = undefined;
    this.#listeners = undefined;
    this.#beacons = undefined;
    this.#dirty = [];
    this.#connectionsTotal = 0;
    this.#connectionsRefused = 0;
    this.#past = { bytesIn: 0, bytesOut: 0, messagesIn: 0, messagesOut: 0, updates: 0, writes: 0 };
    this.#onAllClosed = undefined;
    this.#host = this.#makeHost();
    this.#target = this.#makeTarget();
    this.#sources.onSources((event) => this.#onSources(event));
  }

  /** The settings in effect; after `start` with the real ports. */
  get config(): CaServerConfig {
    return this.#config;
  }

  /** TCP port; 0 before `start`. */
  get port(): number {
    return this.#listeners?.port ?? 0;
  }

  /** The sources in the order they are asked. */
  get sources(): readonly PvSource[] {
    return this.#sources.sources;
  }

  /** Adds a source; works while running. @param order lower is asked first; PVs of `add` have 0. */
  addSource(source: PvSource, order = 0): this {
    this.#sources.add(source, { order });
    return this;
  }

  /** Removes a source and drops its channels. Returns false when it was not there. */
  removeSource(source: PvSource): boolean {
    return this.#sources.remove(source);
  }

  /** Serves one PV as `name`; works while running. */
  add(name: string, pv: ServablePv): this {
    this.#static.add(name, pv);
    return this;
  }

  /** Stops serving a PV of `add` and drops its channels. Returns false when there was none. */
  remove(name: string): boolean {
    return this.#static.remove(name) !== undefined;
  }

  /**
   * Opens the sockets. Later calls return the first one's result.
   *
   * @throws {ConfigError} EPICS_CONFIG when an address cannot be used.
   * @throws {ClosedError} EPICS_CLOSED after `close`.
   */
  start(): Promise<this> {
    if (this.#state === 'closed') return Promise.reject(new ClosedError('the CA server is closed'));
    this.#starting ??= this.#start();
    return this.#starting;
  }

  /** Closes all circuits and sockets. Later calls do nothing. */
  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    const wasStarted = this.#starting;
    this.#state = 'closed';
    if (wasStarted !== undefined) {
      try {
        await wasStarted;
      } catch (error) {
        this.#logger.debug({ error: errorText(error) }, 'closed while the start failed');
      }
    }
    this.#responder.remove(this.#target);
    this.#beacons?.close();
    const listening = this.#listeners?.close();
    await this.#closeSessions();
    this.#waiters.clear();
    this.#deadlines.clear();
    await listening;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Settings for a client that reaches this server on the same machine and nothing else. */
  clientConfig(): CaClientOptions {
    const [address = '127.0.0.1'] = this.#listeners?.addresses ?? [];
    const host = address === '0.0.0.0' ? '127.0.0.1' : address;
    return {
      addrList: [`${host}:${this.#config.searchPort}`],
      autoAddrList: false,
      nameServers: [],
      serverPort: this.port,
      repeater: 'off',
    };
  }

  /** Counters since the start. */
  stats(): CaServerStats {
    let { bytesIn, bytesOut, messagesIn, messagesOut, updates, writes } = this.#past;
    let channels = 0;
    let subscriptions = 0;
    for (const session of this.#sessions) {
      channels += session.channelCount;
      subscriptions += session.subscriptionCount;
      bytesIn += session.circuit.bytesIn;
      bytesOut += session.connection.bytesOut;
      messagesIn += session.circuit.messagesIn;
      messagesOut += session.circuit.messagesOut;
      updates += session.updatesOut;
      writes += session.connection.writes;
    }
    const search = this.#responder.stats;
    return {
      connections: this.#sessions.size,
      channels,
      subscriptions,
      pvs: this.#pvs.size,
      connectionsTotal: this.#connectionsTotal,
      connectionsRefused: this.#connectionsRefused,
      bytesIn,
      bytesOut,
      messagesIn,
      messagesOut,
      updates,
      writes,
      beacons: this.#beacons?.count ?? 0,
      searches: search.names,
      searchReplies: search.replies,
      searchesDropped: search.dropped,
    };
  }

  /** Circuits, channels and subscriptions as they are now. */
  report(): CaServerReport {
    const connections = [...this.#sessions].map((session) => ({
      peer: session.address,
      user: session.user,
      host: session.clientHost,
      minor: session.circuit.minor,
      bytesIn: session.circuit.bytesIn,
      bytesOut: session.connection.bytesOut,
      pendingBytes: session.connection.stream.pendingBytes,
      isBlocked: session.connection.isBlocked,
      channels: session.channels.map((channel) => ({
        name: channel.name,
        sid: channel.sid,
        rights: channel.rights,
        subscriptions: [...channel.subscriptions.values()].map((subscription) => ({
          dbrType: subscription.dbrType,
          count: subscription.count,
          mask: subscription.mask,
          sent: subscription.sent,
          queued: subscription.queue.length,
          maxQueued: subscription.queue.maxLength,
          dropped: subscription.queue.merged,
        })),
      })),
    }));
    return { config: this.#config, connections, sources: this.#sources.report() };
  }

  // ---- start and end

  async #start(): Promise<this> {
    this.#state = 'starting';
    const listeners = await listenTcp(
      this.#network,
      this.#config,
      (stream) => this.#onStream(stream),
      this.#logger,
    );
    this.#listeners = listeners;
    this.#config = { ...this.#config, serverPort: listeners.port };
    try {
      await this.#responder.add(this.#target);
      this.#config = { ...this.#config, searchPort: this.#responder.port };
      const beacons = await this.#makeBeacons(listeners);
      await beacons.start();
      this.#beacons = beacons;
    } catch (error) {
      this.#responder.remove(this.#target);
      await listeners.close();
      throw error;
    }
    // `close` may have been called meanwhile; it waits for this.
    if ((this.#state as State) === 'starting') this.#state = 'running';
    this.#logger.info(`serving on TCP port ${listeners.port}, searches on UDP port ${this.#responder.port}`);
    return this;
  }

  async #makeBeacons(listeners: TcpListeners): Promise<Beacons> {
    const config = this.#config;
    const destinations: Endpoint[] = [];
    for (const entry of beaconAddresses(config)) {
      const [address] = isIpv4(entry.host) ? [entry.host] : await this.#network.lookup(entry.host);
      if (address === undefined) {
        const key = 'EPICS_CAS_BEACON_ADDR_LIST';
        throw new ConfigError(`${key}: host "${entry.host}" has no address`, { key });
      }
      destinations.push({ address, port: entry.port });
    }
    const [first = '0.0.0.0'] = listeners.addresses;
    const isAll = first === '0.0.0.0';
    if (config.autoBeaconAddrList) {
      for (const local of this.#network.interfaces()) {
        // On chosen interfaces the beacons stay there.
        if (local.broadcast === undefined || (!isAll && !listeners.addresses.includes(local.address)))
          continue;
        destinations.push({ address: local.broadcast, port: config.beaconPort });
      }
    }
    const seen = new Set<string>();
    return new Beacons({
      network: this.#network,
      deadlines: this.#deadlines,
      logger: this.#logger,
      destinations: destinations.filter(({ address, port }) => {
        const key = `${address}:${port}`;
        if (seen.has(key)) return false;
        seen.add(key);
        return true;
      }),
      from: isIpv4(first) ? first : '0.0.0.0',
      ttl: config.mcastTtl,
      periodMs: config.beaconPeriod * 1000,
      port: listeners.port,
      address: isAll || !isIpv4(first) ? 0 : ipv4ToNumber(first),
    });
  }

  async #closeSessions(): Promise<void> {
    if (this.#sessions.size === 0) return;
    const closed = new Promise<void>((resolve) => {
      this.#onAllClosed = resolve;
    });
    for (const session of this.#sessions) session.end();
    // Each connection destroys itself when its peer does not close in time.
    if (this.#sessions.size > 0) {
      this.#deadlines.after(CLOSE_MS, () => {
        for (const session of this.#sessions) session.connection.destroy();
      });
      await closed;
    }
  }

  #onStream(stream: StreamTransport): void {
    if (this.#state === 'closed' || this.#sessions.size >= this.#config.maxConnections) {
      this.#connectionsRefused++;
      if (this.#state !== 'closed') {
        this.#logger.warn(`client refused: there are ${this.#sessions.size} circuits`);
      }
      stream.destroy();
      return;
    }
    this.#connectionsTotal++;
    const session = new Session(stream, this.#host);
    this.#sessions.add(session);
    session.start();
    this.#trace(session, true);
  }

  #onSessionClosed(session: Session): void {
    if (!this.#sessions.delete(session)) return;
    const past = this.#past;
    past.bytesIn += session.circuit.bytesIn;
    past.bytesOut += session.connection.bytesOut;
    past.messagesIn += session.circuit.messagesIn;
    past.messagesOut += session.circuit.messagesOut;
    past.updates += session.updatesOut;
    past.writes += session.connection.writes;
    this.#trace(session, false);
    if (this.#sessions.size === 0) this.#onAllClosed?.();
  }

  #trace(session: Session, isOpen: boolean): void {
    const channel = traceChannel('ca:server:session');
    if (channel.hasSubscribers)
      channel.publish({ peer: session.address, isOpen, channels: session.channelCount });
  }

  // ---- what sessions and the responder need

  #makeHost(): SessionHost {
    return {
      config: this.#config,
      clock: this.#network.clock,
      deadlines: this.#deadlines,
      pool: new BlockPool(),
      sendTimeoutMs: this.#config.sendTimeoutMs,
      sources: this.#sources,
      pvs: this.#pvs,
      logger: getLogger('epics.ca.circuit'),
      putTrace: traceChannel('put'),
      faultTrace: traceChannel('protocol-error'),
      flushLater: (connection) => this.#flushLater(connection),
      awaitName: (name, found) => this.#waiters.add(name, found),
      onChannel: (channel, isOpen) => this.#onChannel(channel, isOpen),
      onSessionClosed: (session) => this.#onSessionClosed(session),
    };
  }

  #makeTarget(): SearchTarget {
    return {
      port: () => this.port,
      hasRoom: () => this.#sessions.size < this.#config.maxConnections,
      claims: (name: string, peer: Peer) => this.#sources.claims(name, peer),
      awaitName: (name, found) => this.#waiters.add(name, found),
    };
  }

  #flushLater(connection: Connection): void {
    this.#dirty.push(connection);
    if (this.#dirty.length > 1) return;
    this.#network.clock.defer(() => {
      const dirty = this.#dirty;
      this.#dirty = [];
      for (const each of dirty) each.flush();
    });
  }

  #onChannel(channel: ServedChannel, isOpen: boolean): void {
    const known = this.#channels.get(channel.name);
    if (isOpen) {
      if (known === undefined) this.#channels.set(channel.name, new Set([channel]));
      else known.add(channel);
      return;
    }
    known?.delete(channel);
    if (known?.size === 0) this.#channels.delete(channel.name);
  }

  #onSources(event: SourceListEvent): void {
    switch (event.type) {
      case 'source-added':
        this.#beacons?.namesChanged();
        return;
      case 'source-removed':
        for (const channels of [...this.#channels.values()]) this.#drop(channels, event.source);
        return;
      case 'names':
        break;
    }
    const { type, name } = event.event;
    if (type === 'removed') {
      const channels = this.#channels.get(name);
      if (channels !== undefined) this.#drop(channels, event.source);
      return;
    }
    // A name that was waited for may as well have been added.
    this.#waiters.resolve(name);
    if (type === 'added') this.#beacons?.namesChanged();
  }

  #drop(channels: ReadonlySet<ServedChannel>, source: PvSource): void {
    for (const channel of [...channels]) {
      if (channel.source === source) channel.onGone();
    }
  }
}
