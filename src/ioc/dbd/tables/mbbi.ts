import { type Link, noLink } from '../../links/link.ts';
import { MultiBitRecord } from '../../types/multi-bit-record.ts';
import { defineFields, type FieldDef } from '../field-def.ts';
import { simModeRows, simScanRows } from './groups.ts';
import { stateRows } from './states.ts';

/** Field table of mbbi after dbCommon, in DBD order. */
export const mbbiFields: readonly FieldDef[] = defineFields(`
VAL enum pp asl0
NOBT ushort ro i1
INP inlink i1
${stateRows}
AFTC double i1
AFVL double ro i3
UNSV menu:menuAlarmSevr pp i1
COSV menu:menuAlarmSevr pp i1
RVAL ulong pp
ORAW ulong ro i3
MASK ulong ro i1
MLST ushort ro i3
LALM ushort ro i3
SDEF short ro i3
SHFT ushort i1
SIOL inlink i1
SVAL ulong
${simModeRows('menuSimm')}
${simScanRows}
`);

/** Storage of the fields that only mbbi has. */
export abstract class MbbiFields extends MultiBitRecord {
  INP: Link = noLink;
  AFTC = 0;
  AFVL = 0;
  SVAL = 0;
}
