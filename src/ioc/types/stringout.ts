import type { PvValue } from '../../pv/index.ts';
import { latchAlarm, raiseUndefined } from '../alarm-latch.ts';
import { StringoutFields, stringoutFields } from '../dbd/tables/stringout.ts';
import { invalidOutput, softDevices, writeOutput } from '../device/soft.ts';
import { stampTime } from '../process.ts';
import type { RecordType } from '../record.ts';
import { defineType, readDol } from './common.ts';

/** String output. @see epics-base modules/database/src/std/rec/stringoutRecord.c */
export class StringoutRecord extends StringoutFields {
  override initRecord(): void {
    super.initRecord();
    this.loadConstant('DOL');
    this.OVAL = this.VAL;
  }

  override outputValue(): PvValue {
    return this.VAL;
  }

  override start(): Promise<void> | undefined {
    const desired = readDol(this, 'string');
    if (desired !== undefined) this.storeValue(desired);
    raiseUndefined(this);
    stampTime(this);
    const isWritten = invalidOutput(this, () => this.storeValue(this.IVOV));
    return isWritten ? writeOutput(this, this.VAL, 'string') : undefined;
  }

  override finish(): void {
    this.postValue(latchAlarm(this));
  }
}

/** Record type `stringout`. */
export const stringoutType: RecordType = defineType(
  'stringout',
  stringoutFields,
  softDevices,
  (init) => new StringoutRecord(init),
);
