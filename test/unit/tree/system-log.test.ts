import { expect, it } from 'vitest';
import { ManualClock } from '../../../src/testing/index.ts';
import type { SystemLogEntry } from '../../../src/tree/logging.ts';
import { SystemLog } from '../../../src/tree/system-log.ts';

function entry(message: string, name = 'pyrogue.X'): SystemLogEntry {
  return {
    created: 1,
    name,
    message,
    exception: null,
    traceBack: null,
    levelName: 'WARNING',
    levelNumber: 30,
  };
}

function setUp(maxLength = 3): { log: SystemLog; lists: string[]; lasts: string[] } {
  const lists: string[] = [];
  const lasts: string[] = [];
  const log = new SystemLog({
    clock: new ManualClock(1_700_000_000_500),
    maxLength,
    setList: async (text) => void lists.push(text),
    setLast: async (text) => void lasts.push(text),
  });
  return { log, lists, lasts };
}

it('shows each entry as the last, and entries of one moment as one change of the list', async () => {
  const { log, lists, lasts } = setUp();
  for (const message of ['a', 'b']) log.record(entry(message));
  await Promise.resolve();
  expect(lasts.map((text) => (JSON.parse(text) as SystemLogEntry).message)).toEqual(['a', 'b']);
  expect(lists).toHaveLength(1);
  expect(JSON.parse(lists[0] ?? '')).toEqual([entry('a'), entry('b')]);
  log.record(entry('c'));
  await Promise.resolve();
  expect(lists).toHaveLength(2);
});

it('keeps the newest entries only', async () => {
  const { log, lists } = setUp(2);
  for (const message of ['a', 'b', 'c']) log.record(entry(message));
  await Promise.resolve();
  expect(JSON.parse(lists[0] ?? '')).toEqual([entry('b'), entry('c')]);
});

it('clear empties both', async () => {
  const { log, lists, lasts } = setUp();
  log.record(entry('a'));
  await Promise.resolve();
  await log.clear();
  expect([lists.at(-1), lasts.at(-1)]).toEqual(['[]', '']);
});

it('records nothing about itself, and counts what it could not show', async () => {
  const { log, lasts } = setUp();
  log.record(entry('a', 'pyrogue.SystemLogLast'));
  expect(lasts).toEqual([]);
  const failing = new SystemLog({
    clock: new ManualClock(),
    maxLength: 3,
    setList: () => Promise.reject(new Error('no')),
    setLast: () => Promise.reject(new Error('no')),
  });
  failing.record(entry('a'));
  for (let i = 0; i < 5; i++) await Promise.resolve();
  expect(failing.lostCount).toBe(2);
});

it('tells the wall time of its clock', () => {
  expect(setUp().log.wall()).toEqual({ seconds: 1_700_000_000, nanoseconds: 500_000_000 });
});
