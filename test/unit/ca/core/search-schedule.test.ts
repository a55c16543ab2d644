import { describe, expect, it } from 'vitest';
import { readSearchRequests } from '../../../../src/ca/core/datagrams.ts';
import { SearchSchedule } from '../../../../src/ca/core/search-schedule.ts';
import { seededRandom } from '../../../../src/testing/index.ts';

interface Sent {
  readonly atMs: number;
  readonly bytes: number;
  readonly sequence: number | undefined;
  readonly cids: number[];
}

/** A schedule with a clock of its own. */
class Bench {
  nowMs = 0;
  readonly sent: Sent[] = [];
  readonly schedule: SearchSchedule;
  /** Answers the datagrams of a run, after it. */
  answer: (sent: Sent) => void = () => {};

  constructor(maxPeriodMs = 300_000, random: () => number = () => 0.5) {
    this.schedule = new SearchSchedule({ maxPeriodMs, random });
  }

  run(): Sent[] {
    const from = this.sent.length;
    this.schedule.run(this.nowMs, (datagram) => {
      const cids: number[] = [];
      let sequence: number | undefined;
      readSearchRequests(datagram, {
        onSearchRequest: (_name, cid, _minor, _negative, number) => {
          cids.push(cid);
          sequence = number;
        },
      });
      this.sent.push({ atMs: this.nowMs, bytes: datagram.length, sequence, cids });
    });
    const burst = this.sent.slice(from);
    for (const datagram of burst) this.answer(datagram);
    return burst;
  }

  runUntil(endMs: number): void {
    for (let steps = 0; steps < 1_000_000; steps++) {
      const next = this.schedule.nextDeadline;
      if (next > endMs) break;
      this.nowMs = Math.max(this.nowMs, next);
      this.run();
    }
    this.nowMs = endMs;
  }

  addMany(count: number, first = 0): void {
    for (let i = first; i < first + count; i++) this.schedule.add(i, nameOf(i), this.nowMs);
  }
}

/** 20 characters, as in the capacity rule. */
function nameOf(i: number): string {
  return `SR:BPM:${String(i).padStart(13, '0')}`;
}

describe('SearchSchedule', () => {
  it('CA-U9: a new name is due at once', () => {
    const bench = new Bench();
    expect(bench.schedule.nextDeadline).toBe(Number.POSITIVE_INFINITY);
    bench.addMany(1);
    expect(bench.schedule.nextDeadline).toBeLessThanOrEqual(0);
    expect(bench.run()[0]?.cids).toEqual([0]);
  });

  it('CA-U8: an unresolvable name is searched with gaps of 32, 64, 128 ... ms', () => {
    const bench = new Bench();
    bench.addMany(1);
    bench.runUntil(10_000);
    const gaps = bench.sent.slice(1).map((sent, i) => sent.atMs - (bench.sent[i]?.atMs ?? 0));
    expect(gaps.slice(0, 7)).toEqual([32, 64, 128, 256, 512, 1024, 2048]);
  });

  it('CA-U8: periods above 1 s vary by 10 % at most, and never exceed the longest period', () => {
    const bench = new Bench(300_000, seededRandom(3));
    bench.addMany(1);
    bench.runUntil(3_600_000);
    const gaps = bench.sent.slice(1).map((sent, i) => sent.atMs - (bench.sent[i]?.atMs ?? 0));
    const nominal = gaps.map((_, i) => Math.min(32 * 2 ** i, 32 * 2 ** 13));
    gaps.forEach((gap, i) => {
      expect(Math.abs(gap / (nominal[i] ?? 1) - 1)).toBeLessThanOrEqual(0.1001);
      expect(gap).toBeLessThanOrEqual(300_000 * 1.1);
    });
    expect(new Set(gaps.slice(-5)).size).toBeGreaterThan(1);
  });

  it('CA-W9: 25 names of 20 characters share a datagram of at most 1024 bytes, led by one VERSION', () => {
    const bench = new Bench();
    bench.addMany(60);
    const burst = bench.run();
    expect(burst.map((sent) => sent.cids.length)).toEqual([25, 25, 10]);
    for (const sent of burst) expect(sent.bytes).toBeLessThanOrEqual(1024);
  });

  it('CA-U2: every datagram has a sequence number of its own', () => {
    const bench = new Bench();
    bench.addMany(100);
    bench.runUntil(1000);
    const numbers = bench.sent.map((sent) => sent.sequence);
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  it('CA-U8: 10000 unresolvable names cost at most 64 datagrams per burst', () => {
    const bench = new Bench(300_000, seededRandom(1));
    bench.addMany(10_000);
    bench.runUntil(20_000);
    const bursts = new Map<number, number>();
    for (const { atMs } of bench.sent) bursts.set(atMs, (bursts.get(atMs) ?? 0) + 1);
    expect(Math.max(...bursts.values())).toBeLessThanOrEqual(64);
  });

  it('CA-U8: 10000 unresolvable names settle at about 1.4 datagrams a second', () => {
    const bench = new Bench(300_000, seededRandom(1));
    bench.addMany(10_000);
    bench.runUntil(1_800_000);
    const before = bench.sent.length;
    bench.runUntil(2_700_000);
    // The longest period of the doubling series below 300 s is 262 s.
    expect((bench.sent.length - before) / 900).toBeLessThan((10_000 / 25 / 262) * 1.2);
  });

  it('CA-U8: when all searches are answered the bursts double and 10000 names go out at once', () => {
    const bench = new Bench();
    bench.answer = (sent) => {
      for (const cid of sent.cids) bench.schedule.answered(cid, sent.sequence, bench.nowMs);
    };
    bench.addMany(10_000);
    bench.runUntil(1);
    expect(bench.schedule.size).toBe(0);
    expect(bench.sent.length).toBe(400);
  });

  it('CA-U8: after a loss only one datagram is sent per try', () => {
    const bench = new Bench();
    bench.addMany(1000);
    bench.run();
    bench.nowMs = 32;
    const fresh = bench.run();
    expect(fresh.length).toBe(16);
    // Once all have been searched, those that are searched again go out one by one.
    bench.runUntil(5000);
    const bursts = new Map<number, number>();
    for (const { atMs } of bench.sent.filter((sent) => sent.atMs > 1000)) {
      bursts.set(atMs, (bursts.get(atMs) ?? 0) + 1);
    }
    expect(Math.max(...bursts.values())).toBe(1);
  });

  it('CA-C24: a name added among 300 unresolvable ones is searched within 100 ms', () => {
    const bench = new Bench();
    bench.addMany(300);
    bench.runUntil(20_000);
    bench.schedule.add(777, 'NEW', bench.nowMs);
    const from = bench.sent.length;
    bench.runUntil(20_100);
    expect(bench.sent.slice(from).some((sent) => sent.cids.includes(777))).toBe(true);
  });

  it('CA-U10: a delayed name waits for its delay, then begins at the shortest period', () => {
    const bench = new Bench();
    bench.schedule.add(1, 'A', 0, 10_000);
    bench.runUntil(9_999);
    expect(bench.sent).toEqual([]);
    bench.runUntil(10_040);
    expect(bench.sent.map((sent) => sent.atMs)).toEqual([10_000, 10_032]);
  });

  it('CA-U3: an answered name is not searched any more, a second answer says so', () => {
    const bench = new Bench();
    bench.addMany(1);
    bench.run();
    expect(bench.schedule.answered(0, undefined, 5)).toBe(true);
    expect(bench.schedule.answered(0, undefined, 6)).toBe(false);
    bench.runUntil(100_000);
    expect(bench.sent.length).toBe(1);
  });

  it('CA-U2: answers with an unknown sequence count, but give no round trip sample', () => {
    const bench = new Bench();
    bench.addMany(2);
    const [sent] = bench.run();
    const before = bench.schedule.roundTripEstimateMs;
    bench.schedule.answered(0, 1, 900);
    expect(bench.schedule.roundTripEstimateMs).toBe(before);
    bench.schedule.answered(1, sent?.sequence, 900);
    expect(bench.schedule.roundTripEstimateMs).toBeGreaterThan(before);
  });

  it('CA-U8: the round trip estimate stays between 32 ms and 30 s', () => {
    const bench = new Bench();
    for (let i = 0; i < 50; i++) {
      bench.schedule.add(i, 'A', bench.nowMs);
      bench.runUntil(bench.nowMs);
      const [sent] = bench.sent.slice(-1);
      bench.nowMs += 1_000_000;
      bench.schedule.answered(i, sent?.sequence, bench.nowMs);
    }
    expect(bench.schedule.roundTripEstimateMs).toBe(30_000);
    expect(new Bench().schedule.roundTripEstimateMs).toBe(32);
  });

  it('CA-B1: a boost brings a name at the 300 s period back within 5 s', () => {
    const bench = new Bench(300_000, seededRandom(2));
    bench.addMany(3);
    bench.runUntil(2_000_000);
    const from = bench.sent.length;
    bench.schedule.boost(bench.nowMs);
    bench.runUntil(2_005_000);
    const again = new Set(bench.sent.slice(from).flatMap((sent) => sent.cids));
    expect([...again].sort((a, b) => a - b)).toEqual([0, 1, 2]);
  });

  it('CA-B1: a boost leaves names alone that are searched often anyway', () => {
    const bench = new Bench();
    bench.addMany(1);
    bench.runUntil(100);
    const next = bench.schedule.nextDeadline;
    bench.schedule.boost(bench.nowMs);
    expect(bench.schedule.nextDeadline).toBe(next);
  });

  it('an answer after a long pause speeds up the other names', () => {
    const bench = new Bench(300_000, seededRandom(4));
    bench.addMany(2);
    bench.runUntil(2_000_000);
    const from = bench.sent.length;
    bench.schedule.answered(0, undefined, bench.nowMs);
    bench.runUntil(2_005_000);
    expect(bench.sent.slice(from).some((sent) => sent.cids.includes(1))).toBe(true);
  });

  it('CA-U11: hurryUp searches all names at once and begins the periods anew', () => {
    const bench = new Bench();
    bench.addMany(3);
    bench.runUntil(100_000);
    const from = bench.sent.length;
    bench.schedule.hurryUp();
    bench.runUntil(100_040);
    const times = bench.sent.slice(from).map((sent) => sent.atMs - 100_000);
    expect(times).toEqual([0, 32]);
  });

  it('a removed name is not searched, whether it waited or was ready', () => {
    const bench = new Bench();
    bench.addMany(2);
    expect(bench.schedule.remove(0)).toBe(true);
    expect(bench.run()[0]?.cids).toEqual([1]);
    expect(bench.schedule.remove(1)).toBe(true);
    expect(bench.schedule.remove(1)).toBe(false);
    expect(bench.schedule.nextDeadline).toBe(Number.POSITIVE_INFINITY);
  });

  it('names that come and go leave nothing behind', () => {
    const bench = new Bench();
    for (let round = 0; round < 1000; round++) {
      bench.addMany(10);
      bench.run();
      for (let i = 0; i < 10; i++) bench.schedule.remove(i);
      bench.nowMs += 40;
    }
    expect(bench.schedule.size).toBe(0);
    expect(bench.schedule.nextDeadline).toBe(Number.POSITIVE_INFINITY);
  });

  it('searchesOf counts the searches of a name, requests and datagrams those of all', () => {
    const bench = new Bench();
    bench.addMany(2);
    bench.runUntil(100);
    expect(bench.schedule.searchesOf(0)).toBe(3);
    expect(bench.schedule.searchesOf(99)).toBe(0);
    expect(bench.schedule.requests).toBe(6);
    expect(bench.schedule.datagrams).toBe(3);
    expect(bench.schedule.has(1)).toBe(true);
  });
});
