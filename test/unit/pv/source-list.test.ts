import { describe, expect, it } from 'vitest';
import { localPeer } from '../../../src/pv/op-context.ts';
import { SharedPv } from '../../../src/pv/shared-pv.ts';
import { Claim, type NameEvent, type PvSource, type ServedPv } from '../../../src/pv/source.ts';
import { SourceList, type SourceListEvent } from '../../../src/pv/source-list.ts';
import { StaticSource } from '../../../src/pv/static-source.ts';
import { EpicsErrorCode } from '../../../src/util/index.ts';

const peer = localPeer();
const pv = (): SharedPv => new SharedPv().open({ element: 'int32' });
const config = expect.objectContaining({ code: EpicsErrorCode.Config });
const source = (name: string, claim: Claim, found?: ServedPv | Promise<ServedPv | undefined>): PvSource => ({
  name,
  claims: () => claim,
  open: () => found,
});

describe('SourceList (ARC-D-1, PVA-S-1)', () => {
  it('asks sources in rising order, those of one order as they were added', () => {
    const list = new SourceList();
    const [a, b, c] = ['a', 'b', 'c'].map((name) => new StaticSource(name));
    if (a === undefined || b === undefined || c === undefined) throw new Error('three sources');
    list.add(a, { order: 1 });
    list.add(b);
    list.add(c);
    expect(list.sources.map((s) => s.name)).toEqual(['b', 'c', 'a']);
    const shared = pv();
    a.add('X', pv());
    c.add('X', shared);
    expect(list.resolve('X', peer)).toEqual({ pv: shared.served, source: c });
    expect(list.open('X', peer)).toBe(shared.served);
  });

  it('claims a name that any source has, else says Later when any looks elsewhere', () => {
    const list = new SourceList();
    expect(list.claims('X', peer)).toBe(Claim.No);
    list.add(source('later', Claim.Later));
    expect(list.claims('X', peer)).toBe(Claim.Later);
    list.add(source('yes', Claim.Yes));
    expect(list.claims('X', peer)).toBe(Claim.Yes);
  });

  it('goes on to the next source when one that takes its time has nothing', async () => {
    const { served } = pv();
    const list = new SourceList();
    list.add(source('slow', Claim.Later, Promise.resolve(undefined)));
    list.add(source('next', Claim.Yes, served));
    expect(await list.open('X', peer)).toBe(served);
    list.add(source('first', Claim.No, Promise.reject(new Error('broken'))), { order: -1 });
    await expect(Promise.resolve(list.open('X', peer))).rejects.toThrow('broken');
  });

  it('refuses reserved names and a second source of one name and order', () => {
    const list = new SourceList();
    expect(() => list.add(new StaticSource('__mine'))).toThrow(config);
    list.add(new StaticSource('__builtin'), { isBuiltIn: true });
    list.add(new StaticSource('a'));
    expect(() => list.add(new StaticSource('a'))).toThrow(config);
    list.add(new StaticSource('a'), { order: 1 });
  });

  it('passes name events on, and tells of sources that come and go', () => {
    const list = new SourceList();
    const names: NameEvent[] = [];
    const events: SourceListEvent['type'][] = [];
    list.onNames((event) => names.push(event));
    const stop = list.onSources((event) => events.push(event.type));
    const a = new StaticSource('a');
    list.add(a);
    a.add('X', pv());
    a.remove('X');
    expect(list.remove(a)).toBe(true);
    expect(list.remove(a)).toBe(false);
    a.add('Y', pv());
    stop();
    list.add(a);
    expect(names).toEqual([
      { type: 'added', name: 'X' },
      { type: 'removed', name: 'X' },
    ]);
    expect(events).toEqual(['source-added', 'names', 'names', 'source-removed']);
  });

  it('lists all names once, and is dynamic when a source is', () => {
    const list = new SourceList();
    list.add(new StaticSource('a').add('X', pv()).add('Y', pv()));
    list.add(new StaticSource('b').add('X', pv()));
    expect([...list.list().names]).toEqual(['X', 'Y']);
    expect(list.list().isDynamic).toBe(false);
    list.add(source('unknown', Claim.No));
    expect(list.list().isDynamic).toBe(true);
    expect(list.report()).toMatchObject({ a: { order: 0, names: 2 }, b: { names: 1 } });
  });
});
