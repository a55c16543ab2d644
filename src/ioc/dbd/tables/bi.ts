import { type Link, noLink } from '../../links/link.ts';
import { BinaryRecord } from '../../types/binary-record.ts';
import { defineFields, type FieldDef } from '../field-def.ts';
import { simModeRows, simScanRows } from './groups.ts';

/** Field table of bi after dbCommon, in DBD order. */
export const biFields: readonly FieldDef[] = defineFields(`
INP inlink i1
VAL enum pp asl0
ZSV menu:menuAlarmSevr pp i1
OSV menu:menuAlarmSevr pp i1
COSV menu:menuAlarmSevr pp i1
ZNAM string[26] pp prop i1
ONAM string[26] pp prop i1
RVAL ulong pp
ORAW ulong ro i3
MASK ulong ro i1
LALM ushort ro i3
MLST ushort ro i3
SIOL inlink i1
SVAL ulong
${simModeRows('menuSimm')}
${simScanRows}
`);

/** Storage of the fields that only bi has. */
export abstract class BiFields extends BinaryRecord {
  INP: Link = noLink;
  SVAL = 0;
}
