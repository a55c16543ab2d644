import type { EventMask, Limits, PvValue } from '../../pv/index.ts';
import { latchAlarm } from '../alarm-latch.ts';
import { makeArray } from '../convert.ts';
import type { FieldDef } from '../dbd/field-def.ts';
import { AaiFields, aaiFields } from '../dbd/tables/aai.ts';
import { readInput, softDevices } from '../device/soft.ts';
import { arrayType } from '../field-value.ts';
import { stampTime } from '../process.ts';
import type { RecordType } from '../record.ts';
import { changeSim, initSim } from '../sim.ts';
import { ArrayPosts, arrayLimits, arrayPrecision, arrayUnits, initArray, storeArray } from './array.ts';
import { defineType } from './common.ts';

/** Array input whose device may own the buffer. @see epics-base modules/database/src/std/rec/aaiRecord.c */
export class AaiRecord extends AaiFields {
  #oldSimm = 0;
  readonly #posts = new ArrayPosts(this);

  override initRecord(): void {
    initSim(this);
    initArray(this);
    const constant = this.context.links.constant(this, 'INP');
    if (constant !== undefined) this.storeValue(constant);
    else if (this.device === undefined && this.mirror === undefined && this.NORD === 1 && this.UDF !== 0) {
      // Soft Channel without a constant: nothing was read yet.
      this.NORD = 0;
      this.VAL = makeArray(arrayType(this), 0);
    }
    this.#posts.reset();
  }

  override start(): Promise<void> | undefined {
    return readInput(this, 'array');
  }

  override storeValue(value: PvValue): void {
    storeArray(this, value);
  }

  override arrayStored(): void {
    this.#posts.stored();
  }

  override finish(): void {
    stampTime(this);
    this.UDF = 0;
    this.postValue(latchAlarm(this));
  }

  override postValue(alarmMask: EventMask): void {
    this.#posts.post(alarmMask);
  }

  override special(field: string, isAfter: boolean): void {
    if (field !== 'SIMM') return;
    if (isAfter) changeSim(this, this.#oldSimm);
    else this.#oldSimm = this.SIMM;
  }

  override unitsOf(field: FieldDef): string {
    return arrayUnits(this, field);
  }
  override precisionOf(field: FieldDef): number | undefined {
    return arrayPrecision(this, field);
  }
  override displayOf(field: FieldDef): Limits | undefined {
    return arrayLimits(this, field);
  }
  override controlOf(field: FieldDef): Limits | undefined {
    return arrayLimits(this, field);
  }
}

/** Record type `aai`. */
export const aaiType: RecordType = defineType('aai', aaiFields, softDevices, (init) => new AaiRecord(init));
