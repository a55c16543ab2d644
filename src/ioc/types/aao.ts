import type { EventMask, Limits, PvValue } from '../../pv/index.ts';
import { latchAlarm } from '../alarm-latch.ts';
import type { FieldDef } from '../dbd/field-def.ts';
import { AaoFields, aaoFields } from '../dbd/tables/aao.ts';
import { softDevices, writeOutput } from '../device/soft.ts';
import { fieldElement } from '../field-value.ts';
import { stampTime } from '../process.ts';
import type { RecordType } from '../record.ts';
import { changeSim, initSim } from '../sim.ts';
import { ArrayPosts, arrayLimits, arrayPrecision, arrayUnits, initArray, storeArray } from './array.ts';
import { defineType } from './common.ts';

/** Array output. @see epics-base modules/database/src/std/rec/aaoRecord.c */
export class AaoRecord extends AaoFields {
  #oldSimm = 0;
  readonly #posts = new ArrayPosts(this);

  override initRecord(): void {
    initSim(this);
    initArray(this);
    const constant = this.OMSL === 1 ? this.context.links.constant(this, 'DOL') : undefined;
    if (constant !== undefined) this.storeValue(constant);
    this.#posts.reset();
  }

  override start(): Promise<void> | undefined {
    if (this.OMSL === 1 && this.DOL.kind === 'pv') {
      const desired = this.context.links.readArray(this, 'DOL', this.NELM);
      if (desired !== undefined) this.storeValue(desired);
    }
    stampTime(this);
    this.UDF = 0;
    return writeOutput(this, this.VAL, fieldElement(this, this.type.byName.get('VAL') as FieldDef));
  }

  override storeValue(value: PvValue): void {
    storeArray(this, value);
  }

  override outputValue(): PvValue {
    return this.VAL;
  }

  override arrayStored(): void {
    this.#posts.stored();
  }

  override finish(): void {
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

/** Record type `aao`. */
export const aaoType: RecordType = defineType('aao', aaoFields, softDevices, (init) => new AaoRecord(init));
