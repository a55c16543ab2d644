import { type FieldDesc, TypeCode } from '../pvdata/index.ts';
import { isEnumDesc } from './marks.ts';
import type { PvType } from './model.ts';

/**
 * Tells whether a PV of this type can be served as a scalar or array, as CA needs it: it is one, or a structure
 * whose `value` is a scalar, an array of scalars or an enum. No type yet: no.
 */
export function canBeScalar(type: PvType | undefined): boolean {
  if (type === undefined) return false;
  return type.kind === 'scalar' || hasScalarValue(type.desc);
}

function hasScalarValue(desc: FieldDesc): boolean {
  const offset = desc.isStruct ? desc.findOffset('value') : -1;
  if (offset < 0) return false;
  const value = desc.fieldAt(offset);
  // The codes of scalars and their arrays are all below that of structures.
  return value.code < TypeCode.Struct || value.code === TypeCode.BoundedString || isEnumDesc(value);
}
