import type { DatagramTransport, Endpoint, NetInterface, Network } from '../../net/index.ts';
import type { Peer } from '../../pv/index.ts';
import {
  type AddressEntry,
  BytesReader,
  BytesWriter,
  ConfigError,
  Deadlines,
  errorText,
  getLogger,
  type Logger,
  type Stop,
} from '../../util/index.ts';
import {
  beginMessage,
  CMD_ORIGIN_TAG,
  CMD_SEARCH,
  CMD_SEARCH_RESPONSE,
  decodeSearchRequest,
  encodeSearchResponse,
  endMessage,
  FLAG_FROM_SERVER,
  PVA_LOCAL_GROUP,
  readSocketAddress,
  SearchFlag,
  type SearchRequest,
  walkDatagram,
} from '../core/index.ts';
import { ignoredAddresses, listensEverywhere, type PvaServerConfig } from './config.ts';
import { encodeForwarded } from './forward.ts';

/** A server that answers searches. */
export interface SearchTarget {
  readonly guid: Uint8Array;
  /** TCP port told to clients. */
  readonly tcpPort: number;
  /** `reply` may be called again later. */
  search(request: SearchRequest, peer: Peer, reply: (ids: readonly number[], isFound: boolean) => void): void;
}

/** Counters of a responder. */
export interface SearchResponderStats {
  readonly datagrams: number;
  readonly requests: number;
  readonly replies: number;
  readonly forwarded: number;
  readonly dropped: number;
}

const LOOPBACK = '127.0.0.1';
/** New addresses of this machine are looked for this often. */
const RESCAN_MS = 30_000;
// Many servers answer a discovery that was broadcast: they spread out. @see pvAccessCPP
const DISCOVERY_DELAY_MS = 50;
const DISCOVERY_SPREAD_MS = 100;

/** Faults remembered as logged. */
const MAX_FAULTS = 1000;

/** Which way a datagram came. */
type Via =
  | { readonly kind: 'unicast'; readonly address: string }
  | { readonly kind: 'broadcast' }
  | { readonly kind: 'group' };

/**
 * The UDP side of servers: hears searches, asks the servers that share it, answers, and passes searches sent to this
 * process alone on to the other processes of this host.
 *
 * Node does not tell where a datagram was sent to, so there is a socket for each local address (unicast), and one more
 * for broadcasts and the local group. On a shared port the last bound socket of an address hears its unicast.
 */
export class SearchResponder {
  readonly #network: Network;
  readonly #config: PvaServerConfig;
  readonly #ignored: readonly AddressEntry[];
  readonly #deadlines: Deadlines;
  readonly #logger: Logger;
  readonly #targets: Set<SearchTarget>;
  readonly #sockets: Map<string, DatagramTransport>;
  readonly #reader: BytesReader;
  readonly #faults: Set<string>;
  #sender: DatagramTransport | undefined;
  #port: number;
  #state: 'new' | 'starting' | 'running' | 'closed';
  #started: Promise<void> | undefined;
  #datagrams: number;
  #requests: number;
  #replies: number;
  #forwarded: number;
  #dropped: number;

  /** @param config the interfaces, the port and the sources to ignore are used. */
  constructor(
    network: Network,
    config: PvaServerConfig,
    logger: Logger = getLogger('epics.pva.server.search'),
  ) {
    this.#network = network;
    this.#config = config;
    this.#ignored = ignoredAddresses(config);
    this.#deadlines = new Deadlines(network.clock);
    this.#logger = logger;
    this.#targets = new Set();
    this.#sockets = new Map();
    this.#reader = new BytesReader(new Uint8Array(0));
    this.#faults = new Set();
    this.#sender = undefined;
    this.#port = config.broadcastPort;
    this.#state = 'new';
    this.#started = undefined;
    this.#datagrams = 0;
    this.#requests = 0;
    this.#replies = 0;
    this.#forwarded = 0;
    this.#dropped = 0;
  }

  /** UDP port in use; the configured one before `start`. */
  get port(): number {
    return this.#port;
  }

  get stats(): SearchResponderStats {
    return {
      datagrams: this.#datagrams,
      requests: this.#requests,
      replies: this.#replies,
      forwarded: this.#forwarded,
      dropped: this.#dropped,
    };
  }

  /** Lets a server answer too, until stopped. */
  add(target: SearchTarget): Stop {
    this.#targets.add(target);
    return () => void this.#targets.delete(target);
  }

  /**
   * Opens the sockets; a second call waits for the first.
   *
   * @throws {ConfigError} EPICS_CONFIG when no socket can be bound, naming address and port.
   */
  start(): Promise<void> {
    this.#started ??= this.#start();
    return this.#started;
  }

  /** Closes the sockets. */
  close(): void {
    this.#state = 'closed';
    this.#deadlines.clear();
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
    this.#sender?.close();
    this.#sender = undefined;
    this.#targets.clear();
  }

  async #start(): Promise<void> {
    this.#state = 'starting';
    const addresses = this.#unicastAddresses();
    let firstError: unknown;
    for (const address of addresses) {
      const error = await this.#bind(`unicast ${address}`, address, { kind: 'unicast', address });
      firstError ??= error;
    }
    if (this.#sockets.size === 0) {
      this.close();
      throw new ConfigError(
        `cannot listen for searches on UDP port ${this.#port} of ${addresses.join(', ')}: ${errorText(firstError)}`,
        { key: 'broadcastPort', cause: firstError },
      );
    }
    await this.#bindBroadcasts();
    if (this.#config.localForwarding) await this.#bindGroup();
    if (this.#isClosed()) return;
    this.#state = 'running';
    if (listensEverywhere(this.#config)) this.#rescanLater();
  }

  // Asked anew after each await.
  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  #unicastAddresses(): string[] {
    if (!listensEverywhere(this.#config)) return [...this.#config.intfAddrList].map(hostOf);
    const list = this.#network.interfaces().map((face) => face.address);
    return list.length === 0 ? [LOOPBACK] : list;
  }

  async #bindBroadcasts(): Promise<void> {
    if (listensEverywhere(this.#config)) {
      await this.#bind('broadcast', '0.0.0.0', { kind: 'broadcast' }, true);
      return;
    }
    const faces = this.#network.interfaces();
    for (const address of this.#config.intfAddrList.map(hostOf)) {
      const broadcast = faces.find((face: NetInterface) => face.address === address)?.broadcast;
      if (broadcast !== undefined)
        await this.#bind(`broadcast ${broadcast}`, broadcast, { kind: 'broadcast' }, true);
    }
  }

  /** The group in which processes of this host pass searches on. */
  async #bindGroup(): Promise<void> {
    const groups = [{ address: PVA_LOCAL_GROUP, onInterface: LOOPBACK }];
    const via: Via = { kind: 'group' };
    const error = await this.#bind('group', PVA_LOCAL_GROUP, via, true, groups);
    // Where a group address cannot be bound, the wildcard hears the group.
    if (error !== undefined) await this.#bind('group', '0.0.0.0', via, true, groups);
    try {
      const sender = await this.#network.bind({ address: LOOPBACK, port: 0, ttl: 1 });
      if (this.#isClosed()) {
        sender.close();
        return;
      }
      sender.start({
        onDatagram: () => {},
        onError: (fault) => this.#onSocketError('forwarding', fault),
      });
      this.#sender = sender;
    } catch (fault) {
      this.#onSocketError('forwarding', fault);
    }
  }

  /** Binds one socket; returns the error when that fails. */
  async #bind(
    key: string,
    address: string,
    via: Via,
    isOptional = false,
    groups: readonly { readonly address: string; readonly onInterface: string }[] = [],
  ): Promise<unknown> {
    if (this.#isClosed() || this.#sockets.has(key)) return undefined;
    try {
      const socket = await this.#network.bind({
        address,
        port: this.#port,
        isShared: true,
        canBroadcast: true,
        ...(groups.length > 0 ? { groups } : {}),
      });
      if (this.#isClosed()) {
        socket.close();
        return undefined;
      }
      this.#port = socket.local.port;
      this.#sockets.set(key, socket);
      socket.start({
        onDatagram: (bytes, from) => this.#onDatagram(bytes, from, via, socket),
        onError: (error, to) =>
          this.#onSocketError(to === undefined ? key : `answer to ${to.address}`, error),
      });
      return undefined;
    } catch (error) {
      this.#logger[isOptional ? 'debug' : 'warn']({ error }, `cannot listen for searches: ${key}`);
      return error;
    }
  }

  #rescanLater(): void {
    this.#deadlines.after(RESCAN_MS, () => {
      void this.#rescan().then(() => {
        if (!this.#isClosed()) this.#rescanLater();
      });
    });
  }

  /** Listens on addresses that this machine has got since, and lets go of those it has lost. */
  async #rescan(): Promise<void> {
    const addresses = new Set(this.#unicastAddresses());
    for (const [key, socket] of this.#sockets) {
      if (!key.startsWith('unicast ') || addresses.has(key.slice('unicast '.length))) continue;
      socket.close();
      this.#sockets.delete(key);
    }
    for (const address of addresses)
      await this.#bind(`unicast ${address}`, address, { kind: 'unicast', address });
  }

  #onSocketError(what: string, error: unknown): void {
    this.#logOnce('warn', `search socket failed (${what})`, error);
  }

  /** Each kind of fault once: what repeats for every datagram would fill the log. */
  #logOnce(level: 'info' | 'warn', what: string, error: unknown): void {
    const text = `${what}: ${errorText(error)}`;
    if (this.#faults.has(text)) return;
    if (this.#faults.size >= MAX_FAULTS) this.#faults.clear();
    this.#faults.add(text);
    this.#logger[level]({ error }, what);
  }

  #onDatagram(bytes: Uint8Array, from: Endpoint, via: Via, socket: DatagramTransport): void {
    this.#datagrams++;
    const isLocalGroup = via.kind === 'group';
    if (isLocalGroup && (!from.address.startsWith('127.') || this.#isOwn(from))) return;
    let tag: string | undefined;
    let isForwarded = false;
    const error = walkDatagram(this.#reader, bytes, (header, body) => {
      if (header.isFromServer) return;
      if (header.command === CMD_ORIGIN_TAG) {
        // Anyone could claim an origin: only this host's own group is believed. A wildcard socket hears the group too.
        isForwarded = true;
        tag = isLocalGroup ? readSocketAddress(body) : undefined;
      } else if (header.command === CMD_SEARCH) {
        const origin = tag;
        // One message per tag.
        tag = undefined;
        if (isForwarded !== isLocalGroup || (isLocalGroup && origin === undefined)) return;
        this.#onSearch(decodeSearchRequest(body), from, via, origin, socket);
      }
    });
    if (error === undefined) return;
    this.#dropped++;
    this.#logOnce('info', `cannot read a datagram from ${from.address}`, error);
  }

  #isOwn(from: Endpoint): boolean {
    return this.#sender !== undefined && from.port === this.#sender.local.port;
  }

  #onSearch(
    request: SearchRequest,
    from: Endpoint,
    via: Via,
    origin: string | undefined,
    socket: DatagramTransport,
  ): void {
    this.#requests++;
    if (this.#isIgnored(from)) return;
    if (via.kind === 'group') {
      // Without an address there is nobody to answer: the packet's source is the process that passed it on.
      if (request.responseAddress === '' || !this.#serves(origin ?? '')) return;
      if (this.#isIgnored({ address: request.responseAddress, port: request.responsePort })) return;
    } else if (via.kind === 'unicast' && (request.flags & SearchFlag.Unicast) !== 0) {
      this.#forward(request, from, via.address);
    }
    const to: Endpoint = {
      address: request.responseAddress === '' ? from.address : request.responseAddress,
      port:
        via.kind !== 'group' && (request.flags & SearchFlag.ReplyToSourcePort) !== 0
          ? from.port
          : request.responsePort,
    };
    if (to.port === 0) return;
    const isDiscovery = request.names.length === 0 && via.kind === 'broadcast';
    // Clients take the server's address from the packet's source, which is to be the address they searched at.
    const own = origin === undefined ? undefined : this.#sockets.get(`unicast ${origin}`);
    if (!isDiscovery) this.#ask(request, to, own ?? socket);
    else {
      const delay = DISCOVERY_DELAY_MS + this.#network.random() * DISCOVERY_SPREAD_MS;
      this.#deadlines.after(delay, () => this.#ask(request, to, socket));
    }
  }

  #ask(request: SearchRequest, to: Endpoint, socket: DatagramTransport): void {
    const peer = searchPeer(to);
    for (const target of this.#targets) {
      target.search(request, peer, (ids, isFound) => this.#reply(target, request, to, ids, isFound, socket));
    }
  }

  #reply(
    target: SearchTarget,
    request: SearchRequest,
    to: Endpoint,
    ids: readonly number[],
    isFound: boolean,
    socket: DatagramTransport,
  ): void {
    if (this.#isClosed()) return;
    const writer = new BytesWriter(64 + 4 * ids.length, this.#config.littleEndian);
    const at = beginMessage(writer, FLAG_FROM_SERVER, CMD_SEARCH_RESPONSE);
    encodeSearchResponse(writer, {
      guid: target.guid,
      sequence: request.sequence,
      address: '',
      port: target.tcpPort,
      isFound,
      ids,
    });
    endMessage(writer, at);
    this.#replies++;
    socket.send(writer.bytes.subarray(0, writer.position), to);
  }

  #forward(request: SearchRequest, from: Endpoint, arrivedAt: string): void {
    if (this.#sender === undefined) return;
    this.#forwarded++;
    this.#sender.send(encodeForwarded(request, from, arrivedAt), {
      address: PVA_LOCAL_GROUP,
      port: this.#port,
    });
  }

  /** Whether a search that arrived at a local address is for servers here. */
  #serves(address: string): boolean {
    return (
      listensEverywhere(this.#config) || this.#config.intfAddrList.some((text) => hostOf(text) === address)
    );
  }

  #isIgnored(from: Endpoint): boolean {
    return this.#ignored.some(
      (entry) => entry.host === from.address && (entry.port === 0 || entry.port === from.port),
    );
  }
}

/** Host of an entry of the interface list; a port in it has no meaning. */
function hostOf(text: string): string {
  return /^\d+\.\d+\.\d+\.\d+/.exec(text)?.[0] ?? text;
}

function searchPeer(from: Endpoint): Peer {
  return {
    protocol: 'pva',
    address: `${from.address}:${from.port}`,
    user: '',
    host: from.address,
    method: '',
    authority: '',
    isEncrypted: false,
    roles: () => [],
  };
}
