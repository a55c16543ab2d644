import {
  DBR_CHAR,
  DBR_DOUBLE,
  DBR_ENUM,
  DBR_FLOAT,
  DBR_SHORT,
  DBR_STRING,
  type DbrData,
  DbrFamily,
  dbrFamily,
  dbrOf,
  dbrPlain,
} from '../ca/index.ts';
import { alarmConditionName, fromEpicsTime, severityNames, type TimeStamp } from '../pv/index.ts';
import { formatC, formatInteger, roundToInt32 } from './c-number.ts';
import { escapeC, fromByteString } from './c-text.ts';
import type { CaSettings } from './ca-settings.ts';

const NAME_WIDTH = 30;
const MAX_STATES = 16;

/** A value as the tools print it. Texts are byte strings. */
export interface CaReading {
  readonly dbrType: number;
  readonly values: ArrayLike<number | string>;
  readonly count: number;
  readonly status: number;
  readonly severity: number;
  readonly time: TimeStamp;
  /** Labels, for GR and CTRL enums. */
  readonly choices: readonly string[];
}

/** A reading of at least `count` elements: what a server leaves out is zero. */
export function toReading(data: DbrData, count = 0): CaReading {
  const missing = count - data.values.length;
  const zero = dbrPlain(data.dbrType) === DBR_STRING ? '' : 0;
  const values: ArrayLike<number | string> =
    missing > 0 ? [...data.values, ...new Array<number | string>(missing).fill(zero)] : data.values;
  return {
    dbrType: data.dbrType,
    values,
    count: values.length,
    status: data.status,
    severity: data.severity,
    time: fromEpicsTime(data.epicsSeconds, data.nanoseconds),
    choices: data.choices,
  };
}

/** The DBR type to read a channel in: enums as labels unless asked otherwise. */
export function readingType(native: number, settings: CaSettings): number {
  if (native === DBR_ENUM) {
    return dbrOf(DbrFamily.Time, settings.isEnumNumber ? DBR_SHORT : DBR_STRING);
  }
  const isFloat = native === DBR_FLOAT || native === DBR_DOUBLE;
  return dbrOf(DbrFamily.Time, isFloat && settings.isFloatText ? DBR_STRING : native);
}

/** One element. @see epics-base modules/ca/src/tools/tool_lib.c, val2str */
export function formatElement(reading: CaReading, index: number, settings: CaSettings): string {
  const value = reading.values[index] ?? 0;
  if (typeof value === 'string') return escapeC(value);
  const plain = dbrPlain(reading.dbrType);
  if (plain === DBR_FLOAT || plain === DBR_DOUBLE) {
    return settings.floatBase === 10
      ? formatC(value, settings.float)
      : formatInteger(roundToInt32(value), settings.floatBase);
  }
  if (plain === DBR_CHAR) return String((value << 24) >> 24);
  if (plain !== DBR_ENUM) return formatInteger(value, settings.integerBase);
  const family = dbrFamily(reading.dbrType);
  if (settings.isEnumNumber || (family !== DbrFamily.Gr && family !== DbrFamily.Ctrl)) return String(value);
  if (value >= MAX_STATES) return `Illegal Value (${value})`;
  const label = reading.choices[value];
  return label === undefined ? `Enum Index Overflow (${value})` : fromByteString(label);
}

/** A CHAR array up to its NUL, escaped. */
export function charText(values: ArrayLike<number | string>): string {
  let bytes = '';
  for (let i = 0; i < values.length; i++) {
    const byte = Number(values[i]) & 0xff;
    if (byte === 0) break;
    bytes += String.fromCharCode(byte);
  }
  return escapeC(bytes);
}

/** Whether a reading is printed as text, for `-S`. */
export function isPrintedAsText(reading: CaReading, settings: CaSettings): boolean {
  if (!settings.isCharText || dbrPlain(reading.dbrType) !== DBR_CHAR) return false;
  return settings.count > 0 || reading.count > 1;
}

/** The elements of a reading, or its text. */
export function elementParts(reading: CaReading, settings: CaSettings): string[] {
  if (isPrintedAsText(reading, settings)) return [charText(reading.values)];
  return Array.from({ length: reading.count }, (_, index) => formatElement(reading, index, settings));
}

/** The element count where one is printed, and the elements. */
export function valueParts(reading: CaReading, settings: CaSettings): string[] {
  const parts = elementParts(reading, settings);
  if (isPrintedAsText(reading, settings)) return parts;
  return settings.count > 0 || reading.count > 1 ? [String(reading.count), ...parts] : parts;
}

/** A name with the separator behind it; padded where a single value follows. */
export function namePart(name: string, count: number, settings: CaSettings): string {
  const isPadded = count <= 1 && settings.separator === ' ';
  return `${isPadded ? name.padEnd(NAME_WIDTH) : name}${settings.separator}`;
}

/** The count and the values in one line, without name. */
export function plainValues(reading: CaReading, settings: CaSettings): string {
  return valueParts(reading, settings).join(settings.separator);
}

/**
 * Name, time, values and alarm in one line.
 *
 * @param time text of the time stamp.
 * @see epics-base modules/ca/src/tools/tool_lib.c, print_time_val_sts
 */
export function wideLine(name: string, time: string, reading: CaReading, settings: CaSettings): string {
  const { separator } = settings;
  const hasAlarm = reading.status !== 0 || reading.severity !== 0;
  const alarm = hasAlarm ? [alarmConditionName(reading.status), severityName(reading.severity)] : ['', ''];
  const parts = [time, ...valueParts(reading, settings), ...alarm];
  return `${namePart(name, reading.count, settings)}${parts.join(separator)}`;
}

/** Name of a severity; its number when it has none. */
export function severityName(severity: number): string {
  return severityNames[severity] ?? String(severity);
}
