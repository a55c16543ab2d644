import type { Network } from '../../net/index.ts';
import type { ChannelOptions } from '../../pv/index.ts';
import type { Env, Logger } from '../../util/index.ts';
import type { DbrEncoding } from '../core/index.ts';
import type { CaGetOptions } from './channel-types.ts';
import type { CaClientOptions } from './config.ts';

/** How a channel is opened. */
export interface CaChannelOptions extends ChannelOptions {
  /** How CHAR is delivered; default `uint8`. */
  readonly element?: 'int8' | 'uint8';
  /** How texts are written, and read when they are no valid UTF-8; default `utf8`. */
  readonly encoding?: DbrEncoding;
}

/** What a client is made of. */
export interface CaClientSetup extends CaClientOptions {
  readonly network: Network;
  /** Environment variables that apply where no option is given; default none. */
  readonly env?: Env | undefined;
  readonly logger?: Logger | undefined;
}

/** Options of calls that name a PV instead of using a channel. */
export type CaCallOptions = CaGetOptions & CaChannelOptions;

/** Counters of a client. */
export interface CaClientStats {
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly messagesIn: number;
  readonly messagesOut: number;
  readonly channels: number;
  readonly connectedChannels: number;
  readonly circuits: number;
  readonly connects: number;
  readonly disconnects: number;
  /** Names that are being searched. */
  readonly searching: number;
  readonly searchDatagrams: number;
  readonly searchRequests: number;
  /** Estimated time until a search is answered, in ms. */
  readonly searchRoundTripMs: number;
  readonly beacons: number;
  readonly updates: number;
  /** Messages that nobody waited for. */
  readonly strays: number;
}

/** State of a client in full, for diagnosis. */
export interface CaClientReport {
  readonly searchTargets: readonly string[];
  readonly nameServers: { readonly configured: number; readonly ready: number };
  readonly repeater: string;
  readonly circuits: readonly {
    readonly server: string;
    readonly priority: number;
    readonly state: string;
    readonly minor: number;
    readonly channels: number;
    readonly silentMs: number;
    readonly queuedBytes: number;
  }[];
  readonly channels: readonly {
    readonly name: string;
    readonly state: string;
    readonly server: string;
    readonly searches: number;
    readonly subscriptions: number;
    readonly bytesIn: number;
    readonly bytesOut: number;
  }[];
}
