import { type Link, noLink } from '../../links/link.ts';
import { RecordBase } from '../../record.ts';
import { defineFields, type FieldDef } from '../field-def.ts';

/** Field table of int64out after dbCommon, in DBD order. */
export const int64outFields: readonly FieldDef[] = defineFields(`
VAL int64 pp asl0
OUT outlink i1
DOL inlink i1
OMSL menu:menuOmsl i1
EGU string[16] prop i1
DRVH int64 pp prop i1
DRVL int64 pp prop i1
HOPR int64 prop i1
LOPR int64 prop i1
HIHI int64 pp prop i1
LOLO int64 pp prop i1
HIGH int64 pp prop i1
LOW int64 pp prop i1
HHSV menu:menuAlarmSevr pp i1
LLSV menu:menuAlarmSevr pp i1
HSV menu:menuAlarmSevr pp i1
LSV menu:menuAlarmSevr pp i1
HYST int64 i1
ADEL int64 i1
MDEL int64 i1
LALM int64 ro i3
ALST int64 ro i3
MLST int64 ro i3
SIOL outlink i1
SIML inlink i1
SIMM menu:menuYesNo mod i1
SIMS menu:menuAlarmSevr i2
OLDSIMM menu:menuSimm ro i4
SSCN menu:menuScan i1 =65535
SDLY double i2 =-1.0
SIMPVT noaccess ro i4
IVOA menu:menuIvoa i2
IVOV int64 i2
`);

/** Storage of the fields of int64out. */
export abstract class Int64outFields extends RecordBase {
  VAL = 0n;
  OUT: Link = noLink;
  DOL: Link = noLink;
  OMSL = 0;
  EGU = '';
  DRVH = 0n;
  DRVL = 0n;
  HOPR = 0n;
  LOPR = 0n;
  HIHI = 0n;
  LOLO = 0n;
  HIGH = 0n;
  LOW = 0n;
  HHSV = 0;
  LLSV = 0;
  HSV = 0;
  LSV = 0;
  HYST = 0n;
  ADEL = 0n;
  MDEL = 0n;
  LALM = 0n;
  ALST = 0n;
  MLST = 0n;
  SIOL: Link = noLink;
  SIML: Link = noLink;
  SIMM = 0;
  SIMS = 0;
  OLDSIMM = 0;
  SSCN = 65535;
  SDLY = -1.0;
  IVOA = 0;
  IVOV = 0n;
}
