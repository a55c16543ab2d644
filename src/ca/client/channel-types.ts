import {
  type CallOptions,
  type ChannelInfo,
  type ChannelState,
  Event,
  type EventMask,
  type MonitorOptions,
  type Rights,
  type Snapshot,
} from '../../pv/index.ts';
import { ConfigError } from '../../util/index.ts';
import type { ValueForm } from './value-request.ts';

/** How a value is read. */
export interface CaGetOptions extends CallOptions {
  /** Default `native`. */
  readonly as?: ValueForm;
  /** Elements at most; 0, the default: all there are. */
  readonly count?: number;
}

/** What a subscription asks for. */
export interface CaMonitorOptions extends Omit<MonitorOptions, 'mask'> {
  /** Default value and alarm. Letters: `v`alue, `l`og, `a`larm, `p`roperty. */
  readonly mask?: EventMask | string;
  readonly as?: ValueForm;
  readonly count?: number;
}

/** How to read a DBR structure as it is. */
export interface CaReadOptions extends CallOptions {
  /** Name or code; default: TIME of the native type. */
  readonly dbr?: string | number;
  /** Elements at most; 0, the default: all there are. */
  readonly count?: number;
}

/** What `monitorEvents` delivers: everything that happens to a subscription, in order. */
export type CaMonitorEvent =
  | { readonly type: 'connected' }
  | {
      readonly type: 'update';
      readonly snapshot: Snapshot;
      readonly mask: EventMask;
      /** First since the channel connected. */
      readonly initial: boolean;
    }
  | { readonly type: 'disconnected' }
  | { readonly type: 'error'; readonly error: Error }
  | { readonly type: 'finished'; readonly reason: Error | undefined };

/** State of a channel beyond what all protocols have. */
export interface CaChannelInfo extends ChannelInfo {
  readonly state: ChannelState;
  readonly rights: Rights;
  readonly priority: number;
  /** Minor version of the server; 0 while not connected. */
  readonly minor: number;
  /** Time since the server was last heard, in ms. */
  readonly silentMs: number | undefined;
  /** Average time between the beacons of the server in ms, when any were seen. */
  readonly beaconPeriodMs: number | undefined;
  /** Searches sent for the name since it was last connected. */
  readonly searches: number;
  /** Another server that has the same name. */
  readonly duplicate: string | undefined;
  readonly subscriptions: number;
}

const maskLetters: Readonly<Record<string, number>> = {
  v: Event.Value,
  l: Event.Log,
  a: Event.Alarm,
  p: Event.Property,
};

/**
 * Bits of an event mask.
 *
 * @throws {ConfigError} EPICS_CONFIG for an empty mask and for bits that do not exist.
 */
export function parseEventMask(mask: EventMask | string | undefined): EventMask {
  if (mask === undefined) return Event.Value | Event.Alarm;
  let bits = typeof mask === 'number' ? mask : 0;
  let isKnown = true;
  for (const letter of typeof mask === 'string' ? mask : '') {
    isKnown &&= letter in maskLetters;
    bits |= maskLetters[letter] ?? 0;
  }
  if (!isKnown || !Number.isInteger(bits) || bits < 1 || bits > 255) {
    throw new ConfigError(`event mask "${mask}" is not made of v, l, a and p, or 1 to 15 (ECA_BADMASK)`, {
      key: 'mask',
    });
  }
  return bits;
}
