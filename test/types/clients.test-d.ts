import { describe, expectTypeOf, test } from 'vitest';
import type { CaChannel, CaClient } from '../../src/ca/index.ts';
import type {
  ChannelState,
  LocalClient,
  MultiClient,
  PvChannel,
  PvClient,
  PvType,
  PvValue,
  Snapshot,
} from '../../src/pv/index.ts';
import type { PvaChannel, PvaClient } from '../../src/pva/index.ts';
import type { FieldDesc, Value } from '../../src/pvdata/index.ts';
import type { Stop } from '../../src/util/index.ts';

describe('ARC-A-5 every client satisfies PvClient, every channel PvChannel', () => {
  test('clients', () => {
    expectTypeOf<CaClient>().toExtend<PvClient>();
    expectTypeOf<PvaClient>().toExtend<PvClient>();
    expectTypeOf<LocalClient>().toExtend<PvClient>();
    expectTypeOf<MultiClient['channel']>().returns.toExtend<PvChannel>();
    expectTypeOf<PvClient>().toExtend<AsyncDisposable>();
  });

  test('channels', () => {
    expectTypeOf<CaChannel>().toExtend<PvChannel>();
    expectTypeOf<PvaChannel>().toExtend<PvChannel>();
    expectTypeOf<PvChannel>().toExtend<Disposable>();
    expectTypeOf<PvChannel['ready']>().returns.resolves.toEqualTypeOf<PvType>();
    expectTypeOf<PvChannel['state']>().toEqualTypeOf<ChannelState>();
    expectTypeOf<PvChannel['subscribe']>().returns.toEqualTypeOf<Stop>();
    expectTypeOf<PvChannel['put']>().parameter(0).toEqualTypeOf<PvValue>();
  });
});

describe('ARC-D-24 one-shot calls', () => {
  test('get gives a snapshot, getStruct a Value, info a type', () => {
    expectTypeOf<PvaClient['get']>().returns.resolves.toEqualTypeOf<Snapshot>();
    expectTypeOf<PvaClient['getStruct']>().returns.resolves.toEqualTypeOf<Value>();
    expectTypeOf<PvaClient['info']>().returns.resolves.toEqualTypeOf<FieldDesc>();
    expectTypeOf<PvaClient['rpc']>().returns.resolves.toEqualTypeOf<Value | null>();
    expectTypeOf<CaClient['get']>().returns.resolves.toEqualTypeOf<Snapshot>();
    expectTypeOf<CaClient['getValue']>().returns.resolves.toEqualTypeOf<PvValue>();
  });

  test('getAll gives a value or an error for each name', () => {
    expectTypeOf<PvaClient['getAll']>().returns.resolves.toEqualTypeOf<Map<string, Snapshot | Error>>();
    expectTypeOf<CaClient['getAll']>().returns.resolves.toEqualTypeOf<(Snapshot | Error)[]>();
  });

  test('monitors are async iterables of snapshots, single or in batches', () => {
    expectTypeOf<PvaClient['monitor']>().returns.toExtend<AsyncIterable<Snapshot>>();
    expectTypeOf<CaClient['monitor']>().returns.toExtend<AsyncIterable<Snapshot>>();
    expectTypeOf<ReturnType<PvaClient['monitor']>['batches']>().returns.toExtend<AsyncIterable<Snapshot[]>>();
    expectTypeOf<ReturnType<CaClient['monitor']>['batches']>().returns.toExtend<AsyncIterable<Snapshot[]>>();
  });

  test('puts take what a PV can hold, and nothing else', () => {
    expectTypeOf<PvaClient['put']>().toBeCallableWith('x', 1);
    expectTypeOf<PvaClient['put']>().toBeCallableWith('x', { value: 1 });
    expectTypeOf<CaClient['put']>().toBeCallableWith('x', new Float64Array(3));
    expectTypeOf<CaClient['put']>().toBeCallableWith('x', 'text', { wait: true, timeoutMs: 100 });
    // @ts-expect-error a symbol is no value
    expectTypeOf<CaClient['put']>().toBeCallableWith('x', Symbol('x'));
    // @ts-expect-error an option that does not exist
    expectTypeOf<CaClient['put']>().toBeCallableWith('x', 1, { timeout: 100 });
  });
});
