import type { DatagramTransport, Endpoint, Network } from '../../net/index.ts';
import { BytesWriter, type Deadlines, type Logger, noStop, type Stop } from '../../util/index.ts';
import { HEADER_BYTES, writeBeacon } from '../core/index.ts';

/** ms between the first two beacons; each interval doubles. */
const FIRST_MS = 20;
/** ms between two restarts of the fast beacons. */
const MIN_RAMP_MS = 5000;

/** Where and how often beacons go. */
export interface BeaconOptions {
  readonly network: Network;
  readonly deadlines: Deadlines;
  readonly logger: Logger;
  readonly destinations: readonly Endpoint[];
  /** Local address to send from; `0.0.0.0`: any. */
  readonly from: string;
  readonly ttl: number;
  /** Longest interval. */
  readonly periodMs: number;
  /** TCP port of the server. */
  readonly port: number;
  /** Address of the server as IPv4 number; 0: the receiver fills it in. */
  readonly address: number;
}

/**
 * Sends beacons: fast ones at first, so that clients search again, then one each period.
 *
 * @see epics-base modules/database/src/ioc/rsrv/online_notify.c, rsrv_online_notify_task
 */
export class Beacons {
  readonly #options: BeaconOptions;
  readonly #message: BytesWriter;
  #socket: DatagramTransport | undefined;
  #counter: number;
  #intervalMs: number;
  #rampedAt: number;
  #isRampDue: boolean;
  #timer: Stop;
  #failed: Set<string>;

  constructor(options: BeaconOptions) {
    this.#options = options;
    this.#message = new BytesWriter(HEADER_BYTES, false);
    this.#socket = undefined;
    this.#counter = 0;
    this.#intervalMs = FIRST_MS;
    this.#rampedAt = Number.NEGATIVE_INFINITY;
    this.#isRampDue = false;
    this.#timer = noStop;
    this.#failed = new Set();
  }

  /** Beacons sent so far. */
  get count(): number {
    return this.#counter;
  }

  async start(): Promise<void> {
    const { network, destinations, from, ttl } = this.#options;
    if (destinations.length === 0) return;
    this.#socket = await network.bind({ address: from, port: 0, canBroadcast: true, ttl });
    this.#socket.setKeepsProcess(false);
    this.#socket.start({ onDatagram: () => {}, onError: (error, to) => this.#onError(error, to) });
    this.#ramp();
  }

  /** The names that the server has changed: fast beacons again, at most once per 5 s. */
  namesChanged(): void {
    if (this.#socket === undefined || this.#isRampDue) return;
    const { network, deadlines } = this.#options;
    const waitMs = this.#rampedAt + MIN_RAMP_MS - network.clock.monotonicMs;
    if (waitMs <= 0) {
      this.#ramp();
      return;
    }
    this.#isRampDue = true;
    deadlines.after(waitMs, () => {
      this.#isRampDue = false;
      if (this.#socket !== undefined) this.#ramp();
    });
  }

  close(): void {
    this.#timer();
    this.#socket?.close();
    this.#socket = undefined;
  }

  #ramp(): void {
    this.#rampedAt = this.#options.network.clock.monotonicMs;
    this.#intervalMs = FIRST_MS;
    this.#timer();
    this.#send();
  }

  #send(): void {
    const { destinations, deadlines, periodMs, port, address } = this.#options;
    this.#message.clear();
    writeBeacon(this.#message, port, this.#counter, address);
    // uint32 on the wire.
    this.#counter = (this.#counter + 1) >>> 0;
    for (const to of destinations) this.#socket?.send(this.#message.bytes.subarray(0, HEADER_BYTES), to);
    this.#timer = deadlines.after(Math.min(this.#intervalMs, periodMs), () => this.#send());
    this.#intervalMs = Math.min(this.#intervalMs * 2, periodMs);
  }

  #onError(error: Error, to: Endpoint | undefined): void {
    // Nobody need listen for beacons: one line for each destination is enough.
    const key = to === undefined ? '' : `${to.address}:${to.port}`;
    if (this.#failed.has(key)) return;
    this.#failed.add(key);
    this.#options.logger.info({ peer: key, error: error.message }, 'beacons cannot be sent');
  }
}
