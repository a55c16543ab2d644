import { formatGeneral } from '../pvdata/index.ts';

/** How C's printf prints a floating point number. */
export interface FloatFormat {
  readonly letter: 'e' | 'f' | 'g';
  /** Digits: of `e` and `f` after the point, of `g` significant ones. */
  readonly digits: number;
}

/** `%g`. */
export const defaultFloatFormat: FloatFormat = { letter: 'g', digits: 6 };

/** A floating point number as C's printf prints it, `nan` and `inf` included. */
export function formatC(x: number, format: FloatFormat = defaultFloatFormat): string {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? 'nan' : x > 0 ? 'inf' : '-inf';
  if (format.letter === 'g') return formatGeneral(x, Math.max(1, format.digits));
  const sign = x < 0 || Object.is(x, -0) ? '-' : '';
  const size = Math.abs(x);
  const text = format.letter === 'f' ? fixed(size, format.digits) : exponential(size, format.digits);
  return `${sign}${text}`;
}

/** An integer of 32 bits in a base, negative ones as two's complement; decimal with a sign. */
export function formatInteger(x: number, base: IntegerBase): string {
  if (base === 10) return String(x);
  const bits = x >>> 0;
  if (base === 2) return bits === 0 ? '0' : `0b${bits.toString(2)}`;
  return base === 8 ? `0o${bits.toString(8)}` : `0x${bits.toString(16).toUpperCase()}`;
}

/** Bases that the tools print integers in. */
export type IntegerBase = 2 | 8 | 10 | 16;

/** The nearest integer, half away from zero, within 32 bits. */
export function roundToInt32(x: number): number {
  const rounded = Math.trunc(x > 0 ? x + 0.5 : x - 0.5);
  return rounded >= -0x8000_0000 && rounded <= 0x7fff_ffff ? rounded : -0x8000_0000;
}

/** Beyond these digits two different doubles do not look the same, so an exact tie shows as zeros. */
const TIE_DIGITS = 30;

function fixed(size: number, digits: number): string {
  if (size >= 1e21) {
    const whole = BigInt(size).toString();
    return digits === 0 ? whole : `${whole}.${'0'.repeat(digits)}`;
  }
  const text = size.toFixed(digits);
  // toFixed rounds ties up, C to the even digit.
  const isTie = /^50*$/.test(decimalsOf(size.toFixed(digits + TIE_DIGITS)).slice(digits));
  if (!isTie) return text;
  const cut = size.toFixed(digits + TIE_DIGITS).slice(0, digits === 0 ? -(TIE_DIGITS + 1) : -TIE_DIGITS);
  return Number(cut.at(-1)) % 2 === 0 ? cut : text;
}

function exponential(size: number, digits: number): string {
  const [mantissa = '', exponent = ''] = size.toExponential(digits).split('e');
  const [long = '', sameExponent = ''] = size.toExponential(digits + TIE_DIGITS).split('e');
  const isTie = /^50*$/.test(decimalsOf(long).slice(digits));
  const cut = long.slice(0, digits === 0 ? 1 : digits + 2);
  const isEven = Number(cut.at(-1)) % 2 === 0;
  const [shown, power] = isTie && isEven ? [cut, sameExponent] : [mantissa, exponent];
  const magnitude = power.replace(/^[+-]/, '').padStart(2, '0');
  return `${shown}e${power.startsWith('-') ? '-' : '+'}${magnitude}`;
}

function decimalsOf(text: string): string {
  return text.slice(text.indexOf('.') + 1);
}
