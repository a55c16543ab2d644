import type { Value } from '../pvdata/index.ts';
import {
  type AsyncFeed,
  type Clock,
  ClosedError,
  Deadlines,
  DisconnectedError,
  Listeners,
  noStop,
  once,
  type Stop,
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
import { feedOf } from './feed-of.ts';
import type { PvType, PvValue, ScalarType, Snapshot } from './model.ts';
import { Rights, type UpdateSink } from './source.ts';

/** Milliseconds that a name which CA has found may still be found by PVA. */
const PVA_HEAD_START_MS = 300;

/** A channel that two protocols search: the first to connect is it, PVA with a head start; the other is dropped. */
export class AutoChannel implements PvChannel {
  readonly name: string;
  readonly #pva: PvChannel;
  readonly #ca: PvChannel;
  readonly #deadlines: Deadlines;
  readonly #stateListeners: Listeners<ChannelState>;
  readonly #rightsListeners: Listeners<Rights>;
  readonly #waiting: Set<(channel: PvChannel) => void>;
  #chosen: PvChannel | undefined;
  #isClosed: boolean;
  #stops: Stop[];

  constructor(name: string, pva: PvChannel, ca: PvChannel, clock: Clock) {
    this.name = name;
    this.#pva = pva;
    this.#ca = ca;
    this.#deadlines = new Deadlines(clock);
    this.#stateListeners = new Listeners(() => {});
    this.#rightsListeners = new Listeners(() => {});
    this.#waiting = new Set();
    this.#chosen = undefined;
    this.#isClosed = false;
    this.#stops = [];
    this.#watch();
  }

  get state(): ChannelState {
    if (this.#isClosed) return 'closed';
    return this.#chosen?.state ?? 'searching';
  }
  get rights(): Rights {
    return this.#chosen?.rights ?? Rights.None;
  }
  get type(): PvType | undefined {
    return this.#chosen?.type;
  }
  get scalarType(): ScalarType | undefined {
    return this.#chosen?.scalarType;
  }

  ready(options: CallOptions = {}): Promise<PvType> {
    return this.#with('connect to', options, (channel) => channel.ready(options));
  }
  get(options: CallOptions = {}): Promise<Snapshot> {
    return this.#with('get', options, (channel) => channel.get(options));
  }
  put(value: PvValue, options: PutOptions = {}): Promise<void> {
    return this.#with('put to', options, (channel) => channel.put(value, options));
  }
  getStruct(options: StructOptions = {}): Promise<Value> {
    return this.#with('get', options, (channel) => channel.getStruct(options));
  }
  putStruct(value: Value, options: PutOptions & StructOptions = {}): Promise<void> {
    return this.#with('put to', options, (channel) => channel.putStruct(value, options));
  }
  call(args: Value | null, options: StructOptions = {}): Promise<Value | null> {
    return this.#with('call of', options, (channel) => channel.call(args, options));
  }

  subscribe(sink: UpdateSink<Snapshot>, options?: MonitorOptions): Stop {
    return this.#subscribe(sink, (channel) => channel.subscribe(sink, options));
  }
  subscribeStruct(sink: UpdateSink<Value>, options?: MonitorOptions): Stop {
    return this.#subscribe(sink, (channel) => channel.subscribeStruct(sink, options));
  }
  monitor(options: MonitorOptions = {}): AsyncFeed<Snapshot> {
    return feedOf<Snapshot, MonitorOptions>(options, (sink, wishes) => this.subscribe(sink, wishes));
  }

  info(): ChannelInfo {
    return (this.#chosen ?? this.#pva).info();
  }
  onState(listener: (state: ChannelState) => void): Stop {
    return this.#stateListeners.add(listener);
  }
  onRights(listener: (rights: Rights) => void): Stop {
    return this.#rightsListeners.add(listener);
  }

  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const stop of this.#stops) stop();
    this.#deadlines.clear();
    for (const channel of this.#chosen === undefined ? [this.#pva, this.#ca] : [this.#chosen]) {
      channel[Symbol.dispose]();
    }
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    // They see the closed channel and tell their callers so.
    for (const go of waiting) go(this.#pva);
    this.#stateListeners.emit('closed');
  }

  #watch(): void {
    const onPva = (state: ChannelState): void => {
      if (state === 'connected') this.#choose(this.#pva);
    };
    const onCa = (state: ChannelState): void => {
      if (state !== 'connected') return;
      this.#deadlines.after(PVA_HEAD_START_MS, () => {
        if (this.#ca.state === 'connected') this.#choose(this.#ca);
      });
    };
    this.#stops.push(this.#pva.onState(onPva), this.#ca.onState(onCa));
    onPva(this.#pva.state);
    if (this.#chosen === undefined) onCa(this.#ca.state);
  }

  #choose(channel: PvChannel): void {
    if (this.#chosen !== undefined || this.#isClosed) return;
    this.#chosen = channel;
    this.#deadlines.clear();
    for (const stop of this.#stops) stop();
    (channel === this.#pva ? this.#ca : this.#pva)[Symbol.dispose]();
    this.#stops = [
      channel.onState((state) => this.#stateListeners.emit(state)),
      channel.onRights((rights) => this.#rightsListeners.emit(rights)),
    ];
    this.#stateListeners.emit(channel.state);
    this.#rightsListeners.emit(channel.rights);
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const go of waiting) go(channel);
  }

  #with<T>(verb: string, options: CallOptions, body: (channel: PvChannel) => Promise<T>): Promise<T> {
    const what = `${verb} "${this.name}"`;
    if (this.#isClosed) return Promise.reject(this.#closedError());
    return withLimits(what, options, this.#deadlines, (isOver) => {
      if (this.#chosen !== undefined) return body(this.#chosen);
      if (options.ifConnected === true) {
        return Promise.reject(
          new DisconnectedError(`${what} failed: the channel is searching`, { pvName: this.name }),
        );
      }
      return new Promise<T>((resolve, reject) => {
        this.#waiting.add((channel) => {
          if (this.#isClosed) reject(this.#closedError());
          else if (!isOver()) body(channel).then(resolve, reject);
        });
      });
    });
  }

  #subscribe<D>(sink: UpdateSink<D>, start: (channel: PvChannel) => Stop): Stop {
    if (this.#chosen !== undefined && !this.#isClosed) return start(this.#chosen);
    if (this.#isClosed) {
      sink.close(this.#closedError());
      return noStop;
    }
    let stop: Stop = noStop;
    const go = (channel: PvChannel): void => {
      if (this.#isClosed) sink.close(this.#closedError());
      else stop = start(channel);
    };
    this.#waiting.add(go);
    return once(() => {
      this.#waiting.delete(go);
      stop();
    });
  }

  #closedError(): ClosedError {
    return new ClosedError(`the channel "${this.name}" is closed`, { pvName: this.name });
  }
}
