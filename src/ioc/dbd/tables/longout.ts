import { type Link, noLink } from '../../links/link.ts';
import { RecordBase } from '../../record.ts';
import { defineFields, type FieldDef } from '../field-def.ts';

/** Field table of longout after dbCommon, in DBD order. */
export const longoutFields: readonly FieldDef[] = defineFields(`
VAL long pp asl0
OUT outlink mod i1
DOL inlink i1
OMSL menu:menuOmsl i1
EGU string[16] prop i1
DRVH long pp prop i1
DRVL long pp prop i1
HOPR long prop i1
LOPR long prop i1
HIHI long pp prop i1
LOLO long pp prop i1
HIGH long pp prop i1
LOW long pp prop i1
HHSV menu:menuAlarmSevr pp prop i1
LLSV menu:menuAlarmSevr pp prop i1
HSV menu:menuAlarmSevr pp prop i1
LSV menu:menuAlarmSevr pp prop i1
HYST long i1
ADEL long i1
MDEL long i1
LALM long ro i3
ALST long ro i3
MLST long ro i3
SIOL outlink i1
SIML inlink i1
SIMM menu:menuYesNo mod i1
SIMS menu:menuAlarmSevr i2
OLDSIMM menu:menuSimm ro i4
SSCN menu:menuScan i1 =65535
SDLY double i2 =-1.0
SIMPVT noaccess ro i4
IVOA menu:menuIvoa i2
IVOV long i2
PVAL long
OUTPVT noaccess ro i4
OOCH menu:menuYesNo i1 =1
OOPT menu:longoutOOPT i1 =0
`);

/** Storage of the fields of longout. */
export abstract class LongoutFields extends RecordBase {
  VAL = 0;
  OUT: Link = noLink;
  DOL: Link = noLink;
  OMSL = 0;
  EGU = '';
  DRVH = 0;
  DRVL = 0;
  HOPR = 0;
  LOPR = 0;
  HIHI = 0;
  LOLO = 0;
  HIGH = 0;
  LOW = 0;
  HHSV = 0;
  LLSV = 0;
  HSV = 0;
  LSV = 0;
  HYST = 0;
  ADEL = 0;
  MDEL = 0;
  LALM = 0;
  ALST = 0;
  MLST = 0;
  SIOL: Link = noLink;
  SIML: Link = noLink;
  SIMM = 0;
  SIMS = 0;
  OLDSIMM = 0;
  SSCN = 65535;
  SDLY = -1.0;
  IVOA = 0;
  IVOV = 0;
  PVAL = 0;
  OOCH = 1;
  OOPT = 0;
}
