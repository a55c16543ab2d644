import type { AlarmLimits, Limit, Limits } from '../../pv/index.ts';
import { type AnalogFields, analogAlarmLimits, analogDisplay, driveLimits } from '../analog.ts';
import type { FieldDef } from '../dbd/field-def.ts';
import { SimulatedRecord } from './simulated-record.ts';

/** Base of the record types whose value has alarm limits: ai, ao and the integers. */
export abstract class AnalogRecord<N extends Limit> extends SimulatedRecord implements AnalogFields<N> {
  EGU = '';
  HHSV = 0;
  LLSV = 0;
  HSV = 0;
  LSV = 0;
  abstract VAL: N;
  abstract HOPR: N;
  abstract LOPR: N;
  abstract HIHI: N;
  abstract LOLO: N;
  abstract HIGH: N;
  abstract LOW: N;
  abstract HYST: N;
  abstract ADEL: N;
  abstract MDEL: N;
  abstract LALM: N;
  abstract ALST: N;
  abstract MLST: N;

  override displayOf(field: FieldDef): Limits | undefined {
    return analogDisplay(this, field);
  }
  override controlOf(field: FieldDef): Limits | undefined {
    return analogDisplay(this, field);
  }
  override alarmLimitsOf(field: FieldDef): AlarmLimits | undefined {
    return analogAlarmLimits(this, field, false);
  }
}

/** Control limits of an output record. */
export function outputControl(
  record: AnalogRecord<Limit> & { readonly DRVH: Limit; readonly DRVL: Limit },
  field: FieldDef,
): Limits | undefined {
  // A mirror record has no drive limits: values are refused, not clamped.
  return record.mirror === undefined ? driveLimits(record, field) : analogDisplay(record, field);
}
