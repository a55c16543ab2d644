import { describe, expect, it } from 'vitest';
import { localPeer } from '../../../src/pv/op-context.ts';
import { SharedPv } from '../../../src/pv/shared-pv.ts';
import { StaticSource } from '../../../src/pv/static-source.ts';
import { structType, Value } from '../../../src/pvdata/index.ts';
import { EpicsErrorCode } from '../../../src/util/index.ts';

const peer = localPeer();
const pv = (): SharedPv => new SharedPv().open({ element: 'int32' });
const config = expect.objectContaining({ code: EpicsErrorCode.Config });

describe('StaticSource (PVA-S-3)', () => {
  it('serves one PV under several names as one object', () => {
    const shared = pv();
    const list = new StaticSource().add('X', shared).add('Y', shared);
    expect(list.open('X', peer)).toBe(list.open('Y', peer));
    expect(list.size).toBe(2);
    expect(list.get('X')).toBe(shared);
  });

  it('refuses a name twice and an empty one', () => {
    const list = new StaticSource().add('X', pv());
    expect(() => list.add('X', pv())).toThrow(config);
    expect(() => list.add('', pv())).toThrow(config);
  });

  it('gives what a SharedPv serves at the moment', () => {
    const shared = pv();
    const list = new StaticSource().add('X', shared);
    const before = list.open('X', peer);
    shared.close();
    expect(list.open('X', peer)?.type).toBeUndefined();
    expect(list.open('X', peer)).not.toBe(before);
  });

  it('hides from CA what CA cannot serve (ARC-D-11)', () => {
    const ca = { ...peer, protocol: 'ca' } as const;
    const struct = new SharedPv().open(new Value(structType('', { a: 'int' })));
    const list = new StaticSource().add('S', struct).add('U', new SharedPv()).add('X', pv());
    expect(['S', 'U', 'X', 'none'].map((name) => list.claims(name, ca))).toEqual([0, 0, 1, 0]);
    expect(['S', 'U', 'X', 'none'].map((name) => list.claims(name, peer))).toEqual([1, 1, 1, 0]);
    expect(list.open('S', ca)).toBeUndefined();
    expect(list.open('S', peer)).toBe(struct.served);
    expect(list.remove('none')).toBeUndefined();
  });
});
