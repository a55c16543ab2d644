import { type Clock, handOver, type WallTime } from '../util/index.ts';
import type { TimeStamp } from './model.ts';

/** POSIX seconds of the EPICS epoch, 1990-01-01 00:00:00 UTC. */
export const EPICS_EPOCH_SECONDS = 631_152_000;

const NANOS_PER_SECOND = 1_000_000_000n;

/**
 * Makes a TimeStamp; the one place where they are made, so that all share one shape.
 *
 * @param seconds POSIX seconds, integral.
 * @param nanoseconds 0..999999999.
 * @param userTag int32.
 */
export function makeTimeStamp(seconds: number, nanoseconds: number, userTag = 0): TimeStamp {
  return handOver({ seconds, nanoseconds, userTag });
}

/** The time stamp of something that never happened: the EPICS epoch. */
export const undefinedTime: TimeStamp = makeTimeStamp(EPICS_EPOCH_SECONDS, 0);

/** The current time of `clock`. */
export function nowStamp(clock: Clock, userTag = 0): TimeStamp {
  const now: WallTime = { seconds: 0, nanoseconds: 0 };
  clock.wall(now);
  return makeTimeStamp(now.seconds, now.nanoseconds, userTag);
}

/** Time stamp of a Date, which has whole milliseconds. */
export function fromDate(date: Date): TimeStamp {
  const ms = date.getTime();
  const seconds = Math.floor(ms / 1000);
  return makeTimeStamp(seconds, (ms - seconds * 1000) * 1_000_000);
}

/** The Date at or just before the time stamp: what is below a millisecond is lost. */
export function toDate(time: TimeStamp): Date {
  return new Date(time.seconds * 1000 + Math.floor(time.nanoseconds / 1_000_000));
}

/** Time stamp of nanoseconds since the POSIX epoch. */
export function fromNanoseconds(nanoseconds: bigint): TimeStamp {
  let seconds = nanoseconds / NANOS_PER_SECOND;
  let rest = nanoseconds % NANOS_PER_SECOND;
  if (rest < 0n) {
    seconds -= 1n;
    rest += NANOS_PER_SECOND;
  }
  return makeTimeStamp(Number(seconds), Number(rest));
}

/** Nanoseconds since the POSIX epoch. */
export function toNanoseconds(time: TimeStamp): bigint {
  return BigInt(time.seconds) * NANOS_PER_SECOND + BigInt(time.nanoseconds);
}

/** Milliseconds since the POSIX epoch, with a fraction. */
export function toMilliseconds(time: TimeStamp): number {
  return time.seconds * 1000 + time.nanoseconds / 1e6;
}

/** Seconds since the EPICS epoch as CA sends them: uint32, modulo 2^32; 0 for all that was before it. */
export function toEpicsSeconds(time: TimeStamp): number {
  return time.seconds <= EPICS_EPOCH_SECONDS ? 0 : (time.seconds - EPICS_EPOCH_SECONDS) >>> 0;
}

/** Time stamp from the two words of a CA time stamp. */
export function fromEpicsTime(epicsSeconds: number, nanoseconds: number): TimeStamp {
  return makeTimeStamp(epicsSeconds + EPICS_EPOCH_SECONDS, nanoseconds);
}

/** Negative when `a` is before `b`, 0 when they are the same moment, positive when it is after. */
export function compareTime(a: TimeStamp, b: TimeStamp): number {
  return a.seconds - b.seconds || a.nanoseconds - b.nanoseconds;
}

/** Tells whether moment and user tag are the same. */
export function isSameTime(a: TimeStamp, b: TimeStamp): boolean {
  return a === b || (a.seconds === b.seconds && a.nanoseconds === b.nanoseconds && a.userTag === b.userTag);
}
