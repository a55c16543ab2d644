import { describe, expect, it } from 'vitest';
import { walkDatagram } from '../../../../src/pva/core/index.ts';
import { fromHex } from '../../../../src/testing/index.ts';
import { BytesReader } from '../../../../src/util/index.ts';

const beLong = 'ca 02 80 03 00 00 00 04 00 00 00 05';
const leLong = 'ca 02 40 04 04 00 00 00 06 00 00 00';
const setEndian = 'ca 02 41 02 ff ff ff ff';

function walk(hex: string): { seen: string[]; fault: string | undefined } {
  const seen: string[] = [];
  const fault = walkDatagram(new BytesReader(new Uint8Array(0)), fromHex(hex), (header, body) => {
    seen.push(`${header.command}${header.isFromServer ? 's' : 'c'} ${body.u32()}`);
  });
  return { seen, fault: fault?.message };
}

describe('walkDatagram', () => {
  it('W-5, W-3: visits several messages, each in its own byte order', () => {
    expect(walk(`${beLong} ${leLong} ${beLong}`)).toEqual({
      seen: ['3c 5', '4s 6', '3c 5'],
      fault: undefined,
    });
  });

  it('W-7: passes over control messages, whose size is no length', () => {
    expect(walk(`${setEndian} ${leLong}`)).toEqual({ seen: ['4s 6'], fault: undefined });
  });

  it('W-5: ignores a truncated tail', () => {
    expect(walk(`${beLong} ca 02 80 03 00 00 00 ff 00`)).toEqual({ seen: ['3c 5'], fault: undefined });
    expect(walk(`${beLong} ca 02 80`)).toEqual({ seen: ['3c 5'], fault: undefined });
  });

  it('W-1: stops at bad magic or version 0 and tells why', () => {
    expect(walk(`${beLong} 00 02 80 03 00 00 00 00`).fault).toContain('magic');
    expect(walk('ca 00 80 03 00 00 00 00').fault).toContain('version 0');
  });

  it('a body that ends early stops the walk and is told, without a throw', () => {
    expect(walk(`ca 02 80 03 00 00 00 02 00 00 ${beLong}`)).toMatchObject({
      seen: [],
      fault: expect.stringContaining('ends early'),
    });
  });

  it('a body may be read less than it holds', () => {
    expect(walk(`ca 02 80 03 00 00 00 06 00 00 00 07 aa bb ${leLong}`).seen).toEqual(['3c 7', '4s 6']);
  });

  it('faults of the visitor that are no protocol errors are thrown', () => {
    const visit = (): void => {
      throw new RangeError('ours');
    };
    expect(() => walkDatagram(new BytesReader(new Uint8Array(0)), fromHex(beLong), visit)).toThrow('ours');
  });
});
