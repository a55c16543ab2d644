import { describe, expect, it } from 'vitest';
import { formatGuid, makeGuid, parseGuid, readGuid, writeGuid } from '../../../../src/pva/core/index.ts';
import { seededRandom } from '../../../../src/testing/index.ts';
import { BytesReader, BytesWriter } from '../../../../src/util/index.ts';

describe('guid', () => {
  it('makeGuid makes 12 bytes from the random source, the same for the same seed', () => {
    const guid = makeGuid(seededRandom(1));
    expect(guid.length).toBe(12);
    expect(makeGuid(seededRandom(1))).toEqual(guid);
    expect(makeGuid(seededRandom(2))).not.toEqual(guid);
    expect(makeGuid(() => 0.999_999)).toEqual(new Uint8Array(12).fill(255));
  });

  it('parseGuid reads what formatGuid writes, with or without 0x, in either case', () => {
    const guid = makeGuid(seededRandom(3));
    const text = formatGuid(guid);
    expect(text).toMatch(/^[0-9a-f]{24}$/);
    expect(parseGuid(text)).toEqual(guid);
    expect(parseGuid(` 0x${text.toUpperCase()} `)).toEqual(guid);
  });

  it.each(['', '0x', '12', 'g'.repeat(24), '0'.repeat(23), '0'.repeat(25)])(
    'parseGuid refuses "%s"',
    (text) => {
      expect(parseGuid(text)).toBeUndefined();
    },
  );

  it('readGuid reads what writeGuid writes', () => {
    const guid = makeGuid(seededRandom(4));
    const writer = new BytesWriter();
    writeGuid(writer, guid);
    expect(readGuid(new BytesReader(writer.toBytes()))).toBe(formatGuid(guid));
  });
});
