import type { DatagramTransport, Endpoint, Network } from '../../net/index.ts';
import { BytesReader, BytesWriter, errorText, type Logger } from '../../util/index.ts';
import { type Beacon, decodeBeacon } from '../core/beacon-message.ts';
import {
  CMD_BEACON,
  CMD_ORIGIN_TAG,
  CMD_SEARCH,
  HEADER_BYTES,
  PVA_LOCAL_GROUP,
} from '../core/constants.ts';
import { walkDatagram } from '../core/datagram.ts';
import { beginMessage, endMessage } from '../core/header.ts';
import { decodeSearchRequest, SearchFlag } from '../core/search-message.ts';
import { writeSocketAddress } from '../core/socket-address.ts';
import type { PvaClientConfig } from './config.ts';

// Offsets in a SEARCH body.
const FLAGS_AT = 4;
const ADDRESS_AT = 8;

/** Receives beacons. @param address of the server, never empty. */
export type OnBeacon = (beacon: Beacon, address: string, from: Endpoint) => void;

/**
 * Listens on the port of searches and beacons. A search sent to this host alone may end up here instead of at the
 * server beside us, because only one socket of a shared port hears it: it is passed on by the local multicast group.
 *
 * @see pvAccessCPP src/remote/blockingUDPTransport.cpp, and pvxs src/udp_collector.cpp: origin tag
 */
export class BeaconListener {
  readonly #network: Network;
  readonly #config: PvaClientConfig;
  readonly #logger: Logger;
  readonly #onBeacon: OnBeacon;
  readonly #reader = new BytesReader(new Uint8Array(0));
  readonly #sockets: DatagramTransport[] = [];
  #forwarder: DatagramTransport | undefined;
  #isClosed = false;

  constructor(network: Network, config: PvaClientConfig, logger: Logger, onBeacon: OnBeacon) {
    this.#network = network;
    this.#config = config;
    this.#logger = logger;
    this.#onBeacon = onBeacon;
  }

  /** Opens the sockets. Failures are logged: searches work without. */
  async open(): Promise<void> {
    for (const address of this.#addresses()) {
      try {
        await this.#listen(address);
      } catch (error) {
        this.#logger.info({ error }, `cannot listen for beacons on ${address}: ${errorText(error)}`);
      }
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const socket of this.#sockets) socket.close();
    this.#sockets.length = 0;
    this.#forwarder?.close();
    this.#forwarder = undefined;
  }

  #addresses(): string[] {
    const wanted = this.#config.intfAddrList.filter((address) => !address.includes(':'));
    if (wanted.length === 0 || wanted.includes('0.0.0.0')) return ['0.0.0.0'];
    const broadcasts = this.#network
      .interfaces()
      .filter((item) => item.broadcast !== undefined && wanted.includes(item.address))
      .map((item) => item.broadcast as string);
    // A socket bound to an interface's own address hears no broadcasts.
    return [...wanted, ...broadcasts];
  }

  async #listen(address: string): Promise<void> {
    const port = this.#config.broadcastPort;
    const socket = await this.#network.bind({ address, port, isShared: true });
    if (this.#isClosed) {
      socket.close();
      return;
    }
    this.#sockets.push(socket);
    socket.setKeepsProcess(false);
    socket.start({
      onDatagram: (bytes, from) => this.#onDatagram(bytes, from, address),
      onError: (error) => this.#logger.info({ error }, `beacon socket on ${address}`),
    });
  }

  #onDatagram(bytes: Uint8Array, from: Endpoint, local: string): void {
    let isForwarded = false;
    walkDatagram(this.#reader, bytes, (header, body) => {
      if (header.command === CMD_BEACON && header.isFromServer) {
        const beacon = decodeBeacon(body);
        if (beacon.port !== 0) this.#onBeacon(beacon, beacon.address === '' ? from.address : beacon.address, from);
      } else if (header.command === CMD_ORIGIN_TAG) {
        isForwarded = true;
      } else if (header.command === CMD_SEARCH && !header.isFromServer && !isForwarded) {
        const at = body.position;
        const request = decodeSearchRequest(body);
        if ((request.flags & SearchFlag.Unicast) !== 0) {
          this.#forward(bytes.subarray(at - HEADER_BYTES, body.end), header.littleEndian, request.responseAddress, from, local);
        }
      }
    });
  }

  #forward(search: Uint8Array, littleEndian: boolean, answerTo: string, from: Endpoint, local: string): void {
    const writer = new BytesWriter(HEADER_BYTES + 16 + search.length, littleEndian);
    const tag = beginMessage(writer, 0, CMD_ORIGIN_TAG);
    writeSocketAddress(writer, local === '0.0.0.0' ? '' : local);
    endMessage(writer, tag);
    const start = writer.position;
    writer.raw(search);
    const flagsAt = start + HEADER_BYTES + FLAGS_AT;
    writer.bytes[flagsAt] = (writer.bytes[flagsAt] as number) & ~SearchFlag.Unicast;
    if (answerTo === '') {
      writer.position = start + HEADER_BYTES + ADDRESS_AT;
      writeSocketAddress(writer, from.address);
      writer.position = start + search.length;
    }
    this.#sendForward(writer.toBytes());
  }

  #sendForward(bytes: Uint8Array): void {
    const to = { address: PVA_LOCAL_GROUP, port: this.#config.broadcastPort };
    if (this.#forwarder !== undefined) {
      this.#forwarder.send(bytes, to);
      return;
    }
    this.#network.bind({ address: '127.0.0.1', port: 0, ttl: 1 }).then(
      (socket) => {
        if (this.#isClosed || this.#forwarder !== undefined) {
          socket.close();
          return;
        }
        this.#forwarder = socket;
        socket.setKeepsProcess(false);
        socket.start({ onDatagram: () => {}, onError: (error) => this.#logger.info({ error }, 'cannot pass a search on') });
        socket.send(bytes, to);
      },
      (error: unknown) => this.#logger.info({ error }, 'cannot pass a search on'),
    );
  }
}
