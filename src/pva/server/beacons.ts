import type { DatagramTransport, Endpoint, Network } from '../../net/index.ts';
import {
  type AddressEntry,
  BytesWriter,
  type Deadlines,
  errorText,
  isMulticast,
  type Logger,
  noStop,
  type Stop,
} from '../../util/index.ts';
import { beginMessage, CMD_BEACON, encodeBeacon, endMessage, FLAG_FROM_SERVER } from '../core/index.ts';
import { beaconAddresses, listensEverywhere, type PvaServerConfig } from './config.ts';

/** Beacons at the first period; later ones come at twelve times that. @see pvxs src/server.cpp */
const FAST_BEACONS = 10;
const SLOW_FACTOR = 12;

/** Tells the network that a server is there, and when its set of names changes. */
export class Beacons {
  readonly #network: Network;
  readonly #config: PvaServerConfig;
  readonly #deadlines: Deadlines;
  readonly #logger: Logger;
  readonly #guid: Uint8Array;
  readonly #faults: Set<string>;
  #socket: DatagramTransport | undefined;
  #fixed: { readonly to: Endpoint; readonly entry: AddressEntry }[];
  #tcpPort: number;
  #udpPort: number;
  #sequence: number;
  #changeCount: number;
  #fastLeft: number;
  #next: Stop;
  #isClosed: boolean;

  constructor(
    network: Network,
    config: PvaServerConfig,
    deadlines: Deadlines,
    guid: Uint8Array,
    logger: Logger,
  ) {
    this.#network = network;
    this.#config = config;
    this.#deadlines = deadlines;
    this.#logger = logger;
    this.#guid = guid;
    this.#faults = new Set();
    this.#socket = undefined;
    this.#fixed = [];
    this.#tcpPort = 0;
    this.#udpPort = 0;
    this.#sequence = 0;
    this.#changeCount = 0;
    this.#fastLeft = FAST_BEACONS;
    this.#next = noStop;
    this.#isClosed = false;
  }

  get changeCount(): number {
    return this.#changeCount;
  }

  /** Begins to send; does nothing when there is nowhere to send to. */
  async start(tcpPort: number, udpPort: number): Promise<void> {
    this.#tcpPort = tcpPort;
    this.#udpPort = udpPort;
    for (const entry of beaconAddresses(this.#config)) {
      try {
        for (const address of (await this.#network.lookup(entry.host)).slice(0, 1)) {
          this.#fixed.push({ to: { address, port: entry.port === 0 ? udpPort : entry.port }, entry });
        }
      } catch (error) {
        this.#logger.warn({ error }, `beacons cannot go to "${entry.host}"`);
      }
    }
    if (this.#fixed.length === 0 && !this.#config.autoBeaconAddrList) return;
    const ttl = this.#fixed.find(({ entry }) => entry.ttl !== undefined)?.entry.ttl;
    const multicastFrom = this.#fixed.find(({ entry }) => entry.onInterface !== undefined)?.entry.onInterface;
    const address = multicastFrom ?? this.#sourceAddress();
    try {
      const socket = await this.#network.bind({
        address,
        port: 0,
        canBroadcast: true,
        ...(ttl === undefined ? {} : { ttl }),
      });
      if (this.#isClosed) {
        socket.close();
        return;
      }
      socket.start({
        onDatagram: () => {},
        onError: (error, to) => this.#onError(to?.address ?? 'socket', error),
      });
      socket.setKeepsProcess(false);
      this.#socket = socket;
      this.#beat();
    } catch (error) {
      this.#logger.warn({ error }, `beacons cannot be sent from ${address}`);
    }
  }

  /** The set of names has changed: clients that search should do so again, soon. */
  changed(): void {
    this.#changeCount = (this.#changeCount + 1) & 0xffff;
    if (this.#socket === undefined) return;
    this.#fastLeft = FAST_BEACONS;
    // Many names may come at once: one beacon for all of them.
    this.#next();
    this.#next = this.#deadlines.after(CHANGE_DELAY_MS, () => this.#beat());
  }

  close(): void {
    this.#isClosed = true;
    this.#next();
    this.#socket?.close();
    this.#socket = undefined;
  }

  #sourceAddress(): string {
    if (listensEverywhere(this.#config)) return '0.0.0.0';
    // A datagram's source tells clients the server's address.
    return this.#config.intfAddrList[0] ?? '0.0.0.0';
  }

  #beat(): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    const writer = new BytesWriter(64, this.#config.littleEndian);
    const at = beginMessage(writer, FLAG_FROM_SERVER, CMD_BEACON);
    encodeBeacon(writer, {
      guid: this.#guid,
      sequence: this.#sequence,
      changeCount: this.#changeCount,
      address: '',
      port: this.#tcpPort,
    });
    endMessage(writer, at);
    this.#sequence = (this.#sequence + 1) & 0xff;
    const bytes = writer.bytes.subarray(0, writer.position);
    for (const to of this.#destinations()) socket.send(bytes, to);
    if (this.#fastLeft > 0) this.#fastLeft--;
    const factor = this.#fastLeft > 0 ? 1 : SLOW_FACTOR;
    this.#next = this.#deadlines.after(this.#config.beaconPeriod * 1000 * factor, () => this.#beat());
  }

  /** Asked for each beacon: interfaces come and go. */
  #destinations(): Endpoint[] {
    const list = this.#fixed.map(({ to }) => to);
    if (!this.#config.autoBeaconAddrList) return list;
    const all = listensEverywhere(this.#config);
    for (const face of this.#network.interfaces()) {
      if (face.broadcast === undefined) continue;
      if (!all && !this.#config.intfAddrList.includes(face.address)) continue;
      const address = face.broadcast;
      if (!list.some((to) => to.address === address && to.port === this.#udpPort)) {
        list.push({ address, port: this.#udpPort });
      }
    }
    return list;
  }

  #onError(where: string, error: Error): void {
    const text = `${where}: ${errorText(error)}`;
    if (this.#faults.has(text) || this.#faults.size > 1000) return;
    this.#faults.add(text);
    this.#logger.debug({ error, multicast: isMulticast(where) }, `beacon to ${where} failed`);
  }
}

/** Time in which further changes join the same beacon. */
const CHANGE_DELAY_MS = 100;
