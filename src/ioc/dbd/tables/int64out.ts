import { IntegerOutput } from '../../types/integer-record.ts';
import { defineFields, type FieldDef } from '../field-def.ts';
import { alarmLimitRows, integerDeadbandRows, simModeRows, simScanRows } from './groups.ts';

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
${alarmLimitRows('int64', 'pp')}
HYST int64 i1
${integerDeadbandRows('int64')}
SIOL outlink i1
${simModeRows('menuYesNo')}
${simScanRows}
IVOA menu:menuIvoa i2
IVOV int64 i2
`);

/** Storage of the fields that only int64out has. */
export abstract class Int64outFields extends IntegerOutput<bigint> {
  VAL = 0n;
  DRVH = 0n;
  DRVL = 0n;
  HOPR = 0n;
  LOPR = 0n;
  HIHI = 0n;
  LOLO = 0n;
  HIGH = 0n;
  LOW = 0n;
  HYST = 0n;
  ADEL = 0n;
  MDEL = 0n;
  LALM = 0n;
  ALST = 0n;
  MLST = 0n;
  IVOV = 0n;
}
