import { latchAlarm } from '../alarm-latch.ts';
import { LsiFields, lsiFields } from '../dbd/tables/lsi.ts';
import { readInput, softDevices } from '../device/soft.ts';
import { stampTime } from '../process.ts';
import type { RecordType } from '../record.ts';
import { defineType } from './common.ts';

/** Long string input. @see epics-base modules/database/src/std/rec/lsiRecord.c */
export class LsiRecord extends LsiFields {
  override initRecord(): void {
    super.initRecord();
    this.loadConstant('INP');
    this.OVAL = this.VAL;
    this.OLEN = this.LEN;
  }

  override start(): Promise<void> | undefined {
    return readInput(this, 'lstring');
  }

  // Only a value that was read makes a string defined.
  override keepValue(): void {}

  override finish(): void {
    stampTime(this);
    this.postValue(latchAlarm(this));
  }
}

/** Record type `lsi`. */
export const lsiType: RecordType = defineType('lsi', lsiFields, softDevices, (init) => new LsiRecord(init));
