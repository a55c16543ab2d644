import { expect, test } from 'vitest';
import { OrderedOutput, whenAborted } from '../../../src/cli/output.ts';

test('texts come out in order, each as soon as it can', () => {
  const written: string[] = [];
  const output = new OrderedOutput({ write: (text) => written.push(text) });
  output.set(1, 'b');
  expect(written).toEqual([]);
  output.set(0, 'a');
  expect(written).toEqual(['a', 'b']);
  output.set(3, 'd');
  output.set(2, '');
  expect(written).toEqual(['a', 'b', 'd']);
});

test('an aborted signal is seen before and after', async () => {
  const controller = new AbortController();
  const aborted = whenAborted(controller.signal);
  controller.abort();
  await aborted;
  await whenAborted(controller.signal);
});
