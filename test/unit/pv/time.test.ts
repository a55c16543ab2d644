import { describe, expect, it } from 'vitest';
import {
  compareTime,
  EPICS_EPOCH_SECONDS,
  fromDate,
  fromEpicsTime,
  fromNanoseconds,
  isSameTime,
  makeTimeStamp,
  nowStamp,
  toDate,
  toEpicsSeconds,
  toMilliseconds,
  toNanoseconds,
  undefinedTime,
} from '../../../src/pv/time.ts';
import { ManualClock } from '../../../src/testing/index.ts';

describe('time', () => {
  it('has the EPICS epoch at 1990-01-01 UTC', () => {
    expect(toDate(undefinedTime).toISOString()).toBe('1990-01-01T00:00:00.000Z');
    expect(EPICS_EPOCH_SECONDS).toBe(631152000);
  });

  it('gives the time of the clock', () => {
    const clock = new ManualClock(1_700_000_000_250);
    expect(nowStamp(clock, 3)).toEqual({ seconds: 1_700_000_000, nanoseconds: 250_000_000, userTag: 3 });
  });

  it('goes to a Date and back by whole milliseconds, before 1970 too', () => {
    for (const ms of [0, 1, 1_700_000_000_123, -1, -1500]) {
      const stamp = fromDate(new Date(ms));
      expect(stamp.nanoseconds).toBeGreaterThanOrEqual(0);
      expect(toDate(stamp).getTime()).toBe(ms);
    }
    expect(toDate(makeTimeStamp(1, 999_999)).getTime()).toBe(1000);
  });

  it('goes to nanoseconds and back without loss, before 1970 too', () => {
    for (const ns of [0n, 1n, 1_700_000_000_123_456_789n, -1n, -1_000_000_001n]) {
      expect(toNanoseconds(fromNanoseconds(ns))).toBe(ns);
    }
    expect(fromNanoseconds(-1n)).toEqual({ seconds: -1, nanoseconds: 999_999_999, userTag: 0 });
  });

  it('gives CA its uint32 seconds since 1990, and 0 for all that was before', () => {
    expect(toEpicsSeconds(makeTimeStamp(EPICS_EPOCH_SECONDS + 5, 0))).toBe(5);
    expect(toEpicsSeconds(undefinedTime)).toBe(0);
    expect(toEpicsSeconds(makeTimeStamp(0, 0))).toBe(0);
    expect(toEpicsSeconds(makeTimeStamp(EPICS_EPOCH_SECONDS + 0xffff_ffff, 0))).toBe(0xffff_ffff);
    expect(fromEpicsTime(5, 6)).toEqual({ seconds: EPICS_EPOCH_SECONDS + 5, nanoseconds: 6, userTag: 0 });
  });

  it('compares by seconds, then nanoseconds', () => {
    expect(compareTime(makeTimeStamp(1, 9), makeTimeStamp(2, 0))).toBeLessThan(0);
    expect(compareTime(makeTimeStamp(2, 1), makeTimeStamp(2, 0))).toBeGreaterThan(0);
    expect(compareTime(makeTimeStamp(2, 1, 5), makeTimeStamp(2, 1))).toBe(0);
    expect(isSameTime(makeTimeStamp(2, 1, 5), makeTimeStamp(2, 1))).toBe(false);
    expect(isSameTime(makeTimeStamp(2, 1), makeTimeStamp(2, 1))).toBe(true);
    expect(toMilliseconds(makeTimeStamp(2, 1_500_000))).toBe(2001.5);
  });
});
