import type { EnumMap, EnumValue } from './model/index.ts';
import { asNdArray, type DType, type NativeType } from './native.ts';

/**
 * What a variable's values are, for servers that map them to other type systems. `bits: null` is Python's unbounded
 * integer; an enumeration wins over the type of its values.
 */
export type VariableKind =
  | { readonly k: 'int'; readonly bits: number | null; readonly signed: boolean }
  | { readonly k: 'float'; readonly bits: 32 | 64 }
  | { readonly k: 'bool' }
  | { readonly k: 'enum'; readonly choices: readonly string[]; readonly values: readonly EnumValue[] }
  | { readonly k: 'string' }
  | { readonly k: 'array'; readonly dtype: DType; readonly shape: readonly number[] }
  | { readonly k: 'object' }
  | { readonly k: 'none' };

/** Kind of an enumeration. */
export function enumKind(map: EnumMap): VariableKind {
  return { k: 'enum', choices: [...map.values()], values: [...map.keys()] };
}

const INT_NAME = /^(?<kind>U?Int)(?:BE|Reversed)?(?<bits>\d+)$/;
const SHORT_FLOATS = /^(?:Float(?:BE)?32|(?:B?Float16|TensorFloat32|Float8|Float6|Float4)(?:BE)?)$/;
const FLOATS = /^(?:float\d*|(?:B|Tensor)?Float(?:BE)?\d*(?:BE)?|Double(?:BE)?\d*|U?Fixed_.*)$/;

/** True when a type string is one of a float, so that a whole default value is one too. */
export function isFloatTypeStr(typeStr: string): boolean {
  return FLOATS.test(typeStr);
}

/** Width of the integer that a type string names: null for `int`, undefined when it names none. */
export function intTypeOf(typeStr: string): { bits: number | null; signed: boolean } | undefined {
  if (typeStr === 'int') return { bits: null, signed: true };
  const groups = INT_NAME.exec(typeStr)?.groups;
  if (groups === undefined) return undefined;
  return { bits: Number(groups['bits']), signed: groups['kind'] === 'Int' };
}

/** Kind of a variable without a model: from its type string, its native type and, for arrays, its value. */
export function kindOfNative(native: NativeType, typeStr: string, value: unknown): VariableKind {
  switch (native) {
    case 'ndarray': {
      const array = asNdArray(value);
      return array === undefined
        ? { k: 'array', dtype: 'float64', shape: [0] }
        : { k: 'array', dtype: array.dtype, shape: array.shape };
    }
    case 'bool':
      return { k: 'bool' };
    case 'int': {
      if (typeStr === 'Bool' || typeStr === 'bool') return { k: 'bool' };
      return { k: 'int', ...(intTypeOf(typeStr) ?? { bits: null, signed: true }) };
    }
    case 'float':
      return { k: 'float', bits: SHORT_FLOATS.test(typeStr) ? 32 : 64 };
    case 'str':
      return { k: 'string' };
    case 'none':
      return { k: 'none' };
    default:
      return { k: 'object' };
  }
}
