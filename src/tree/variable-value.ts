import type { WallTime } from '../util/index.ts';
import type { AlarmSeverity, AlarmState, AlarmStatus } from './alarm.ts';
import type { EnumMap } from './model/index.ts';

/** What a snapshot keeps of its variable. */
export interface SnapshotSource {
  readonly path: string;
  readonly disp: string;
  readonly enum: EnumMap | null;
  genDisp(value: unknown): string;
}

/** One value of a variable with all that belongs to it, as listeners get it. Never changes. */
export class VariableValue<T = unknown> {
  readonly path: string;
  readonly value: T;
  readonly disp: string;
  readonly enum: EnumMap | null;
  readonly status: AlarmStatus;
  readonly severity: AlarmSeverity;
  /** Set by waits on several variables: this one was refreshed since they began. */
  readonly updated: boolean;
  /** Wall clock time of the snapshot. */
  readonly timestamp: Readonly<WallTime>;
  /** Why the last poll or read failed, null when it did not; the value is then the last good one. */
  readonly error: string | null;
  readonly #source: SnapshotSource;
  #valueDisp: string | undefined;

  constructor(
    source: SnapshotSource,
    value: T,
    alarm: AlarmState,
    timestamp: WallTime,
    error: string | null,
    updated = false,
  ) {
    this.path = source.path;
    this.value = value;
    this.disp = source.disp;
    this.enum = source.enum;
    this.status = alarm.status;
    this.severity = alarm.severity;
    this.updated = updated;
    this.timestamp = timestamp;
    this.error = error;
    this.#source = source;
    this.#valueDisp = undefined;
  }

  /** Display text of the value, made when first asked for. */
  get valueDisp(): string {
    this.#valueDisp ??= this.#source.genDisp(this.value);
    return this.#valueDisp;
  }

  /** The same snapshot with another `updated`. */
  withUpdated(updated: boolean): VariableValue<T> {
    const alarm = { status: this.status, severity: this.severity };
    return new VariableValue(this.#source, this.value, alarm, this.timestamp, this.error, updated);
  }
}
