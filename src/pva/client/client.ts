import type { Endpoint, Network } from '../../net/index.ts';
import type { CallOptions, ChannelOptions, PvClient, Snapshot, StructOptions } from '../../pv/index.ts';
import type { FieldDesc, Value } from '../../pvdata/index.ts';
import {
  ClosedError,
  Deadlines,
  type Env,
  formatEndpoint,
  getLogger,
  HandleTable,
  Listeners,
  type Logger,
  noStop,
  parseAddress,
  type Stop,
  toError,
} from '../../util/index.ts';
import type { SearchResponse } from '../core/index.ts';
import { BeaconListener } from './beacon-listener.ts';
import { BEACON_TIMEOUT_MS, BeaconTracker } from './beacon-tracker.ts';
import { PvaChannel } from './channel.ts';
import type { PvaCallOptions, PvaMonitorEvent, PvaMonitorOptions, PvaPutOptions } from './channel-options.ts';
import {
  nameServerAddresses,
  type PvaClientConfig,
  type PvaClientOptions,
  resolvePvaConfig,
} from './config.ts';
import { ConnectionPool } from './connection-pool.ts';
import { type DiscoverEvent, type DiscoveredServer, type DiscoverOptions, readNames } from './discover.ts';
import { MonitorFeed } from './feed.ts';
import { NameServerClient } from './name-server.ts';
import type { PvaPutValue } from './put-plan.ts';
import type { RpcArguments } from './rpc.ts';
import { SearchEngine } from './search.ts';
import type { ServerLink } from './server-link.ts';
import { type ChannelContext, WireChannel } from './wire-channel.ts';

/** What a client is made of besides its settings. */
export interface PvaClientParts {
  readonly logger?: Logger;
  /** Environment variables; default those of the process. */
  readonly env?: Env;
}

/** Options of a PVA channel. */
export interface PvaChannelOptions extends ChannelOptions {
  /** `address[:port]` of the server; nothing is searched then. */
  readonly server?: string;
}

/** Options that the calls of a client have besides those of a channel. */
export interface OnServer {
  /** `address[:port]` of the server; nothing is searched then. */
  readonly server?: string;
}

/** Counters of a client. */
export interface PvaClientStats {
  readonly connections: number;
  readonly channels: number;
  readonly connectedChannels: number;
  readonly operations: number;
  /** Names that are looked for. */
  readonly searching: number;
  readonly datagramsSent: number;
  readonly badDatagrams: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** What the calls of a client wait for at most, in ms. */
export const DEFAULT_TIMEOUT_MS: number = 5000;

// `server` PV of every server.
const SERVER_PV = 'server';
const CLOSE_FLUSH_MS = 250;
// Beacons that arrive right after the start are news only to us.
const BEACON_QUIET_MS = 180_000;

/** A PVAccess client on a given network; `PvaClient` is the same on the network of this machine. */
export class PvaClientOn implements PvClient, ChannelContext {
  readonly scheme = 'pva';
  readonly config: PvaClientConfig;
  readonly logger: Logger;
  readonly deadlines: Deadlines;
  readonly pool: ConnectionPool;
  readonly search: SearchEngine;
  readonly #network: Network;
  readonly #channels: Map<string, WireChannel>;
  readonly #ids: HandleTable<WireChannel>;
  readonly #nameServers: NameServerClient[];
  readonly #tracker: BeaconTracker;
  readonly #discovered: Map<string, DiscoveredServer>;
  readonly #discoverers: Listeners<DiscoverEvent>;
  #beacons: BeaconListener | undefined;
  #stopSweep: Stop;
  #startedMs: number;
  #waiting: number;
  #isStarted: boolean;
  #closing: Promise<void> | undefined;

  /** @throws {ConfigError} EPICS_CONFIG naming the option that is wrong. */
  constructor(network: Network, options: PvaClientOptions = {}, parts: PvaClientParts = {}) {
    this.config = parts.env === undefined ? resolvePvaConfig(options) : resolvePvaConfig(options, parts.env);
    this.logger = parts.logger ?? getLogger('epics.pva.client');
    this.deadlines = new Deadlines(network.clock);
    this.#network = network;
    this.#channels = new Map();
    this.#ids = new HandleTable();
    this.#tracker = new BeaconTracker();
    this.#discovered = new Map();
    this.#discoverers = new Listeners((error) => this.logger.error({ error }, 'a listener threw'));
    this.search = new SearchEngine(network, this.config, this.logger, {
      onFound: (id, address, response) => this.#ids.get(id)?.onFound(address, response),
      onServer: (address, response) =>
        this.#noteServer(response.guid, address, response.port, response.protocol),
    });
    this.pool = new ConnectionPool({
      network,
      config: this.config,
      deadlines: this.deadlines,
      logger: this.logger,
      onSearchResponse: (link: ServerLink, response: SearchResponse) =>
        this.search.takeResponse(response, link.endpoint),
    });
    this.#nameServers = nameServerAddresses(this.config).map(
      (entry, index) => new NameServerClient(index, entry, this.pool, this.search, this.logger),
    );
    this.#beacons = undefined;
    this.#stopSweep = noStop;
    this.#startedMs = 0;
    this.#waiting = 0;
    this.#isStarted = false;
    this.#closing = undefined;
  }

  // ---- channels

  /**
   * A handle on a PV; dispose it after use. Handles of one name share one channel.
   *
   * @throws {ConfigError} EPICS_CONFIG for a bad `server` address.
   * @throws {ClosedError} EPICS_CLOSED after `close`.
   */
  channel(name: string, options: PvaChannelOptions = {}): PvaChannel {
    return new PvaChannel(this.#wireChannel(name, options.server), this.config.channelLingerMs);
  }

  /** Value with alarm, time and metadata. Waits 5 s unless told otherwise. */
  get(name: string, options: CallOptions & OnServer = {}): Promise<Snapshot> {
    return this.#once(name, options, (channel, limited) => channel.get(limited));
  }

  /** The structure. */
  getStruct(name: string, options: StructOptions & OnServer = {}): Promise<Value> {
    return this.#once(name, options, (channel, limited) => channel.getStruct(limited));
  }

  /** The bare value; of a structure without `value` a plain object. */
  getValue(name: string, options: StructOptions & OnServer = {}): Promise<unknown> {
    return this.#once(name, options, (channel, limited) => channel.getValue(limited));
  }

  /** Many values at once. The result has an entry for each name: the value, or the error of this name. */
  async getAll(
    names: readonly string[],
    options: CallOptions & OnServer = {},
  ): Promise<Map<string, Snapshot | Error>> {
    const results = await Promise.all(
      names.map((name) => this.get(name, options).catch((error: unknown) => toError(error))),
    );
    return new Map(names.map((name, i) => [name, results[i] as Snapshot | Error]));
  }

  /** Writes; see `PvaChannel.put`. */
  put(name: string, value: PvaPutValue, options: PvaPutOptions & OnServer = {}): Promise<void> {
    return this.#once(name, options, (channel, limited) => channel.put(value, limited));
  }

  /** Calls a procedure with plain arguments, sent as NTURI; see `PvaChannel.rpc`. */
  rpc(
    name: string,
    args: RpcArguments | Value | null = {},
    options: PvaCallOptions & OnServer = {},
  ): Promise<Value | null> {
    return this.#once(name, options, (channel, limited) => channel.rpc(args, limited));
  }

  /** The type of a PV. */
  info(name: string, options: CallOptions & OnServer = {}): Promise<FieldDesc> {
    return this.#once(name, options, (channel, limited) => channel.typeOf('', limited));
  }

  /** The values of a PV from the present one on. */
  monitor(name: string, options: PvaMonitorOptions & OnServer = {}): MonitorFeed<Snapshot> {
    const channel = this.channel(name, options);
    return disposeAtEnd(channel, channel.monitor(options));
  }

  /** Everything that happens to a subscription, as data. */
  monitorEvents(name: string, options: PvaMonitorOptions & OnServer = {}): MonitorFeed<PvaMonitorEvent> {
    const channel = this.channel(name, options);
    return disposeAtEnd(channel, channel.monitorEvents(options));
  }

  // ---- servers

  /** Servers as they appear and vanish; first those that are known. */
  discover(options: DiscoverOptions = {}): MonitorFeed<DiscoverEvent> {
    this.#start();
    let stop: Stop = noStop;
    let stopTimer: Stop = noStop;
    this.onWaiting(1);
    const feed = new MonitorFeed<DiscoverEvent>({
      capacity: 20_000,
      merge: (_older, newer) => newer,
      signal: options.signal,
      onEnd: () => {
        stop();
        stopTimer();
        this.onWaiting(-1);
      },
    });
    // The signal may have aborted long ago.
    if (feed.isEnded) return feed;
    for (const server of this.#discovered.values()) feed.push({ type: 'online', ...server });
    stop = this.#discoverers.add((event) => feed.push(event));
    if (options.timeoutMs !== undefined)
      stopTimer = this.deadlines.after(options.timeoutMs, () => feed.end());
    if (options.ping !== false) {
      this.search.ping().catch((error: unknown) => feed.fail(toError(error)));
    }
    return feed;
  }

  /** Names of the PVs of a server, sorted, as far as it tells them. @param server `address[:port]`. */
  async list(server: string, options: CallOptions = {}): Promise<string[]> {
    return readNames(await this.rpc(SERVER_PV, { op: 'channels' }, { ...options, server }), server);
  }

  /** What a server says about itself. @param server `address[:port]`. */
  serverInfo(server: string, options: CallOptions = {}): Promise<Value | null> {
    return this.rpc(SERVER_PV, { op: 'info' }, { ...options, server });
  }

  /** Looks for all missing names again now. Returns false, doing nothing, within 30 s after the last time. */
  hurryUp(): boolean {
    return this.search.boost();
  }

  /**
   * Forgets kept channels: `unused` only those that nobody uses, `drop` all of the name from now on (handles keep
   * theirs), `disconnect` also closes the connection that the channel is on.
   *
   * @param name one PV; '' for all.
   */
  cacheClear(name = '', how: 'unused' | 'drop' | 'disconnect' = 'unused'): void {
    for (const [key, channel] of [...this.#channels]) {
      if (name !== '' && channel.name !== name) continue;
      if (how === 'disconnect') channel.link?.close(new ClosedError('connection closed by cacheClear'));
      if (channel.users === 0) this.#drop(channel);
      else if (how === 'drop') this.#channels.delete(key);
    }
  }

  // ---- questions

  /** Counters. */
  stats(): PvaClientStats {
    let connectedChannels = 0;
    let operations = 0;
    let bytesIn = 0;
    let bytesOut = 0;
    for (const channel of this.#ids.values()) if (channel.isConnected) connectedChannels++;
    for (const link of this.pool.links()) {
      operations += link.operationCount;
      bytesIn += link.bytesIn;
      bytesOut += link.bytesOut;
    }
    return {
      connections: this.pool.size,
      channels: this.#ids.size,
      connectedChannels,
      operations,
      searching: this.search.schedule.size,
      datagramsSent: this.search.datagramsSent,
      badDatagrams: this.search.badDatagrams,
      bytesIn,
      bytesOut,
    };
  }

  /** Connections, channels and searches, for people. */
  report(): Record<string, unknown> {
    const channels = [...this.#ids.values()];
    return {
      ...this.stats(),
      searchAddresses: this.search.addresses,
      connectionList: [...this.pool.links()].map((link) => ({
        server: link.peer,
        isReady: link.isReady,
        bytesIn: link.bytesIn,
        bytesOut: link.bytesOut,
        channels: link.channelCount,
        operations: link.operationCount,
      })),
      channelList: channels.map((channel) => ({
        name: channel.name,
        state: channel.state,
        server: channel.link?.peer ?? '',
        guid: channel.serverGuid,
        users: channel.users,
        operations: channel.operationCount,
        tries: channel.tries,
        why: channel.isConnected ? '' : channel.describe(),
      })),
    };
  }

  // ---- life

  /** Ends all channels, rejecting what waits with EPICS_CLOSED, and closes the sockets. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // ---- for channels

  onUnused(channel: WireChannel): void {
    const waitMs = channel.keepUntilMs - this.#network.clock.monotonicMs;
    if (waitMs <= 0) {
      this.#drop(channel);
      return;
    }
    this.deadlines.after(waitMs, () => {
      if (channel.users === 0 && this.#network.clock.monotonicMs >= channel.keepUntilMs) this.#drop(channel);
    });
  }

  onWaiting(change: 1 | -1): void {
    this.#waiting += change;
    this.search.setKeepsProcess(this.#waiting > 0);
  }

  forgetId(id: number): void {
    this.#ids.remove(id);
  }

  async #close(): Promise<void> {
    const reason = new ClosedError('the PVA client was closed');
    for (const channel of [...this.#ids.values()]) channel.close(reason);
    this.#channels.clear();
    this.search.close();
    this.#beacons?.close();
    this.#stopSweep();
    for (const nameServer of this.#nameServers) nameServer.close();
    this.#discoverers.clear();
    const links = [...this.pool.links()];
    for (const link of links) link.end();
    this.deadlines.clear();
    if (links.length === 0) return;
    // A server that reads nothing more must not hold us up.
    await new Promise<void>((resolve) => {
      const stop = this.#network.clock.at(this.#network.clock.monotonicMs + CLOSE_FLUSH_MS, resolve);
      Promise.all(links.map((link) => link.whenClosed)).then(
        () => {
          stop();
          resolve();
        },
        () => resolve(),
      );
    });
    for (const link of links) link.destroy();
  }

  #wireChannel(name: string, server: string | undefined): WireChannel {
    if (this.#closing !== undefined) throw new ClosedError(`channel "${name}": the PVA client is closed`);
    const endpoint = server === undefined ? undefined : this.#parseServer(server);
    const key = channelKey(name, endpoint);
    const known = this.#channels.get(key);
    if (known !== undefined) return known;
    this.#start();
    const channel = new WireChannel((made) => this.#ids.add(made), name, endpoint, this);
    this.#channels.set(key, channel);
    channel.open();
    return channel;
  }

  #parseServer(text: string): Endpoint {
    const { host, port } = parseAddress(text, this.config.serverPort, 'server');
    return { address: host, port };
  }

  #drop(channel: WireChannel): void {
    const key = channelKey(channel.name, channel.server);
    if (this.#channels.get(key) === channel) this.#channels.delete(key);
    channel.close();
  }

  async #once<T, O extends CallOptions & OnServer>(
    name: string,
    options: O,
    run: (channel: PvaChannel, options: O) => Promise<T>,
  ): Promise<T> {
    const wire = this.#wireChannel(name, options.server);
    const channel = new PvaChannel(wire, this.config.channelCacheMs);
    try {
      return await run(
        channel,
        options.timeoutMs === undefined ? { ...options, timeoutMs: DEFAULT_TIMEOUT_MS } : options,
      );
    } finally {
      channel[Symbol.dispose]();
    }
  }

  /** Opens what is needed besides the search sockets, at the first channel. */
  #start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.#startedMs = this.#network.clock.monotonicMs;
    for (const nameServer of this.#nameServers) nameServer.start();
    if (!this.config.listenBeacons) return;
    this.#beacons = new BeaconListener(this.#network, this.config, this.logger, (beacon, address) => {
      const news = this.#tracker.note(beacon, address, this.#network.clock.monotonicMs);
      this.#noteServer(beacon.guid, address, beacon.port, beacon.protocol);
      if (news === 'known') return;
      // While we start, every server is news.
      const isQuiet = this.#network.clock.monotonicMs - this.#startedMs < BEACON_QUIET_MS;
      if (news !== 'online' || !isQuiet || this.search.schedule.size > 0) this.search.boost();
    });
    this.#beacons.open().catch((error: unknown) => this.logger.warn({ error }, 'cannot listen for beacons'));
    this.#planSweep();
  }

  #planSweep(): void {
    this.#stopSweep = this.deadlines.after(BEACON_TIMEOUT_MS / 2, () => {
      for (const gone of this.#tracker.sweep(this.#network.clock.monotonicMs)) {
        const server = formatEndpoint(gone);
        if (!this.#discovered.delete(server)) continue;
        this.#discoverers.emit({ type: 'offline', guid: gone.guid, server, protocol: gone.protocol });
      }
      this.#planSweep();
    });
  }

  #noteServer(guid: string, address: string, port: number, protocol: string): void {
    const server = formatEndpoint({ address, port });
    const known = this.#discovered.get(server);
    if (known?.guid === guid || (known === undefined && this.#discovered.size >= 20_000)) return;
    const found: DiscoveredServer = { guid, server, protocol };
    this.#discovered.set(server, found);
    if (known !== undefined) this.#discoverers.emit({ type: 'offline', ...known });
    this.#discoverers.emit({ type: 'online', ...found });
  }
}

function channelKey(name: string, server: Endpoint | undefined): string {
  return server === undefined ? name : `${name}\0${formatEndpoint(server)}`;
}

function disposeAtEnd<T>(channel: PvaChannel, feed: MonitorFeed<T>): MonitorFeed<T> {
  feed.whenEnded(() => channel[Symbol.dispose]());
  return feed;
}
