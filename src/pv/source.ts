import type { Value } from '../pvdata/index.ts';
import type { Stop } from '../util/index.ts';
import type {
  ElementType,
  EventMask,
  PvType,
  PvValue,
  ScalarType,
  Severity,
  Snapshot,
  StructType,
} from './model.ts';

/** Who is at the other end of a channel. */
export interface Peer {
  readonly protocol: 'ca' | 'pva' | 'web' | 'local';
  /** `address:port`. */
  readonly address: string;
  readonly user: string;
  readonly host: string;
  /** `ca`, `anonymous`, `x509` ... */
  readonly method: string;
  readonly authority: string;
  readonly isEncrypted: boolean;
  readonly roles: () => readonly string[];
}

/** Bit set: CA's own bits, and RPC. */
export const Rights = { None: 0, Read: 1, Write: 2, ReadWrite: 3, Call: 4, All: 7 } as const;
/** OR of the bits of the constant `Rights`. */
export type Rights = number;

/** Answer to a search. `Later`: the source looks elsewhere and reports by `onNames`. */
export const Claim = { No: 0, Yes: 1, Later: 2 } as const;
export type Claim = (typeof Claim)[keyof typeof Claim];

/** What a source is told of the operation that it is asked for. */
export interface OpContext {
  readonly peer: Peer;
  /** Aborts when the client cancels or leaves. A lazy getter: ask for it only when it is needed. */
  readonly signal: AbortSignal;
  /** Undefined from CA. */
  readonly pvRequest: Value | undefined;
  /** Tells the client (PVA MESSAGE), else the log. */
  message(level: 'info' | 'warning' | 'error', text: string): void;
}
/** A read: for a client, or as first update of a monitor. */
export interface ReadContext extends OpContext {
  readonly reason: 'get' | 'monitor';
}
/** A write. */
export interface WriteContext extends OpContext {
  /** Whether the client asked to wait for completion. */
  readonly wait: boolean;
  readonly process: 'passive' | 'always' | 'never';
}

/** What a client wrote. */
export interface ScalarWrite {
  /** As sent, not yet converted. */
  readonly element: ElementType;
  /** Undefined: nothing was written: process, or refuse in own words. */
  readonly value: PvValue | undefined;
}

/** Wishes of a subscriber, or of a group of them. */
export interface MonitorContext {
  readonly peer: Peer;
  readonly mask: EventMask;
  readonly pvRequest: Value | undefined;
}

/** Where updates go. */
export interface UpdateSink<D> {
  /** Complete state; must not throw, block, or change `data`. */
  update(data: D, mask: EventMask): void;
  /** Last call. No reason: finished. */
  close(reason?: Error): void;
}

/** A result that may take time. Who returns it synchronously is served without a turn in between. */
export type MaybePromise<T> = T | Promise<T>;

interface ServedPvCommon {
  readonly name: string;
  rights(peer: Peer): Rights;
  onRightsChange?(listener: () => void): Stop;
  /** Called once for each client channel; what it returns is called when that channel closes. */
  attach?(peer: Peer): Stop;
  /** RPC; absent = not supported. */
  call?(args: Value | null, context: OpContext): MaybePromise<Value | null>;
  /** The PV is gone or changes its type: servers drop its channels. */
  onClose(listener: (reason?: Error) => void): Stop;
}

interface ServedPvBase<D, W> extends ServedPvCommon {
  /** The complete state; of a structure all valid fields are marked. May throw instead of rejecting. */
  read(context: ReadContext): MaybePromise<D>;
  /**
   * Absent = read-only. The server answers the client when what this returns settles; it may throw instead of
   * rejecting. Servers start writes in the order of arrival and queue none.
   */
  write?(write: W, context: WriteContext): MaybePromise<void>;
  /** Delivers the current state as the first update, then each change, in post order. */
  monitor(sink: UpdateSink<D>, context: MonitorContext): Stop;
  /** Subscribers with the same key share one `monitor` call. Absent: one group; undefined: a call per subscriber. */
  monitorKey?(context: MonitorContext): string | undefined;
}

/** A PV that both protocols can serve. */
export interface ServedScalarPv extends ServedPvBase<Snapshot, ScalarWrite> {
  readonly type: ScalarType;
  /** DBR_CLASS_NAME: record type, `pva`, ... */
  readonly className: string;
  /** What CA clients see of alarm acknowledgement; asked for each DBR_STSACK_STRING. */
  readonly acknowledgement?: { readonly transient: boolean; readonly severity: Severity };
  acknowledge?(
    what: { severity: Severity } | { transient: boolean },
    context: WriteContext,
  ): MaybePromise<void>;
}

/** A PV whose data is a structure. */
export interface ServedStructPv extends ServedPvBase<Value, Value> {
  readonly type: StructType;
}

/** A PV for RPC only, or one that has no type yet. */
export interface ServedUntypedPv extends ServedPvCommon {
  readonly type: undefined;
  /** Undefined: it will never have a type. */
  readonly opened: Promise<ServedScalarPv | ServedStructPv> | undefined;
}

/** A PV as servers see it. */
export type ServedPv = ServedScalarPv | ServedStructPv | ServedUntypedPv;

/** Tells whether the PV is a scalar or an array. */
export function isScalarPv(pv: ServedPv): pv is ServedScalarPv {
  return (pv.type as PvType | undefined)?.kind === 'scalar';
}

/** Tells whether the PV is a structure. */
export function isStructPv(pv: ServedPv): pv is ServedStructPv {
  return (pv.type as PvType | undefined)?.kind === 'struct';
}

/**
 * Change of the names that a source serves. `found` answers an earlier `Later`. At `removed` servers drop the channels
 * of that name, also when the PV lives on under other names.
 */
export interface NameEvent {
  readonly type: 'added' | 'removed' | 'found';
  readonly name: string;
}

/** Where a server gets its PVs from. */
export interface PvSource {
  readonly name: string;
  /** Answers a search: synchronous, called for every name on the network. */
  claims(name: string, peer: Peer): Claim;
  /** Called for each client channel; the same object for the same PV. */
  open(name: string, peer: Peer): MaybePromise<ServedPv | undefined>;
  onNames?(listener: (event: NameEvent) => void): Stop;
  list?(): { readonly names: Iterable<string>; readonly isDynamic: boolean };
  report?(): Record<string, unknown>;
}
