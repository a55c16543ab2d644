import { AlarmCondition, type EventMask, type PvValue, Severity } from '../../pv/index.ts';
import { latchAlarm, raiseUndefined } from '../alarm-latch.ts';
import { MbboFields, mbboFields } from '../dbd/tables/mbbo.ts';
import { stateValueFields } from '../dbd/tables/states.ts';
import { invalidOutput, rawSoftDevices, writeOutput } from '../device/soft.ts';
import { postReadback } from '../monitor-post.ts';
import { stampTime } from '../process.ts';
import type { RecordType } from '../record.ts';
import { defineType, readDol } from './common.ts';
import { checkStateAlarm } from './multi-bit.ts';
import { postState } from './state-record.ts';

/** Multi-bit binary output. @see epics-base modules/database/src/std/rec/mbboRecord.c */
export class MbboRecord extends MbboFields {
  override initRecord(): void {
    super.initRecord();
    this.loadConstant('DOL');
    this.MLST = this.LALM = this.VAL;
    this.#convert();
    this.ORAW = this.RVAL;
    this.ORBV = this.RBV;
  }

  override outputValue(): PvValue {
    return this.VAL;
  }

  /** Sets RVAL. @returns false when VAL is no state. */
  #convert(): boolean {
    let raw = this.VAL;
    if (this.SDEF !== 0) {
      const name = stateValueFields[this.VAL];
      if (name === undefined) return false;
      raw = this.slot(name) as number;
    }
    this.RVAL = (this.SHFT === 0 ? raw : raw << this.SHFT) >>> 0;
    return true;
  }

  override start(): Promise<void> | undefined {
    const desired = readDol(this, 'ushort');
    if (typeof desired === 'number') {
      this.VAL = desired;
      this.UDF = 0;
    }
    const isUndefined = raiseUndefined(this);
    if (!isUndefined && !this.#convert()) this.raise(AlarmCondition.Soft, Severity.Invalid);
    stampTime(this);
    if (!isUndefined) checkStateAlarm(this, 0);
    const isWritten = invalidOutput(this, () => {
      this.VAL = this.IVOV;
      this.#convert();
    });
    if (!isWritten) return undefined;
    const raw = this.MASK === 0 ? this.RVAL : (this.RVAL & this.MASK) >>> 0;
    return writeOutput(this, this.VAL, 'enum', raw);
  }

  override finish(): void {
    this.postValue(latchAlarm(this));
  }

  override postValue(alarmMask: EventMask): void {
    postReadback(this, postState(this, alarmMask));
  }
}

/** Record type `mbbo`. */
export const mbboType: RecordType = defineType(
  'mbbo',
  mbboFields,
  rawSoftDevices,
  (init) => new MbboRecord(init),
);
