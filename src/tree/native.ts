/** Python's name for the type of a variable's value; it decides display, parsing and type checks. */
export type NativeType =
  | 'int'
  | 'float'
  | 'bool'
  | 'str'
  | 'list'
  | 'dict'
  | 'tuple'
  | 'bytes'
  | 'ndarray'
  | 'none';

/** The typed arrays that hold array values. */
export type NumericArray =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

/** Element type of an array, in numpy's lower case names. `bool` is held in a Uint8Array of 0 and 1. */
export type DType =
  | 'bool'
  | 'int8'
  | 'uint8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'uint64'
  | 'float32'
  | 'float64';

/** An array of any rank: `data` is row-major, its length is the product of `shape`. */
export interface NdArray {
  readonly data: NumericArray;
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** A default value that says its own native type, where JavaScript cannot tell it; see {@link float}. */
export class TypedDefault<T> {
  readonly value: T;
  readonly nativeType: NativeType;

  constructor(value: T, nativeType: NativeType) {
    this.value = value;
    this.nativeType = nativeType;
  }
}

/**
 * Marks a default value as float. **Needed for whole numbers**: `value: 0` makes an integer variable, since
 * JavaScript does not tell 0 from 0.0; write `value: float(0)` or give `typeStr: 'float'`.
 */
export function float(value: number): TypedDefault<number> {
  return new TypedDefault(value, 'float');
}

/** Marks a default value as Python tuple: shown with round brackets. */
export function tuple<T>(...values: T[]): TypedDefault<T[]> {
  return new TypedDefault(values, 'tuple');
}

/** Marks a default value as byte string; a plain Uint8Array is an array of numbers. */
export function bytes(value: Uint8Array): TypedDefault<Uint8Array> {
  return new TypedDefault(value, 'bytes');
}

const constructors = {
  bool: Uint8Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

/** Makes an array of `length` zeros (or ones false). */
export function makeArray(dtype: DType, length: number): NumericArray {
  return new constructors[dtype](length);
}

/** Tells whether `value` is one of the typed arrays of {@link NumericArray}. */
export function isNumericArray(value: unknown): value is NumericArray {
  return ArrayBuffer.isView(value) && !(value instanceof DataView) && dtypeOf(value) !== undefined;
}

function dtypeOf(value: ArrayBufferView): DType | undefined {
  if (value instanceof Float64Array) return 'float64';
  if (value instanceof Float32Array) return 'float32';
  if (value instanceof Uint8Array) return 'uint8';
  if (value instanceof Int8Array) return 'int8';
  if (value instanceof Uint16Array) return 'uint16';
  if (value instanceof Int16Array) return 'int16';
  if (value instanceof Uint32Array) return 'uint32';
  if (value instanceof Int32Array) return 'int32';
  if (value instanceof BigInt64Array) return 'int64';
  if (value instanceof BigUint64Array) return 'uint64';
  return undefined;
}

/**
 * Makes an array of any rank.
 *
 * @param data row-major elements, owned by the result.
 * @param shape length of each dimension; their product must be `data.length`. Default: one dimension.
 * @throws {RangeError} when shape and length disagree.
 */
export function ndarray(data: NumericArray, shape?: readonly number[], dtype?: DType): NdArray {
  const dimensions = shape ?? [data.length];
  if (dimensions.reduce((product, n) => product * n, 1) !== data.length) {
    throw new RangeError(`array of ${data.length} elements cannot have the shape ${shapeText(dimensions)}`);
  }
  return { data, shape: dimensions, dtype: dtype ?? dtypeOf(data) ?? 'float64' };
}

/** Views an NdArray or a bare typed array (one dimension) as NdArray; undefined for anything else. */
export function asNdArray(value: unknown): NdArray | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (ArrayBuffer.isView(value)) return isNumericArray(value) ? ndarray(value) : undefined;
  if (!('data' in value && 'shape' in value && 'dtype' in value)) return undefined;
  return isNumericArray(value.data) && Array.isArray(value.shape) ? (value as NdArray) : undefined;
}

/** A shape as Python tuple: `(5,)`, `(2, 3)`. */
export function shapeText(shape: readonly number[]): string {
  return shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
}

/**
 * Native type of a JavaScript value. Numbers that are whole count as `int`, all others as `float`; bigint is
 * `int`, `undefined` and `null` are `none`.
 */
export function nativeTypeOf(value: unknown): NativeType {
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'bigint':
      return 'int';
    case 'number':
      return Number.isInteger(value) ? 'int' : 'float';
    case 'string':
      return 'str';
    default:
  }
  if (value instanceof TypedDefault) return value.nativeType;
  if (value === null || value === undefined) return 'none';
  if (Array.isArray(value)) return 'list';
  return asNdArray(value) === undefined ? 'dict' : 'ndarray';
}

/** Name of a native type as Python class name, for type strings. */
export function nativeTypeName(type: NativeType): string {
  return type === 'none' ? 'NoneType' : type;
}

/** Gives a whole number as `number` when it is exact there, otherwise as bigint. */
export function narrowInt(value: number | bigint): number | bigint {
  if (typeof value === 'number') return value;
  const narrow = Number(value);
  return Number.isSafeInteger(narrow) ? narrow : value;
}

/** Deep equality of variable values: numbers by value (1 equals 1n), arrays and dictionaries by content. */
export function isSameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (isIntLike(a) && isIntLike(b)) return BigInt(a) === BigInt(b);
  const left = asNdArray(a);
  const right = asNdArray(b);
  if (left === undefined || right === undefined) return false;
  if (left.dtype !== right.dtype || left.data.length !== right.data.length) return false;
  if (shapeText(left.shape) !== shapeText(right.shape)) return false;
  for (let i = 0; i < left.data.length; i++) if (!Object.is(left.data[i], right.data[i])) return false;
  return true;
}

function isIntLike(value: unknown): value is number | bigint {
  return typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value));
}
