import { expect, test } from 'vitest';
import { formatLongTime, formatTime } from '../../../src/cli/local-time.ts';

const time = { seconds: 1_700_000_000, nanoseconds: 48_402_919 };

test('CA-L8 times have the digits that are asked for, rounded', () => {
  expect(formatTime(time, 6, true)).toBe('2023-11-14 22:13:20.048403');
  expect(formatTime(time, 3, true)).toBe('2023-11-14 22:13:20.048');
  expect(formatTime(time, 9, true)).toBe('2023-11-14 22:13:20.048402919');
});

test('CA-L8 the fraction is never rounded up to the next second', () => {
  expect(formatTime({ seconds: 1_700_000_000, nanoseconds: 999_999_999 }, 3, true)).toBe(
    '2023-11-14 22:13:20.999',
  );
});

test('CA-L8 local time is that of the machine', () => {
  const [date, clock] = formatTime(time, 6).split(' ');
  const local = new Date(time.seconds * 1000);
  expect(clock?.slice(0, 8)).toBe(local.toTimeString().slice(0, 8));
  expect(Number(date?.slice(8))).toBe(local.getDate());
});

test('CA-L8 a time that was never set is <undefined>', () => {
  expect(formatTime({ seconds: 631_152_000, nanoseconds: 0 }, 6)).toBe('<undefined>');
  expect(formatTime({ seconds: 0, nanoseconds: 5 }, 6)).toBe('<undefined>');
  expect(formatTime({ seconds: 631_152_000, nanoseconds: 1 }, 6, true)).toBe('1990-01-01 00:00:00.000000');
});

test('CA-L9 the long form has weekday, month and nanoseconds', () => {
  expect(formatLongTime(time, true)).toBe('Tue Nov 14 2023 22:13:20.048402919');
});
