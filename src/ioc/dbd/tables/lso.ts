import { type Link, noLink } from '../../links/link.ts';
import { LongTextRecord } from '../../types/text-record.ts';
import { defineFields, type FieldDef } from '../field-def.ts';
import { simModeRows, simScanRows } from './groups.ts';

/** Field table of lso after dbCommon, in DBD order. */
export const lsoFields: readonly FieldDef[] = defineFields(`
VAL lstring arr pp asl0
OVAL lstring arr ro i3
SIZV ushort ro i1 =41
LEN ulong ro
OLEN ulong ro i3
DOL inlink i1
IVOA menu:menuIvoa i2
IVOV string[40] i2
OMSL menu:menuOmsl i1
OUT outlink i1
MPST menu:menuPost i1
APST menu:menuPost i1
${simModeRows('menuYesNo')}
SIOL outlink i1
${simScanRows}
`);

/** Storage of the fields that only lso has. */
export abstract class LsoFields extends LongTextRecord {
  DOL: Link = noLink;
  IVOA = 0;
  IVOV = '';
  OMSL = 0;
  OUT: Link = noLink;
}
