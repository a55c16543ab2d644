import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ntScalarType } from '../../src/nt/index.ts';
import {
  Event,
  FanOut,
  leafMarks,
  localPeer,
  MonitorList,
  mergeUpdates,
  QueueBudget,
  SharedUpdate,
  UpdateQueue,
} from '../../src/pv/index.ts';
import { Value } from '../../src/pvdata/index.ts';
import type { BitSet } from '../../src/util/index.ts';

const desc = ntScalarType('double', { display: true, control: true });
const count = desc.fieldCount;
const bits = fc.uniqueArray(fc.integer({ min: 0, max: count - 1 }), { maxLength: 6 });

/** A Value that marks the given fields, structures included. */
function marking(offsets: readonly number[], n: number): Value {
  const value = new Value(desc);
  value.slots[desc.offsetOf('value')] = n;
  for (const offset of offsets) value.markAt(offset);
  return value;
}
const leaves = (marks: BitSet | undefined): number[] =>
  marks === undefined ? [] : [...leafMarks(desc, marks)];
const union = (lists: readonly (readonly number[])[]): number[] =>
  [...new Set(lists.flat())].sort((a, b) => a - b);

describe('merging updates (ARC-D-6, PVA-W-65)', () => {
  it('keeps the newest data, the OR of the marks, and as overrun what was marked more than once', () => {
    fc.assert(
      fc.property(fc.array(bits, { minLength: 1, maxLength: 8 }), (posts) => {
        const updates = posts.map((offsets, n) => new SharedUpdate(marking(offsets, n), Event.Value));
        const merged = updates.reduce((older, newer) => mergeUpdates(older, newer));
        const each = updates.map((update) => leaves(update.changed));
        const times = new Map<number, number>();
        for (const bit of each.flat()) times.set(bit, (times.get(bit) ?? 0) + 1);
        const twice = union(each).filter((bit) => (times.get(bit) ?? 0) > 1);
        expect(merged.data).toBe(updates.at(-1)?.data);
        expect(leaves(merged.changed)).toEqual(union(each));
        expect(leaves(merged.overrun)).toEqual(twice);
      }),
    );
  });

  it('gives the same in whatever groups it happens', () => {
    fc.assert(
      fc.property(bits, bits, bits, (a, b, c) => {
        const [x, y, z] = [a, b, c].map((offsets, n) => new SharedUpdate(marking(offsets, n), Event.Value));
        if (x === undefined || y === undefined || z === undefined) throw new Error('three updates');
        const left = mergeUpdates(mergeUpdates(x, y), z);
        const right = mergeUpdates(x, mergeUpdates(y, z));
        expect(leaves(left.changed)).toEqual(leaves(right.changed));
        expect(leaves(left.overrun)).toEqual(leaves(right.overrun));
        expect(left.data).toBe(right.data);
      }),
    );
  });

  it('does not change what was posted', () => {
    fc.assert(
      fc.property(bits, bits, (a, b) => {
        const values = [marking(a, 1), marking(b, 2)] as const;
        const before = values.map((value) => [value.marks.toString(), value.toString()]);
        mergeUpdates(new SharedUpdate(values[0], 1), new SharedUpdate(values[1], 1));
        expect(values.map((value) => [value.marks.toString(), value.toString()])).toEqual(before);
      }),
    );
  });
});

describe('queues', () => {
  const action = fc.oneof(
    fc.record({ kind: fc.constant('push' as const), queue: fc.nat(2), bits }),
    fc.record({ kind: fc.constant('shift' as const), queue: fc.nat(2) }),
    fc.record({
      kind: fc.constant('limit' as const),
      queue: fc.nat(2),
      limit: fc.integer({ min: 1, max: 5 }),
    }),
  );

  it('lose no mark and never the newest data, whatever their limits and budget', () => {
    fc.assert(
      fc.property(
        fc.array(action, { maxLength: 60 }),
        fc.integer({ min: 100, max: 5000 }),
        (actions, maxBytes) => {
          const budget = new QueueBudget({ maxBytes, maxEntries: 6, guaranteedEntries: 2 });
          const queues = [0, 1, 2].map(() => new UpdateQueue<Value>(3, budget));
          const pushed: number[][][] = [[], [], []];
          const seen: number[][][] = [[], [], []];
          const newest: (Value | undefined)[] = [];
          const delivered: (Value | undefined)[] = [];
          const take = (index: number): void => {
            const update = queues[index]?.shift();
            if (update === undefined) return;
            seen[index]?.push(leaves(update.changed));
            delivered[index] = update.data;
          };
          actions.forEach((step, n) => {
            const queue = queues[step.queue];
            if (step.kind === 'push') {
              const value = marking(step.bits, n);
              pushed[step.queue]?.push(leaves(value.marks));
              newest[step.queue] = value;
              queue?.push(new SharedUpdate(value, Event.Value));
            } else if (step.kind === 'shift') take(step.queue);
            else queue?.setLimit(step.limit);
            for (const other of queues) expect(other.length).toBeLessThanOrEqual(other.limit);
          });
          for (const [index, queue] of queues.entries()) {
            while (queue.length > 0) take(index);
            expect(union(seen[index] ?? [])).toEqual(union(pushed[index] ?? []));
            expect(delivered[index]).toBe(newest[index]);
          }
          expect(budget.bytes).toBe(0);
          expect(budget.entries).toBe(0);
        },
      ),
    );
  });
});

describe('fan-out to many masks', () => {
  it('brings every subscriber to the state that its events tell of (ARC-D-12)', () => {
    const post = fc.record({ bits, mask: fc.integer({ min: 1, max: 15 }) });
    fc.assert(
      fc.property(fc.array(post, { maxLength: 20 }), fc.integer({ min: 1, max: 15 }), (posts, mask) => {
        const monitors = new MonitorList<Value>();
        const fanOut = new FanOut<Value>({
          name: 'X',
          read: () => marking([], -1),
          monitor: (sink) => monitors.add(sink, marking([0], -1)),
        });
        const got: SharedUpdate<Value>[] = [];
        fanOut.subscribe(
          { onUpdate: (update) => void got.push(update), onClose: () => {} },
          { peer: localPeer(), mask, pvRequest: undefined },
        );
        let isPending = false;
        const held = new Set<number>();
        const wanted: number[][] = [];
        const valueBits = new Set(
          ['value', 'timeStamp'].flatMap((path) => leaves(marking([desc.offsetOf(path)], 0).marks)),
        );
        posts.forEach(({ bits: offsets, mask: events }, n) => {
          const value = marking(offsets, n);
          const marks = leaves(value.marks);
          if ((events & mask) === 0) {
            for (const bit of marks) if (!valueBits.has(bit)) held.add(bit);
            isPending = true;
          } else {
            wanted.push(union([marks, [...held]]));
            held.clear();
            isPending = false;
          }
          monitors.post(value, events);
        });
        expect(isPending || held.size === 0).toBe(true);
        expect(got.slice(1).map((update) => leaves(update.changed))).toEqual(wanted);
      }),
    );
  });
});
