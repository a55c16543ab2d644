import type { DatagramTransport } from '../../net/index.ts';
import { BytesWriter, errorText, ipv4ToNumber, isIpv4, noStop, type Stop } from '../../util/index.ts';
import { writeRepeaterRegister } from '../core/index.ts';
import { CaRepeater } from '../repeater.ts';
import type { ClientContext } from './context.ts';
import { spawnRepeater } from './spawn-repeater.ts';

const LOOPBACK = '127.0.0.1';
const RETRY_MS = 1000;
/** So that the client finds a new repeater when the old one has ended. */
const RENEW_MS = 60_000;
const TRIES_BEFORE_WARNING = 50;

/** What a client has of a repeater. */
export type RepeaterState = 'off' | 'registering' | 'registered' | 'serving';

/** Registers the client's socket at the repeater of this machine, which sends it the beacons of all servers. */
export class RepeaterLink {
  readonly #context: ClientContext;
  readonly #register: Uint8Array;
  #socket: DatagramTransport | undefined;
  #repeater: CaRepeater | undefined;
  #isConfirmed: boolean;
  #isClosed: boolean;
  #hasSpawned: boolean;
  #tries: number;
  #stopTimer: Stop;

  constructor(context: ClientContext) {
    this.#context = context;
    const w = new BytesWriter(16, false);
    writeRepeaterRegister(w, ipv4ToNumber(LOOPBACK));
    this.#register = w.toBytes();
    this.#socket = undefined;
    this.#repeater = undefined;
    this.#isConfirmed = false;
    this.#isClosed = false;
    this.#hasSpawned = false;
    this.#tries = 0;
    this.#stopTimer = noStop;
  }

  get state(): RepeaterState {
    if (this.#repeater !== undefined) return 'serving';
    if (this.#socket === undefined) return 'off';
    return this.#isConfirmed ? 'registered' : 'registering';
  }

  /** Begins to register `socket`. */
  open(socket: DatagramTransport): void {
    if (this.#context.config.repeater === 'off') return;
    this.#socket = socket;
    this.#try();
  }

  /** The repeater has confirmed. */
  onConfirm(): void {
    if (this.#socket === undefined || this.#isClosed) return;
    this.#isConfirmed = true;
    this.#tries = 0;
    this.#after(RENEW_MS);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopTimer();
    this.#socket = undefined;
    this.#repeater?.close();
    this.#repeater = undefined;
  }

  #after(delayMs: number): void {
    this.#stopTimer();
    this.#stopTimer = this.#context.deadlines.after(delayMs, () => this.#try());
  }

  #try(): void {
    const socket = this.#socket;
    if (socket === undefined || this.#isClosed) return;
    const { config, log } = this.#context;
    this.#isConfirmed = false;
    // One try stays without answer when no repeater runs; the second time we see to it that one does.
    if (this.#tries === 1) this.#provide();
    if (this.#tries === TRIES_BEFORE_WARNING) {
      log.warn(
        `no CA repeater at port ${config.repeaterPort}: restarted servers are found late (ECA_NOREPEATER)`,
      );
    }
    this.#tries++;
    socket.send(this.#register, { address: LOOPBACK, port: config.repeaterPort });
    this.#after(RETRY_MS);
  }

  #provide(): void {
    const { config, log } = this.#context;
    // A socket on the loopback interface belongs to a client that talks to this machine only. A repeater must hear
    // the whole network, and one that does not would take the port from one that does.
    if (this.#socket !== undefined && isIpv4(this.#socket.local.address) && this.#isLoopback()) return;
    if (config.repeater === 'spawn' && !this.#hasSpawned) {
      this.#hasSpawned = true;
      spawnRepeater(config.repeaterPort, (error) =>
        log.warn({ error }, `cannot start a CA repeater: ${errorText(error)}`),
      );
    } else if (config.repeater === 'auto' && this.#repeater === undefined) {
      const repeater = new CaRepeater({ network: this.#context.network, port: config.repeaterPort });
      repeater.start().then(
        (isOurs) => {
          if (this.#isClosed || !isOurs) repeater.close();
          else this.#repeater = repeater;
        },
        (error: unknown) => log.info(`cannot be the CA repeater: ${errorText(error)}`),
      );
    }
  }

  #isLoopback(): boolean {
    return this.#socket?.local.address.startsWith('127.') === true;
  }
}
