import { type Value } from '../../pvdata/index.ts';
import { TypeMismatchError } from '../../util/index.ts';

/** A server that was found. */
export interface DiscoveredServer {
  /** 24 hexadecimal digits, new at each start of the server. */
  readonly guid: string;
  /** `address:port` of its TCP socket. */
  readonly server: string;
  readonly protocol: string;
}

/** A server appeared, started anew at the same address, or fell silent. */
export interface DiscoverEvent extends DiscoveredServer {
  readonly type: 'online' | 'offline';
}

/** Options of `PvaClient.discover`. */
export interface DiscoverOptions {
  /** Ask all servers to answer now; else only beacons tell. Default true. */
  readonly ping?: boolean;
  /** Ends the search after this time, in ms. Default: never. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** The names in the answer of the `server` PV to `op=channels`. @throws {TypeMismatchError} EPICS_TYPE for another answer. */
export function readNames(result: Value | null, server: string): string[] {
  const names = result?.desc.isStruct === true ? result.get('value') : result?.content;
  if (Array.isArray(names) && names.every((name) => typeof name === 'string')) return names as string[];
  throw new TypeMismatchError(
    `server ${server} answered the request for its names with ${result?.desc.id || 'no list'}`,
  );
}
