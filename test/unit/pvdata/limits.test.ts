import { expect, test } from 'vitest';
import {
  defaultDecodeLimits,
  MAX_FIELDS,
  MAX_TYPE_DEPTH,
  MAX_VALUE_DEPTH,
} from '../../../src/pvdata/index.ts';

test('default limits cannot be changed and lie within the fixed ones', () => {
  expect(Object.isFrozen(defaultDecodeLimits)).toBe(true);
  expect(defaultDecodeLimits.maxDepth).toBe(MAX_TYPE_DEPTH);
  expect(MAX_VALUE_DEPTH).toBe(20);
  expect(defaultDecodeLimits.maxFields).toBeLessThanOrEqual(MAX_FIELDS);
});
