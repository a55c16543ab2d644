import { type Link, noLink } from '../../links/link.ts';
import { RecordBase } from '../../record.ts';
import { defineFields, type FieldDef } from '../field-def.ts';

/** Field table of mbbi after dbCommon, in DBD order. */
export const mbbiFields: readonly FieldDef[] = defineFields(`
VAL enum pp asl0
NOBT ushort ro i1
INP inlink i1
ZRVL ulong mod pp hex i1
ONVL ulong mod pp hex i1
TWVL ulong mod pp hex i1
THVL ulong mod pp hex i1
FRVL ulong mod pp hex i1
FVVL ulong mod pp hex i1
SXVL ulong mod pp hex i1
SVVL ulong mod pp hex i1
EIVL ulong mod pp hex i1
NIVL ulong mod pp hex i1
TEVL ulong mod pp hex i1
ELVL ulong mod pp hex i1
TVVL ulong mod pp hex i1
TTVL ulong mod pp hex i1
FTVL ulong mod pp hex i1
FFVL ulong mod pp hex i1
ZRST string[26] mod pp prop i1
ONST string[26] mod pp prop i1
TWST string[26] mod pp prop i1
THST string[26] mod pp prop i1
FRST string[26] mod pp prop i1
FVST string[26] mod pp prop i1
SXST string[26] mod pp prop i1
SVST string[26] mod pp prop i1
EIST string[26] mod pp prop i1
NIST string[26] mod pp prop i1
TEST string[26] mod pp prop i1
ELST string[26] mod pp prop i1
TVST string[26] mod pp prop i1
TTST string[26] mod pp prop i1
FTST string[26] mod pp prop i1
FFST string[26] mod pp prop i1
ZRSV menu:menuAlarmSevr pp i1
ONSV menu:menuAlarmSevr pp i1
TWSV menu:menuAlarmSevr pp i1
THSV menu:menuAlarmSevr pp i1
FRSV menu:menuAlarmSevr pp i1
FVSV menu:menuAlarmSevr pp i1
SXSV menu:menuAlarmSevr pp i1
SVSV menu:menuAlarmSevr pp i1
EISV menu:menuAlarmSevr pp i1
NISV menu:menuAlarmSevr pp i1
TESV menu:menuAlarmSevr pp i1
ELSV menu:menuAlarmSevr pp i1
TVSV menu:menuAlarmSevr pp i1
TTSV menu:menuAlarmSevr pp i1
FTSV menu:menuAlarmSevr pp i1
FFSV menu:menuAlarmSevr pp i1
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
SIML inlink i1
SIMM menu:menuSimm mod i1
SIMS menu:menuAlarmSevr i2
OLDSIMM menu:menuSimm ro i4
SSCN menu:menuScan i1 =65535
SDLY double i2 =-1.0
SIMPVT noaccess ro i4
`);

/** Storage of the fields of mbbi. */
export abstract class MbbiFields extends RecordBase {
  VAL = 0;
  NOBT = 0;
  INP: Link = noLink;
  ZRVL = 0;
  ONVL = 0;
  TWVL = 0;
  THVL = 0;
  FRVL = 0;
  FVVL = 0;
  SXVL = 0;
  SVVL = 0;
  EIVL = 0;
  NIVL = 0;
  TEVL = 0;
  ELVL = 0;
  TVVL = 0;
  TTVL = 0;
  FTVL = 0;
  FFVL = 0;
  ZRST = '';
  ONST = '';
  TWST = '';
  THST = '';
  FRST = '';
  FVST = '';
  SXST = '';
  SVST = '';
  EIST = '';
  NIST = '';
  TEST = '';
  ELST = '';
  TVST = '';
  TTST = '';
  FTST = '';
  FFST = '';
  ZRSV = 0;
  ONSV = 0;
  TWSV = 0;
  THSV = 0;
  FRSV = 0;
  FVSV = 0;
  SXSV = 0;
  SVSV = 0;
  EISV = 0;
  NISV = 0;
  TESV = 0;
  ELSV = 0;
  TVSV = 0;
  TTSV = 0;
  FTSV = 0;
  FFSV = 0;
  AFTC = 0;
  AFVL = 0;
  UNSV = 0;
  COSV = 0;
  RVAL = 0;
  ORAW = 0;
  MASK = 0;
  MLST = 0;
  LALM = 0;
  SDEF = 0;
  SHFT = 0;
  SIOL: Link = noLink;
  SVAL = 0;
  SIML: Link = noLink;
  SIMM = 0;
  SIMS = 0;
  OLDSIMM = 0;
  SSCN = 65535;
  SDLY = -1.0;
}
