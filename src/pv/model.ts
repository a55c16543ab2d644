import type { FieldDesc } from '../pvdata/index.ts';
import { handOver } from '../util/index.ts';

/** Element types of scalars and arrays that both protocols can serve. */
export type ElementType =
  | 'boolean'
  | 'int8'
  | 'uint8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'uint64'
  | 'float32'
  | 'float64'
  | 'string'
  | 'enum';

/** A scalar. `enum`: the index; 64-bit integers: bigint. */
export type ScalarValue = number | bigint | string | boolean;
/** An array. Text and truth values are plain arrays; enum arrays are `Uint16Array` of indices. */
export type ArrayValue =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array
  | readonly string[]
  | readonly boolean[];
/** What a scalar or array PV holds. */
export type PvValue = ScalarValue | ArrayValue;

/** Type of a PV that both protocols can serve. */
export interface ScalarType {
  readonly kind: 'scalar';
  readonly element: ElementType;
  readonly isArray: boolean;
  /** Element count that CA announces, 1 when not an array. Does not bound `value`: CA cuts, PVA sends all. */
  readonly caCount: number;
  /** `value` is a JS string (element 'string') that CA serves as DBR_CHAR × caCount. */
  readonly caText: boolean;
}
/** Type of a PV whose data is a structure. */
export interface StructType {
  readonly kind: 'struct';
  readonly desc: FieldDesc;
}
/** Type of a PV. */
export type PvType = ScalarType | StructType;

/** Severity of an alarm. */
export const Severity = { None: 0, Minor: 1, Major: 2, Invalid: 3 } as const;
export type Severity = (typeof Severity)[keyof typeof Severity];

/** State of alarm of a PV. Make it with `makeAlarm`. */
export interface Alarm {
  readonly severity: Severity;
  readonly message: string;
  /** EPICS alarm condition 0..21, see `AlarmCondition`. */
  readonly condition: number;
  /** -1: made from the condition; otherwise sent as it is on PVA. */
  readonly ntStatus: number;
}

/** POSIX epoch. */
export interface TimeStamp {
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly userTag: number;
}

/** bigint for 64-bit elements, number otherwise. */
export type Limit = number | bigint;
/** A range, both ends included. */
export interface Limits {
  readonly low: Limit;
  readonly high: Limit;
}
/** Limits that raise alarms, and how severe they are. */
export interface AlarmLimits {
  /** `valueAlarm.active`: the source's own rule. */
  readonly isActive: boolean;
  readonly lolo: Limit;
  readonly low: Limit;
  readonly high: Limit;
  readonly hihi: Limit;
  readonly loloSeverity: Severity;
  readonly lowSeverity: Severity;
  readonly highSeverity: Severity;
  readonly hihiSeverity: Severity;
  readonly hysteresis: Limit;
}
/** What is known of a PV besides its state. Keeps its identity until something in it changes. */
export interface Metadata {
  readonly description: string;
  readonly units: string;
  readonly precision: number;
  /** Index into Default, String, Binary, Decimal, Hex, Exponential, Engineering. */
  readonly form: number;
  readonly display: Limits;
  readonly control: Limits & { readonly minStep: Limit };
  readonly alarmLimits: AlarmLimits;
  readonly choices: readonly string[];
}

/** The complete state of a scalar or array PV at one moment. Handed over: nobody changes it afterwards. */
export interface Snapshot<V extends PvValue = PvValue> {
  readonly value: V;
  readonly alarm: Alarm;
  readonly time: TimeStamp;
  readonly meta: Metadata;
}

/** Bit set of what happened: the DBE bits of Channel Access. */
export type EventMask = number;
/** The events of `EventMask`. */
export const Event = { Value: 1, Log: 2, Alarm: 4, Property: 8, All: 15 } as const;

/** Makes a Snapshot; the one place where they are made, so that all share one shape. */
export function makeSnapshot<V extends PvValue>(
  value: V,
  alarm: Alarm,
  time: TimeStamp,
  meta: Metadata,
): Snapshot<V> {
  return handOver({ value, alarm, time, meta });
}
