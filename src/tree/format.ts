import { asNdArray, type NativeType, narrowInt } from './native.ts';
import { floatText, pyRepr, pyStr } from './python-text.ts';

/** Formats one value; `type` tells floats from whole numbers. */
export type Formatter = (value: unknown, type?: NativeType) => string;

interface Spec {
  /** Nothing is specified. */
  readonly isPlain: boolean;
  readonly fill: string;
  readonly align: string;
  readonly sign: string;
  readonly isAlternate: boolean;
  readonly isZeroPadded: boolean;
  readonly width: number;
  readonly grouping: string;
  /** -1 = not given. */
  readonly precision: number;
  /** '' = not given. */
  readonly type: string;
}

const SPEC =
  /^(?:(?<fill>.)?(?<align>[<>=^]))?(?<sign>[-+ ])?(?<alternate>#)?(?<zero>0)?(?<width>\d{1,4})?(?<grouping>[,_])?(?:\.(?<precision>\d{1,3}))?(?<type>[bodxXneEfFgGsc%])?$/su;
const FIELD = /\{\{|\}\}|\{(?<index>0?)(?:!(?<conversion>[rsa]))?(?::(?<spec>[^{}]*))?\}|[{}]/gu;
const RADIX: Readonly<Record<string, number>> = { b: 2, o: 8, x: 16 };
// toFixed and toExponential take no more digits.
const MAX_PRECISION = 100;

/**
 * Compiles a Python format string with one argument: literal text, `{{ }}`, `{}`, `{0}`, `{!r}` and the format
 * mini-language `[[fill]align][sign][#][0][width][,|_][.precision][type]`.
 *
 * A value that the given type code cannot show (text with `{:d}`) appears as by `str()`.
 *
 * @throws {SyntaxError} when the text is no format string.
 */
export function compileFormat(template: string): Formatter {
  const parts: (string | Formatter)[] = [];
  let at = 0;
  for (const match of template.matchAll(FIELD)) {
    parts.push(template.slice(at, match.index));
    at = match.index + match[0].length;
    if (match[0] === '{{' || match[0] === '}}') parts.push(match[0].charAt(0));
    else if (match[0].length === 1) throw new SyntaxError(`single '${match[0]}' in format '${template}'`);
    else parts.push(compileField(match.groups ?? {}, template));
  }
  parts.push(template.slice(at));
  return (value, type) => parts.map((part) => (typeof part === 'string' ? part : part(value, type))).join('');
}

function compileField(groups: Readonly<Record<string, string | undefined>>, template: string): Formatter {
  const match = SPEC.exec(groups['spec'] ?? '');
  if (match === null) throw new SyntaxError(`unknown format '${groups['spec']}' in '${template}'`);
  const isRepr = groups['conversion'] === 'r' || groups['conversion'] === 'a';
  const isText = groups['conversion'] !== undefined;
  const found: Readonly<Record<string, string | undefined>> = match.groups ?? {};
  const spec: Spec = {
    isPlain: match[0] === '',
    fill: found['fill'] ?? (found['zero'] === undefined ? ' ' : '0'),
    align: found['align'] ?? (found['zero'] === undefined ? '' : '='),
    sign: found['sign'] ?? '-',
    isAlternate: found['alternate'] !== undefined,
    isZeroPadded: found['zero'] !== undefined,
    width: Number(found['width'] ?? 0),
    grouping: found['grouping'] ?? '',
    precision: found['precision'] === undefined ? -1 : Math.min(MAX_PRECISION, Number(found['precision'])),
    type: found['type'] ?? '',
  };
  return (value, type) => {
    if (isText) return formatText(isRepr ? pyRepr(value, type) : pyStr(value, type), spec);
    return formatValue(value, spec, type);
  };
}

function formatValue(value: unknown, spec: Spec, type: NativeType | undefined): string {
  if (typeof value === 'number' || typeof value === 'bigint') {
    const isFloatCode = /[eEfFgG%]/.test(spec.type) || (spec.type === 'n' && type === 'float');
    const isWhole = typeof value === 'bigint' || Number.isInteger(value);
    if (isFloatCode) return formatFloat(Number(value), spec);
    if (/[bodxXnc]/.test(spec.type)) {
      return isWhole ? formatInt(BigInt(value), spec) : formatText(pyStr(value, type), spec);
    }
    if (spec.type === 's') return formatText(pyStr(value, type), spec);
    if (type === 'float' || !isWhole) return formatFloat(Number(value), spec);
    return formatInt(BigInt(value), spec);
  }
  if (typeof value === 'boolean') {
    // Python: bool is an int, but without any specification it shows its name.
    if (spec.isPlain || spec.type === 's') return formatText(pyStr(value), spec);
    return formatValue(value ? 1 : 0, spec, 'int');
  }
  return formatText(pyStr(value, type), spec);
}

function formatText(text: string, spec: Spec): string {
  const cut = spec.precision >= 0 ? Array.from(text).slice(0, spec.precision).join('') : text;
  return pad('', cut, { ...spec, align: spec.align === '=' ? '<' : spec.align }, '<');
}

function formatInt(value: bigint, spec: Spec): string {
  const sign = signOf(value < 0n, spec);
  const magnitude = value < 0n ? -value : value;
  const radix = RADIX[spec.type.toLowerCase()];
  if (spec.type === 'c') {
    return pad('', String.fromCodePoint(Number(magnitude % 0x110000n)), spec, '<');
  }
  if (radix === undefined) return pad(sign, group(magnitude.toString(), spec, 3, sign.length), spec, '>');
  const prefix = sign + (spec.isAlternate ? `0${spec.type}` : '');
  const text = magnitude.toString(radix);
  const digits = spec.type === 'X' ? text.toUpperCase() : text;
  return pad(prefix, group(digits, spec, 4, prefix.length), spec, '>');
}

function formatFloat(value: number, spec: Spec): string {
  const isNegative = value < 0 || Object.is(value, -0);
  const sign = signOf(isNegative, spec);
  const magnitude = Math.abs(value);
  if (!Number.isFinite(value)) {
    const text = Number.isNaN(value) ? 'nan' : 'inf';
    const tail = spec.type === '%' ? '%' : '';
    const shown = /[EFG]/.test(spec.type) ? text.toUpperCase() : text;
    return pad(sign, shown + tail, spec, '>');
  }
  const precision = spec.precision < 0 ? 6 : spec.precision;
  let text: string;
  switch (spec.type) {
    case 'f':
    case 'F':
      text = fixedText(magnitude, precision);
      break;
    case '%':
      text = `${fixedText(magnitude * 100, precision)}%`;
      break;
    case 'e':
    case 'E':
      text = exponentText(magnitude, precision);
      break;
    case '':
      text = spec.precision < 0 ? floatText(magnitude) : generalText(magnitude, precision, spec, true);
      break;
    default:
      text = generalText(magnitude, precision, spec, false);
  }
  // The alternate form has a point, whatever follows it.
  if (spec.isAlternate && !text.includes('.')) text = text.replace(/(?=[e%]|$)/, '.');
  if (/[EFG]/.test(spec.type)) text = text.toUpperCase();
  const [whole, rest] = splitAtFraction(text);
  return pad(sign, group(whole, spec, 3, sign.length + rest.length) + rest, spec, '>');
}

function splitAtFraction(text: string): [string, string] {
  const at = text.search(/[^0-9]/);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at)];
}

function fixedText(magnitude: number, precision: number): string {
  // toFixed rounds ties up where Python takes the even digit, and changes to exponents at 1e21.
  const doubled = magnitude * 10 ** precision * 2;
  const mayTie = Number.isInteger(doubled) && Math.abs(doubled % 2) === 1;
  return mayTie || magnitude >= 1e21 ? exactFixed(magnitude, precision) : magnitude.toFixed(precision);
}

function exactFixed(magnitude: number, precision: number): string {
  const { digits, shift } = binaryParts(magnitude);
  const scaled = digits * 10n ** BigInt(precision);
  let whole = shift >= 0 ? scaled << BigInt(shift) : scaled >> BigInt(-shift);
  if (shift < 0) {
    const half = 1n << BigInt(-shift - 1);
    const rest = scaled & ((1n << BigInt(-shift)) - 1n);
    if (rest > half || (rest === half && (whole & 1n) === 1n)) whole += 1n;
  }
  const text = whole.toString().padStart(precision + 1, '0');
  return precision === 0 ? text : `${text.slice(0, -precision)}.${text.slice(-precision)}`;
}

/** The exact value of a positive double: `digits * 2**shift`. */
function binaryParts(magnitude: number): { digits: bigint; shift: number } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, magnitude);
  const bits = view.getBigUint64(0);
  const exponent = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  if (exponent === 0) return { digits: fraction, shift: -1074 };
  return { digits: fraction | 0x10000000000000n, shift: exponent - 1075 };
}

function exponentText(magnitude: number, precision: number): string {
  const [mantissa = '', power = '0'] = roundedExponential(magnitude, precision).split('e');
  const exponent = Number(power);
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

// toExponential rounds ties up where Python takes the even digit.
function roundedExponential(magnitude: number, precision: number): string {
  const exact = magnitude.toExponential(MAX_PRECISION);
  const cut = precision === 0 ? 1 : precision + 2;
  const [mantissa = '', power = '0'] = exact.split('e');
  const rest = precision === 0 ? mantissa.slice(2) : mantissa.slice(cut);
  const isTie = /^50*$/.test(rest) && Number(mantissa.charAt(cut - 1)) % 2 === 0;
  return isTie ? `${mantissa.slice(0, cut)}e${power}` : magnitude.toExponential(precision);
}

function generalText(magnitude: number, precision: number, spec: Spec, isStr: boolean): string {
  const digits = Math.max(1, precision);
  const exponent = magnitude === 0 ? 0 : Number(magnitude.toExponential(digits - 1).split('e')[1]);
  // Without a type code Python keeps one digit after the point, so exponents start one digit earlier.
  const limit = isStr ? digits - 1 : digits;
  if (exponent < -4 || exponent >= limit) {
    const [mantissa = '', power = ''] = exponentText(magnitude, digits - 1).split('e');
    return `${spec.isAlternate ? mantissa : trimZeros(mantissa)}e${power}`;
  }
  const fixed = fixedText(magnitude, Math.max(0, digits - 1 - exponent));
  if (spec.isAlternate) return fixed;
  const trimmed = trimZeros(fixed);
  return isStr && !trimmed.includes('.') ? `${trimmed}.0` : trimmed;
}

function trimZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

function signOf(isNegative: boolean, spec: Spec): string {
  if (isNegative) return '-';
  return spec.sign === '-' ? '' : spec.sign;
}

/** Puts separators between digits; `others` is the number of characters that go around them. */
function group(digits: string, spec: Spec, size: number, others: number): string {
  if (spec.grouping === '') return digits;
  const every = spec.grouping === ',' ? 3 : size;
  // Zeros in front of the digits are grouped like them, and a separator never comes first.
  const room = spec.fill === '0' && spec.align === '=' ? spec.width - others : 0;
  let all = digits;
  while (all.length + Math.ceil(all.length / every) - 1 < room) all = `0${all}`;
  let out = '';
  for (let end = all.length; end > 0; end -= every) {
    const piece = all.slice(Math.max(0, end - every), end);
    out = out === '' ? piece : `${piece}${spec.grouping}${out}`;
  }
  return out;
}

function pad(prefix: string, text: string, spec: Spec, defaultAlign: string): string {
  const missing = spec.width - prefix.length - text.length;
  if (missing <= 0) return prefix + text;
  switch (spec.align === '' ? defaultAlign : spec.align) {
    case '<':
      return prefix + text + spec.fill.repeat(missing);
    case '^': {
      const left = missing >> 1;
      return spec.fill.repeat(left) + prefix + text + spec.fill.repeat(missing - left);
    }
    case '=':
      return prefix + spec.fill.repeat(missing) + text;
    default:
      return spec.fill.repeat(missing) + prefix + text;
  }
}

/** Shows an array element by element, `[a, b]`, nested rows on new lines; undefined when `value` is no array. */
export function formatArray(value: unknown, format: Formatter): string | undefined {
  const array = asNdArray(value);
  if (array === undefined) return undefined;
  const type = array.dtype.startsWith('float') ? 'float' : 'int';
  const isBool = array.dtype === 'bool';
  const elements = Array.from(array.data, (x: number | bigint) =>
    format(isBool ? x !== 0 : narrowInt(x), type),
  );
  return joinRows(elements, array.shape, 0, 0);
}

function joinRows(
  elements: readonly string[],
  shape: readonly number[],
  dimension: number,
  start: number,
): string {
  const length = shape[dimension] ?? 0;
  if (dimension >= shape.length - 1) return `[${elements.slice(start, start + length).join(', ')}]`;
  const step = shape.slice(dimension + 1).reduce((product, n) => product * n, 1);
  const rows = Array.from({ length }, (_, i) => joinRows(elements, shape, dimension + 1, start + i * step));
  return `[${rows.join(',\n ')}]`;
}
