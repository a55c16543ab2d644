import { defineFields, type FieldDef } from '../dbd/field-def.ts';
import { commonFields } from '../dbd/tables/common.ts';
import type { RecordBase, RecordInit, RecordType } from '../record.ts';

// Names that channels know but that are no fields of any record.
const attributes = defineFields(`
RTYP string[61] attribute
VERS string[61] attribute
`);

/** Makes a record type of its own fields; dbCommon goes before them. */
export function defineType(
  name: string,
  own: readonly FieldDef[],
  devices: readonly string[],
  create: (init: RecordInit) => RecordBase,
): RecordType {
  const fields = [...commonFields, ...own];
  const byName = new Map([...fields, ...attributes].map((field) => [field.name, field]));
  return { name, fields, byName, devices, create };
}

/** Seconds between a record's time stamp and an earlier one. */
export function elapsedSince(record: RecordBase, seconds: number, nanoseconds: number): number {
  return record.timeSeconds - seconds + (record.timeNanoseconds - nanoseconds) / 1e9;
}

/** Value of DOL in closed loop mode, undefined otherwise or when the read failed. */
export function readDol(
  record: RecordBase & { readonly OMSL: number; readonly DOL: { readonly kind: string } },
  want: FieldDef['type'],
): ReturnType<RecordBase['context']['links']['read']> {
  if (record.OMSL !== 1 || record.DOL.kind !== 'pv') return undefined;
  return record.context.links.read(record, 'DOL', want);
}
