import type { AlarmLimits, EventMask, Limits, PvValue } from '../../pv/index.ts';
import { latchAlarm } from '../alarm-latch.ts';
import { analogAlarmLimits, analogDisplay, checkAnalogAlarm } from '../analog.ts';
import { firstElement, toNumeric } from '../convert.ts';
import type { FieldDef } from '../dbd/field-def.ts';
import { Int64inFields, int64inFields } from '../dbd/tables/int64in.ts';
import { readInput, softDevices } from '../device/soft.ts';
import { deadbandMask64 } from '../monitor-post.ts';
import { stampTime } from '../process.ts';
import type { RecordType } from '../record.ts';
import { changeSim, initSim } from '../sim.ts';
import { defineType, elapsedSince } from './common.ts';

/** 64-bit integer input. @see epics-base modules/database/src/std/rec/int64inRecord.c */
export class Int64inRecord extends Int64inFields {
  #oldSimm = 0;

  override initRecord(): void {
    initSim(this);
    const constant = this.context.links.constant(this, 'INP');
    if (constant !== undefined) this.storeValue(constant);
    this.MLST = this.ALST = this.LALM = this.VAL;
  }

  override start(): Promise<void> | undefined {
    return readInput(this, 'int64');
  }

  override storeValue(value: PvValue): void {
    const first = firstElement(value) ?? 0;
    // A mirror record may serve unsigned values, which stay as they are.
    this.VAL =
      typeof first === 'bigint' && this.mirror !== undefined ? first : (toNumeric(first, 'int64') as bigint);
    this.UDF = 0;
  }

  override finish(): void {
    const { timeSeconds, timeNanoseconds } = this;
    stampTime(this);
    checkAnalogAlarm(this, elapsedSince(this, timeSeconds, timeNanoseconds));
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
    return analogDisplay(this, field);
  }
  override alarmLimitsOf(field: FieldDef): AlarmLimits | undefined {
    return analogAlarmLimits(this, field, true);
  }
}

/** Record type `int64in`. */
export const int64inType: RecordType = defineType(
  'int64in',
  int64inFields,
  softDevices,
  (init) => new Int64inRecord(init),
);
