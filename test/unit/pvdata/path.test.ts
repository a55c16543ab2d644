import { expect, test } from 'vitest';
import { isComplexPath, parsePath } from '../../../src/pvdata/index.ts';

test.each([
  ['a.b', [['a'], ['b']]],
  ['a[3].b', [['a'], 3, ['b']]],
  ['u->m.x', [['u'], '->m', ['x']]],
  ['u->', [['u'], '->']],
  ['u->m[0]->x', [['u'], '->m', 0, '->x']],
  ['a.b<.c<', [['a'], ['b'], '<', ['c'], '<']],
  ['in-valid[1]', [['in-valid'], 1]],
])('path %s is split into steps', (path, expected) => {
  const steps = parsePath(path)?.map((step) =>
    step.kind === 'field'
      ? [step.name]
      : step.kind === 'index'
        ? step.index
        : step.kind === 'parent'
          ? '<'
          : `->${step.name}`,
  );
  expect(steps).toEqual(expected);
});

test.each(['a[', 'a[x]', 'a[-1]', 'a..b', 'a.'])('malformed path %s is no path', (path) => {
  expect(parsePath(path)).toBeUndefined();
});

test('dotted names need no parsing', () => {
  expect(['a.b', 'in-valid', ''].map(isComplexPath)).toEqual([false, false, false]);
  expect(['a[0]', 'u->x', 'a<'].map(isComplexPath)).toEqual([true, true, true]);
});
