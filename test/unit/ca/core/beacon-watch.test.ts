import { describe, expect, it } from 'vitest';
import { BeaconVerdict, BeaconWatch } from '../../../../src/ca/core/beacon-watch.ts';

const ADDRESS = '10.0.0.1';
const PORT = 5064;

/** Beacons of one server each `periodMs` until the average has settled; returns what comes next. */
function steady(watch: BeaconWatch, periodMs: number, count = 10): (id: number, ms: number) => BeaconVerdict {
  for (let i = 0; i < count; i++) watch.beacon(ADDRESS, PORT, i, 13, i * periodMs);
  const last = (count - 1) * periodMs;
  return (id, ms) => watch.beacon(ADDRESS, PORT, count - 1 + id, 13, last + ms);
}

describe('BeaconWatch', () => {
  it('CA-B1: the first beacon of a server is no anomaly, the second begins the average', () => {
    const watch = new BeaconWatch();
    expect(watch.beacon(ADDRESS, PORT, 0, 13, 0)).toBe(BeaconVerdict.New);
    expect(watch.periodMs(ADDRESS, PORT)).toBeUndefined();
    expect(watch.beacon(ADDRESS, PORT, 1, 13, 15_000)).toBe(BeaconVerdict.Normal);
    expect(watch.periodMs(ADDRESS, PORT)).toBe(15_000);
  });

  it('CA-B1: regular beacons are normal and move the average by an eighth', () => {
    const next = steady(new BeaconWatch(), 1000);
    expect(next(1, 1200)).toBe(BeaconVerdict.Normal);
    const watch = new BeaconWatch();
    steady(watch, 1000)(1, 1200);
    expect(watch.periodMs(ADDRESS, PORT)).toBeCloseTo(1025);
  });

  it.each([
    [800, BeaconVerdict.Anomaly],
    [801, BeaconVerdict.Normal],
    [1249, BeaconVerdict.Normal],
    [1250, BeaconVerdict.Probe],
    [3249, BeaconVerdict.Probe],
    [3250, BeaconVerdict.Anomaly],
  ])('CA-B1: a beacon %i ms after an average of 1000 ms gives verdict %i', (ms, verdict) => {
    expect(steady(new BeaconWatch(), 1000)(1, ms)).toBe(verdict);
  });

  it.each([
    ['the same counter', 0],
    ['one counter back', -1],
    ['200 counters back', -200],
    ['two ahead', 2],
    ['three ahead', 3],
  ])('CA-B1: a beacon with %s is dropped', (_text, advance) => {
    expect(steady(new BeaconWatch(), 1000, 300)(advance, 10)).toBe(BeaconVerdict.Drop);
  });

  it('CA-B1: a counter that jumps far is a restarted server', () => {
    expect(steady(new BeaconWatch(), 1000)(1000, 10)).toBe(BeaconVerdict.Anomaly);
  });

  it('the counter wraps at 2^32', () => {
    const watch = new BeaconWatch();
    watch.beacon(ADDRESS, PORT, 0xffff_fffe, 13, 0);
    watch.beacon(ADDRESS, PORT, 0xffff_ffff, 13, 1000);
    expect(watch.beacon(ADDRESS, PORT, 0, 13, 2000)).toBe(BeaconVerdict.Normal);
  });

  it('CA-W13: servers before 4.10 do not count, so their counter is not looked at', () => {
    const watch = new BeaconWatch();
    watch.beacon(ADDRESS, PORT, 0, 9, 0);
    expect(watch.beacon(ADDRESS, PORT, 0, 9, 1000)).toBe(BeaconVerdict.Normal);
  });

  it('CA-B1: the fast beacons of a restarted server cause an anomaly within its first ramp', () => {
    const watch = new BeaconWatch();
    const verdicts: BeaconVerdict[] = [];
    let at = 0;
    for (let i = 0, period = 20; period < 15_000; i++, period *= 2) {
      verdicts.push(watch.beacon(ADDRESS, PORT, i, 13, at));
      at += period;
    }
    expect(verdicts[0]).toBe(BeaconVerdict.New);
    expect(verdicts).toContain(BeaconVerdict.Anomaly);
    expect(verdicts.indexOf(BeaconVerdict.Anomaly)).toBeLessThan(6);
  });

  it('CA-G31: servers are told apart by address and port', () => {
    const watch = new BeaconWatch();
    watch.beacon('10.0.0.1', 5064, 0, 13, 0);
    expect(watch.beacon('10.0.0.1', 5065, 0, 13, 0)).toBe(BeaconVerdict.New);
    expect(watch.beacon('10.0.0.2', 5064, 0, 13, 0)).toBe(BeaconVerdict.New);
    expect(watch.size).toBe(3);
  });

  it('a flood of forged servers does not grow the table beyond its limit', () => {
    const watch = new BeaconWatch(100);
    for (let i = 0; i < 1000; i++) watch.beacon('10.0.0.1', i, 0, 13, i);
    expect(watch.size).toBe(100);
  });
});
