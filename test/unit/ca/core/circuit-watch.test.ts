import { expect, test } from 'vitest';
import { CircuitWatch } from '../../../../src/ca/core/index.ts';

function watch(): { readonly watch: CircuitWatch; readonly events: string[] } {
  const events: string[] = [];
  const made = new CircuitWatch(
    {
      probe: () => events.push('probe'),
      onUnresponsive: () => events.push('unresponsive'),
      onResponsive: () => events.push('responsive'),
    },
    { idleMs: 30_000, probeMs: 5000 },
  );
  return { watch: made, events };
}

test('is asleep until it is started', () => {
  const { watch: w, events } = watch();
  expect(w.deadline).toBe(Number.POSITIVE_INFINITY);
  w.tick(1e9);
  expect(events).toEqual([]);
});

test('a beacon puts the probe off while idle only', () => {
  const { watch: w, events } = watch();
  w.start(0);
  w.beacon(20_000);
  expect(w.deadline).toBe(50_000);
  w.tick(50_000);
  w.beacon(51_000);
  expect(w.deadline).toBe(55_000);
  w.tick(55_000);
  expect(events).toEqual(['probe', 'probe', 'unresponsive']);
  expect(w.isUnresponsive).toBe(true);
});

test('a beacon anomaly probes at once, and once', () => {
  const { watch: w, events } = watch();
  w.start(0);
  w.probeNow(1000);
  w.probeNow(2000);
  expect(events).toEqual(['probe']);
  w.heard(1500);
  expect(w.deadline).toBe(31_500);
});

test('a peer that speaks once and is silent again stays unresponsive', () => {
  const { watch: w, events } = watch();
  w.start(0);
  w.tick(30_000);
  w.tick(35_000);
  w.heard(40_000);
  w.tick(45_000);
  expect(w.isUnresponsive).toBe(true);
  w.heard(50_000);
  w.heard(50_100);
  expect(events).toEqual(['probe', 'probe', 'unresponsive', 'probe', 'probe', 'responsive']);
  expect(w.isUnresponsive).toBe(false);
});
