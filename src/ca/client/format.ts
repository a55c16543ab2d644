import type { PvValue, Snapshot } from '../../pv/index.ts';

/** How a value is shown. */
export interface FormatOptions {
  /** Digits after the decimal point of floating point numbers; undefined: up to six significant digits. */
  readonly precision?: number | undefined;
  /** Labels of an enum; default: those of the snapshot. */
  readonly choices?: readonly string[] | undefined;
}

/** Numbers whose decimal exponent exceeds this are shown with significant digits. */
const MAX_PLAIN_EXPONENT = 4;

/** `%.<digits>g` of C: significant digits without trailing zeros, exponent form for large and small numbers. */
function formatSignificant(value: number, digits: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const significant = Math.min(100, Math.max(1, digits));
  const [mantissa = '', exponentText = '0'] = value.toExponential(significant - 1).split('e');
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < significant) {
    const text = value.toFixed(Math.max(0, significant - 1 - exponent));
    return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
  }
  const short = mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa;
  const power = String(Math.abs(exponent)).padStart(2, '0');
  return `${short}e${exponent < 0 ? '-' : '+'}${power}`;
}

function formatNumber(value: number, isFloat: boolean, precision: number | undefined): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
  if (!isFloat) return String(value);
  if (precision === undefined) return formatSignificant(value, 6);
  const exponent = Math.trunc(Math.log10(Math.abs(value + 1e-9)));
  if (Math.abs(exponent) > MAX_PLAIN_EXPONENT) return formatSignificant(value, precision);
  return value.toFixed(Math.min(100, Math.max(0, precision)));
}

function textOfBytes(bytes: Uint8Array | Int8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(
    new Uint8Array(bytes.buffer, bytes.byteOffset, end < 0 ? bytes.length : end),
  );
}

/**
 * The value of a snapshot as text, by the rules of pyepics: labels for enums, the precision for floating point numbers,
 * the text in a CHAR array up to its first NUL, a list of the elements for other arrays.
 *
 * @param element of the channel, as in `channel.scalarType`: numbers alone do not tell an enum from an integer.
 * @see pyepics epics/pv.py, PV._set_charval
 */
export function formatSnapshot(
  snapshot: Snapshot,
  element: string = 'float64',
  options: FormatOptions = {},
): string {
  const isFloat = element === 'float64' || element === 'float32';
  const choices = options.choices ?? snapshot.meta.choices;
  const one = (value: PvValue): string => {
    if (typeof value !== 'number') return String(value);
    if (element === 'enum') return choices[value] ?? String(value);
    return formatNumber(value, isFloat, options.precision);
  };
  const { value } = snapshot;
  if (typeof value !== 'object') return one(value);
  if (value instanceof Uint8Array || value instanceof Int8Array) return textOfBytes(value);
  return Array.from(value as ArrayLike<PvValue>, one).join(' ');
}
