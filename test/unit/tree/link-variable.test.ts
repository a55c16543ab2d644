import { describe, expect, it } from 'vitest';
import { LinkVariable, LocalVariable, RemoteVariable } from '../../../src/tree/index.ts';
import { captureLog, startBench } from './tree-helpers.ts';

captureLog();

describe('LinkVariable', () => {
  it('T-19, LK-2: the mode follows from what it can do', () => {
    const X = new LocalVariable<number>({ name: 'X', value: 1 });
    const RO = new LocalVariable<number>({ name: 'RO', value: 1, mode: 'RO' });
    const get = () => 1;
    const set = () => {};
    expect(new LinkVariable({ name: 'L', linkedGet: get }).mode).toBe('RO');
    expect(new LinkVariable({ name: 'L', linkedSet: set }).mode).toBe('WO');
    expect(new LinkVariable({ name: 'L', linkedGet: get, linkedSet: set }).mode).toBe('RW');
    expect(new LinkVariable({ name: 'L', variable: X }).mode).toBe('RW');
    expect(new LinkVariable({ name: 'L', variable: RO }).mode).toBe('RO');
  });

  it('LK-1: limits of its own are refused', () => {
    expect(() => new LinkVariable({ name: 'L', linkedGet: () => 1, minimum: 0 } as never)).toThrow(
      /Invalid use of min or max values/,
    );
  });

  it('LK-2: a link to a variable forwards and inherits, unless overridden', async () => {
    const X = new LocalVariable<number>({
      name: 'X',
      value: 3,
      enum: { 3: 'c', 4: 'd' },
      units: 'V',
      minimum: 0,
      maximum: 9,
    });
    const L = new LinkVariable<number>({ name: 'L', variable: X });
    const P = new LinkVariable<number>({ name: 'P', variable: X, disp: '{:d}!', units: 'mV' });
    await startBench([X, L, P]);
    await L.setDisp('d');
    expect([X.value, L.value, L.valueDisp, L.units, L.maximum]).toStrictEqual([4, 4, 'd', 'V', 9]);
    expect([P.valueDisp, P.units, P.enum]).toStrictEqual(['4!', 'mV', null]);
  });

  it('V-4: the type is that of the computed value, a float display makes it float', async () => {
    const A = new LinkVariable<number>({ name: 'A', linkedGet: () => 2 });
    const B = new LinkVariable<number>({ name: 'B', linkedGet: () => 2, disp: '{:1.2f}' });
    const C = new LinkVariable<string>({ name: 'C', linkedGet: async () => 'x' });
    const R = new RemoteVariable({ name: 'R', offset: 0, bitSize: 64 });
    const D = new LinkVariable({ name: 'D', variable: R });
    await startBench([A, B, C, R, D]);
    expect([A, B, C].map(({ typeStr }) => typeStr)).toStrictEqual(['int', 'float', 'str']);
    expect(D.kind).toStrictEqual({ k: 'int', bits: 64, signed: false });
  });

  it('T-19, LK-4: a poll interval goes down to dependencies without or with a longer one', () => {
    const A = new LocalVariable<number>({ name: 'A', value: 1 });
    const B = new LocalVariable<number>({ name: 'B', value: 1, pollInterval: 10 });
    const C = new LocalVariable<number>({ name: 'C', value: 1, pollInterval: 0.5 });
    const L = new LinkVariable({ name: 'L', dependencies: [A, B, C], linkedGet: () => 1, pollInterval: 2 });
    expect([A, B, C].map(({ pollInterval }) => pollInterval)).toStrictEqual([2, 2, 0.5]);
    expect(L.pollInterval).toBe(0.5);
    const Chained = new LinkVariable({ name: 'M', dependencies: [L], linkedGet: () => 1 });
    Chained.setPollInterval(0.1);
    expect([A, B, C].map(({ pollInterval }) => pollInterval)).toStrictEqual([0.1, 0.1, 0.1]);
  });

  it('LK-4: depBlocks are the blocks below, through chains, each once', async () => {
    const A = new RemoteVariable({ name: 'A', offset: 0, bitSize: 8 });
    const B = new RemoteVariable({ name: 'B', offset: 1, bitSize: 8 });
    const L = new LinkVariable({ name: 'L', dependencies: [A, B], linkedGet: () => 1 });
    const M = new LinkVariable({ name: 'M', dependencies: [L, A], linkedGet: () => 1 });
    await startBench([A, B, L, M]);
    expect(M.depBlocks).toStrictEqual([A._block]);
  });

  it('LK-1: linkedGet and linkedSet get the options of the call', async () => {
    const seen: unknown[] = [];
    const L = new LinkVariable<number>({
      name: 'L',
      linkedGet: ({ read, index, wait, dev }) => {
        seen.push(['get', read, index, wait, dev.name]);
        return 1;
      },
      linkedSet: async ({ value, write, index, verify, wait }) => {
        seen.push(['set', value, write, index, verify, wait]);
      },
    });
    await startBench([L]);
    seen.length = 0;
    await L.get({ index: 2, wait: false });
    await L.set(5, { write: false, verify: false });
    expect(seen).toStrictEqual([
      ['get', true, 2, false, 'Dev'],
      ['set', 5, false, -1, false, true],
    ]);
  });

  it('LK-2: writing a read only link fails', async () => {
    const L = new LinkVariable<number>({ name: 'L', linkedGet: () => 1 });
    await startBench([L]);
    await expect(L.set(1)).rejects.toThrow(/read only/);
  });

  it('U-9: the error of a dependency shows in the snapshot of the link', async () => {
    const A = new RemoteVariable({ name: 'A', offset: 0 });
    const L = new LinkVariable({ name: 'L', dependencies: [A], linkedGet: () => A.value });
    const { mem } = await startBench([A, L]);
    mem.failure = 'dead';
    await expect(A.get()).rejects.toThrow();
    expect((await L.getVariableValue({ read: false })).error).toMatch(/dead/);
    mem.failure = undefined;
    await A.get();
    expect((await L.getVariableValue({ read: false })).error).toBeNull();
  });
});
