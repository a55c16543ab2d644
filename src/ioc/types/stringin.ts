import { latchAlarm } from '../alarm-latch.ts';
import { StringinFields, stringinFields } from '../dbd/tables/stringin.ts';
import { readInput, softDevices } from '../device/soft.ts';
import { stampTime } from '../process.ts';
import type { RecordType } from '../record.ts';
import { defineType } from './common.ts';

/** String input. @see epics-base modules/database/src/std/rec/stringinRecord.c */
export class StringinRecord extends StringinFields {
  override initRecord(): void {
    super.initRecord();
    this.loadConstant('INP');
    this.OVAL = this.VAL;
  }

  override start(): Promise<void> | undefined {
    return readInput(this, 'string');
  }

  // Only a value that was read makes a string defined.
  override keepValue(): void {}

  override finish(): void {
    stampTime(this);
    this.postValue(latchAlarm(this));
  }
}

/** Record type `stringin`. */
export const stringinType: RecordType = defineType(
  'stringin',
  stringinFields,
  softDevices,
  (init) => new StringinRecord(init),
);
