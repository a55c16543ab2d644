import { expect, test } from 'vitest';
import { makeNameValue, ntNameValueType, readNameValue } from '../../../src/nt/index.ts';
import { structType, Value } from '../../../src/pvdata/index.ts';

test('names and content come back as a map, in order', () => {
  const value = makeNameValue('double', { b: 1, a: '2.5' });
  expect([...readNameValue(value)]).toEqual([
    ['b', 1],
    ['a', 2.5],
  ]);
});

test('names without content are left out', () => {
  const value = Value.from(ntNameValueType('int'), { name: ['a', 'b'], value: [1] });
  expect([...readNameValue(value)]).toEqual([['a', 1]]);
  expect(readNameValue(new Value(structType('', { name: 'string[]', value: 'int' }))).size).toBe(0);
});
