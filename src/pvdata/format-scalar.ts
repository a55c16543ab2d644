import { ARRAY_BIT, TypeCode } from './type-code.ts';

/**
 * A scalar as pvxs prints it: text in quotes, booleans `true` and `false`, numbers in decimal.
 *
 * @param code type code of the scalar, or of the array it is an element of.
 * @param digits significant digits of floating point numbers; 0: as many as tell the number apart from all others.
 */
export function formatScalar(code: number, x: unknown, digits = 0): string {
  if (typeof x === 'string') return quote(x);
  if (typeof x !== 'number') return String(x);
  const scalar = code & ~ARRAY_BIT;
  if (scalar !== TypeCode.Float && scalar !== TypeCode.Double) return String(x);
  if (digits > 0) return formatGeneral(x, digits);
  return scalar === TypeCode.Float ? formatFloat(x) : formatDouble(x);
}

/** The shortest decimal text that reads back as the same number; `nan`, `inf`, `-inf`, `-0` as C prints them. */
export function formatDouble(x: number): string {
  return Number.isFinite(x) && x !== 0 ? String(x) : special(x);
}

/** As `formatDouble` for a number of 32-bit precision. */
export function formatFloat(x: number): string {
  if (!Number.isFinite(x) || x === 0) return special(x);
  let digits = 6;
  while (digits < 9 && Math.fround(Number(x.toPrecision(digits))) !== Math.fround(x)) digits++;
  return String(Number(x.toPrecision(digits)));
}

/** As C's `%g` with a precision of `digits`, 1 to 100: what pvxs and pvAccessCPP print, with 6. */
export function formatGeneral(x: number, digits: number): string {
  if (!Number.isFinite(x) || x === 0) return special(x);
  const [mantissa, exponentText] = roundedExponential(Math.abs(x), digits).split('e') as [string, string];
  const sign = x < 0 ? '-' : '';
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < digits) {
    const figures = mantissa.replace('.', '');
    const text =
      exponent < 0
        ? `0.${'0'.repeat(-exponent - 1)}${figures}`
        : `${figures.slice(0, exponent + 1)}.${figures.slice(exponent + 1)}`;
    return `${sign}${withoutZeros(text)}`;
  }
  const power = String(Math.abs(exponent)).padStart(2, '0');
  return `${sign}${withoutZeros(mantissa)}e${exponent < 0 ? '-' : '+'}${power}`;
}

/** `toExponential` that rounds ties to even, as the C library does, instead of up. */
function roundedExponential(x: number, digits: number): string {
  const rounded = x.toExponential(digits - 1);
  // 20 digits further on, two doubles that differ do not look the same.
  const more = Math.min(100, digits + 19);
  const [mantissa, exponent] = x.toExponential(more).split('e') as [string, string];
  const figures = mantissa.replace('.', '');
  const isTie = /^50*$/.test(figures.slice(digits));
  const isEven = Number(figures[digits - 1]) % 2 === 0;
  if (!isTie || !isEven) return rounded;
  return `${figures[0]}.${figures.slice(1, digits)}e${exponent}`;
}

function special(x: number): string {
  if (Number.isNaN(x)) return 'nan';
  if (x === 0) return Object.is(x, -0) ? '-0' : '0';
  return x > 0 ? 'inf' : '-inf';
}

function withoutZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0*$/, '') : text;
}

const escapes: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\v', '\\v'],
  ['\0', '\\0'],
  ['\x07', '\\a'],
]);

/**
 * Text in double quotes with C escapes for quotes, backslashes and control characters. pvxs escapes the bytes of
 * other characters beyond ASCII too; they stay readable here.
 */
export function quote(text: string): string {
  const escaped = text.replace(
    /["\\\p{Cc}]/gu,
    (c) => escapes.get(c) ?? `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
  return `"${escaped}"`;
}
