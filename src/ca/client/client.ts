import type { Endpoint } from '../../net/index.ts';
import { ecaToError, type PvClient, type PvValue, type Snapshot } from '../../pv/index.ts';
import {
  type AsyncFeed,
  BlockPool,
  ClosedError,
  ConfigError,
  Deadlines,
  errorText,
  formatEndpoint,
  getLogger,
  HandleTable,
  LimitError,
  Listeners,
  numberToIpv4,
  type Stop,
  toError,
  utf8Length,
} from '../../util/index.ts';
import {
  BeaconVerdict,
  BeaconWatch,
  ECA_BADPRIORITY,
  ecaName,
  MAX_PRIORITY,
  MAX_SEARCH_NAME_BYTES,
} from '../core/index.ts';
import { CaChannel, type ChannelHandleOwner } from './channel.ts';
import type { CaMonitorOptions } from './channel-types.ts';
import { CircuitPool } from './circuit-pool.ts';
import type {
  CaCallOptions,
  CaChannelOptions,
  CaClientReport,
  CaClientSetup,
  CaClientStats,
} from './client-types.ts';
import { type CaClientConfig, type CaClientOptions, resolveCaClientConfig } from './config.ts';
import { type ClientContext, makeCounters } from './context.ts';
import { NameServers } from './name-servers.ts';
import { ProcessKeeper } from './process-keeper.ts';
import { RepeaterLink } from './repeater-link.ts';
import { SearchEngine } from './search.ts';
import type { PutValue } from './value-request.ts';
import { type ChannelHome, WireChannel } from './wire-channel.ts';

const optionKeys = new Set(['network', 'env', 'logger']);

/**
 * A Channel Access client. Nothing is opened before the first channel is asked for.
 *
 * @see epics-base modules/ca/src/client/cac.cpp
 */
export class CaClientCore implements PvClient {
  readonly scheme = 'ca';
  /** Settings in effect. */
  readonly config: CaClientConfig;
  readonly #context: ClientContext;
  readonly #channels: Map<string, WireChannel>;
  readonly #byCid: HandleTable<WireChannel>;
  readonly #circuits: CircuitPool;
  readonly #search: SearchEngine;
  readonly #nameServers: NameServers;
  readonly #beacons: BeaconWatch;
  readonly #repeater: RepeaterLink;
  readonly #home: ChannelHome & ChannelHandleOwner;
  readonly #errors: Listeners<Error>;
  #isOpen: boolean;
  #closing: Promise<void> | undefined;
  #beaconCount: number;
  #datagramFrom: Endpoint;

  constructor(setup: CaClientSetup) {
    const { network } = setup;
    const options: CaClientOptions = Object.fromEntries(
      Object.entries(setup).filter(([key]) => !optionKeys.has(key)),
    );
    this.config = resolveCaClientConfig(options, setup.env ?? {});
    const log = setup.logger ?? getLogger('epics.ca.client');
    this.#errors = new Listeners((error) => log.error({ error }, `a listener threw: ${errorText(error)}`));
    this.#context = {
      config: this.config,
      network,
      clock: network.clock,
      deadlines: new Deadlines(network.clock),
      log,
      blocks: new BlockPool(),
      keeper: new ProcessKeeper(network.clock, this.config.keepAlive),
      counters: makeCounters(),
      reportError: (error) => this.#reportError(error),
    };
    this.#channels = new Map();
    this.#byCid = new HandleTable();
    this.#circuits = new CircuitPool(this.#context, {
      onNameFound: (cid, server) => this.#search.onAnswer(cid, server, undefined),
      onCircuitVersion: (circuit) => this.#nameServers.onCircuitVersion(circuit),
      onCircuitGone: (circuit) => this.#nameServers.onCircuitGone(circuit),
    });
    this.#nameServers = new NameServers(this.#context, {
      circuitTo: (server, priority) => this.#circuits.to(server, priority),
      onNameServerReady: () => this.#search.hurryUp(),
    });
    this.#beacons = new BeaconWatch();
    this.#datagramFrom = { address: '', port: 0 };
    this.#search = new SearchEngine(this.#context, {
      onFound: (cid, server, isFirst) => this.#onFound(cid, server, isFirst),
      sendToNameServers: (datagram) => this.#nameServers.send(datagram),
      nameServerCount: this.#nameServers.size,
      beacons: {
        from: (sender) => {
          this.#datagramFrom = sender;
        },
        onBeacon: (minor, port, beaconId, address) => this.#onBeacon(minor, port, beaconId, address),
        onRepeaterConfirm: () => this.#repeater.onConfirm(),
      },
    });
    this.#repeater = new RepeaterLink(this.#context);
    this.#home = {
      search: (channel, delayMs) => this.#search.add(channel.cid, channel.name, delayMs),
      stopSearch: (channel) => this.#search.remove(channel.cid),
      searchesOf: (channel) => this.#search.schedule.searchesOf(channel.cid),
      targetCount: () => this.#search.targets.length + this.#nameServers.size,
      circuitTo: (server, priority) => this.#circuits.to(server, priority),
      onDisposed: (channel) => this.#onDisposed(channel),
      beaconPeriodMs: (server) => this.#beaconPeriodMs(server),
    };
    this.#isOpen = false;
    this.#closing = undefined;
    this.#beaconCount = 0;
  }

  /**
   * The channel to a PV. Channels of the same name and options share one connection; each has to be closed.
   *
   * @throws {ClosedError} EPICS_CLOSED after `close`.
   * @throws {LimitError} EPICS_LIMIT for a name that no search can carry.
   */
  channel(name: string, options: CaChannelOptions = {}): CaChannel {
    if (this.#closing !== undefined) throw new ClosedError(`channel "${name}": the client was closed`);
    const pvName = name.startsWith('ca://') ? name.slice(5) : name;
    const priority = options.priority ?? 0;
    if (!Number.isInteger(priority) || priority < 0 || priority > MAX_PRIORITY) {
      const text = `channel "${pvName}": priority ${priority} is not from 0 to ${MAX_PRIORITY}`;
      throw ecaToError(ECA_BADPRIORITY, `${text} (${ecaName(ECA_BADPRIORITY)})`, pvName);
    }
    const size = utf8Length(pvName);
    if (size === 0) throw new ConfigError('a channel needs a name');
    if (size > MAX_SEARCH_NAME_BYTES || pvName.includes('\0')) {
      throw new LimitError(
        `channel name of ${size} bytes: a search carries 1 to ${MAX_SEARCH_NAME_BYTES} bytes without NUL`,
      );
    }
    const wireOptions = {
      priority,
      meta: options.meta ?? false,
      isSigned: options.element === 'int8',
      encoding: options.encoding ?? 'utf8',
    };
    const key = `${pvName}\0${priority}\0${wireOptions.meta}\0${wireOptions.isSigned}\0${wireOptions.encoding}`;
    let wire = this.#channels.get(key);
    if (wire === undefined) {
      wire = new WireChannel(this.#home, this.#context, key, pvName, wireOptions);
      wire.cid = this.#byCid.add(wire);
      this.#channels.set(key, wire);
      this.#open();
      wire.open();
    }
    return new CaChannel(wire, this.#home);
  }

  /** Reads a PV once. */
  async get(name: string, options: CaCallOptions = {}): Promise<Snapshot> {
    const channel = this.channel(name, options);
    try {
      return await channel.get(options);
    } finally {
      channel.close();
    }
  }

  /** Reads the bare value of a PV once. */
  async getValue(name: string, options: CaCallOptions = {}): Promise<PvValue> {
    return (await this.get(name, options)).value;
  }

  /** Reads many PVs with one burst of searches; the result has a snapshot or an error for each name, in order. */
  getAll(names: readonly string[], options: CaCallOptions = {}): Promise<(Snapshot | Error)[]> {
    return Promise.all(names.map((name) => this.get(name, options).catch(toError)));
  }

  /** Writes a PV once. */
  async put(
    name: string,
    value: PutValue,
    options: CaChannelOptions & Parameters<CaChannel['put']>[1] = {},
  ): Promise<void> {
    const channel = this.channel(name, options);
    try {
      await channel.put(value, options);
    } finally {
      channel.close();
    }
  }

  /** Writes many PVs; the result has an error or undefined for each, in order. */
  putAll(
    values: Iterable<readonly [name: string, value: PutValue]>,
    options: Parameters<CaChannel['put']>[1] = {},
  ): Promise<(Error | undefined)[]> {
    return Promise.all(
      Array.from(values, ([name, value]) => this.put(name, value, options).then(() => undefined, toError)),
    );
  }

  /** The updates of a PV; ends with the loop that reads them, with `close`, or with the signal. */
  monitor(name: string, options: CaMonitorOptions & CaChannelOptions = {}): AsyncFeed<Snapshot> {
    const channel = this.channel(name, options);
    return channel.monitor(options, () => channel.close());
  }

  /** Told of errors that no call is waiting for: refused puts, errors of subscriptions without error handler. */
  onError(listener: (error: Error) => void): Stop {
    return this.#errors.add(listener);
  }

  /** Searches all names that are not connected again, beginning now. */
  hurryUp(): void {
    this.#search.hurryUp();
  }

  stats(): CaClientStats {
    const { counters } = this.#context;
    const { schedule } = this.#search;
    let connected = 0;
    for (const channel of this.#channels.values()) if (channel.state === 'connected') connected++;
    return {
      bytesIn: counters.bytesIn,
      bytesOut: counters.bytesOut,
      messagesIn: counters.messagesIn,
      messagesOut: counters.messagesOut,
      channels: this.#channels.size,
      connectedChannels: connected,
      circuits: this.#circuits.size,
      connects: counters.connects,
      disconnects: counters.disconnects,
      searching: schedule.size,
      searchDatagrams: schedule.datagrams,
      searchRequests: schedule.requests,
      searchRoundTripMs: schedule.roundTripEstimateMs,
      beacons: this.#beaconCount,
      updates: counters.updates,
      strays: counters.strays,
    };
  }

  report(): CaClientReport {
    return {
      searchTargets: this.#search.targets.map(formatEndpoint),
      nameServers: { configured: this.#nameServers.size, ready: this.#nameServers.readyCount },
      repeater: this.#repeater.state,
      circuits: [...this.#circuits.values()].map((circuit) => ({
        server: circuit.name,
        priority: circuit.priority,
        state: circuit.state,
        minor: circuit.minor,
        channels: circuit.channels.size,
        silentMs: circuit.silentMs,
        queuedBytes: circuit.queuedBytes,
      })),
      channels: [...this.#channels.values()].map((channel) => ({
        name: channel.name,
        state: channel.state,
        server: channel.circuit?.name ?? '',
        searches: this.#search.schedule.searchesOf(channel.cid),
        subscriptions: channel.subscriptionCount,
        bytesIn: channel.bytesIn,
        bytesOut: channel.bytesOut,
      })),
    };
  }

  /** Closes all channels and sockets; puts made before still arrive. Calls under way reject with EPICS_CLOSED. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#nameServers.open();
    this.#search
      .open()
      .then(() => {
        const socket = this.#search.socket;
        if (socket !== undefined && this.#closing === undefined) this.#repeater.open(socket);
      })
      .catch((error: unknown) => this.#context.log.error({ error }, 'cannot begin to search'));
  }

  async #close(): Promise<void> {
    for (const channel of [...this.#channels.values()]) channel.close(undefined);
    this.#channels.clear();
    this.#nameServers.close();
    this.#search.close();
    const closed = this.#circuits.closeAll(new ClosedError('the client was closed'));
    await Promise.all([closed, this.#repeater.close()]);
    this.#context.deadlines.clear();
    this.#errors.clear();
  }

  #onFound(cid: number, server: Endpoint, isFirst: boolean): void {
    const channel = this.#byCid.get(cid);
    if (channel === undefined) return;
    if (isFirst) channel.onFound(server);
    else channel.onDuplicate(server);
  }

  #onBeacon(minor: number, port: number, beaconId: number, address: number): void {
    this.#beaconCount++;
    const server: Endpoint = {
      address: address === 0 ? this.#datagramFrom.address : numberToIpv4(address),
      port: port === 0 ? this.config.serverPort : port,
    };
    const now = this.#context.clock.monotonicMs;
    switch (this.#beacons.beacon(server.address, server.port, beaconId, minor, now)) {
      case BeaconVerdict.Normal:
        for (const circuit of this.#circuits.of(server)) circuit.onBeacon();
        return;
      case BeaconVerdict.Probe:
        for (const circuit of this.#circuits.of(server)) circuit.probe();
        return;
      case BeaconVerdict.Anomaly:
        for (const circuit of this.#circuits.of(server)) circuit.probe();
        this.#search.boost();
        return;
      case BeaconVerdict.New:
      case BeaconVerdict.Drop:
        return;
    }
  }

  #beaconPeriodMs(server: string): number | undefined {
    const colon = server.lastIndexOf(':');
    return this.#beacons.periodMs(server.slice(0, colon), Number(server.slice(colon + 1)));
  }

  #onDisposed(channel: WireChannel): void {
    if (channel.users > 0) return;
    const linger = this.config.channelLingerMs;
    const closeIt = (): void => {
      if (channel.users > 0 || channel.state === 'closed') return;
      this.#channels.delete(channel.key);
      this.#byCid.remove(channel.cid);
      channel.close(undefined);
    };
    if (linger > 0) this.#context.deadlines.after(linger, closeIt);
    else closeIt();
  }

  #reportError(error: Error): void {
    if (this.#errors.size > 0) this.#errors.emit(error);
    else this.#context.log.warn({ error }, error.message);
  }
}
