import type { EnumMap, EnumValue } from './model/index.ts';

/**
 * Labels of values: a Map, pairs, an object (keys of digits are numbers, `true` and `false` booleans, others text), or
 * a list whose values and labels are its items.
 */
export type EnumInput =
  | EnumMap
  | readonly (readonly [EnumValue, string])[]
  | Readonly<Record<string | number, string>>;

/** Makes the label map of what a user gave. */
export function toEnumMap(input: EnumInput): EnumMap {
  if (input instanceof Map) return new Map(input);
  if (isPairs(input)) return new Map(input);
  const entries = Object.entries(input as Readonly<Record<string, string>>);
  return new Map(entries.map(([key, label]) => [keyValue(key), label]));
}

/** Labels that are the values' own texts, as a `disp` list gives them. */
export function enumOfList(values: readonly EnumValue[]): EnumMap {
  return new Map(values.map((value) => [value, String(value)]));
}

function isPairs(input: EnumInput): input is readonly (readonly [EnumValue, string])[] {
  return Array.isArray(input);
}

function keyValue(key: string): EnumValue {
  if (/^-?\d+$/.test(key)) return Number(key);
  if (key === 'true') return true;
  if (key === 'false') return false;
  return key;
}

/** Label of a value; as in Python, 1 and true are the same key. */
export function labelOf(map: EnumMap, value: unknown): string | undefined {
  const direct = map.get(value as EnumValue);
  if (direct !== undefined) return direct;
  if (typeof value === 'bigint') return map.get(Number(value));
  if (typeof value === 'boolean') return map.get(value ? 1 : 0);
  if (value === 0 || value === 1) return map.get(value === 1) ?? map.get(BigInt(value));
  if (typeof value === 'number' && Number.isInteger(value)) return map.get(BigInt(value));
  return undefined;
}
