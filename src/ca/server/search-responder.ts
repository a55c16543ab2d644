import type { DatagramTransport, Endpoint, Network } from '../../net/index.ts';
import { Claim, type Peer } from '../../pv/index.ts';
import {
  type AddressEntry,
  BytesWriter,
  ConfigError,
  errorText,
  formatEndpoint,
  getLogger,
  ipv4ToNumber,
  type Logger,
} from '../../util/index.ts';
import {
  ADDRESS_OF_SENDER,
  HEADER_BYTES,
  MAX_DATAGRAM_BYTES,
  MIN_MINOR_VERSION,
  readSearchRequests,
  writeDatagramVersion,
  writeSearchReply,
} from '../core/index.ts';
import { type CaServerConfig, ignoredAddresses, interfaceAddresses, multicastGroups } from './config.ts';
import { SearchFlood } from './search-flood.ts';

/** A server as the responder sees it. */
export interface SearchTarget {
  /** TCP port of the server. */
  port(): number;
  /** False: the server takes no more clients and answers no searches. */
  hasRoom(): boolean;
  claims(name: string, peer: Peer): Claim;
  /** Has `found` called when the source that said `Later` finds `name`. */
  awaitName(name: string, found: () => void): void;
}

/** Bytes of one answer. */
const REPLY_BYTES: number = HEADER_BYTES + 8;

/** Numbers that tell what a responder did. */
export interface SearchStats {
  readonly datagrams: number;
  readonly names: number;
  readonly replies: number;
  /** Names not looked at because their sender asks too often. */
  readonly dropped: number;
  readonly badDatagrams: number;
}

/**
 * Answers UDP searches for the servers that were added to it. Servers of one process share a responder, because on a
 * shared port only the socket bound last hears unicast searches.
 *
 * @see epics-base modules/database/src/ioc/rsrv/cast_server.c and camessage.c, search_reply_udp
 */
export class CaSearchResponder {
  readonly #network: Network;
  readonly #config: CaServerConfig;
  readonly #logger: Logger;
  readonly #targets: Set<SearchTarget>;
  readonly #flood: SearchFlood;
  readonly #ignored: Set<string>;
  readonly #complained: Set<string>;
  #sockets: DatagramTransport[];
  #starting: Promise<void> | undefined;
  #port: number;
  #datagrams: number;
  #names: number;
  #replies: number;
  #badDatagrams: number;

  constructor(network: Network, config: CaServerConfig) {
    this.#network = network;
    this.#config = config;
    this.#logger = getLogger('epics.ca.search');
    this.#targets = new Set();
    this.#flood = new SearchFlood(network.clock);
    this.#ignored = new Set();
    this.#complained = new Set();
    this.#sockets = [];
    this.#starting = undefined;
    this.#port = 0;
    this.#datagrams = 0;
    this.#names = 0;
    this.#replies = 0;
    this.#badDatagrams = 0;
  }

  /** UDP port; 0 before the first server was added. */
  get port(): number {
    return this.#port;
  }

  get stats(): SearchStats {
    return {
      datagrams: this.#datagrams,
      names: this.#names,
      replies: this.#replies,
      dropped: this.#flood.dropped,
      badDatagrams: this.#badDatagrams,
    };
  }

  /**
   * Answers for `target` from now on; the first one opens the sockets.
   *
   * @throws {ConfigError} EPICS_CONFIG when a socket cannot be bound.
   */
  async add(target: SearchTarget): Promise<void> {
    this.#starting ??= this.#open(target.port());
    try {
      await this.#starting;
    } catch (error) {
      this.#starting = undefined;
      throw error;
    }
    this.#targets.add(target);
  }

  /** Answers no more for `target`; the last one closes the sockets. */
  remove(target: SearchTarget): void {
    this.#targets.delete(target);
    if (this.#targets.size > 0) return;
    for (const socket of this.#sockets) socket.close();
    this.#sockets = [];
    this.#starting = undefined;
  }

  async #open(tcpPort: number): Promise<void> {
    for (const host of ignoredAddresses(this.#config)) {
      for (const address of await this.#network.lookup(host)) this.#ignored.add(address);
    }
    try {
      const addresses = interfaceAddresses(this.#config);
      let port = this.#config.searchPort;
      for (const address of addresses) port = await this.#openUnicast(address, port, tcpPort);
      this.#port = port;
      for (const group of multicastGroups(this.#config)) await this.#openGroup(group, addresses, port);
    } catch (error) {
      for (const socket of this.#sockets) socket.close();
      this.#sockets = [];
      throw error;
    }
  }

  async #openUnicast(address: string, port: number, tcpPort: number): Promise<number> {
    let socket: DatagramTransport;
    if (port === 0) {
      // The number of the TCP port is easiest to configure; nobody else has a claim to it.
      socket = await this.#bind(address, tcpPort, false).catch(() => this.#bind(address, 0, false));
    } else socket = await this.#bind(address, port, true);
    this.#listen(socket, socket);
    if (address === '0.0.0.0') return socket.local.port;
    const local = this.#network.interfaces().find((other) => other.address === address);
    if (local?.broadcast !== undefined) await this.#openBroadcast(local.broadcast, socket);
    return socket.local.port;
  }

  /** A socket bound to one address hears no broadcasts: they need a socket of their own. */
  async #openBroadcast(address: string, replies: DatagramTransport): Promise<void> {
    try {
      const socket = await this.#network.bind({
        address,
        port: replies.local.port,
        isShared: true,
        canBroadcast: true,
      });
      this.#listen(socket, replies);
    } catch (error) {
      this.#logger.info({ peer: address, error: errorText(error) }, 'broadcast searches will not be heard');
    }
  }

  async #openGroup(group: AddressEntry, interfaces: readonly string[], port: number): Promise<void> {
    const on = group.onInterface === undefined ? interfaces : [group.onInterface];
    const socket = await this.#network.bind({
      address: group.host,
      port: group.port === this.#config.serverPort ? port : group.port,
      isShared: true,
      groups: on.map((onInterface) => ({ address: group.host, onInterface })),
    });
    const replies = this.#sockets[0] as DatagramTransport;
    this.#listen(socket, replies);
  }

  async #bind(address: string, port: number, isShared: boolean): Promise<DatagramTransport> {
    try {
      return await this.#network.bind({ address, port, isShared, canBroadcast: true });
    } catch (error) {
      throw new ConfigError(`cannot hear searches on ${address}:${port}: ${errorText(error)}`, {
        key: 'EPICS_CAS_INTF_ADDR_LIST',
        cause: error,
      });
    }
  }

  #listen(socket: DatagramTransport, replies: DatagramTransport): void {
    this.#sockets.push(socket);
    socket.start({
      onDatagram: (bytes, from) => this.#onDatagram(bytes, from, replies),
      onError: (error, to) => {
        const peer = to === undefined ? '' : formatEndpoint(to);
        this.#logger.debug({ peer, error: error.message }, 'search socket');
      },
    });
  }

  #onDatagram(bytes: Uint8Array, from: Endpoint, replies: DatagramTransport): void {
    this.#datagrams++;
    if (this.#ignored.size > 0 && this.#ignored.has(from.address)) return;
    const targets = [...this.#targets].filter((target) => target.hasRoom());
    if (targets.length === 0) return;
    const bucket = this.#flood.take(from.address);
    let batch: ReplyBatch | undefined;
    let peer: Peer | undefined;
    const isWhole = readSearchRequests(bytes, {
      onSearchRequest: (name, cid, minor, _wantsNegative, sequence) => {
        this.#names++;
        if (minor < MIN_MINOR_VERSION || !this.#flood.spend(bucket)) return;
        peer ??= searchPeer(from);
        for (const target of targets) {
          const claim = target.claims(name, peer);
          if (claim === Claim.No) continue;
          const answer = { cid, sequence, port: target.port() };
          if (claim === Claim.Later) {
            target.awaitName(name, () => this.#answerLater(answer, from, replies));
            continue;
          }
          batch ??= new ReplyBatch(this.#announced, (message) => replies.send(message, from));
          batch.add(answer);
          this.#replies++;
          return;
        }
      },
    });
    batch?.flush();
    if (!isWhole) this.#onBadDatagram(from);
  }

  #answerLater(answer: Answer, to: Endpoint, replies: DatagramTransport): void {
    if (!this.#sockets.includes(replies)) return;
    const batch = new ReplyBatch(this.#announced, (message) => replies.send(message, to));
    batch.add(answer);
    batch.flush();
    this.#replies++;
  }

  get #announced(): number {
    const { announceAddress } = this.#config;
    return announceAddress === '' ? ADDRESS_OF_SENDER : ipv4ToNumber(announceAddress);
  }

  #onBadDatagram(from: Endpoint): void {
    this.#badDatagrams++;
    if (this.#complained.has(from.address) || this.#complained.size >= 1024) return;
    this.#complained.add(from.address);
    this.#logger.info({ peer: formatEndpoint(from) }, 'datagram that is no search');
  }
}

interface Answer {
  readonly cid: number;
  readonly sequence: number | undefined;
  readonly port: number;
}

/** Answers to one datagram, in datagrams of at most 1024 bytes. */
class ReplyBatch {
  readonly #address: number;
  readonly #send: (message: Uint8Array) => void;
  readonly #writer: BytesWriter;

  constructor(address: number, send: (message: Uint8Array) => void) {
    this.#address = address;
    this.#send = send;
    this.#writer = new BytesWriter(MAX_DATAGRAM_BYTES, false);
  }

  add(answer: Answer): void {
    const w = this.#writer;
    if (w.position + REPLY_BYTES > MAX_DATAGRAM_BYTES) this.flush();
    // The number of the request comes back to those who can read it.
    if (w.position === 0 && answer.sequence !== undefined) writeDatagramVersion(w, answer.sequence);
    writeSearchReply(w, answer.cid, answer.port, this.#address);
  }

  flush(): void {
    if (this.#writer.position === 0) return;
    this.#send(this.#writer.bytes.subarray(0, this.#writer.position));
    this.#writer.clear();
  }
}

/** Who searches: UDP tells the address only. */
function searchPeer(from: Endpoint): Peer {
  return {
    protocol: 'ca',
    address: formatEndpoint(from),
    user: '',
    host: '',
    method: 'anonymous',
    authority: '',
    isEncrypted: false,
    roles: () => [],
  };
}
