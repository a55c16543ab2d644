import { AlarmCondition, type ElementType, type PvValue, Severity } from '../../pv/index.ts';
import { errorText } from '../../util/index.ts';
import type { FieldType } from '../dbd/field-def.ts';
import type { Link } from '../links/link.ts';
import { Reading, type RecordBase } from '../record.ts';
import { afterSimDelay, readSim, type SimRecord, simMode, writeSim } from '../sim.ts';
import type { DeviceReading, DeviceRecord } from './device-support.ts';

/** DTYP choices of record types without a raw value. */
export const softDevices: readonly string[] = ['Soft Channel'];
/** DTYP choices of record types with a raw value. */
export const rawSoftDevices: readonly string[] = ['Soft Channel', 'Raw Soft Channel'];
const RAW_SOFT = 1;
const TIME_FROM_DEVICE = -2;

/** A record that reads INP. */
export type InputRecord = SimRecord & { readonly INP: Link };
/** A record that writes OUT. */
export type OutputRecord = SimRecord & { readonly OUT: Link };

/** The record as its device support sees it. */
export function deviceView(record: RecordBase): DeviceRecord {
  return {
    name: record.NAME,
    type: record.type.name,
    getField: (field) => record.slot(field) as PvValue,
  };
}

/** Reads an input record: simulation, device support, or the INP link. A promise when it has to wait. */
export function readInput(
  record: InputRecord,
  want: FieldType | 'array',
  simWant: FieldType | 'array' = want,
): Promise<void> | undefined {
  record.reading = Reading.Failed;
  const sim = simMode(record);
  if (sim !== undefined) {
    if (sim.isIllegal) return undefined;
    return afterSimDelay(record, () => readSim(record, simWant, sim.isRaw));
  }
  if (record.device?.read !== undefined) return readDevice(record);
  readLink(record, want);
  return undefined;
}

function readLink(record: InputRecord, want: FieldType | 'array'): void {
  const { links } = record.context;
  const isRaw = record.DTYP === RAW_SOFT;
  if (record.INP.kind !== 'pv') {
    record.reading = isRaw ? Reading.Raw : Reading.Value;
    if (!isRaw) record.keepValue();
    return;
  }
  let value: PvValue | undefined;
  if (isRaw) value = links.read(record, 'INP', 'long');
  else if (want === 'array') value = links.readArray(record, 'INP', record.slot('NELM') as number);
  else value = links.read(record, 'INP', want);
  if (value === undefined) return;
  if (record.TSE === TIME_FROM_DEVICE) links.copyTime(record, 'INP');
  accept(record, isRaw ? { raw: Number(value) } : { value });
}

function accept(record: RecordBase, reading: DeviceReading | void): void {
  if (!reading) return;
  const { alarm, time } = reading;
  if (alarm !== undefined) record.raise(alarm.condition, alarm.severity, alarm.message);
  if (time !== undefined && record.TSE === TIME_FROM_DEVICE) {
    record.timeSeconds = time.seconds;
    record.timeNanoseconds = time.nanoseconds;
  }
  if (reading.raw !== undefined) {
    record.storeRaw(reading.raw);
    record.reading = Reading.Raw;
  } else if (reading.value !== undefined) {
    record.storeValue(reading.value);
    record.reading = Reading.Value;
  }
}

function readDevice(record: RecordBase): Promise<void> | undefined {
  let result: DeviceReading | undefined | Promise<DeviceReading | undefined>;
  try {
    result = record.device?.read?.(deviceView(record));
    if (!(result instanceof Promise)) {
      accept(record, result);
      return undefined;
    }
  } catch (error) {
    fail(record, AlarmCondition.Read, error);
    return undefined;
  }
  return result.then(
    (reading) => {
      if (record.isRemoved) return;
      try {
        accept(record, reading);
      } catch (error) {
        fail(record, AlarmCondition.Read, error);
      }
    },
    (error: unknown) => fail(record, AlarmCondition.Read, error),
  );
}

function fail(record: RecordBase, condition: number, error: unknown): void {
  record.context.logger.warn({ pv: record.NAME, error: errorText(error) }, 'device support failed');
  record.raise(condition, Severity.Invalid, errorText(error));
}

/** Writes an output record: simulation, device support, or the OUT link. A promise when it has to wait. */
export function writeOutput(
  record: OutputRecord,
  value: PvValue,
  element: ElementType,
  raw?: number,
): Promise<void> | undefined {
  const sim = simMode(record);
  if (sim !== undefined) {
    if (sim.isIllegal) return undefined;
    const source = sim.isRaw && raw !== undefined ? raw : value;
    return afterSimDelay(record, () => writeSim(record, source, sim.isRaw ? 'int32' : element));
  }
  if (record.device?.write !== undefined) return writeDevice(record, value);
  if (record.DTYP === RAW_SOFT && raw !== undefined) record.context.links.write(record, 'OUT', raw, 'int32');
  else record.context.links.write(record, 'OUT', value, element);
  return undefined;
}

function writeDevice(record: RecordBase, value: PvValue): Promise<void> | undefined {
  try {
    const result = record.device?.write?.(value, deviceView(record));
    if (!(result instanceof Promise)) {
      accept(record, result);
      return undefined;
    }
    return result.then(
      (reading) => {
        if (!record.isRemoved) accept(record, reading);
      },
      (error: unknown) => fail(record, AlarmCondition.Write, error),
    );
  } catch (error) {
    fail(record, AlarmCondition.Write, error);
    return undefined;
  }
}

/** What an output record does when its alarm is INVALID. @returns false: do not write. */
export function invalidOutput(record: RecordBase & { readonly IVOA: number }, useValue: () => void): boolean {
  if (record.NSEV < Severity.Invalid || record.IVOA === 0) return true;
  if (record.IVOA === 1) return false;
  if (record.IVOA === 2) {
    useValue();
    return true;
  }
  record.raise(AlarmCondition.Soft, Severity.Invalid, 'IVOA');
  return false;
}
