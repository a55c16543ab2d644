import {
  AlarmCondition,
  Event,
  type EventMask,
  type Limits,
  type PvValue,
  Severity,
} from '../../pv/index.ts';
import { latchAlarm } from '../alarm-latch.ts';
import { checkAnalogAlarm, clampDrive } from '../analog.ts';
import { firstElement, toDouble } from '../convert.ts';
import type { FieldDef } from '../dbd/field-def.ts';
import { AoFields, aoFields } from '../dbd/tables/ao.ts';
import { invalidOutput, rawSoftDevices, writeOutput } from '../device/soft.ts';
import { deadbandMask, postRaw, postReadback } from '../monitor-post.ts';
import { stampTime } from '../process.ts';
import type { RecordType } from '../record.ts';
import { outputControl } from './analog-record.ts';
import { defineType, readDol } from './common.ts';

const LINEAR = 2;
const INT32_HIGH = 2 ** 31 - 1;

/** Analog output. @see epics-base modules/database/src/std/rec/aoRecord.c */
export class AoRecord extends AoFields {
  #postedOval = 0;

  override initRecord(): void {
    super.initRecord();
    if (this.ESLO === 1 && this.EOFF === 0) this.EOFF = this.EGUL;
    const constant = this.context.links.constant(this, 'DOL');
    if (constant !== undefined) {
      this.VAL = toDouble(firstElement(constant) ?? 0);
      this.UDF = Number.isNaN(this.VAL) ? 1 : 0;
    }
    this.INIT = 1;
    this.OVAL = this.PVAL = this.MLST = this.ALST = this.LALM = this.VAL;
    this.#postedOval = this.OVAL;
    this.ORAW = this.RVAL;
    this.ORBV = this.RBV;
  }

  override storeValue(value: PvValue): void {
    this.VAL = toDouble(firstElement(value) ?? 0);
    if (this.mirror !== undefined) this.OVAL = this.PVAL = this.VAL;
  }

  override outputValue(): PvValue {
    return this.OVAL;
  }

  override start(): Promise<void> | undefined {
    let value = this.VAL;
    const desired = readDol(this, 'double');
    if (typeof desired === 'number') {
      // A put in between is overwritten: closed loop goes on from the last value driven.
      value = this.OIF === 1 ? this.PVAL + desired : desired;
      this.UDF = 0;
    }
    value = clampDrive(value, this.DRVL, this.DRVH);
    this.VAL = this.PVAL = value;
    this.#ramp();
    this.UDF = Number.isNaN(this.VAL) ? 1 : 0;
    this.#convert();
    stampTime(this);
    checkAnalogAlarm(this, 0);
    const isWritten = invalidOutput(this, () => {
      this.VAL = this.IVOV;
      this.#ramp();
      this.#convert();
    });
    return isWritten ? writeOutput(this, this.OVAL, 'float64', this.RVAL) : undefined;
  }

  #ramp(): void {
    const gap = this.VAL - this.OVAL;
    if (this.OROC === 0 || Math.abs(gap) <= this.OROC) this.OVAL = this.VAL;
    else this.OVAL += Math.sign(gap) * this.OROC;
    this.OMOD = this.OVAL === this.VAL ? 0 : 1;
  }

  #convert(): void {
    let raw = this.OVAL;
    if (this.LINR === 1 || this.LINR === LINEAR) raw = this.ESLO === 0 ? 0 : (raw - this.EOFF) / this.ESLO;
    else if (this.LINR !== 0) {
      // Breakpoint tables are not loaded: the output keeps its raw value.
      this.raise(AlarmCondition.Soft, Severity.Major, 'BPT Error');
      return;
    }
    raw -= this.AOFF;
    if (this.ASLO !== 0) raw /= this.ASLO;
    raw -= this.ROFF;
    const rounded = Math.sign(raw) * Math.round(Math.abs(raw));
    this.RVAL = Number.isNaN(rounded) ? 0 : Math.max(-INT32_HIGH - 1, Math.min(INT32_HIGH, rounded)) | 0;
  }

  override finish(): void {
    this.postValue(latchAlarm(this));
    this.INIT = 0;
  }

  override postValue(alarmMask: EventMask): void {
    const mask = alarmMask | deadbandMask(this);
    if (mask !== 0) this.post('VAL', mask);
    if (this.#postedOval !== this.OVAL) {
      this.#postedOval = this.OVAL;
      this.post('OVAL', mask | Event.Value | Event.Log);
    }
    postRaw(this, mask);
    postReadback(this, mask);
  }

  override special(field: string, isAfter: boolean): void {
    if (field === 'SIMM') super.special(field, isAfter);
    else if (isAfter) {
      if (this.LINR === LINEAR) this.EOFF = this.EGUL;
      this.INIT = 1;
    }
  }

  override unitsOf(field: FieldDef): string {
    return field.type === 'double' && field.name !== 'ASLO' && field.name !== 'AOFF' ? this.EGU : '';
  }
  override precisionOf(field: FieldDef): number | undefined {
    return field.type === 'double' ? this.PREC : undefined;
  }
  override controlOf(field: FieldDef): Limits | undefined {
    return outputControl(this, field);
  }
}

/** Record type `ao`. */
export const aoType: RecordType = defineType('ao', aoFields, rawSoftDevices, (init) => new AoRecord(init));
