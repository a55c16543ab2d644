import { type Link, noLink } from '../../links/link.ts';
import { AnalogRecord } from '../../types/analog-record.ts';
import { defineFields, type FieldDef } from '../field-def.ts';
import { alarmLimitRows, simModeRows, simScanRows } from './groups.ts';

/** Field table of ai after dbCommon, in DBD order. */
export const aiFields: readonly FieldDef[] = defineFields(`
VAL double pp asl0
INP inlink i1
PREC short prop i1
LINR menu:menuConvert linconv pp i1
EGUF double linconv pp i1
EGUL double linconv pp i1
EGU string[16] prop i1
HOPR double prop i1
LOPR double prop i1
AOFF double pp i1
ASLO double pp i1 =1
SMOO double i1
${alarmLimitRows('double')}
HYST double i1
AFTC double i1
ADEL double i1
MDEL double i1
LALM double ro i3
AFVL double ro i3
ALST double ro i3
MLST double ro i3
ESLO double pp i2 =1
EOFF double pp i2
ROFF ulong pp i2
PBRK noaccess ro i4
INIT short ro i3
LBRK short ro i3
RVAL long pp
ORAW long ro i3
SIOL inlink i1
SVAL double
${simModeRows('menuSimm')}
${simScanRows}
`);

/** Storage of the fields that only ai has. */
export abstract class AiFields extends AnalogRecord<number> {
  VAL = 0;
  INP: Link = noLink;
  PREC = 0;
  LINR = 0;
  EGUF = 0;
  EGUL = 0;
  HOPR = 0;
  LOPR = 0;
  AOFF = 0;
  ASLO = 1;
  SMOO = 0;
  HIHI = 0;
  LOLO = 0;
  HIGH = 0;
  LOW = 0;
  HYST = 0;
  AFTC = 0;
  ADEL = 0;
  MDEL = 0;
  LALM = 0;
  AFVL = 0;
  ALST = 0;
  MLST = 0;
  ESLO = 1;
  EOFF = 0;
  ROFF = 0;
  INIT = 0;
  LBRK = 0;
  RVAL = 0;
  ORAW = 0;
  SVAL = 0;
}
