import { expect, it } from 'vitest';
import { fileStamp, localTimeText } from '../../../src/tree/time-text.ts';

/** Seconds of a local date and time, wherever the test runs. */
const at = (...parts: [number, number, number, number, number, number]): number =>
  new Date(...parts).getTime() / 1000;

it('local time is shown with two digits each and the zone behind it', () => {
  expect(localTimeText(at(2024, 0, 5, 7, 8, 9))).toMatch(/^2024-01-05 07:08:09 \S+/);
});

it('the stamp of a file name has no separators but one', () => {
  expect(fileStamp(at(2024, 11, 31, 23, 59, 58))).toBe('20241231_235958');
  expect(fileStamp(at(2024, 1, 1, 0, 0, 0.75))).toBe('20240201_000000');
});
