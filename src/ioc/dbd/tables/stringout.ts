import { type Link, noLink } from '../../links/link.ts';
import { RecordBase } from '../../record.ts';
import { defineFields, type FieldDef } from '../field-def.ts';

/** Field table of stringout after dbCommon, in DBD order. */
export const stringoutFields: readonly FieldDef[] = defineFields(`
VAL string[40] pp asl0
OVAL string[40] ro i3
DOL inlink i1
OMSL menu:menuOmsl i1
OUT outlink i1
MPST menu:stringoutPOST i1
APST menu:stringoutPOST i1
SIOL outlink i1
SIML inlink i1
SIMM menu:menuYesNo mod i1
SIMS menu:menuAlarmSevr i2
OLDSIMM menu:menuSimm ro i4
SSCN menu:menuScan i1 =65535
SDLY double i2 =-1.0
SIMPVT noaccess ro i4
IVOA menu:menuIvoa i2
IVOV string[40] i2
`);

/** Storage of the fields of stringout. */
export abstract class StringoutFields extends RecordBase {
  VAL = '';
  OVAL = '';
  DOL: Link = noLink;
  OMSL = 0;
  OUT: Link = noLink;
  MPST = 0;
  APST = 0;
  SIOL: Link = noLink;
  SIML: Link = noLink;
  SIMM = 0;
  SIMS = 0;
  OLDSIMM = 0;
  SSCN = 65535;
  SDLY = -1.0;
  IVOA = 0;
  IVOV = '';
}
