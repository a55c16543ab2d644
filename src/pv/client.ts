import type { Value } from '../pvdata/index.ts';
import type { Stop } from '../util/index.ts';
import type { EventMask, PvType, PvValue, ScalarType, Snapshot, TimeStamp } from './model.ts';
import type { Rights, UpdateSink } from './source.ts';

/** Limits of one call. */
export interface CallOptions {
  /** Aborting rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** From the call to its completion, search included. */
  readonly timeoutMs?: number;
  /** Not connected: rejects at once with EPICS_DISCONNECTED. */
  readonly ifConnected?: boolean;
}
/** Limits and wishes of one put. */
export interface PutOptions extends CallOptions {
  /** Wait until the server has completed the put. */
  readonly wait?: boolean;
  /** CA without wait: WRITE followed by ECHO. */
  readonly confirm?: boolean;
}
/** Limits of one call that concerns a structure, and which fields it wants. */
export interface StructOptions extends CallOptions {
  readonly pvRequest?: string | Value;
}
/** Wishes of one subscription. */
export interface MonitorOptions {
  readonly mask?: EventMask;
  readonly queueSize?: number;
  readonly signal?: AbortSignal;
  readonly pvRequest?: string | Value;
}
/** Wishes of one channel; two channels with the same name and wishes share one. */
export interface ChannelOptions {
  /** CA: fetch units, limits and choices too. */
  readonly meta?: boolean;
  readonly priority?: number;
}
/** Where a channel is in its life. `disconnected`: it was connected and looks for its PV again. */
export type ChannelState = 'searching' | 'connecting' | 'connected' | 'disconnected' | 'closed';
/** What is known of a channel, for people. */
export interface ChannelInfo {
  readonly scheme: 'ca' | 'pva' | 'local';
  /** `address:port`, empty while not connected. */
  readonly server: string;
  readonly nativeType: string;
  readonly count: number;
  readonly connectedAt: TimeStamp | undefined;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** A PV as seen by a client, whatever the protocol. Survives reconnects until it is disposed. */
export interface PvChannel extends Disposable {
  readonly name: string;
  readonly state: ChannelState;
  readonly rights: Rights;
  /** As served: scalar from CA, struct from PVA. */
  readonly type: PvType | undefined;
  /** What `get` and `subscribe` deliver; undefined: no scalar view. */
  readonly scalarType: ScalarType | undefined;
  ready(options?: CallOptions): Promise<PvType>;
  get(options?: CallOptions): Promise<Snapshot>;
  put(value: PvValue, options?: PutOptions): Promise<void>;
  subscribe(sink: UpdateSink<Snapshot>, options?: MonitorOptions): Stop;
  monitor(options?: MonitorOptions): AsyncIterableIterator<Snapshot>;
  getStruct(options?: StructOptions): Promise<Value>;
  putStruct(value: Value, options?: PutOptions & StructOptions): Promise<void>;
  subscribeStruct(sink: UpdateSink<Value>, options?: MonitorOptions): Stop;
  call(args: Value | null, options?: StructOptions): Promise<Value | null>;
  info(): ChannelInfo;
  onState(listener: (state: ChannelState) => void): Stop;
  onRights(listener: (rights: Rights) => void): Stop;
}

/** A client of one protocol, or one that chooses among several. */
export interface PvClient extends AsyncDisposable {
  readonly scheme: 'ca' | 'pva' | 'local';
  channel(name: string, options?: ChannelOptions): PvChannel;
}
