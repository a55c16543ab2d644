import { Event, type EventMask, type PvValue } from '../../pv/index.ts';
import { cutUtf8, utf8Length } from '../../util/index.ts';
import { latchAlarm } from '../alarm-latch.ts';
import { bytesToText, firstElement, toText } from '../convert.ts';
import { LsiFields, lsiFields } from '../dbd/tables/lsi.ts';
import { readInput, softDevices } from '../device/soft.ts';
import { stampTime } from '../process.ts';
import type { RecordType } from '../record.ts';
import { changeSim, initSim } from '../sim.ts';
import { defineType } from './common.ts';

/** Long string input. @see epics-base modules/database/src/std/rec/lsiRecord.c */
export class LsiRecord extends LsiFields {
  #oldSimm = 0;

  override initRecord(): void {
    initSim(this);
    this.SIZV = Math.max(16, Math.min(32767, this.SIZV));
    const constant = this.context.links.constant(this, 'INP');
    if (constant !== undefined) this.storeValue(constant);
    this.OVAL = this.VAL;
    this.OLEN = this.LEN;
  }

  override start(): Promise<void> | undefined {
    return readInput(this, 'lstring');
  }

  override storeValue(value: PvValue): void {
    const text =
      value instanceof Int8Array || value instanceof Uint8Array
        ? bytesToText(value)
        : toText(firstElement(value) ?? '');
    this.VAL = cutUtf8(text, this.SIZV - 1);
    this.LEN = utf8Length(this.VAL) + 1;
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
    if (this.OLEN !== this.LEN) {
      this.OLEN = this.LEN;
      this.post('LEN', Event.Value | Event.Log);
    }
    if (mask !== 0) this.post('VAL', mask);
  }

  override special(field: string, isAfter: boolean): void {
    if (field !== 'SIMM') return;
    if (isAfter) changeSim(this, this.#oldSimm);
    else this.#oldSimm = this.SIMM;
  }
}

/** Record type `lsi`. */
export const lsiType: RecordType = defineType('lsi', lsiFields, softDevices, (init) => new LsiRecord(init));
