import { expect, it } from 'vitest';
import { SearchFlood } from '../../../../src/ca/server/search-flood.ts';
import { ManualClock } from '../../../../src/testing/index.ts';

/** Names that pass of `count` that an address searches for at once. */
function passed(flood: SearchFlood, address: string, count: number): number {
  const bucket = flood.take(address);
  let passing = 0;
  for (let i = 0; i < count; i++) if (flood.spend(bucket)) passing++;
  return passing;
}

it('an address may search for 20 000 names at once, and for 2000 a second in the long run', () => {
  const clock = new ManualClock();
  const flood = new SearchFlood(clock);
  expect(passed(flood, '10.0.0.1', 25_000)).toBe(20_000);
  expect(flood.dropped).toBe(5000);
  clock.advance(1000);
  expect(passed(flood, '10.0.0.1', 25_000)).toBe(2000);
  clock.advance(3_600_000);
  expect(passed(flood, '10.0.0.1', 25_000)).toBe(20_000);
});

it('the flood of one address takes nothing from the others', () => {
  const flood = new SearchFlood(new ManualClock());
  passed(flood, '10.0.0.1', 30_000);
  expect(passed(flood, '10.0.0.2', 10)).toBe(10);
});

it('the memory for addresses is bounded: the one that came first is forgotten', () => {
  const flood = new SearchFlood(new ManualClock());
  passed(flood, 'first', 20_000);
  for (let i = 0; i < 1023; i++) flood.take(`10.1.${i >> 8}.${i & 255}`);
  expect(passed(flood, 'first', 5)).toBe(0);
  flood.take('one more');
  expect(passed(flood, 'first', 5)).toBe(5);
});
