import type { AlarmLimits, EventMask, Limits, PvValue } from '../../pv/index.ts';
import { latchAlarm } from '../alarm-latch.ts';
import { analogAlarmLimits, checkAnalogAlarm, clampDrive } from '../analog.ts';
import type { FieldDef } from '../dbd/field-def.ts';
import { invalidOutput, readInput, writeOutput } from '../device/soft.ts';
import { type Link, noLink } from '../links/link.ts';
import { stampTime } from '../process.ts';
import { AnalogRecord, outputControl } from './analog-record.ts';
import { elapsedSince, readDol } from './common.ts';
import type { IntegerWidth } from './integer-width.ts';

/** Base of the integer record types, which differ in width and direction. */
abstract class IntegerRecord<N extends number | bigint> extends AnalogRecord<N> {
  protected abstract get width(): IntegerWidth<N>;

  override storeValue(value: PvValue): void {
    this.VAL = this.width.parse(value, this.mirror !== undefined);
    this.UDF = 0;
  }

  override postValue(alarmMask: EventMask): void {
    const mask = alarmMask | this.width.mask(this);
    if (mask !== 0) this.post('VAL', mask);
  }

  override unitsOf(field: FieldDef): string {
    return field.type === this.width.type ? this.EGU : '';
  }
  override alarmLimitsOf(field: FieldDef): AlarmLimits | undefined {
    return analogAlarmLimits(this, field, this.width.showsAllLimits);
  }
}

/** Base of longin and int64in. */
export abstract class IntegerInput<N extends number | bigint> extends IntegerRecord<N> {
  INP: Link = noLink;
  AFTC = 0;
  AFVL = 0;

  override initRecord(): void {
    super.initRecord();
    this.loadConstant('INP');
    this.MLST = this.ALST = this.LALM = this.VAL;
  }

  override start(): Promise<void> | undefined {
    return readInput(this, this.width.type);
  }

  override finish(): void {
    const { timeSeconds, timeNanoseconds } = this;
    stampTime(this);
    checkAnalogAlarm(this, elapsedSince(this, timeSeconds, timeNanoseconds));
    this.postValue(latchAlarm(this));
  }
}

/** Base of longout and int64out. */
export abstract class IntegerOutput<N extends number | bigint> extends IntegerRecord<N> {
  OUT: Link = noLink;
  DOL: Link = noLink;
  OMSL = 0;
  IVOA = 0;
  abstract DRVH: N;
  abstract DRVL: N;
  abstract IVOV: N;

  override initRecord(): void {
    super.initRecord();
    this.loadConstant('DOL');
    this.MLST = this.ALST = this.LALM = this.VAL;
  }

  override outputValue(): PvValue {
    return this.VAL;
  }

  override start(): Promise<void> | undefined {
    const desired = readDol(this, this.width.type);
    if (this.width.is(desired)) {
      this.VAL = desired;
      this.UDF = 0;
    }
    this.VAL = clampDrive(this.VAL, this.DRVL, this.DRVH);
    stampTime(this);
    checkAnalogAlarm(this, 0);
    const isWritten = invalidOutput(this, () => {
      this.VAL = this.IVOV;
    });
    return isWritten && this.isDue() ? writeOutput(this, this.VAL, this.width.element) : undefined;
  }

  /** Whether this processing writes, when its alarm does not forbid it. */
  protected isDue(): boolean {
    return true;
  }

  override finish(): void {
    this.postValue(latchAlarm(this));
  }

  override controlOf(field: FieldDef): Limits | undefined {
    return outputControl(this, field);
  }
}
