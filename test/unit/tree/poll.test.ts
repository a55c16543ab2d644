import { describe, expect, it } from 'vitest';
import { LinkVariable, LocalVariable, RemoteVariable } from '../../../src/tree/index.ts';
import { captureLog, startBench } from './tree-helpers.ts';

const log = captureLog();
const polled = { root: { pollEn: true } };

describe('polling', () => {
  it('T-22, P-1: a block is read as often as its most eager variable wants', async () => {
    const A = new RemoteVariable({ name: 'A', offset: 0, bitSize: 8, pollInterval: 5 });
    const B = new RemoteVariable({ name: 'B', offset: 1, bitSize: 8, pollInterval: 1 });
    const { bus, clock, root } = await startBench([A, B], polled);
    await clock.advanceAsync(2500);
    expect(bus()).toHaveLength(3);
    A.setPollInterval(0.25);
    bus();
    for (let i = 0; i < 20; i++) await clock.advanceAsync(50);
    expect(bus()).toHaveLength(5);
    A.setPollInterval(0);
    B.setPollInterval(0);
    await clock.advanceAsync(0);
    bus();
    await clock.advanceAsync(5000);
    expect(bus()).toStrictEqual([]);
    await root.stop();
  });

  it('T-22, P-4: PollEn pauses and goes on, a tree without it does not poll', async () => {
    const A = new RemoteVariable({ name: 'A', offset: 0, pollInterval: 1 });
    const { bus, clock, root } = await startBench([A]);
    await clock.advanceAsync(3000);
    expect(bus()).toStrictEqual([]);
    await root.PollEn.set(true);
    await clock.advanceAsync(1500);
    expect(bus()).toHaveLength(2);
    await root.PollEn.set(false);
    await clock.advanceAsync(3000);
    expect(bus()).toStrictEqual([]);
  });

  it('T-22, P-4: pollBlock holds polling off, nests, and is released by exceptions', async () => {
    const A = new RemoteVariable({ name: 'A', offset: 0, pollInterval: 1 });
    const { bus, clock, root } = await startBench([A], polled);
    await clock.advanceAsync(0);
    bus();
    const failed = root.pollBlock(async () => {
      await root.pollBlock(async () => {});
      await clock.advanceAsync(3000);
      expect(bus()).toStrictEqual([]);
      throw new Error('out');
    });
    await expect(failed).rejects.toThrow('out');
    await clock.advanceAsync(0);
    expect(bus()).toHaveLength(1);
  });

  it('T-22, P-3: all reads of a cycle are issued before the first is waited for, and told together', async () => {
    const A = new RemoteVariable({ name: 'A', offset: 0, pollInterval: 1 });
    const B = new RemoteVariable({ name: 'B', offset: 4, pollInterval: 1 });
    const L = new LinkVariable<number>({
      name: 'L',
      dependencies: [A, B],
      linkedGet: () => Number(A.value) + Number(B.value),
    });
    const { mem, bus, clock, root, updates } = await startBench([A, B, L], polled);
    await clock.advanceAsync(0);
    await root.waitOnUpdate();
    bus();
    updates();
    mem.write(0x1000n, Uint8Array.of(3, 0, 0, 0, 4));
    mem.delayMs = 100;
    await clock.advanceAsync(1050);
    expect(bus()).toHaveLength(2);
    await clock.advanceAsync(100);
    await root.waitOnUpdate();
    expect(updates().filter((line) => /^[ABL]=/.test(line))).toStrictEqual(['A=3', 'B=4', 'L=7']);
  });

  it('T-22, P-5: errors keep the value, set error, tell listeners, are logged once, and polling goes on', async () => {
    const A = new RemoteVariable({ name: 'A', offset: 0, pollInterval: 1 });
    const { mem, clock, root, updates } = await startBench([A], polled);
    mem.write(0x1000n, Uint8Array.of(9));
    await clock.advanceAsync(1000);
    mem.failure = 'dead';
    const before = log.length;
    await clock.advanceAsync(5000);
    await root.waitOnUpdate();
    expect(log.slice(before).filter(({ message }) => message.includes('Error polling'))).toHaveLength(1);
    expect(await A.getVariableValue({ read: false })).toMatchObject({
      value: 9,
      error: expect.stringContaining('dead'),
    });
    expect(updates().filter((line) => line === 'A=9').length).toBeGreaterThanOrEqual(5);
    mem.failure = undefined;
    await clock.advanceAsync(1000);
    expect(A.error).toBeNull();
  });

  it('LV-4: polling a local variable calls its localGet and tells listeners', async () => {
    let count = 0;
    const V = new LocalVariable<number>({ name: 'V', value: 0, localGet: () => ++count, pollInterval: 1 });
    const { clock, root, updates } = await startBench([V], polled);
    await clock.advanceAsync(2500);
    await root.waitOnUpdate();
    expect(updates().filter((line) => line.startsWith('V='))).toHaveLength(3);
  });

  it('V-9: a negative interval is refused', () => {
    expect(() => new LocalVariable({ name: 'V', value: 0 }).setPollInterval(-1)).toThrow(/poll interval -1/);
  });
});
