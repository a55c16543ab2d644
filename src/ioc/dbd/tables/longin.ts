import { IntegerInput } from '../../types/integer-record.ts';
import { defineFields, type FieldDef } from '../field-def.ts';
import { alarmLimitRows, integerDeadbandRows, simModeRows, simScanRows } from './groups.ts';

/** Field table of longin after dbCommon, in DBD order. */
export const longinFields: readonly FieldDef[] = defineFields(`
VAL long pp asl0
INP inlink i1
EGU string[16] prop i1
HOPR long prop i1
LOPR long prop i1
${alarmLimitRows('long')}
HYST long i1
AFTC double i1
AFVL double ro i3
${integerDeadbandRows('long')}
SIOL inlink i1
SVAL long
${simModeRows('menuYesNo')}
${simScanRows}
`);

/** Storage of the fields that only longin has. */
export abstract class LonginFields extends IntegerInput<number> {
  VAL = 0;
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
  SVAL = 0;
}
