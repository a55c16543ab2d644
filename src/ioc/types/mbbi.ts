import { latchAlarm, raiseUndefined } from '../alarm-latch.ts';
import { MbbiFields, mbbiFields } from '../dbd/tables/mbbi.ts';
import { rawSoftDevices, readInput } from '../device/soft.ts';
import { stampTime } from '../process.ts';
import { Reading, type RecordType } from '../record.ts';
import { defineType, elapsedSince } from './common.ts';
import { checkStateAlarm, stateOfRaw } from './multi-bit.ts';
import { loadStateInput, storeMasked } from './state-record.ts';

/** Multi-bit binary input. @see epics-base modules/database/src/std/rec/mbbiRecord.c */
export class MbbiRecord extends MbbiFields {
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
    const { timeSeconds, timeNanoseconds } = this;
    stampTime(this);
    if (this.reading === Reading.Raw) {
      this.VAL = stateOfRaw(this, this.SHFT === 0 ? this.RVAL : this.RVAL >>> this.SHFT);
      this.UDF = 0;
    }
    if (raiseUndefined(this)) this.AFVL = 0;
    else checkStateAlarm(this, elapsedSince(this, timeSeconds, timeNanoseconds));
    this.postValue(latchAlarm(this));
  }
}

/** Record type `mbbi`. */
export const mbbiType: RecordType = defineType(
  'mbbi',
  mbbiFields,
  rawSoftDevices,
  (init) => new MbbiRecord(init),
);
