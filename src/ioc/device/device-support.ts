import type { Alarm, MaybePromise, PvValue, ReadContext, TimeStamp } from '../../pv/index.ts';
import type { Stop } from '../../util/index.ts';

/** What a device read may give: VAL itself, or the raw value that the record converts; undefined keeps VAL. */
export interface DeviceReading {
  /** Stored in VAL without conversion. */
  readonly value?: PvValue;
  /** Stored in RVAL, then converted (ai, bi, mbbi). */
  readonly raw?: number;
  /** Raised in this processing, as the record's own alarms are: the highest severity wins. */
  readonly alarm?: Alarm;
  /** Time stamp; taken by records with TSE -2. */
  readonly time?: TimeStamp;
}

/** The record as device support sees it. */
export interface DeviceRecord {
  readonly name: string;
  readonly type: string;
  getField(field: string): PvValue;
}

/** Code behind a record: reads an input record's value or takes an output record's value. */
export interface DeviceSupport {
  /** Called once when the record is added. */
  init?(record: DeviceRecord): void;
  /** Reads the value of an input record. A promise keeps the record active until it settles; a rejection is READ/INVALID. */
  read?(record: DeviceRecord): MaybePromise<DeviceReading | undefined>;
  /**
   * Takes the value of an output record: VAL (ao: OVAL). What it returns replaces VAL. A promise keeps the record
   * active until it settles; a rejection is WRITE/INVALID.
   */
  write?(value: PvValue, record: DeviceRecord): MaybePromise<DeviceReading | void>;
  /** Scan source of SCAN "I/O Intr": calls `scan` whenever there is a new value. */
  ioIntr?(scan: () => void): Stop;
  /** Refreshes VAL when a client reads it. Calls are shared; a rejection serves the last value with READ/INVALID. */
  onGet?(record: DeviceRecord, context: ReadContext): MaybePromise<PvValue | undefined>;
}
