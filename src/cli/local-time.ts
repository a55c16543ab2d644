import { EPICS_EPOCH_SECONDS, type TimeStamp } from '../pv/index.ts';

const days: readonly string[] = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months: readonly string[] = [
  'Jan',
  'Feb',
  'Mar',
  'Apr',
  'May',
  'Jun',
  'Jul',
  'Aug',
  'Sep',
  'Oct',
  'Nov',
  'Dec',
];

/** What is printed for a time that was never set. */
export const UNDEFINED_TIME = '<undefined>';

/** Whether a time is the EPICS epoch or before it: nobody ever set it. */
export function isUndefinedTime(time: Pick<TimeStamp, 'seconds' | 'nanoseconds'>): boolean {
  if (time.seconds < EPICS_EPOCH_SECONDS) return true;
  return time.seconds === EPICS_EPOCH_SECONDS && time.nanoseconds === 0;
}

/**
 * `2026-11-20 10:14:04.550384` in local time, or `<undefined>`.
 *
 * @param digits of the fraction, 1 to 9; it is rounded, but never up to the next second.
 * @see epics-base modules/libcom/src/osi/epicsTime.cpp, strftime
 */
export function formatTime(
  time: Pick<TimeStamp, 'seconds' | 'nanoseconds'>,
  digits: number,
  isUtc = false,
): string {
  if (isUndefinedTime(time)) return UNDEFINED_TIME;
  const { year, month, day, clock } = fieldsOf(time.seconds, isUtc);
  return `${year}-${pad(month + 1)}-${pad(day)} ${clock}.${fractionOf(time.nanoseconds, digits)}`;
}

/** `Fri Nov 20 2026 10:19:14.825618824` in local time. */
export function formatLongTime(time: Pick<TimeStamp, 'seconds' | 'nanoseconds'>, isUtc = false): string {
  const { year, month, day, weekday, clock } = fieldsOf(time.seconds, isUtc);
  const date = `${days[weekday]} ${months[month]} ${pad(day)} ${year}`;
  return `${date} ${clock}.${fractionOf(time.nanoseconds, 9)}`;
}

interface DateFields {
  readonly year: string;
  readonly month: number;
  readonly day: number;
  readonly weekday: number;
  readonly clock: string;
}

function fieldsOf(seconds: number, isUtc: boolean): DateFields {
  const date = new Date(seconds * 1000);
  const offsetMs = isUtc ? 0 : date.getTimezoneOffset() * 60_000;
  // The same wall clock in UTC: one set of getters serves both.
  const shifted = new Date(date.getTime() - offsetMs);
  return {
    year: String(shifted.getUTCFullYear()).padStart(4, '0'),
    month: shifted.getUTCMonth(),
    day: shifted.getUTCDate(),
    weekday: shifted.getUTCDay(),
    clock: [shifted.getUTCHours(), shifted.getUTCMinutes(), shifted.getUTCSeconds()].map(pad).join(':'),
  };
}

function fractionOf(nanoseconds: number, digits: number): string {
  const unit = 10 ** (9 - digits);
  const rounded = Math.min(999_999_999, nanoseconds + Math.floor(unit / 2));
  return String(Math.floor(rounded / unit)).padStart(digits, '0');
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
