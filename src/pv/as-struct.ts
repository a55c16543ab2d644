import type { FieldDesc, Value } from '../pvdata/index.ts';
import type { Stop } from '../util/index.ts';
import { Event, type EventMask, type Snapshot, type StructType } from './model.ts';
import { NtLayout } from './nt-layout.ts';
import { passOn } from './pass-on.ts';
import {
  isScalarPv,
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
  type ServedUntypedPv,
  type UpdateSink,
  type WriteContext,
} from './source.ts';

/**
 * The PV as PVA serves it: structures and PVs without type as they are, scalars and arrays as a normative type.
 *
 * Each call makes a new adapter; servers, which share fan-out by identity, use one `StructViews`.
 */
export function asStruct(pv: ServedPv): ServedStructPv | ServedUntypedPv {
  return isScalarPv(pv) ? new StructView(pv) : (pv as ServedStructPv | ServedUntypedPv);
}

/** Gives one structure adapter for each scalar PV, as long as the PV lives. One per server. */
export class StructViews {
  readonly #views: WeakMap<ServedScalarPv, StructView>;

  constructor() {
    this.#views = new WeakMap();
  }

  /** The PV as PVA serves it; the same object for the same PV. */
  of(pv: ServedPv): ServedStructPv | ServedUntypedPv {
    if (!isScalarPv(pv)) return pv as ServedStructPv | ServedUntypedPv;
    let view = this.#views.get(pv);
    if (view === undefined) {
      view = new StructView(pv);
      this.#views.set(pv, view);
    }
    return view;
  }
}

interface Conversion {
  readonly before: Snapshot | undefined;
  readonly snapshot: Snapshot;
  readonly mask: EventMask;
  readonly value: Value;
}

/** A scalar PV as a structure of its normative type. */
class StructView implements ServedStructPv {
  readonly name: string;
  readonly type: StructType;
  readonly #pv: ServedScalarPv;
  readonly #layout: NtLayout;
  /** Latest conversions: a post goes to few groups, which mostly have seen the same before. */
  #lastUpdate: Conversion | undefined;
  #lastRead: Conversion | undefined;
  write?: (write: Value, context: WriteContext) => MaybePromise<void>;
  monitorKey?: (context: MonitorContext) => string | undefined;
  attach?: (peer: Peer) => Stop;
  call?: (args: Value | null, context: OpContext) => MaybePromise<Value | null>;
  onRightsChange?: (listener: () => void) => Stop;

  constructor(pv: ServedScalarPv) {
    this.name = pv.name;
    this.#pv = pv;
    this.#layout = new NtLayout(pv.type);
    const desc: FieldDesc = this.#layout.desc;
    this.type = { kind: 'struct', desc };
    this.#lastUpdate = undefined;
    this.#lastRead = undefined;
    if (pv.write !== undefined) {
      this.write = (value, context) => pv.write?.(this.#toWrite(value), context);
    }
    passOn(pv, this);
  }

  rights(peer: Peer): Rights {
    return this.#pv.rights(peer);
  }

  onClose(listener: (reason?: Error) => void): Stop {
    return this.#pv.onClose(listener);
  }

  read(context: ReadContext): MaybePromise<Value> {
    const read = this.#pv.read(context);
    return read instanceof Promise ? read.then((snapshot) => this.#whole(snapshot)) : this.#whole(read);
  }

  monitor(sink: UpdateSink<Value>, context: MonitorContext): Stop {
    let before: Snapshot | undefined;
    let last: Value | undefined;
    return this.#pv.monitor(
      {
        update: (snapshot, mask) => {
          const events = before !== undefined && snapshot.meta !== before.meta ? mask | Event.Property : mask;
          last = this.#next(last, before, snapshot, events);
          before = snapshot;
          sink.update(last, events);
        },
        close: (reason) => sink.close(reason),
      },
      context,
    );
  }

  #whole(snapshot: Snapshot): Value {
    const last = this.#lastRead;
    if (last?.snapshot === snapshot) return last.value;
    const value = this.#layout.whole(
      snapshot,
      last?.snapshot.meta === snapshot.meta ? last.value : undefined,
    );
    this.#lastRead = { before: undefined, snapshot, mask: Event.All, value };
    return value;
  }

  #next(last: Value | undefined, before: Snapshot | undefined, snapshot: Snapshot, mask: EventMask): Value {
    if (last === undefined || before === undefined) return this.#whole(snapshot);
    const known = this.#lastUpdate;
    if (known?.snapshot === snapshot && known.before === before && known.mask === mask) return known.value;
    const value = this.#layout.next(last, before, snapshot, mask);
    this.#lastUpdate = { before, snapshot, mask, value };
    return value;
  }

  #toWrite(value: Value): ScalarWrite {
    const { valueOffset, type } = this.#layout;
    const isWritten = value.desc === this.type.desc && value.isMarkedAt(valueOffset);
    return {
      element: type.element,
      value: isWritten ? (value.at(valueOffset) as ScalarWrite['value']) : undefined,
    };
  }
}
