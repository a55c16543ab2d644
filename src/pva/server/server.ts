import type { Endpoint, Listener, Network, StreamTransport } from '../../net/index.ts';
import {
  nowStamp,
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
  errorText,
  formatEndpoint,
  getLogger,
  type Logger,
  type Stop,
  toError,
} from '../../util/index.ts';
import type { PvaClientOptions } from '../client/config.ts';
import { formatGuid, makeGuid, type SearchRequest } from '../core/index.ts';
import { Beacons } from './beacons.ts';
import {
  listensEverywhere,
  type PvaServerConfig,
  type PvaServerOptions,
  resolvePvaServerConfig,
  serverIdleMs,
} from './config.ts';
import { SearchAnswers } from './search-answers.ts';
import { SearchResponder, type SearchTarget } from './search-responder.ts';
import { ServedPvs } from './served-pvs.ts';
import { SERVER_PV, ServerPvSource } from './server-pv.ts';
import { type SearchReply, Session, type SessionHost } from './session.ts';
import type { SessionLink } from './session-link.ts';
import { UpdateWriter } from './update-writer.ts';

/** What a server is made of besides its settings. */
export interface PvaServerParts {
  /** Asked for PVs, besides those that `add` gives. */
  readonly sources?: readonly PvSource[];
  /** Answers searches for several servers on the same UDP port; who made it starts and closes it. */
  readonly responder?: SearchResponder;
  readonly logger?: Logger;
  /** Environment variables; default those of the process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Counters of a server. */
export interface PvaServerStats {
  readonly connections: number;
  readonly connectionsTotal: number;
  readonly channels: number;
  readonly operations: number;
  readonly pvs: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly messagesIn: number;
  readonly messagesOut: number;
  /** Names searched for, and names claimed. */
  readonly namesAsked: number;
  readonly namesClaimed: number;
}

/** Time in which the last bytes may leave when the server closes. */
const CLOSE_FLUSH_MS = 250;
const VERSION = 'epics-ts';

/** A PVAccess server on a given network; `PvaServer` is the same on the network of this machine. */
export class PvaServerOn implements SessionHost, SearchTarget, AsyncDisposable {
  readonly deadlines: Deadlines;
  readonly sources: SourceList;
  readonly pvs: ServedPvs;
  readonly pool: BlockPool;
  readonly scratch: UpdateWriter;
  readonly logger: Logger;
  readonly groupsOf: (user: string) => readonly string[];
  readonly #network: Network;
  readonly #builtIn: StaticSource;
  readonly #sharedResponder: SearchResponder | undefined;
  readonly #answers: SearchAnswers;
  readonly #sessions: Set<Session>;
  readonly #dirty: SessionLink[];
  #guid: Uint8Array;
  #config: PvaServerConfig;
  #listeners: Listener[];
  #responder: SearchResponder | undefined;
  #beacons: Beacons | undefined;
  #stops: Stop[];
  #state: 'new' | 'starting' | 'running' | 'closed';
  #starting: Promise<this> | undefined;
  #closing: Promise<void> | undefined;
  #isFlushPlanned: boolean;
  #sessionTotal: number;
  #bytesIn: number;
  #bytesOut: number;
  #messagesIn: number;
  #messagesOut: number;

  /** @throws {ConfigError} EPICS_CONFIG naming the option that is wrong. */
  constructor(network: Network, options: PvaServerOptions = {}, parts: PvaServerParts = {}) {
    this.logger = parts.logger ?? getLogger('epics.pva.server');
    this.deadlines = new Deadlines(network.clock);
    this.sources = new SourceList('pva-server', (error) => this.#onFault(error, ''));
    this.pool = new BlockPool();
    this.scratch = new UpdateWriter(4096);
    this.groupsOf = (user) => network.groupsOf(user);
    this.#network = network;
    this.#guid = makeGuid(network.random);
    this.#config =
      parts.env === undefined ? resolvePvaServerConfig(options) : resolvePvaServerConfig(options, parts.env);
    this.scratch.littleEndian = this.#config.littleEndian;
    this.pvs = new ServedPvs({
      lingerMs: this.#config.pvLingerMs,
      after: (delayMs, fn) => this.deadlines.after(delayMs, fn),
      onFault: (error, pvName) => this.#onFault(error, pvName),
    });
    this.#builtIn = new StaticSource('__builtin', { onFault: (error) => this.#onFault(error, '') });
    this.#sharedResponder = parts.responder;
    this.#answers = new SearchAnswers(this.sources, this.deadlines, {
      onFault: (error) => this.#onFault(error, ''),
    });
    this.#sessions = new Set();
    this.#dirty = [];
    this.#listeners = [];
    this.#responder = undefined;
    this.#beacons = undefined;
    this.#stops = [];
    this.#state = 'new';
    this.#starting = undefined;
    this.#closing = undefined;
    this.#isFlushPlanned = false;
    this.#sessionTotal = 0;
    this.#bytesIn = 0;
    this.#bytesOut = 0;
    this.#messagesIn = 0;
    this.#messagesOut = 0;
    const startTime = nowStamp(network.clock);
    this.sources.add(this.#builtIn, { order: 0, isBuiltIn: true });
    this.sources.add(
      new ServerPvSource(this.sources, () => ({
        version: VERSION,
        host: network.hostName,
        process: '',
        startTime,
      })),
      { order: 0, isBuiltIn: true },
    );
    for (const source of parts.sources ?? []) this.sources.add(source);
  }

  /** Settings in use, with the real ports once the server runs. */
  get config(): PvaServerConfig {
    return this.#config;
  }
  /** 12 bytes that tell this run of the server from all others. */
  get guid(): Uint8Array {
    return this.#guid;
  }
  /** Port for TCP connections. */
  get tcpPort(): number {
    return this.#config.serverPort;
  }
  get nowMs(): number {
    return this.#network.clock.monotonicMs;
  }
  get idleMs(): number {
    return serverIdleMs(this.#config);
  }
  get isRunning(): boolean {
    return this.#state === 'running';
  }
  /** The TCP addresses that the server listens on. */
  get endpoints(): readonly Endpoint[] {
    return this.#listeners.map((listener) => listener.local);
  }

  // ---- PVs

  /** Serves `pv` as `name`. @throws {ConfigError} EPICS_CONFIG when the name is taken, empty or `server`. */
  add(name: string, pv: ServablePv): this {
    if (name === SERVER_PV) throw new ConfigError(`PV name "${SERVER_PV}" is reserved for the server itself`);
    this.#builtIn.add(name, pv);
    return this;
  }

  /** Stops serving `name` and closes its channels. Returns false when there was nothing of that name. */
  remove(name: string): boolean {
    return this.#builtIn.remove(name) !== undefined;
  }

  /**
   * Adds a source of PVs; works while running. Sources are asked in the order of their numbers.
   *
   * @throws {ConfigError} EPICS_CONFIG when there is one of that name and order.
   */
  addSource(source: PvSource, order = 0): this {
    this.sources.add(source, { order });
    return this;
  }

  /** Removes a source and closes the channels of its PVs. Returns false when it was not there. */
  removeSource(source: PvSource): boolean {
    return this.sources.remove(source);
  }

  // ---- life

  /**
   * Opens the sockets; resolves when clients can find the server. After `close` it may be started again: on the ports
   * it had, as another server in the eyes of clients.
   *
   * @throws {ConfigError} EPICS_CONFIG when it cannot listen, naming address and port.
   * @throws {ClosedError} EPICS_CLOSED when `close` is called meanwhile.
   */
  start(): Promise<this> {
    this.#starting ??= this.#start(this.#closing);
    return this.#starting;
  }

  /** Closes all connections and sockets. Clients see the connection end and search again. */
  close(): Promise<void> {
    this.#closing ??= this.#close(this.#starting);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Settings of a client that finds this server and no other. */
  clientConfig(): PvaClientOptions {
    const addresses = listensEverywhere(this.#config) ? ['127.0.0.1'] : this.#config.intfAddrList;
    return {
      addrList: addresses.map((address) => formatEndpoint({ address, port: this.#config.broadcastPort })),
      autoAddrList: false,
      intfAddrList: ['127.0.0.1'],
      broadcastPort: this.#config.broadcastPort,
      serverPort: this.#config.serverPort,
      nameServers: [],
      // A listener on the port would take the searches that are meant for the server.
      listenBeacons: false,
    };
  }

  async #start(closing: Promise<void> | undefined): Promise<this> {
    if (closing !== undefined) {
      await closing;
      this.#closing = undefined;
      this.#guid = makeGuid(this.#network.random);
    }
    this.#state = 'starting';
    try {
      await this.#listen();
      const responder =
        this.#sharedResponder ?? new SearchResponder(this.#network, this.#config, this.logger);
      if (this.#sharedResponder === undefined) this.#responder = responder;
      await responder.start();
      this.#config = { ...this.#config, broadcastPort: responder.port };
      this.#stops.push(responder.add(this));
      this.#stops.push(this.sources.onSources((event) => this.#onSources(event)));
      const beacons = new Beacons(this.#network, this.#config, this.deadlines, this.guid, this.logger);
      this.#beacons = beacons;
      await beacons.start(this.tcpPort, responder.port);
    } catch (error) {
      await this.#release();
      this.#starting = undefined;
      throw error;
    }
    // `close` may have come meanwhile.
    if (this.#isClosing()) {
      await this.#release();
      throw new ClosedError('the PVA server was closed while it started');
    }
    this.#state = 'running';
    this.logger.info(
      { guid: formatGuid(this.guid), udp: this.#config.broadcastPort },
      `serving PVAccess on ${this.endpoints.map(formatEndpoint).join(', ')}`,
    );
    return this;
  }

  // Asked anew after each await.
  #isClosing(): boolean {
    return this.#closing !== undefined;
  }

  async #listen(): Promise<void> {
    const addresses = listensEverywhere(this.#config) ? ['0.0.0.0'] : this.#config.intfAddrList;
    const wanted = this.#config.serverPort;
    let port = wanted;
    for (const address of addresses) {
      let listener: Listener;
      try {
        listener = await this.#listenAt({ address, port });
      } catch (error) {
        const isFirst = this.#listeners.length === 0;
        if (port === 0 || !isFirst || this.#config.strictPort || !isInUse(error)) {
          throw new ConfigError(
            `cannot listen on TCP ${formatEndpoint({ address, port })}: ${errorText(error)}`,
            {
              key: 'serverPort',
              cause: error,
            },
          );
        }
        listener = await this.#listenAt({ address, port: 0 });
        this.logger.warn(`TCP port ${wanted} is in use; using ${listener.local.port}`);
      }
      this.#listeners.push(listener);
      port = listener.local.port;
    }
    this.#config = { ...this.#config, serverPort: port };
  }

  #listenAt(at: Endpoint): Promise<Listener> {
    return this.#network.listen(at, (stream) => this.#onStream(stream), {});
  }

  async #close(starting: Promise<this> | undefined): Promise<void> {
    this.#state = 'closed';
    // A start under way sees that it has to give up.
    await starting?.catch(() => undefined);
    await this.#release();
    this.#starting = undefined;
  }

  async #release(): Promise<void> {
    for (const stop of this.#stops.splice(0)) stop();
    this.#beacons?.close();
    this.#responder?.close();
    this.#responder = undefined;
    const closed = this.#listeners.splice(0).map((listener) => listener.close());
    const sessions = [...this.#sessions];
    const transports = sessions.map((session) => session.link.shut(CLOSE_FLUSH_MS));
    this.#answers.clear();
    this.pvs.clear();
    await Promise.all([...closed, ...transports]);
    this.deadlines.clear();
  }

  // ---- sources

  #onSources(event: SourceListEvent): void {
    this.#beacons?.changed();
    if (event.type === 'source-removed') {
      this.pvs.closeChannels((channel) => channel.entry.source === event.source);
    } else if (event.type === 'names') {
      const { type, name } = event.event;
      if (type === 'removed') {
        this.pvs.closeChannels((channel) => channel.name === name && channel.entry.source === event.source);
      } else this.#answers.onNames(event.event);
    }
  }

  search(request: SearchRequest, peer: Peer, reply: SearchReply): void {
    this.#answers.answer(request, peer, reply);
  }

  // ---- sessions

  #onStream(stream: StreamTransport): void {
    if (this.#state === 'closed' || this.#sessions.size >= this.#config.maxConnections) {
      this.logger.warn({ peer: formatEndpoint(stream.remote) }, 'connection refused: too many connections');
      stream.destroy();
      return;
    }
    const session = new Session(this, stream);
    this.#sessions.add(session);
    this.#sessionTotal++;
    session.start();
  }

  onSessionEnd(session: Session): void {
    if (!this.#sessions.delete(session)) return;
    this.#bytesIn += session.connection.bytesIn;
    this.#bytesOut += session.link.bytesOut;
    this.#messagesIn += session.connection.messagesIn;
    this.#messagesOut += session.connection.messagesOut;
  }

  onDirty(link: SessionLink): void {
    this.#dirty.push(link);
    if (this.#isFlushPlanned) return;
    this.#isFlushPlanned = true;
    this.#network.clock.defer(() => this.#flushAll());
  }

  #flushAll(): void {
    this.#isFlushPlanned = false;
    for (const link of this.#dirty.splice(0)) link.flush();
  }

  #onFault(error: unknown, pv: string): void {
    this.logger.error({ pv, error: toError(error) }, 'a PV or a listener failed');
  }

  // ---- questions

  /** Counters since the start. */
  stats(): PvaServerStats {
    const sum = {
      connections: this.#sessions.size,
      connectionsTotal: this.#sessionTotal,
      channels: 0,
      operations: 0,
      pvs: this.pvs.size,
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
      messagesIn: this.#messagesIn,
      messagesOut: this.#messagesOut,
      namesAsked: this.#answers.asked,
      namesClaimed: this.#answers.claimed,
    };
    for (const session of this.#sessions) {
      sum.channels += session.channelCount;
      sum.operations += session.operationCount;
      sum.bytesIn += session.connection.bytesIn;
      sum.bytesOut += session.link.bytesOut;
      sum.messagesIn += session.connection.messagesIn;
      sum.messagesOut += session.connection.messagesOut;
    }
    return sum;
  }

  /** Connections with their channels and operations, sources and sockets: for people and for statistics PVs. */
  report(): Record<string, unknown> {
    return {
      guid: formatGuid(this.guid),
      endpoints: this.endpoints.map(formatEndpoint),
      broadcastPort: this.#config.broadcastPort,
      beaconChangeCount: this.#beacons?.changeCount ?? 0,
      search: (this.#sharedResponder ?? this.#responder)?.stats,
      stats: this.stats(),
      sources: this.sources.report(),
      connections: [...this.#sessions].map((session) => session.report()),
    };
  }
}

function isInUse(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && (error.code === 'EADDRINUSE' || error.code === 'EACCES')
  );
}
