import { type Link, noLink } from '../../links/link.ts';
import { RecordBase } from '../../record.ts';
import { defineFields, type FieldDef } from '../field-def.ts';

/** Field table of longin after dbCommon, in DBD order. */
export const longinFields: readonly FieldDef[] = defineFields(`
VAL long pp asl0
INP inlink i1
EGU string[16] prop i1
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
AFTC double i1
AFVL double ro i3
ADEL long i1
MDEL long i1
LALM long ro i3
ALST long ro i3
MLST long ro i3
SIOL inlink i1
SVAL long
SIML inlink i1
SIMM menu:menuYesNo mod i1
SIMS menu:menuAlarmSevr i2
OLDSIMM menu:menuSimm ro i4
SSCN menu:menuScan i1 =65535
SDLY double i2 =-1.0
SIMPVT noaccess ro i4
`);

/** Storage of the fields of longin. */
export abstract class LonginFields extends RecordBase {
  VAL = 0;
  INP: Link = noLink;
  EGU = '';
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
  AFTC = 0;
  AFVL = 0;
  ADEL = 0;
  MDEL = 0;
  LALM = 0;
  ALST = 0;
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
