import { ntEnumType, ntScalarArrayType, ntScalarType } from '../nt/index.ts';
import { convertTo, type FieldDesc, TypeCode, Value } from '../pvdata/index.ts';
import { handOver } from '../util/index.ts';
import { isSameAlarm, toNtMessage, toNtStatus } from './alarm.ts';
import { displayForms, isSameChoices } from './metadata.ts';
import type { Alarm, EventMask, Limit, Metadata, PvValue, ScalarType, Snapshot } from './model.ts';
import { Event } from './model.ts';
import { isNumericElement, toScalarName } from './scalar-type.ts';

/** The normative type that a scalar PV is served as on PVA. */
export function ntTypeOf(type: ScalarType): FieldDesc {
  if (type.element === 'enum' && !type.isArray) return ntEnumType({ display: true });
  const isNumeric = isNumericElement(type.element);
  const options = { display: true, control: isNumeric, valueAlarm: isNumeric, form: isNumeric };
  const name = toScalarName(type.element);
  return type.isArray ? ntScalarArrayType(name, options) : ntScalarType(name, options);
}

/** One leaf of the metadata: its path in the normative type, and where it comes from. */
interface MetaLeaf {
  readonly path: string;
  readonly of: (meta: Metadata) => string | number | boolean | Limit | readonly string[];
}

const metaLeaves: readonly MetaLeaf[] = [
  { path: 'value.choices', of: (meta) => meta.choices },
  { path: 'display.limitLow', of: (meta) => meta.display.low },
  { path: 'display.limitHigh', of: (meta) => meta.display.high },
  { path: 'display.description', of: (meta) => meta.description },
  { path: 'display.units', of: (meta) => meta.units },
  { path: 'display.precision', of: (meta) => meta.precision },
  { path: 'display.form.index', of: (meta) => meta.form },
  { path: 'display.form.choices', of: () => displayForms },
  { path: 'control.limitLow', of: (meta) => meta.control.low },
  { path: 'control.limitHigh', of: (meta) => meta.control.high },
  { path: 'control.minStep', of: (meta) => meta.control.minStep },
  { path: 'valueAlarm.active', of: (meta) => meta.alarmLimits.isActive },
  { path: 'valueAlarm.lowAlarmLimit', of: (meta) => meta.alarmLimits.lolo },
  { path: 'valueAlarm.lowWarningLimit', of: (meta) => meta.alarmLimits.low },
  { path: 'valueAlarm.highWarningLimit', of: (meta) => meta.alarmLimits.high },
  { path: 'valueAlarm.highAlarmLimit', of: (meta) => meta.alarmLimits.hihi },
  { path: 'valueAlarm.lowAlarmSeverity', of: (meta) => meta.alarmLimits.loloSeverity },
  { path: 'valueAlarm.lowWarningSeverity', of: (meta) => meta.alarmLimits.lowSeverity },
  { path: 'valueAlarm.highWarningSeverity', of: (meta) => meta.alarmLimits.highSeverity },
  { path: 'valueAlarm.highAlarmSeverity', of: (meta) => meta.alarmLimits.hihiSeverity },
  { path: 'valueAlarm.hysteresis', of: (meta) => meta.alarmLimits.hysteresis },
];

interface MetaSlot {
  readonly offset: number;
  readonly desc: FieldDesc;
  readonly of: MetaLeaf['of'];
}

/** Turns the snapshots of one scalar type into structures of its normative type. */
export class NtLayout {
  readonly type: ScalarType;
  readonly desc: FieldDesc;
  /** Slot of the value itself; of an enum its index. */
  readonly valueOffset: number;
  readonly #valueDesc: FieldDesc;
  readonly #severity: number;
  readonly #status: number;
  readonly #message: number;
  readonly #seconds: number;
  readonly #nanoseconds: number;
  readonly #userTag: number;
  readonly #meta: readonly MetaSlot[];

  constructor(type: ScalarType) {
    this.type = type;
    const desc = ntTypeOf(type);
    this.desc = desc;
    const isEnum = type.element === 'enum' && !type.isArray;
    this.valueOffset = desc.offsetOf(isEnum ? 'value.index' : 'value');
    this.#valueDesc = desc.fieldAt(this.valueOffset);
    this.#severity = desc.offsetOf('alarm.severity');
    this.#status = desc.offsetOf('alarm.status');
    this.#message = desc.offsetOf('alarm.message');
    this.#seconds = desc.offsetOf('timeStamp.secondsPastEpoch');
    this.#nanoseconds = desc.offsetOf('timeStamp.nanoseconds');
    this.#userTag = desc.offsetOf('timeStamp.userTag');
    this.#meta = metaLeaves.flatMap(({ path, of }): MetaSlot[] => {
      const offset = desc.findOffset(path);
      return offset < 0 ? [] : [{ offset, desc: desc.fieldAt(offset), of }];
    });
  }

  /**
   * The complete structure, every leaf marked.
   *
   * @param like what this made of a snapshot with the same metadata, which is then not converted again.
   */
  whole(snapshot: Snapshot, like?: Value): Value {
    const value = like?.clone() ?? new Value(this.desc);
    value.put(this.valueOffset, fitValue(this.#valueDesc, snapshot.value));
    this.#putTime(value, snapshot);
    value.put(this.#severity, snapshot.alarm.severity);
    value.put(this.#status, toNtStatus(snapshot.alarm));
    value.put(this.#message, toNtMessage(snapshot.alarm));
    if (like === undefined) {
      for (const slot of this.#meta) value.put(slot.offset, fitMeta(slot.desc, slot.of(snapshot.meta)));
    }
    return handOver(value);
  }

  /**
   * The complete structure, marked by what changed since `before`: value and time stamp when the events say so, of
   * alarm and metadata only the leaves that differ.
   *
   * @param last the structure that was made of `before`.
   * @see pvxs ioc/singlesource.cpp, subscriptionCallback
   */
  next(last: Value, before: Snapshot, snapshot: Snapshot, mask: EventMask): Value {
    const value = last.clone();
    value.unmark();
    value.put(this.valueOffset, fitValue(this.#valueDesc, snapshot.value));
    this.#putTime(value, snapshot);
    // Without such an event the state is kept up to date, but nobody is told.
    if ((mask & (Event.Value | Event.Log | Event.Alarm)) === 0) value.unmark();
    if (!isSameAlarm(snapshot.alarm, before.alarm)) this.#putAlarm(value, snapshot.alarm);
    if (snapshot.meta !== before.meta) this.#putMeta(value, snapshot.meta);
    return handOver(value);
  }

  #putTime(value: Value, snapshot: Snapshot): void {
    value.put(this.#seconds, snapshot.time.seconds);
    value.put(this.#nanoseconds, snapshot.time.nanoseconds);
    value.put(this.#userTag, snapshot.time.userTag);
  }

  #putAlarm(value: Value, alarm: Alarm): void {
    const status = toNtStatus(alarm);
    const message = toNtMessage(alarm);
    if (value.at(this.#severity) !== alarm.severity) value.put(this.#severity, alarm.severity);
    if (value.at(this.#status) !== status) value.put(this.#status, status);
    if (value.at(this.#message) !== message) value.put(this.#message, message);
  }

  #putMeta(value: Value, meta: Metadata): void {
    for (const slot of this.#meta) {
      const old = value.at(slot.offset);
      const content = fitMeta(slot.desc, slot.of(meta));
      const isSame = Array.isArray(content)
        ? isSameChoices(old as readonly string[], content as readonly string[])
        : Object.is(old, content);
      if (!isSame) value.put(slot.offset, content);
    }
  }
}

/** The value as its slot holds it. Sources give the right class; anything else is converted. */
function fitValue(desc: FieldDesc, value: PvValue): unknown {
  switch (desc.code) {
    case TypeCode.Double:
    case TypeCode.Int:
      return typeof value === 'number' ? value : convertTo(desc, value);
    case TypeCode.String:
      return typeof value === 'string' ? value : convertTo(desc, value);
    default:
      return convertTo(desc, value);
  }
}

const integerLimits: ReadonlyMap<number, readonly [number, number]> = new Map<
  number,
  readonly [number, number]
>([
  [TypeCode.Byte, [-0x80, 0x7f]],
  [TypeCode.UByte, [0, 0xff]],
  [TypeCode.Short, [-0x8000, 0x7fff]],
  [TypeCode.UShort, [0, 0xffff]],
  [TypeCode.Int, [-0x8000_0000, 0x7fff_ffff]],
  [TypeCode.UInt, [0, 0xffff_ffff]],
]);

/** A metadata leaf as its slot holds it. Limits beyond the type's range become its ends. */
function fitMeta(desc: FieldDesc, content: ReturnType<MetaLeaf['of']>): unknown {
  if (typeof content !== 'number' && typeof content !== 'bigint') return content;
  if (desc.code === TypeCode.Long) return toBigint(content, (x) => BigInt.asIntN(64, x));
  if (desc.code === TypeCode.ULong) return toBigint(content, (x) => BigInt.asUintN(64, x));
  const limits = integerLimits.get(desc.code);
  const plain = Number(content);
  if (limits === undefined) return plain;
  return Number.isNaN(plain) ? 0 : Math.trunc(Math.min(limits[1], Math.max(limits[0], plain)));
}

function toBigint(content: Limit, wrap: (x: bigint) => bigint): bigint {
  if (typeof content === 'number' && !Number.isFinite(content)) {
    return Number.isNaN(content) ? 0n : clamp64(content > 0, wrap);
  }
  const exact = typeof content === 'bigint' ? content : BigInt(Math.trunc(content));
  return wrap(exact) === exact ? exact : clamp64(exact > 0n, wrap);
}

function clamp64(isHigh: boolean, wrap: (x: bigint) => bigint): bigint {
  const isSigned = wrap(-1n) === -1n;
  if (isHigh) return isSigned ? 0x7fff_ffff_ffff_ffffn : 0xffff_ffff_ffff_ffffn;
  return isSigned ? -0x8000_0000_0000_0000n : 0n;
}
