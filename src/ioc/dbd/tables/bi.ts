import { type Link, noLink } from '../../links/link.ts';
import { RecordBase } from '../../record.ts';
import { defineFields, type FieldDef } from '../field-def.ts';

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
SIML inlink i1
SIMM menu:menuSimm mod i1
SIMS menu:menuAlarmSevr i2
OLDSIMM menu:menuSimm ro i4
SSCN menu:menuScan i1 =65535
SDLY double i2 =-1.0
SIMPVT noaccess ro i4
`);

/** Storage of the fields of bi. */
export abstract class BiFields extends RecordBase {
  INP: Link = noLink;
  VAL = 0;
  ZSV = 0;
  OSV = 0;
  COSV = 0;
  ZNAM = '';
  ONAM = '';
  RVAL = 0;
  ORAW = 0;
  MASK = 0;
  LALM = 0;
  MLST = 0;
  SIOL: Link = noLink;
  SVAL = 0;
  SIML: Link = noLink;
  SIMM = 0;
  SIMS = 0;
  OLDSIMM = 0;
  SSCN = 65535;
  SDLY = -1.0;
}
