import { type FieldDesc, TypeCode, type Value } from '../pvdata/index.ts';
import { BitSet } from '../util/index.ts';
import { Event, type EventMask } from './model.ts';

/** Tells whether `marks` has the bit of a structure, which stands for all fields below it. */
export function hasCompoundMarks(desc: FieldDesc, marks: BitSet): boolean {
  for (let bit = marks.next(0); bit >= 0; bit = marks.next(bit + 1)) {
    if (bit >= desc.fieldCount) return false;
    if (desc.fieldAt(bit).isStruct) return true;
  }
  return false;
}

/** The same marks with each structure replaced by the fields below it. A new set. */
export function leafMarks(desc: FieldDesc, marks: BitSet): BitSet {
  const leaves = new BitSet();
  for (let bit = marks.next(0); bit >= 0 && bit < desc.fieldCount; bit = marks.next(bit + 1)) {
    const field = desc.fieldAt(bit);
    if (!field.isStruct) {
      leaves.set(bit);
      continue;
    }
    for (let i = bit; i < bit + field.fieldCount; i++) if (!desc.fieldAt(i).isStruct) leaves.set(i);
  }
  return leaves;
}

/** The bits of a field and of all below it; empty when there is no such field. */
export function subtreeBits(desc: FieldDesc, path: string): BitSet {
  const bits = new BitSet();
  const offset = desc.findOffset(path);
  if (offset < 0) return bits;
  const end = offset + desc.fieldAt(offset).fieldCount;
  for (let i = offset; i < end; i++) bits.set(i);
  return bits;
}

/** Which fields of a structure belong to which kind of event. */
export interface EventFields {
  /** `value` and all below, without the choices of an enum. */
  readonly value: BitSet;
  readonly alarm: BitSet;
  /** `display`, `control`, `valueAlarm`, `descriptor` and the choices of an enum. */
  readonly property: BitSet;
  readonly timeStamp: BitSet;
}

/** Sorts the fields of a structure by the kind of event that changes them. */
export function eventFieldsOf(desc: FieldDesc): EventFields {
  const property = new BitSet();
  for (const name of ['display', 'control', 'valueAlarm', 'descriptor']) property.or(subtreeBits(desc, name));
  const value = subtreeBits(desc, 'value');
  const valueOffset = desc.findOffset('value');
  const choices = valueOffset < 0 ? -1 : desc.findOffset('value.choices');
  if (choices >= 0 && isEnumDesc(desc.fieldAt(valueOffset))) {
    value.set(choices, false);
    property.set(choices);
  }
  return { value, alarm: subtreeBits(desc, 'alarm'), property, timeStamp: subtreeBits(desc, 'timeStamp') };
}

/** Tells whether the type is that of an enum: a structure of an integer `index` and a list of `choices`. */
export function isEnumDesc(desc: FieldDesc): boolean {
  if (desc.code !== TypeCode.Struct) return false;
  const index = desc.findOffset('index');
  const choices = desc.findOffset('choices');
  if (index < 0 || choices < 0) return false;
  const indexCode = desc.fieldAt(index).code;
  return (
    indexCode >= TypeCode.Byte &&
    indexCode <= TypeCode.ULong &&
    desc.fieldAt(choices).code === TypeCode.StringArray
  );
}

/** The events that marked fields stand for: 0 when none of value, alarm and metadata is marked. */
export function eventMaskOf(fields: EventFields, marks: BitSet): EventMask {
  if (marks.get(0)) return Event.All;
  let mask = 0;
  if (marks.intersects(fields.value)) mask |= Event.Value | Event.Log;
  if (marks.intersects(fields.alarm)) mask |= Event.Alarm;
  if (marks.intersects(fields.property)) mask |= Event.Property;
  return mask;
}

/** Adds the marks of a Value to a set. */
export function addMarks(set: BitSet, value: Value): void {
  set.low |= value.markLow;
  set.high |= value.markHigh;
  if (value.markRest !== undefined) set.or(value.marks);
}
