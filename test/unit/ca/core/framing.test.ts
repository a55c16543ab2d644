import { describe, expect, test } from 'vitest';
import { FrameAction, Framer, type FrameSink } from '../../../../src/ca/core/framing.ts';
import { writeHeader } from '../../../../src/ca/core/index.ts';
import { BytesWriter } from '../../../../src/util/index.ts';
import { expectSameForAllSplits } from '../../../helpers/split.ts';

function message(command: number, payload: Uint8Array, count = 1): Uint8Array {
  const w = new BytesWriter(64, false);
  writeHeader(w, command, 6, count, 1, 2, payload.length);
  w.raw(payload);
  return w.toBytes();
}
const join = (...parts: readonly Uint8Array[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => [...part]));
const bytes = (length: number): Uint8Array => new Uint8Array(length).map((_, i) => i);

interface Seen {
  readonly command: number;
  readonly count: number;
  readonly payload: readonly number[];
}

function collect(action: (command: number) => FrameAction = () => FrameAction.Deliver): {
  readonly framer: Framer;
  readonly seen: Seen[];
} {
  const seen: Seen[] = [];
  const sink: FrameSink = {
    onHeader: (header) => action(header.command),
    onMessage: (header, buffer, start, end) => {
      seen.push({ command: header.command, count: header.count, payload: [...buffer.subarray(start, end)] });
      return header.command !== 99;
    },
  };
  return { framer: new Framer(sink), seen };
}

describe('a byte stream', () => {
  test('gives the same messages however it is cut, skipped ones left out (CA-W6, CA-R4)', () => {
    const stream = join(
      message(1, bytes(16)),
      message(2, bytes(0)),
      message(50, bytes(24)),
      message(3, bytes(40), 0x10000),
      message(4, bytes(8)),
    );
    const seen = expectSameForAllSplits(stream, () => {
      const { framer, seen } = collect((command) =>
        command === 50 ? FrameAction.Skip : FrameAction.Deliver,
      );
      return { feed: (chunk) => framer.push(chunk), result: () => seen };
    });
    expect(seen.map((each) => each.command)).toEqual([1, 2, 3, 4]);
    expect(seen[2]).toEqual({ command: 3, count: 0x10000, payload: [...bytes(40)] });
  });

  test('a payload beyond the first allocation is collected whole', () => {
    const payload = bytes(700_000);
    const stream = message(1, payload);
    const { framer, seen } = collect();
    for (let at = 0; at < stream.length; at += 65_536) framer.push(stream.subarray(at, at + 65_536));
    expect(seen).toHaveLength(1);
    expect(seen[0]?.payload.length).toBe(payload.length);
    expect(Uint8Array.from(seen[0]?.payload ?? [])).toEqual(payload);
    expect(framer.pendingBytes).toBe(0);
  });

  test('CA-V24 a header that claims much costs memory only as its bytes arrive', () => {
    const w = new BytesWriter(64, false);
    writeHeader(w, 1, 6, 1, 1, 2, 0x0ffffff8);
    const { framer, seen } = collect();
    const before = process.memoryUsage().arrayBuffers;
    framer.push(w.toBytes());
    framer.push(bytes(100));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * 1024 * 1024);
    expect(framer.pendingBytes).toBe(100);
    expect(seen).toEqual([]);
  });

  test('is taken up to the message that stopped it', () => {
    const stop = message(99, bytes(8));
    const { framer, seen } = collect();
    expect(framer.push(join(stop, message(1, bytes(8))))).toBe(stop.length);
    expect(seen).toHaveLength(1);
    expect(framer.push(message(1, bytes(8)))).toBe(24);
    expect(seen).toHaveLength(2);
  });

  test('a header that is refused stops it too', () => {
    const { framer, seen } = collect(() => FrameAction.Stop);
    framer.push(message(1, bytes(8)));
    expect(seen).toEqual([]);
  });
});
