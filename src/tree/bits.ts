/** Copies `count` bits; bit 0 is the lowest of byte 0. The places must not overlap. */
export function copyBits(
  from: Uint8Array,
  fromBit: number,
  to: Uint8Array,
  toBit: number,
  count: number,
): void {
  if (((fromBit | toBit | count) & 7) === 0) {
    to.set(from.subarray(fromBit >> 3, (fromBit + count) >> 3), toBit >> 3);
    return;
  }
  let done = 0;
  while (done < count) {
    const source = fromBit + done;
    const target = toBit + done;
    const take = Math.min(8 - (source & 7), 8 - (target & 7), count - done);
    const mask = (1 << take) - 1;
    const bits = ((from[source >> 3] ?? 0) >> (source & 7)) & mask;
    const at = target >> 3;
    to[at] = ((to[at] ?? 0) & ~(mask << (target & 7))) | (bits << (target & 7));
    done += take;
  }
}

/** Sets `count` bits to 1. */
export function setBits(bytes: Uint8Array, bit: number, count: number): void {
  let done = 0;
  while (done < count) {
    const at = bit + done;
    const take = Math.min(8 - (at & 7), count - done);
    bytes[at >> 3] = (bytes[at >> 3] ?? 0) | (((1 << take) - 1) << (at & 7));
    done += take;
  }
}

/** A run of bits. */
export interface BitRun {
  readonly bit: number;
  readonly count: number;
}

/** Bytes from `low` to `high`, exclusive. */
export interface ByteRange {
  readonly low: number;
  readonly high: number;
}

/** Smallest byte range that holds all runs. */
export function bytesOf(runs: readonly BitRun[]): ByteRange {
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  for (const { bit, count } of runs) {
    low = Math.min(low, bit >> 3);
    high = Math.max(high, Math.ceil((bit + count) / 8));
  }
  return { low: Math.min(low, high), high };
}
