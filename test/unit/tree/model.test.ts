import { describe, expect, it } from 'vitest';
import {
  BFloat16,
  BFloat16BE,
  Bool,
  Double,
  DoubleBE,
  Fixed,
  Float,
  Float4,
  Float6,
  Float8,
  Float16,
  Float16BE,
  FloatBE,
  Int,
  IntBE,
  type Model,
  reverseBits,
  String as StringModel,
  TensorFloat32,
  twosComplement,
  UFixed,
  UInt,
  UIntBE,
  UIntReversed,
} from '../../../src/tree/index.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('models', () => {
  it.each<[Model<number | bigint>, string, number | bigint, number | bigint, string]>([
    [UInt(12), 'UInt12', 0, 4095, '{:#x}'],
    [UInt(64), 'UInt64', 0n, 2n ** 64n - 1n, '{:#x}'],
    [Int(12), 'Int12', -2048, 2047, '{:d}'],
    [Int(32), 'Int32', -(2 ** 31), 2 ** 31 - 1, '{:d}'],
    [UIntBE(32), 'UIntBE32', 0, 2 ** 32 - 1, '{:#x}'],
    [IntBE(16), 'IntBE16', -32768, 32767, '{:d}'],
    [UIntReversed(8), 'UIntReversed8', 0, 255, '{:#x}'],
    [UInt(80), 'UInt80', 0n, 2n ** 80n - 1n, '{:#x}'],
  ])(
    'tree T-13: integer model %# has its name, range and display, and keeps its limits',
    (model, name, min, max, disp) => {
      expect(model.name).toBe(name);
      expect(model.minValue).toBe(min);
      expect(model.maxValue).toBe(max);
      expect(model.defaultdisp).toBe(disp);
      for (const value of [min, max]) expect(model.fromBytes(model.toBytes(value))).toBe(value);
      expect(() => model.toBytes(BigInt(max) + 1n)).toThrow(RangeError);
      expect(() => model.toBytes(BigInt(min) - 1n)).toThrow(RangeError);
      expect(() => model.toBytes(1.5)).toThrow(TypeError);
    },
  );

  it.each<[Model<number>, string, number, number]>([
    [Float(32), 'Float32', 3.4e38, 0.10000000149011612],
    [FloatBE(32), 'FloatBE32', 3.4e38, 0.10000000149011612],
    [Double(64), 'Double64', Number.POSITIVE_INFINITY, 0.1],
    [DoubleBE(64), 'DoubleBE64', Number.POSITIVE_INFINITY, 0.1],
    [Float16(16), 'Float16', 65504, 0.0999755859375],
    [Float16BE(16), 'Float16BE', 65504, 0.0999755859375],
    [BFloat16(16), 'BFloat16', 3.3895e38, 0.099609375],
    [BFloat16BE(16), 'BFloat16BE', 3.3895e38, 0.099609375],
    [TensorFloat32(32), 'TensorFloat32', 3.4011e38, 0.0999755859375],
    [Float8(8), 'Float8', 448, 0.1015625],
    [Float6(8), 'Float6', 28, 0.125],
    [Float4(8), 'Float4', 6, 0],
  ])('tree T-13: float model %# codes 0.1 to its nearest value', (model, name, max, near) => {
    expect(model.name).toBe(name);
    expect(model.maxValue).toBe(max);
    expect(model.minValue).toBe(-max);
    expect(model.fromBytes(model.toBytes(0.1))).toBe(near);
    expect(model.fromBytes(model.toBytes(-2))).toBe(-2);
    expect(model.fromString('2')).toBe(2);
  });

  it('tree section 8: small floats keep or clamp what they have no code for', () => {
    expect(Float8(8).fromBytes(Float8(8).toBytes(Number.NaN))).toBeNaN();
    expect(Float8(8).toBytes(Number.NaN)[0]).toBe(0x7f);
    expect(Float6(8).fromBytes(Float6(8).toBytes(Number.NaN))).toBe(28);
    expect(Float8(8).fromBytes(Float8(8).toBytes(1000))).toBe(448);
    expect(Float4(8).fromBytes(Float4(8).toBytes(-100))).toBe(-6);
    expect(BFloat16(16).fromBytes(BFloat16(16).toBytes(Number.NaN))).toBeNaN();
    expect(Float16(16).fromBytes(Float16(16).toBytes(1e9))).toBe(Number.POSITIVE_INFINITY);
    expect(Float16(16).fromBytes(Float16(16).toBytes(2 ** -24))).toBe(2 ** -24);
  });

  it('tree T-13: fixed point rounds half away from zero and refuses overflow', () => {
    expect(Fixed(16, 8).name).toBe('Fixed_16_8');
    expect(hex(Fixed(16, 8).toBytes(1.5))).toBe('8001');
    expect(hex(Fixed(16, 8).toBytes(-0.25))).toBe('c0ff');
    expect(Fixed(8, 1).fromBytes(Fixed(8, 1).toBytes(0.25))).toBe(0.5);
    expect(Fixed(8, 1).fromBytes(Fixed(8, 1).toBytes(-0.25))).toBe(-0.5);
    expect(Fixed(16, 8).maxValue).toBe(127.99609375);
    expect(Fixed(16, 8).minValue).toBe(-128);
    expect(UFixed(8, 4).maxValue).toBe(15.9375);
    expect(() => Fixed(16, 8).toBytes(128)).toThrow(RangeError);
    expect(() => UFixed(8, 4).toBytes(-0.5)).toThrow(RangeError);
    const wide = Fixed(64, 32);
    expect(wide.fromBytes(wide.toBytes(-12345.5))).toBe(-12345.5);
    expect(() => wide.toBytes(Number(wide.maxValue))).not.toThrow();
  });

  it('tree section 8: bytes lie as the vectors say', () => {
    expect(hex(UIntBE(32).toBytes(0x01020304))).toBe('01020304');
    expect(hex(UIntBE(24).toBytes(0x010203))).toBe('010203');
    expect(hex(UIntReversed(8).toBytes(1))).toBe('80');
    expect(hex(UIntReversed(8).toBytes(0x0d))).toBe('b0');
    expect(hex(FloatBE(32).toBytes(1))).toBe('3f800000');
    expect(hex(StringModel(64).toBytes('hello'))).toBe('68656c6c6f000000');
    expect(Int(12).fromString('0xfff')).toBe(-1);
  });

  it('tree section 8: text is cut at a character and ends at the first zero', () => {
    const model = StringModel(32);
    expect(model.name).toBe('String(4)');
    expect(model.fromBytes(model.toBytes('abcdef'))).toBe('abc');
    expect(model.fromBytes(model.toBytes('ab\u00e9'))).toBe('ab');
    expect(() => StringModel(12)).toThrow(RangeError);
  });

  it('tree section 8: Bool has one bit and labels', () => {
    expect(Bool(1).name).toBe('Bool');
    expect([...(Bool(1).defaultdisp as ReadonlyMap<boolean, string>).values()]).toStrictEqual([
      'False',
      'True',
    ]);
    expect(Bool(1).fromBytes(Uint8Array.of(1))).toBe(true);
    expect(() => Bool(2)).toThrow(/1 bits, not 2/);
  });

  it('tree section 8: the same arguments give the same model', () => {
    expect(UInt(12)).toBe(UInt(12));
    expect(Fixed(16, 8)).toBe(Fixed(16, 8));
    expect(Fixed(16, 8)).not.toBe(Fixed(16, 7));
    expect(() => UInt(0)).toThrow(RangeError);
  });

  it('tree section 8: bit helpers', () => {
    expect(reverseBits(0b0011n, 4)).toBe(0b1100n);
    expect(twosComplement(0xfffn, 12)).toBe(-1n);
  });
});
