import { describe, expect, it } from 'vitest';
import {
  BEACON_TIMEOUT_MS,
  BeaconTracker,
  MAX_TRACKED_SERVERS,
} from '../../../../src/pva/client/beacon-tracker.ts';
import type { Beacon } from '../../../../src/pva/core/index.ts';

function beacon(changes: Partial<Beacon> = {}): Beacon {
  return {
    guid: 'a',
    flags: 0,
    sequence: 0,
    changeCount: 0,
    address: '',
    port: 5075,
    protocol: 'tcp',
    ...changes,
  };
}

describe('BeaconTracker', () => {
  it('W-96: tells a new server, a restart, a change of names, and nothing new', () => {
    const tracker = new BeaconTracker();
    expect(tracker.note(beacon(), '10.0.0.1', 0)).toBe('online');
    expect(tracker.note(beacon({ sequence: 1 }), '10.0.0.1', 1)).toBe('known');
    expect(tracker.note(beacon({ changeCount: 1 }), '10.0.0.1', 2)).toBe('changed');
    expect(tracker.note(beacon({ guid: 'b', changeCount: 1 }), '10.0.0.1', 3)).toBe('restarted');
    expect(tracker.note(beacon({ guid: 'b', port: 9 }), '10.0.0.1', 4)).toBe('online');
    expect(tracker.size).toBe(2);
  });

  it('W-96: a server that is silent for 360 s is gone, others stay', () => {
    const tracker = new BeaconTracker();
    tracker.note(beacon(), '10.0.0.1', 0);
    tracker.note(beacon(), '10.0.0.2', 1000);
    expect(tracker.sweep(BEACON_TIMEOUT_MS - 1)).toEqual([]);
    expect(tracker.sweep(BEACON_TIMEOUT_MS).map((server) => server.address)).toEqual(['10.0.0.1']);
    expect([...tracker.servers()].map((server) => server.address)).toEqual(['10.0.0.2']);
    expect(tracker.note(beacon(), '10.0.0.1', BEACON_TIMEOUT_MS)).toBe('online');
  });

  it('W-96: at most 20 000 servers are tracked', () => {
    const tracker = new BeaconTracker();
    for (let i = 0; i < MAX_TRACKED_SERVERS; i++) tracker.note(beacon(), `host ${i}`, 0);
    expect(tracker.note(beacon(), 'one more', 0)).toBe('known');
    expect(tracker.size).toBe(MAX_TRACKED_SERVERS);
  });
});
