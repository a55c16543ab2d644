import type { DatagramTransport, Endpoint, Network } from '../net/index.ts';
import { BytesWriter, getLogger, ipv4ToNumber, isIpv4, type Logger } from '../util/index.ts';
import {
  CMD_REPEATER_REGISTER,
  CMD_RSRV_IS_UP,
  DEFAULT_REPEATER_PORT,
  HEADER_BYTES,
  writeNoop,
  writeRepeaterConfirm,
} from './core/index.ts';

/** Settings of a repeater. */
export interface CaRepeaterOptions {
  readonly network: Network;
  /** EPICS_CA_REPEATER_PORT; default 5065. */
  readonly port?: number;
  /** Address to listen on; default all. */
  readonly address?: string;
  /** Multicast groups to join, each on all interfaces. */
  readonly groups?: readonly string[];
  readonly logger?: Logger;
  /** Clients at most; beyond, the oldest is forgotten. Default 1000. */
  readonly maxClients?: number;
}

const MAX_CLIENTS = 1000;
/** Looking for dead clients costs a bind for each: not more often than this, in ms. */
const VERIFY_MS = 1000;
/** Offset of p2 in a message. */
const P2_OFFSET = 12;

/**
 * The Channel Access repeater: hears the beacons of all servers at the one port where they arrive, and passes them to
 * every registered client of this machine.
 *
 * @see epics-base modules/ca/src/client/repeater.cpp
 */
export class CaRepeater {
  readonly #network: Network;
  readonly #port: number;
  readonly #address: string;
  readonly #groups: readonly string[];
  readonly #log: Logger;
  readonly #maxClients: number;
  /** By `address:port`, oldest first. */
  readonly #clients: Map<string, Endpoint>;
  readonly #out: BytesWriter;
  #socket: DatagramTransport | undefined;
  #isVerifying: boolean;
  #verifiedMs: number;
  #local: ReadonlySet<string>;
  #onEnd: () => void;

  constructor(options: CaRepeaterOptions) {
    this.#network = options.network;
    this.#port = options.port ?? DEFAULT_REPEATER_PORT;
    this.#address = options.address ?? '0.0.0.0';
    this.#groups = options.groups ?? [];
    this.#log = options.logger ?? getLogger('epics.ca.repeater');
    this.#maxClients = options.maxClients ?? MAX_CLIENTS;
    this.#clients = new Map();
    this.#out = new BytesWriter(HEADER_BYTES, false);
    this.#socket = undefined;
    this.#isVerifying = false;
    this.#verifiedMs = Number.NEGATIVE_INFINITY;
    this.#local = new Set();
    this.#onEnd = () => {};
  }

  /** Registered clients. */
  get clients(): readonly Endpoint[] {
    return [...this.#clients.values()];
  }
  /** The port in use; undefined when not running. */
  get port(): number | undefined {
    return this.#socket?.local.port;
  }

  /**
   * Begins to listen.
   *
   * @returns false when another repeater has the port: there is nothing to do then.
   */
  async start(): Promise<boolean> {
    if (this.#socket !== undefined) return true;
    let socket: DatagramTransport;
    try {
      socket = await this.#network.bind({
        address: this.#address,
        port: this.#port,
        isShared: false,
        groups: this.#groups.map((address) => ({ address, onInterface: '0.0.0.0' })),
      });
    } catch (error) {
      if ((error as { code?: unknown }).code === 'EADDRINUSE') return false;
      throw error;
    }
    this.#socket = socket;
    this.#local = new Set(this.#network.interfaces().map((net) => net.address));
    socket.start({
      onDatagram: (bytes, from) => this.#onDatagram(bytes, from),
      onError: (error, to) => {
        if (to !== undefined) this.#forget(to);
        else this.#log.warn({ error }, 'the repeater socket failed');
      },
    });
    // Sockets of a repeater within a client do not keep its process running.
    socket.setKeepsProcess(false);
    return true;
  }

  /** Whether this repeater alone keeps the process running. */
  setKeepsProcess(on: boolean): void {
    this.#socket?.setKeepsProcess(on);
  }

  /** Resolves when the repeater is closed. */
  ended(): Promise<void> {
    return new Promise((resolve) => {
      this.#onEnd = resolve;
    });
  }

  close(): void {
    this.#socket?.close();
    this.#socket = undefined;
    this.#clients.clear();
    this.#onEnd();
  }

  #onDatagram(bytes: Uint8Array, from: Endpoint): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let rest = bytes;
    if (bytes.length === 0) {
      this.#register(from);
      return;
    }
    if (bytes.length >= HEADER_BYTES && view.getUint16(0) === CMD_REPEATER_REGISTER) {
      this.#register(from);
      rest = bytes.subarray(HEADER_BYTES);
      if (rest.length === 0) return;
    }
    this.#fanOut(this.#withSender(rest, from), from);
  }

  /** A beacon that does not name its server gets the address where it came from. */
  #withSender(bytes: Uint8Array, from: Endpoint): Uint8Array {
    if (bytes.length < HEADER_BYTES || !isIpv4(from.address)) return bytes;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (view.getUint16(0) !== CMD_RSRV_IS_UP || view.getUint32(P2_OFFSET) !== 0) return bytes;
    const patched = bytes.slice();
    new DataView(patched.buffer).setUint32(P2_OFFSET, ipv4ToNumber(from.address));
    return patched;
  }

  #fanOut(bytes: Uint8Array, from: Endpoint): void {
    for (const client of this.#clients.values()) {
      if (client.address === from.address && client.port === from.port) continue;
      this.#socket?.send(bytes, client);
    }
  }

  #register(from: Endpoint): void {
    if (!this.#isOfThisHost(from.address)) {
      this.#log.debug({ peer: `${from.address}:${from.port}` }, 'refused a client of another machine');
      return;
    }
    const key = `${from.address}:${from.port}`;
    const isNew = !this.#clients.has(key);
    if (isNew) {
      if (this.#clients.size >= this.#maxClients) {
        for (const oldest of this.#clients.keys()) {
          this.#clients.delete(oldest);
          break;
        }
      }
      this.#clients.set(key, { address: from.address, port: from.port });
    }
    this.#out.clear();
    writeRepeaterConfirm(this.#out, isIpv4(from.address) ? ipv4ToNumber(from.address) : 0);
    this.#socket?.send(this.#out.toBytes(), from);
    if (!isNew) return;
    this.#out.clear();
    writeNoop(this.#out);
    this.#fanOut(this.#out.toBytes(), from);
    void this.#verify(key);
  }

  #isOfThisHost(address: string): boolean {
    if (address.startsWith('127.') || this.#local.has(address)) return true;
    // Interfaces come up while the repeater runs.
    this.#local = new Set(this.#network.interfaces().map((net) => net.address));
    return this.#local.has(address);
  }

  #forget(client: Endpoint): void {
    this.#clients.delete(`${client.address}:${client.port}`);
  }

  /** Forgets clients whose port is free: they have ended. */
  async #verify(except: string): Promise<void> {
    const now = this.#network.clock.monotonicMs;
    if (this.#isVerifying || now - this.#verifiedMs < VERIFY_MS) return;
    this.#isVerifying = true;
    this.#verifiedMs = now;
    for (const [key, client] of [...this.#clients]) {
      if (key === except || this.#socket === undefined) continue;
      try {
        const probe = await this.#network.bind({
          address: client.address,
          port: client.port,
          isShared: false,
        });
        probe.close();
        this.#forget(client);
      } catch {
        // The port is in use: the client lives.
        continue;
      }
    }
    this.#isVerifying = false;
  }
}

/** Runs a repeater until it is closed; returns at once when another one runs. */
export async function runRepeater(options: CaRepeaterOptions): Promise<void> {
  const repeater = new CaRepeater(options);
  if (!(await repeater.start())) return;
  repeater.setKeepsProcess(true);
  await repeater.ended();
}
