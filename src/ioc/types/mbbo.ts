import { AlarmCondition, Event, type EventMask, type PvValue, Severity } from '../../pv/index.ts';
import { latchAlarm, raiseUndefined } from '../alarm-latch.ts';
import { firstElement, toNumeric } from '../convert.ts';
import { MbboFields, mbboFields } from '../dbd/tables/mbbo.ts';
import { invalidOutput, rawSoftDevices, writeOutput } from '../device/soft.ts';
import { stampTime } from '../process.ts';
import type { RecordType } from '../record.ts';
import { changeSim, initSim } from '../sim.ts';
import { defineType, readDol } from './common.ts';
import {
  changeMask,
  checkStateAlarm,
  deriveMask,
  deriveStates,
  stateChanged,
  stateTexts,
  stateValueFields,
} from './multi-bit.ts';

/** Multi-bit binary output. @see epics-base modules/database/src/std/rec/mbboRecord.c */
export class MbboRecord extends MbboFields {
  #oldSimm = 0;

  override initRecord(): void {
    initSim(this);
    deriveStates(this);
    deriveMask(this);
    const constant = this.context.links.constant(this, 'DOL');
    if (constant !== undefined) this.storeValue(constant);
    this.MLST = this.LALM = this.VAL;
    this.#convert();
    this.ORAW = this.RVAL;
    this.ORBV = this.RBV;
  }

  override storeValue(value: PvValue): void {
    this.VAL = toNumeric(firstElement(value) ?? 0, 'ushort') as number;
    this.UDF = 0;
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
    const mask = alarmMask | changeMask(this);
    if (mask !== 0) this.post('VAL', mask);
    const full = mask | Event.Value | Event.Log;
    if (this.ORAW !== this.RVAL) {
      this.ORAW = this.RVAL;
      this.post('RVAL', full);
    }
    if (this.ORBV !== this.RBV) {
      this.ORBV = this.RBV;
      this.post('RBV', full);
    }
  }

  override special(field: string, isAfter: boolean): void {
    if (field !== 'SIMM') {
      if (isAfter) stateChanged(this, field);
    } else if (isAfter) changeSim(this, this.#oldSimm);
    else this.#oldSimm = this.SIMM;
  }

  override choices(): readonly string[] {
    return stateTexts(this);
  }
}

/** Record type `mbbo`. */
export const mbboType: RecordType = defineType(
  'mbbo',
  mbboFields,
  rawSoftDevices,
  (init) => new MbboRecord(init),
);
