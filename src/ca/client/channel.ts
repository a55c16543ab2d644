import {
  type CallOptions,
  type ChannelState,
  emptyMetadata,
  feedOf,
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
import {
  AsyncFeed,
  ClosedError,
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
import {
  type CaChannelInfo,
  type CaGetOptions,
  type CaMonitorEvent,
  type CaMonitorOptions,
  type CaReadOptions,
  parseEventMask,
} from './channel-types.ts';
import { monitorStruct, putValueOf, readStruct, type StructValue } from './struct-view.ts';
import type { CaUpdateSink } from './subscription.ts';
import type { PutValue } from './value-request.ts';
import type { WireChannel } from './wire-channel.ts';

/** What a handle needs of its client. */
export interface ChannelHandleOwner {
  onDisposed(wire: WireChannel): void;
  beaconPeriodMs(server: string): number | undefined;
  searchesOf(wire: WireChannel): number;
}

/**
 * A PV as one user of a Channel Access client sees it. Handles of the same name share one channel on the wire, which
 * is closed with the last of them.
 */
export class CaChannel implements PvChannel {
  readonly name: string;
  readonly #wire: WireChannel;
  readonly #owner: ChannelHandleOwner;
  // What ends with the handle; a subscription with its sink, a state listener with itself.
  readonly #ends: Map<Stop, CaUpdateSink | ((state: ChannelState) => void) | undefined>;
  #calls: Set<{ cancel(): void }> | undefined;
  #isClosed: boolean;

  constructor(wire: WireChannel, owner: ChannelHandleOwner) {
    this.name = wire.name;
    this.#wire = wire;
    this.#owner = owner;
    this.#ends = new Map();
    this.#calls = undefined;
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
      this.#ends.delete(stop);
    });
    this.#ends.set(stop, sink);
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

  /**
   * The updates as an async iterator; a slow consumer loses the oldest, which `dropped` counts.
   *
   * @param onEnd called once when the iterator ends, whoever ends it.
   */
  monitor(options: CaMonitorOptions = {}, onEnd: () => void = noStop): AsyncFeed<Snapshot> {
    const feed = feedOf<Snapshot, CaMonitorOptions>(options, (sink, rest) => this.subscribe(sink, rest));
    feed.whenEnded(onEnd);
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
  async getStruct(options: StructOptions = {}): Promise<StructValue> {
    await this.ready(options);
    return readStruct({
      name: this.name,
      type: this.#wire.type as ScalarType,
      get: () => this.get(options),
      subscribe: (sink) => this.subscribe(sink),
    });
  }

  /** Writes the `value` of a structure. */
  async putStruct(value: StructValue, options: PutOptions & StructOptions = {}): Promise<void> {
    await this.put(putValueOf(value), options);
  }

  /** Delivers structures of the normative type; when the type changes at a reconnect, structures of the new one. */
  subscribeStruct(sink: UpdateSink<StructValue>, options: MonitorOptions = {}): Stop {
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
  call(): Promise<StructValue | null> {
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
    return this.#keep(this.#wire.onState(listener), listener);
  }

  /** Told when rights change, and at each connection. */
  onRights(listener: (rights: Rights) => void): Stop {
    return this.#isClosed ? noStop : this.#keep(this.#wire.onRightsChange(listener));
  }

  /** Told of refused puts that nobody waited for. */
  onError(listener: (error: Error) => void): Stop {
    return this.#isClosed ? noStop : this.#keep(this.#wire.onError(listener));
  }

  /** Lets go of the channel. Calls under way reject with EPICS_CLOSED, subscriptions end; a put before still arrives. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** See `[Symbol.dispose]`. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const call of [...(this.#calls ?? [])]) call.cancel();
    const ends = [...this.#ends];
    for (const [stop] of ends) stop();
    this.#wire.users--;
    this.#owner.onDisposed(this.#wire);
    for (const [, end] of ends) if (typeof end === 'object') this.#guard(() => end.close());
    for (const [, end] of ends) if (typeof end === 'function') this.#guard(() => end('closed'));
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
    call: {
      readonly promise: Promise<T>;
      readonly isDone: boolean;
      begin(options: CallOptions): unknown;
      cancel(): void;
    },
    options: CallOptions,
  ): Promise<T> {
    if (this.state === 'closed') return Promise.reject(this.#closedError('call'));
    call.begin(options);
    if (!call.isDone) {
      const calls = this.#calls ?? new Set();
      this.#calls = calls;
      calls.add(call);
      const forget = (): void => void calls.delete(call);
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

  #keep(inner: Stop, listener?: (state: ChannelState) => void): Stop {
    const stop = once(() => {
      this.#ends.delete(stop);
      inner();
    });
    this.#ends.set(stop, listener);
    return stop;
  }

  #closedError(verb: string): ClosedError {
    return new ClosedError(`${verb} on "${this.name}" failed: the channel was closed`, { pvName: this.name });
  }
}
