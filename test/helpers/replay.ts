import { expect } from 'vitest';
import { seededRandom } from '../../src/testing/index.ts';
import { receiverMaker, type Session } from './hear.ts';
import type { RecordedStream } from './record-network.ts';
import { randomChunks } from './split.ts';

/** Bytes that all two-part splits of one stream may carry together: beyond it, cuts are a sample. */
const CUT_BYTES = 2_000_000;
const BYTEWISE_BYTES = 64 * 1024;
const RANDOM_SPLITS = 4;

function* splits(stream: Uint8Array): Generator<readonly [name: string, chunks: Uint8Array[]]> {
  const step = Math.max(1, Math.ceil((stream.length * stream.length) / CUT_BYTES));
  const random = seededRandom(stream.length);
  for (let at = 1; at < stream.length; at += step) {
    const cut = step === 1 ? at : Math.min(stream.length - 1, at + Math.floor(random() * step));
    yield [`cut at byte ${cut}`, [stream.slice(0, cut), stream.slice(cut)]];
  }
  const single = Array.from(stream.subarray(0, BYTEWISE_BYTES), (byte) => Uint8Array.of(byte));
  const rest = stream.length > BYTEWISE_BYTES ? randomChunks(stream.subarray(BYTEWISE_BYTES), 1) : [];
  yield ['byte by byte', [...single, ...rest]];
  for (let seed = 1; seed <= RANDOM_SPLITS; seed++) {
    yield [`random cuts, seed ${seed}`, randomChunks(stream, seed)];
  }
}

/**
 * Replays both directions of a session through the cores of the opposite roles: whole, cut at every byte (in a long
 * stream at many), byte by byte and at random places. Every time the same must be heard, and no violation.
 *
 * @returns what was heard from each end, a line per message.
 */
export function expectReplay(session: Session): { client: string[]; server: string[] } {
  return { client: replayFrom(session, 'client'), server: replayFrom(session, 'server') };
}

function replayFrom(session: Session, from: 'client' | 'server'): string[] {
  const stream = session.bytesFrom(from);
  const make = receiverMaker(session, from);
  const hear = (chunks: readonly Uint8Array[]): string[] => {
    const receiver = make();
    for (const chunk of chunks) {
      receiver.feed(chunk);
      // Finds out who keeps a view of a chunk.
      chunk.fill(0xa5);
    }
    return receiver.lines();
  };
  const whole = hear([stream.slice()]);
  const text = whole.join('\n');
  expect(
    whole.filter((heard) => heard.startsWith('{"type":"protocolError"')),
    `${session.protocol} ${from}`,
  ).toEqual([]);
  for (const [name, chunks] of splits(stream)) {
    const heard = hear(chunks);
    if (heard.join('\n') !== text) expect(heard, `${session.protocol} ${from}, ${name}`).toEqual(whole);
  }
  return whole;
}

/** Replays every stream recorded; gives the number of messages heard. */
export function expectReplays(streams: readonly RecordedStream[]): number {
  let messages = 0;
  for (const stream of streams) {
    const { protocol } = stream;
    if (protocol === undefined) continue;
    const heard = expectReplay({ protocol, bytesFrom: (from) => stream.bytesFrom(from) });
    messages += heard.client.length + heard.server.length;
  }
  return messages;
}
