import { Event, type EventMask } from '../pv/index.ts';
import type { RecordBase } from './record.ts';

/**
 * Tells whether a value left the deadband around the last posted one.
 * @param deadband negative: always.
 * @see epics-base modules/database/src/ioc/db/recGbl.c, recGblCheckDeadband
 */
export function leavesDeadband(last: number, value: number, deadband: number): boolean {
  if (deadband < 0) return true;
  if (Number.isFinite(last) && Number.isFinite(value)) return Math.abs(last - value) > deadband;
  // NaN and the infinities: any change of kind posts, none otherwise.
  return !Object.is(last, value);
}

/** {@link leavesDeadband} of 64-bit integers. */
export function leavesDeadband64(last: bigint, value: bigint, deadband: bigint): boolean {
  if (deadband < 0n) return true;
  return (value > last ? value - last : last - value) > deadband;
}

/** Fields that decide when an analog value is posted. */
export interface DeadbandFields<N> {
  VAL: N;
  readonly MDEL: N;
  readonly ADEL: N;
  MLST: N;
  ALST: N;
}

/** Events of VAL by MDEL and ADEL; moves MLST and ALST. */
export function deadbandMask(record: DeadbandFields<number>): EventMask {
  let mask: EventMask = 0;
  if (leavesDeadband(record.MLST, record.VAL, record.MDEL)) {
    mask |= Event.Value;
    record.MLST = record.VAL;
  }
  if (leavesDeadband(record.ALST, record.VAL, record.ADEL)) {
    mask |= Event.Log;
    record.ALST = record.VAL;
  }
  return mask;
}

/** {@link deadbandMask} of 64-bit integers. */
export function deadbandMask64(record: DeadbandFields<bigint>): EventMask {
  let mask: EventMask = 0;
  if (leavesDeadband64(record.MLST, record.VAL, record.MDEL)) {
    mask |= Event.Value;
    record.MLST = record.VAL;
  }
  if (leavesDeadband64(record.ALST, record.VAL, record.ADEL)) {
    mask |= Event.Log;
    record.ALST = record.VAL;
  }
  return mask;
}

/** A raw value, and the one that was posted last. */
export interface RawFields {
  readonly RVAL: number;
  ORAW: number;
}

/** The value that an output's device reads back, and the one that was posted last. */
export interface ReadbackFields {
  readonly RBV: number;
  ORBV: number;
}

/** Posts RVAL when it changed. @param valueMask events of VAL. */
export function postRaw(record: RecordBase & RawFields, valueMask: EventMask): void {
  if (record.ORAW === record.RVAL) return;
  record.ORAW = record.RVAL;
  record.post('RVAL', valueMask | Event.Value | Event.Log);
}

/** Posts RBV when it changed. @param valueMask events of VAL. */
export function postReadback(record: RecordBase & ReadbackFields, valueMask: EventMask): void {
  if (record.ORBV === record.RBV) return;
  record.ORBV = record.RBV;
  record.post('RBV', valueMask | Event.Value | Event.Log);
}
