import { AlarmCondition, Event, type EventMask, type PvValue, Severity } from '../../pv/index.ts';
import { cutUtf8, utf8Length } from '../../util/index.ts';
import { latchAlarm } from '../alarm-latch.ts';
import { bytesToText, firstElement, toText } from '../convert.ts';
import { LsoFields, lsoFields } from '../dbd/tables/lso.ts';
import { invalidOutput, softDevices, writeOutput } from '../device/soft.ts';
import { stampTime } from '../process.ts';
import type { RecordType } from '../record.ts';
import { changeSim, initSim } from '../sim.ts';
import { defineType, readDol } from './common.ts';

/** Long string output. @see epics-base modules/database/src/std/rec/lsoRecord.c */
export class LsoRecord extends LsoFields {
  #oldSimm = 0;

  override initRecord(): void {
    initSim(this);
    this.SIZV = Math.max(16, Math.min(32767, this.SIZV));
    const constant = this.context.links.constant(this, 'DOL');
    if (constant !== undefined) this.storeValue(constant);
    this.OVAL = this.VAL;
    this.OLEN = this.LEN;
  }

  override storeValue(value: PvValue): void {
    const text =
      value instanceof Int8Array || value instanceof Uint8Array
        ? bytesToText(value)
        : toText(firstElement(value) ?? '');
    this.VAL = cutUtf8(text, this.SIZV - 1);
    this.LEN = utf8Length(this.VAL) + 1;
    this.UDF = 0;
  }

  override outputValue(): PvValue {
    return this.VAL;
  }

  override start(): Promise<void> | undefined {
    const desired = readDol(this, 'lstring');
    if (desired !== undefined) this.storeValue(desired);
    if (this.UDF !== 0) this.raise(AlarmCondition.Udf, Severity.Invalid);
    stampTime(this);
    const isWritten = invalidOutput(this, () => this.storeValue(this.IVOV));
    return isWritten ? writeOutput(this, this.VAL, 'string') : undefined;
  }

  override finish(): void {
    this.postValue(latchAlarm(this));
  }

  override postValue(alarmMask: EventMask): void {
    let mask = alarmMask;
    if (this.OVAL !== this.VAL) {
      mask |= Event.Value | Event.Log;
      this.OVAL = this.VAL;
    }
    if (this.MPST === 1) mask |= Event.Value;
    if (this.APST === 1) mask |= Event.Log;
    if (this.OLEN !== this.LEN) {
      this.OLEN = this.LEN;
      this.post('LEN', Event.Value | Event.Log);
    }
    if (mask !== 0) this.post('VAL', mask);
  }

  override special(field: string, isAfter: boolean): void {
    if (field !== 'SIMM') return;
    if (isAfter) changeSim(this, this.#oldSimm);
    else this.#oldSimm = this.SIMM;
  }
}

/** Record type `lso`. */
export const lsoType: RecordType = defineType('lso', lsoFields, softDevices, (init) => new LsoRecord(init));
