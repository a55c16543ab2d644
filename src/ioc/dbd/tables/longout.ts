import { IntegerOutput } from '../../types/integer-record.ts';
import { defineFields, type FieldDef } from '../field-def.ts';
import { alarmLimitRows, integerDeadbandRows, simModeRows, simScanRows } from './groups.ts';

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
${alarmLimitRows('long')}
HYST long i1
${integerDeadbandRows('long')}
SIOL outlink i1
${simModeRows('menuYesNo')}
${simScanRows}
IVOA menu:menuIvoa i2
IVOV long i2
PVAL long
OUTPVT noaccess ro i4
OOCH menu:menuYesNo i1 =1
OOPT menu:longoutOOPT i1 =0
`);

/** Storage of the fields that only longout has. */
export abstract class LongoutFields extends IntegerOutput<number> {
  VAL = 0;
  DRVH = 0;
  DRVL = 0;
  HOPR = 0;
  LOPR = 0;
  HIHI = 0;
  LOLO = 0;
  HIGH = 0;
  LOW = 0;
  HYST = 0;
  ADEL = 0;
  MDEL = 0;
  LALM = 0;
  ALST = 0;
  MLST = 0;
  IVOV = 0;
  PVAL = 0;
  OOCH = 1;
  OOPT = 0;
}
