import type { Endpoint } from '../../net/index.ts';
import {
  type CallOptions,
  type ChannelInfo,
  type ChannelState,
  Event,
  type PvChannel,
  type PvType,
  type Rights,
  type ScalarType,
  type Snapshot,
  type StructOptions,
  type UpdateSink,
} from '../../pv/index.ts';
import { type FieldDesc, Value } from '../../pvdata/index.ts';
import {
  ClosedError,
  DisconnectedError,
  noStop,
  once,
  type Stop,
  TypeMismatchError,
  toError,
} from '../../util/index.ts';
import { Call } from './call.ts';
import {
  MaskReader,
  mergeEvents,
  mergeValues,
  monitorRequest,
  type PvaCallOptions,
  type PvaMonitorEvent,
  type PvaMonitorOptions,
  type PvaPutOptions,
  type PvaSubscription,
  putRequest,
  type SteeredSubscription,
  toRequest,
} from './channel-options.ts';
import { MonitorFeed } from './feed.ts';
import type { GetCall, Getter } from './get.ts';
import { TypeQuery } from './introspect.ts';
import { DEFAULT_QUEUE_SIZE, Subscription, type SubscriptionListener } from './monitor.ts';
import { PutCall, type Putter } from './put.ts';
import type { PvaPutValue } from './put-plan.ts';
import { type RpcArguments, RpcOperation, toNtUri, toStruct } from './rpc.ts';
import { ScalarView } from './scalar-view.ts';
import type { WireChannel } from './wire-channel.ts';

/**
 * A PV of a PVAccess server. Handles of one name share one channel on the wire, which survives reconnects; disposing
 * the last handle closes it.
 */
export class PvaChannel implements PvChannel {
  readonly name: string;
  readonly #wire: WireChannel;
  readonly #lingerMs: number;
  readonly #stops: Set<Stop>;
  #view: ScalarView | undefined;
  #isClosed: boolean;

  /** For the client; use `PvaClient.channel`. */
  constructor(wire: WireChannel, lingerMs: number) {
    this.name = wire.name;
    this.#wire = wire;
    this.#lingerMs = lingerMs;
    this.#stops = new Set();
    this.#view = undefined;
    this.#isClosed = false;
    wire.acquire();
  }

  get state(): ChannelState {
    return this.#isClosed ? 'closed' : this.#wire.state;
  }
  get rights(): Rights {
    return this.#wire.rights;
  }
  get type(): PvType | undefined {
    const desc = this.#wire.type;
    return desc === undefined ? undefined : { kind: 'struct', desc };
  }
  get scalarType(): ScalarType | undefined {
    const desc = this.#wire.type;
    return desc === undefined ? undefined : this.#viewOf(desc)?.type;
  }
  /** Address that was given instead of a search. */
  get server(): Endpoint | undefined {
    return this.#wire.server;
  }

  /** Waits until the channel is connected and its type is known. */
  async ready(options: CallOptions = {}): Promise<PvType> {
    if (this.#wire.isConnected && this.#wire.type !== undefined && !this.#isClosed) {
      return { kind: 'struct', desc: this.#wire.type };
    }
    return { kind: 'struct', desc: await this.typeOf('', options) };
  }

  /** The type of a field, '' for the whole structure, as the server describes it. */
  typeOf(path: string, options: CallOptions = {}): Promise<FieldDesc> {
    return this.#start<FieldDesc>('info', options, (call) => {
      const query = new TypeQuery(this.#wire, path, call);
      this.#wire.begin(query);
      return query.onGivenUp;
    });
  }

  /**
   * The value with alarm, time and metadata.
   *
   * @throws {TypeMismatchError} EPICS_TYPE when the PV has no scalar, array or enum `value`: use `getStruct`.
   */
  get(options: CallOptions = {}): Promise<Snapshot> {
    return this.#get<Snapshot>(undefined, options, this.#toSnapshot);
  }

  /** The structure, marked where the server sent something. */
  getStruct(options: StructOptions = {}): Promise<Value> {
    return this.#get<Value>(options.pvRequest, options, asIs);
  }

  /** The bare value: of an enum its index, of a structure without `value` a plain object. */
  getValue(options: StructOptions = {}): Promise<unknown> {
    return this.#get<unknown>(options.pvRequest, options, this.#toBare);
  }

  /**
   * Writes. A scalar or array goes to the field `value`; an enum takes its index or a choice; objects name fields.
   * Resolves when the server has answered. Puts of one channel are sent one after the other.
   */
  put(value: PvaPutValue, options: PvaPutOptions = {}): Promise<void> {
    return this.#put(value, options);
  }

  /** Writes the marked fields of a structure. */
  putStruct(value: Value, options: PvaPutOptions = {}): Promise<void> {
    return this.#put(value, options);
  }

  /** Lets the server process the record, writing nothing. */
  process(options: CallOptions = {}): Promise<void> {
    return this.#put({}, { ...options, pvRequest: 'record[process=true]field()' });
  }

  /** Calls the PV as a procedure with arguments made by hand. */
  call(args: Value | null, options: StructOptions = {}): Promise<Value | null> {
    return this.#start<Value | null>('rpc', options, (call) => {
      const operation = new RpcOperation(this.#wire, toRequest(options.pvRequest), args, call);
      this.#wire.begin(operation);
      return operation.onGivenUp;
    });
  }

  /** Calls the PV as a procedure with plain arguments. */
  rpc(args: RpcArguments | Value | null = {}, options: PvaCallOptions = {}): Promise<Value | null> {
    try {
      if (args === null || args instanceof Value) return this.call(args, options);
      return this.call(options.args === 'struct' ? toStruct(args) : toNtUri(this.name, args), options);
    } catch (error) {
      return Promise.reject(toError(error));
    }
  }

  /**
   * Lets `sink` have the present value and all changes until stopped. Reconnects are silent: the first update after
   * one holds everything.
   */
  subscribe(sink: UpdateSink<Snapshot>, options: PvaMonitorOptions = {}): Stop {
    let view: ScalarView | undefined;
    const listener: SubscriptionListener = {
      connected: () => {
        view = undefined;
      },
      update: (value) => {
        if (view === undefined) {
          // A view of its own: it remembers what this sink has seen.
          view = ScalarView.of(this.name, value.desc);
          if (view === undefined) {
            subscription.stop();
            sink.close(this.#noScalar(value.desc));
            return true;
          }
          view.connect(sink);
        }
        view.push(value);
        return true;
      },
      disconnected: () => {},
      finished: () => sink.close(),
      failed: (reason) => sink.close(reason),
    };
    const subscription = this.#subscribe(listener, options);
    return () => subscription.stop();
  }

  /** Lets `sink` have the whole structure and all changes until stopped; marks say what changed. */
  subscribeStruct(sink: UpdateSink<Value>, options: PvaMonitorOptions = {}): Stop {
    const masks = new MaskReader();
    const subscription = this.#subscribe(
      {
        connected: () => {},
        update: (value, _overrun, isInitial) => {
          sink.update(value, isInitial ? Event.All : masks.maskOf(value));
          return true;
        },
        disconnected: () => {},
        finished: () => sink.close(),
        failed: (reason) => sink.close(reason),
      },
      options,
    );
    return () => subscription.stop();
  }

  /** Tells a listener everything that happens to a subscription. What it throws is logged. */
  listen(listener: (event: PvaMonitorEvent) => void, options: PvaMonitorOptions = {}): PvaSubscription {
    return this.#subscribe(
      {
        connected: (peer) => listener({ type: 'connected', peer }),
        update: (value, overrun, initial) => {
          listener({ type: 'update', value, overrun, initial, squashed: 0 });
          return true;
        },
        disconnected: () => listener({ type: 'disconnected' }),
        finished: () => listener({ type: 'finished' }),
        failed: (error) => listener({ type: 'error', error }),
      },
      options,
    );
  }

  /** The values of the PV, from the present one on. Ends with the stream; throws what ends it otherwise. */
  monitor(options: PvaMonitorOptions = {}): MonitorFeed<Snapshot> {
    return this.#feed<Snapshot>(
      options,
      (_older, newer) => newer,
      (feed) => {
        let view: ScalarView | undefined;
        return {
          connected: () => {
            view = undefined;
          },
          update: (value) => {
            view ??= ScalarView.of(this.name, value.desc);
            if (view === undefined) {
              feed.fail(this.#noScalar(value.desc));
              return true;
            }
            feed.push(view.snapshot(value));
            return false;
          },
          disconnected: () => {},
          finished: () => feed.end(),
          failed: (reason) => feed.fail(reason),
        };
      },
    );
  }

  /** The structures of the PV, from the present one on; marks say what changed since the one before. */
  monitorStruct(options: PvaMonitorOptions = {}): MonitorFeed<Value> {
    return this.#feed<Value>(options, mergeValues, (feed) => ({
      connected: () => {},
      update: (value) => {
        feed.push(value);
        return false;
      },
      disconnected: () => {},
      finished: () => feed.end(),
      failed: (reason) => feed.fail(reason),
    }));
  }

  /** Everything that happens to a subscription, as data: also what `monitor` hides or throws. */
  monitorEvents(options: PvaMonitorOptions = {}): MonitorFeed<PvaMonitorEvent> {
    return this.#feed<PvaMonitorEvent>(options, mergeEvents, (feed) => ({
      connected: (peer) => feed.push({ type: 'connected', peer }),
      update: (value, overrun, initial) => {
        feed.push({ type: 'update', value, overrun, initial, squashed: 0 });
        return false;
      },
      disconnected: () => feed.push({ type: 'disconnected' }),
      finished: () => {
        feed.push({ type: 'finished' });
        feed.end();
      },
      failed: (error) => {
        feed.push({ type: 'error', error });
        feed.end();
      },
    }));
  }

  info(): ChannelInfo {
    const wire = this.#wire;
    return {
      scheme: 'pva',
      server: wire.isConnected ? (wire.link?.peer ?? '') : '',
      nativeType: wire.type === undefined ? '' : wire.type.id || wire.type.typeName,
      count: 1,
      connectedAt: wire.connectedAt,
      bytesIn: wire.link?.bytesIn ?? 0,
      bytesOut: wire.link?.bytesOut ?? 0,
    };
  }

  /** Why nothing comes: state, searches sent, addresses, refusals. */
  describe(): string {
    return this.#wire.describe();
  }

  onState(listener: (state: ChannelState) => void): Stop {
    return this.#own(this.#wire.onState.add(listener));
  }
  onRights(listener: (rights: Rights) => void): Stop {
    return this.#own(this.#wire.onRights.add(listener));
  }

  /** Ends what was begun on this handle. Calls that wait on the wire channel end when it closes. */
  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const stop of [...this.#stops]) stop();
    this.#stops.clear();
    this.#wire.release(this.#lingerMs);
  }

  #get<T>(
    pvRequest: string | Value | undefined,
    options: CallOptions,
    convert: (value: Value) => T,
  ): Promise<T> {
    const refusal = this.#refusal('get', options);
    if (refusal !== undefined) return Promise.reject(refusal);
    let getter: Getter;
    try {
      getter = this.#wire.getter(pvRequest);
    } catch (error) {
      return Promise.reject(toError(error));
    }
    return new Promise<T>((resolve, reject) => {
      const call = new StructCall<T>(resolve, reject, options.ifConnected === true, convert);
      if (options.timeoutMs !== undefined || options.signal !== undefined) {
        call.watch('get', options, this.#wire, getter.onGivenUp);
      }
      getter.add(call);
    });
  }

  #put(value: PvaPutValue, options: PvaPutOptions): Promise<void> {
    const refusal = this.#refusal('put', options);
    if (refusal !== undefined) return Promise.reject(refusal);
    let putter: Putter;
    try {
      putter = this.#wire.putter(options.pvRequest ?? putRequest(options));
    } catch (error) {
      return Promise.reject(toError(error));
    }
    return new Promise<void>((resolve, reject) => {
      const ifConnected = options.ifConnected === true;
      const call = new PutCall(resolve, reject, ifConnected, value, options.fetchPresent === true);
      if (options.timeoutMs !== undefined || options.signal !== undefined) {
        call.watch('put', options, this.#wire, putter.onGivenUp);
      }
      putter.add(call);
    });
  }

  /** A call with an operation of its own. @param begin starts it and returns what to do when it is given up. */
  #start<T>(what: string, options: CallOptions, begin: (call: Call<T>) => () => void): Promise<T> {
    const refusal = this.#refusal(what, options);
    if (refusal !== undefined) return Promise.reject(refusal);
    return new Promise<T>((resolve, reject) => {
      const call = new Call<T>(resolve, reject, options.ifConnected === true);
      const onGivenUp = begin(call);
      if (!call.isDone) call.watch(what, options, this.#wire, onGivenUp);
    });
  }

  /** Why a call cannot begin. */
  #refusal(what: string, options: CallOptions): Error | undefined {
    if (this.#isClosed || this.#wire.state === 'closed') {
      return new ClosedError(`${what} "${this.name}": the channel is closed`, { pvName: this.name });
    }
    if (options.signal?.aborted === true) return options.signal.reason as Error;
    if (options.ifConnected === true && !this.#wire.isConnected) {
      return new DisconnectedError(`${what} "${this.name}": not connected (${this.#wire.describe()})`, {
        pvName: this.name,
      });
    }
    return undefined;
  }

  #subscribe(listener: SubscriptionListener, options: PvaMonitorOptions): PvaSubscription {
    const request = monitorRequest(options);
    const isWhole = options.pvRequest === undefined;
    const subscription = new Subscription(this.#wire, request, listener, isWhole);
    const { signal } = options;
    const onAbort = (): void => {
      stop();
      listener.failed(toError(signal?.reason));
    };
    const stop = once(() => {
      this.#stops.delete(stop);
      signal?.removeEventListener('abort', onAbort);
      subscription.stop();
    });
    if (this.#isClosed || this.#wire.state === 'closed') {
      throw new ClosedError(`monitor "${this.name}": the channel is closed`, { pvName: this.name });
    }
    this.#stops.add(stop);
    if (signal?.aborted === true) onAbort();
    else {
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#wire.begin(subscription);
    }
    return {
      pause: () => subscription.pause(),
      resume: () => subscription.resume(),
      stop,
      stats: () => subscription.stats(),
      consumed: (count: number) => subscription.consumed(count),
      [Symbol.dispose]: stop,
    } as SteeredSubscription;
  }

  #feed<T>(
    options: PvaMonitorOptions,
    merge: (older: T, newer: T) => T | undefined,
    makeListener: (feed: MonitorFeed<T>) => SubscriptionListener,
  ): MonitorFeed<T> {
    let subscription: PvaSubscription | undefined;
    const { signal, ...others } = options;
    const feed = new MonitorFeed<T>({
      capacity: Math.max(1, options.queueSize ?? DEFAULT_QUEUE_SIZE),
      merge,
      signal,
      onTaken: (count) => (subscription as SteeredSubscription | undefined)?.consumed(count),
      onEnd: () => subscription?.stop(),
    });
    if (!feed.isEnded) subscription = this.#subscribe(makeListener(feed), others);
    if (feed.isEnded) subscription?.stop();
    return feed;
  }

  readonly #toSnapshot = (value: Value): Snapshot => {
    const view = this.#viewOf(value.desc);
    if (view === undefined) throw this.#noScalar(value.desc);
    return view.snapshot(value);
  };

  readonly #toBare = (value: Value): unknown => {
    const view = this.#viewOf(value.desc);
    if (view !== undefined) return view.snapshot(value).value;
    return value.desc.isStruct ? value.toObject() : value.content;
  };

  #viewOf(desc: FieldDesc): ScalarView | undefined {
    if (this.#view?.desc !== desc) this.#view = ScalarView.of(this.name, desc);
    return this.#view;
  }

  #noScalar(desc: FieldDesc): TypeMismatchError {
    return new TypeMismatchError(
      `"${this.name}" has no scalar, array or enum "value" (type ${desc.id || desc.typeName}): use its structure`,
      { pvName: this.name },
    );
  }

  #own(stop: Stop): Stop {
    if (this.#isClosed) {
      stop();
      return noStop;
    }
    const owned = once(() => {
      this.#stops.delete(owned);
      stop();
    });
    this.#stops.add(owned);
    return owned;
  }
}

/** A get with what turns the structure into its result. */
class StructCall<T> extends Call<unknown> implements GetCall {
  readonly convert: (value: Value) => T;
  constructor(
    resolve: (value: T) => void,
    reject: (reason: Error) => void,
    ifConnected: boolean,
    convert: (value: Value) => T,
  ) {
    super(resolve as (value: unknown) => void, reject, ifConnected);
    this.convert = convert;
  }
}

function asIs(value: Value): Value {
  return value;
}
