import type { DatagramTransport, Endpoint, Network } from '../../net/index.ts';
import {
  BytesReader,
  BytesWriter,
  errorText,
  formatEndpoint,
  type Logger,
  noStop,
  type Stop,
} from '../../util/index.ts';
import {
  beginMessage,
  beginSearchRequest,
  CMD_SEARCH,
  CMD_SEARCH_RESPONSE,
  decodeSearchResponse,
  endMessage,
  endSearchRequest,
  SearchFlag,
  type SearchResponse,
  SearchSchedule,
  type SearchTarget,
  walkDatagram,
  writeSearchName,
} from '../core/index.ts';
import type { PvaClientConfig } from './config.ts';
import { type Destination, resolveDestinations } from './destinations.ts';

/** How long the list of destinations is used before interfaces and names are looked at again, in ms. */
const REFRESH_MS = 30_000;

const nowhere: Destination = {
  address: '127.0.0.1',
  port: 0,
  isUnicast: true,
  ttl: undefined,
  onInterface: undefined,
};

// Names in one search over TCP.
const PEER_BATCH_BYTES = 8192;

// Offset of the flags in a request, header included.
const FLAGS_AT = 12;

/** A TCP connection that searches are sent over too. */
export interface SearchPeer {
  search(batch: readonly SearchTarget[]): void;
}

/** Receives what the network answers. `address` is never empty. */
export interface SearchOwner {
  onFound(id: number, address: string, response: SearchResponse): void;
  /** Answer without names: a server shows that it is there. */
  onServer(address: string, response: SearchResponse, from: Endpoint): void;
}

/**
 * Looks for names: sends requests over UDP and over the connections to name servers at the pace of the schedule, and
 * hands answers to its owner. Sockets open at the first name.
 */
export class SearchEngine {
  readonly schedule: SearchSchedule;
  readonly #network: Network;
  readonly #config: PvaClientConfig;
  readonly #logger: Logger;
  readonly #owner: SearchOwner;
  readonly #ignored: ReadonlySet<string>;
  readonly #peers = new Set<SearchPeer>();
  readonly #writer = new BytesWriter(2048);
  readonly #reader = new BytesReader(new Uint8Array(0));
  readonly #faults = new Set<string>();
  // Sockets by interface and time to live; the first one receives the answers.
  readonly #sockets = new Map<string, DatagramTransport>();
  #destinations: readonly Destination[] = [];
  #opening: Promise<void> | undefined;
  #isOpen = false;
  #isClosed = false;
  #keepsProcess = false;
  #refreshAt = 0;
  #replyPort = 0;
  #sequence = 0;
  #timer: Stop = noStop;
  #timerAt = Number.POSITIVE_INFINITY;
  #datagramsSent = 0;
  #badDatagrams = 0;

  constructor(network: Network, config: PvaClientConfig, logger: Logger, owner: SearchOwner) {
    this.#network = network;
    this.#config = config;
    this.#logger = logger;
    this.#owner = owner;
    this.#ignored = new Set(config.ignoreGuids.map((guid) => guid.replace(/^0x/i, '').toLowerCase()));
    this.schedule = new SearchSchedule({ random: network.random });
  }

  /** Addresses that searches are sent to, for messages; host names as given until they are resolved. */
  get addresses(): readonly string[] {
    const list = this.#isOpen ? this.#destinations.map(formatEndpoint) : [...this.#config.addrList];
    return [...list, ...this.#config.nameServers];
  }

  get datagramsSent(): number {
    return this.#datagramsSent;
  }

  get badDatagrams(): number {
    return this.#badDatagrams;
  }

  /** Starts to look for a name. @param delayMs before the first attempt. */
  add(target: SearchTarget, delayMs?: number): void {
    if (this.#isClosed) return;
    this.schedule.add(target, this.#network.clock.monotonicMs, delayMs);
    this.#ensureOpen();
    this.#arm();
  }

  /** Ends the search for a name. */
  remove(target: SearchTarget): void {
    this.schedule.remove(target);
  }

  /** Looks for all names again soon; false within 30 s after the last time. */
  boost(): boolean {
    const isBoosted = this.schedule.boost(this.#network.clock.monotonicMs);
    if (isBoosted) this.#arm();
    return isBoosted;
  }

  /** Adds a connection to a name server that is ready, until stopped. It is asked for all names at once. */
  addPeer(peer: SearchPeer): Stop {
    this.#peers.add(peer);
    let batch: SearchTarget[] = [];
    let bytes = 0;
    for (const target of this.schedule.targets()) {
      if (bytes + target.wireBytes > PEER_BATCH_BYTES) {
        peer.search(batch);
        batch = [];
        bytes = 0;
      }
      batch.push(target);
      bytes += target.wireBytes;
    }
    if (batch.length > 0) peer.search(batch);
    return () => void this.#peers.delete(peer);
  }

  /** Opens the sockets, if they are not open. */
  open(): void {
    this.#ensureOpen();
  }

  /** Asks all servers to answer, whatever names they have. Resolves once the request is sent. */
  async ping(): Promise<void> {
    this.#ensureOpen();
    await this.#opening;
    if (!this.#isClosed) this.#sendRequest([], SearchFlag.ReplyRequired);
  }

  /** Whether somebody waits for an answer: then the process must not end. */
  setKeepsProcess(on: boolean): void {
    const isOn = on && !this.#config.unref;
    if (isOn === this.#keepsProcess) return;
    this.#keepsProcess = isOn;
    for (const socket of this.#sockets.values()) socket.setKeepsProcess(isOn);
    if (isOn) this.#ensureOpen();
  }

  /** Ends all searches and closes the sockets. */
  close(): void {
    this.#isClosed = true;
    this.#timer();
    this.#timer = noStop;
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
    this.#peers.clear();
  }

  /** Takes an answer, from UDP or from a name server. @param via address for answers that name none. */
  takeResponse(response: SearchResponse, via: Endpoint): void {
    if (this.#ignored.has(response.guid)) return;
    const address = response.address === '' ? via.address : response.address;
    if (response.ids.length === 0) {
      this.#owner.onServer(address, response, via);
      return;
    }
    if (!response.isFound || response.protocol !== 'tcp' || response.port === 0) return;
    for (const id of response.ids) this.#owner.onFound(id, address, response);
  }

  #ensureOpen(): void {
    if (this.#opening !== undefined || this.#isClosed) return;
    this.#opening = this.#open().catch((error: unknown) => {
      this.#logger.error({ error }, `cannot open the search socket: ${errorText(error)}`);
    });
  }

  async #open(): Promise<void> {
    await this.#refresh();
    this.#isOpen = true;
    this.#arm();
  }

  async #refresh(): Promise<void> {
    this.#refreshAt = this.#network.clock.monotonicMs + REFRESH_MS;
    const destinations = await resolveDestinations(this.#network, this.#config, this.#logger);
    for (const destination of destinations) await this.#ensureSocket(destination, destinations);
    // Where nothing is searched, a socket of no other use keeps the process running while somebody waits.
    if (destinations.length === 0) await this.#ensureSocket(nowhere, [nowhere]);
    this.#destinations = destinations;
  }

  async #ensureSocket(destination: Destination, all: readonly Destination[]): Promise<void> {
    const key = socketKey(destination);
    if (this.#sockets.has(key)) return;
    const isV6 = destination.address.includes(':');
    try {
      const socket = await this.#network.bind({
        address: destination.onInterface ?? bindAddress(this.#config, all, isV6),
        port: 0,
        canBroadcast: !isV6,
        ...(destination.ttl === undefined ? {} : { ttl: destination.ttl }),
      });
      if (this.#isClosed) {
        socket.close();
        return;
      }
      socket.setKeepsProcess(this.#keepsProcess);
      socket.start({
        onDatagram: (bytes, from) => this.#onDatagram(bytes, from),
        onError: (error, to) => this.#onFault(error, to),
      });
      this.#sockets.set(key, socket);
      if (this.#replyPort === 0) this.#replyPort = socket.local.port;
    } catch (error) {
      // The other destinations keep working.
      this.#onFault(error as Error, destination);
    }
  }

  #arm(): void {
    if (!this.#isOpen || this.#isClosed) return;
    const at = this.schedule.nextDeadline;
    if (at >= this.#timerAt) return;
    this.#timer();
    this.#timerAt = at;
    this.#timer = at === Number.POSITIVE_INFINITY ? noStop : this.#network.clock.at(at, () => this.#tick());
  }

  #tick(): void {
    this.#timerAt = Number.POSITIVE_INFINITY;
    const now = this.#network.clock.monotonicMs;
    this.schedule.next(now, (batch) => {
      this.#sendRequest(batch, 0);
      for (const peer of this.#peers) peer.search(batch);
    });
    if (now >= this.#refreshAt) {
      this.#refresh().catch((error: unknown) =>
        this.#logger.warn({ error }, 'cannot refresh the search addresses'),
      );
    }
    this.#arm();
  }

  #sendRequest(batch: readonly SearchTarget[], flags: number): void {
    if (this.#destinations.length === 0) return;
    const writer = this.#writer;
    writer.clear();
    const at = beginMessage(writer, 0, CMD_SEARCH);
    const head = {
      sequence: this.#sequence++ >>> 0,
      flags,
      responseAddress: '',
      responsePort: this.#replyPort,
    };
    const countAt = beginSearchRequest(writer, head);
    for (const target of batch) writeSearchName(writer, target.id, target.name);
    endSearchRequest(writer, countAt, batch.length);
    endMessage(writer, at);
    const bytes = writer.bytes.subarray(0, writer.position);
    for (const destination of this.#destinations) {
      bytes[FLAGS_AT] = destination.isUnicast ? flags | SearchFlag.Unicast : flags;
      this.#sockets.get(socketKey(destination))?.send(bytes, destination);
      this.#datagramsSent++;
    }
  }

  #onDatagram(bytes: Uint8Array, from: Endpoint): void {
    if (this.#config.checkSearchSource && !this.#isSearched(from.address)) return;
    const fault = walkDatagram(this.#reader, bytes, (header, body) => {
      if (header.command !== CMD_SEARCH_RESPONSE || !header.isFromServer) return;
      this.takeResponse(decodeSearchResponse(body), from);
    });
    if (fault === undefined) return;
    this.#badDatagrams++;
    this.#once(`bad ${from.address}`, `bad datagram from ${formatEndpoint(from)}: ${fault.message}`);
  }

  #isSearched(address: string): boolean {
    return this.#destinations.some((item) => !item.isUnicast || item.address === address);
  }

  #onFault(error: Error, to: Endpoint | undefined): void {
    // Interfaces may have come or gone.
    this.#refreshAt = Math.min(this.#refreshAt, this.#network.clock.monotonicMs + 1000);
    const place = to === undefined ? '' : ` to ${formatEndpoint(to)}`;
    this.#once(`send ${place}`, `search${place} failed: ${error.message}`);
  }

  #once(key: string, message: string): void {
    if (this.#faults.has(key) || this.#faults.size > 1000) return;
    this.#faults.add(key);
    this.#logger.warn(message);
  }
}

function socketKey(destination: Destination): string {
  const family = destination.address.includes(':') ? 6 : 4;
  return `${family} ${destination.onInterface ?? ''} ${destination.ttl ?? ''}`;
}

/** Loopback only when nothing else is searched, so that a private set-up stays private. */
function bindAddress(config: PvaClientConfig, all: readonly Destination[], isV6: boolean): string {
  if (isV6) return all.every((item) => !item.address.includes(':') || item.address === '::1') ? '::1' : '::';
  const [only, ...others] = config.intfAddrList;
  if (only !== undefined && others.length === 0 && !only.includes(':')) return only;
  const v4 = all.filter((item) => !item.address.includes(':'));
  return v4.every((item) => item.address.startsWith('127.')) ? '127.0.0.1' : '0.0.0.0';
}
