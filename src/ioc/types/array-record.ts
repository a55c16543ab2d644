import type { ArrayValue, EventMask, Limits, PvValue } from '../../pv/index.ts';
import { latchAlarm } from '../alarm-latch.ts';
import { makeArray } from '../convert.ts';
import type { FieldDef } from '../dbd/field-def.ts';
import { readInput } from '../device/soft.ts';
import { arrayType } from '../field-value.ts';
import { type Link, noLink } from '../links/link.ts';
import { stampTime } from '../process.ts';
import { ArrayPosts, arrayLimits, arrayPrecision, arrayUnits, initArray, storeArray } from './array.ts';
import { SimulatedRecord } from './simulated-record.ts';

const noBytes = new Int8Array(0);

/** Base of aai, aao and waveform: the fields that they share, how VAL is stored and how it is posted. */
export abstract class ArrayRecord extends SimulatedRecord {
  VAL: ArrayValue | string = noBytes;
  PREC = 0;
  EGU = '';
  HOPR = 0;
  LOPR = 0;
  NELM = 1;
  FTVL = 0;
  NORD = 0;
  MPST = 0;
  APST = 0;
  HASH = 0;
  readonly #posts = new ArrayPosts(this);

  override initRecord(): void {
    super.initRecord();
    initArray(this);
    this.loadValue();
    this.#posts.reset();
  }

  /** Takes the constant that VAL starts with, if there is one. */
  protected abstract loadValue(): void;

  override storeValue(value: PvValue): void {
    storeArray(this, value);
  }

  override arrayStored(): void {
    this.#posts.stored();
  }

  override postValue(alarmMask: EventMask): void {
    this.#posts.post(alarmMask);
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

/** Base of aai and waveform: an array that is read from INP. */
export abstract class ArrayInput extends ArrayRecord {
  INP: Link = noLink;

  protected override loadValue(): void {
    const constant = this.context.links.constant(this, 'INP');
    if (constant !== undefined) this.storeValue(constant);
    else if (this.device === undefined && this.mirror === undefined && this.NORD === 1 && this.UDF !== 0) {
      // Soft Channel without a constant: nothing was read yet.
      this.NORD = 0;
      this.VAL = makeArray(arrayType(this), 0);
    }
  }

  override start(): Promise<void> | undefined {
    return readInput(this, 'array');
  }

  override finish(): void {
    stampTime(this);
    this.UDF = 0;
    this.postValue(latchAlarm(this));
  }
}
