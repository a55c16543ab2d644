import { describe, expect, test } from 'vitest';
import {
  alarmType,
  commonMembers,
  displayForms,
  enumType,
  NtStatus,
  ntScalarType,
  ntSeverityNames,
  ntStatusNames,
  readAlarm,
  readNumber,
  readText,
  readTexts,
  readTimeStamp,
  timeStampType,
  writeAlarm,
  writeTimeStamp,
} from '../../../src/nt/index.ts';
import { structType, Value } from '../../../src/pvdata/index.ts';

test('sub-structures have the ids and members of the specification', () => {
  expect(alarmType).toBe(structType('alarm_t', { severity: 'int', status: 'int', message: 'string' }));
  expect(timeStampType).toBe(
    structType('time_t', { secondsPastEpoch: 'long', nanoseconds: 'int', userTag: 'int' }),
  );
  expect(enumType).toBe(structType('enum_t', { index: 'int', choices: 'string[]' }));
});

test('texts of severities, states and forms are in the order of their numbers', () => {
  expect(ntSeverityNames[3]).toBe('INVALID');
  expect(ntStatusNames[NtStatus.Client]).toBe('CLIENT');
  expect(ntStatusNames).toHaveLength(8);
  expect(displayForms[6]).toBe('Engineering');
});

describe('reading', () => {
  const value = Value.from(ntScalarType('double'), {
    value: 1,
    alarm: { severity: 2, status: 3, message: 'm' },
    timeStamp: { secondsPastEpoch: 1_700_000_000, nanoseconds: 5, userTag: 7 },
  });

  test('alarm and time stamp come as plain objects', () => {
    expect(readAlarm(value)).toEqual({ severity: 2, status: 3, message: 'm' });
    expect(readTimeStamp(value)).toEqual({ seconds: 1_700_000_000, nanoseconds: 5, userTag: 7 });
  });

  test('they are found by name, whatever id and types they have (PVA-G-35)', () => {
    const odd = structType('', {
      alarm: structType('', { message: 'string', severity: 'long' }),
      timeStamp: structType('', { nanoseconds: 'int', secondsPastEpoch: 'double' }),
    });
    const other = Value.from(odd, { alarm: { severity: 1n }, timeStamp: { secondsPastEpoch: 2 } });
    expect(readAlarm(other)).toEqual({ severity: 1, status: 0, message: '' });
    expect(readTimeStamp(other)).toEqual({ seconds: 2, nanoseconds: 0, userTag: 0 });
  });

  test('they are undefined when there are none', () => {
    const bare = new Value(structType('', { value: 'int' }));
    expect(readAlarm(bare)).toBeUndefined();
    expect(readTimeStamp(bare)).toBeUndefined();
  });

  test('fields of other types read as nothing', () => {
    const bare = Value.from(structType('', { s: 'string', n: 'int', b: 'boolean', l: 'string[]' }), {
      s: '5',
      n: 5,
      b: true,
      l: ['a'],
    });
    expect(['s', 'n', 'b', 'l', 'x'].map((path) => readNumber(bare, path))).toEqual([0, 5, 1, 0, 0]);
    expect(['s', 'n', 'x'].map((path) => readText(bare, path))).toEqual(['5', '', '']);
    expect(['l', 's', 'x'].map((path) => readTexts(bare, path))).toEqual([['a'], [], []]);
  });
});

describe('writing', () => {
  test('stores and marks all fields', () => {
    const value = new Value(ntScalarType('double'));
    writeAlarm(value, { severity: 1, status: 2, message: 'x' });
    writeTimeStamp(value, { seconds: 3, nanoseconds: 4, userTag: 5 });
    expect([...value.marked()]).toHaveLength(6);
    expect(readAlarm(value)).toEqual({ severity: 1, status: 2, message: 'x' });
    expect(readTimeStamp(value)).toEqual({ seconds: 3, nanoseconds: 4, userTag: 5 });
  });

  test('does nothing to a structure without them', () => {
    const value = new Value(structType('', { value: 'int' }));
    writeAlarm(value, { severity: 1, status: 2, message: 'x' });
    writeTimeStamp(value, { seconds: 3, nanoseconds: 4, userTag: 5 });
    expect(value.isMarked()).toBe(false);
  });
});

test('common members are in the order of the specification', () => {
  expect(Object.keys(commonMembers({ descriptor: true }))).toEqual(['descriptor', 'alarm', 'timeStamp']);
  expect(commonMembers({ alarm: false, timeStamp: false })).toEqual({});
});
