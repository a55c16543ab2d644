import { expect, it } from 'vitest';
import { NameWaiters } from '../../../../src/ca/server/name-waiters.ts';
import { ManualClock } from '../../../../src/testing/index.ts';
import { Deadlines } from '../../../../src/util/index.ts';

function setUp(): { clock: ManualClock; waiters: NameWaiters; told: string[] } {
  const clock = new ManualClock();
  return { clock, waiters: new NameWaiters(new Deadlines(clock)), told: [] };
}

it('ARC-D-2 a name that is found answers all that wait for it, once', () => {
  const { waiters, told } = setUp();
  for (const who of ['a', 'b']) waiters.add('X', () => told.push(who));
  waiters.add('Y', () => told.push('other'));
  waiters.resolve('X');
  waiters.resolve('X');
  waiters.resolve('unknown');
  expect([told, waiters.size]).toEqual([['a', 'b'], 1]);
});

it('ARC-D-2 at most 16 wait for a name', () => {
  const { waiters, told } = setUp();
  for (let i = 0; i < 20; i++) waiters.add('X', () => told.push(String(i)));
  waiters.resolve('X');
  expect(told).toHaveLength(16);
});

it('ARC-D-2 after 30 s a name is forgotten', async () => {
  const { clock, waiters, told } = setUp();
  waiters.add('X', () => told.push('late'));
  await clock.advanceAsync(29_999);
  expect(waiters.size).toBe(1);
  await clock.advanceAsync(1);
  expect(waiters.size).toBe(0);
  waiters.resolve('X');
  expect(told).toEqual([]);
});

it('ARC-D-2 names beyond 100 000 are not kept', () => {
  const { waiters } = setUp();
  for (let i = 0; i < 100_001; i++) waiters.add(`N${i}`, () => undefined);
  expect(waiters.size).toBe(100_000);
  waiters.clear();
  expect(waiters.size).toBe(0);
});
