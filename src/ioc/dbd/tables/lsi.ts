import { type Link, noLink } from '../../links/link.ts';
import { RecordBase } from '../../record.ts';
import { defineFields, type FieldDef } from '../field-def.ts';

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
SIML inlink i1
SIMM menu:menuYesNo mod i1
SIMS menu:menuAlarmSevr i2
SIOL inlink i1
OLDSIMM menu:menuSimm ro i4
SSCN menu:menuScan i1 =65535
SDLY double i2 =-1.0
SIMPVT noaccess ro i4
`);

/** Storage of the fields of lsi. */
export abstract class LsiFields extends RecordBase {
  VAL = '';
  OVAL = '';
  SIZV = 41;
  LEN = 0;
  OLEN = 0;
  INP: Link = noLink;
  MPST = 0;
  APST = 0;
  SIML: Link = noLink;
  SIMM = 0;
  SIMS = 0;
  SIOL: Link = noLink;
  OLDSIMM = 0;
  SSCN = 65535;
  SDLY = -1.0;
}
