/**
 * Type codes of pvData as they appear on the wire, without the array-form bits except `0x08` for arrays.
 *
 * @see pvxs src/pvxs/data.h, TypeCode
 */
export const TypeCode = {
  Boolean: 0x00,
  Byte: 0x20,
  Short: 0x21,
  Int: 0x22,
  Long: 0x23,
  UByte: 0x24,
  UShort: 0x25,
  UInt: 0x26,
  ULong: 0x27,
  Float: 0x42,
  Double: 0x43,
  String: 0x60,
  Struct: 0x80,
  Union: 0x81,
  Any: 0x82,
  BoundedString: 0x83,
  BooleanArray: 0x08,
  ByteArray: 0x28,
  ShortArray: 0x29,
  IntArray: 0x2a,
  LongArray: 0x2b,
  UByteArray: 0x2c,
  UShortArray: 0x2d,
  UIntArray: 0x2e,
  ULongArray: 0x2f,
  FloatArray: 0x4a,
  DoubleArray: 0x4b,
  StringArray: 0x68,
  StructArray: 0x88,
  UnionArray: 0x89,
  AnyArray: 0x8a,
} as const;
/** A type code, see the constant of the same name. */
export type TypeCode = (typeof TypeCode)[keyof typeof TypeCode];

/** Names of the scalar types. */
export type ScalarName =
  | 'boolean'
  | 'byte'
  | 'short'
  | 'int'
  | 'long'
  | 'ubyte'
  | 'ushort'
  | 'uint'
  | 'ulong'
  | 'float'
  | 'double'
  | 'string';

/** Bit of a type code that says array. */
export const ARRAY_BIT = 0x08;

const codes: Readonly<Record<ScalarName | 'any', number>> = {
  boolean: TypeCode.Boolean,
  byte: TypeCode.Byte,
  short: TypeCode.Short,
  int: TypeCode.Int,
  long: TypeCode.Long,
  ubyte: TypeCode.UByte,
  ushort: TypeCode.UShort,
  uint: TypeCode.UInt,
  ulong: TypeCode.ULong,
  float: TypeCode.Float,
  double: TypeCode.Double,
  string: TypeCode.String,
  any: TypeCode.Any,
};

const names: ReadonlyMap<number, string> = new Map([
  ...Object.entries(codes).map(([name, code]): [number, string] => [code, name]),
  [TypeCode.Struct, 'structure'],
  [TypeCode.Union, 'union'],
]);

/** Names of all scalar types, in the order of their codes. */
export const scalarNames: readonly ScalarName[] = [
  'boolean',
  'byte',
  'short',
  'int',
  'long',
  'ubyte',
  'ushort',
  'uint',
  'ulong',
  'float',
  'double',
  'string',
];

/** The code of a type given by name, -1 when there is no such name. `double[]` and `any` are names too. */
export function codeOfName(name: string): number {
  const isArray = name.endsWith('[]');
  const scalar = isArray ? name.slice(0, -2) : name;
  if (!Object.hasOwn(codes, scalar)) return -1;
  return codes[scalar as ScalarName] | (isArray ? ARRAY_BIT : 0);
}

/** The name of a type code as pvData spells it: `double`, `string[]`, `structure`, `union[]`, `any`. */
export function nameOfCode(code: number): string {
  const name = names.get(code & ~ARRAY_BIT) ?? `type 0x${code.toString(16)}`;
  return (code & ARRAY_BIT) === 0 ? name : `${name}[]`;
}

/** Tells whether the code is that of a number or an array of numbers. */
export function isNumericCode(code: number): boolean {
  const scalar = code & ~ARRAY_BIT;
  return scalar >= TypeCode.Byte && scalar <= TypeCode.Double;
}

/** Tells whether the code is that of an integer or an array of integers. */
export function isIntegerCode(code: number): boolean {
  const scalar = code & ~ARRAY_BIT;
  return scalar >= TypeCode.Byte && scalar <= TypeCode.ULong;
}

/** The scalar name of a scalar or scalar array code, undefined for structures, unions and any. */
export function scalarNameOf(code: number): ScalarName | undefined {
  const scalar = code & ~ARRAY_BIT;
  return scalar < TypeCode.Struct ? (names.get(scalar) as ScalarName | undefined) : undefined;
}
