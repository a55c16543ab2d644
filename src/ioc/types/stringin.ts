import { Event, type EventMask, type PvValue } from '../../pv/index.ts';
import { cutUtf8 } from '../../util/index.ts';
import { latchAlarm } from '../alarm-latch.ts';
import { bytesToText, firstElement, toText } from '../convert.ts';
import { StringinFields, stringinFields } from '../dbd/tables/stringin.ts';
import { readInput, softDevices } from '../device/soft.ts';
import { stampTime } from '../process.ts';
import type { RecordType } from '../record.ts';
import { changeSim, initSim } from '../sim.ts';
import { defineType } from './common.ts';

/** String input. @see epics-base modules/database/src/std/rec/stringinRecord.c */
export class StringinRecord extends StringinFields {
  #oldSimm = 0;

  override initRecord(): void {
    initSim(this);
    const constant = this.context.links.constant(this, 'INP');
    if (constant !== undefined) this.storeValue(constant);
    this.OVAL = this.VAL;
  }

  override start(): Promise<void> | undefined {
    return readInput(this, 'string');
  }

  override storeValue(value: PvValue): void {
    const text =
      value instanceof Int8Array || value instanceof Uint8Array
        ? bytesToText(value)
        : toText(firstElement(value) ?? '');
    this.VAL = cutUtf8(text, 39);
    this.UDF = 0;
  }

  // Only a value that was read makes a string defined.
  override keepValue(): void {}

  override finish(): void {
    stampTime(this);
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

/** Record type `stringin`. */
export const stringinType: RecordType = defineType(
  'stringin',
  stringinFields,
  softDevices,
  (init) => new StringinRecord(init),
);
