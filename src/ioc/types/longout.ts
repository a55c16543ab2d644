import type { AlarmLimits, EventMask, Limits, PvValue } from '../../pv/index.ts';
import { latchAlarm } from '../alarm-latch.ts';
import { analogAlarmLimits, analogDisplay, checkAnalogAlarm, clampDrive, driveLimits } from '../analog.ts';
import { firstElement, toNumeric } from '../convert.ts';
import type { FieldDef } from '../dbd/field-def.ts';
import { LongoutFields, longoutFields } from '../dbd/tables/longout.ts';
import { invalidOutput, softDevices, writeOutput } from '../device/soft.ts';
import { deadbandMask } from '../monitor-post.ts';
import { stampTime } from '../process.ts';
import type { RecordType } from '../record.ts';
import { changeSim, initSim } from '../sim.ts';
import { defineType, readDol } from './common.ts';

const Oopt = { EveryTime: 0, OnChange: 1, WhenZero: 2, WhenNonZero: 3, ToZero: 4, ToNonZero: 5 } as const;

/** 32-bit integer output. @see epics-base modules/database/src/std/rec/longoutRecord.c */
export class LongoutRecord extends LongoutFields {
  #oldSimm = 0;
  // The first processing, and the first after OUT was changed, write whatever OOPT says.
  #isArmed = true;

  override initRecord(): void {
    initSim(this);
    const constant = this.context.links.constant(this, 'DOL');
    if (constant !== undefined) this.storeValue(constant);
    this.MLST = this.ALST = this.LALM = this.VAL;
    this.PVAL = this.VAL;
  }

  override storeValue(value: PvValue): void {
    this.VAL = toNumeric(firstElement(value) ?? 0, 'long') as number;
    this.UDF = 0;
  }

  override outputValue(): PvValue {
    return this.VAL;
  }

  override start(): Promise<void> | undefined {
    const desired = readDol(this, 'long');
    if (typeof desired === 'number') {
      this.VAL = desired;
      this.UDF = 0;
    }
    this.VAL = clampDrive(this.VAL, this.DRVL, this.DRVH);
    stampTime(this);
    checkAnalogAlarm(this, 0);
    const isWritten = invalidOutput(this, () => {
      this.VAL = this.IVOV;
    });
    return isWritten && this.#isDue() ? writeOutput(this, this.VAL, 'int32') : undefined;
  }

  /** Whether OOPT lets this processing write. */
  #isDue(): boolean {
    const before = this.PVAL;
    const isArmed = this.#isArmed;
    this.PVAL = this.VAL;
    this.#isArmed = false;
    switch (this.OOPT) {
      case Oopt.OnChange:
        return isArmed || this.VAL !== before;
      case Oopt.WhenZero:
        return this.VAL === 0;
      case Oopt.WhenNonZero:
        return this.VAL !== 0;
      case Oopt.ToZero:
        return before !== 0 && this.VAL === 0;
      case Oopt.ToNonZero:
        return before === 0 && this.VAL !== 0;
      default:
        return true;
    }
  }

  override finish(): void {
    this.postValue(latchAlarm(this));
  }

  override postValue(alarmMask: EventMask): void {
    const mask = alarmMask | deadbandMask(this);
    if (mask !== 0) this.post('VAL', mask);
  }

  override special(field: string, isAfter: boolean): void {
    if (field === 'OUT') {
      if (isAfter && this.OOCH === 1) this.#isArmed = true;
    } else if (isAfter) changeSim(this, this.#oldSimm);
    else this.#oldSimm = this.SIMM;
  }

  override unitsOf(field: FieldDef): string {
    return field.type === 'long' ? this.EGU : '';
  }
  override displayOf(field: FieldDef): Limits | undefined {
    return analogDisplay(this, field);
  }
  override controlOf(field: FieldDef): Limits | undefined {
    // A mirror record has no drive limits: values are refused, not clamped.
    return this.mirror === undefined ? driveLimits(this, field) : analogDisplay(this, field);
  }
  override alarmLimitsOf(field: FieldDef): AlarmLimits | undefined {
    return analogAlarmLimits(this, field, false);
  }
}

/** Record type `longout`. */
export const longoutType: RecordType = defineType(
  'longout',
  longoutFields,
  softDevices,
  (init) => new LongoutRecord(init),
);
