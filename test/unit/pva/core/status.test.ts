import { describe, expect, it } from 'vitest';
import {
  isSuccess,
  makeStatus,
  okStatus,
  readStatus,
  type Status,
  writeStatus,
} from '../../../../src/pva/core/index.ts';
import { fromHex, toHex } from '../../../../src/testing/index.ts';
import { BytesReader, BytesWriter } from '../../../../src/util/index.ts';

const golden: readonly (readonly [string, Status])[] = [
  ['ff', okStatus],
  ['01017700', makeStatus(1, 'w')],
  ['020362616402 7472', makeStatus(2, 'bad', 'tr')],
  ['00046e6f746500', makeStatus(0, 'note')],
];

describe('Status (PVA-W-22)', () => {
  it.each(golden)('GV-1 %s', (hex, status) => {
    const reader = new BytesReader(fromHex(hex));
    expect(readStatus(reader)).toEqual(status);
    expect(reader.remaining).toBe(0);
    const writer = new BytesWriter();
    writeStatus(writer, status);
    expect(toHex(writer.toBytes())).toBe(hex.replace(' ', ''));
  });

  it('OK and WARNING are successes, unknown types are FATAL', () => {
    expect(golden.map(([, status]) => isSuccess(status))).toEqual([true, true, false, true]);
    expect(readStatus(new BytesReader(fromHex('090000'))).type).toBe(3);
  });
});
