import { describe, expect, it } from 'vitest';
import { ManualClock, settle } from '../../../../src/testing/index.ts';
import { MemoryBus } from '../../../../src/tree/memory/bus.ts';
import type { MemorySlave, Transaction } from '../../../../src/tree/memory/slave.ts';

interface Asked {
  readonly transaction: Transaction;
  resolve(): void;
  reject(error: Error): void;
}

/** A slave whose answers the test gives. */
function slave(max = 16): MemorySlave & { asked: Asked[] } {
  const asked: Asked[] = [];
  return {
    min: 4,
    max,
    asked,
    transact: (transaction: Transaction) =>
      new Promise<void>((resolve, reject) => asked.push({ transaction, resolve, reject })),
  } as MemorySlave & { asked: Asked[] };
}

describe('MemoryBus', () => {
  it('tree M-3: reads fill the place only when the access succeeds', async () => {
    const target = slave();
    const bus = new MemoryBus(target, new ManualClock());
    const place = new Uint8Array(4);
    const access = bus.transact('read', 0x10n, place, 1000);
    const [asked] = target.asked;
    expect(asked?.transaction).toMatchObject({ id: 1, type: 'read', address: 0x10n });
    asked?.transaction.data.set([1, 2, 3, 4]);
    expect([...place]).toEqual([0, 0, 0, 0]);
    expect(bus.pendingCount).toBe(1);
    asked?.resolve();
    await access;
    expect([...place]).toEqual([1, 2, 3, 4]);
    expect(bus.pendingCount).toBe(0);
  });

  it('the slave gets bytes of its own to write', () => {
    const target = slave();
    const bus = new MemoryBus(target, new ManualClock());
    const data = Uint8Array.of(1, 2, 3, 4);
    void bus.transact('write', 0n, data, 1000);
    data.fill(9);
    expect([...(target.asked[0]?.transaction.data ?? [])]).toEqual([1, 2, 3, 4]);
  });

  it('long accesses go in pieces, and fail with the first failure after all have ended', async () => {
    const target = slave(4);
    const bus = new MemoryBus(target, new ManualClock());
    const access = bus.transact(
      'write',
      0x100n,
      Uint8Array.from({ length: 10 }, (_, i) => i),
      1000,
    );
    expect(target.asked.map(({ transaction }) => [transaction.address, transaction.data.length])).toEqual([
      [0x100n, 4],
      [0x104n, 4],
      [0x108n, 2],
    ]);
    let hasEnded = false;
    const watched = access.catch((error: unknown) => {
      hasEnded = true;
      return error;
    });
    target.asked[1]?.reject(new Error('refused'));
    await settle();
    expect(hasEnded).toBe(false);
    target.asked[0]?.resolve();
    target.asked[2]?.resolve();
    expect(await watched).toMatchObject({ code: 'EPICS_REMOTE', message: 'refused' });
  });

  it("no answer in time is a time-out in PyRogue's words, and what comes later changes nothing", async () => {
    const clock = new ManualClock();
    const target = slave();
    const bus = new MemoryBus(target, clock);
    const place = new Uint8Array(4);
    const access = bus.transact('read', 0n, place, 1000);
    const failed = expect(access).rejects.toMatchObject({
      code: 'EPICS_TIMEOUT',
      message: 'Timeout waiting for register transaction 1 message response.',
    });
    await clock.advanceAsync(1000);
    await failed;
    target.asked[0]?.transaction.data.fill(7);
    target.asked[0]?.resolve();
    await settle();
    expect([...place]).toEqual([0, 0, 0, 0]);
    expect(bus.pendingCount).toBe(0);
  });

  it('a late failure is not heard either', async () => {
    const clock = new ManualClock();
    const target = slave();
    const access = new MemoryBus(target, clock).transact('write', 0n, new Uint8Array(4), 10);
    const failed = expect(access).rejects.toMatchObject({ code: 'EPICS_TIMEOUT' });
    await clock.advanceAsync(10);
    await failed;
    target.asked[0]?.reject(new Error('late'));
    await settle();
  });

  it('an answer starts the time-outs of the accesses behind it anew', async () => {
    const clock = new ManualClock();
    const target = slave();
    const bus = new MemoryBus(target, clock);
    const first = bus.transact('read', 0n, new Uint8Array(4), 1000);
    const second = bus.transact('read', 4n, new Uint8Array(4), 1000);
    await clock.advanceAsync(900);
    target.asked[0]?.resolve();
    await first;
    await clock.advanceAsync(900);
    expect(bus.pendingCount).toBe(1);
    const failed = expect(second).rejects.toMatchObject({ code: 'EPICS_TIMEOUT' });
    await clock.advanceAsync(100);
    await failed;
  });

  it('an answer does not help the accesses before it', async () => {
    const clock = new ManualClock();
    const target = slave();
    const bus = new MemoryBus(target, clock);
    const first = bus.transact('read', 0n, new Uint8Array(4), 1000);
    const second = bus.transact('read', 4n, new Uint8Array(4), 2000);
    const failed = expect(first).rejects.toMatchObject({ code: 'EPICS_TIMEOUT' });
    await clock.advanceAsync(500);
    target.asked[1]?.resolve();
    await second;
    await clock.advanceAsync(500);
    await failed;
  });

  it('a slave that throws refuses', async () => {
    const bus = new MemoryBus(
      {
        min: 4,
        max: 16,
        transact: () => {
          throw new Error('bad address');
        },
      } as MemorySlave,
      new ManualClock(),
    );
    await expect(bus.transact('read', 0n, new Uint8Array(4), 10)).rejects.toMatchObject({
      name: 'MemoryError',
      message: 'bad address',
    });
  });
});
