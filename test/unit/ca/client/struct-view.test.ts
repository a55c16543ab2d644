import { describe, expect, it } from 'vitest';
import { monitorStruct, putValueOf, readStruct } from '../../../../src/ca/client/struct-view.ts';
import { ntEnumType, ntScalarType } from '../../../../src/nt/index.ts';
import {
  makeMetadata,
  makeScalarType,
  makeSnapshot,
  noAlarm,
  undefinedTime,
} from '../../../../src/pv/index.ts';
import { structType, Value } from '../../../../src/pvdata/index.ts';

const snapshot = makeSnapshot(1, noAlarm, undefinedTime, makeMetadata({ choices: ['Off', 'On'] }));
const channel = {
  name: 'X',
  type: makeScalarType('enum'),
  get: () => Promise.resolve(snapshot),
  subscribe: (sink: { update(data: typeof snapshot, mask: number): void }) => {
    sink.update(snapshot, 15);
    return () => undefined;
  },
};

describe('structures of a channel', () => {
  it('D-25: an enum is read as NTEnum with index and choices', async () => {
    const value = await readStruct(channel);
    expect(value.desc.id).toBe('epics:nt/NTEnum:1.0');
    expect([value.get('value.index'), value.get('value.choices')]).toEqual([1, ['Off', 'On']]);
  });

  it('updates are structures of the same type', () => {
    const seen: unknown[] = [];
    monitorStruct(
      channel,
      { update: (value) => seen.push(value.get('value.index')), close: () => undefined },
      5,
    );
    expect(seen).toEqual([1]);
  });

  it('CA-M2: the value of a put is the index of an enum, else the value; without one it is an error', () => {
    expect(putValueOf(new Value(ntEnumType()).set('value.index', 3))).toBe(3);
    expect(putValueOf(new Value(ntScalarType('double')).set('value', 2.5))).toBe(2.5);
    expect(() => putValueOf(new Value(structType('', { other: 'int' })))).toThrow('needs a field "value"');
  });
});
