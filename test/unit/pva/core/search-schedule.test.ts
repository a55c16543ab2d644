import { describe, expect, it } from 'vitest';
import { BOOST_HOLD_OFF_MS, SearchSchedule, SearchTarget } from '../../../../src/pva/core/index.ts';
import { seededRandom } from '../../../../src/testing/index.ts';

/** Runs the schedule up to a time; returns when each attempt was made and what went into each datagram. */
function run(schedule: SearchSchedule, fromMs: number, untilMs: number) {
  const sent: { atMs: number; names: string[] }[] = [];
  for (
    let now = Math.max(fromMs, schedule.nextDeadline);
    now <= untilMs;
    now = Math.max(now, schedule.nextDeadline)
  ) {
    schedule.next(now, (batch) => sent.push({ atMs: now, names: batch.map((target) => target.name) }));
  }
  return sent;
}

const middle = (): number => 0.5;

describe('SearchSchedule', () => {
  it('W-81: asks after 10 ms, then at growing waits, then every 30 s', () => {
    const schedule = new SearchSchedule({ random: middle });
    schedule.add(new SearchTarget(1, 'x'), 0);
    const times = run(schedule, 0, 150_000).map(({ atMs }) => atMs);
    const waits = times.map((at, i) => at - (i === 0 ? 0 : (times[i - 1] as number)));
    expect(waits).toEqual([10, 200, 500, 1000, 2000, 4000, 8000, 15_000, 30_000, 30_000, 30_000]);
  });

  it('W-81: waits vary by 10 % and never exceed 30 s', () => {
    const schedule = new SearchSchedule({ random: seededRandom(7) });
    schedule.add(new SearchTarget(1, 'x'), 0);
    const times = run(schedule, 0, 3_600_000).map(({ atMs }) => atMs);
    const waits = times.map((at, i) => at - (times[i - 1] ?? 0)).slice(1);
    const bounds = [200, 500, 1000, 2000, 4000, 8000, 15_000];
    bounds.forEach((bound, i) => {
      expect(waits[i]).toBeGreaterThanOrEqual(bound * 0.9 - 10);
      expect(waits[i]).toBeLessThanOrEqual(bound * 1.1 + 10);
    });
    expect(Math.max(...waits)).toBeLessThanOrEqual(30_010);
    expect(Math.min(...waits.slice(7))).toBeGreaterThanOrEqual(26_990);
    expect(new Set(waits.slice(7)).size).toBeGreaterThan(10);
  });

  it('names added together share a datagram, up to its size', () => {
    const schedule = new SearchSchedule({ random: middle, maxNameBytes: 40 });
    for (let i = 0; i < 5; i++) schedule.add(new SearchTarget(i, `name${i}`), 0);
    // Each takes 4 bytes of id, 1 of length and 5 of text.
    expect(run(schedule, 0, 10).map(({ names }) => names.length)).toEqual([4, 1]);
  });

  it('the number of names in a datagram is limited too, and a name longer than a datagram travels alone', () => {
    const schedule = new SearchSchedule({ random: middle, maxNames: 2, maxNameBytes: 100 });
    schedule.add(new SearchTarget(1, 'a'), 0);
    schedule.add(new SearchTarget(2, 'b'), 0);
    schedule.add(new SearchTarget(3, 'c'), 0);
    expect(run(schedule, 0, 10).map(({ names }) => names.length)).toEqual([2, 1]);
    const long = new SearchSchedule({ random: middle, maxNameBytes: 100 });
    long.add(new SearchTarget(1, 'a'.repeat(300)), 0);
    expect(run(long, 0, 10).map(({ names }) => names.length)).toEqual([1]);
    expect(new SearchTarget(1, 'a'.repeat(300)).wireBytes).toBe(309);
  });

  it('W-81: at most 40 datagrams leave per 10 ms, the rest in the next ticks, none is lost', () => {
    const schedule = new SearchSchedule({ random: middle, maxNames: 1 });
    for (let i = 0; i < 100; i++) schedule.add(new SearchTarget(i, `n${i}`), 0);
    const sent = run(schedule, 0, 100);
    const perTick = new Map<number, number>();
    for (const { atMs } of sent) perTick.set(atMs, (perTick.get(atMs) ?? 0) + 1);
    expect([...perTick.entries()]).toEqual([
      [10, 40],
      [20, 40],
      [30, 20],
    ]);
    expect(new Set(sent.flatMap(({ names }) => names)).size).toBe(100);
  });

  it('W-81: a large population is spread over the period instead of coming in waves', () => {
    const schedule = new SearchSchedule({
      random: seededRandom(1),
      maxNames: 1,
      maxDatagramsPerTick: 1_000_000,
    });
    const count = 3000;
    for (let i = 0; i < count; i++) schedule.add(new SearchTarget(i, `n${i}`), 0);
    run(schedule, 0, 200_000);
    const perSecond = new Array<number>(60).fill(0);
    for (const { atMs } of run(schedule, 200_000, 259_990)) {
      const second = Math.floor((atMs - 200_000) / 1000);
      perSecond[second] = (perSecond[second] as number) + 1;
    }
    const mean = perSecond.reduce((a, b) => a + b) / perSecond.length;
    expect(mean).toBeGreaterThan(count / 31);
    expect(Math.max(...perSecond)).toBeLessThan(mean * 2);
  });

  it('remove ends the search for one name and leaves the others', () => {
    const schedule = new SearchSchedule({ random: middle });
    const targets = ['a', 'b', 'c'].map((name, i) => new SearchTarget(i, name));
    for (const target of targets) schedule.add(target, 0);
    schedule.remove(targets[1] as SearchTarget);
    schedule.remove(targets[1] as SearchTarget);
    expect(schedule.size).toBe(2);
    expect(run(schedule, 0, 10)[0]?.names.sort()).toEqual(['a', 'c']);
    schedule.remove(targets[0] as SearchTarget);
    schedule.remove(targets[2] as SearchTarget);
    expect(schedule.nextDeadline).toBe(Number.POSITIVE_INFINITY);
    expect(run(schedule, 10, 100_000)).toEqual([]);
  });

  it('a name is counted once however often it is added, and starts over when it is added again', () => {
    const schedule = new SearchSchedule({ random: middle });
    const target = new SearchTarget(1, 'x');
    schedule.add(target, 0);
    schedule.add(target, 0);
    expect(schedule.size).toBe(1);
    run(schedule, 0, 5000);
    expect(target.tries).toBe(5);
    schedule.remove(target);
    schedule.add(target, 5000, 30_000);
    expect(target.tries).toBe(0);
    expect(schedule.nextDeadline).toBe(35_000);
    expect(run(schedule, 5000, 35_300).map(({ atMs }) => atMs)).toEqual([35_000, 35_200]);
  });

  it('W-82: boost starts the waits of all names anew from 0.2 s, and is ignored for 30 s after another', () => {
    const schedule = new SearchSchedule({ random: middle });
    for (let i = 0; i < 3; i++) schedule.add(new SearchTarget(i, `n${i}`), 0);
    run(schedule, 0, 100_000);
    expect(schedule.boost(100_000)).toBe(true);
    const times = run(schedule, 100_000, 102_000).map(({ atMs }) => atMs);
    expect(times).toEqual([100_200, 100_700, 101_700]);
    expect(schedule.boost(100_000 + BOOST_HOLD_OFF_MS - 1)).toBe(false);
    expect(schedule.boost(100_000 + BOOST_HOLD_OFF_MS)).toBe(true);
    expect(schedule.size).toBe(3);
  });

  it('after the process slept for an hour every name is asked for once, at once', () => {
    const schedule = new SearchSchedule({ random: middle });
    for (let i = 0; i < 10; i++) schedule.add(new SearchTarget(i, `n${i}`), i * 3000);
    run(schedule, 0, 60_000);
    const sent: string[] = [];
    schedule.next(3_660_000, (batch) => sent.push(...batch.map((target) => target.name)));
    expect(sent.sort()).toEqual(Array.from({ length: 10 }, (_, i) => `n${i}`));
    expect(run(schedule, 3_660_000, 3_700_000).length).toBeGreaterThan(0);
  });

  it('a name added while an earlier one waits far in the future is asked for in time', () => {
    const schedule = new SearchSchedule({ random: middle });
    schedule.add(new SearchTarget(1, 'old'), 0);
    run(schedule, 0, 31_000);
    // The next attempt for "old" is at 60.71 s.
    schedule.add(new SearchTarget(2, 'new'), 50_000, 30_000);
    const sent = run(schedule, 50_000, 80_000);
    expect(sent.map(({ atMs, names }) => [atMs, names[0]])).toEqual([
      [60_710, 'old'],
      [80_000, 'new'],
    ]);
  });

  it('targets lists the names that are looked for', () => {
    const schedule = new SearchSchedule({ random: middle });
    for (let i = 0; i < 3; i++) schedule.add(new SearchTarget(i, `n${i}`), i * 1000);
    expect([...schedule.targets()].map((target) => target.name).sort()).toEqual(['n0', 'n1', 'n2']);
  });
});
