import type { EventMask, Limits, PvValue } from '../../pv/index.ts';
import { noStop, type Stop } from '../../util/index.ts';
import { latchAlarm, raiseUndefined } from '../alarm-latch.ts';
import { firstElement } from '../convert.ts';
import type { FieldDef } from '../dbd/field-def.ts';
import { BoFields, boFields } from '../dbd/tables/bo.ts';
import { invalidOutput, rawSoftDevices, writeOutput } from '../device/soft.ts';
import { postReadback } from '../monitor-post.ts';
import { processRecord, stampTime } from '../process.ts';
import type { RecordType } from '../record.ts';
import { defineType, readDol } from './common.ts';
import { postState } from './state-record.ts';

/** Precision of HIGH. */
const HIGH_PRECISION = 2;
/** Seconds that HIGH is said to take at most. */
const LONGEST_HIGH = 100_000;

/** Binary output. @see epics-base modules/database/src/std/rec/boRecord.c */
export class BoRecord extends BoFields {
  #stopHigh: Stop = noStop;

  override initRecord(): void {
    super.initRecord();
    const constant = this.context.links.constant(this, 'DOL');
    if (constant !== undefined) {
      this.VAL = Number(firstElement(constant) ?? 0) === 0 ? 0 : 1;
      this.UDF = 0;
    }
    this.MLST = this.LALM = this.VAL;
    this.#convert();
    this.ORAW = this.RVAL;
    this.ORBV = this.RBV;
  }

  override outputValue(): PvValue {
    return this.VAL;
  }

  #convert(): void {
    this.RVAL = this.VAL === 0 ? 0 : (this.MASK || 1) >>> 0;
  }

  override start(): Promise<void> | undefined {
    const desired = readDol(this, 'ushort');
    if (typeof desired === 'number') {
      this.VAL = desired;
      this.UDF = 0;
    }
    this.#convert();
    stampTime(this);
    raiseUndefined(this);
    this.checkAlarm();
    const isWritten = invalidOutput(this, () => {
      this.VAL = this.IVOV;
      this.#convert();
    });
    return isWritten ? writeOutput(this, this.VAL, 'enum', this.RVAL) : undefined;
  }

  override finish(): void {
    this.postValue(latchAlarm(this));
    if (this.VAL === 1 && this.HIGH > 0) this.#armHigh();
  }

  /** HIGH seconds after it went to 1 the record returns to 0. */
  #armHigh(): void {
    this.#stopHigh();
    this.#stopHigh = this.context.deadlines.after(this.HIGH * 1000, () => {
      if (this.isRemoved) return;
      if (this.PACT !== 0) {
        if (this.VAL === 1 && this.HIGH > 0) this.#armHigh();
        return;
      }
      this.VAL = 0;
      processRecord(this);
    });
  }

  override postValue(alarmMask: EventMask): void {
    postReadback(this, postState(this, alarmMask));
  }

  override unitsOf(field: FieldDef): string {
    return field.name === 'HIGH' ? 's' : '';
  }
  override precisionOf(field: FieldDef): number | undefined {
    return field.name === 'HIGH' ? HIGH_PRECISION : super.precisionOf(field);
  }
  override controlOf(field: FieldDef): Limits | undefined {
    return field.name === 'HIGH' ? { low: 0, high: LONGEST_HIGH } : undefined;
  }
}

/** Record type `bo`. */
export const boType: RecordType = defineType('bo', boFields, rawSoftDevices, (init) => new BoRecord(init));
