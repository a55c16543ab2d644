import { describe, expect, it } from 'vitest';
import { AlarmCondition, noAlarm } from '../../../src/pv/alarm.ts';
import { LiveRead } from '../../../src/pv/live-read.ts';
import { emptyMetadata } from '../../../src/pv/metadata.ts';
import { makeSnapshot, Severity, type Snapshot } from '../../../src/pv/model.ts';
import { undefinedTime } from '../../../src/pv/time.ts';
import { ManualClock } from '../../../src/testing/index.ts';
import { EpicsErrorCode } from '../../../src/util/index.ts';

const snap = (value: number): Snapshot => makeSnapshot(value, noAlarm, undefinedTime, emptyMetadata);

describe('LiveRead', () => {
  it('shares a read among those who ask while it is under way', async () => {
    let reads = 0;
    const live = new LiveRead(() => Promise.resolve(snap(++reads)), { clock: new ManualClock() });
    const both = await Promise.all([live.get(), live.get()].map(async (answer) => answer));
    expect(both.map((snapshot) => snapshot.value)).toEqual([1, 1]);
    expect((await live.get()).value).toBe(2);
  });

  it('gives a young value out again, and reads when it is old or expired', async () => {
    const clock = new ManualClock();
    let reads = 0;
    const live = new LiveRead(() => snap(++reads), { clock, cacheMs: 100 });
    await live.get();
    clock.advance(99);
    expect((await live.get()).value).toBe(1);
    clock.advance(1);
    expect((await live.get()).value).toBe(2);
    live.expire();
    expect((await live.get()).value).toBe(3);
    live.note(snap(42));
    expect((await live.get()).value).toBe(42);
  });

  it('gives the last value INVALID after a time-out, and aborts the read', async () => {
    const clock = new ManualClock();
    let signal: AbortSignal | undefined;
    const live = new LiveRead(
      (given) => {
        signal = given;
        return new Promise(() => {});
      },
      { clock, timeoutMs: 50, name: 'X' },
    );
    live.note(snap(7));
    const answer = live.get();
    clock.advance(50);
    expect(await answer).toMatchObject({
      value: 7,
      alarm: { severity: Severity.Invalid, condition: AlarmCondition.Timeout },
    });
    expect(signal?.aborted).toBe(true);
    expect(live.last?.alarm).toBe(noAlarm);
  });

  it('rejects when there is no earlier value', async () => {
    const clock = new ManualClock();
    const live = new LiveRead(() => new Promise(() => {}), { clock, timeoutMs: 50, name: 'X' });
    const answer = Promise.resolve(live.get());
    clock.advance(50);
    await expect(answer).rejects.toMatchObject({
      code: EpicsErrorCode.Timeout,
      message: 'read of "X" timed out after 50 ms',
    });
  });

  it('gives the last value INVALID after a failure, thrown or rejected, and reads again', async () => {
    let mode: 'throw' | 'reject' | 'ok' = 'throw';
    const live = new LiveRead(
      () => {
        if (mode === 'throw') throw new Error('broken');
        return mode === 'reject' ? Promise.reject(new Error('broken')) : snap(8);
      },
      { clock: new ManualClock() },
    );
    expect(() => live.get()).toThrow('broken');
    live.note(snap(7));
    expect((await live.get()).alarm.condition).toBe(AlarmCondition.Read);
    mode = 'reject';
    expect(await live.get()).toMatchObject({ value: 7, alarm: { severity: Severity.Invalid } });
    mode = 'ok';
    expect((await live.get()).value).toBe(8);
  });
});
