import { latchAlarm, raiseUndefined } from '../alarm-latch.ts';
import { BiFields, biFields } from '../dbd/tables/bi.ts';
import { rawSoftDevices, readInput } from '../device/soft.ts';
import { stampTime } from '../process.ts';
import { Reading, type RecordType } from '../record.ts';
import { defineType } from './common.ts';
import { loadStateInput, storeMasked } from './state-record.ts';

/** Binary input. @see epics-base modules/database/src/std/rec/biRecord.c */
export class BiRecord extends BiFields {
  override initRecord(): void {
    super.initRecord();
    loadStateInput(this);
  }

  override start(): Promise<void> | undefined {
    return readInput(this, 'ushort', 'ulong');
  }

  override storeRaw(raw: number): void {
    storeMasked(this, raw);
  }

  override finish(): void {
    stampTime(this);
    if (this.reading === Reading.Raw) {
      this.VAL = this.RVAL === 0 ? 0 : 1;
      this.UDF = 0;
    }
    if (!raiseUndefined(this)) this.checkAlarm();
    this.postValue(latchAlarm(this));
  }
}

/** Record type `bi`. */
export const biType: RecordType = defineType('bi', biFields, rawSoftDevices, (init) => new BiRecord(init));
