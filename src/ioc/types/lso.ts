import { AlarmCondition, type PvValue, Severity } from '../../pv/index.ts';
import { latchAlarm } from '../alarm-latch.ts';
import { LsoFields, lsoFields } from '../dbd/tables/lso.ts';
import { invalidOutput, softDevices, writeOutput } from '../device/soft.ts';
import { stampTime } from '../process.ts';
import type { RecordType } from '../record.ts';
import { defineType, readDol } from './common.ts';

/** Long string output. @see epics-base modules/database/src/std/rec/lsoRecord.c */
export class LsoRecord extends LsoFields {
  override initRecord(): void {
    super.initRecord();
    this.loadConstant('DOL');
    this.OVAL = this.VAL;
    this.OLEN = this.LEN;
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
}

/** Record type `lso`. */
export const lsoType: RecordType = defineType('lso', lsoFields, softDevices, (init) => new LsoRecord(init));
