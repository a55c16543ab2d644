import type { ArrayValue } from '../../../pv/index.ts';
import { type Link, noLink } from '../../links/link.ts';
import { ArrayRecord } from '../../types/array-record.ts';
import { defineFields, type FieldDef } from '../field-def.ts';
import { arrayDisplayRows, simModeRows, simScanRows } from './groups.ts';

const noBytes = new Int8Array(0);

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

/** Storage of the fields of aao. */
export abstract class AaoFields extends ArrayRecord {
  VAL: ArrayValue | string = noBytes;
  PREC = 0;
  OUT: Link = noLink;
  DOL: Link = noLink;
  OMSL = 0;
  EGU = '';
  HOPR = 0;
  LOPR = 0;
  NELM = 1;
  FTVL = 0;
  NORD = 0;
  MPST = 0;
  APST = 0;
  HASH = 0;
}
