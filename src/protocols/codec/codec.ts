import type { Alarm, PvValue, ScalarType, ScalarWrite } from '../../pv/index.ts';

/** What a tree value looks like on EPICS. */
export interface Encoded {
  readonly value: PvValue;
  /** Replaces the alarm of the variable, where the value itself cannot be shown. */
  readonly alarm: Alarm | undefined;
}

/** What a client's put means for the variable. */
export interface TreeWrite {
  readonly value: unknown;
  /** True: display text, for `setDisp`; false: a value, for `set`. */
  readonly isText: boolean;
}

/** Converts between the values of one variable and one EPICS type. */
export interface ValueCodec {
  readonly type: ScalarType;
  /** Labels of an enum, else empty. */
  readonly choices: readonly string[];
  /**
   * @param value native value of the variable; null when it has none.
   * @param text its display text, made only when asked for.
   */
  encode(value: unknown, text: () => string): Encoded;
  /**
   * @throws {ConversionError} EPICS_CONVERT when what was written does not fit.
   * @throws {TypeMismatchError} EPICS_TYPE when its shape does not fit.
   */
  decode(write: ScalarWrite): TreeWrite;
}

export function encoded(value: PvValue, alarm?: Alarm): Encoded {
  return { value, alarm };
}
