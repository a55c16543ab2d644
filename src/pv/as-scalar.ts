import { Value } from '../pvdata/index.ts';
import { Listeners, once, type Stop, TypeMismatchError } from '../util/index.ts';
import { coerce } from './coerce.ts';
import { eventMaskOf } from './marks.ts';
import { Event, type ScalarType, type Snapshot } from './model.ts';
import { NtReader } from './nt-reader.ts';
import { localPeer, ReadOperation } from './op-context.ts';
import { passOn } from './pass-on.ts';
import { elementCount, makeScalarType } from './scalar-type.ts';
import {
  isScalarPv,
  isStructPv,
  type MaybePromise,
  type MonitorContext,
  type OpContext,
  type Peer,
  type ReadContext,
  type Rights,
  type ScalarWrite,
  type ServedPv,
  type ServedScalarPv,
  type ServedStructPv,
  type UpdateSink,
  type WriteContext,
} from './source.ts';

/** What `asScalar` may be told. */
export interface AsScalarOptions {
  /** Element count that CA announces. Default: of an array its present length, of a text 256. */
  readonly caCount?: number;
  /** Serve a string as DBR_CHAR × `caCount` on CA. */
  readonly text?: boolean;
  /** Who the first read is for. */
  readonly peer?: Peer;
}

const DEFAULT_TEXT_COUNT = 256;

/**
 * The PV as CA serves it: scalars and arrays as they are, structures by their `value`; undefined for a PV that has no
 * such value. The length of an array is read before this answers.
 *
 * Should an array later be longer than was announced, the adapter closes, not the PV: CA channels drop, connect
 * again and find a count that holds it. `ScalarViews` remembers that count.
 *
 * Each call makes a new adapter; servers, which share fan-out by identity, use one `ScalarViews`.
 */
export function asScalar(
  pv: ServedPv,
  options: AsScalarOptions = {},
): MaybePromise<ServedScalarPv | undefined> {
  if (isScalarPv(pv)) return pv;
  return isStructPv(pv) ? makeView(pv, options, () => {}) : undefined;
}

function makeView(
  pv: ServedStructPv,
  options: AsScalarOptions,
  onTooLong: (count: number) => void,
): MaybePromise<ScalarView | undefined> {
  const reader = NtReader.of(pv.type.desc);
  if (reader === undefined) return undefined;
  const isText = options.text === true && reader.element === 'string' && !reader.isArray;
  const make = (count: number): ScalarView =>
    new ScalarView(
      pv,
      reader,
      makeScalarType(reader.element, { isArray: reader.isArray, caCount: count, caText: isText }),
      onTooLong,
    );
  if (options.caCount !== undefined) return make(options.caCount);
  if (isText) return make(DEFAULT_TEXT_COUNT);
  if (!reader.isArray) return make(1);
  const value = pv.read(new ReadOperation('get', options.peer ?? localPeer()));
  const count = (read: Value): number => elementCount(reader.snapshot(read).value);
  return value instanceof Promise ? value.then((read) => make(count(read))) : make(count(value));
}

interface Known {
  view: MaybePromise<ScalarView | undefined> | undefined;
  /** What the array needed when it outgrew the last adapter. */
  count: number | undefined;
}

/** Gives one scalar adapter for each structure PV, as long as the PV lives. One per server. */
export class ScalarViews {
  readonly #plain: WeakMap<ServedStructPv, Known>;
  readonly #texts: WeakMap<ServedStructPv, Known>;

  constructor() {
    this.#plain = new WeakMap();
    this.#texts = new WeakMap();
  }

  /** The PV as CA serves it; the same object for the same PV until an array outgrows it. */
  of(pv: ServedPv, options: AsScalarOptions = {}): MaybePromise<ServedScalarPv | undefined> {
    if (isScalarPv(pv)) return pv;
    if (!isStructPv(pv)) return undefined;
    const known = this.#known(pv, options.text === true);
    if (known.view !== undefined) return known.view;
    const caCount = known.count ?? options.caCount;
    const view = makeView(pv, caCount === undefined ? options : { ...options, caCount }, (count) => {
      known.count = count;
      known.view = undefined;
    });
    known.view = view;
    if (view instanceof Promise) {
      view.then(
        (made) => {
          if (known.view === view) known.view = made;
        },
        () => {
          // The next client may have more luck.
          if (known.view === view) known.view = undefined;
        },
      );
    }
    return view;
  }

  #known(pv: ServedStructPv, isText: boolean): Known {
    const map = isText ? this.#texts : this.#plain;
    let known = map.get(pv);
    if (known === undefined) {
      known = { view: undefined, count: undefined };
      map.set(pv, known);
    }
    return known;
  }
}

function nextPowerOfTwo(count: number): number {
  let power = 1;
  while (power < count) power *= 2;
  return power;
}

/** A structure PV as the scalar or array in its `value`. */
class ScalarView implements ServedScalarPv {
  readonly name: string;
  readonly type: ScalarType;
  readonly className = 'pva';
  readonly #pv: ServedStructPv;
  readonly #reader: NtReader;
  readonly #onTooLong: (count: number) => void;
  readonly #closeListeners: Listeners<Error | undefined>;
  readonly #sinks: Set<UpdateSink<Snapshot>>;
  #isClosed: boolean;
  #hasMeta: boolean;
  #lastValue: Value | undefined;
  #lastSnapshot: Snapshot | undefined;
  write?: (write: ScalarWrite, context: WriteContext) => MaybePromise<void>;
  monitorKey?: (context: MonitorContext) => string | undefined;
  attach?: (peer: Peer) => Stop;
  call?: (args: Value | null, context: OpContext) => MaybePromise<Value | null>;
  onRightsChange?: (listener: () => void) => Stop;

  constructor(pv: ServedStructPv, reader: NtReader, type: ScalarType, onTooLong: (count: number) => void) {
    this.name = pv.name;
    this.type = type;
    this.#pv = pv;
    this.#reader = reader;
    this.#onTooLong = onTooLong;
    // A listener that throws must not keep the others from closing; its own server reports it.
    this.#closeListeners = new Listeners(() => {});
    this.#sinks = new Set();
    this.#isClosed = false;
    this.#hasMeta = false;
    this.#lastValue = undefined;
    this.#lastSnapshot = undefined;
    if (pv.write !== undefined) this.write = (write, context) => this.#write(write, context);
    passOn(pv, this);
  }

  rights(peer: Peer): Rights {
    return this.#pv.rights(peer);
  }

  onClose(listener: (reason?: Error) => void): Stop {
    const stopOwn = this.#closeListeners.add(listener);
    const stopPv = this.#pv.onClose(listener);
    return once(() => {
      stopOwn();
      stopPv();
    });
  }

  read(context: ReadContext): MaybePromise<Snapshot> {
    const read = this.#pv.read(context);
    return read instanceof Promise ? read.then((value) => this.#onRead(value)) : this.#onRead(read);
  }

  monitor(sink: UpdateSink<Snapshot>, context: MonitorContext): Stop {
    let isFirst = true;
    // A wrapper, so that a sink that monitors twice counts twice.
    const own: UpdateSink<Snapshot> = {
      update: (data, mask) => sink.update(data, mask),
      close: (reason) => sink.close(reason),
    };
    this.#sinks.add(own);
    const stop = this.#pv.monitor(
      {
        update: (value) => {
          if (!this.#sinks.has(own)) return;
          const { marks } = value;
          const mask = isFirst ? Event.All : eventMaskOf(this.#reader.fields, marks);
          // Time alone, or fields that the scalar does not show.
          if (mask === 0) return;
          isFirst = false;
          const snapshot = this.#convert(value, (mask & Event.Property) === 0);
          if (!this.#isTooLong(snapshot)) own.update(snapshot, mask);
        },
        close: (reason) => {
          if (this.#sinks.delete(own)) own.close(reason);
        },
      },
      context,
    );
    return once(() => {
      this.#sinks.delete(own);
      stop();
    });
  }

  #convert(value: Value, hasSameMeta: boolean): Snapshot {
    if (this.#lastValue === value && this.#lastSnapshot !== undefined) return this.#lastSnapshot;
    const snapshot = this.#reader.snapshot(value, hasSameMeta && this.#hasMeta);
    this.#hasMeta = true;
    this.#lastValue = value;
    this.#lastSnapshot = snapshot;
    return snapshot;
  }

  #onRead(value: Value): Snapshot {
    const snapshot = this.#convert(value, false);
    this.#isTooLong(snapshot);
    return snapshot;
  }

  /** Closes this adapter when an array does not fit the count that clients were told. */
  #isTooLong(snapshot: Snapshot): boolean {
    const { type } = this;
    const count = elementCount(snapshot.value);
    if (!type.isArray || count <= type.caCount) return false;
    if (this.#isClosed) return true;
    this.#isClosed = true;
    this.#onTooLong(nextPowerOfTwo(count));
    const reason = new TypeMismatchError(
      `array of "${this.name}" grew to ${count} elements, clients were told ${type.caCount}`,
      { pvName: this.name },
    );
    // Servers drop their channels first, so that these monitors do not look finished.
    this.#closeListeners.emit(reason);
    const sinks = [...this.#sinks];
    this.#sinks.clear();
    for (const sink of sinks) sink.close(reason);
    return true;
  }

  #write(write: ScalarWrite, context: WriteContext): MaybePromise<void> {
    const needsChoices = this.type.element === 'enum' && typeof write.value === 'string' && !this.#hasMeta;
    if (!needsChoices) return this.#writeNow(write, context);
    const read = this.#pv.read(new ReadOperation('get', context.peer));
    if (!(read instanceof Promise)) {
      this.#convert(read, false);
      return this.#writeNow(write, context);
    }
    return read.then((value) => {
      this.#convert(value, false);
      return this.#writeNow(write, context);
    });
  }

  #writeNow(write: ScalarWrite, context: WriteContext): MaybePromise<void> {
    const value = new Value(this.#pv.type.desc);
    if (write.value !== undefined) {
      value.put(this.#reader.valueOffset, coerce(write, this.type, this.#reader.meta));
    }
    return this.#pv.write?.(value, context);
  }
}
