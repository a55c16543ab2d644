import type { Value } from '../pvdata/index.ts';
import { type Clock, ClosedError, Deadlines, systemClock } from '../util/index.ts';
import { ScalarViews } from './as-scalar.ts';
import { StructViews } from './as-struct.ts';
import type { ChannelOptions, PvClient } from './client.ts';
import { FanOut } from './fan-out.ts';
import { LocalChannel, type LocalHome } from './local-channel.ts';
import type { Snapshot } from './model.ts';
import { localPeer } from './op-context.ts';
import type { Peer, PvSource, ServedScalarPv, ServedStructPv } from './source.ts';

/** Who a `LocalClient` is. */
export interface LocalClientOptions {
  /** Who the source is told asks. Default: a local peer without a user name. */
  readonly peer?: Peer;
  readonly clock?: Clock;
}

/**
 * A client of the PVs of one source in this process, without a network: links, access rules, save sets, the web
 * gateway and tests read and write through it as if they were a client of its server.
 */
export class LocalClient implements PvClient {
  readonly scheme = 'local' as const;
  readonly #source: PvSource;
  readonly #peer: Peer;
  readonly #clock: Clock;
  readonly #deadlines: Deadlines;
  readonly #scalars: ScalarViews;
  readonly #structs: StructViews;
  readonly #scalarFanOuts: WeakMap<ServedScalarPv, FanOut<Snapshot>>;
  readonly #structFanOuts: WeakMap<ServedStructPv, FanOut<Value>>;
  readonly #channels: Set<LocalChannel>;
  #isClosed: boolean;

  constructor(source: PvSource, options: LocalClientOptions = {}) {
    this.#source = source;
    this.#peer = options.peer ?? localPeer();
    this.#clock = options.clock ?? systemClock;
    this.#deadlines = new Deadlines(this.#clock);
    this.#scalars = new ScalarViews();
    this.#structs = new StructViews();
    this.#scalarFanOuts = new WeakMap();
    this.#structFanOuts = new WeakMap();
    this.#channels = new Set();
    this.#isClosed = false;
  }

  /** A client of the same source for another peer. */
  as(peer: Peer): LocalClient {
    return new LocalClient(this.#source, { peer, clock: this.#clock });
  }

  /**
   * A channel to a PV; it waits until the source has it.
   *
   * @throws {ClosedError} EPICS_CLOSED after `close`.
   */
  channel(name: string, _options?: ChannelOptions): LocalChannel {
    if (this.#isClosed)
      throw new ClosedError(`channel "${name}" failed: the client is closed`, { pvName: name });
    const home: LocalHome = {
      source: this.#source,
      peer: this.#peer,
      clock: this.#clock,
      deadlines: this.#deadlines,
      scalarOf: (pv) => this.#scalars.of(pv, { peer: this.#peer }),
      structOf: (pv) => this.#structs.of(pv),
      scalarFanOut: (pv) => fanOutOf(this.#scalarFanOuts, pv, () => new FanOut<Snapshot>(pv)),
      structFanOut: (pv) => fanOutOf(this.#structFanOuts, pv, () => new FanOut<Value>(pv)),
      onDispose: () => this.#channels.delete(channel),
    };
    const channel = new LocalChannel(name, home);
    this.#channels.add(channel);
    channel.connect();
    return channel;
  }

  /** Closes all channels. */
  close(): Promise<void> {
    this.#isClosed = true;
    for (const channel of [...this.#channels]) channel[Symbol.dispose]();
    this.#deadlines.clear();
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function fanOutOf<P extends object, F>(map: WeakMap<P, F>, pv: P, make: () => F): F {
  let fanOut = map.get(pv);
  if (fanOut === undefined) {
    fanOut = make();
    map.set(pv, fanOut);
  }
  return fanOut;
}
