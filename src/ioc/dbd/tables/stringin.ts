import { type Link, noLink } from '../../links/link.ts';
import { RecordBase } from '../../record.ts';
import { defineFields, type FieldDef } from '../field-def.ts';

/** Field table of stringin after dbCommon, in DBD order. */
export const stringinFields: readonly FieldDef[] = defineFields(`
VAL string[40] pp asl0
OVAL string[40] ro i3
INP inlink i1
MPST menu:stringinPOST i1
APST menu:stringinPOST i1
SIOL inlink i1
SVAL string[40] pp
SIML inlink i1
SIMM menu:menuYesNo mod i1
SIMS menu:menuAlarmSevr i2
OLDSIMM menu:menuSimm ro i4
SSCN menu:menuScan i1 =65535
SDLY double i2 =-1.0
SIMPVT noaccess ro i4
`);

/** Storage of the fields of stringin. */
export abstract class StringinFields extends RecordBase {
  VAL = '';
  OVAL = '';
  INP: Link = noLink;
  MPST = 0;
  APST = 0;
  SIOL: Link = noLink;
  SVAL = '';
  SIML: Link = noLink;
  SIMM = 0;
  SIMS = 0;
  OLDSIMM = 0;
  SSCN = 65535;
  SDLY = -1.0;
}
