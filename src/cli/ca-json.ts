import { dbrName } from '../ca/index.ts';
import { alarmConditionName, toDate } from '../pv/index.ts';
import { fromByteString } from './c-text.ts';
import { type CaReading, charText, isPrintedAsText, severityName } from './ca-format.ts';
import type { CaSettings } from './ca-settings.ts';
import { isUndefinedTime } from './local-time.ts';

/** A reading as one line of JSON: an array for counts other than 1, null for numbers that JSON has not. */
export function readingToJson(name: string, reading: CaReading, settings: CaSettings): string {
  const values = Array.from(reading.values, (value) =>
    typeof value === 'string' ? fromByteString(value) : value,
  );
  const text = isPrintedAsText(reading, settings) ? charText(reading.values) : undefined;
  return JSON.stringify({
    name,
    type: dbrName(reading.dbrType),
    value: text ?? (reading.count === 1 ? values[0] : values),
    time: isUndefinedTime(reading.time) ? null : toDate(reading.time).toISOString(),
    seconds: reading.time.seconds,
    nanoseconds: reading.time.nanoseconds,
    status: alarmConditionName(reading.status),
    severity: severityName(reading.severity),
  });
}
