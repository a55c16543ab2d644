import {
  asScalar,
  hasCompoundMarks,
  leafMarks,
  type MaybePromise,
  type MonitorContext,
  type OpContext,
  type Peer,
  type ReadContext,
  Rights,
  type ScalarType,
  type ServedScalarPv,
  type ServedStructPv,
  type Snapshot,
  type StructType,
  type UpdateSink,
} from '../../pv/index.ts';
import type { FieldDesc, Value } from '../../pvdata/index.ts';
import { InternalError, noStop, type Stop } from '../../util/index.ts';

// Nobody is told a count here, so no array is too long.
const ANY_COUNT = Number.MAX_SAFE_INTEGER;

const self: Peer = {
  protocol: 'local',
  address: '',
  user: '',
  host: '',
  method: 'anonymous',
  authority: '',
  isEncrypted: false,
  roles: () => [],
};

const readContext: ReadContext & OpContext = {
  peer: self,
  get signal(): AbortSignal {
    return new AbortController().signal;
  },
  pvRequest: undefined,
  message: () => {},
  reason: 'get',
};

const monitorContext: MonitorContext = { peer: self, mask: 15, pvRequest: undefined };

/** Structures that arrive from a server, in the form in which the data plane takes structures. */
class ReceivedPv implements ServedStructPv {
  readonly name: string;
  readonly type: StructType;
  value: Value | undefined;
  sink: UpdateSink<Value> | undefined;

  constructor(name: string, desc: FieldDesc) {
    this.name = name;
    this.type = { kind: 'struct', desc };
    this.value = undefined;
    this.sink = undefined;
  }

  rights(): Rights {
    return Rights.Read;
  }
  onClose(): Stop {
    return noStop;
  }
  read(): MaybePromise<Value> {
    if (this.value === undefined) throw new InternalError(`"${this.name}" was read before it had a value`);
    return this.value;
  }
  monitor(sink: UpdateSink<Value>): Stop {
    this.sink = sink;
    return noStop;
  }
}

/** The scalar, array or enum in the `value` of the structures of one type. */
export class ScalarView {
  /** The announced count is that of CA servers and means nothing here: 1, for arrays the length last seen. */
  readonly desc: FieldDesc;
  readonly #pv: ReceivedPv;
  readonly #scalar: ServedScalarPv;

  private constructor(pv: ReceivedPv, scalar: ServedScalarPv) {
    this.desc = pv.type.desc;
    this.#pv = pv;
    this.#scalar = scalar;
  }

  /** Undefined when structures of this type have no such value. */
  static of(name: string, desc: FieldDesc): ScalarView | undefined {
    const pv = new ReceivedPv(name, desc);
    const scalar = asScalar(pv, { caCount: ANY_COUNT });
    return scalar === undefined || scalar instanceof Promise ? undefined : new ScalarView(pv, scalar);
  }

  get type(): ScalarType {
    return { ...this.#scalar.type, caCount: 1 };
  }

  /** The snapshot that a structure stands for. */
  snapshot(value: Value): Snapshot {
    this.#pv.value = value;
    return this.#scalar.read(readContext) as Snapshot;
  }

  /** Lets `sink` have the snapshots of what is given to `push`. One sink per view. */
  connect(sink: UpdateSink<Snapshot>): void {
    this.#scalar.monitor(sink, monitorContext);
  }

  /** Passes an update on to the sink; updates that change nothing of the scalar are left out. */
  push(value: Value): void {
    const { marks } = value;
    if (hasCompoundMarks(value.desc, marks)) value.marks = leafMarks(value.desc, marks);
    this.#pv.sink?.update(value, 15);
  }
}
