import {
  type EventMask,
  eventFieldsOf,
  eventMaskOf,
  leafMarks,
  type MonitorOptions,
  type PutOptions,
  type StructOptions,
} from '../../pv/index.ts';
import { type FieldDesc, makePvRequest, parsePvRequest, type Value } from '../../pvdata/index.ts';
import type { BitSet } from '../../util/index.ts';
import { readSubscriptionRequest, type SubscriptionRequest, type SubscriptionStats } from './monitor.ts';

/** Options of a PVA put beyond the common ones. */
export interface PvaPutOptions extends PutOptions, StructOptions {
  /** `record._options.process`: force, suppress, or leave it to the field. */
  readonly process?: boolean | 'passive';
  /** Fetch the present value before the put even where it is not needed. */
  readonly fetchPresent?: boolean;
}

/** Options of a PVA monitor beyond the common ones. */
export interface PvaMonitorOptions extends MonitorOptions {
  /** The server sends no more than `queueSize` updates that were not used up. */
  readonly pipeline?: boolean;
  /** Report free places after this many updates, or this share of the queue, for example `50%`. */
  readonly ackAny?: number | string;
}

/** Options of a call by name and arguments. */
export interface PvaCallOptions extends StructOptions {
  /** Send arguments as NTURI, which most services expect, or as they are. Default `uri`. */
  readonly args?: 'uri' | 'struct';
}

/** What a monitor with events yields. */
export type PvaMonitorEvent =
  | { readonly type: 'connected'; readonly peer: string }
  | {
      readonly type: 'update';
      /** Complete state; its marks say what changed. */
      readonly value: Value;
      /** Fields that changed more than once since the last event, at the server or in the queue here. */
      readonly overrun: BitSet | undefined;
      /** First update since the channel connected: it holds everything. */
      readonly initial: boolean;
      /** Updates merged into this one by the queue here. */
      readonly squashed: number;
    }
  | { readonly type: 'disconnected' }
  | { readonly type: 'finished' }
  | { readonly type: 'error'; readonly error: Error };

/** A subscription that its owner steers. */
export interface PvaSubscription extends Disposable {
  /** Lets the server hold updates back; the latest state comes with `resume`. */
  pause(): void;
  resume(): void;
  stop(): void;
  stats(): SubscriptionStats;
}

/** A subscription whose updates are used up later. */
export interface SteeredSubscription extends PvaSubscription {
  consumed(count: number): void;
}

/** Tells from the marks of a structure what happened; looks the fields up once per type. */
export class MaskReader {
  #desc: FieldDesc | undefined;
  #fields: ReturnType<typeof eventFieldsOf> | undefined;

  maskOf(value: Value): EventMask {
    if (this.#desc !== value.desc || this.#fields === undefined) {
      this.#desc = value.desc;
      this.#fields = eventFieldsOf(value.desc);
    }
    return eventMaskOf(this.#fields, leafMarks(value.desc, value.marks));
  }
}

/** One structure for two that follow each other: the newer content, the marks of both. */
export function mergeValues(older: Value, newer: Value): Value {
  if (older.desc !== newer.desc) return newer;
  const merged = newer.clone();
  merged.marks = older.marks.or(newer.marks);
  return merged;
}

/** One event for two updates that follow each other; undefined for other events. */
export function mergeEvents(older: PvaMonitorEvent, newer: PvaMonitorEvent): PvaMonitorEvent | undefined {
  if (older.type !== 'update' || newer.type !== 'update') return undefined;
  // A server may come back with another type.
  if (older.value.desc !== newer.value.desc) return undefined;
  const twice = leafMarks(older.value.desc, older.value.marks).and(
    leafMarks(newer.value.desc, newer.value.marks),
  );
  if (older.overrun !== undefined) twice.or(older.overrun);
  if (newer.overrun !== undefined) twice.or(newer.overrun);
  return {
    type: 'update',
    value: mergeValues(older.value, newer.value),
    overrun: twice.isEmpty ? undefined : twice,
    initial: older.initial || newer.initial,
    squashed: older.squashed + newer.squashed + 1,
  };
}

/** The pvRequest of a call. @throws {ConfigError} EPICS_CONFIG for a text that cannot be read. */
export function toRequest(pvRequest: string | Value | undefined): Value {
  if (pvRequest === undefined || pvRequest === '') return makePvRequest({});
  return typeof pvRequest === 'string' ? parsePvRequest(pvRequest) : pvRequest;
}

/**
 * The pvRequest that the options of a put stand for; undefined for the plain one.
 *
 * @see p4p src/p4p/client/raw.py, Context.put: the form that QSRV and the Python tools agree on
 */
export function putRequest(options: PvaPutOptions): string | undefined {
  if (options.wait !== true && options.process === undefined) return undefined;
  const block = options.wait === true;
  return `field()record[block=${block},process=${options.process ?? 'passive'}]`;
}

/** The request that the options of a monitor stand for. @throws {ConfigError} EPICS_CONFIG for a text that cannot be read. */
export function monitorRequest(options: PvaMonitorOptions): SubscriptionRequest {
  if (typeof options.pvRequest === 'object') return readSubscriptionRequest(options.pvRequest);
  const record: string[] = [];
  if (options.queueSize !== undefined) record.push(`queueSize=${options.queueSize}`);
  if (options.pipeline === true) record.push('pipeline=true');
  if (options.ackAny !== undefined) record.push(`ackAny=${options.ackAny}`);
  if (options.mask !== undefined) record.push(`DBE=${options.mask}`);
  const text = `${options.pvRequest ?? ''}${record.length > 0 ? ` record[${record.join(',')}]` : ''}`;
  return readSubscriptionRequest(toRequest(text));
}
