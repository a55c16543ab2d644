import type { FieldDesc } from './field-desc.ts';
import { Op } from './program.ts';
import type { Value } from './value.ts';

/** How `toPlain` and `Value.toObject` make plain objects. */
export interface PlainOptions {
  /** 64-bit scalars: always number, always bigint, or (default) number where it is exact. Arrays stay typed arrays. */
  readonly int64?: 'auto' | 'number' | 'bigint';
  /** Only marked fields. */
  readonly markedOnly?: boolean;
}

/**
 * The content of a value: nested plain objects for structures, the content of the selected member for unions and any,
 * null where nothing is selected. Arrays are shared, not copied.
 */
export function toPlain(value: Value, options: PlainOptions = {}): unknown {
  return slotToPlain(value, 0, value.desc, options, false);
}

function slotToPlain(
  value: Value,
  offset: number,
  desc: FieldDesc,
  options: PlainOptions,
  isInMarked: boolean,
): unknown {
  const content = value.slots[offset];
  switch (value.desc.program.ops[offset]) {
    case Op.Struct:
      return structToPlain(value, offset, desc, options, isInMarked);
    case Op.Long:
    case Op.ULong:
      return integer(content as bigint, options.int64 ?? 'auto');
    case Op.Union:
    case Op.Any:
      return nested(content as Value | null, options);
    case Op.StructArray:
    case Op.UnionArray:
    case Op.AnyArray:
      return (content as readonly (Value | null)[]).map((item) => nested(item, options));
    default:
      return content;
  }
}

function structToPlain(
  value: Value,
  offset: number,
  desc: FieldDesc,
  options: PlainOptions,
  isInMarked: boolean,
): Record<string, unknown> {
  // Without a prototype, a field named __proto__ is a field like any other; Object.assign semantics stay out of it.
  const result: Record<string, unknown> = {};
  const isAll = options.markedOnly !== true || isInMarked || value.nextMark(offset) === offset;
  for (const member of desc.members) {
    const at = offset + member.offset;
    if (!isAll && !value.isMarkedAt(at)) continue;
    Object.defineProperty(result, member.name, {
      value: slotToPlain(value, at, member.desc, options, isAll),
      configurable: true,
      enumerable: true,
      writable: true,
    });
  }
  return result;
}

function nested(value: Value | null, options: PlainOptions): unknown {
  if (value === null) return null;
  return options.markedOnly === true
    ? toPlain(value, { ...options, markedOnly: false })
    : toPlain(value, options);
}

function integer(x: bigint, mode: 'auto' | 'number' | 'bigint'): bigint | number {
  const isExact = x >= BigInt(Number.MIN_SAFE_INTEGER) && x <= BigInt(Number.MAX_SAFE_INTEGER);
  return mode === 'number' || (mode === 'auto' && isExact) ? Number(x) : x;
}
