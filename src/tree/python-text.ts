import { asNdArray, type NativeType } from './native.ts';

/** Text of a float as Python's `repr`: `1.0`, `1e-05`, `1e+16`, `inf`, `nan`. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  // toExponential() without digits gives the shortest text that reads back, the same digits as repr.
  const [mantissa = '', power = '0'] = value.toExponential().split('e');
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 16) {
    const digits = String(Math.abs(exponent)).padStart(2, '0');
    return `${mantissa}e${exponent < 0 ? '-' : '+'}${digits}`;
  }
  const text = String(value);
  return text.includes('.') ? text : `${text}.0`;
}

/** Text of any value as Python's `str()`; `type` tells floats from whole numbers and tuples from lists. */
export function pyStr(value: unknown, type?: NativeType): string {
  return typeof value === 'string' ? value : pyRepr(value, type);
}

/** Text of any value as Python's `repr()`. */
export function pyRepr(value: unknown, type?: NativeType): string {
  switch (typeof value) {
    case 'string':
      return quote(value);
    case 'boolean':
      return value ? 'True' : 'False';
    case 'bigint':
      return value.toString();
    case 'number':
      return type === 'float' || !Number.isInteger(value) ? floatText(value) : BigInt(value).toString();
    case 'undefined':
      return 'None';
    default:
  }
  if (value === null) return 'None';
  if (Array.isArray(value)) {
    const items = value.map((item) => pyRepr(item));
    if (type !== 'tuple') return `[${items.join(', ')}]`;
    return items.length === 1 ? `(${items[0]},)` : `(${items.join(', ')})`;
  }
  if (type === 'bytes' && value instanceof Uint8Array) return bytesText(value);
  const array = asNdArray(value);
  if (array !== undefined) {
    const isFloat = array.dtype.startsWith('float');
    const isBool = array.dtype === 'bool';
    const element = (x: number | bigint): string =>
      isBool ? pyRepr(x !== 0) : pyRepr(x, isFloat ? 'float' : 'int');
    return nested(Array.from(array.data, element), array.shape, ', ');
  }
  const entries = value instanceof Map ? [...value.entries()] : Object.entries(value as object);
  return `{${entries.map(([key, item]) => `${pyRepr(key)}: ${pyRepr(item)}`).join(', ')}}`;
}

/** Joins the texts of array elements (row-major) into nested brackets; `rowBreak` stands between rows. */
export function nested(elements: readonly string[], shape: readonly number[], rowBreak: string): string {
  const join = (start: number, dimension: number): string => {
    const length = shape[dimension] ?? 0;
    if (dimension === shape.length - 1) return `[${elements.slice(start, start + length).join(', ')}]`;
    const step = shape.slice(dimension + 1).reduce((product, n) => product * n, 1);
    const rows = Array.from({ length }, (_, i) => join(start + i * step, dimension + 1));
    return `[${rows.join(rowBreak)}]`;
  };
  return shape.length === 0 ? (elements[0] ?? '') : join(0, 0);
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function quote(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  let out = mark;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (character === mark) out += `\\${mark}`;
    else if (ESCAPES[character] !== undefined) out += ESCAPES[character];
    else if (code < 0x20 || (code >= 0x7f && code < 0xa1)) out += `\\x${code.toString(16).padStart(2, '0')}`;
    else out += character;
  }
  return out + mark;
}

function bytesText(value: Uint8Array): string {
  let out = "b'";
  for (const byte of value) {
    const character = String.fromCharCode(byte);
    if (character === "'") out += "\\'";
    else if (ESCAPES[character] !== undefined) out += ESCAPES[character];
    else if (byte < 0x20 || byte >= 0x7f) out += `\\x${byte.toString(16).padStart(2, '0')}`;
    else out += character;
  }
  return `${out}'`;
}
