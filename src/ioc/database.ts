import { type Clock, InternalError, type Logger, type Stop } from '../util/index.ts';
import type { NameEvent } from '../pv/index.ts';
import type {
  FieldValues,
  MirrorRecordHandle,
  MirrorRecordOptions,
  RecordHandle,
  RecordOptions,
} from './record-handle.ts';

/** Settings of a {@link Database}. */
export interface DatabaseOptions {
  /** Default: the clock of this machine. */
  readonly clock?: Clock;
  readonly logger?: Logger;
}

/** Records by name. Records come and go while clients are connected. */
export class Database {
  constructor(_options: DatabaseOptions = {}) {}
  get size(): number {
    return 0;
  }
  /**
   * Adds a record.
   * @throws {ConfigError} EPICS_CONFIG: unknown type or field, bad value, name taken, empty or longer than 60 bytes.
   */
  addRecord(type: string, name: string, fields: FieldValues, options: MirrorRecordOptions): MirrorRecordHandle;
  addRecord(type: string, name: string, fields?: FieldValues, options?: RecordOptions): RecordHandle;
  addRecord(_type: string, _name: string, _fields?: FieldValues, _options?: RecordOptions): RecordHandle {
    throw new InternalError('database is not there yet');
  }
  /** Removes a record with its aliases; channels of it are disconnected. False: there is none. */
  removeRecord(_name: string): boolean {
    return false;
  }
  /** The record of that name or alias. */
  find(_name: string): RecordHandle | undefined {
    return undefined;
  }
  addAlias(_record: string, _alias: string): void {}
  *records(): IterableIterator<RecordHandle> {}
  *names(): IterableIterator<string> {}
  onNames(_listener: (event: NameEvent) => void): Stop {
    return () => {};
  }
  /** Processes PINI records and starts scanning. */
  async start(): Promise<void> {}
  /** Stops scanning and timers; the records stay. Idempotent. */
  async close(): Promise<void> {}
}
