import { expect } from 'vitest';
import { seededRandom } from '../../src/testing/index.ts';

/** One way to cut a stream into chunks. */
export interface Split {
  readonly name: string;
  readonly chunks: readonly Uint8Array[];
}

/**
 * A stream whole, cut in two at every byte, byte by byte, and at random places. Each chunk is a copy.
 *
 * @yields one split at a time.
 */
export function* splitsOf(stream: Uint8Array, seed = 1, randomCount = 10): Generator<Split> {
  yield { name: 'whole', chunks: [stream.slice()] };
  for (let at = 1; at < stream.length; at++) {
    yield { name: `cut at byte ${at}`, chunks: [stream.slice(0, at), stream.slice(at)] };
  }
  yield { name: 'byte by byte', chunks: Array.from(stream, (byte) => Uint8Array.of(byte)) };
  for (let k = 0; k < randomCount; k++) {
    yield { name: `random cuts, seed ${seed + k}`, chunks: randomChunks(stream, seed + k) };
  }
}

/** A stream in pieces of 1 byte up to about a tenth of it. */
export function randomChunks(stream: Uint8Array, seed: number): Uint8Array[] {
  const random = seededRandom(seed);
  const most = Math.max(2, Math.ceil(stream.length / 10));
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < stream.length; ) {
    const end = Math.min(stream.length, at + 1 + Math.floor(random() * most));
    chunks.push(stream.slice(at, end));
    at = end;
  }
  return chunks;
}

/**
 * Feeds a stream in every split and expects the same record each time. A chunk is overwritten once it was taken, so
 * that whoever keeps a view of it is found out.
 *
 * @param start makes a fresh receiver; `feed` gives it a chunk, `result` tells what it recorded.
 * @returns the record of the whole stream.
 */
export function expectSameForAllSplits<T>(
  stream: Uint8Array,
  start: () => { feed(chunk: Uint8Array): void; result(): T },
): T {
  let whole: T | undefined;
  for (const { name, chunks } of splitsOf(stream)) {
    const receiver = start();
    for (const chunk of chunks) {
      receiver.feed(chunk);
      chunk.fill(0xa5);
    }
    const result = receiver.result();
    if (whole === undefined) whole = result;
    else expect(result, name).toEqual(whole);
  }
  return whole as T;
}
