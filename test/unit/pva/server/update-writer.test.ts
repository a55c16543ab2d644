import { describe, expect, it } from 'vitest';
import { UpdateWriter } from '../../../../src/pva/server/update-writer.ts';
import { toHex } from '../../../../src/testing/index.ts';

describe('UpdateWriter', () => {
  it('hands out copies of small content and is empty afterwards', () => {
    const writer = new UpdateWriter(16);
    writer.u8(1);
    writer.data(Uint8Array.of(2, 3));
    const first = writer.take();
    writer.u8(9);
    expect(first.map(toHex)).toEqual(['010203']);
    expect(writer.take().map(toHex)).toEqual(['09']);
  });

  it('keeps large arrays as they are, in their place', () => {
    const writer = new UpdateWriter(16);
    const large = new Uint8Array(5000).fill(7);
    writer.u8(1);
    writer.data(large);
    writer.data(large);
    writer.u8(2);
    expect(writer.byteLength).toBe(10_002);
    const chunks = writer.take();
    expect(chunks.map((chunk) => chunk.length)).toEqual([1, 5000, 5000, 1]);
    expect(chunks[1]).toBe(large);
    expect(writer.byteLength).toBe(0);
  });

  it('forgets what was written by a failed attempt', () => {
    const writer = new UpdateWriter(16);
    writer.u8(1);
    writer.data(new Uint8Array(5000));
    writer.clear();
    writer.u8(5);
    expect(writer.take().map(toHex)).toEqual(['05']);
  });
});
