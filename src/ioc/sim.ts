import { AlarmCondition, type ElementType, Event, type PvValue, Severity } from '../pv/index.ts';
import type { FieldType } from './dbd/field-def.ts';
import type { Link } from './links/link.ts';
import { Reading, type RecordBase, type Slot } from './record.ts';

/** The simulation group that most record types have. */
export interface SimFields {
  readonly SIML: Link;
  readonly SIOL: Link;
  SIMM: number;
  readonly SIMS: number;
  OLDSIMM: number;
  SSCN: number;
  readonly SDLY: number;
}

/** A record with the simulation group. */
export type SimRecord = RecordBase & SimFields;

const NO = 0;
const RAW = 2;
const SSCN_OFF = 65535;

/** Loads a constant SIML and SIOL when the record starts. */
export function initSim(record: SimRecord): void {
  const mode = record.context.links.constant(record, 'SIML');
  if (typeof mode === 'number') record.SIMM = mode;
  const value = record.context.links.constant(record, 'SIOL');
  if (value !== undefined && record.type.byName.has('SVAL')) record.setSlot('SVAL', value as Slot);
  if (record.SIMM !== NO) changeSim(record, NO);
}

/**
 * Swaps SCAN and SSCN when simulation turns on or off.
 * @see epics-base modules/database/src/ioc/db/recGbl.c, recGblCheckSimm
 */
export function changeSim(record: SimRecord, before: number): void {
  record.OLDSIMM = before;
  if (record.SSCN === SSCN_OFF || (before === NO) === (record.SIMM === NO)) return;
  const scan = record.SCAN;
  record.SCAN = record.SSCN;
  record.SSCN = scan;
  record.context.relist(record);
  record.post('SCAN', Event.Value | Event.Log);
  record.post('SSCN', Event.Value | Event.Log);
}

/** Simulation mode of this processing: undefined when off; `isIllegal` after raising SOFT/INVALID. */
export function simMode(
  record: SimRecord,
): { readonly isRaw: boolean; readonly isIllegal: boolean } | undefined {
  if (record.SIML.kind === 'pv') {
    const before = record.SIMM;
    const value = record.context.links.read(record, 'SIML', 'ushort');
    if (typeof value === 'number' && value !== before) {
      record.SIMM = value;
      changeSim(record, before);
    }
  }
  if (record.SIMM === NO) return undefined;
  const most = (record.type.byName.get('SIMM')?.menu.length ?? 2) - 1;
  if (record.SIMM > most) {
    record.raise(AlarmCondition.Soft, Severity.Invalid);
    return { isRaw: false, isIllegal: true };
  }
  record.raise(AlarmCondition.Simm, record.SIMS);
  return { isRaw: record.SIMM === RAW, isIllegal: false };
}

/** Runs `action` now, or after SDLY seconds when SDLY is not negative. */
export function afterSimDelay(record: SimRecord, action: () => void): Promise<void> | undefined {
  if (record.SDLY < 0) {
    action();
    return undefined;
  }
  return new Promise((resolve) => {
    record.context.deadlines.after(record.SDLY * 1000, () => {
      if (!record.isRemoved) action();
      resolve();
    });
  });
}

/** Reads SIOL in place of the device. @param want type of SVAL, or of VAL for records without. */
export function readSim(record: SimRecord, want: FieldType | 'array', isRaw: boolean): void {
  const { links } = record.context;
  const value =
    want === 'array'
      ? links.readArray(record, 'SIOL', record.slot('NELM') as number)
      : links.read(record, 'SIOL', want);
  const hasSval = record.type.byName.has('SVAL');
  if (hasSval && value !== undefined) record.setSlot('SVAL', value as Slot);
  const isConstant = record.SIOL.kind !== 'pv';
  if (value === undefined && !(isConstant && hasSval)) return;
  const source = hasSval ? (record.slot('SVAL') as PvValue) : (value as PvValue);
  if (isRaw) {
    record.storeRaw(Math.floor(Number(source)));
    record.reading = Reading.Raw;
  } else {
    record.storeValue(source);
    record.UDF = 0;
    record.reading = Reading.Value;
  }
}

/** Writes SIOL in place of the device. */
export function writeSim(record: SimRecord, value: PvValue, element: ElementType): void {
  record.context.links.write(record, 'SIOL', value, element);
}
