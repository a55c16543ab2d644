import { type Link, noLink } from '../../links/link.ts';
import { AnalogRecord } from '../../types/analog-record.ts';
import { defineFields, type FieldDef } from '../field-def.ts';
import { alarmLimitRows, simModeRows, simScanRows } from './groups.ts';

/** Field table of ao after dbCommon, in DBD order. */
export const aoFields: readonly FieldDef[] = defineFields(`
VAL double pp asl0
OVAL double
OUT outlink i1
OROC double i1
DOL inlink i1
OMSL menu:menuOmsl i1
OIF menu:aoOIF i1
PREC short prop i1
LINR menu:menuConvert linconv pp i1
EGUF double linconv pp i1
EGUL double linconv pp i1
EGU string[16] prop i1
ROFF ulong pp i2
EOFF double pp i2
ESLO double pp i2 =1
DRVH double pp prop i1
DRVL double pp prop i1
HOPR double prop i1
LOPR double prop i1
AOFF double pp i1
ASLO double pp i1
${alarmLimitRows('double')}
HYST double i1
ADEL double i1
MDEL double i1
RVAL long pp
ORAW long ro i3
RBV long ro
ORBV long ro i3
PVAL double ro i3
LALM double ro i3
ALST double ro i3
MLST double ro i3
PBRK noaccess ro i4
INIT short ro i3
LBRK short ro i3
SIOL outlink i1
${simModeRows('menuSimm')}
${simScanRows}
IVOA menu:menuIvoa i2
IVOV double i2
OMOD uchar ro
`);

/** Storage of the fields that only ao has. */
export abstract class AoFields extends AnalogRecord<number> {
  VAL = 0;
  OVAL = 0;
  OUT: Link = noLink;
  OROC = 0;
  DOL: Link = noLink;
  OMSL = 0;
  OIF = 0;
  PREC = 0;
  LINR = 0;
  EGUF = 0;
  EGUL = 0;
  ROFF = 0;
  EOFF = 0;
  ESLO = 1;
  DRVH = 0;
  DRVL = 0;
  HOPR = 0;
  LOPR = 0;
  AOFF = 0;
  ASLO = 0;
  HIHI = 0;
  LOLO = 0;
  HIGH = 0;
  LOW = 0;
  HYST = 0;
  ADEL = 0;
  MDEL = 0;
  RVAL = 0;
  ORAW = 0;
  RBV = 0;
  ORBV = 0;
  PVAL = 0;
  LALM = 0;
  ALST = 0;
  MLST = 0;
  INIT = 0;
  LBRK = 0;
  IVOA = 0;
  IVOV = 0;
  OMOD = 0;
}
