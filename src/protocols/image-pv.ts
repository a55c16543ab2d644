import { makeNdArray, ntNdArrayType, writeAlarm } from '../nt/index.ts';
import {
  type Alarm,
  type ArrayValue,
  Event,
  elementTypeOf,
  isArrayValue,
  type MaybePromise,
  type MonitorContext,
  MonitorList,
  type Peer,
  type PvValue,
  type ReadContext,
  Rights,
  type ScalarWrite,
  type ServedStructPv,
  type StructType,
  type TimeStamp,
  toNtMessage,
  toNtStatus,
  type UpdateSink,
  type WriteContext,
} from '../pv/index.ts';
import { type NumberArray, Value } from '../pvdata/index.ts';
import { AccessError, Listeners, type Stop, TypeMismatchError } from '../util/index.ts';
import type { ShownState } from './shown-state.ts';

/** What an `ImagePv` needs of the variable behind it. */
export interface ImagePvOptions {
  readonly name: string;
  /** Row-major, as the variable has it: the last axis is the fastest. */
  readonly shape: readonly number[];
  readonly initial: ShownState;
  /** Gets the elements in the order of the variable. Absent: puts are refused with `refusal`. */
  readonly write?: (write: ScalarWrite, context: WriteContext) => MaybePromise<void>;
  readonly refusal: string;
  readonly onFault: (error: unknown) => void;
}

// What changes with each update.
const changing = ['value', 'uniqueId', 'dimension', 'alarm', 'timeStamp', 'dataTimeStamp'] as const;

/**
 * An array variable of more than one dimension as NTNDArray. Its axes come in the reverse order, the fastest first.
 *
 * @see epics-base/p4p src/p4p/nt/ndarray.py, NTNDArray.wrap
 */
export class ImagePv implements ServedStructPv {
  readonly name: string;
  readonly type: StructType;
  readonly #shape: readonly number[];
  readonly #refusal: string;
  readonly #write: ImagePvOptions['write'];
  readonly #monitors: MonitorList<Value>;
  readonly #onClose: Listeners<Error | undefined>;
  #count: number;
  #state: Value;

  constructor(options: ImagePvOptions) {
    this.name = options.name;
    this.type = { kind: 'struct', desc: ntNdArrayType() };
    this.#shape = options.shape;
    this.#refusal = options.refusal;
    this.#write = options.write;
    this.#monitors = new MonitorList();
    this.#onClose = new Listeners(options.onFault);
    this.#count = 0;
    const { value, alarm, time } = options.initial;
    this.#state = this.#makeState(value, alarm, time);
  }

  /** Gives a new state to everybody who monitors. Arrays are handed over. */
  publish(value: PvValue, alarm: Alarm, time: TimeStamp): void {
    this.#count++;
    this.#state = this.#makeState(value, alarm, time);
    if (this.#monitors.size === 0) return;
    const update = this.#state.clone();
    update.unmark();
    for (const path of changing) update.mark(path);
    this.#monitors.post(update, Event.Value | Event.Log | Event.Alarm);
  }

  #makeState(value: PvValue, alarm: Alarm, time: TimeStamp): Value {
    const data = isArrayValue(value) ? (value as NumberArray) : new Float64Array(0);
    const count = this.#shape.reduce((product, n) => product * n, 1);
    const sizes = count === data.length ? this.#shape.toReversed() : [data.length];
    const color = sizes.length === 3 ? sizes.indexOf(3) : -1;
    const state = makeNdArray(data, {
      sizes,
      uniqueId: this.#count,
      timeStamp: time,
      attributes: { ColorMode: color < 0 ? 0 : 2 + color },
    });
    writeAlarm(state, { severity: alarm.severity, status: toNtStatus(alarm), message: toNtMessage(alarm) });
    state.mark('');
    return state;
  }

  /** Disconnects everybody. */
  close(reason?: Error): void {
    this.#monitors.close(reason);
    this.#onClose.emit(reason);
    this.#onClose.clear();
  }

  rights(peer: Peer): Rights {
    // PVAccess does not show rights: the put goes through and is refused in our own words.
    const isAsked = this.#write !== undefined || peer.protocol === 'pva';
    return isAsked ? Rights.ReadWrite : Rights.Read;
  }

  read(_context: ReadContext): Value {
    return this.#state;
  }

  /**
   * Writes the elements of `value`; a `dimension` of more than one axis must be that of the variable.
   *
   * @throws {AccessError} EPICS_ACCESS on read-only variables.
   * @throws {TypeMismatchError} EPICS_TYPE when no elements are written, or the axes differ.
   */
  write(value: Value, context: WriteContext): MaybePromise<void> {
    if (this.#write === undefined) throw new AccessError(this.#refusal, 'write', { pvName: this.name });
    const data: unknown = value.isMarked('value') ? value.get('value->') : undefined;
    if (typeof data !== 'object' || data === null) {
      throw new TypeMismatchError(`put to "${this.name}" brings no elements in "value"`, {
        pvName: this.name,
      });
    }
    this.#checkAxes(value);
    const elements = data as ArrayValue;
    return this.#write({ element: elementTypeOf(elements), value: elements }, context);
  }

  #checkAxes(value: Value): void {
    if (!value.isMarked('dimension')) return;
    const dimensions = value.get('dimension') as readonly (Value | null)[];
    const sizes = dimensions.map((dimension) => Number(dimension?.get('size') ?? 0));
    if (sizes.length < 2) return;
    const wanted = this.#shape.toReversed();
    if (sizes.length === wanted.length && sizes.every((size, i) => size === wanted[i])) return;
    throw new TypeMismatchError(
      `put to "${this.name}" has axes ${sizes.join(' × ')}, the variable has ${wanted.join(' × ')}`,
      { pvName: this.name },
    );
  }

  monitor(sink: UpdateSink<Value>, _context: MonitorContext): Stop {
    return this.#monitors.add(sink, this.#state);
  }

  onClose(listener: (reason?: Error) => void): Stop {
    return this.#onClose.add(listener);
  }
}
