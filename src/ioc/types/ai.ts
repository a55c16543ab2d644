import { AlarmCondition, type EventMask, type PvValue, Severity } from '../../pv/index.ts';
import { latchAlarm } from '../alarm-latch.ts';
import { checkAnalogAlarm } from '../analog.ts';
import { firstElement, toDouble } from '../convert.ts';
import type { FieldDef } from '../dbd/field-def.ts';
import { AiFields, aiFields } from '../dbd/tables/ai.ts';
import { rawSoftDevices, readInput } from '../device/soft.ts';
import { deadbandMask, postRaw } from '../monitor-post.ts';
import { stampTime } from '../process.ts';
import { Reading, type RecordType } from '../record.ts';
import { defineType, elapsedSince } from './common.ts';

const LINEAR = 2;

/** Analog input. @see epics-base modules/database/src/std/rec/aiRecord.c */
export class AiRecord extends AiFields {
  override initRecord(): void {
    super.initRecord();
    if (this.ESLO === 1 && this.EOFF === 0) this.EOFF = this.EGUL;
    const constant = this.context.links.constant(this, 'INP');
    if (constant !== undefined) {
      const value = firstElement(constant) ?? 0;
      if (this.DTYP === 1) this.RVAL = Math.trunc(toDouble(value)) | 0;
      else this.VAL = toDouble(value);
      this.UDF = 0;
    }
    this.INIT = 1;
    // As in base, whose soft device support leaves MLST, ALST and LALM at 0 here.
    this.ORAW = this.RVAL;
  }

  override start(): Promise<void> | undefined {
    return readInput(this, 'double');
  }

  override storeValue(value: PvValue): void {
    const next = toDouble(firstElement(value) ?? 0);
    const isSmooth =
      this.SMOO !== 0 && this.UDF === 0 && Number.isFinite(this.VAL) && this.mirror === undefined;
    this.VAL = isSmooth ? next * (1 - this.SMOO) + this.VAL * this.SMOO : next;
  }

  override storeRaw(raw: number): void {
    this.RVAL = raw | 0;
  }

  override finish(): void {
    const { timeSeconds, timeNanoseconds } = this;
    stampTime(this);
    if (this.reading === Reading.Raw) this.#convert();
    if (this.reading !== Reading.Failed) this.UDF = Number.isNaN(this.VAL) ? 1 : 0;
    checkAnalogAlarm(this, elapsedSince(this, timeSeconds, timeNanoseconds));
    this.postValue(latchAlarm(this));
    this.INIT = 0;
  }

  #convert(): void {
    let value = this.RVAL + this.ROFF;
    if (this.ASLO !== 0) value *= this.ASLO;
    value += this.AOFF;
    if (this.LINR === 1 || this.LINR === LINEAR) value = value * this.ESLO + this.EOFF;
    else if (this.LINR !== 0) {
      // Breakpoint tables are not loaded.
      this.raise(AlarmCondition.Soft, Severity.Major, 'BPT Error');
    }
    const isSmooth = this.SMOO !== 0 && this.INIT === 0 && Number.isFinite(this.VAL);
    this.VAL = isSmooth ? value * (1 - this.SMOO) + this.VAL * this.SMOO : value;
  }

  override postValue(alarmMask: EventMask): void {
    const mask = alarmMask | deadbandMask(this);
    if (mask === 0) return;
    this.post('VAL', mask);
    postRaw(this, mask);
  }

  override special(field: string, isAfter: boolean): void {
    if (field === 'SIMM') super.special(field, isAfter);
    else if (isAfter) {
      if (this.LINR === LINEAR) this.EOFF = this.EGUL;
      this.INIT = 1;
    }
  }

  override unitsOf(field: FieldDef): string {
    const isPlain = field.name === 'ASLO' || field.name === 'AOFF' || field.name === 'SMOO';
    return field.type === 'double' && !isPlain ? this.EGU : '';
  }
  override precisionOf(field: FieldDef): number | undefined {
    return field.type === 'double' ? this.PREC : undefined;
  }
}

/** Record type `ai`. */
export const aiType: RecordType = defineType('ai', aiFields, rawSoftDevices, (init) => new AiRecord(init));
