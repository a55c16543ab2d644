import { BitSet } from '../util/index.ts';
import type { FieldDesc } from './field-desc.ts';
import { TypeCode } from './type-code.ts';

/** What to do with one slot when it is encoded or decoded. */
export const Op = {
  /** Nothing of its own: the members follow in the next slots. */
  Struct: 0,
  Boolean: 1,
  Byte: 2,
  Short: 3,
  Int: 4,
  Long: 5,
  UByte: 6,
  UShort: 7,
  UInt: 8,
  ULong: 9,
  Float: 10,
  Double: 11,
  String: 12,
  /** A `long` member named `secondsPastEpoch`: a number instead of a bigint. */
  Seconds: 13,
  NumberArray: 14,
  BooleanArray: 15,
  StringArray: 16,
  Union: 17,
  Any: 18,
  StructArray: 19,
  UnionArray: 20,
  AnyArray: 21,
} as const;
/** An opcode, see the constant of the same name. */
export type Op = (typeof Op)[keyof typeof Op];

/** A type flattened depth first: index `i` of every table is slot, and pvData bit, `i`. */
export interface Program {
  readonly ops: Uint8Array;
  readonly fields: readonly FieldDesc[];
  /** Slots of the subtree that starts here, itself included. */
  readonly sizes: Uint32Array;
  /** Slot of the enclosing structure; -1 at slot 0. */
  readonly parents: Int32Array;
  /** Index of the field among the members of its structure. */
  readonly positions: Uint32Array;
  /** Content of a new value. */
  readonly defaults: readonly unknown[];
  /** Slots that are structures with members, whose bit stands for other bits. */
  readonly structs: BitSet;
}

/** Most slots that one type may have, nested structures included. */
export const MAX_FIELDS = 65_536;

const emptyList: readonly never[] = Object.freeze([]);

type NumberArrayConstructor =
  | Int8ArrayConstructor
  | Int16ArrayConstructor
  | Int32ArrayConstructor
  | BigInt64ArrayConstructor
  | Uint8ArrayConstructor
  | Uint16ArrayConstructor
  | Uint32ArrayConstructor
  | BigUint64ArrayConstructor
  | Float32ArrayConstructor
  | Float64ArrayConstructor;

/** Arrays of numbers as pvData fields hold them. */
export type NumberArray =
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

interface Kind {
  readonly op: Op;
  readonly default: unknown;
  /** Of numeric arrays. */
  readonly array: NumberArrayConstructor | undefined;
}

function kind(op: Op, initial: unknown, array?: NumberArrayConstructor): Kind {
  return { op, default: initial, array };
}

const kinds: ReadonlyMap<number, Kind> = new Map<number, Kind>([
  [TypeCode.Struct, kind(Op.Struct, undefined)],
  [TypeCode.Boolean, kind(Op.Boolean, false)],
  [TypeCode.Byte, kind(Op.Byte, 0)],
  [TypeCode.Short, kind(Op.Short, 0)],
  [TypeCode.Int, kind(Op.Int, 0)],
  [TypeCode.Long, kind(Op.Long, 0n)],
  [TypeCode.UByte, kind(Op.UByte, 0)],
  [TypeCode.UShort, kind(Op.UShort, 0)],
  [TypeCode.UInt, kind(Op.UInt, 0)],
  [TypeCode.ULong, kind(Op.ULong, 0n)],
  [TypeCode.Float, kind(Op.Float, 0)],
  [TypeCode.Double, kind(Op.Double, 0)],
  [TypeCode.String, kind(Op.String, '')],
  [TypeCode.ByteArray, kind(Op.NumberArray, new Int8Array(0), Int8Array)],
  [TypeCode.ShortArray, kind(Op.NumberArray, new Int16Array(0), Int16Array)],
  [TypeCode.IntArray, kind(Op.NumberArray, new Int32Array(0), Int32Array)],
  [TypeCode.LongArray, kind(Op.NumberArray, new BigInt64Array(0), BigInt64Array)],
  [TypeCode.UByteArray, kind(Op.NumberArray, new Uint8Array(0), Uint8Array)],
  [TypeCode.UShortArray, kind(Op.NumberArray, new Uint16Array(0), Uint16Array)],
  [TypeCode.UIntArray, kind(Op.NumberArray, new Uint32Array(0), Uint32Array)],
  [TypeCode.ULongArray, kind(Op.NumberArray, new BigUint64Array(0), BigUint64Array)],
  [TypeCode.FloatArray, kind(Op.NumberArray, new Float32Array(0), Float32Array)],
  [TypeCode.DoubleArray, kind(Op.NumberArray, new Float64Array(0), Float64Array)],
  [TypeCode.BooleanArray, kind(Op.BooleanArray, emptyList)],
  [TypeCode.StringArray, kind(Op.StringArray, emptyList)],
  [TypeCode.Union, kind(Op.Union, null)],
  [TypeCode.Any, kind(Op.Any, null)],
  [TypeCode.StructArray, kind(Op.StructArray, emptyList)],
  [TypeCode.UnionArray, kind(Op.UnionArray, emptyList)],
  [TypeCode.AnyArray, kind(Op.AnyArray, emptyList)],
]);

/** The typed array class of a numeric array code, undefined for other codes. */
export function numberArrayClass(code: number): NumberArrayConstructor | undefined {
  return kinds.get(code)?.array;
}

/** Tells whether a slot of this description and field name holds seconds as a number. */
export function isSecondsField(desc: FieldDesc, name: string): boolean {
  return desc.code === TypeCode.Long && name === 'secondsPastEpoch';
}

/** Flattens a type. The recursion is bounded by the depth limit of types. */
export function compileProgram(desc: FieldDesc): Program {
  const count = desc.fieldCount;
  const ops = new Uint8Array(count);
  const fields = new Array<FieldDesc>(count).fill(desc);
  const sizes = new Uint32Array(count);
  const parents = new Int32Array(count).fill(-1);
  const positions = new Uint32Array(count);
  const defaults: unknown[] = [];
  const structs = new BitSet();
  const visit = (field: FieldDesc, slot: number, name: string): void => {
    // Every code that a FieldDesc can have is in the table.
    const { op, default: initial } = kinds.get(field.code) as Kind;
    const isSeconds = isSecondsField(field, name);
    ops[slot] = isSeconds ? Op.Seconds : op;
    fields[slot] = field;
    sizes[slot] = field.fieldCount;
    defaults.push(isSeconds ? 0 : initial);
    if (op !== Op.Struct) return;
    if (field.fieldCount > 1) structs.set(slot);
    field.members.forEach((member, position) => {
      const at = slot + member.offset;
      parents[at] = slot;
      positions[at] = position;
      visit(member.desc, at, member.name);
    });
  };
  visit(desc, 0, '');
  return { ops, fields, sizes, parents, positions, defaults, structs };
}
