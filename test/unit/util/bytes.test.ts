import { expect, test } from 'vitest';
import {
  BlockPool,
  BORROW_BYTES,
  BytesReader,
  BytesWriter,
  ProtocolError,
  SendBuffer,
} from '../../../src/util/index.ts';

for (const littleEndian of [true, false]) {
  test(`a reader gives back what a writer wrote, little endian ${littleEndian}`, () => {
    const w = new BytesWriter(1, littleEndian);
    w.u8(200);
    w.i8(-3);
    w.u16(65000);
    w.i16(-2);
    w.u32(4_000_000_000);
    w.i32(-5);
    w.u64(18446744073709551615n);
    w.i64(-9223372036854775808n);
    w.i64Number(-1234567890123);
    w.f32(1.5);
    w.f64(Math.PI);
    w.text('Grüße µ');
    const r = new BytesReader(w.toBytes(), littleEndian);
    expect([r.u8(), r.i8(), r.u16(), r.i16(), r.u32(), r.i32()]).toEqual([
      200, -3, 65000, -2, 4_000_000_000, -5,
    ]);
    expect([r.u64(), r.i64(), r.i64Number()]).toEqual([
      18446744073709551615n,
      -9223372036854775808n,
      -1234567890123,
    ]);
    expect([r.f32(), r.f64(), r.text(r.remaining)]).toEqual([1.5, Math.PI, 'Grüße µ']);
    expect(r.remaining).toBe(0);
  });
}

test('a reader refuses to read beyond its window and names the offset', () => {
  const r = new BytesReader(new Uint8Array(10)).reset(new Uint8Array(10), 4, 7);
  r.u16();
  expect(() => r.u32()).toThrow(ProtocolError);
  try {
    r.u32();
  } catch (error) {
    expect((error as ProtocolError).offset).toBe(2);
  }
  expect(() => r.take(-1)).toThrow(ProtocolError);
  expect(() => r.take(Number.NaN)).toThrow(ProtocolError);
  expect(r.u8()).toBe(0);
});

test('a send buffer keeps large data where it lies and copies small data', () => {
  const buffer = new SendBuffer(new BlockPool());
  const large = new Uint8Array(BORROW_BYTES).fill(7);
  const small = new Uint8Array(BORROW_BYTES - 1).fill(8);
  buffer.u16(1);
  buffer.data(large);
  buffer.data(small);
  buffer.u8(9);
  const chunks = buffer.chunks();
  expect(chunks).toHaveLength(3);
  expect(chunks[1]).toBe(large);
  expect(buffer.byteLength).toBe(2 + large.length + small.length + 1);
  expect(buffer.toBytes()).toEqual(Uint8Array.from([1, 0, ...large, ...small, 9]));
});

test('a send buffer patches a length although the block grew since', () => {
  const buffer = new SendBuffer(new BlockPool());
  const at = buffer.claim(4);
  buffer.zeros(200_000);
  buffer.patchU32(at, 200_000);
  expect(new DataView(buffer.toBytes().buffer).getUint32(0, true)).toBe(200_000);
  expect(buffer.byteLength).toBe(200_004);
});

test('a send buffer takes its block back at once when the transport is done, else after it drained', () => {
  const pool = new BlockPool();
  const buffer = new SendBuffer(pool);
  buffer.u8(1);
  const first = buffer.bytes;
  buffer.flush(() => true);
  buffer.u8(2);
  expect(buffer.bytes).toBe(first);
  buffer.flush(() => false);
  buffer.u8(3);
  expect(buffer.bytes).not.toBe(first);
  buffer.drained();
  expect(pool.acquire()).toBe(first);
});

test('an empty send buffer writes nothing', () => {
  new SendBuffer().flush(() => {
    throw new Error('written');
  });
});
