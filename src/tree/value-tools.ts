import { asNdArray, makeArray, type NdArray } from './native.ts';
import { pyRepr } from './python-text.ts';

/** One element of a list or array; the value itself for index -1 and for scalars. */
export function elementOf(value: unknown, index: number): unknown {
  if (index < 0) return value;
  if (Array.isArray(value)) return value[index];
  return asNdArray(value)?.data[index] ?? value;
}

/** Makes an array of numbers, nested lists included. */
export function toArray(value: unknown, dtype: NdArray['dtype'] | undefined): NdArray['data'] | NdArray {
  const flat: (number | bigint)[] = [];
  const shape: number[] = [];
  const visit = (item: unknown, depth: number): void => {
    if (!Array.isArray(item)) {
      const number = typeof item === 'boolean' ? Number(item) : item;
      if (typeof number !== 'number' && typeof number !== 'bigint') throw new SyntaxError('not a number');
      flat.push(number);
      return;
    }
    if (shape[depth] === undefined) shape.push(item.length);
    else if (shape[depth] !== item.length) throw new SyntaxError('rows of different lengths');
    for (const next of item) visit(next, depth + 1);
  };
  if (!Array.isArray(value)) throw new SyntaxError('not a list');
  visit(value, 0);
  const type =
    dtype ?? (flat.every((x) => typeof x === 'bigint' || Number.isInteger(x)) ? 'int64' : 'float64');
  const data = makeArray(type, flat.length);
  const isBig = type === 'int64' || type === 'uint64';
  for (let i = 0; i < flat.length; i++) {
    const x = flat[i] ?? 0;
    if (isBig) (data as BigInt64Array)[i] = BigInt(x);
    else (data as Float64Array)[i] = Number(x);
  }
  return shape.length === 1 && type !== 'bool' ? data : { data, shape, dtype: type };
}

/** Text of a value for messages, cut when long. */
export function clip(value: unknown): string {
  const text = typeof value === 'string' ? value : pyRepr(value);
  return text.length > 200 ? `${text.slice(0, 200)}...` : text;
}
