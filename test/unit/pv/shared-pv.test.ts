import { describe, expect, it, vi } from 'vitest';
import { ntEnumType, ntScalarType } from '../../../src/nt/index.ts';
import { makeAlarm } from '../../../src/pv/alarm.ts';
import { Event, type EventMask, Severity, type Snapshot } from '../../../src/pv/model.ts';
import { localPeer, ReadOperation, WriteOperation } from '../../../src/pv/op-context.ts';
import { SharedPv } from '../../../src/pv/shared-pv.ts';
import { isScalarPv, isStructPv, Rights, type ServedPv } from '../../../src/pv/source.ts';
import { Value } from '../../../src/pvdata/index.ts';
import { ManualClock, servedPvContract } from '../../../src/testing/index.ts';
import { EpicsErrorCode } from '../../../src/util/index.ts';

const peer = localPeer();
const wish = { peer, mask: Event.All, pvRequest: undefined };
const scalarType = ntScalarType('double', { display: true });

function watch(pv: ServedPv): {
  data: (Snapshot | Value)[];
  masks: EventMask[];
  closed: (Error | undefined)[];
} {
  const seen = {
    data: [] as (Snapshot | Value)[],
    masks: [] as EventMask[],
    closed: [] as (Error | undefined)[],
  };
  const sink = {
    update: (data: Snapshot | Value, mask: EventMask) => {
      seen.data.push(data);
      seen.masks.push(mask);
    },
    close: (reason?: Error) => seen.closed.push(reason),
  };
  if (isScalarPv(pv)) pv.monitor(sink, wish);
  else if (isStructPv(pv)) pv.monitor(sink, wish);
  return seen;
}

describe('SharedPv as a structure', () => {
  const open = (handlers = {}): { pv: SharedPv; clock: ManualClock } => {
    const clock = new ManualClock(1_700_000_000_000);
    return {
      pv: new SharedPv({ name: 'X', clock, ...handlers }).open(Value.from(scalarType, { value: 1 })),
      clock,
    };
  };

  it("copies the marked fields of a post, so that the Value stays the caller's (PVA-D-7)", () => {
    const { pv } = open();
    const seen = watch(pv.served);
    const mine = Value.from(scalarType, { value: 2 });
    pv.post(mine);
    mine.set('value', 3);
    expect([...mine.marked()]).toEqual(['value']);
    expect(seen.data.map((data) => (data as Value).get('value'))).toEqual([1, 2]);
    pv.post(Value.from(scalarType, { alarm: { severity: 1 } }));
    const last = seen.data[2] as Value;
    expect([...last.marked()]).toEqual(['alarm.severity']);
    expect(last.get('value')).toBe(2);
  });

  it('says by the mask what was marked (ARC-D-13)', () => {
    const { pv } = open();
    const seen = watch(pv.served);
    pv.post(Value.from(scalarType, { value: 2 }));
    pv.post(Value.from(scalarType, { alarm: { severity: 1 } }));
    pv.post(Value.from(scalarType, { display: { units: 'mm' } }));
    pv.post(Value.from(scalarType, { timeStamp: { userTag: 1 } }));
    pv.post(Value.from(scalarType, { value: 4 }), { mask: Event.Log });
    expect(seen.masks).toEqual([15, 3, 4, 8, 15, 2]);
  });

  it('refuses a post of another type (PVA-S-4)', () => {
    const { pv } = open();
    expect(() => pv.post(new Value(ntScalarType('double')))).toThrow(
      expect.objectContaining({ code: EpicsErrorCode.Type }),
    );
  });

  it('takes a bare value and gives it the current time', () => {
    const { pv, clock } = open();
    clock.advance(1500);
    pv.post(2.5);
    const state = pv.fetch() as Value;
    expect(state.get('value')).toBe(2.5);
    expect(state.get('timeStamp.secondsPastEpoch')).toBe(1_700_000_001);
    expect(state.get('timeStamp.nanoseconds')).toBe(500_000_000);
  });

  it('takes a plain object for some of the fields', () => {
    const { pv } = open();
    pv.post({ value: 5, alarm: { message: 'x' } });
    expect((pv.fetch() as Value).toObject()).toMatchObject({ value: 5, alarm: { message: 'x' } });
    expect(() => pv.post({ nothing: 1 })).toThrow(expect.objectContaining({ code: EpicsErrorCode.Field }));
  });

  it('takes a choice or an index for an enum', () => {
    const pv = new SharedPv().open(Value.from(ntEnumType(), { value: { choices: ['a', 'b'] } }));
    pv.post('b');
    expect((pv.fetch() as Value).get('value.index')).toBe(1);
    pv.post(0);
    expect((pv.fetch() as Value).get('value.index')).toBe(0);
    expect(() => pv.post('c')).toThrow(expect.objectContaining({ code: EpicsErrorCode.Convert }));
  });

  it('hands arrays over, and copies them when asked (ARC-D-15)', () => {
    const type = ntScalarType('double');
    const arrays = new SharedPv().open({ element: 'float64', value: new Float64Array(2) });
    const array = Float64Array.of(1, 2);
    arrays.post(array);
    expect((arrays.fetch() as Snapshot).value).toBe(array);
    arrays.post(array, { copy: true });
    expect((arrays.fetch() as Snapshot).value).not.toBe(array);
    expect((arrays.fetch() as Snapshot).value).toEqual(array);
    expect(type).toBe(ntScalarType('double'));
  });

  it('marks for a read every field that was ever given', async () => {
    const { pv } = open();
    pv.post(Value.from(scalarType, { display: { units: 'mm' } }));
    const { served } = pv;
    if (!isStructPv(served)) throw new Error('not a structure');
    const state = await served.read(new ReadOperation('get', peer));
    expect([...state.marked()]).toEqual(['value', 'display.units']);
  });

  it('takes an initial Value without marks for complete', async () => {
    const pv = new SharedPv().open(new Value(scalarType));
    const { served } = pv;
    if (!isStructPv(served)) throw new Error('not a structure');
    const state = await served.read(new ReadOperation('get', peer));
    expect(state.isMarked('display.units')).toBe(true);
  });
});

describe('SharedPv as a scalar', () => {
  it('has the type that it is opened with', () => {
    const typeOf = (initial: Parameters<SharedPv['open']>[0]): unknown =>
      new SharedPv().open(initial).served.type;
    expect(typeOf({ element: 'int32' })).toEqual({
      kind: 'scalar',
      element: 'int32',
      isArray: false,
      caCount: 1,
      caText: false,
    });
    expect(typeOf({ element: 'float64', value: Float64Array.of(1, 2, 3) })).toMatchObject({
      isArray: true,
      caCount: 3,
    });
    expect(typeOf({ element: 'string', value: 'abc', caText: true })).toMatchObject({
      isArray: false,
      caCount: 256,
    });
  });

  it('says by the mask which parts were posted, and keeps the others', () => {
    const clock = new ManualClock();
    const pv = new SharedPv({ clock }).open({ element: 'float64', value: 1, meta: { units: 'mm' } });
    const seen = watch(pv.served);
    pv.post(2);
    pv.post({ alarm: makeAlarm(Severity.Major, 3) });
    pv.post({ value: 3, alarm: makeAlarm(Severity.Major, 3) });
    pv.post({ meta: { units: 'cm' } });
    pv.post({ meta: { units: 'cm' } });
    pv.post({ value: 4, meta: { precision: 2 } });
    expect(seen.masks).toEqual([15, 3, 4, 3, 8, 3, 11]);
    expect(pv.fetch()).toMatchObject({
      value: 4,
      alarm: { severity: 2 },
      meta: { units: 'cm', precision: 2 },
    });
  });

  it('converts what is posted and refuses what does not fit', () => {
    const pv = new SharedPv().open({ element: 'int16', value: 1 });
    pv.post(2.7);
    expect((pv.fetch() as Snapshot).value).toBe(2);
    expect(() => pv.post(1e9)).toThrow(expect.objectContaining({ code: EpicsErrorCode.Convert }));
    expect(() => pv.post(new Value(scalarType))).toThrow(
      expect.objectContaining({ code: EpicsErrorCode.Type }),
    );
  });
});

describe('SharedPv life', () => {
  it('is untyped until opened, and then tells who waits (PVA-S-4)', async () => {
    const pv = new SharedPv({ name: 'X' });
    const before = pv.served;
    expect(before.type).toBeUndefined();
    pv.open({ element: 'float64', value: 1 });
    const opened = 'opened' in before ? await before.opened : undefined;
    expect(opened).toBe(pv.served);
    expect(pv.served).toBe(pv.served);
  });

  it('refuses a second open, and posts and fetches while closed', () => {
    const pv = new SharedPv({ name: 'X' });
    expect(() => pv.post(1)).toThrow(expect.objectContaining({ code: EpicsErrorCode.Closed }));
    expect(() => pv.fetch()).toThrow(expect.objectContaining({ code: EpicsErrorCode.Closed }));
    pv.open({ element: 'float64' });
    expect(() => pv.open({ element: 'float64' })).toThrow(/already open/);
  });

  it('ends all monitors and channels at close, and may be opened with another type', () => {
    const pv = new SharedPv().open({ element: 'float64' });
    const seen = watch(pv.served);
    const closes: unknown[] = [];
    pv.served.onClose((reason) => closes.push(reason));
    const reason = new Error('retyped');
    pv.close(reason);
    pv.close();
    expect(seen.closed).toEqual([reason]);
    expect(closes).toEqual([reason]);
    expect(pv.isOpen).toBe(false);
    pv.open(Value.from(scalarType, { value: 1 }));
    expect(isStructPv(pv.served)).toBe(true);
  });

  it('tells who learns of the opening only after the close that it is closed', async () => {
    const pv = new SharedPv();
    const before = pv.served;
    pv.open({ element: 'int32' });
    const reason = new Error('short');
    pv.close(reason);
    const late = 'opened' in before ? await before.opened : undefined;
    if (late === undefined || !isScalarPv(late)) throw new Error('not a scalar');
    const seen = watch(late);
    const closes: unknown[] = [];
    late.onClose((why) => closes.push(why))();
    expect(closes).toEqual([reason]);
    expect(seen.data).toHaveLength(0);
    expect(seen.closed).toHaveLength(1);
  });

  it('gives out structures that cannot be changed while checks are on (ARC-D-9)', () => {
    const pv = new SharedPv().open(Value.from(scalarType, { value: 1 }));
    const seen = watch(pv.served);
    pv.post(2);
    for (const data of seen.data) expect(() => (data as Value).set('alarm.severity', 1)).toThrow(TypeError);
    (pv.fetch() as Value).set('value', 5);
    expect((pv.fetch() as Value).get('value')).toBe(2);
  });

  it('counts the channels of all clients, opened or not', () => {
    const onFirstAttach = vi.fn();
    const onLastDetach = vi.fn();
    const pv = new SharedPv({ onFirstAttach, onLastDetach });
    const first = pv.served.attach?.(peer);
    pv.open({ element: 'float64' });
    const second = pv.served.attach?.(peer);
    expect(pv.attachedCount).toBe(2);
    first?.();
    first?.();
    expect(onLastDetach).not.toHaveBeenCalled();
    second?.();
    expect(onFirstAttach).toHaveBeenCalledExactlyOnceWith(pv);
    expect(onLastDetach).toHaveBeenCalledExactlyOnceWith(pv);
  });

  it('posts what a read finds before it is answered', async () => {
    const pv: SharedPv = new SharedPv({
      read: async (self) => {
        await Promise.resolve();
        self.post(42);
      },
    }).open({ element: 'int32' });
    const seen = watch(pv.served);
    const { served } = pv;
    if (!isScalarPv(served)) throw new Error('not a scalar');
    expect((await served.read(new ReadOperation('get', peer))).value).toBe(42);
    expect(seen.data).toHaveLength(2);
  });
});

describe('SharedPv puts and calls', () => {
  const write = async (pv: SharedPv, value: number | Value): Promise<void> => {
    const { served } = pv;
    const context = new WriteOperation(peer, true);
    if (isScalarPv(served) && typeof value === 'number')
      await served.write?.({ element: 'float64', value }, context);
    if (isStructPv(served) && value instanceof Value) await served.write?.(value, context);
  };

  it('refuses them with the texts of pvxs (PVA-S-20)', async () => {
    const silent = new SharedPv().open(new Value(scalarType));
    const put = Value.from(scalarType, { value: 1 });
    await expect(write(silent, put)).rejects.toThrow('PUT not implemented by this PV');
    await expect(write(SharedPv.readonly(new Value(scalarType)), put)).rejects.toThrow('Read-only PV');
    const call = async (): Promise<unknown> => silent.served.call?.(null, new WriteOperation(peer, false));
    await expect(call()).rejects.toThrow('RPC not implemented by this PV');
  });

  it('tells CA clients by their rights what they may do', () => {
    const rights = (pv: SharedPv, protocol: 'ca' | 'pva'): number => pv.served.rights({ ...peer, protocol });
    expect(rights(SharedPv.readonly({ element: 'int32' }), 'ca')).toBe(Rights.Read);
    expect(rights(SharedPv.mailbox({ element: 'int32' }), 'ca')).toBe(Rights.ReadWrite);
    expect(rights(SharedPv.readonly({ element: 'int32' }), 'pva') & Rights.Write).toBe(Rights.Write);
    expect(rights(new SharedPv({ call: () => null }), 'ca')).toBe(Rights.Read | Rights.Call);
    expect(rights(new SharedPv({ rights: () => Rights.None }), 'pva')).toBe(Rights.None);
  });

  it('posts a put to a mailbox, with the time unless the client sent one (PVA-S-4)', async () => {
    const clock = new ManualClock(1_700_000_000_000);
    const pv = SharedPv.mailbox(new Value(scalarType), { clock });
    const put = Value.from(scalarType, { value: 2 });
    await write(pv, put);
    expect((pv.fetch() as Value).get('timeStamp.secondsPastEpoch')).toBe(1_700_000_000);
    expect(put.isMarked('timeStamp')).toBe(false);
    await write(pv, Value.from(scalarType, { value: 3, timeStamp: { secondsPastEpoch: 5 } }));
    expect((pv.fetch() as Value).get('timeStamp.secondsPastEpoch')).toBe(5);
    expect((pv.fetch() as Value).get('value')).toBe(3);
  });

  it('gives a handler the converted value, and answers when it is done', async () => {
    const puts: unknown[] = [];
    let done: () => void = () => {};
    const pv = new SharedPv({
      write: async (self, put) => {
        puts.push(put);
        await new Promise<void>((resolve) => {
          done = resolve;
        });
        self.post(put);
      },
    }).open({ element: 'int32', value: 0 });
    const answer = write(pv, 2.9);
    expect(puts).toEqual([2]);
    expect((pv.fetch() as Snapshot).value).toBe(0);
    done();
    await answer;
    expect((pv.fetch() as Snapshot).value).toBe(2);
  });

  it('answers calls while it is closed', async () => {
    const pv = new SharedPv({ call: (_, args) => args });
    const args = new Value(scalarType);
    expect(await pv.served.call?.(args, new WriteOperation(peer, false))).toBe(args);
  });
});

describe('SharedPv keeps the contract: scalar', () => {
  const cases = servedPvContract(() => {
    const clock = new ManualClock();
    const pv = SharedPv.mailbox(
      { element: 'float64', value: 0, meta: { units: 'mm' } },
      { name: 'X', clock },
    );
    const { served } = pv;
    if (!isScalarPv(served)) throw new Error('not a scalar');
    return {
      pv: served,
      change: (n) => pv.post({ value: n, alarm: makeAlarm(n % 2 === 0 ? Severity.None : Severity.Minor, 0) }),
      expected: (n) => n,
      put: { write: { element: 'string', value: '2.5' }, expected: 2.5 },
      badPut: { element: 'string', value: 'many' },
      close: () => pv.close(),
    };
  });
  for (const { name, run } of cases) it(name, run);
});

describe('SharedPv keeps the contract: structure', () => {
  const cases = servedPvContract(() => {
    let complete: () => void = () => {};
    const pv = new SharedPv({
      write: async (self, put) => {
        await new Promise<void>((resolve) => {
          complete = resolve;
        });
        self.post(put);
      },
    }).open(Value.from(scalarType, { value: 0 }));
    const { served } = pv;
    if (!isStructPv(served)) throw new Error('not a structure');
    return {
      pv: served,
      change: (n) => pv.post({ value: n, display: { units: `u${n}` } }),
      expected: (n) => n,
      put: { write: Value.from(scalarType, { value: 7 }), expected: 7, complete: () => complete() },
      close: () => pv.close(),
    };
  });
  for (const { name, run } of cases) it(name, run);
});
