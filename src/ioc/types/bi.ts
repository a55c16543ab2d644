import { AlarmCondition, Event, type EventMask, type PvValue } from '../../pv/index.ts';
import { latchAlarm, raiseUndefined } from '../alarm-latch.ts';
import { firstElement, toNumeric } from '../convert.ts';
import { BiFields, biFields } from '../dbd/tables/bi.ts';
import { rawSoftDevices, readInput } from '../device/soft.ts';
import { stampTime } from '../process.ts';
import { Reading, type RecordBase, type RecordType } from '../record.ts';
import { changeSim, initSim } from '../sim.ts';
import { defineType } from './common.ts';

/** Fields that the two binary record types share. */
export interface BinaryFields {
  readonly VAL: number;
  readonly ZNAM: string;
  readonly ONAM: string;
  readonly ZSV: number;
  readonly OSV: number;
  readonly COSV: number;
  LALM: number;
}

/** State texts of a binary record: one when only ZNAM is set, else two. */
export function binaryChoices(record: BinaryFields): readonly string[] {
  return record.ONAM === '' && record.ZNAM !== '' ? [record.ZNAM] : [record.ZNAM, record.ONAM];
}

/** State and change-of-state alarms of a binary record. */
export function checkBinaryAlarm(record: RecordBase & BinaryFields): void {
  const severity = record.VAL === 0 ? record.ZSV : record.VAL === 1 ? record.OSV : 0;
  record.raise(AlarmCondition.State, severity);
  if (record.VAL === record.LALM) return;
  record.raise(AlarmCondition.Cos, record.COSV);
  record.LALM = record.VAL;
}

/** Binary input. @see epics-base modules/database/src/std/rec/biRecord.c */
export class BiRecord extends BiFields {
  #oldSimm = 0;

  override initRecord(): void {
    initSim(this);
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
    stampTime(this);
    if (this.reading === Reading.Raw) {
      this.VAL = this.RVAL === 0 ? 0 : 1;
      this.UDF = 0;
    }
    if (!raiseUndefined(this)) checkBinaryAlarm(this);
    this.postValue(latchAlarm(this));
  }

  override postValue(alarmMask: EventMask): void {
    let mask = alarmMask;
    if (this.MLST !== this.VAL) {
      mask |= Event.Value | Event.Log;
      this.MLST = this.VAL;
    }
    if (mask !== 0) this.post('VAL', mask);
    if (this.ORAW !== this.RVAL) {
      this.ORAW = this.RVAL;
      this.post('RVAL', mask | Event.Value | Event.Log);
    }
  }

  override special(_field: string, isAfter: boolean): void {
    if (isAfter) changeSim(this, this.#oldSimm);
    else this.#oldSimm = this.SIMM;
  }

  override choices(): readonly string[] {
    return binaryChoices(this);
  }
}

/** Record type `bi`. */
export const biType: RecordType = defineType('bi', biFields, rawSoftDevices, (init) => new BiRecord(init));
