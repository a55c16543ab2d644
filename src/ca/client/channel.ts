import {
  type CallOptions,
  type ChannelInfo,
  type ChannelState,
  Event,
  type EventMask,
  emptyMetadata,
  type Metadata,
  type MonitorOptions,
  type PutOptions,
  type PvChannel,
  type PvType,
  type PvValue,
  type Rights,
  type ScalarType,
  type Severity,
  type Snapshot,
  type StructOptions,
  type UpdateSink,
} from '../../pv/index.ts';
import type { Value } from '../../pvdata/index.ts';
import {
  AsyncFeed,
  ClosedError,
  ConfigError,
  errorText,
  formatEndpoint,
  noStop,
  once,
  type Stop,
  TypeMismatchError,
} from '../../util/index.ts';
import {
  DBR_CLASS_NAME,
  DBR_PUT_ACKS,
  DBR_PUT_ACKT,
  type DbrData,
  DbrFamily,
  dbrName,
  dbrOf,
  encodeWrite,
  metadataOf,
  parseDbrName,
} from '../core/index.ts';
import { ConfirmedPut, GetCall, PlainPut, type PutSource, ReadCall, ReadyCall, WaitingPut } from './calls.ts';
import { monitorStruct, putValueOf, readStruct } from './struct-view.ts';
import type { CaUpdateSink } from './subscription.ts';
import type { PutValue, ValueForm } from './value-request.ts';
import type { WireChannel } from './wire-channel.ts';

/** How a value is read. */
export interface CaGetOptions extends CallOptions {
  /** Default `native`. */
  readonly as?: ValueForm;
  /** Elements at most; 0, the default: all there are. */
  readonly count?: number;
}

/** What a subscription asks for. */
export interface CaMonitorOptions extends Omit<MonitorOptions, 'mask'> {
  /** Default value and alarm. Letters: `v`alue, `l`og, `a`larm, `p`roperty. */
  readonly mask?: EventMask | string;
  readonly as?: ValueForm;
  readonly count?: number;
}

/** How to read a DBR structure as it is. */
export interface CaReadOptions extends CallOptions {
  /** Name or code; default: TIME of the native type. */
  readonly dbr?: string | number;
  /** Elements at most; 0, the default: all there are. */
  readonly count?: number;
}

/** What `monitorEvents` delivers: everything that happens to a subscription, in order. */
export type CaMonitorEvent =
  | { readonly type: 'connected' }
  | {
      readonly type: 'update';
      readonly snapshot: Snapshot;
      readonly mask: EventMask;
      /** First since the channel connected. */
      readonly initial: boolean;
    }
  | { readonly type: 'disconnected' }
  | { readonly type: 'error'; readonly error: Error }
  | { readonly type: 'finished'; readonly reason: Error | undefined };

/** State of a channel beyond what all protocols have. */
export interface CaChannelInfo extends ChannelInfo {
  readonly state: ChannelState;
  readonly rights: Rights;
  readonly priority: number;
  /** Minor version of the server; 0 while not connected. */
  readonly minor: number;
  /** Time since the server was last heard, in ms. */
  readonly silentMs: number | undefined;
  /** Average time between the beacons of the server in ms, when any were seen. */
  readonly beaconPeriodMs: number | undefined;
  /** Searches sent for the name since it was last connected. */
  readonly searches: number;
  /** Another server that has the same name. */
  readonly duplicate: string | undefined;
  readonly subscriptions: number;
}

/** What a handle needs of its client. */
export interface ChannelHandleOwner {
  onDisposed(wire: WireChannel): void;
  beaconPeriodMs(server: string): number | undefined;
  searchesOf(wire: WireChannel): number;
}

const maskLetters: Readonly<Record<string, number>> = {
  v: Event.Value,
  l: Event.Log,
  a: Event.Alarm,
  p: Event.Property,
};

/**
 * Bits of an event mask.
 *
 * @throws {ConfigError} EPICS_CONFIG for an empty mask and for bits that do not exist.
 */
export function parseEventMask(mask: EventMask | string | undefined): EventMask {
  if (mask === undefined) return Event.Value | Event.Alarm;
  const bits =
    typeof mask === 'number'
      ? mask
      : [...mask].reduce((sum, letter) => sum | (maskLetters[letter] ?? Number.NaN), 0);
  const isKnown = typeof mask === 'number' || [...mask].every((letter) => letter in maskLetters);
  if (!isKnown || !Number.isInteger(bits) || bits < 1 || bits > 255) {
    throw new ConfigError(`event mask "${mask}" is not made of v, l, a and p, or 1 to 15 (ECA_BADMASK)`, {
      key: 'mask',
    });
  }
  return bits;
}

/**
 * A PV as one user of a Channel Access client sees it. Handles of the same name share one channel on the wire, which
 * is closed with the last of them.
 */
export class CaChannel implements PvChannel {
  readonly name: string;
  readonly #wire: WireChannel;
  readonly #owner: ChannelHandleOwner;
  readonly #stops: Set<Stop>;
  readonly #sinks: Map<Stop, CaUpdateSink>;
  readonly #calls: Set<{ cancel(): void }>;
  readonly #stateListeners: Set<(state: ChannelState) => void>;
  #isClosed: boolean;

  constructor(wire: WireChannel, owner: ChannelHandleOwner) {
    this.name = wire.name;
    this.#wire = wire;
    this.#owner = owner;
    this.#stops = new Set();
    this.#sinks = new Map();
    this.#calls = new Set();
    this.#stateListeners = new Set();
    this.#isClosed = false;
    wire.users++;
  }

  get state(): ChannelState {
    return this.#isClosed ? 'closed' : this.#wire.state;
  }
  get rights(): Rights {
    return this.state === 'connected' ? this.#wire.rights : 0;
  }
  get type(): PvType | undefined {
    return this.#wire.type;
  }
  get scalarType(): ScalarType | undefined {
    return this.#wire.type;
  }

  /** Waits until the channel is connected and returns its type. @throws {TimeoutError} EPICS_TIMEOUT. */
  ready(options: CallOptions = {}): Promise<PvType> {
    return this.#run(new ReadyCall(this.#wire), options);
  }

  /**
   * Reads the value with alarm and time stamp.
   *
   * @throws {TimeoutError} EPICS_TIMEOUT saying how far it got.
   * @throws {DisconnectedError} EPICS_DISCONNECTED when the circuit is lost before the answer.
   * @throws {AccessError} EPICS_ACCESS without read access.
   */
  get(options: CaGetOptions = {}): Promise<Snapshot> {
    return this.#run(new GetCall(this.#wire, options.as ?? 'native', options.count ?? 0), options);
  }

  /** Reads the bare value. */
  async getValue(options: CaGetOptions = {}): Promise<PvValue> {
    return (await this.get(options)).value;
  }

  /** Reads any DBR structure, as the server sends it. */
  read(options: CaReadOptions = {}): Promise<DbrData> {
    const { dbr } = options;
    const dbrType = typeof dbr === 'string' ? parseDbrName(dbr) : dbr;
    if (dbr !== undefined && !(dbrType !== undefined && dbrType >= 0 && dbrType <= 38)) {
      return Promise.reject(
        new TypeMismatchError(`"${dbr}" is no DBR type (ECA_BADTYPE)`, { pvName: this.name }),
      );
    }
    return this.#run(new ReadCall(this.#wire, dbrType, options.count ?? 0), options);
  }

  /** Reads units, limits, precision and choices. */
  async meta(options: CallOptions = {}): Promise<Metadata> {
    await this.ready(options);
    const data = await this.read({
      ...options,
      dbr: dbrOf(DbrFamily.Ctrl, this.#wire.native.dbrType),
      count: 1,
    });
    return metadataOf(data, emptyMetadata);
  }

  /** Reads the record type. */
  async className(options: CallOptions = {}): Promise<string> {
    const data = await this.read({ ...options, dbr: DBR_CLASS_NAME, count: 1 });
    return String(data.values[0] ?? '');
  }

  /**
   * Writes a value. Without `wait` and `confirm` it is done when handed to the socket; a later refusal goes to
   * `onError`.
   *
   * @throws {RemoteError} EPICS_REMOTE with the status of a server that refused.
   * @throws {LimitError} EPICS_LIMIT for texts and arrays that are too long.
   */
  put(value: PutValue, options: PutOptions = {}): Promise<void> {
    return this.#put({ value }, options);
  }

  /** Acknowledges alarms up to a severity. */
  acknowledge(severity: Severity, options: PutOptions = {}): Promise<void> {
    const payload = encodeWrite(1, severity);
    return this.#put({ encoded: { dbrType: DBR_PUT_ACKS, count: 1, payload } }, { wait: true, ...options });
  }

  /** Sets whether alarms that are gone need to be acknowledged. */
  acknowledgeTransient(on: boolean, options: PutOptions = {}): Promise<void> {
    const payload = encodeWrite(1, on ? 1 : 0);
    return this.#put({ encoded: { dbrType: DBR_PUT_ACKT, count: 1, payload } }, { wait: true, ...options });
  }

  /** Delivers the current value, then each change, until stopped; goes on after reconnects. */
  subscribe(sink: CaUpdateSink, options: CaMonitorOptions = {}): Stop {
    const { signal } = options;
    if (this.state === 'closed' || signal?.aborted === true) {
      const reason = signal?.aborted === true ? (signal.reason as Error) : this.#closedError('monitor');
      this.#wire.context.clock.defer(() => sink.close(reason));
      return noStop;
    }
    const request = {
      form: options.as ?? 'native',
      count: options.count ?? 0,
      mask: parseEventMask(options.mask),
    };
    const stopWire = this.#wire.subscribe(request, sink);
    let stopSignal = noStop;
    const stop = once(() => {
      stopWire();
      stopSignal();
      this.#stops.delete(stop);
      this.#sinks.delete(stop);
    });
    this.#stops.add(stop);
    this.#sinks.set(stop, sink);
    if (signal !== undefined) {
      const onAbort = (): void => {
        stop();
        sink.close(signal.reason as Error);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      stopSignal = () => signal.removeEventListener('abort', onAbort);
    }
    return stop;
  }

  /** The updates as an async iterator; a slow consumer loses the oldest, which `dropped` counts. */
  monitor(options: CaMonitorOptions = {}): AsyncFeed<Snapshot> {
    let stop = noStop;
    const { signal, ...rest } = options;
    const feed = new AsyncFeed<Snapshot>({
      capacity: options.queueSize ?? 64,
      onEnd: () => stop(),
      ...(signal === undefined ? {} : { signal }),
    });
    if (feed.isEnded) return feed;
    stop = this.subscribe(
      {
        update: (snapshot) => feed.push(snapshot),
        close: (reason) => (reason === undefined ? feed.end() : feed.fail(reason)),
      },
      rest,
    );
    return feed;
  }

  /** Updates, connections and errors as one async iterator. */
  monitorEvents(options: CaMonitorOptions = {}): AsyncFeed<CaMonitorEvent> {
    const stops: Stop[] = [];
    const { signal, ...rest } = options;
    const feed = new AsyncFeed<CaMonitorEvent>({
      capacity: options.queueSize ?? 64,
      onEnd: () => {
        for (const stop of stops) stop();
      },
      ...(signal === undefined ? {} : { signal }),
    });
    if (feed.isEnded) return feed;
    let isInitial = true;
    stops.push(
      this.onState((state) => {
        if (state === 'connected' || state === 'disconnected') {
          isInitial = true;
          feed.push({ type: state });
        }
      }),
    );
    if (this.state === 'connected') feed.push({ type: 'connected' });
    stops.push(
      this.subscribe(
        {
          update: (snapshot, mask) => {
            feed.push({ type: 'update', snapshot, mask, initial: isInitial });
            isInitial = false;
          },
          error: (error) => feed.push({ type: 'error', error }),
          close: (reason) => {
            feed.push({ type: 'finished', reason });
            feed.end();
          },
        },
        rest,
      ),
    );
    return feed;
  }

  /** The value as a structure of its normative type. */
  async getStruct(options: StructOptions = {}): Promise<Value> {
    await this.ready(options);
    return readStruct({
      name: this.name,
      type: this.#wire.type as ScalarType,
      get: () => this.get(options),
      subscribe: (sink) => this.subscribe(sink),
    });
  }

  /** Writes the `value` of a structure. */
  async putStruct(value: Value, options: PutOptions & StructOptions = {}): Promise<void> {
    await this.put(putValueOf(value), options);
  }

  /** Delivers structures of the normative type; when the type changes at a reconnect, structures of the new one. */
  subscribeStruct(sink: UpdateSink<Value>, options: MonitorOptions = {}): Stop {
    let stopInner = noStop;
    let type: ScalarType | undefined;
    const begin = (): void => {
      const known = this.#wire.type;
      if (known === undefined || (known === type && stopInner !== noStop)) return;
      type = known;
      stopInner();
      stopInner = monitorStruct(
        {
          name: this.name,
          type: known,
          get: () => this.get(),
          subscribe: (inner) => this.subscribe(inner, options),
        },
        sink,
        parseEventMask(options.mask),
      );
    };
    const stopState = this.onState((state) => {
      if (state === 'connected') begin();
    });
    if (this.state === 'connected') begin();
    return once(() => {
      stopState();
      stopInner();
    });
  }

  /** Always rejects: Channel Access has no remote procedure calls. */
  call(): Promise<Value | null> {
    return Promise.reject(
      new TypeMismatchError(`call of "${this.name}" failed: Channel Access has no remote procedure calls`, {
        pvName: this.name,
      }),
    );
  }

  info(): CaChannelInfo {
    const wire = this.#wire;
    const circuit = wire.circuit;
    const server = circuit === undefined ? '' : circuit.name;
    return {
      scheme: 'ca',
      server,
      nativeType: wire.type === undefined ? '' : dbrName(wire.native.dbrType),
      count: wire.type === undefined ? 0 : wire.native.count,
      connectedAt: wire.connectedAt,
      bytesIn: wire.bytesIn,
      bytesOut: wire.bytesOut,
      state: this.state,
      rights: this.rights,
      priority: wire.options.priority,
      minor: circuit?.minor ?? 0,
      silentMs: circuit?.silentMs,
      beaconPeriodMs: circuit === undefined ? undefined : this.#owner.beaconPeriodMs(server),
      searches: this.#owner.searchesOf(wire),
      duplicate: wire.duplicate === undefined ? undefined : formatEndpoint(wire.duplicate),
      subscriptions: wire.subscriptionCount,
    };
  }

  onState(listener: (state: ChannelState) => void): Stop {
    if (this.#isClosed) return noStop;
    this.#stateListeners.add(listener);
    const stopWire = this.#wire.stateListeners.add(listener);
    return this.#keep(() => {
      this.#stateListeners.delete(listener);
      stopWire();
    });
  }

  /** Told when rights change, and at each connection. */
  onRights(listener: (rights: Rights) => void): Stop {
    return this.#isClosed ? noStop : this.#keep(this.#wire.rightsListeners.add(listener));
  }

  /** Told of refused puts that nobody waited for. */
  onError(listener: (error: Error) => void): Stop {
    return this.#isClosed ? noStop : this.#keep(this.#wire.errorListeners.add(listener));
  }

  /** Lets go of the channel. Calls under way reject with EPICS_CLOSED, subscriptions end; a put before still arrives. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** See `[Symbol.dispose]`. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const call of [...this.#calls]) call.cancel();
    const sinks = [...this.#sinks.values()];
    for (const stop of [...this.#stops]) stop();
    const listeners = [...this.#stateListeners];
    this.#stateListeners.clear();
    this.#wire.users--;
    this.#owner.onDisposed(this.#wire);
    for (const sink of sinks) this.#guard(() => sink.close());
    for (const listener of listeners) this.#guard(() => listener('closed'));
  }

  #put(source: PutSource, options: PutOptions): Promise<void> {
    const wire = this.#wire;
    const call =
      options.wait === true
        ? new WaitingPut(wire, source)
        : options.confirm === true
          ? new ConfirmedPut(wire, source)
          : new PlainPut(wire, source);
    return this.#run(call, options);
  }

  #run<T>(
    call: { readonly promise: Promise<T>; readonly isDone: boolean; begin(options: CallOptions): unknown; cancel(): void },
    options: CallOptions,
  ): Promise<T> {
    if (this.state === 'closed') return Promise.reject(this.#closedError('call'));
    call.begin(options);
    if (!call.isDone) {
      this.#calls.add(call);
      const forget = (): void => void this.#calls.delete(call);
      call.promise.then(forget, forget);
    }
    return call.promise;
  }

  #guard(fn: () => void): void {
    try {
      fn();
    } catch (error) {
      this.#wire.context.log.error({ pv: this.name, error }, `a listener threw: ${errorText(error)}`);
    }
  }

  #keep(inner: Stop): Stop {
    const stop = once(() => {
      this.#stops.delete(stop);
      inner();
    });
    this.#stops.add(stop);
    return stop;
  }

  #closedError(verb: string): ClosedError {
    return new ClosedError(`${verb} on "${this.name}" failed: the channel was closed`, { pvName: this.name });
  }
}
