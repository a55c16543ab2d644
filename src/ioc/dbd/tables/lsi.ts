import { type Link, noLink } from '../../links/link.ts';
import { LongTextRecord } from '../../types/text-record.ts';
import { defineFields, type FieldDef } from '../field-def.ts';
import { simModeRows, simScanRows } from './groups.ts';

/** Field table of lsi after dbCommon, in DBD order. */
export const lsiFields: readonly FieldDef[] = defineFields(`
VAL lstring arr pp asl0
OVAL lstring arr ro i3
SIZV ushort ro i1 =41
LEN ulong ro
OLEN ulong ro
INP inlink i1
MPST menu:menuPost i1
APST menu:menuPost i1
${simModeRows('menuYesNo')}
SIOL inlink i1
${simScanRows}
`);

/** Storage of the fields that only lsi has. */
export abstract class LsiFields extends LongTextRecord {
  INP: Link = noLink;
}
