import { describe, expect, it } from 'vitest';
import { noAlarm } from '../../../src/pv/alarm.ts';
import { emptyMetadata } from '../../../src/pv/metadata.ts';
import { Event, makeSnapshot, type PvValue, type Snapshot } from '../../../src/pv/model.ts';
import { SharedUpdate } from '../../../src/pv/shared-update.ts';
import { undefinedTime } from '../../../src/pv/time.ts';
import { QueueBudget, UpdateQueue } from '../../../src/pv/update-queue.ts';
import { structType, Value } from '../../../src/pvdata/index.ts';

const snap = (value: PvValue, mask: number = Event.Value): SharedUpdate<Snapshot> =>
  new SharedUpdate(makeSnapshot(value, noAlarm, undefinedTime, emptyMetadata), mask);
const drain = (queue: UpdateQueue<Snapshot>): unknown[] => {
  const list: unknown[] = [];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) list.push(next.data.value);
  return list;
};

describe('UpdateQueue (ARC-D-6)', () => {
  it('gives updates back in order, the same objects', () => {
    const queue = new UpdateQueue<Snapshot>(4);
    const updates = [snap(1), snap(2)];
    for (const update of updates) expect(queue.push(update)).toBe(true);
    expect(queue.first()).toBe(updates[0]);
    expect([queue.shift(), queue.shift(), queue.shift()]).toEqual([updates[0], updates[1], undefined]);
  });

  it('merges into the newest entry when full, so that the last value is never lost', () => {
    const queue = new UpdateQueue<Snapshot>(2);
    for (let i = 1; i <= 5; i++) queue.push(snap(i, i === 3 ? Event.Alarm : Event.Value));
    expect(queue.merged).toBe(3);
    expect(queue.maxLength).toBe(2);
    queue.shift();
    expect(queue.first()?.mask).toBe(Event.Value | Event.Alarm);
    expect(drain(queue)).toEqual([5]);
  });

  it('collapses to one entry when its limit falls below its length (CA-V12)', () => {
    const queue = new UpdateQueue<Snapshot>(4);
    for (let i = 1; i <= 3; i++) queue.push(snap(i));
    queue.setLimit(1);
    queue.push(snap(4));
    expect(queue.length).toBe(1);
    expect(drain(queue)).toEqual([4]);
  });

  it('marks what changed in any merged update, and as overrun what changed twice (PVA-W-65)', () => {
    const inner = structType('', { severity: 'int', message: 'string' });
    const desc = structType('', { value: 'double', alarm: inner, units: 'string' });
    const update = (content: object): SharedUpdate<Value> =>
      new SharedUpdate(Value.from(desc, content), Event.Value);
    const queue = new UpdateQueue<Value>(1);
    const sources = [
      update({ value: 1, units: 'mm' }),
      update({ value: 2 }),
      update({ alarm: { severity: 1 } }),
    ];
    for (const source of sources) queue.push(source);
    const merged = queue.shift();
    expect(merged?.data).toBe(sources[2]?.data);
    expect([...(merged?.changed ?? [])].map((bit) => desc.nameAt(bit))).toEqual([
      'value',
      'alarm.severity',
      'units',
    ]);
    expect([...(merged?.overrun ?? [])].map((bit) => desc.nameAt(bit))).toEqual(['value']);
    // Nothing was written to the data.
    expect([...(sources[2]?.data.marked() ?? [])]).toEqual(['alarm.severity']);
    expect(sources[0]?.overrun).toBeUndefined();
  });

  it('finds fields marked twice when one update marks the structure around them', () => {
    const inner = structType('', { severity: 'int', message: 'string' });
    const desc = structType('', { value: 'double', alarm: inner });
    const whole = new Value(desc);
    whole.mark('alarm');
    const queue = new UpdateQueue<Value>(1);
    queue.push(new SharedUpdate(whole, Event.Alarm));
    queue.push(new SharedUpdate(Value.from(desc, { alarm: { message: 'x' } }), Event.Alarm));
    expect([...(queue.first()?.overrun ?? [])].map((bit) => desc.nameAt(bit))).toEqual(['alarm.message']);
    queue.push(new SharedUpdate(Value.from(desc, { value: 2 }), Event.Value));
    expect([...(queue.first()?.overrun ?? [])].map((bit) => desc.nameAt(bit))).toEqual(['alarm.message']);
  });
});

describe('QueueBudget (ARC-S-8, CA-V10)', () => {
  const big = (n: number): SharedUpdate<Snapshot> => snap(new Float64Array(1000).fill(n));

  it('collapses every queue to its newest entry when the bytes are too many', () => {
    const budget = new QueueBudget({ maxBytes: 40_000 });
    const queues = [new UpdateQueue<Snapshot>(10, budget), new UpdateQueue<Snapshot>(10, budget)];
    for (let i = 1; i <= 3; i++) for (const queue of queues) queue.push(big(i));
    expect(budget.collapses).toBeGreaterThan(0);
    expect(budget.bytes).toBeLessThan(40_000);
    for (const queue of queues) {
      const last = drain(queue).at(-1) as Float64Array;
      expect(last[0]).toBe(3);
    }
    expect(budget.bytes).toBe(0);
    expect(budget.entries).toBe(0);
  });

  it('lets a single update pass that is larger than the budget', () => {
    const budget = new QueueBudget({ maxBytes: 100 });
    const queue = new UpdateQueue<Snapshot>(10, budget);
    queue.push(big(1));
    queue.push(big(2));
    expect((drain(queue).at(-1) as Float64Array)[0]).toBe(2);
    expect(budget.bytes).toBe(0);
  });

  it('guarantees each queue its entries when the connection has used up its own', () => {
    const budget = new QueueBudget({ maxEntries: 6, guaranteedEntries: 2 });
    const greedy = new UpdateQueue<Snapshot>(100, budget);
    const modest = new UpdateQueue<Snapshot>(100, budget);
    for (let i = 0; i < 20; i++) greedy.push(snap(i));
    for (let i = 0; i < 20; i++) modest.push(snap(i));
    expect(greedy.length).toBe(6);
    expect(modest.length).toBe(2);
    expect(drain(greedy).at(-1)).toBe(19);
    expect(drain(modest)).toEqual([0, 19]);
  });

  it('gets its share back from a queue that is cleared', () => {
    const budget = new QueueBudget();
    const queue = new UpdateQueue<Snapshot>(10, budget);
    queue.push(big(1));
    queue.push(snap(['some', 'text']));
    expect(budget.bytes).toBeGreaterThan(8000);
    queue.clear();
    expect(queue.length).toBe(0);
    expect(budget.bytes).toBe(0);
    expect(budget.entries).toBe(0);
  });
});
