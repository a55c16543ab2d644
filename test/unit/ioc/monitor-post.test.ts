import { describe, expect, it } from 'vitest';
import { leavesDeadband, leavesDeadband64 } from '../../../src/ioc/monitor-post.ts';

describe('leavesDeadband', () => {
  it('C1.9 follows the table of NaN and infinities', () => {
    const inf = Number.POSITIVE_INFINITY;
    const cases: [number, number, number, boolean][] = [
      [0, 1, 1, false],
      [0, 1.1, 1, true],
      [5, 5, -1, true],
      [5, 5, 0, false],
      [0.5, Number.NaN, 100, true],
      [Number.NaN, 0.5, 100, true],
      [Number.NaN, Number.NaN, 0, false],
      [0, inf, 100, true],
      [inf, inf, 0, false],
      [inf, -inf, 100, true],
      [inf, 0, 100, true],
      [0, -0, 0, false],
    ];
    for (const [last, value, dead, posts] of cases)
      expect([last, value, leavesDeadband(last, value, dead)]).toEqual([last, value, posts]);
  });

  it('C1.9 does not overflow over the whole 64-bit range', () => {
    expect(leavesDeadband64(-(2n ** 63n), 2n ** 63n - 1n, 2n ** 63n - 1n)).toBe(true);
    expect(leavesDeadband64(5n, 6n, 1n)).toBe(false);
    expect(leavesDeadband64(5n, 5n, -1n)).toBe(true);
  });
});
