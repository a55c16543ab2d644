import { expect, test } from 'vitest';
import { ManualClock } from '../../../src/testing/index.ts';
import { Deadlines, systemClock } from '../../../src/util/index.ts';

test('deadlines fire in order of time and use one timer', () => {
  const clock = new ManualClock();
  const deadlines = new Deadlines(clock);
  const fired: string[] = [];
  deadlines.after(30, () => fired.push('c'));
  deadlines.after(10, () => fired.push('a'));
  const stop = deadlines.after(20, () => fired.push('b'));
  stop();
  stop();
  expect(deadlines.size).toBe(2);
  clock.advance(10);
  expect(fired).toEqual(['a']);
  clock.advance(100);
  expect(fired).toEqual(['a', 'c']);
  expect(clock.nextMs).toBe(Number.POSITIVE_INFINITY);
});

test('a deadline may add another one while it fires', () => {
  const clock = new ManualClock();
  const deadlines = new Deadlines(clock);
  let count = 0;
  const again = (): void => {
    if (++count < 5) deadlines.after(10, again);
  };
  deadlines.after(10, again);
  clock.advance(100);
  expect(count).toBe(5);
});

test('thousands of cancelled deadlines do not pile up', () => {
  const clock = new ManualClock();
  const deadlines = new Deadlines(clock);
  let fired = 0;
  for (let i = 0; i < 10_000; i++) deadlines.after(5000, () => fired++)();
  deadlines.after(5000, () => fired++);
  expect(deadlines.size).toBe(1);
  clock.advance(6000);
  expect(fired).toBe(1);
});

test('cleared deadlines never fire', () => {
  const clock = new ManualClock();
  const deadlines = new Deadlines(clock);
  deadlines.after(1, () => expect.unreachable());
  deadlines.clear();
  clock.advance(10);
  expect(deadlines.size).toBe(0);
});

test('the system clock agrees with Date and carries nanoseconds in range', () => {
  const out = { seconds: 0, nanoseconds: 0 };
  systemClock.wall(out);
  expect(Math.abs(out.seconds * 1000 + out.nanoseconds / 1e6 - Date.now())).toBeLessThan(50);
  expect(out.nanoseconds).toBeGreaterThanOrEqual(0);
  expect(out.nanoseconds).toBeLessThan(1e9);
});

test('a stopped timer of the system clock does not fire', async () => {
  const stop = systemClock.at(systemClock.monotonicMs + 1, () => expect.unreachable());
  stop();
  await new Promise<void>((resolve) => systemClock.at(systemClock.monotonicMs + 5, resolve));
  await new Promise<void>((resolve) => systemClock.defer(resolve));
});
