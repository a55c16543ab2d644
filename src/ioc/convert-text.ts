import { ConversionError } from '../util/index.ts';

const INTEGER = /^\s*([+-]?\d+)/;
const DOUBLE = /^\s*([+-]?)(inf(?:inity)?|nan(?:\([^)]*\))?|0x[0-9a-f]+|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)/i;

/**
 * Number of a text put into an integer field: base 10, leading blanks and a sign, reading stops at the first other
 * character; empty text is 0.
 * @throws {ConversionError} EPICS_CONVERT when there are no digits or the value is outside `low`..`high`.
 * @see epics-base modules/libcom/src/misc/epicsStdlib.c, epicsParseLong
 */
export function parseInteger(text: string, low: bigint, high: bigint): bigint {
  if (text === '') return 0n;
  const match = INTEGER.exec(text);
  if (match === null) throw new ConversionError(`"${text}" is not a number`);
  // BigInt() takes no plus sign.
  const value = BigInt((match[1] as string).replace('+', ''));
  if (value < low || value > high) throw new ConversionError(`"${text}" is outside ${low}..${high}`);
  return value;
}

/**
 * Number of a text put into a floating point field, as C's strtod reads it; empty text is 0, trailing text is ignored.
 * @throws {ConversionError} EPICS_CONVERT when there are no digits or the value is too large.
 */
export function parseDouble(text: string): number {
  if (text === '') return 0;
  const match = DOUBLE.exec(text);
  if (match === null) throw new ConversionError(`"${text}" is not a number`);
  const body = (match[2] as string).toLowerCase();
  const sign = match[1] === '-' ? -1 : 1;
  if (body.startsWith('inf')) return sign * Number.POSITIVE_INFINITY;
  if (body.startsWith('nan')) return Number.NaN;
  const value = Number(body);
  if (!Number.isFinite(value)) throw new ConversionError(`"${text}" is too large for a double`);
  return sign * value;
}

function exponentForm(value: number, digits: number, width: number): string {
  let text: string;
  if (Number.isFinite(value)) {
    // C writes at least two exponent digits.
    text = value.toExponential(digits).replace(/e([+-])(\d)$/, 'e$10$2');
  } else {
    text = Number.isNaN(value) ? 'nan' : value < 0 ? '-inf' : 'inf';
  }
  return text.padStart(width);
}

/**
 * Text of a double field as CA serves it as DBR_STRING.
 * @param precision digits after the point, from PREC; negative acts as 17.
 * @see epics-base modules/libcom/src/cvtFast/cvtFast.c, cvtDoubleToString
 */
export function formatDouble(value: number, precision: number): string {
  const digits = precision < 0 ? 17 : Math.min(precision, 17);
  const size = Math.abs(value);
  if (digits <= 8 && size <= 1e7) return value.toFixed(digits);
  if (digits > 8 || size > 1e16) return exponentForm(value, digits, digits + 7);
  return Number.isNaN(value) ? 'nan' : value.toFixed(Math.min(digits, 3));
}

/**
 * Text of a float field, see {@link formatDouble}.
 * @see epics-base modules/libcom/src/cvtFast/cvtFast.c, cvtFloatToString
 */
export function formatFloat(value: number, precision: number): string {
  const digits = precision < 0 ? 12 : Math.min(precision, 12);
  const size = Math.abs(value);
  if (precision <= 12 && precision >= 0 && size <= 1e7) return value.toFixed(digits);
  if (precision > 12 || precision < 0 || size > 1e8) return exponentForm(value, digits, digits + 6);
  return Number.isNaN(value) ? 'nan' : value.toFixed(Math.min(digits, 3));
}
