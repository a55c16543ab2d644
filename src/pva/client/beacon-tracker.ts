import type { Beacon } from '../core/index.ts';

/** A server that is silent for this long is gone, in ms: two periods of the slow beacon rate. */
export const BEACON_TIMEOUT_MS: number = 360_000;

/** Entries that are kept; further servers are not tracked. */
export const MAX_TRACKED_SERVERS: number = 20_000;

/** A server that announces itself. */
export interface TrackedServer {
  /** 24 hexadecimal digits. */
  guid: string;
  /** Address and port of its TCP socket. */
  readonly address: string;
  readonly port: number;
  readonly protocol: string;
  changeCount: number;
  seenMs: number;
}

/** What a beacon says that was not known: a server, another server at an address, a changed set of names. */
export type BeaconNews = 'online' | 'restarted' | 'changed' | 'known';

/** Remembers which servers send beacons. */
export class BeaconTracker {
  readonly #servers = new Map<string, TrackedServer>();

  get size(): number {
    return this.#servers.size;
  }

  /** All servers heard within the time-out. */
  servers(): IterableIterator<TrackedServer> {
    return this.#servers.values();
  }

  /** Takes a beacon. @param address of the server: from the beacon, or where the packet came from. */
  note(beacon: Beacon, address: string, nowMs: number): BeaconNews {
    const key = `${address} ${beacon.port} ${beacon.protocol}`;
    const known = this.#servers.get(key);
    if (known === undefined) {
      if (this.#servers.size >= MAX_TRACKED_SERVERS) return 'known';
      this.#servers.set(key, {
        guid: beacon.guid,
        address,
        port: beacon.port,
        protocol: beacon.protocol,
        changeCount: beacon.changeCount,
        seenMs: nowMs,
      });
      return 'online';
    }
    known.seenMs = nowMs;
    const isOther = known.guid !== beacon.guid;
    const isChanged = known.changeCount !== beacon.changeCount;
    known.guid = beacon.guid;
    known.changeCount = beacon.changeCount;
    return isOther ? 'restarted' : isChanged ? 'changed' : 'known';
  }

  /** Forgets and returns the servers that fell silent. */
  sweep(nowMs: number): TrackedServer[] {
    const gone: TrackedServer[] = [];
    for (const [key, server] of this.#servers) {
      if (nowMs - server.seenMs < BEACON_TIMEOUT_MS) continue;
      this.#servers.delete(key);
      gone.push(server);
    }
    return gone;
  }
}
