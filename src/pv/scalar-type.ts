import type { ScalarName } from '../pvdata/index.ts';
import type { ArrayValue, ElementType, PvValue, ScalarType } from './model.ts';

/** What `makeScalarType` may be told besides the element type. */
export interface ScalarTypeOptions {
  readonly isArray?: boolean;
  /** Element count that CA announces. Default 1. */
  readonly caCount?: number;
  /** Serve a string as DBR_CHAR × `caCount` on CA. */
  readonly caText?: boolean;
}

/** Makes a ScalarType; the one place where they are made, so that all share one shape. */
export function makeScalarType(element: ElementType, options: ScalarTypeOptions = {}): ScalarType {
  return {
    kind: 'scalar',
    element,
    isArray: options.isArray ?? false,
    caCount: Math.max(1, options.caCount ?? 1),
    caText: options.caText ?? false,
  };
}

const scalarNameOfElement: Readonly<Record<ElementType, ScalarName>> = {
  boolean: 'boolean',
  int8: 'byte',
  uint8: 'ubyte',
  int16: 'short',
  uint16: 'ushort',
  int32: 'int',
  uint32: 'uint',
  int64: 'long',
  uint64: 'ulong',
  float32: 'float',
  float64: 'double',
  string: 'string',
  enum: 'ushort',
};

const elementOfScalarName: Readonly<Record<ScalarName, ElementType>> = {
  boolean: 'boolean',
  byte: 'int8',
  ubyte: 'uint8',
  short: 'int16',
  ushort: 'uint16',
  int: 'int32',
  uint: 'uint32',
  long: 'int64',
  ulong: 'uint64',
  float: 'float32',
  double: 'float64',
  string: 'string',
};

/** The pvData scalar type of an element type. `enum`: the index of an array element, `ushort`. */
export function toScalarName(element: ElementType): ScalarName {
  return scalarNameOfElement[element];
}

/** The element type of a pvData scalar type. */
export function toElementType(name: ScalarName): ElementType {
  return elementOfScalarName[name];
}

/** Tells whether the element type is a number: it has units, limits and a precision. */
export function isNumericElement(element: ElementType): boolean {
  return element !== 'boolean' && element !== 'string' && element !== 'enum';
}

/** Tells whether a value is an array. */
export function isArrayValue(value: PvValue): value is ArrayValue {
  return typeof value === 'object';
}

/** Number of elements: 1 for a scalar. */
export function elementCount(value: PvValue): number {
  return isArrayValue(value) ? value.length : 1;
}

/** The value of a PV that nobody gave one: 0, false, `''` or an empty array. */
export function defaultValue(type: ScalarType): PvValue {
  const { element } = type;
  if (type.isArray) return emptyArray(element);
  if (element === 'string') return '';
  if (element === 'boolean') return false;
  return element === 'int64' || element === 'uint64' ? 0n : 0;
}

/** An array without elements, of the class that holds this element type. */
export function emptyArray(element: ElementType): ArrayValue {
  switch (element) {
    case 'int8':
      return new Int8Array(0);
    case 'uint8':
      return new Uint8Array(0);
    case 'int16':
      return new Int16Array(0);
    case 'uint16':
    case 'enum':
      return new Uint16Array(0);
    case 'int32':
      return new Int32Array(0);
    case 'uint32':
      return new Uint32Array(0);
    case 'int64':
      return new BigInt64Array(0);
    case 'uint64':
      return new BigUint64Array(0);
    case 'float32':
      return new Float32Array(0);
    case 'float64':
      return new Float64Array(0);
    case 'string':
    case 'boolean':
      return [];
  }
}

/** The element type that a plain value has by itself: number is float64, bigint int64. */
export function elementTypeOf(value: PvValue): ElementType {
  switch (typeof value) {
    case 'number':
      return 'float64';
    case 'bigint':
      return 'int64';
    case 'string':
      return 'string';
    case 'boolean':
      return 'boolean';
    default:
      return elementTypeOfArray(value);
  }
}

function elementTypeOfArray(value: ArrayValue): ElementType {
  if (value instanceof Float64Array) return 'float64';
  if (value instanceof Float32Array) return 'float32';
  if (value instanceof Int32Array) return 'int32';
  if (value instanceof Uint32Array) return 'uint32';
  if (value instanceof Int16Array) return 'int16';
  if (value instanceof Uint16Array) return 'uint16';
  if (value instanceof Int8Array) return 'int8';
  if (value instanceof Uint8Array) return 'uint8';
  if (value instanceof BigInt64Array) return 'int64';
  if (value instanceof BigUint64Array) return 'uint64';
  return typeof value[0] === 'boolean' ? 'boolean' : 'string';
}
