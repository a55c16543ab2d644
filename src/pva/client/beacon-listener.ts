import type { DatagramTransport, Endpoint, Network } from '../../net/index.ts';
import { BytesReader, errorText, isMulticast, type Logger } from '../../util/index.ts';
import { type Beacon, CMD_BEACON, decodeBeacon, walkDatagram } from '../core/index.ts';
import type { PvaClientConfig } from './config.ts';

/** Receives beacons. @param address of the server, never empty. */
export type OnBeacon = (beacon: Beacon, address: string, from: Endpoint) => void;

interface Place {
  readonly address: string;
  readonly group: string | undefined;
  readonly onInterface: string;
}

/**
 * Listens for beacons on the port that searches go to as well.
 *
 * Of all sockets that share a port, only the last one bound hears what is sent to one host alone. A listener on every
 * address would take the searches from the server beside us, so it binds broadcast and group addresses only; a server
 * whose beacons go to single hosts is found by searching.
 */
export class BeaconListener {
  readonly #network: Network;
  readonly #config: PvaClientConfig;
  readonly #logger: Logger;
  readonly #onBeacon: OnBeacon;
  readonly #reader = new BytesReader(new Uint8Array(0));
  readonly #sockets: DatagramTransport[] = [];
  #isClosed = false;

  constructor(network: Network, config: PvaClientConfig, logger: Logger, onBeacon: OnBeacon) {
    this.#network = network;
    this.#config = config;
    this.#logger = logger;
    this.#onBeacon = onBeacon;
  }

  /** Opens the sockets. Failures are logged: searches work without. */
  async open(): Promise<void> {
    for (const place of this.#places()) {
      try {
        await this.#listen(place);
      } catch (error) {
        this.#logger.info({ error }, `cannot listen for beacons on ${place.address}: ${errorText(error)}`);
      }
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const socket of this.#sockets) socket.close();
    this.#sockets.length = 0;
  }

  /** The broadcast address of each interface in use, and the groups of the address list. */
  #places(): Place[] {
    const wanted = this.#config.intfAddrList;
    const isWanted = (address: string): boolean =>
      wanted.length === 0 || wanted.includes('0.0.0.0') || wanted.includes(address);
    const interfaces = this.#network.interfaces().filter((item) => isWanted(item.address));
    const places: Place[] = [];
    for (const { address, broadcast } of interfaces) {
      if (broadcast !== undefined)
        places.push({ address: broadcast, group: undefined, onInterface: address });
    }
    for (const entry of this.#config.addrList) {
      const group = entry.split(/[:,@]/, 1)[0] ?? '';
      if (!isMulticast(group)) continue;
      const onInterface = entry.split('@')[1] ?? interfaces[0]?.address ?? '0.0.0.0';
      places.push({ address: group, group, onInterface });
    }
    return places;
  }

  async #listen({ address, group, onInterface }: Place): Promise<void> {
    const socket = await this.#network.bind({
      address,
      port: this.#config.broadcastPort,
      isShared: true,
      ...(group === undefined ? {} : { groups: [{ address: group, onInterface }] }),
    });
    if (this.#isClosed) {
      socket.close();
      return;
    }
    this.#sockets.push(socket);
    socket.setKeepsProcess(false);
    socket.start({
      onDatagram: (bytes, from) => this.#onDatagram(bytes, from),
      onError: (error) => this.#logger.info({ error }, `beacon socket on ${address}`),
    });
  }

  #onDatagram(bytes: Uint8Array, from: Endpoint): void {
    walkDatagram(this.#reader, bytes, (header, body) => {
      if (header.command !== CMD_BEACON || !header.isFromServer) return;
      const beacon = decodeBeacon(body);
      if (beacon.port !== 0)
        this.#onBeacon(beacon, beacon.address === '' ? from.address : beacon.address, from);
    });
  }
}
