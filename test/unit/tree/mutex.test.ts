import { expect, it } from 'vitest';
import { Mutex } from '../../../src/tree/mutex.ts';

it('tasks run one at a time, in the order they came', async () => {
  const mutex = new Mutex();
  const log: string[] = [];
  const task = (name: string) => async () => {
    log.push(`${name} begins`);
    await Promise.resolve();
    log.push(`${name} ends`);
    return name;
  };
  const results = await Promise.all(['a', 'b', 'c'].map((name) => mutex.run(task(name))));
  expect(results).toEqual(['a', 'b', 'c']);
  expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
});

it("a failure is its own caller's only, thrown or rejected", async () => {
  const mutex = new Mutex();
  const failed = mutex.run(() => {
    throw new Error('no');
  });
  const next = mutex.run(() => 2);
  await expect(failed).rejects.toThrow('no');
  expect(await next).toBe(2);
  expect(await mutex.run(() => Promise.resolve(3))).toBe(3);
});
