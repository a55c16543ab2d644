import { describe, expect, it } from 'vitest';
import { alarmOf, epicsConvSeverity, epicsConvStatus, inStyle } from '../../../src/protocols/alarm.ts';
import { AlarmCondition, makeAlarm, noAlarm, toNtStatus } from '../../../src/pv/index.ts';

describe('alarmOf', () => {
  it('EPS-E-56 shows the condition code on PVA in style condition, the normative status otherwise', () => {
    const value = { status: 'AlarmHiHi', severity: 'AlarmMajor' };
    expect(toNtStatus(alarmOf(value, 'condition'))).toBe(AlarmCondition.HiHi);
    expect(toNtStatus(alarmOf(value, 'normative'))).toBe(1);
    expect(alarmOf(value, 'normative')).toMatchObject({ severity: 2, condition: 3, message: 'HIHI' });
  });

  it('is the one object of no alarm when there is none', () => {
    expect(alarmOf({ status: 'Good', severity: 'Good' }, 'condition')).toBe(noAlarm);
    expect(alarmOf({ status: 'None', severity: 'None', error: '' }, 'normative')).toBe(noAlarm);
  });

  it('EPS-8 an error wins over limits, with its text', () => {
    const value = { status: 'AlarmLow', severity: 'AlarmMinor', error: 'bus timeout' };
    expect(alarmOf(value, 'normative')).toMatchObject({
      severity: 3,
      condition: AlarmCondition.Comm,
      message: 'bus timeout',
    });
    expect(toNtStatus(alarmOf(value, 'condition'))).toBe(AlarmCondition.Comm);
    expect(toNtStatus(alarmOf(value, 'normative'))).toBe(2);
  });
});

it('EPS-8 unknown names are no alarm', () => {
  expect([epicsConvStatus({ status: 'toString' }), epicsConvSeverity({ severity: 'toString' })]).toEqual([
    0, 0,
  ]);
});

it('inStyle keeps severity, condition and text', () => {
  const alarm = makeAlarm(3, AlarmCondition.State, 'INVALID: 5');
  expect(inStyle(alarm, 'normative')).toBe(alarm);
  expect(inStyle(alarm, 'condition')).toMatchObject({
    severity: 3,
    condition: 7,
    message: 'INVALID: 5',
    ntStatus: 7,
  });
});
