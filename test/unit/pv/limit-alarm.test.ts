import { describe, expect, it } from 'vitest';
import { AlarmCondition, noAlarm } from '../../../src/pv/alarm.ts';
import { clampToControl, Deadband, LimitAlarm } from '../../../src/pv/limit-alarm.ts';
import { makeMetadata } from '../../../src/pv/metadata.ts';

const limits = makeMetadata({
  alarmLimits: {
    lolo: -10,
    low: -5,
    high: 5,
    hihi: 10,
    loloSeverity: 2,
    lowSeverity: 1,
    highSeverity: 1,
    hihiSeverity: 2,
    hysteresis: 1,
  },
}).alarmLimits;

describe('LimitAlarm', () => {
  it('compares inclusively, the outer limits first', () => {
    const of = (value: number): number => new LimitAlarm().check(value, limits).condition;
    expect([-10, -9.9, -5, -4.9, 4.9, 5, 9.9, 10].map(of)).toEqual([
      AlarmCondition.LoLo,
      AlarmCondition.Low,
      AlarmCondition.Low,
      AlarmCondition.NoAlarm,
      AlarmCondition.NoAlarm,
      AlarmCondition.High,
      AlarmCondition.High,
      AlarmCondition.HiHi,
    ]);
  });

  it('keeps an alarm until the value has come back by the hysteresis', () => {
    const alarm = new LimitAlarm();
    const of = (value: number): number => alarm.check(value, limits).condition;
    expect([4.5, 5, 4.5, 4, 3.9, 4.5].map(of)).toEqual([0, 4, 4, 4, 0, 0]);
    expect([10, 9, 8.9, -5, -4, -3.9].map(of)).toEqual([3, 3, 4, 6, 6, 0]);
  });

  it('does not look at limits without a severity', () => {
    expect(new LimitAlarm().check(11, { ...limits, hihiSeverity: 0 }).condition).toBe(AlarmCondition.High);
    expect(new LimitAlarm().check(11, { ...limits, hihiSeverity: 0, highSeverity: 0 })).toBe(noAlarm);
  });

  it('gives the same object as long as it says the same', () => {
    const alarm = new LimitAlarm();
    const first = alarm.check(6, limits);
    expect(alarm.check(7, limits)).toBe(first);
    expect(alarm.alarm).toBe(first);
  });

  it('takes a value that is no number for undefined', () => {
    expect(new LimitAlarm().check(Number.NaN, limits)).toMatchObject({
      severity: 3,
      condition: AlarmCondition.Udf,
    });
  });
});

describe('Deadband', () => {
  it('passes what differs from the last value that passed by more than the band', () => {
    const band = new Deadband();
    expect([0, 0.9, 1, 1.1, 0.5].map((value) => band.passes(value, 1))).toEqual([
      true,
      false,
      false,
      true,
      false,
    ]);
  });

  it('passes every change at 0 and everything below', () => {
    const band = new Deadband();
    expect([1, 1, 2].map((value) => band.passes(value, 0))).toEqual([true, false, true]);
    expect([2, 2].map((value) => band.passes(value, -1))).toEqual([true, true]);
  });

  it('passes changes to and from what is no finite number', () => {
    const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
    const band = new Deadband();
    expect([1, nan, nan, inf, inf, -inf, 1].map((value) => band.passes(value, 5))).toEqual([
      true,
      true,
      false,
      true,
      false,
      true,
      true,
    ]);
  });
});

describe('clampToControl', () => {
  it('holds numbers within the control limits', () => {
    const meta = makeMetadata({ control: { low: -1, high: 1 } });
    expect([-2, 0.5, 2].map((value) => clampToControl(value, meta))).toEqual([-1, 0.5, 1]);
    expect(clampToControl(5n, makeMetadata({ control: { low: 0n, high: 3n } }, 'int64'))).toBe(3n);
  });

  it('leaves alone what has no limits or is no number', () => {
    expect(clampToControl(5, makeMetadata({}))).toBe(5);
    expect(clampToControl('5', makeMetadata({ control: { low: 0, high: 1 } }))).toBe('5');
  });
});
