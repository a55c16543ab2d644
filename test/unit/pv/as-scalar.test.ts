import { describe, expect, it } from 'vitest';
import { ntEnumType, ntNdArrayType, ntScalarArrayType, ntScalarType } from '../../../src/nt/index.ts';
import { type AsScalarOptions, asScalar, ScalarViews } from '../../../src/pv/as-scalar.ts';
import { canBeScalar } from '../../../src/pv/can-be-scalar.ts';
import type { Snapshot } from '../../../src/pv/model.ts';
import { localPeer, ReadOperation, WriteOperation } from '../../../src/pv/op-context.ts';
import { makeScalarType } from '../../../src/pv/scalar-type.ts';
import { SharedPv } from '../../../src/pv/shared-pv.ts';
import type { ServedScalarPv } from '../../../src/pv/source.ts';
import { type FieldDesc, structType, Value } from '../../../src/pvdata/index.ts';
import { servedPvContract } from '../../../src/testing/index.ts';

const peer = localPeer();
const read = new ReadOperation('get', peer);
const full = ntScalarType('double', { display: true, control: true, valueAlarm: true, form: true });

async function viewOf(pv: SharedPv, options?: AsScalarOptions): Promise<ServedScalarPv> {
  const view = await asScalar(pv.served, options);
  if (view === undefined) throw new Error('no scalar');
  return view;
}

function collect(pv: ServedScalarPv): { data: Snapshot[]; masks: number[]; closed: (Error | undefined)[] } {
  const seen = { data: [] as Snapshot[], masks: [] as number[], closed: [] as (Error | undefined)[] };
  pv.monitor(
    {
      update: (data, mask) => {
        seen.data.push(data);
        seen.masks.push(mask);
      },
      close: (reason) => seen.closed.push(reason),
    },
    { peer, mask: 15, pvRequest: undefined },
  );
  return seen;
}

describe('canBeScalar (ARC-D-11)', () => {
  it('wants a value that is a scalar, an array of scalars or an enum', () => {
    const can = (desc: FieldDesc): boolean => canBeScalar({ kind: 'struct', desc });
    expect(can(full)).toBe(true);
    expect(can(ntScalarArrayType('string'))).toBe(true);
    expect(can(ntEnumType())).toBe(true);
    expect(can(structType('', { value: 'boolean' }))).toBe(true);
    expect(can(ntNdArrayType())).toBe(false);
    expect(can(structType('', { other: 'double' }))).toBe(false);
    expect(can(structType('', { value: 'any' }))).toBe(false);
    expect(can(structType('', { value: structType('', { index: 'string', choices: 'string[]' }) }))).toBe(
      false,
    );
    expect(canBeScalar(undefined)).toBe(false);
    expect(canBeScalar(makeScalarType('int8'))).toBe(true);
  });
});

describe('asScalar', () => {
  it('leaves scalar PVs as they are and has nothing for others', async () => {
    const scalar = new SharedPv().open({ element: 'int32' }).served;
    expect(await asScalar(scalar)).toBe(scalar);
    expect(await asScalar(new SharedPv().served)).toBeUndefined();
    expect(await asScalar(new SharedPv().open(new Value(ntNdArrayType())).served)).toBeUndefined();
  });

  it('takes the type from the value', async () => {
    const typeOf = async (initial: Value, options?: AsScalarOptions): Promise<unknown> =>
      (await viewOf(new SharedPv().open(initial), options)).type;
    expect(await typeOf(new Value(full))).toMatchObject({ element: 'float64', isArray: false, caCount: 1 });
    expect(await typeOf(new Value(ntEnumType()))).toMatchObject({ element: 'enum', isArray: false });
    const array = Value.from(ntScalarArrayType('int'), { value: [1, 2, 3] });
    expect(await typeOf(array)).toMatchObject({ element: 'int32', isArray: true, caCount: 3 });
    expect(await typeOf(array, { caCount: 8 })).toMatchObject({ caCount: 8 });
    const text = new Value(ntScalarType('string'));
    expect(await typeOf(text, { text: true })).toMatchObject({
      element: 'string',
      caText: true,
      caCount: 256,
    });
    expect(await typeOf(text)).toMatchObject({ element: 'string', caText: false, caCount: 1 });
  });

  it('reads alarm, time and metadata back from the normative fields', async () => {
    const content = {
      value: 2.5,
      alarm: { severity: 2, status: 1, message: 'HIHI_ALARM' },
      timeStamp: { secondsPastEpoch: 1000, nanoseconds: 5, userTag: 6 },
      display: {
        limitLow: -1,
        limitHigh: 1,
        description: 'd',
        units: 'mm',
        precision: 3,
        form: { index: 4 },
      },
      control: { limitLow: -2, limitHigh: 2, minStep: 0.5 },
      valueAlarm: { active: true, lowAlarmLimit: -4, highAlarmSeverity: 2, hysteresis: 0.1 },
    };
    const view = await viewOf(new SharedPv().open(Value.from(full, content)));
    expect(await view.read(read)).toMatchObject({
      value: 2.5,
      alarm: { severity: 2, condition: 3, ntStatus: 1, message: 'HIHI_ALARM' },
      time: { seconds: 1000, nanoseconds: 5, userTag: 6 },
      meta: {
        description: 'd',
        units: 'mm',
        precision: 3,
        form: 4,
        display: { low: -1, high: 1 },
        control: { low: -2, high: 2, minStep: 0.5 },
        alarmLimits: { isActive: true, lolo: -4, hihiSeverity: 2, hysteresis: 0.1 },
      },
    });
  });

  it('does with whatever fields there are', async () => {
    const view = await viewOf(
      new SharedPv().open(Value.from(structType('', { value: 'long' }), { value: 5n })),
    );
    const snapshot = await view.read(read);
    expect(snapshot).toMatchObject({
      value: 5n,
      alarm: { severity: 0 },
      meta: { display: { low: 0n, high: 0n } },
    });
    expect(view.className).toBe('pva');
  });

  it('tells events by what is marked (ARC-D-13)', async () => {
    const pv = new SharedPv().open(Value.from(full, { value: 1 }));
    const seen = collect(await viewOf(pv));
    pv.post(Value.from(full, { value: 2 }));
    pv.post(Value.from(full, { alarm: { severity: 1 } }));
    pv.post(Value.from(full, { display: { units: 'mm' } }));
    pv.post(Value.from(full, { timeStamp: { userTag: 1 } }));
    pv.post(Value.from(full, { value: 3, alarm: { severity: 0 }, control: { limitLow: 1 } }));
    expect(seen.masks).toEqual([15, 3, 4, 8, 15]);
    expect(seen.data.at(-1)).toMatchObject({ value: 3, meta: { units: 'mm' }, time: { userTag: 1 } });
  });

  it('tells a change of choices as PROPERTY, of the index as VALUE', async () => {
    const type = ntEnumType();
    const pv = new SharedPv().open(Value.from(type, { value: { choices: ['a', 'b'] } }));
    const seen = collect(await viewOf(pv));
    pv.post(Value.from(type, { value: { index: 1 } }));
    pv.post(Value.from(type, { value: { choices: ['a', 'b', 'c'] } }));
    expect(seen.masks).toEqual([15, 3, 8]);
    expect(seen.data.map((data) => data.meta.choices.length)).toEqual([2, 2, 3]);
    expect(seen.data[0]?.meta).toBe(seen.data[1]?.meta);
  });

  it('writes what a client sent into the value field', async () => {
    const puts: Value[] = [];
    const pv = new SharedPv({ write: (_, put) => void puts.push(put as Value) }).open(
      Value.from(full, { value: 1 }),
    );
    const view = await viewOf(pv);
    const context = new WriteOperation(peer, true);
    await view.write?.({ element: 'string', value: '2.5' }, context);
    await view.write?.({ element: 'string', value: undefined }, context);
    expect(puts.map((put) => [...put.marked()])).toEqual([['value'], []]);
    expect(puts[0]?.get('value')).toBe(2.5);
    const write = async (): Promise<void> => view.write?.({ element: 'string', value: 'x' }, context);
    await expect(write()).rejects.toMatchObject({ code: 'EPICS_CONVERT' });
  });

  it('knows the choices of an enum before anybody has read it', async () => {
    const pv = SharedPv.mailbox(Value.from(ntEnumType(), { value: { choices: ['a', 'b'] } }));
    const view = await viewOf(pv);
    await view.write?.({ element: 'string', value: 'b' }, new WriteOperation(peer, true));
    expect((pv.fetch() as Value).get('value.index')).toBe(1);
  });
});

describe('asScalar of an array that grows (ARC-D-11)', () => {
  const type = ntScalarArrayType('double');
  const array = (length: number): Value => Value.from(type, { value: new Float64Array(length) });

  it('closes the adapter, not the PV, and the next one holds the next power of two', async () => {
    const pv = new SharedPv({ name: 'A' }).open(array(3));
    const views = new ScalarViews();
    const view = await views.of(pv.served);
    if (view === undefined) throw new Error('no scalar');
    expect(await views.of(pv.served)).toBe(view);
    const seen = collect(view);
    const closes: (Error | undefined)[] = [];
    view.onClose((reason) => closes.push(reason));
    pv.post(array(2));
    pv.post(array(5));
    expect(seen.data).toHaveLength(2);
    expect(seen.closed).toHaveLength(1);
    expect(closes.map((reason) => reason?.message)).toEqual([
      'array of "A" grew to 5 elements, clients were told 3',
    ]);
    expect(pv.isOpen).toBe(true);
    const next = await views.of(pv.served);
    expect(next).not.toBe(view);
    expect(next?.type.caCount).toBe(8);
    pv.post(array(6));
    expect(seen.closed).toHaveLength(1);
  });

  it('notices at a read too', async () => {
    const pv = new SharedPv().open(array(1));
    const view = await viewOf(pv);
    let closes = 0;
    view.onClose(() => closes++);
    pv.post(array(2));
    await view.read(read);
    await view.read(read);
    expect(closes).toBe(1);
  });

  it('passes the end of the PV on', async () => {
    const pv = new SharedPv().open(array(1));
    const view = await viewOf(pv);
    const seen = collect(view);
    let closes = 0;
    view.onClose(() => closes++);
    view.onClose(() => closes++)();
    pv.close();
    expect([closes, seen.closed.length]).toEqual([1, 1]);
  });
});

describe('asScalar of a PV whose reads take time', () => {
  it('shares one read among those who ask together, and asks again after a failure', async () => {
    let reads = 0;
    let fails = true;
    const pv = new SharedPv({
      read: async () => {
        reads++;
        await Promise.resolve();
        if (fails) throw new Error('no answer');
      },
    }).open(Value.from(ntScalarArrayType('int'), { value: [1, 2] }));
    const views = new ScalarViews();
    const both = [views.of(pv.served), views.of(pv.served)];
    await expect(Promise.all(both.map(async (view) => view))).rejects.toThrow('no answer');
    expect(reads).toBe(1);
    fails = false;
    expect((await views.of(pv.served))?.type.caCount).toBe(2);
    expect(await views.of(pv.served)).toBe(await views.of(pv.served));
    expect(reads).toBe(2);
  });
});

describe('asScalar of a structure PV keeps the contract', () => {
  const cases = servedPvContract(async () => {
    const pv = SharedPv.mailbox(Value.from(full, { value: 0 }));
    return {
      pv: await viewOf(pv),
      change: (n) => pv.post({ value: n, alarm: { severity: n % 3 } }),
      expected: (n) => n,
      put: { write: { element: 'int32', value: 4 }, expected: 4 },
      badPut: { element: 'string', value: 'four' },
      close: () => pv.close(),
    };
  });
  for (const { name, run } of cases) it(name, run);
});
