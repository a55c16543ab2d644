import { describe, expect, it } from 'vitest';
import { makeAlarm, noAlarm } from '../../../src/pv/alarm.ts';
import { asStruct, StructViews } from '../../../src/pv/as-struct.ts';
import { makeMetadata } from '../../../src/pv/metadata.ts';
import { type ElementType, Event, makeSnapshot, type PvValue, type Snapshot } from '../../../src/pv/model.ts';
import { MonitorList } from '../../../src/pv/monitor-list.ts';
import { NtLayout } from '../../../src/pv/nt-layout.ts';
import { localPeer, ReadOperation, WriteOperation } from '../../../src/pv/op-context.ts';
import { makeScalarType } from '../../../src/pv/scalar-type.ts';
import { SharedPv } from '../../../src/pv/shared-pv.ts';
import {
  isStructPv,
  Rights,
  type ScalarWrite,
  type ServedScalarPv,
  type ServedStructPv,
} from '../../../src/pv/source.ts';
import { makeTimeStamp } from '../../../src/pv/time.ts';
import { Value } from '../../../src/pvdata/index.ts';
import { servedPvContract } from '../../../src/testing/index.ts';

const peer = localPeer();
const meta = makeMetadata({
  description: 'a motor',
  units: 'mm',
  precision: 3,
  form: 4,
  display: { low: -1, high: 1 },
  control: { low: -2, high: 2, minStep: 0.5 },
  alarmLimits: {
    isActive: true,
    lolo: -4,
    low: -3,
    high: 3,
    hihi: 4,
    loloSeverity: 2,
    lowSeverity: 1,
    highSeverity: 1,
    hihiSeverity: 2,
    hysteresis: 0.1,
  },
});
const at = (seconds: number): ReturnType<typeof makeTimeStamp> => makeTimeStamp(seconds, 5, 6);

class Scalar implements ServedScalarPv {
  readonly name = 'X';
  readonly className = 'ai';
  readonly type;
  readonly monitors = new MonitorList<Snapshot>();
  readonly writes: ScalarWrite[] = [];
  state: Snapshot;
  constructor(element: ElementType, state: Snapshot, isArray = false) {
    this.type = makeScalarType(element, { isArray });
    this.state = state;
  }
  rights(): Rights {
    return Rights.ReadWrite;
  }
  read(): Snapshot {
    return this.state;
  }
  write(write: ScalarWrite): void {
    this.writes.push(write);
  }
  monitor(sink: Parameters<ServedScalarPv['monitor']>[0]): () => void {
    return this.monitors.add(sink, this.state);
  }
  onClose(): () => void {
    return () => {};
  }
}

function structOf(pv: ServedScalarPv): ServedStructPv {
  const view = asStruct(pv);
  if (!isStructPv(view)) throw new Error('no structure');
  return view;
}

function collect(pv: ServedStructPv): { values: Value[]; masks: number[]; marked: () => string[][] } {
  const values: Value[] = [];
  const masks: number[] = [];
  pv.monitor(
    {
      update: (value, mask) => {
        values.push(value);
        masks.push(mask);
      },
      close: () => {},
    },
    { peer, mask: 15, pvRequest: undefined },
  );
  return { values, masks, marked: () => values.map((value) => [...value.marked()]) };
}

describe('asStruct types (ARC-D-14)', () => {
  it('serves scalars, arrays and enums as the normative type of their kind', () => {
    const of = (element: ElementType, isArray = false): string => {
      const { desc } = new NtLayout(makeScalarType(element, { isArray }));
      return `${desc.id} ${desc.fieldAt(desc.offsetOf('value')).typeName}`;
    };
    expect(of('float64')).toBe('epics:nt/NTScalar:1.0 double');
    expect(of('uint8', true)).toBe('epics:nt/NTScalarArray:1.0 ubyte[]');
    expect(of('enum')).toBe('epics:nt/NTEnum:1.0 structure');
    expect(of('enum', true)).toBe('epics:nt/NTScalarArray:1.0 ushort[]');
    expect(of('boolean')).toBe('epics:nt/NTScalar:1.0 boolean');
    expect(of('string')).toBe('epics:nt/NTScalar:1.0 string');
  });

  it('has limits, form and precision for numbers only', () => {
    const has = (element: ElementType): string[] => {
      const { desc } = new NtLayout(makeScalarType(element));
      return desc.members.map((member) => member.name);
    };
    expect(has('int16')).toEqual(['value', 'alarm', 'timeStamp', 'display', 'control', 'valueAlarm']);
    expect(has('string')).toEqual(['value', 'alarm', 'timeStamp', 'display']);
    expect(has('enum')).toEqual(['value', 'alarm', 'timeStamp', 'display']);
  });
});

describe('asStruct values', () => {
  it('fills every leaf from the snapshot and marks it', async () => {
    const pv = new Scalar('float64', makeSnapshot(2.5, makeAlarm(2, 3), at(1000), meta));
    const value = await structOf(pv).read(new ReadOperation('get', peer));
    expect(value.toObject()).toMatchObject({
      value: 2.5,
      alarm: { severity: 2, status: 1, message: 'HIHI' },
      timeStamp: { secondsPastEpoch: 1000, nanoseconds: 5, userTag: 6 },
      display: {
        limitLow: -1,
        limitHigh: 1,
        description: 'a motor',
        units: 'mm',
        precision: 3,
        form: {
          index: 4,
          choices: ['Default', 'String', 'Binary', 'Decimal', 'Hex', 'Exponential', 'Engineering'],
        },
      },
      control: { limitLow: -2, limitHigh: 2, minStep: 0.5 },
      valueAlarm: {
        active: true,
        lowAlarmLimit: -4,
        lowWarningLimit: -3,
        highWarningLimit: 3,
        highAlarmLimit: 4,
        lowAlarmSeverity: 2,
        lowWarningSeverity: 1,
        highWarningSeverity: 1,
        highAlarmSeverity: 2,
        hysteresis: 0.1,
      },
    });
    expect([...value.marked()]).toHaveLength(7 + 7 + 3 + 10);
  });

  it('holds limits beyond the range of an integer type at its ends', async () => {
    const wide = makeMetadata({
      display: { low: -1e10, high: 1e10 },
      control: { low: Number.NaN, high: 3.7 },
    });
    const pv = new Scalar('int16', makeSnapshot(1, noAlarm, at(1), wide));
    const value = await structOf(pv).read(new ReadOperation('get', peer));
    expect(value.toObject()).toMatchObject({
      display: { limitLow: -32768, limitHigh: 32767 },
      control: { limitLow: 0, limitHigh: 3 },
    });
    const long = new Scalar('uint64', makeSnapshot(1n, noAlarm, at(1), wide));
    const big = await structOf(long).read(new ReadOperation('get', peer));
    expect([big.get('display.limitLow'), big.get('display.limitHigh')]).toEqual([0n, 10_000_000_000n]);
  });

  it('shows an enum by index and choices', async () => {
    const pv = new Scalar('enum', makeSnapshot(1, noAlarm, at(1), makeMetadata({ choices: ['a', 'b'] })));
    const value = await structOf(pv).read(new ReadOperation('get', peer));
    expect(value.toObject()).toMatchObject({ value: { index: 1, choices: ['a', 'b'] } });
  });

  it('fills every leaf anew for another state with the same metadata', async () => {
    const pv = new Scalar('float64', makeSnapshot(1, makeAlarm(2, 3), at(1), meta));
    const view = structOf(pv);
    const first = await view.read(new ReadOperation('get', peer));
    pv.state = makeSnapshot(2.5, noAlarm, at(1000), meta);
    const second = await view.read(new ReadOperation('get', peer));
    const fresh = await structOf(new Scalar('float64', pv.state)).read(new ReadOperation('get', peer));
    expect(second.toObject()).toEqual(fresh.toObject());
    expect([...second.marked()]).toEqual([...fresh.marked()]);
    expect([first.get('value'), first.get('alarm.severity')]).toEqual([1, 2]);
    pv.state = makeSnapshot(2.5, noAlarm, at(1000), makeMetadata({ units: 'nm' }));
    expect((await view.read(new ReadOperation('get', peer))).get('display.units')).toBe('nm');
  });

  it('gives one structure for one snapshot, read or monitored', async () => {
    const pv = new Scalar('float64', makeSnapshot(1, noAlarm, at(1), meta));
    const view = structOf(pv);
    const first = await view.read(new ReadOperation('get', peer));
    expect(await view.read(new ReadOperation('get', peer))).toBe(first);
    expect(collect(view).values[0]).toBe(first);
  });
});

describe('asStruct marks (ARC-D-12)', () => {
  const time = ['timeStamp.secondsPastEpoch', 'timeStamp.nanoseconds', 'timeStamp.userTag'];
  const start = (): {
    pv: Scalar;
    seen: ReturnType<typeof collect>;
    post: (s: Snapshot, mask: number) => string[];
  } => {
    const pv = new Scalar('float64', makeSnapshot(1, noAlarm, at(1), meta));
    const seen = collect(structOf(pv));
    return {
      pv,
      seen,
      post: (snapshot, mask) => {
        pv.state = snapshot;
        pv.monitors.post(snapshot, mask);
        return seen.marked().at(-1) ?? [];
      },
    };
  };

  it('marks value and time for VALUE, LOG and ALARM, changed or not', () => {
    for (const mask of [Event.Value, Event.Log, Event.Alarm]) {
      const { post } = start();
      expect(post(makeSnapshot(1, noAlarm, at(1), meta), mask)).toEqual(['value', ...time]);
    }
  });

  it('marks of alarm and metadata only the leaves that differ', () => {
    const { post, seen } = start();
    expect(post(makeSnapshot(2, makeAlarm(1, 4), at(2), meta), Event.Value | Event.Alarm)).toEqual([
      'value',
      'alarm.severity',
      'alarm.status',
      'alarm.message',
      ...time,
    ]);
    expect(post(makeSnapshot(2, makeAlarm(2, 4), at(2), meta), Event.Alarm)).toEqual([
      'value',
      'alarm.severity',
      ...time,
    ]);
    const cm = makeMetadata({ ...meta, units: 'cm' });
    expect(post(makeSnapshot(2, makeAlarm(2, 4), at(2), cm), Event.Property)).toEqual(['display.units']);
    expect(seen.masks.at(-1)).toBe(Event.Property);
  });

  it('adds PROPERTY when the poster forgot it (ARC-D-10)', () => {
    const { post, seen } = start();
    post(makeSnapshot(2, noAlarm, at(2), makeMetadata({ ...meta, precision: 9 })), Event.Value);
    expect(seen.masks.at(-1)).toBe(Event.Value | Event.Property);
    expect(seen.marked().at(-1)).toContain('display.precision');
  });

  it('carries the complete state where nothing of it is marked', () => {
    const { post, seen } = start();
    const cm = makeMetadata({ ...meta, units: 'cm' });
    expect(post(makeSnapshot(7, noAlarm, at(9), cm), Event.Property)).toEqual(['display.units']);
    const last = seen.values.at(-1);
    expect([last?.get('value'), last?.get('timeStamp.secondsPastEpoch')]).toEqual([7, 9]);
  });

  it('never changes a structure that was delivered', () => {
    const { post, seen } = start();
    post(makeSnapshot(2, makeAlarm(1, 4), at(2), meta), Event.Value);
    post(makeSnapshot(3, noAlarm, at(3), meta), Event.Value);
    expect(seen.values.map((value) => value.get('value'))).toEqual([1, 2, 3]);
    expect(seen.values.map((value) => value.get('alarm.severity'))).toEqual([0, 1, 0]);
  });

  it('converts one update once for several monitors', () => {
    const pv = new Scalar('float64', makeSnapshot(1, noAlarm, at(1), meta));
    const view = structOf(pv);
    const [a, b] = [collect(view), collect(view)];
    pv.monitors.post(makeSnapshot(2, noAlarm, at(2), meta), Event.Value);
    expect(a.values[1]).toBe(b.values[1]);
  });
});

describe('asStruct writes', () => {
  const write = async (
    element: ElementType,
    state: PvValue,
    content: object,
  ): Promise<ScalarWrite | undefined> => {
    const pv = new Scalar(
      element,
      makeSnapshot(state, noAlarm, at(1), makeMetadata({ choices: ['a', 'b'] }, element)),
    );
    const view = structOf(pv);
    await view.write?.(Value.from(view.type.desc, content), new WriteOperation(peer, true));
    return pv.writes[0];
  };

  it('passes the value that was sent, of an enum its index', async () => {
    expect(await write('int16', 0, { value: 5 })).toEqual({ element: 'int16', value: 5 });
    expect(await write('enum', 0, { value: { index: 1 } })).toEqual({ element: 'enum', value: 1 });
    expect(await write('int64', 0n, { value: 5 })).toEqual({ element: 'int64', value: 5n });
  });

  it('passes undefined when no value was sent (ARC 2.7)', async () => {
    expect(await write('int16', 0, { timeStamp: { userTag: 3 } })).toEqual({
      element: 'int16',
      value: undefined,
    });
    expect(await write('enum', 0, { value: { choices: ['x'] } })).toEqual({
      element: 'enum',
      value: undefined,
    });
  });
});

describe('asStruct adapters', () => {
  it('leaves structures and untyped PVs as they are', () => {
    const untyped = new SharedPv().served;
    expect(asStruct(untyped)).toBe(untyped);
    const struct = new SharedPv().open(new Value(new NtLayout(makeScalarType('int32')).desc)).served;
    expect(asStruct(struct)).toBe(struct);
  });

  it('is one per PV from one StructViews', () => {
    const pv = new Scalar('float64', makeSnapshot(1, noAlarm, at(1), meta));
    const views = new StructViews();
    expect(views.of(pv)).toBe(views.of(pv));
    expect(new StructViews().of(pv)).not.toBe(views.of(pv));
  });

  it('has the abilities of the PV and no others', () => {
    const pv = new Scalar('float64', makeSnapshot(1, noAlarm, at(1), meta));
    const view = structOf(pv);
    expect(view).toMatchObject({ write: expect.any(Function), call: undefined, monitorKey: undefined });
  });
});

describe('asStruct of a scalar PV keeps the contract', () => {
  const cases = servedPvContract(() => {
    const pv = SharedPv.mailbox({ element: 'float64', value: 0, meta: { units: 'mm' } });
    const view = asStruct(pv.served);
    if (!isStructPv(view)) throw new Error('no structure');
    return {
      pv: view,
      change: (n) => pv.post({ value: n, alarm: makeAlarm(n % 2 === 0 ? 0 : 1, 0), meta: { precision: n } }),
      expected: (n) => n,
      put: { write: Value.from(view.type.desc, { value: 4 }), expected: 4 },
      badPut: Value.from(view.type.desc, { timeStamp: { userTag: 1 } }),
      close: () => pv.close(),
    };
  });
  for (const { name, run } of cases) it(name, run);
});
