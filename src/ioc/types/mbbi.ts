import { Event, type EventMask, type PvValue } from '../../pv/index.ts';
import { latchAlarm, raiseUndefined } from '../alarm-latch.ts';
import { firstElement, toNumeric } from '../convert.ts';
import { MbbiFields, mbbiFields } from '../dbd/tables/mbbi.ts';
import { rawSoftDevices, readInput } from '../device/soft.ts';
import { stampTime } from '../process.ts';
import { Reading, type RecordType } from '../record.ts';
import { changeSim, initSim } from '../sim.ts';
import { defineType, elapsedSince } from './common.ts';
import {
  changeMask,
  checkStateAlarm,
  deriveMask,
  deriveStates,
  stateChanged,
  stateOfRaw,
  stateTexts,
} from './multi-bit.ts';

/** Multi-bit binary input. @see epics-base modules/database/src/std/rec/mbbiRecord.c */
export class MbbiRecord extends MbbiFields {
  #oldSimm = 0;

  override initRecord(): void {
    initSim(this);
    deriveStates(this);
    deriveMask(this);
    const constant = this.context.links.constant(this, 'INP');
    if (constant !== undefined) {
      if (this.DTYP === 1) this.storeRaw(Number(firstElement(constant) ?? 0));
      else this.storeValue(constant);
      this.UDF = 0;
    }
    this.MLST = this.LALM = this.VAL;
    this.ORAW = this.RVAL;
  }

  override start(): Promise<void> | undefined {
    return readInput(this, 'ushort', 'ulong');
  }

  override storeValue(value: PvValue): void {
    this.VAL = toNumeric(firstElement(value) ?? 0, 'ushort') as number;
    this.UDF = 0;
  }

  override storeRaw(raw: number): void {
    this.RVAL = (this.MASK === 0 ? raw : raw & this.MASK) >>> 0;
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

  override postValue(alarmMask: EventMask): void {
    const mask = alarmMask | changeMask(this);
    if (mask !== 0) this.post('VAL', mask);
    if (this.ORAW !== this.RVAL) {
      this.ORAW = this.RVAL;
      this.post('RVAL', mask | Event.Value | Event.Log);
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

/** Record type `mbbi`. */
export const mbbiType: RecordType = defineType(
  'mbbi',
  mbbiFields,
  rawSoftDevices,
  (init) => new MbbiRecord(init),
);
