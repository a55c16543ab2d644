import type { AlarmLimits, EventMask, Limits, PvValue } from '../../pv/index.ts';
import { latchAlarm } from '../alarm-latch.ts';
import { analogAlarmLimits, analogDisplay, checkAnalogAlarm } from '../analog.ts';
import { firstElement, toNumeric } from '../convert.ts';
import type { FieldDef } from '../dbd/field-def.ts';
import { LonginFields, longinFields } from '../dbd/tables/longin.ts';
import { readInput, softDevices } from '../device/soft.ts';
import { deadbandMask } from '../monitor-post.ts';
import { stampTime } from '../process.ts';
import type { RecordType } from '../record.ts';
import { changeSim, initSim } from '../sim.ts';
import { defineType, elapsedSince } from './common.ts';

/** 32-bit integer input. @see epics-base modules/database/src/std/rec/longinRecord.c */
export class LonginRecord extends LonginFields {
  #oldSimm = 0;

  override initRecord(): void {
    initSim(this);
    const constant = this.context.links.constant(this, 'INP');
    if (constant !== undefined) this.storeValue(constant);
    this.MLST = this.ALST = this.LALM = this.VAL;
  }

  override start(): Promise<void> | undefined {
    return readInput(this, 'long');
  }

  override storeValue(value: PvValue): void {
    this.VAL = toNumeric(firstElement(value) ?? 0, 'long') as number;
    this.UDF = 0;
  }

  override finish(): void {
    const { timeSeconds, timeNanoseconds } = this;
    stampTime(this);
    checkAnalogAlarm(this, elapsedSince(this, timeSeconds, timeNanoseconds));
    this.postValue(latchAlarm(this));
  }

  override postValue(alarmMask: EventMask): void {
    const mask = alarmMask | deadbandMask(this);
    if (mask !== 0) this.post('VAL', mask);
  }

  override special(_field: string, isAfter: boolean): void {
    if (isAfter) changeSim(this, this.#oldSimm);
    else this.#oldSimm = this.SIMM;
  }

  override unitsOf(field: FieldDef): string {
    return field.type === 'long' ? this.EGU : '';
  }
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

/** Record type `longin`. */
export const longinType: RecordType = defineType(
  'longin',
  longinFields,
  softDevices,
  (init) => new LonginRecord(init),
);
