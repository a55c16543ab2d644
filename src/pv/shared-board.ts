import { type FieldDesc, Value } from '../pvdata/index.ts';
import {
  type BitSet,
  type Clock,
  handOver,
  Listeners,
  noStop,
  type Stop,
  TypeMismatchError,
} from '../util/index.ts';
import { isSameAlarm, makeAlarm, noAlarm } from './alarm.ts';
import { coerce } from './coerce.ts';
import { addMarks, type EventFields, eventFieldsOf, eventMaskOf, isEnumDesc } from './marks.ts';
import { emptyMetadataOf, mergeMetadata, type PartialMetadata } from './metadata.ts';
import {
  type Alarm,
  type ElementType,
  Event,
  type EventMask,
  makeSnapshot,
  type PvValue,
  type ScalarType,
  type Snapshot,
  type StructType,
  type TimeStamp,
} from './model.ts';
import { MonitorList } from './monitor-list.ts';
import { defaultValue, elementCount, elementTypeOf, isArrayValue, makeScalarType } from './scalar-type.ts';
import type { ScalarWrite, UpdateSink } from './source.ts';
import { makeTimeStamp, nowStamp } from './time.ts';

/** Parts of the state of a scalar PV. */
export interface ScalarPost {
  readonly value?: PvValue;
  readonly alarm?: Alarm;
  /** Default: now. */
  readonly time?: TimeStamp;
  /** The parts that change. */
  readonly meta?: PartialMetadata;
}

/** First state of a scalar PV, and its type. */
export interface ScalarState extends ScalarPost {
  readonly element: ElementType;
  /** Default: whether `value` is an array. */
  readonly isArray?: boolean;
  /** Element count that CA announces. Default: that of `value`; of a text 256. */
  readonly caCount?: number;
  /** Serve the string as DBR_CHAR × `caCount` on CA. */
  readonly caText?: boolean;
}

/** How a post is to be taken. */
export interface PostOptions {
  /** Copy arrays too, so that the caller may change them later. */
  readonly copy?: boolean;
  /** Set the time stamp unless the post has one. Default: true for everything but a Value. */
  readonly stamp?: boolean;
  /** What happened. Default: what the posted parts say. */
  readonly mask?: EventMask;
}

const DEFAULT_TEXT_COUNT = 256;

function typeOfState(state: ScalarState): ScalarType {
  const { value } = state;
  const isArray = state.isArray ?? (value !== undefined && isArrayValue(value));
  const count = isArray && value !== undefined ? elementCount(value) : 1;
  return makeScalarType(state.element, {
    isArray,
    caCount: state.caCount ?? (state.caText === true ? DEFAULT_TEXT_COUNT : count),
    caText: state.caText ?? false,
  });
}

function isPlainValue(post: PvValue | ScalarPost): post is PvValue {
  return typeof post !== 'object' || Array.isArray(post) || ArrayBuffer.isView(post);
}

function copyArray<T>(slot: T): T {
  if (Array.isArray(slot)) return [...slot] as T;
  if (ArrayBuffer.isView(slot) && 'slice' in slot) return (slot as { slice(): T }).slice();
  return slot;
}

/** Listeners for the end; who comes after it is told at once, as `opened` may be seen late. */
class Closing {
  readonly #listeners: Listeners<Error | undefined>;
  #isClosed: boolean;
  #reason: Error | undefined;

  constructor() {
    // A listener that throws must not keep the others from closing; its own server reports it.
    this.#listeners = new Listeners(() => {});
    this.#isClosed = false;
    this.#reason = undefined;
  }
  get isClosed(): boolean {
    return this.#isClosed;
  }
  add(listener: (reason?: Error) => void): Stop {
    if (!this.#isClosed) return this.#listeners.add(listener);
    listener(this.#reason);
    return noStop;
  }
  close(reason: Error | undefined): void {
    this.#isClosed = true;
    this.#reason = reason;
    this.#listeners.emit(reason);
    this.#listeners.clear();
  }
}

function endAtOnce(sink: { close(reason?: Error): void }): Stop {
  sink.close();
  return noStop;
}

/** The poster's alarm as an object of our shape, which the poster cannot change any more. */
function remadeAlarm(alarm: Alarm): Alarm {
  return alarm === noAlarm
    ? noAlarm
    : makeAlarm(alarm.severity, alarm.condition, alarm.message, alarm.ntStatus);
}

function remadeTime(time: TimeStamp): TimeStamp {
  return makeTimeStamp(time.seconds, time.nanoseconds, time.userTag);
}

/** State and subscribers of an open scalar PV. */
export class ScalarBoard {
  readonly type: ScalarType;
  readonly #clock: Clock;
  readonly #monitors: MonitorList<Snapshot>;
  readonly #closing: Closing;
  #state: Snapshot;

  constructor(_name: string, initial: ScalarState, clock: Clock) {
    this.type = typeOfState(initial);
    this.#clock = clock;
    this.#monitors = new MonitorList();
    this.#closing = new Closing();
    const meta = mergeMetadata(emptyMetadataOf(initial.element), initial.meta ?? {});
    const given = initial.value;
    const value =
      given === undefined
        ? defaultValue(this.type)
        : coerce({ element: elementTypeOf(given), value: given }, this.type, meta);
    const alarm = initial.alarm === undefined ? noAlarm : remadeAlarm(initial.alarm);
    const time = initial.time === undefined ? nowStamp(clock) : remadeTime(initial.time);
    this.#state = makeSnapshot(value, alarm, time, meta);
  }

  read(): Snapshot {
    return this.#state;
  }
  fetch(): Snapshot {
    return this.#state;
  }
  monitor(sink: UpdateSink<Snapshot>): Stop {
    return this.#closing.isClosed ? endAtOnce(sink) : this.#monitors.add(sink, this.#state);
  }
  onClose(listener: (reason?: Error) => void): Stop {
    return this.#closing.add(listener);
  }
  toPut(write: ScalarWrite): PvValue {
    return coerce(write, this.type, this.#state.meta);
  }

  post(post: PvValue | ScalarPost, options: PostOptions): void {
    const parts: ScalarPost = isPlainValue(post) ? { value: post } : post;
    const last = this.#state;
    const meta = parts.meta === undefined ? last.meta : mergeMetadata(last.meta, parts.meta);
    let value = last.value;
    if (parts.value !== undefined) {
      value = coerce({ element: elementTypeOf(parts.value), value: parts.value }, this.type, meta);
      if (options.copy === true) value = copyArray(value);
    }
    const given = parts.alarm ?? last.alarm;
    const alarm = isSameAlarm(given, last.alarm) ? last.alarm : remadeAlarm(given);
    const time =
      parts.time === undefined
        ? options.stamp === false
          ? last.time
          : nowStamp(this.#clock)
        : remadeTime(parts.time);
    let mask = options.mask ?? 0;
    if (options.mask === undefined) {
      if (parts.value !== undefined) mask |= Event.Value | Event.Log;
      if (alarm !== last.alarm) mask |= Event.Alarm;
      if (mask === 0 && meta === last.meta) mask = Event.Value | Event.Log;
    }
    if (meta !== last.meta) mask |= Event.Property;
    this.#state = makeSnapshot(value, alarm, time, meta);
    this.#monitors.post(this.#state, mask);
  }

  close(reason?: Error): void {
    // Servers drop their channels first, so that these monitors do not look finished.
    this.#closing.close(reason);
    this.#monitors.close(reason);
  }
}

/** State and subscribers of an open structure PV. */
export class StructBoard {
  readonly type: StructType;
  readonly #name: string;
  readonly #clock: Clock;
  readonly #monitors: MonitorList<Value>;
  readonly #closing: Closing;
  readonly #fields: EventFields;
  readonly #time: readonly [seconds: number, nanoseconds: number];
  /** Every field that was ever given. */
  readonly #valid: BitSet;
  /** The state after the latest post, marked by that post. */
  #state: Value;
  /** The state with all valid fields marked, made when it is asked for. */
  #whole: Value | undefined;

  constructor(name: string, initial: Value, clock: Clock) {
    const { desc } = initial;
    this.type = { kind: 'struct', desc };
    this.#name = name;
    this.#clock = clock;
    this.#monitors = new MonitorList();
    this.#closing = new Closing();
    this.#fields = eventFieldsOf(desc);
    this.#time = [desc.findOffset('timeStamp.secondsPastEpoch'), desc.findOffset('timeStamp.nanoseconds')];
    this.#valid = initial.marks;
    // Nothing marked: the whole of it is meant.
    if (this.#valid.isEmpty) this.#valid.set(0);
    this.#state = initial.clone();
    this.#whole = undefined;
  }

  get #desc(): FieldDesc {
    return this.type.desc;
  }

  read(): Value {
    if (this.#whole === undefined) {
      this.#whole = this.#state.clone();
      this.#whole.marks = this.#valid;
      handOver(this.#whole);
    }
    return this.#whole;
  }
  fetch(): Value {
    return this.read().clone();
  }
  monitor(sink: UpdateSink<Value>): Stop {
    return this.#closing.isClosed ? endAtOnce(sink) : this.#monitors.add(sink, this.read());
  }
  onClose(listener: (reason?: Error) => void): Stop {
    return this.#closing.add(listener);
  }
  toPut(write: Value): Value {
    return write;
  }

  post(post: unknown, options: PostOptions): void {
    const next = this.#state.clone();
    next.unmark();
    let stamp = options.stamp ?? true;
    if (post instanceof Value) {
      if (post.desc !== this.#desc) {
        throw new TypeMismatchError(
          `post to "${this.#name}" failed: the Value has not the type that the PV was opened with`,
          { pvName: this.#name },
        );
      }
      next.assign(post);
      stamp = options.stamp ?? false;
    } else if (typeof post === 'object' && post !== null && isPlainObject(post)) {
      next.assign(Value.from(this.#desc, post));
    } else this.#setValue(next, post);
    const [seconds, nanoseconds] = this.#time;
    if (stamp && seconds >= 0 && nanoseconds >= 0 && !next.isMarkedAt(seconds)) {
      const now = nowStamp(this.#clock);
      next.put(seconds, now.seconds);
      next.put(nanoseconds, now.nanoseconds);
    }
    if (options.copy === true)
      for (const slot of next.markedSlots()) next.slots[slot] = copyArray(next.at(slot));
    this.#state = handOver(next);
    this.#whole = undefined;
    addMarks(this.#valid, next);
    if (this.#monitors.size === 0) return;
    // Fields that no event speaks of pass all masks.
    const mask = options.mask ?? (eventMaskOf(this.#fields, next.marks) || Event.All);
    this.#monitors.post(next, mask);
  }

  close(reason?: Error): void {
    // Servers drop their channels first, so that these monitors do not look finished.
    this.#closing.close(reason);
    this.#monitors.close(reason);
  }

  /** A bare value goes to `value`, of an enum to its index. */
  #setValue(next: Value, post: unknown): void {
    const offset = this.#desc.findOffset('value');
    const field = offset < 0 ? undefined : this.#desc.fieldAt(offset);
    if (field === undefined || !isEnumDesc(field)) {
      next.set('value', post);
      return;
    }
    const choices = next.get('value.choices') as readonly string[];
    const write = { element: elementTypeOf(post as PvValue), value: post as PvValue };
    const meta = mergeMetadata(emptyMetadataOf('enum'), { choices });
    next.set('value.index', coerce(write, makeScalarType('enum'), meta));
  }
}

function isPlainObject(post: object): boolean {
  return !Array.isArray(post) && !ArrayBuffer.isView(post);
}
