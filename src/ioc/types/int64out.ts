import type { AlarmLimits, EventMask, Limits, PvValue } from '../../pv/index.ts';
import { latchAlarm } from '../alarm-latch.ts';
import { analogAlarmLimits, analogDisplay, checkAnalogAlarm, clampDrive, driveLimits } from '../analog.ts';
import { firstElement, toNumeric } from '../convert.ts';
import type { FieldDef } from '../dbd/field-def.ts';
import { Int64outFields, int64outFields } from '../dbd/tables/int64out.ts';
import { invalidOutput, softDevices, writeOutput } from '../device/soft.ts';
import { deadbandMask64 } from '../monitor-post.ts';
import { stampTime } from '../process.ts';
import type { RecordType } from '../record.ts';
import { changeSim, initSim } from '../sim.ts';
import { defineType, readDol } from './common.ts';

/** 64-bit integer output. @see epics-base modules/database/src/std/rec/int64outRecord.c */
export class Int64outRecord extends Int64outFields {
  #oldSimm = 0;

  override initRecord(): void {
    initSim(this);
    const constant = this.context.links.constant(this, 'DOL');
    if (constant !== undefined) this.storeValue(constant);
    this.MLST = this.ALST = this.LALM = this.VAL;
  }

  override storeValue(value: PvValue): void {
    const first = firstElement(value) ?? 0;
    // A mirror record may serve unsigned values, which stay as they are.
    this.VAL =
      typeof first === 'bigint' && this.mirror !== undefined ? first : (toNumeric(first, 'int64') as bigint);
    this.UDF = 0;
  }

  override outputValue(): PvValue {
    return this.VAL;
  }

  override start(): Promise<void> | undefined {
    const desired = readDol(this, 'int64');
    if (typeof desired === 'bigint') {
      this.VAL = desired;
      this.UDF = 0;
    }
    this.VAL = clampDrive(this.VAL, this.DRVL, this.DRVH);
    stampTime(this);
    checkAnalogAlarm(this, 0);
    const isWritten = invalidOutput(this, () => {
      this.VAL = this.IVOV;
    });
    return isWritten ? writeOutput(this, this.VAL, 'int64') : undefined;
  }

  override finish(): void {
    this.postValue(latchAlarm(this));
  }

  override postValue(alarmMask: EventMask): void {
    const mask = alarmMask | deadbandMask64(this);
    if (mask !== 0) this.post('VAL', mask);
  }

  override special(_field: string, isAfter: boolean): void {
    if (isAfter) changeSim(this, this.#oldSimm);
    else this.#oldSimm = this.SIMM;
  }

  override unitsOf(field: FieldDef): string {
    return field.type === 'int64' ? this.EGU : '';
  }
  override displayOf(field: FieldDef): Limits | undefined {
    return analogDisplay(this, field);
  }
  override controlOf(field: FieldDef): Limits | undefined {
    // A mirror record has no drive limits: values are refused, not clamped.
    return this.mirror === undefined ? driveLimits(this, field) : analogDisplay(this, field);
  }
  override alarmLimitsOf(field: FieldDef): AlarmLimits | undefined {
    return analogAlarmLimits(this, field, true);
  }
}

/** Record type `int64out`. */
export const int64outType: RecordType = defineType(
  'int64out',
  int64outFields,
  softDevices,
  (init) => new Int64outRecord(init),
);
