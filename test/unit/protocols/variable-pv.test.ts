import { describe, expect, it } from 'vitest';
import { VariablePv, type VariablePvOptions } from '../../../src/protocols/variable-pv.ts';
import {
  Event,
  emptyMetadata,
  localPeer,
  makeAlarm,
  makeScalarType,
  makeTimeStamp,
  noAlarm,
  type Peer,
  ReadOperation,
  Rights,
  type Snapshot,
  WriteOperation,
} from '../../../src/pv/index.ts';
import { servedPvContract } from '../../../src/testing/index.ts';

const time = makeTimeStamp(1000, 5);

function make(options: Partial<VariablePvOptions> = {}): VariablePv {
  return new VariablePv({
    name: 'A:very:long:name',
    type: makeScalarType('float64'),
    meta: emptyMetadata,
    initial: { value: 0, alarm: noAlarm, time },
    refusal: 'not here',
    onFault: (error) => {
      throw error;
    },
    ...options,
  });
}

const peerOf = (protocol: Peer['protocol']): Peer => ({ ...localPeer(), protocol });

for (const { name, run } of servedPvContract(() => {
  const pv: VariablePv = make({
    write: (write) => pv.publish(write.value ?? 0, noAlarm, time),
  });
  return {
    pv,
    change: (n) => pv.publish(n, noAlarm, time),
    expected: (n) => n,
    put: { write: { element: 'float64', value: 77 }, expected: 77 },
    close: () => pv.close(),
  };
})) {
  it(`A-16 VariablePv: ${name}`, run);
}

describe('VariablePv', () => {
  it('EPS-E-35 without write it refuses in its own words, and says so to CA beforehand', () => {
    const pv = make();
    expect(() => pv.write({ element: 'float64', value: 1 }, new WriteOperation(localPeer(), true))).toThrow(
      'not here',
    );
    expect(pv.rights(peerOf('ca'))).toBe(Rights.Read);
    expect(pv.rights(peerOf('pva'))).toBe(Rights.ReadWrite);
    expect(make({ write: () => {} }).rights(peerOf('ca'))).toBe(Rights.ReadWrite);
  });

  it('has call, and the right to it, only when it is given', () => {
    expect('call' in make()).toBe(false);
    const pv = make({ call: () => null });
    expect(pv.rights(peerOf('ca')) & Rights.Call).toBe(Rights.Call);
  });

  it('tells an alarm event when severity or condition change', () => {
    const pv = make();
    const masks: number[] = [];
    pv.monitor(
      { update: (_data: Snapshot, mask) => masks.push(mask), close: () => {} },
      {
        peer: localPeer(),
        mask: 15,
        pvRequest: undefined,
      },
    );
    pv.publish(1, noAlarm, time);
    pv.publish(2, makeAlarm(1, 4), time);
    pv.publish(3, makeAlarm(1, 4), time);
    const value = Event.Value | Event.Log;
    expect(masks).toEqual([15, value, value | Event.Alarm, value]);
  });

  it('closes its monitors and its channels', () => {
    const pv = make();
    const closed: unknown[] = [];
    const reason = new Error('gone');
    pv.onClose((why) => closed.push(why));
    pv.monitor(
      { update: () => {}, close: (why) => closed.push(why) },
      {
        peer: localPeer(),
        mask: 15,
        pvRequest: undefined,
      },
    );
    pv.close(reason);
    pv.close();
    expect(closed).toEqual([reason, reason]);
    expect(pv.read(new ReadOperation('get', localPeer())).value).toBe(0);
  });
});
