import { Event, type EventMask, type PvValue } from '../../pv/index.ts';
import { cutUtf8 } from '../../util/index.ts';
import { latchAlarm, raiseUndefined } from '../alarm-latch.ts';
import { bytesToText, firstElement, toText } from '../convert.ts';
import { StringoutFields, stringoutFields } from '../dbd/tables/stringout.ts';
import { invalidOutput, softDevices, writeOutput } from '../device/soft.ts';
import { stampTime } from '../process.ts';
import type { RecordType } from '../record.ts';
import { changeSim, initSim } from '../sim.ts';
import { defineType, readDol } from './common.ts';

/** String output. @see epics-base modules/database/src/std/rec/stringoutRecord.c */
export class StringoutRecord extends StringoutFields {
  #oldSimm = 0;

  override initRecord(): void {
    initSim(this);
    const constant = this.context.links.constant(this, 'DOL');
    if (constant !== undefined) this.storeValue(constant);
    this.OVAL = this.VAL;
  }

  override storeValue(value: PvValue): void {
    const text =
      value instanceof Int8Array || value instanceof Uint8Array
        ? bytesToText(value)
        : toText(firstElement(value) ?? '');
    this.VAL = cutUtf8(text, 39);
    this.UDF = 0;
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

  override postValue(alarmMask: EventMask): void {
    let mask = alarmMask;
    if (this.OVAL !== this.VAL) {
      mask |= Event.Value | Event.Log;
      this.OVAL = this.VAL;
    }
    if (this.MPST === 1) mask |= Event.Value;
    if (this.APST === 1) mask |= Event.Log;
    if (mask !== 0) this.post('VAL', mask);
  }

  override special(field: string, isAfter: boolean): void {
    if (field !== 'SIMM') return;
    if (isAfter) changeSim(this, this.#oldSimm);
    else this.#oldSimm = this.SIMM;
  }
}

/** Record type `stringout`. */
export const stringoutType: RecordType = defineType(
  'stringout',
  stringoutFields,
  softDevices,
  (init) => new StringoutRecord(init),
);
