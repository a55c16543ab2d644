import { describe, expect, it } from 'vitest';
import {
  AlarmCondition,
  alarmConditionNames,
  fromNtAlarm,
  isSameAlarm,
  makeAlarm,
  noAlarm,
  parseAlarmCondition,
  toNtMessage,
  toNtStatus,
} from '../../../src/pv/alarm.ts';
import { Severity } from '../../../src/pv/model.ts';

describe('alarm', () => {
  it('has a name for each of the 22 conditions, in the order of their numbers', () => {
    expect(alarmConditionNames).toHaveLength(22);
    expect(alarmConditionNames[AlarmCondition.HwLimit]).toBe('HWLIMIT');
    expect(alarmConditionNames[AlarmCondition.BadSub]).toBe('BAD_SUB');
    expect(alarmConditionNames[AlarmCondition.WriteAccess]).toBe('WRITE_ACCESS');
  });

  it('maps conditions to the NT status as CA 17.3 says', () => {
    const of = (names: string): number[] =>
      names.split(' ').map((name) => toNtStatus(makeAlarm(1, parseAlarmCondition(name) ?? -1)));
    expect(of('NO_ALARM')).toEqual([0]);
    expect(new Set(of('READ WRITE HIHI HIGH LOLO LOW STATE COS HWLIMIT'))).toEqual(new Set([1]));
    expect(new Set(of('COMM TIMEOUT UDF'))).toEqual(new Set([2]));
    expect(new Set(of('CALC SCAN LINK SOFT BAD_SUB'))).toEqual(new Set([3]));
    expect(new Set(of('DISABLE SIMM READ_ACCESS WRITE_ACCESS'))).toEqual(new Set([4]));
    expect(toNtStatus(makeAlarm(1, 99))).toBe(6);
  });

  it('sends a status of its own unchanged', () => {
    expect(toNtStatus(makeAlarm(3, AlarmCondition.Link, 'lost', 7))).toBe(7);
  });

  it('shows the name of the condition when there is no message, and nothing without an alarm', () => {
    expect(toNtMessage(makeAlarm(2, AlarmCondition.HiHi))).toBe('HIHI');
    expect(toNtMessage(makeAlarm(2, AlarmCondition.HiHi, 'too hot'))).toBe('too hot');
    expect(toNtMessage(noAlarm)).toBe('');
  });

  it('goes back by the name in the message, with or without _ALARM, else by the status', () => {
    expect(fromNtAlarm(2, 1, 'HIHI').condition).toBe(AlarmCondition.HiHi);
    expect(fromNtAlarm(2, 1, 'LOLO_ALARM').condition).toBe(AlarmCondition.LoLo);
    expect(fromNtAlarm(0, 0, 'NO_ALARM').condition).toBe(AlarmCondition.NoAlarm);
    const byStatus = [0, 1, 2, 3, 4, 5, 6].map((status) => fromNtAlarm(1, status, 'hot').condition);
    expect(byStatus).toEqual([
      AlarmCondition.NoAlarm,
      AlarmCondition.Read,
      AlarmCondition.Comm,
      AlarmCondition.Soft,
      AlarmCondition.Link,
      AlarmCondition.Udf,
      AlarmCondition.Udf,
    ]);
    expect(fromNtAlarm(1, 42, '').condition).toBe(AlarmCondition.Udf);
    expect(fromNtAlarm(0, 42, '').condition).toBe(AlarmCondition.NoAlarm);
  });

  it('keeps condition and severity on the way to NT and back', () => {
    for (let condition = 0; condition < 22; condition++) {
      const alarm = makeAlarm(condition === 0 ? Severity.None : Severity.Major, condition);
      const back = fromNtAlarm(alarm.severity, toNtStatus(alarm), toNtMessage(alarm));
      expect(back.condition).toBe(condition);
      expect(back.severity).toBe(alarm.severity);
      expect(toNtStatus(back)).toBe(toNtStatus(alarm));
    }
  });

  it('takes a severity that CA does not know for INVALID', () => {
    expect(fromNtAlarm(4, 6, '').severity).toBe(Severity.Invalid);
    expect(fromNtAlarm(-1, 6, '').severity).toBe(Severity.Invalid);
  });

  it('finds two alarms the same by what they say', () => {
    expect(isSameAlarm(makeAlarm(1, 2, 'a'), makeAlarm(1, 2, 'a'))).toBe(true);
    expect(isSameAlarm(makeAlarm(1, 2, 'a'), makeAlarm(1, 2, 'b'))).toBe(false);
    expect(isSameAlarm(makeAlarm(1, 2, 'a'), makeAlarm(1, 2, 'a', 7))).toBe(false);
    expect(isSameAlarm(makeAlarm(1, 2), makeAlarm(2, 2))).toBe(false);
    expect(isSameAlarm(makeAlarm(1, 2), makeAlarm(1, 3))).toBe(false);
  });
});
