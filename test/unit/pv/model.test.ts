import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { ntScalarType } from '../../../src/nt/index.ts';
import { fromNtAlarm, makeAlarm, noAlarm } from '../../../src/pv/alarm.ts';
import { asScalar } from '../../../src/pv/as-scalar.ts';
import { emptyMetadata, makeMetadata } from '../../../src/pv/metadata.ts';
import { Event, makeSnapshot } from '../../../src/pv/model.ts';
import { localPeer, ReadOperation } from '../../../src/pv/op-context.ts';
import { SharedPv } from '../../../src/pv/shared-pv.ts';
import { isScalarPv, type ServedPv } from '../../../src/pv/source.ts';
import { fromDate, fromNanoseconds, makeTimeStamp, undefinedTime } from '../../../src/pv/time.ts';
import { Value } from '../../../src/pvdata/index.ts';

setFlagsFromString('--allow-natives-syntax');
const hasSameMap = runInNewContext('(a, b) => %HaveSameMap(a, b)') as (a: object, b: object) => boolean;
const read = new ReadOperation('get', localPeer());

async function snapshotOf(pv: ServedPv) {
  const scalar = await asScalar(pv);
  if (scalar === undefined || !isScalarPv(scalar)) throw new Error('no scalar');
  return scalar.read(read);
}

describe('model objects (ARC-P-17)', () => {
  it('have one shape, whoever made them', async () => {
    const made = makeSnapshot(1.5, noAlarm, undefinedTime, emptyMetadata);
    const scalar = new SharedPv().open({ value: 2.5, time: makeTimeStamp(1, 2), element: 'float64' });
    scalar.post({ meta: { units: 'mm' }, value: 3.5 });
    const struct = new SharedPv().open(Value.from(ntScalarType('double'), { value: 4.5 }));
    for (const other of [await snapshotOf(scalar.served), await snapshotOf(struct.served)]) {
      expect(hasSameMap(made, other)).toBe(true);
      expect(hasSameMap(made.time, other.time)).toBe(true);
      expect(hasSameMap(made.alarm, other.alarm)).toBe(true);
      expect(hasSameMap(makeMetadata({ units: 'x' }), other.meta)).toBe(true);
    }
    expect(hasSameMap(makeAlarm(1, 2, 'x', 3), fromNtAlarm(1, 2, 'y'))).toBe(true);
    expect(hasSameMap(fromDate(new Date(0)), fromNanoseconds(5n))).toBe(true);
  });

  it('cannot be changed while checks are on (ARC-D-9)', () => {
    const snapshot = makeSnapshot(Float64Array.of(1), noAlarm, undefinedTime, emptyMetadata);
    for (const object of [snapshot, snapshot.alarm, snapshot.time, snapshot.meta]) {
      expect(Object.isFrozen(object)).toBe(true);
    }
    expect(Object.isFrozen(snapshot.value)).toBe(false);
  });

  it('have the event bits of Channel Access', () => {
    expect(Event).toEqual({ Value: 1, Log: 2, Alarm: 4, Property: 8, All: 15 });
  });
});
