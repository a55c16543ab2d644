import { type Link, noLink } from '../../links/link.ts';
import { ArrayRecord } from '../../types/array-record.ts';
import { defineFields, type FieldDef } from '../field-def.ts';
import { arrayDisplayRows, simModeRows, simScanRows } from './groups.ts';

/** Field table of aao after dbCommon, in DBD order. */
export const aaoFields: readonly FieldDef[] = defineFields(`
VAL array arr pp asl0
PREC short prop i1
OUT outlink i1
DOL inlink i1
OMSL menu:menuOmsl i1
${arrayDisplayRows}
NELM ulong ro prop i1 =1
FTVL menu:menuFtype ro i1
NORD ulong ro
BPTR noaccess ro i4
${simModeRows('menuYesNo')}
SIOL outlink i1
${simScanRows}
MPST menu:aaoPOST i1
APST menu:aaoPOST i1
HASH ulong i3
`);

/** Storage of the fields that only aao has. */
export abstract class AaoFields extends ArrayRecord {
  OUT: Link = noLink;
  DOL: Link = noLink;
  OMSL = 0;
}
