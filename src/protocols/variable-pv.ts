import {
  type Alarm,
  Event,
  type MaybePromise,
  type Metadata,
  type MonitorContext,
  MonitorList,
  makeSnapshot,
  type OpContext,
  type Peer,
  type PvValue,
  type ReadContext,
  Rights,
  type ScalarType,
  type ScalarWrite,
  type ServedScalarPv,
  type Snapshot,
  type TimeStamp,
  type UpdateSink,
  type WriteContext,
} from '../pv/index.ts';
import type { Value } from '../pvdata/index.ts';
import { AccessError, Listeners, type Stop } from '../util/index.ts';

/** What a `VariablePv` needs of the variable behind it. */
export interface VariablePvOptions {
  readonly name: string;
  readonly type: ScalarType;
  readonly meta: Metadata;
  readonly initial: { readonly value: PvValue; readonly alarm: Alarm; readonly time: TimeStamp };
  /** Absent: puts are refused with `refusal`. */
  readonly write?: (write: ScalarWrite, context: WriteContext) => MaybePromise<void>;
  readonly refusal: string;
  readonly call?: (args: Value | null, context: OpContext) => MaybePromise<Value | null>;
  readonly onFault: (error: unknown) => void;
}

/** A tree variable as a PV of its own, without a record: what V4 serves, and V7 under full names that are too long. */
export class VariablePv implements ServedScalarPv {
  readonly name: string;
  readonly type: ScalarType;
  readonly className = 'pva';
  readonly #meta: Metadata;
  readonly #refusal: string;
  readonly #write: VariablePvOptions['write'];
  /** RPC; absent on variables, which servers tell from its absence. */
  declare readonly call?: NonNullable<ServedScalarPv['call']>;
  readonly #monitors: MonitorList<Snapshot>;
  readonly #onClose: Listeners<Error | undefined>;
  #state: Snapshot;

  constructor(options: VariablePvOptions) {
    this.name = options.name;
    this.type = options.type;
    this.#meta = options.meta;
    this.#refusal = options.refusal;
    this.#write = options.write;
    if (options.call !== undefined) this.call = options.call;
    this.#monitors = new MonitorList();
    this.#onClose = new Listeners(options.onFault);
    const { value, alarm, time } = options.initial;
    this.#state = makeSnapshot(value, alarm, time, this.#meta);
  }

  /** Gives a new state to everybody who monitors. Arrays are handed over. */
  publish(value: PvValue, alarm: Alarm, time: TimeStamp): void {
    const last = this.#state;
    this.#state = makeSnapshot(value, alarm, time, this.#meta);
    const isNewAlarm = last.alarm.severity !== alarm.severity || last.alarm.condition !== alarm.condition;
    this.#monitors.post(
      this.#state,
      isNewAlarm ? Event.Value | Event.Log | Event.Alarm : Event.Value | Event.Log,
    );
  }

  /** Disconnects everybody. */
  close(reason?: Error): void {
    this.#monitors.close(reason);
    this.#onClose.emit(reason);
    this.#onClose.clear();
  }

  rights(peer: Peer): Rights {
    // PVAccess does not show rights: the put goes through and is refused in our own words.
    const write = this.#write === undefined && peer.protocol !== 'pva' ? Rights.None : Rights.Write;
    return Rights.Read | write | (this.call === undefined ? Rights.None : Rights.Call);
  }

  read(_context: ReadContext): Snapshot {
    return this.#state;
  }

  write(write: ScalarWrite, context: WriteContext): MaybePromise<void> {
    if (this.#write === undefined) throw new AccessError(this.#refusal, 'write', { pvName: this.name });
    return this.#write(write, context);
  }

  monitor(sink: UpdateSink<Snapshot>, _context: MonitorContext): Stop {
    return this.#monitors.add(sink, this.#state);
  }

  onClose(listener: (reason?: Error) => void): Stop {
    return this.#onClose.add(listener);
  }
}
