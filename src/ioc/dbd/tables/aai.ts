import { defineFields, type FieldDef } from '../field-def.ts';
import { arrayDisplayRows, simModeRows, simScanRows } from './groups.ts';

/** Field table of aai after dbCommon, in DBD order. */
export const aaiFields: readonly FieldDef[] = defineFields(`
VAL array arr pp asl0
PREC short prop i1
INP inlink i1
${arrayDisplayRows}
NELM ulong ro prop i1 =1
FTVL menu:menuFtype ro i1
NORD ulong ro
BPTR noaccess ro i4
${simModeRows('menuYesNo')}
SIOL inlink i1
${simScanRows}
MPST menu:aaiPOST i1
APST menu:aaiPOST i1
HASH ulong i3
`);
