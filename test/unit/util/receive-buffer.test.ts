import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LimitError, ReceiveBuffer } from '../../../src/util/index.ts';

/** Messages of this test: two bytes of length, little endian, then that many bytes. */
const lengthOf = (bytes: Uint8Array, start: number, available: number): number => {
  if (available < 2) return 0;
  const length = (bytes[start] as number) + 256 * (bytes[start + 1] as number);
  if (length > 5000) throw new LimitError('too long');
  return 2 + length;
};

function receive(chunks: Iterable<Uint8Array>): Uint8Array[] {
  const got: Uint8Array[] = [];
  const buffer = new ReceiveBuffer(2, lengthOf);
  for (const chunk of chunks) {
    buffer.push(chunk, (bytes, start, end) => {
      got.push(bytes.slice(start, end));
      return true;
    });
  }
  return got;
}

test('messages are delivered whole however the stream is cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 40 })),
      fc.array(fc.integer({ min: 1, max: 17 })),
      (bodies, cuts) => {
        const messages = bodies.map((body) => Uint8Array.from([body.length, 0, ...body]));
        const stream = Uint8Array.from(messages.flatMap((message) => [...message]));
        const chunks: Uint8Array[] = [];
        for (let at = 0, i = 0; at < stream.length; i++) {
          const size = cuts.length === 0 ? 3 : (cuts[i % cuts.length] as number);
          chunks.push(stream.slice(at, at + size));
          at += size;
        }
        expect(receive(chunks)).toEqual(messages);
        expect(receive([stream])).toEqual(messages);
      },
    ),
  );
});

test('a message that spans chunks is owned, one inside a chunk is not', () => {
  const buffer = new ReceiveBuffer(2, lengthOf);
  const owned: boolean[] = [];
  const note = (_bytes: Uint8Array, _start: number, _end: number, isOwned: boolean): boolean =>
    owned.push(isOwned) > 0;
  buffer.push(Uint8Array.from([1, 0, 5, 3, 0, 1]), note);
  expect(buffer.pendingBytes).toBe(3);
  buffer.push(Uint8Array.from([2, 3]), note);
  expect(owned).toEqual([false, true]);
  expect(buffer.pendingBytes).toBe(0);
});

test('a length over the limit throws before anything is kept', () => {
  const buffer = new ReceiveBuffer(2, lengthOf);
  expect(() => buffer.push(Uint8Array.from([255, 255, 1]), () => true)).toThrow(LimitError);
  expect(buffer.pendingBytes).toBe(0);
});

test('delivery stops when the receiver says so', () => {
  const buffer = new ReceiveBuffer(2, lengthOf);
  let count = 0;
  expect(buffer.push(Uint8Array.from([0, 0, 0, 0]), () => ++count < 1)).toBe(false);
  expect(count).toBe(1);
});

test('a message that spans chunks is moved so that what missed its alignment meets it the next time', () => {
  const buffer = new ReceiveBuffer(2, lengthOf);
  const starts: number[] = [];
  const receiveOne = (): void => {
    buffer.push(Uint8Array.from([4, 0, 1, 2]), () => true);
    buffer.push(Uint8Array.from([3, 4]), (bytes, start, end, isOwned) => {
      expect([isOwned, [...bytes.subarray(start, end)]]).toEqual([true, [4, 0, 1, 2, 3, 4]]);
      return starts.push((bytes.byteOffset + start) % 8) > 0;
    });
  };
  receiveOne();
  // Its array began three bytes behind the start.
  buffer.realign(3);
  receiveOne();
  buffer.realign(0);
  receiveOne();
  buffer.realign(2);
  receiveOne();
  expect(starts).toEqual([0, 5, 5, 3]);
});

describe('messages of many megabytes', () => {
  const MIB = 1024 * 1024;
  const length = 20 * MIB + 5;
  const lengthOfBig = (bytes: Uint8Array, start: number, available: number): number =>
    available < 2 ? 0 : bytes[start] === 1 ? length : 2;

  test.each([
    ['its header comes alone', 1],
    ['its header comes with content', 65_536],
  ])(
    'ARC-S-6 one is whole when %s, and what a header claims is not allocated before it comes',
    (_when, first) => {
      const buffer = new ReceiveBuffer(2, lengthOfBig);
      const stream = new Uint8Array(length);
      for (let i = 0; i < length; i++) stream[i] = i * 7;
      stream.set([1, 0]);
      const allocated: number[] = [];
      const got: boolean[] = [];
      const before = process.memoryUsage().arrayBuffers;
      for (let at = 0; at < length; ) {
        const end = Math.min(length, at + (at < 2 * first ? first : 1_000_000));
        buffer.push(stream.subarray(at, end), (bytes, start, stop, isOwned) => {
          const isSame = Buffer.compare(bytes.subarray(start, stop), stream) === 0;
          got.push(isOwned && isSame);
          return true;
        });
        at = end;
        allocated.push(process.memoryUsage().arrayBuffers - before);
      }
      expect(got).toEqual([true]);
      expect(allocated[3]).toBeLessThan(9 * MIB);
      expect(buffer.pendingBytes).toBe(0);
    },
  );
});
