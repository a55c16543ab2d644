import type { ArrayValue, PvValue } from '../pv/index.ts';
import type { DeviceSupport } from './device/device-support.ts';
import type { MirrorHandle, MirrorOptions } from './device/mirror-support.ts';

/** What a field accepts from code: its own type, or text as in a database file (menu choices, links). */
export type FieldInput = string | number | bigint | boolean | ArrayValue | readonly number[];

/** Field values by field name: capitals, as in the record's DBD. */
export type FieldValues = Readonly<Record<string, FieldInput>>;

/** Options of a put from code. */
export interface FieldPutOptions {
  /** Wait until the processing that the put started has completed, as a put-notify does. */
  readonly wait?: boolean;
}

/** A record as its user sees it. */
export interface RecordHandle {
  readonly name: string;
  /** Record type: `ai`, `mbbo`, ... */
  readonly type: string;
  /** Present on mirror records. */
  readonly mirror: MirrorHandle | undefined;
  /** The record was taken out of its database. */
  readonly isRemoved: boolean;
  /**
   * Current value of a field: enum, menu and device fields as index, links as text.
   * @throws {FieldError} EPICS_FIELD when the record type has no such field.
   */
  getField(field: string): PvValue;
  /**
   * Puts a field as a client would, processing included, and does not wait for completion.
   * @throws {FieldError} EPICS_FIELD; {AccessError} EPICS_ACCESS; {ConversionError} EPICS_CONVERT.
   */
  setField(field: string, value: FieldInput): void;
  /** Puts a field and settles as a client's put does. */
  putField(field: string, value: FieldInput, options?: FieldPutOptions): Promise<void>;
  /** Processes the record now, whatever SCAN is. */
  process(): void;
  /** Value of an info tag. */
  info(tag: string): string | undefined;
}

/** A mirror record: its `mirror` is always there. */
export interface MirrorRecordHandle extends RecordHandle {
  readonly mirror: MirrorHandle;
}

/** What `Database.addRecord` takes besides type, name and fields. */
export interface RecordOptions {
  /** VAL is owned elsewhere. */
  readonly mirror?: MirrorOptions;
  /** Info tags; `Q:form` and `Q:time:tag` are understood. */
  readonly info?: Readonly<Record<string, string>>;
  /** Further names of the record. */
  readonly aliases?: readonly string[];
  /** Code that reads or writes VAL instead of the INP or OUT link. */
  readonly device?: DeviceSupport;
}

/** {@link RecordOptions} of a mirror record. */
export interface MirrorRecordOptions extends RecordOptions {
  readonly mirror: MirrorOptions;
}
