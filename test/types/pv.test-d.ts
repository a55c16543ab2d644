import { describe, expectTypeOf, test } from 'vitest';
import type { CaServer } from '../../src/ca/index.ts';
import { ntScalarType } from '../../src/nt/index.ts';
import {
  isScalarPv,
  makeSnapshot,
  type PvSource,
  type ServedPv,
  type ServedScalarPv,
  SharedPv,
  type SharedPvHandlers,
  type Snapshot,
  type StaticSource,
} from '../../src/pv/index.ts';
import type { PvaServer } from '../../src/pva/index.ts';
import type { FieldDesc, ScalarName, Value } from '../../src/pvdata/index.ts';

describe('ARC-D-15 SharedPv', () => {
  test('is opened with a structure, or with a type and parts of a state', () => {
    expectTypeOf<typeof SharedPv.mailbox>().returns.toEqualTypeOf<SharedPv>();
    expectTypeOf<typeof SharedPv.mailbox>().toBeCallableWith({ element: 'float64', value: 1 });
    expectTypeOf<typeof SharedPv.mailbox>().toBeCallableWith({
      element: 'int64',
      value: 1n,
      meta: { units: 'mm' },
    });
    // @ts-expect-error no such element type
    expectTypeOf<typeof SharedPv.mailbox>().toBeCallableWith({ element: 'double', value: 1 });
    // @ts-expect-error a bare number tells no type
    expectTypeOf<typeof SharedPv.mailbox>().toBeCallableWith(1.5);
  });

  test('posts structures, bare values and parts of a state', () => {
    expectTypeOf<SharedPv['post']>().toBeCallableWith(1);
    expectTypeOf<SharedPv['post']>().toBeCallableWith(new Int16Array(2), { copy: true });
    expectTypeOf<SharedPv['post']>().toBeCallableWith({ value: 1, meta: { units: 'A' } });
    // @ts-expect-error functions cannot be posted
    expectTypeOf<SharedPv['post']>().toBeCallableWith(() => 1);
  });

  test('its handlers get the PV, and a call answers with a Value or null', () => {
    expectTypeOf<NonNullable<SharedPvHandlers['write']>>().parameter(0).toEqualTypeOf<SharedPv>();
    expectTypeOf<NonNullable<SharedPvHandlers['call']>>().parameter(1).toEqualTypeOf<Value | null>();
    expectTypeOf<NonNullable<SharedPvHandlers['call']>>().returns.toEqualTypeOf<
      Value | null | Promise<Value | null>
    >();
  });
});

describe('ARC-2.7 the data plane', () => {
  test('isScalarPv narrows what is served', () => {
    const pv = SharedPv.mailbox({ element: 'string', value: '' }).served;
    expectTypeOf(pv).toEqualTypeOf<ServedPv>();
    if (isScalarPv(pv)) expectTypeOf(pv).toEqualTypeOf<ServedScalarPv>();
  });

  test('a snapshot keeps the type of its value and cannot be changed', () => {
    expectTypeOf(makeSnapshot<number>).returns.toEqualTypeOf<Snapshot<number>>();
    expectTypeOf<Snapshot<Float64Array>['value']>().toEqualTypeOf<Float64Array>();
    expectTypeOf<{ value: number }>().toExtend<Pick<Snapshot<number>, 'value'>>();
    const change = (snapshot: Snapshot<number>): void => {
      // @ts-expect-error snapshots are handed over
      snapshot.value = 2;
    };
    expectTypeOf(change).toBeFunction();
  });

  test('both servers take every source', () => {
    expectTypeOf<StaticSource>().toExtend<PvSource>();
    expectTypeOf<CaServer['addSource']>().toBeCallableWith({} as PvSource, 3);
    expectTypeOf<PvaServer['addSource']>().toBeCallableWith({} as PvSource, 3);
    expectTypeOf<CaServer['add']>().toBeCallableWith('x', new SharedPv());
    expectTypeOf<PvaServer['add']>().toBeCallableWith('x', new SharedPv());
  });

  test('types of structures are named by scalar names', () => {
    expectTypeOf(ntScalarType).parameter(0).toEqualTypeOf<ScalarName>();
    expectTypeOf(ntScalarType).returns.toEqualTypeOf<FieldDesc>();
    // @ts-expect-error float64 is the name of an element type, not of a field type
    expectTypeOf(ntScalarType).toBeCallableWith('float64');
    expectTypeOf<Value['get']>().returns.toEqualTypeOf<unknown>();
  });
});
