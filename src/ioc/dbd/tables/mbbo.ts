import { type Link, noLink } from '../../links/link.ts';
import { MultiBitRecord } from '../../types/multi-bit-record.ts';
import { defineFields, type FieldDef } from '../field-def.ts';
import { simModeRows, simScanRows } from './groups.ts';
import { stateRows } from './states.ts';

/** Field table of mbbo after dbCommon, in DBD order. */
export const mbboFields: readonly FieldDef[] = defineFields(`
VAL enum arr pp asl0
DOL inlink i1
OMSL menu:menuOmsl i1
NOBT ushort ro i1
OUT outlink i1
${stateRows}
UNSV menu:menuAlarmSevr pp i1
COSV menu:menuAlarmSevr pp i1
RVAL ulong pp
ORAW ulong ro i3
RBV ulong ro
ORBV ulong ro i3
MASK ulong ro i1
MLST ushort ro i3
LALM ushort ro i3
SDEF short ro i3
SHFT ushort i1
SIOL outlink i1
${simModeRows('menuSimm')}
${simScanRows}
IVOA menu:menuIvoa i2
IVOV ushort i2
`);

/** Storage of the fields that only mbbo has. */
export abstract class MbboFields extends MultiBitRecord {
  DOL: Link = noLink;
  OMSL = 0;
  OUT: Link = noLink;
  RBV = 0;
  ORBV = 0;
  IVOA = 0;
  IVOV = 0;
}
