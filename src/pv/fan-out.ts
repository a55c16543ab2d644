import { Value } from '../pvdata/index.ts';
import { type BitSet, InternalError, once, type Stop, toError } from '../util/index.ts';
import { addMarks, type EventFields, eventFieldsOf, leafMarks } from './marks.ts';
import { Event, type EventMask, type Metadata } from './model.ts';
import { type MessageSink, ReadOperation } from './op-context.ts';
import { SharedUpdate, type UpdateData } from './shared-update.ts';
import type { MaybePromise, MonitorContext, ReadContext, UpdateSink } from './source.ts';

/** The part of a served PV that a fan-out needs. */
export interface FanOutSource<D extends UpdateData> {
  readonly name: string;
  read(context: ReadContext): MaybePromise<D>;
  monitor(sink: UpdateSink<D>, context: MonitorContext): Stop;
  monitorKey?(context: MonitorContext): string | undefined;
}

/** One client's subscription, as a server implements it. */
export interface FanOutSubscriber<D extends UpdateData> {
  /** The first call has the complete state, everything marked. Must not throw or block. */
  onUpdate(update: SharedUpdate<D>): void;
  /** The last call. No reason: the PV has no more updates. */
  onClose(reason?: Error): void;
  /**
   * The state could not be read for the first update. The subscription lives on and the next update will be its
   * first. Absent: `onClose` is called instead.
   */
  onReadError?(error: Error): void;
}

/** A subscription's wishes. */
export interface SubscribeContext extends MonitorContext {
  /** Takes the source's texts for this client. */
  readonly message?: MessageSink;
}

/** What a fan-out may be told. */
export interface FanOutOptions {
  /** Told of subscribers that threw; they are closed. */
  readonly onFault?: (error: unknown) => void;
}

/**
 * Shares the monitors of one PV among all its subscribers on one server.
 *
 * Subscribers are grouped by the PV's `monitorKey`; each group has one `monitor` call, and each post makes one
 * `SharedUpdate` for all whose event mask lets it pass. Without `monitorKey` there is one group that monitors
 * everything, and the masks are applied here.
 *
 * A subscriber that joins a running group gets what the PV says of its state now, never the kept last update: a
 * record inside its deadband is ahead of that.
 *
 * @see epics-base modules/database/src/ioc/db/dbEvent.c, db_post_single_event
 */
export class FanOut<D extends UpdateData> {
  readonly #pv: FanOutSource<D>;
  readonly #onFault: ((error: unknown) => void) | undefined;
  readonly #groups: Map<string, Group<D>>;
  #count: number;

  constructor(pv: FanOutSource<D>, options: FanOutOptions = {}) {
    this.#pv = pv;
    this.#onFault = options.onFault;
    this.#groups = new Map();
    this.#count = 0;
  }

  /** Number of subscribers. */
  get subscriberCount(): number {
    return this.#count;
  }

  /**
   * Adds a subscriber. Its first update may arrive before this returns, and so may its end.
   * After `Stop` it is not called again.
   */
  subscribe(subscriber: FanOutSubscriber<D>, context: SubscribeContext): Stop {
    const isKeyed = this.#pv.monitorKey !== undefined;
    const key = isKeyed ? this.#pv.monitorKey?.(context) : '';
    let group = key === undefined ? undefined : this.#groups.get(key);
    const isNew = group === undefined;
    if (group === undefined) {
      const started = new Group<D>(this.#pv, !isKeyed, this.#onFault, () => {
        if (key !== undefined && this.#groups.get(key) === started) this.#groups.delete(key);
      });
      group = started;
      if (key !== undefined) this.#groups.set(key, group);
    }
    this.#count++;
    const left = once(() => {
      this.#count--;
    });
    return group.add(subscriber, context, isNew, left);
  }

  /** Ends all subscriptions with `onClose`. */
  close(reason?: Error): void {
    for (const group of [...this.#groups.values()]) group.close(reason);
  }
}

const State = {
  /** The group has had no update yet. */
  Waiting: 0,
  /** Its own read is under way. */
  Reading: 1,
  /** The read failed: the next update is the first one, all marked. */
  Unread: 2,
  Live: 3,
  Ended: 4,
} as const;
type State = (typeof State)[keyof typeof State];

class Member<D extends UpdateData> {
  readonly subscriber: FanOutSubscriber<D>;
  readonly mask: EventMask;
  readonly left: () => void;
  state: State;
  read: ReadOperation | undefined;

  constructor(subscriber: FanOutSubscriber<D>, mask: EventMask, left: () => void) {
    this.subscriber = subscriber;
    this.mask = mask;
    this.left = left;
    this.state = State.Waiting;
    this.read = undefined;
  }
}

/** The members of a group that see the same events. */
interface Lane<D extends UpdateData> {
  readonly mask: EventMask;
  members: readonly Member<D>[];
  /** Marks of alarm and metadata in updates that the mask held back. */
  pending: BitSet | undefined;
}

interface Post<D> {
  readonly data: D;
  readonly mask: EventMask;
}

class Group<D extends UpdateData> implements UpdateSink<D> {
  readonly #pv: FanOutSource<D>;
  readonly #isFiltered: boolean;
  readonly #onFault: ((error: unknown) => void) | undefined;
  readonly #onEmpty: () => void;
  #lanes: readonly Lane<D>[];
  #stop: Stop | undefined;
  #isEnded: boolean;
  #hasState: boolean;
  /** Structures: every field that was ever marked. */
  #seen: BitSet | undefined;
  #fields: EventFields | undefined;
  /** Scalars: metadata of the latest update, to tell when a poster forgot to say that it changed. */
  #meta: Metadata | undefined;
  #isDelivering: boolean;
  #backlog: Post<D>[];
  #closing: { readonly reason: Error | undefined } | undefined;
  /** The first update of the latest late member, for others that join before anything changes. */
  #joined: SharedUpdate<D> | undefined;

  constructor(
    pv: FanOutSource<D>,
    isFiltered: boolean,
    onFault: ((error: unknown) => void) | undefined,
    onEmpty: () => void,
  ) {
    this.#pv = pv;
    this.#isFiltered = isFiltered;
    this.#onFault = onFault;
    this.#onEmpty = onEmpty;
    this.#lanes = [];
    this.#stop = undefined;
    this.#isEnded = false;
    this.#hasState = false;
    this.#seen = undefined;
    this.#fields = undefined;
    this.#meta = undefined;
    this.#isDelivering = false;
    this.#backlog = [];
    this.#closing = undefined;
    this.#joined = undefined;
  }

  add(subscriber: FanOutSubscriber<D>, context: SubscribeContext, isNew: boolean, left: () => void): Stop {
    const member = new Member(subscriber, this.#isFiltered ? context.mask : Event.All, left);
    this.#enter(member);
    if (isNew) this.#start(context);
    else if (this.#hasState) this.#readFor(member, context);
    return () => this.#remove(member);
  }

  // ---- the sink of the PV's monitor

  update(data: D, mask: EventMask): void {
    if (this.#isEnded) return;
    if (this.#isDelivering) {
      // A subscriber's answer to one update posted the next: all must see them in this order.
      this.#backlog.push({ data, mask });
      return;
    }
    this.#isDelivering = true;
    try {
      this.#deliver(data, mask);
      for (let post = this.#backlog.shift(); post !== undefined; post = this.#backlog.shift()) {
        this.#deliver(post.data, post.mask);
      }
    } finally {
      this.#isDelivering = false;
    }
    if (this.#closing !== undefined) this.close(this.#closing.reason);
  }

  close(reason?: Error): void {
    if (this.#isEnded) return;
    if (this.#isDelivering) {
      this.#closing ??= { reason };
      return;
    }
    this.#isEnded = true;
    const lanes = this.#lanes;
    this.#lanes = [];
    this.#onEmpty();
    this.#stop?.();
    for (const lane of lanes) {
      for (const member of lane.members) this.#end(member, reason);
    }
  }

  // ---- members

  #start(context: SubscribeContext): void {
    try {
      const stop = this.#pv.monitor(this, {
        peer: context.peer,
        mask: this.#isFiltered ? Event.All : context.mask,
        pvRequest: this.#isFiltered ? undefined : context.pvRequest,
      });
      // The only subscriber may have left, or the PV closed, during the call.
      if (this.#isEnded) stop();
      else this.#stop = stop;
    } catch (error) {
      this.close(toError(error));
    }
  }

  #enter(member: Member<D>): void {
    const lane = this.#lanes.find((other) => other.mask === member.mask);
    if (lane === undefined) {
      this.#lanes = [...this.#lanes, { mask: member.mask, members: [member], pending: undefined }];
    } else lane.members = [...lane.members, member];
  }

  #remove(member: Member<D>): void {
    if (member.state === State.Ended) return;
    member.state = State.Ended;
    member.left();
    member.read?.abort();
    member.read = undefined;
    for (const lane of this.#lanes) {
      if (lane.mask === member.mask) lane.members = lane.members.filter((other) => other !== member);
    }
    this.#lanes = this.#lanes.filter((lane) => lane.members.length > 0);
    if (this.#lanes.length > 0 || this.#isEnded) return;
    this.#isEnded = true;
    this.#onEmpty();
    this.#stop?.();
  }

  #end(member: Member<D>, reason: Error | undefined): void {
    if (member.state === State.Ended) return;
    member.state = State.Ended;
    member.left();
    member.read?.abort(reason);
    member.read = undefined;
    try {
      member.subscriber.onClose(reason);
    } catch (error) {
      this.#onFault?.(error);
    }
  }

  // ---- first update of those that join a running group

  #readFor(member: Member<D>, context: SubscribeContext): void {
    const read = new ReadOperation('monitor', context.peer, context.pvRequest, context.message);
    member.state = State.Reading;
    member.read = read;
    let data: MaybePromise<D>;
    try {
      data = this.#pv.read(read);
    } catch (error) {
      this.#onReadError(member, error);
      return;
    }
    if (data instanceof Promise) {
      data.then(
        (settled) => this.#onRead(member, settled),
        (error: unknown) => this.#onReadError(member, error),
      );
    } else this.#onRead(member, data);
  }

  #onRead(member: Member<D>, data: D): void {
    // An update that came first has made the member live.
    if (member.state !== State.Reading) return;
    member.state = State.Live;
    member.read = undefined;
    if (this.#joined?.data !== data) this.#joined = this.#wholeState(data);
    this.#call(member, this.#joined);
  }

  #onReadError(member: Member<D>, thrown: unknown): void {
    if (member.state !== State.Reading) return;
    const error = toError(thrown);
    member.read = undefined;
    if (member.subscriber.onReadError === undefined) {
      this.#remove(member);
      this.#report(member, error);
      return;
    }
    member.state = State.Unread;
    try {
      member.subscriber.onReadError(error);
    } catch (fault) {
      this.#fail(member, fault);
    }
  }

  /** The update that tells everything of `data`: all events, and every mark ever seen. */
  #wholeState(data: D): SharedUpdate<D> {
    if (!(data instanceof Value)) return new SharedUpdate<D>(data, Event.All);
    const marks = this.#seen === undefined ? data.marks : this.#seen.clone().or(data.marks);
    return new SharedUpdate<D>(data, Event.All, marks);
  }

  // ---- delivery

  #deliver(data: D, mask: EventMask): void {
    const isFirst = !this.#hasState;
    this.#hasState = true;
    this.#joined = undefined;
    let events = isFirst ? Event.All : mask;
    if (data instanceof Value) {
      if (this.#seen === undefined) this.#seen = data.marks;
      else addMarks(this.#seen, data);
    } else {
      if (data.meta !== this.#meta) events |= Event.Property;
      this.#meta = data.meta;
    }
    const update = new SharedUpdate<D>(data, events);
    let whole: SharedUpdate<D> | undefined;
    for (const lane of this.#lanes) {
      const laneUpdate = this.#forLane(lane, update);
      for (const member of lane.members) {
        if (member.state === State.Live) {
          if (laneUpdate !== undefined) this.#call(member, laneUpdate);
        } else if (member.state !== State.Ended) {
          // Its first update, whatever its mask: the state that is newer than a read under way.
          member.read?.abort();
          member.read = undefined;
          member.state = State.Live;
          whole ??= isFirst ? update : this.#wholeState(data);
          this.#call(member, whole);
        }
      }
    }
  }

  /** The update as the lane's mask lets it pass, with the marks held back so far; undefined when it does not. */
  #forLane(lane: Lane<D>, update: SharedUpdate<D>): SharedUpdate<D> | undefined {
    const passes = (update.mask & lane.mask) !== 0;
    const data = update.data;
    if (!(data instanceof Value)) return passes ? update : undefined;
    if (!passes) {
      this.#fields ??= eventFieldsOf(data.desc);
      const held = leafMarks(data.desc, data.marks);
      held.andNot(this.#fields.value).andNot(this.#fields.timeStamp);
      if (!held.isEmpty) lane.pending = lane.pending === undefined ? held : lane.pending.or(held);
      return undefined;
    }
    if (lane.pending === undefined) return update;
    const marks = lane.pending.or(data.marks);
    lane.pending = undefined;
    return new SharedUpdate<D>(data, update.mask, marks);
  }

  #call(member: Member<D>, update: SharedUpdate<D>): void {
    try {
      member.subscriber.onUpdate(update);
    } catch (error) {
      this.#fail(member, error);
    }
  }

  #fail(member: Member<D>, cause: unknown): void {
    this.#onFault?.(cause);
    if (member.state === State.Ended) return;
    this.#remove(member);
    this.#report(member, new InternalError(`subscriber of "${this.#pv.name}" failed`, { cause }));
  }

  /** Tells a member that was removed why. */
  #report(member: Member<D>, reason: Error): void {
    try {
      member.subscriber.onClose(reason);
    } catch (error) {
      this.#onFault?.(error);
    }
  }
}
