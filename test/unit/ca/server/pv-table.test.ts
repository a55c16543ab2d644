import { describe, expect, it } from 'vitest';
import { PvTable } from '../../../../src/ca/server/pv-table.ts';
import { ntScalarArrayType } from '../../../../src/nt/index.ts';
import {
  Claim,
  localPeer,
  type MaybePromise,
  type PvSource,
  type ServedPv,
  type ServedStructPv,
  SharedPv,
  SourceList,
} from '../../../../src/pv/index.ts';
import { structType, Value } from '../../../../src/pvdata/index.ts';
import { ManualClock } from '../../../../src/testing/index.ts';
import { Deadlines } from '../../../../src/util/index.ts';

function setUp(
  open: (name: string) => MaybePromise<ServedPv | undefined>,
  lingerMs = 0,
): { table: PvTable; clock: ManualClock; deadlines: Deadlines } {
  const clock = new ManualClock();
  const deadlines = new Deadlines(clock);
  const sources = new SourceList('test', () => undefined);
  const source: PvSource = { name: 'test', claims: () => Claim.Yes, open };
  sources.add(source);
  return { table: new PvTable(sources, deadlines, lingerMs, () => undefined), clock, deadlines };
}

const peer = localPeer();

/** A structure that is read later, so that its scalar view takes time. */
function slowStruct(read: () => Promise<Value>): ServedStructPv {
  const desc = ntScalarArrayType('double');
  return {
    name: 'slow',
    type: { kind: 'struct', desc },
    rights: () => 3,
    read,
    monitor: () => () => undefined,
    onClose: () => () => undefined,
  };
}

describe('PvTable', () => {
  it('ARC-D-3 channels of one PV share an entry, under whatever name, until the last one goes', () => {
    const pv = SharedPv.mailbox({ element: 'int32', value: 1 }).served;
    const { table } = setUp(() => pv);
    const first = table.open('a', peer);
    const second = table.open('b', peer);
    if (
      first === undefined ||
      first instanceof Promise ||
      second === undefined ||
      second instanceof Promise
    ) {
      throw new Error('not opened at once');
    }
    expect(first.entry).toBe(second.entry);
    expect([first.entry.channelCount, table.size]).toEqual([2, 1]);
    table.release(first.entry);
    expect(table.size).toBe(1);
    table.release(first.entry);
    expect(table.size).toBe(0);
  });

  it('ARC-D-3 with a linger the PV stays for a while, and a new channel keeps it', async () => {
    const pv = SharedPv.mailbox({ element: 'int32', value: 1 }).served;
    const { table, clock, deadlines } = setUp(() => Promise.resolve(pv), 1000);
    const opened = await table.open('a', peer);
    if (opened === undefined) throw new Error('not opened');
    table.release(opened.entry);
    await clock.advanceAsync(900);
    expect(table.size).toBe(1);
    const again = await table.open('a', peer);
    expect(again?.entry).toBe(opened.entry);
    await clock.advanceAsync(2000);
    expect(table.size).toBe(1);
    table.release(opened.entry);
    await clock.advanceAsync(1000);
    expect(table.size).toBe(0);
    deadlines.clear();
  });

  it('ARC-D-11 what CA cannot show is not served', async () => {
    const desc = structType('', { a: 'int' });
    const { table } = setUp(() => SharedPv.mailbox(Value.from(desc, { a: 1 })).served);
    expect(await table.open('a', peer)).toBeUndefined();
    const none = setUp(() => undefined);
    expect(await none.table.open('a', peer)).toBeUndefined();
    const later = setUp(() => Promise.resolve(undefined));
    expect(await later.table.open('a', peer)).toBeUndefined();
  });

  it('ARC-D-11 two channels that come while a structure is first read share one reading', async () => {
    let finish = (_value: Value): void => undefined;
    let reads = 0;
    const pv = slowStruct(() => {
      reads++;
      return new Promise<Value>((resolve) => {
        finish = resolve;
      });
    });
    const { table } = setUp(() => pv);
    const both = [1, 2].map(() => Promise.resolve(table.open('a', peer)));
    await Promise.resolve();
    finish(Value.from(ntScalarArrayType('double'), { value: [1.5] }));
    const [first, second] = await Promise.all(both);
    expect(reads).toBe(1);
    expect(first?.entry).toBe(second?.entry);
    expect(first?.entry.channelCount).toBe(2);
    expect(table.size).toBe(1);
  });

  it('a structure that cannot be read is not kept', async () => {
    let isBroken = true;
    const pv = slowStruct(() =>
      isBroken
        ? Promise.reject(new Error('no link'))
        : Promise.resolve(Value.from(ntScalarArrayType('double'), { value: [2] })),
    );
    const { table } = setUp(() => pv);
    await expect(Promise.resolve(table.open('a', peer))).rejects.toThrow('no link');
    expect(table.size).toBe(0);
    isBroken = false;
    expect((await table.open('a', peer))?.entry.scalar.type.element).toBe('float64');
  });
});
