const MAX_FIXED_PRECISION = 8;

/** `value`, at most 1e7 in size, with `digits` decimals; half of the digit behind them rounds away from zero. */
function fixed(value: number, digits: number): string {
  const size = Math.abs(value);
  let whole = Math.trunc(size);
  const scale = 10 ** digits;
  // As the C code does it: one digit more, cut, then rounded in integers. The sign stays, whatever is left.
  let fraction = Math.floor((Math.trunc((size - whole) * scale * 10) + 5) / 10);
  if (fraction >= scale) {
    whole++;
    fraction -= scale;
  }
  const sign = value < 0 ? '-' : '';
  return digits === 0 ? `${sign}${whole}` : `${sign}${whole}.${String(fraction).padStart(digits, '0')}`;
}

function exponential(value: number, digits: number, width: number): string {
  const text = value.toExponential(digits).replace(/e([+-])(\d)$/, 'e$10$2');
  return text.padStart(width);
}

function special(value: number, width: number): string {
  const text = Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
  return Number.isNaN(value) ? text : text.padStart(width);
}

/**
 * Text of a double with `precision` decimals, as EPICS converts DBF_DOUBLE to DBR_STRING.
 *
 * @see epics-base modules/libcom/src/cvtFast/cvtFast.c, cvtDoubleToString
 */
export function formatDouble(value: number, precision: number): string {
  const digits = precision < 0 ? 17 : precision;
  if (!Number.isFinite(value)) return special(value, digits + 7);
  const size = Math.abs(value);
  if (digits > MAX_FIXED_PRECISION || size > 1e16) {
    const shown = Math.min(digits, 17);
    return exponential(value, shown, shown + 7);
  }
  if (size > 1e7) return value.toFixed(Math.min(digits, 3));
  return fixed(value, digits);
}

/** Text of a float with `precision` decimals, as EPICS converts DBF_FLOAT to DBR_STRING. */
export function formatFloat(value: number, precision: number): string {
  const digits = precision < 0 ? 17 : precision;
  if (!Number.isFinite(value)) return special(value, digits + 6);
  const size = Math.abs(value);
  if (digits > MAX_FIXED_PRECISION || size >= 1e8) {
    const shown = Math.min(digits, 12);
    return exponential(value, shown, shown + 6);
  }
  if (size > 1e7) return value.toFixed(Math.min(digits, 3));
  return fixed(value, digits);
}
