import { IntegerInput } from '../../types/integer-record.ts';
import { defineFields, type FieldDef } from '../field-def.ts';
import { alarmLimitRows, integerDeadbandRows, simModeRows, simScanRows } from './groups.ts';

/** Field table of int64in after dbCommon, in DBD order. */
export const int64inFields: readonly FieldDef[] = defineFields(`
VAL int64 pp asl0
INP inlink i1
EGU string[16] prop i1
HOPR int64 prop i1
LOPR int64 prop i1
${alarmLimitRows('int64', 'pp')}
HYST int64 i1
AFTC double i1
AFVL double ro i3
${integerDeadbandRows('int64')}
SIOL inlink i1
SVAL int64
${simModeRows('menuYesNo')}
${simScanRows}
`);

/** Storage of the fields that only int64in has. */
export abstract class Int64inFields extends IntegerInput<bigint> {
  VAL = 0n;
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
  SVAL = 0n;
}
