import { type Alarm, makeTimeStamp, noAlarm, type PvValue, type TimeStamp } from '../pv/index.ts';
import type { VariableValue } from '../tree/index.ts';
import { type AlarmStyle, alarmOf, inStyle } from './alarm.ts';
import type { ValueCodec } from './codec/codec.ts';

/** What a PV shows of a variable at one moment. */
export interface ShownState {
  readonly value: PvValue;
  readonly alarm: Alarm;
  readonly time: TimeStamp;
}

/** Time of a tree value, as EPICS has it. */
export function timeOf(value: VariableValue): TimeStamp {
  return makeTimeStamp(value.timestamp.seconds, value.timestamp.nanoseconds);
}

/**
 * A tree value as a PV shows it. Alarm limits concern scalar numbers only; a failed read, and a value that cannot be
 * shown as it is, concern every kind.
 *
 * @param native shown in place of the value of `value`.
 */
export function stateOf(
  codec: ValueCodec,
  value: VariableValue,
  style: AlarmStyle,
  native: unknown = value.value,
): ShownState {
  const shown = codec.encode(native, () => value.valueDisp);
  const alarm = shown.alarm === undefined ? alarmOf(value, style) : inStyle(shown.alarm, style);
  const { element, isArray } = codec.type;
  const isScalarNumber = !isArray && element !== 'string' && element !== 'enum';
  const isShown = isScalarNumber || value.error !== null || shown.alarm !== undefined;
  return { value: shown.value, alarm: isShown ? alarm : noAlarm, time: timeOf(value) };
}
