import { type Link, noLink } from '../../links/link.ts';
import { BinaryRecord } from '../../types/binary-record.ts';
import { defineFields, type FieldDef } from '../field-def.ts';
import { simModeRows, simScanRows } from './groups.ts';

/** Field table of bo after dbCommon, in DBD order. */
export const boFields: readonly FieldDef[] = defineFields(`
VAL enum pp asl0
OMSL menu:menuOmsl i1
DOL inlink i1
OUT outlink i1
HIGH double i1
ZNAM string[26] pp prop i1
ONAM string[26] pp prop i1
RVAL ulong pp
ORAW ulong ro i3
MASK ulong ro i1
RPVT noaccess ro i4
WDPT noaccess ro i4
ZSV menu:menuAlarmSevr pp i1
OSV menu:menuAlarmSevr pp i1
COSV menu:menuAlarmSevr pp i1
RBV ulong ro
ORBV ulong ro i3
MLST ushort ro i3
LALM ushort ro i3
SIOL outlink i1
${simModeRows('menuSimm')}
${simScanRows}
IVOA menu:menuIvoa i2
IVOV ushort i2
`);

/** Storage of the fields that only bo has. */
export abstract class BoFields extends BinaryRecord {
  OMSL = 0;
  DOL: Link = noLink;
  OUT: Link = noLink;
  HIGH = 0;
  RBV = 0;
  ORBV = 0;
  IVOA = 0;
  IVOV = 0;
}
