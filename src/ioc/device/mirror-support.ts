import type {
  Alarm,
  ElementType,
  MaybePromise,
  OpContext,
  PartialMetadata,
  PvValue,
  ReadContext,
  ScalarWrite,
  TimeStamp,
  WriteContext,
} from '../../pv/index.ts';
import type { Value } from '../../pvdata/index.ts';

/** Owner of a record's VAL that lives elsewhere, for example in a device tree. Replaces dbPut and dbProcess for VAL. */
export interface MirrorSupport {
  /**
   * Takes one put of VAL. Called exactly once per put, in arrival order; the put completes when the result settles and
   * a rejection is the error that the client sees. VAL changes only by {@link MirrorHandle.publish}.
   */
  put(write: ScalarWrite, context: WriteContext): MaybePromise<void>;
  /** Refreshes VAL before a client's get is answered; publishes before it settles. Absent: gets serve the last value. */
  read?(context: ReadContext): MaybePromise<void>;
  /** RPC on the record's channel. */
  call?(args: Value | null, context: OpContext): MaybePromise<Value | null>;
}

/** Where the owner of a mirrored VAL puts what it knows. */
export interface MirrorHandle {
  /**
   * Writes VAL, STAT, SEVR, AMSG, TIME and UDF, then posts by deadband and processes FLNK. Never calls `put`.
   * Arrays are handed over: nobody changes them afterwards. After the record is removed the call does nothing.
   * @throws {TypeMismatchError} EPICS_TYPE when `value` does not have the shape of the record's VAL.
   */
  publish(value: PvValue, alarm: Alarm, time: TimeStamp): void;
  /** Replaces parts of the metadata that the fields cannot express, and posts DBE_PROPERTY. */
  publishMeta(meta: PartialMetadata): void;
}

/** How a mirror record serves its VAL. What is absent follows the record type. */
export interface MirrorOptions {
  readonly support: MirrorSupport;
  /** Element type served instead of the record type's own: `uint64` on an int64in, for example. */
  readonly element?: ElementType;
  /** VAL is a JS string that Channel Access serves as DBR_CHAR × `caCount`. For array records with FTVL CHAR. */
  readonly caText?: boolean;
  /** Element count that Channel Access announces, 1 or more. Default: NELM. Does not bound the published value. */
  readonly caCount?: number;
  /** Clients have no write right on VAL and `put` is never called. Default false. */
  readonly isReadOnly?: boolean;
  /** Text of the error that a put to a read-only VAL gets, on PVAccess too. */
  readonly refusal?: string;
  /** The owner computes alarms: the limit fields, their severities and HYST refuse puts. Default true. */
  readonly ownsAlarms?: boolean;
  /** Metadata served instead of what the fields say: complete description, choices longer than 25 bytes. */
  readonly meta?: PartialMetadata;
  /** First state, published before the name is announced. */
  readonly initial?: { readonly value: PvValue; readonly alarm: Alarm; readonly time: TimeStamp };
}
