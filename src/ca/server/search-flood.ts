import type { Clock } from '../../util/index.ts';

/** Names per second that one address may search for in the long run, and at once. */
const RATE_PER_MS = 2;
const BURST = 20_000;
const MAX_SOURCES = 1024;

interface Bucket {
  tokens: number;
  atMs: number;
}

/** Limits the searches of each address, so that a client gone wild does not stop the server. */
export class SearchFlood {
  readonly #clock: Clock;
  readonly #buckets: Map<string, Bucket>;
  #dropped: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#buckets = new Map();
    this.#dropped = 0;
  }

  /** Names that were not looked at. */
  get dropped(): number {
    return this.#dropped;
  }

  /** The bucket of an address, filled up to now. */
  take(address: string): Bucket {
    const now = this.#clock.monotonicMs;
    let bucket = this.#buckets.get(address);
    if (bucket === undefined) {
      bucket = { tokens: BURST, atMs: now };
      if (this.#buckets.size >= MAX_SOURCES) {
        // The one that was added first; addresses that go on searching come back at once.
        const oldest = this.#buckets.keys().next();
        if (oldest.done !== true) this.#buckets.delete(oldest.value);
      }
      this.#buckets.set(address, bucket);
    } else {
      bucket.tokens = Math.min(BURST, bucket.tokens + (now - bucket.atMs) * RATE_PER_MS);
      bucket.atMs = now;
    }
    return bucket;
  }

  /** Whether one more name of the bucket's address may be looked up. */
  spend(bucket: Bucket): boolean {
    if (bucket.tokens < 1) {
      this.#dropped++;
      return false;
    }
    bucket.tokens--;
    return true;
  }
}
