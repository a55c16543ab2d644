/** What a beacon tells. */
export const BeaconVerdict = {
  /** First beacon of this server. */
  New: 0,
  /** Came by a second route or out of order: no information. */
  Drop: 1,
  /** The server is well. */
  Normal: 2,
  /** Late: the circuits to this server should be probed. */
  Probe: 3,
  /** The server or the network to it has been restarted: search again, and probe. */
  Anomaly: 4,
} as const;
export type BeaconVerdict = (typeof BeaconVerdict)[keyof typeof BeaconVerdict];

/** Ratios of a beacon's period to the average of the periods before it. */
const LATE = 1.25;
const VERY_LATE = 3.25;
const EARLY = 0.8;
const GAIN = 1 / 8;
/** Minor version from which beacons are numbered. */
const MINOR_WITH_COUNTER = 10;
const BACKWARD_WINDOW = 256;

interface Server {
  lastMs: number;
  lastId: number;
  /** Undefined after the first beacon only. */
  averageMs: number | undefined;
}

/**
 * Judges the beacons of all servers of a network.
 *
 * @see epics-base modules/ca/src/client/bhe.cpp, bhe::updatePeriod
 */
export class BeaconWatch {
  readonly #servers = new Map<string, Server>();
  readonly #maxServers: number;

  /** @param maxServers servers to remember; beyond, the one known longest is forgotten. */
  constructor(maxServers = 10_000) {
    this.#maxServers = maxServers;
  }

  get size(): number {
    return this.#servers.size;
  }

  /** Average time between the beacons of a server in ms; undefined before its second beacon. */
  periodMs(address: string, port: number): number | undefined {
    return this.#servers.get(`${address}:${port}`)?.averageMs;
  }

  /**
   * Takes a beacon.
   *
   * @param beaconId counter of the server, which wraps at 2^32.
   * @param minor version of the server: older ones do not count.
   */
  beacon(address: string, port: number, beaconId: number, minor: number, nowMs: number): BeaconVerdict {
    const key = `${address}:${port}`;
    const server = this.#servers.get(key);
    if (server === undefined) {
      if (this.#servers.size >= this.#maxServers) this.#forgetOldest();
      this.#servers.set(key, { lastMs: nowMs, lastId: beaconId, averageMs: undefined });
      return BeaconVerdict.New;
    }
    if (minor >= MINOR_WITH_COUNTER) {
      const advance = (beaconId - server.lastId) >>> 0;
      server.lastId = beaconId;
      if (advance === 0 || advance > 0xffff_ffff - BACKWARD_WINDOW) return BeaconVerdict.Drop;
      if (advance === 2 || advance === 3) return BeaconVerdict.Drop;
    }
    const period = nowMs - server.lastMs;
    server.lastMs = nowMs;
    const average = server.averageMs;
    if (average === undefined) {
      server.averageMs = period;
      return BeaconVerdict.Normal;
    }
    server.averageMs = GAIN * period + (1 - GAIN) * average;
    if (period >= VERY_LATE * average) return BeaconVerdict.Anomaly;
    if (period >= LATE * average) return BeaconVerdict.Probe;
    if (period <= EARLY * average) return BeaconVerdict.Anomaly;
    return BeaconVerdict.Normal;
  }

  #forgetOldest(): void {
    for (const key of this.#servers.keys()) {
      this.#servers.delete(key);
      return;
    }
  }
}
