import { describe, expect, it } from 'vitest';
import { localPeer, WriteOperation } from '../../../src/pv/op-context.ts';
import { type PutMode, PutQueue } from '../../../src/pv/put-queue.ts';
import { EpicsErrorCode } from '../../../src/util/index.ts';

const context = (): WriteOperation => new WriteOperation(localPeer(), true);
const turns = async (): Promise<void> => {
  for (let i = 0; i < 10; i++) await Promise.resolve();
};

/** A device that finishes each put when told. */
function device(mode: PutMode, maxWaiting?: number) {
  const begun: number[] = [];
  const ends: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const queue = new PutQueue<number>(
    (write) => {
      begun.push(write);
      return new Promise<void>((resolve, reject) => ends.push({ resolve, reject }));
    },
    maxWaiting === undefined ? { mode, name: 'X' } : { mode, name: 'X', maxWaiting },
  );
  const answers: string[] = [];
  const put = (n: number, by = context()): void => {
    void Promise.resolve(queue.put(n, by)).then(
      () => answers.push(`${n} ok`),
      (error: Error) => answers.push(`${n} ${error.message}`),
    );
  };
  return { queue, begun, ends, answers, put };
}

describe('PutQueue', () => {
  it('runs puts one after the other in serial mode, and answers each when it is done', async () => {
    const { begun, ends, answers, put, queue } = device('serial');
    for (const n of [1, 2, 3]) put(n);
    expect(begun).toEqual([1]);
    expect([queue.running, queue.waiting]).toEqual([1, 2]);
    ends[0]?.resolve();
    await turns();
    expect(begun).toEqual([1, 2]);
    expect(answers).toEqual(['1 ok']);
    ends[1]?.reject(new Error('broken'));
    await turns();
    expect(answers).toEqual(['1 ok', '2 broken']);
    ends[2]?.resolve();
    await turns();
    expect(answers).toEqual(['1 ok', '2 broken', '3 ok']);
    expect(queue.running).toBe(0);
  });

  it('keeps only the newest waiting put in latest mode, and answers those it replaced with it', async () => {
    const { begun, ends, answers, put } = device('latest');
    for (const n of [1, 2, 3, 4]) put(n);
    ends[0]?.resolve();
    await turns();
    expect(begun).toEqual([1, 4]);
    expect(answers).toEqual(['1 ok']);
    ends[1]?.resolve();
    await turns();
    expect(answers).toEqual(['1 ok', '2 ok', '3 ok', '4 ok']);
  });

  it('starts every put at once in parallel mode', () => {
    const { begun, put } = device('parallel');
    for (const n of [1, 2, 3]) put(n);
    expect(begun).toEqual([1, 2, 3]);
  });

  it('is synchronous where the put is', () => {
    const queue = new PutQueue<number>(() => undefined);
    expect(queue.put(1, context())).toBeUndefined();
    const failing = new PutQueue<number>(() => {
      throw new Error('broken');
    });
    expect(() => failing.put(1, context())).toThrow('broken');
    expect(failing.running).toBe(0);
  });

  it('goes on after a waiting put that fails or finishes at once', async () => {
    let end: () => void = () => {};
    const done: number[] = [];
    const queue = new PutQueue<number>((write) => {
      if (write === 0) return new Promise<void>((resolve) => (end = resolve));
      if (write === 2) throw new Error('no two');
      done.push(write);
      return undefined;
    });
    const results = [0, 1, 2, 3].map(async (n) => queue.put(n, context()));
    end();
    const settled = await Promise.allSettled(results);
    expect(settled.map((result) => result.status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    expect(done).toEqual([1, 3]);
  });

  it('refuses a put when too many wait', async () => {
    const { put, answers, queue } = device('serial', 2);
    for (const n of [1, 2, 3, 4]) put(n);
    await turns();
    expect(answers).toHaveLength(1);
    await expect(Promise.resolve(queue.put(5, context()))).rejects.toMatchObject({
      code: EpicsErrorCode.Limit,
    });
  });

  it('does not begin a put whose client left before its turn (CA-V17)', async () => {
    const { begun, ends, answers, put } = device('serial');
    const gone = context();
    put(1);
    put(2, gone);
    put(3);
    gone.abort(new Error('left'));
    ends[0]?.resolve();
    await turns();
    expect(begun).toEqual([1, 3]);
    expect(answers).toEqual(
      expect.arrayContaining([expect.stringMatching(/^2 .* cancelled before its turn/)]),
    );
  });

  it('does a put that nobody waits for although its client left before its turn', async () => {
    const { begun, ends, answers, put } = device('serial');
    const gone = new WriteOperation(localPeer(), false);
    put(1);
    put(2, gone);
    gone.abort(new Error('left'));
    ends[0]?.resolve();
    await turns();
    ends[1]?.resolve();
    await turns();
    expect([begun, answers]).toEqual([
      [1, 2],
      ['1 ok', '2 ok'],
    ]);
  });
});
