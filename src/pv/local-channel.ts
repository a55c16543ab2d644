import { parsePvRequest, selectMask, Value } from '../pvdata/index.ts';
import {
  AccessError,
  type AsyncFeed,
  type Clock,
  ClosedError,
  type Deadlines,
  DisconnectedError,
  Listeners,
  noStop,
  once,
  type Stop,
  TypeMismatchError,
  toError,
} from '../util/index.ts';
import { withLimits } from './call-limits.ts';
import type {
  CallOptions,
  ChannelInfo,
  ChannelState,
  MonitorOptions,
  PutOptions,
  PvChannel,
  StructOptions,
} from './client.ts';
import type { FanOut } from './fan-out.ts';
import { feedOf } from './feed-of.ts';
import { Event, type PvType, type PvValue, type ScalarType, type Snapshot, type TimeStamp } from './model.ts';
import { Operation, ReadOperation, WriteOperation } from './op-context.ts';
import { elementTypeOf } from './scalar-type.ts';
import type { SharedUpdate, UpdateData } from './shared-update.ts';
import {
  isScalarPv,
  isStructPv,
  type MaybePromise,
  type Peer,
  type PvSource,
  Rights,
  type ServedPv,
  type ServedScalarPv,
  type ServedStructPv,
  type ServedUntypedPv,
  type UpdateSink,
} from './source.ts';
import { nowStamp } from './time.ts';

/** What a channel needs of its client. */
export interface LocalHome {
  readonly source: PvSource;
  readonly peer: Peer;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  scalarOf(pv: ServedPv): MaybePromise<ServedScalarPv | undefined>;
  structOf(pv: ServedPv): ServedStructPv | ServedUntypedPv;
  scalarFanOut(pv: ServedScalarPv): FanOut<Snapshot>;
  structFanOut(pv: ServedStructPv): FanOut<Value>;
  onDispose(): void;
}

/** What is there while connected. */
interface Link {
  readonly pv: ServedScalarPv | ServedStructPv;
  readonly scalar: ServedScalarPv | undefined;
  readonly struct: ServedStructPv;
  readonly at: TimeStamp;
}

interface Subscription {
  /** Starts on a new link. */
  start(link: Link): void;
  /** The link is gone. */
  pause(): void;
  /** The channel is closed. */
  end(reason: Error): void;
}

/** A channel to a PV of a source in this process. */
export class LocalChannel implements PvChannel {
  readonly name: string;
  readonly #home: LocalHome;
  readonly #stateListeners: Listeners<ChannelState>;
  readonly #rightsListeners: Listeners<Rights>;
  readonly #subscriptions: Set<Subscription>;
  readonly #waiting: Set<{ readonly resolve: (link: Link) => void; readonly reject: (error: Error) => void }>;
  #state: ChannelState;
  #open: ServedPv | undefined;
  #link: Link | undefined;
  #rights: Rights;
  #stops: Stop[];
  #stopNames: Stop;
  /** Tells answers to an earlier attempt from those to the present one. */
  #attempt: number;

  constructor(name: string, home: LocalHome) {
    this.name = name;
    this.#home = home;
    this.#stateListeners = new Listeners(() => {});
    this.#rightsListeners = new Listeners(() => {});
    this.#subscriptions = new Set();
    this.#waiting = new Set();
    this.#state = 'searching';
    this.#open = undefined;
    this.#link = undefined;
    this.#rights = Rights.None;
    this.#stops = [];
    this.#stopNames = noStop;
    this.#attempt = 0;
  }

  get state(): ChannelState {
    return this.#state;
  }
  get rights(): Rights {
    return this.#rights;
  }
  get type(): PvType | undefined {
    return this.#link?.pv.type;
  }
  get scalarType(): ScalarType | undefined {
    return this.#link?.scalar?.type;
  }

  /** Begins to look for the PV; called once by the client. */
  connect(): void {
    this.#stopNames =
      this.#home.source.onNames?.((event) => {
        if (event.name !== this.name) return;
        if (event.type === 'removed') this.#drop();
        else if (this.#open === undefined) this.#search();
      }) ?? noStop;
    this.#search();
  }

  async ready(options: CallOptions = {}): Promise<PvType> {
    return withLimits(`connect to "${this.name}"`, options, this.#home.deadlines, async () => {
      const link = await this.#linked('connect to', options);
      return link.pv.type;
    });
  }

  get(options: CallOptions = {}): Promise<Snapshot> {
    const read = new ReadOperation('get', this.#home.peer);
    return this.#run('get', options, read, async (link) => {
      this.#require(Rights.Read, 'read');
      return this.#scalarOf(link).read(read);
    });
  }

  put(value: PvValue, options: PutOptions = {}): Promise<void> {
    const write = new WriteOperation(this.#home.peer, options.wait ?? false);
    return this.#run('put to', options, write, async (link) => {
      this.#require(Rights.Write, 'write');
      const scalar = this.#scalarOf(link);
      if (scalar.write === undefined) throw this.#refused('write');
      await scalar.write({ element: elementTypeOf(value), value }, write);
    });
  }

  getStruct(options: StructOptions = {}): Promise<Value> {
    const pvRequest = requestOf(options.pvRequest);
    const read = new ReadOperation('get', this.#home.peer, pvRequest);
    return this.#run('get', options, read, async (link) => {
      this.#require(Rights.Read, 'read');
      const value = await link.struct.read(read);
      return pvRequest === undefined ? value : select(value, undefined, pvRequest);
    });
  }

  putStruct(value: Value, options: PutOptions & StructOptions = {}): Promise<void> {
    const pvRequest = requestOf(options.pvRequest);
    const write = new WriteOperation(this.#home.peer, options.wait ?? false, 'passive', pvRequest);
    return this.#run('put to', options, write, async (link) => {
      this.#require(Rights.Write, 'write');
      if (link.struct.write === undefined) throw this.#refused('write');
      // The source gets its own type, whatever the caller's is.
      const { desc } = link.struct.type;
      await link.struct.write(value.desc === desc ? value : new Value(desc).assign(value), write);
    });
  }

  async call(args: Value | null, options: StructOptions = {}): Promise<Value | null> {
    const operation = new Operation(this.#home.peer, requestOf(options.pvRequest));
    const what = `call of "${this.name}"`;
    return withLimits(
      what,
      options,
      this.#home.deadlines,
      async () => {
        // A PV without a type yet takes calls.
        const pv = this.#open ?? (await this.#linked('call of', options)).pv;
        if (operation.isAborted) throw this.#closedError();
        this.#require(Rights.Call, 'call');
        if (pv.call === undefined) throw this.#refused('call');
        return pv.call(args, operation);
      },
      operation,
    );
  }

  subscribe(sink: UpdateSink<Snapshot>, options: MonitorOptions = {}): Stop {
    return this.#subscribe<Snapshot>(
      sink,
      options,
      (link) => (link.scalar === undefined ? undefined : this.#home.scalarFanOut(link.scalar)),
      (update) => update.data,
    );
  }

  subscribeStruct(sink: UpdateSink<Value>, options: MonitorOptions = {}): Stop {
    const pvRequest = requestOf(options.pvRequest);
    return this.#subscribe<Value>(
      sink,
      options,
      (link) => this.#home.structFanOut(link.struct),
      (update) => {
        if (pvRequest === undefined && update.marks === undefined) return update.data;
        const value = select(update.data, update, pvRequest);
        return value.nextMark(0) < 0 ? undefined : value;
      },
    );
  }

  monitor(options: MonitorOptions = {}): AsyncFeed<Snapshot> {
    const wishes = options.mask === undefined ? {} : { mask: options.mask };
    return feedOf<Snapshot, MonitorOptions>(options, (sink) => this.subscribe(sink, wishes));
  }

  info(): ChannelInfo {
    const type = this.type;
    const scalar = this.scalarType;
    const nativeType = type?.kind === 'struct' ? type.desc.id || type.desc.typeName : (type?.element ?? '');
    return {
      scheme: 'local',
      server: '',
      nativeType,
      count: scalar?.caCount ?? 1,
      connectedAt: this.#link?.at,
      bytesIn: 0,
      bytesOut: 0,
    };
  }

  onState(listener: (state: ChannelState) => void): Stop {
    return this.#stateListeners.add(listener);
  }

  onRights(listener: (rights: Rights) => void): Stop {
    return this.#rightsListeners.add(listener);
  }

  [Symbol.dispose](): void {
    if (this.#state === 'closed') return;
    this.#stopNames();
    this.#unlink();
    this.#setState('closed');
    const error = this.#closedError();
    for (const waiting of this.#waiting) waiting.reject(error);
    this.#waiting.clear();
    for (const subscription of [...this.#subscriptions]) subscription.end(error);
    this.#subscriptions.clear();
    this.#home.onDispose();
  }

  // ---- connection

  #search(): void {
    const attempt = ++this.#attempt;
    let found: MaybePromise<ServedPv | undefined>;
    try {
      found = this.#home.source.open(this.name, this.#home.peer);
    } catch {
      // As a server that refuses the channel: the name may come later.
      return;
    }
    if (!(found instanceof Promise)) {
      this.#onOpen(attempt, found);
      return;
    }
    found.then(
      (pv) => this.#onOpen(attempt, pv),
      () => this.#onOpen(attempt, undefined),
    );
  }

  #isStale(attempt: number): boolean {
    return attempt !== this.#attempt || this.#state === 'closed';
  }

  #onOpen(attempt: number, pv: ServedPv | undefined): void {
    if (this.#isStale(attempt) || pv === undefined) return;
    this.#open = pv;
    this.#stops.push(pv.attach?.(this.#home.peer) ?? noStop);
    this.#stops.push(pv.onClose(() => this.#drop()));
    const readRights = (): void => this.#setRights(pv.rights(this.#home.peer));
    readRights();
    if (pv.onRightsChange !== undefined) this.#stops.push(pv.onRightsChange(readRights));
    if (isScalarPv(pv) || isStructPv(pv)) {
      this.#onTyped(attempt, pv);
      return;
    }
    this.#setState('connecting');
    pv.opened?.then(
      (typed) => {
        if (this.#isStale(attempt)) return;
        this.#stops.push(typed.onClose(() => this.#drop()));
        this.#onTyped(attempt, typed);
      },
      () => this.#drop(),
    );
  }

  #onTyped(attempt: number, pv: ServedScalarPv | ServedStructPv): void {
    const scalar = this.#home.scalarOf(pv);
    if (scalar instanceof Promise) {
      this.#setState('connecting');
      scalar.then(
        (view) => this.#onView(attempt, pv, view),
        () => this.#onView(attempt, pv, undefined),
      );
    } else this.#onView(attempt, pv, scalar);
  }

  #onView(attempt: number, pv: ServedScalarPv | ServedStructPv, scalar: ServedScalarPv | undefined): void {
    if (this.#isStale(attempt)) return;
    const struct = this.#home.structOf(pv) as ServedStructPv;
    if (scalar !== undefined && scalar !== pv) this.#stops.push(scalar.onClose(() => this.#drop()));
    const link: Link = { pv, scalar, struct, at: nowStamp(this.#home.clock) };
    this.#link = link;
    this.#setState('connected');
    for (const waiting of this.#waiting) waiting.resolve(link);
    this.#waiting.clear();
    for (const subscription of [...this.#subscriptions]) {
      if (this.#link === link) subscription.start(link);
    }
  }

  /** The PV is gone; it may be there again at once, with another type. */
  #drop(): void {
    if (this.#state === 'closed' || this.#open === undefined) return;
    this.#unlink();
    this.#setState('disconnected');
    this.#search();
  }

  #unlink(): void {
    this.#attempt++;
    const stops = this.#stops;
    this.#stops = [];
    this.#open = undefined;
    this.#link = undefined;
    for (const stop of stops) stop();
    for (const subscription of [...this.#subscriptions]) subscription.pause();
    this.#setRights(Rights.None);
  }

  #setState(state: ChannelState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#stateListeners.emit(state);
  }

  #setRights(rights: Rights): void {
    if (rights === this.#rights) return;
    this.#rights = rights;
    this.#rightsListeners.emit(rights);
  }

  // ---- operations

  async #run<T>(
    verb: string,
    options: CallOptions,
    operation: Operation,
    body: (link: Link) => Promise<T>,
  ): Promise<T> {
    return withLimits(
      `${verb} "${this.name}"`,
      options,
      this.#home.deadlines,
      async () => {
        const link = await this.#linked(verb, options);
        // The caller has had its answer: nothing may happen any more.
        if (operation.isAborted) throw this.#closedError();
        return body(link);
      },
      operation,
    );
  }

  /** The link, once there is one. The limits are the caller's business. */
  #linked(verb: string, options: CallOptions): Promise<Link> {
    if (this.#state === 'closed') return Promise.reject(this.#closedError());
    if (this.#link !== undefined) return Promise.resolve(this.#link);
    if (options.ifConnected === true) {
      const text = `${verb} "${this.name}" failed: the channel is ${this.#state}`;
      return Promise.reject(new DisconnectedError(text, { pvName: this.name }));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.add({ resolve, reject });
    });
  }

  #scalarOf(link: Link): ServedScalarPv {
    if (link.scalar !== undefined) return link.scalar;
    throw new TypeMismatchError(`"${this.name}" has no value that is a scalar or an array`, {
      pvName: this.name,
    });
  }

  #require(right: Rights, name: 'read' | 'write' | 'call'): void {
    if ((this.#rights & right) === 0) throw this.#refused(name);
  }

  #refused(right: 'read' | 'write' | 'call'): AccessError {
    return new AccessError(`"${this.name}" does not allow to ${right}`, right, { pvName: this.name });
  }

  #closedError(): ClosedError {
    return new ClosedError(`the channel "${this.name}" is closed`, { pvName: this.name });
  }

  #subscribe<D extends UpdateData>(
    sink: UpdateSink<D>,
    options: MonitorOptions,
    fanOutOf: (link: Link) => FanOut<D> | undefined,
    toData: (update: SharedUpdate<D>) => D | undefined,
  ): Stop {
    const { signal } = options;
    const context = {
      peer: this.#home.peer,
      mask: options.mask ?? Event.Value | Event.Alarm | Event.Property,
      pvRequest: requestOf(options.pvRequest),
    };
    let stopUpdates: Stop = noStop;
    const leave = once(() => {
      this.#subscriptions.delete(subscription);
      signal?.removeEventListener('abort', onAbort);
      stopUpdates();
    });
    const end = (reason: Error | undefined): void => {
      if (!this.#subscriptions.has(subscription)) return;
      leave();
      sink.close(reason);
    };
    const onAbort = (): void => end(toError(signal?.reason));
    const subscription: Subscription = {
      start: (link) => {
        const fanOut = fanOutOf(link);
        if (fanOut === undefined) {
          end(new TypeMismatchError(`"${this.name}" has no value that is a scalar or an array`));
          return;
        }
        const stop = fanOut.subscribe(
          {
            onUpdate: (update) => {
              const data = toData(update);
              if (data !== undefined) sink.update(data, update.mask);
            },
            // An end without a lost link is the monitor's own.
            onClose: (reason) => {
              if (this.#link === link) end(reason);
            },
            onReadError: () => {},
          },
          context,
        );
        if (this.#subscriptions.has(subscription) && this.#link === link) stopUpdates = stop;
        else stop();
      },
      pause: () => {
        stopUpdates();
        stopUpdates = noStop;
      },
      end,
    };
    if (signal?.aborted === true || this.#state === 'closed') {
      sink.close(signal?.aborted === true ? toError(signal.reason) : this.#closedError());
      return noStop;
    }
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#subscriptions.add(subscription);
    if (this.#link !== undefined) subscription.start(this.#link);
    return leave;
  }
}

function requestOf(pvRequest: string | Value | undefined): Value | undefined {
  return typeof pvRequest === 'string' ? parsePvRequest(pvRequest) : pvRequest;
}

/** A copy that marks what changed and was asked for. */
function select(data: Value, update: SharedUpdate<Value> | undefined, pvRequest: Value | undefined): Value {
  const value = data.clone();
  if (update?.marks !== undefined) value.marks = update.marks;
  if (pvRequest === undefined) return value;
  const wanted = selectMask(data.desc, pvRequest);
  const marks = value.marks;
  value.unmark();
  const { sizes, structs } = data.desc.program;
  for (let bit = marks.next(0); bit >= 0; bit = marks.next(bit + 1)) {
    const end = bit + (sizes[bit] ?? 1);
    for (let i = bit; i < end; i++) if (!structs.get(i) && wanted.get(i)) value.markAt(i);
  }
  return value;
}
