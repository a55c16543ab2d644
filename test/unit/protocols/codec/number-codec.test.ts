import { describe, expect, it } from 'vitest';
import { BoolCodec, FloatCodec, IntCodec } from '../../../../src/protocols/codec/number-codec.ts';
import { AlarmCondition } from '../../../../src/pv/index.ts';

const noText = (): string => '';

describe('IntCodec', () => {
  it('EPS-E-25 clamps what does not fit, INVALID with HWLIMIT, and never wraps', () => {
    const codec = new IntCodec('int32');
    for (const [value, shown] of [
      [2 ** 31, 2 ** 31 - 1],
      [-(2 ** 40), -(2 ** 31)],
      [2n ** 70n, 2 ** 31 - 1],
    ] as const) {
      expect(codec.encode(value, noText)).toMatchObject({
        value: shown,
        alarm: { severity: 3, condition: AlarmCondition.HwLimit },
      });
    }
    expect(codec.encode(2 ** 31 - 1, noText)).toEqual({ value: 2 ** 31 - 1, alarm: undefined });
  });

  it('EPS-E-24 64 bits are exact', () => {
    const codec = new IntCodec('uint64');
    expect(codec.encode(2n ** 64n - 1n, noText)).toEqual({ value: 2n ** 64n - 1n, alarm: undefined });
    expect(codec.encode(5, noText).value).toBe(5n);
    expect(codec.encode(-1, noText)).toMatchObject({ value: 0n, alarm: { severity: 3 } });
    expect(codec.decode({ element: 'uint64', value: 2n ** 64n - 1n }).value).toBe(2n ** 64n - 1n);
    expect(codec.decode({ element: 'uint64', value: 7n }).value).toBe(7);
  });

  it('EPS-E-30 nothing is 0, undefined and INVALID', () => {
    expect(new IntCodec('int8').encode(null, noText)).toMatchObject({ value: 0, alarm: { severity: 3 } });
    expect(new IntCodec('int64').encode(undefined, noText).value).toBe(0n);
  });

  it('EPS-5 doubles are cut towards zero, and must fit', () => {
    const codec = new IntCodec('int16');
    expect(codec.decode({ element: 'float64', value: -3.9 }).value).toBe(-3);
    expect(() => codec.decode({ element: 'float64', value: 40000 })).toThrow(/40000/);
    expect(() => codec.decode({ element: 'string', value: 'abc' })).toThrow(/abc/);
  });

  it('EPS-E-33 what is no number is an error', () => {
    expect(() => new IntCodec('int32').encode('x', noText)).toThrow('x is not an integer');
    expect(() => new IntCodec('int32').encode(Number.NaN, noText)).toThrow(/NaN/);
  });
});

describe('FloatCodec', () => {
  it('carries doubles in both directions, also on 32-bit channels', () => {
    const codec = new FloatCodec('float32');
    expect(codec.encode(0.1, noText).value).toBe(0.1);
    expect(codec.encode(5n, noText).value).toBe(5);
    expect(codec.decode({ element: 'string', value: '2.5e3' })).toEqual({ value: 2500, isText: false });
    expect(codec.encode(null, noText)).toMatchObject({ value: 0, alarm: { severity: 3 } });
  });
});

describe('BoolCodec', () => {
  it.each([
    ['boolean', 1, true],
    ['boolean', 0n, false],
    ['int32', true, 1],
    ['int32', 0, 0],
  ] as const)('as %s shows %s as %s', (element, value, shown) => {
    expect(new BoolCodec(element).encode(value, noText).value).toBe(shown);
  });

  it('EPS-5 non-zero is true', () => {
    const codec = new BoolCodec('int32');
    const decoded = ([2, 0, true, 'true', 'False', '1', 0n] as const).map(
      (value) => codec.decode({ element: typeof value === 'string' ? 'string' : 'int64', value }).value,
    );
    expect(decoded).toEqual([true, false, true, true, false, true, false]);
    expect(() => codec.decode({ element: 'string', value: 'maybe' })).toThrow(/maybe/);
  });

  it('EPS-E-30 nothing is false, undefined and INVALID', () => {
    expect(new BoolCodec('boolean').encode(null, noText)).toMatchObject({
      value: false,
      alarm: { severity: 3 },
    });
  });
});
