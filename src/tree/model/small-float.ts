/** A binary floating point coding. */
export interface FloatFormat {
  /** Bits in memory. */
  readonly bits: number;
  /** Largest value that a variable of this format takes. */
  readonly max: number;
  encode(value: number): bigint;
  decode(raw: bigint): number;
}

const scratch = new DataView(new ArrayBuffer(8));

const float32: FloatFormat = {
  bits: 32,
  max: 3.4e38,
  encode: (value) => BigInt(float32Bits(value)),
  decode: (raw) => float32Of(Number(raw)),
};

const float64: FloatFormat = {
  bits: 64,
  // PyRogue's literal 1.80e308 overflows to infinity, so every double is in range.
  max: Number.POSITIVE_INFINITY,
  encode: (value) => {
    scratch.setFloat64(0, value);
    return scratch.getBigUint64(0);
  },
  decode: (raw) => {
    scratch.setBigUint64(0, raw);
    return scratch.getFloat64(0);
  },
};

function float32Bits(value: number): number {
  scratch.setFloat32(0, value);
  return scratch.getUint32(0);
}

function float32Of(bits: number): number {
  scratch.setUint32(0, bits);
  return scratch.getFloat32(0);
}

/** The upper bits of a single precision pattern: lower bits are cut, NaN stays NaN. */
function cutFloat32(memoryBits: number, keptBits: number, max: number): FloatFormat {
  const cut = 32 - keptBits;
  // A value of memoryBits < 32 holds the upper half; TensorFloat32 keeps its 19 bits in place in 32.
  const shift = 32 - memoryBits;
  return {
    bits: memoryBits,
    max,
    encode: (value) => {
      let bits = ((float32Bits(value) >>> cut) << cut) >>> 0;
      if (Number.isNaN(value)) bits = (bits | 0x7fc00000) >>> 0;
      return BigInt(bits >>> shift);
    },
    decode: (raw) => float32Of((Number(raw) << shift) >>> 0),
  };
}

const float16: FloatFormat = {
  bits: 16,
  max: 65504,
  encode: (value) => BigInt(roundToHalf(value)),
  decode: (raw) => {
    const bits = Number(raw);
    const sign = (bits & 0x8000) === 0 ? 1 : -1;
    const exponent = (bits >> 10) & 0x1f;
    const fraction = bits & 0x3ff;
    if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    if (exponent === 0) return sign * fraction * 2 ** -24;
    return sign * (1024 + fraction) * 2 ** (exponent - 25);
  },
};

function roundToHalf(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (magnitude >= 65520) return sign | 0x7c00;
  const exponent = magnitude < 2 ** -14 ? -14 : exponentOf(magnitude);
  const steps = roundHalfEven(magnitude * 2 ** (10 - exponent));
  // A carry out of the fraction moves into the exponent by itself.
  return sign | (exponent === -14 ? steps : ((exponent + 15) << 10) + steps - 1024);
}

function exponentOf(magnitude: number): number {
  scratch.setFloat64(0, magnitude);
  return ((scratch.getUint16(0) >> 4) & 0x7ff) - 1023;
}

function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest > 0.5 || (rest === 0.5 && below % 2 === 1)) return below + 1;
  return below;
}

/**
 * A format without infinities whose values above the largest are clamped to it (OCP 8, 6 and 4 bit formats).
 * One byte in memory. NaN becomes `nan`, or the largest value when the format has no NaN.
 */
function clamped(bits: number, exponentBits: number, max: number, nan: number | undefined): FloatFormat {
  const fractionBits = bits - 1 - exponentBits;
  const bias = 2 ** (exponentBits - 1) - 1;
  const signBit = 1 << (bits - 1);
  const decode = (raw: number): number => {
    const magnitude = raw & (signBit - 1);
    if (nan !== undefined && magnitude === nan) return Number.NaN;
    const sign = (raw & signBit) === 0 ? 1 : -1;
    const exponent = magnitude >> fractionBits;
    const fraction = magnitude & (2 ** fractionBits - 1);
    const value =
      exponent === 0
        ? fraction * 2 ** (1 - bias - fractionBits)
        : (2 ** fractionBits + fraction) * 2 ** (exponent - bias - fractionBits);
    return sign * value;
  };
  const encode = (value: number): bigint => {
    if (Number.isNaN(value) && nan !== undefined) return BigInt(nan);
    const sign = value < 0 || Object.is(value, -0) ? signBit : 0;
    const magnitude = Number.isNaN(value) ? max : Math.min(max, Math.abs(value));
    const exponent = Math.max(1 - bias, magnitude === 0 ? 1 - bias : exponentOf(magnitude));
    const steps = roundHalfEven(magnitude * 2 ** (fractionBits - exponent));
    const isSubnormal = exponent === 1 - bias && steps < 2 ** fractionBits;
    const raw = isSubnormal ? steps : ((exponent + bias - 1) << fractionBits) + steps;
    return BigInt(sign | raw);
  };
  // All of them take a whole byte; bits above the value are ignored.
  return { bits: 8, max, encode, decode: (raw) => decode(Number(raw) & (2 ** bits - 1)) };
}

type FormatName =
  | 'float64'
  | 'float32'
  | 'float16'
  | 'bfloat16'
  | 'tensorfloat32'
  | 'float8'
  | 'float6'
  | 'float4';

/** The floating point codings. */
export const formats: Readonly<Record<FormatName, FloatFormat>> = {
  float64,
  float32,
  float16,
  bfloat16: cutFloat32(16, 16, 3.3895e38),
  tensorfloat32: cutFloat32(32, 19, 3.4011e38),
  float8: clamped(8, 4, 448, 0x7f),
  float6: clamped(6, 3, 28, undefined),
  float4: clamped(4, 2, 6, undefined),
};
