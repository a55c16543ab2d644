import { describe, expect, it } from 'vitest';
import { float, LocalVariable } from '../../../src/tree/index.ts';
import { captureLog, startBench } from './tree-helpers.ts';

captureLog();

describe('LocalVariable', () => {
  it('T-18, LV-2: localSet is called at start, with write:false, and knows of changes', async () => {
    const calls: unknown[] = [];
    const V = new LocalVariable<number>({
      name: 'V',
      value: 1,
      localSet: (value, { dev, var: self, changed }) => {
        calls.push([value, dev.name, self === V, changed]);
      },
    });
    await startBench([V]);
    await V.set(1);
    await V.set(2, { write: false });
    expect(calls).toStrictEqual([
      [1, 'Dev', true, false],
      [1, 'Dev', true, false],
      [2, 'Dev', true, true],
    ]);
  });

  it('T-18, X-2: lists always count as changed, arrays by content', async () => {
    const changes: boolean[] = [];
    const note = (_value: unknown, { changed }: { changed: boolean }) => void changes.push(changed);
    const list = new LocalVariable<number[]>({ name: 'L', value: [1], localSet: note });
    const array = new LocalVariable<Float64Array>({ name: 'A', value: new Float64Array(2), localSet: note });
    await startBench([list, array]);
    changes.length = 0;
    await list.set([1]);
    await array.set(new Float64Array(2));
    await array.set(new Float64Array([0, 1]));
    expect(changes).toStrictEqual([true, false, true]);
  });

  it('T-18, LV-3: localGet is called at every access, the getter gives its last result', async () => {
    let count = 0;
    const V = new LocalVariable<number>({ name: 'V', typeStr: 'int', localGet: async () => ++count });
    await startBench([V]);
    const before = count;
    expect(await V.get()).toBe(before + 1);
    expect(await V.get({ read: false })).toBeGreaterThan(before + 1);
    const last = V.value;
    expect(V.value).toBe(last);
    expect((await V.getVariableValue({ read: false })).value).toBe(last + 1);
  });

  it('LV-3: a localGet that fails keeps the value and shows the error', async () => {
    let isBroken = false;
    const V = new LocalVariable<number>({
      name: 'V',
      value: 4,
      localGet: () => {
        if (isBroken) throw new Error('no sensor');
        return 5;
      },
    });
    await startBench([V]);
    expect(await V.get()).toBe(5);
    isBroken = true;
    await expect(V.get()).rejects.toThrow('no sensor');
    expect([V.value, V.error]).toStrictEqual([5, 'no sensor']);
    isBroken = false;
    await V.get();
    expect(V.error).toBeNull();
  });

  it('T-18, X-14: values outside the limits fail with the full path', async () => {
    const V = new LocalVariable<number>({ name: 'V', value: 1, minimum: 0, maximum: 10 });
    await startBench([V]);
    await expect(V.set(11)).rejects.toThrow('Value range error for Top.Dev.V. Value=11, Min=0, Max=10');
    expect(V.value).toBe(1);
  });

  it.each<[unknown, unknown]>([
    [1, 'x'],
    [1, 1.5],
    ['x', 1],
    [true, 1],
    [[1], 1],
    [{ a: 1 }, [1]],
    [new Float64Array(1), [1]],
  ])('T-18: a variable of %j refuses %j', async (value, other) => {
    const V = new LocalVariable<unknown>({ name: 'V', value });
    await startBench([V]);
    await expect(V.set(other)).rejects.toThrow(/Type mismatch for Top\.Dev\.V.*typeCheck=False/);
  });

  it('LV-2, V-13: booleans pass for integers, whole numbers for floats, anything without the check', async () => {
    const I = new LocalVariable<unknown>({ name: 'I', value: 1 });
    const F = new LocalVariable<unknown>({ name: 'F', value: float(1) });
    const N = new LocalVariable<unknown>({ name: 'N', value: 1, typeCheck: false });
    await startBench([I, F, N]);
    await I.set(true);
    await F.setDisp('2');
    await N.set('text');
    expect([I.value, F.value, N.value]).toStrictEqual([1, 2, 'text']);
    expect(F.valueDisp).toBe('2.0');
  });

  it('LV-6: elements of lists and arrays are set by index, snapshots keep theirs', async () => {
    const L = new LocalVariable<unknown>({ name: 'L', value: [1, 2, 3] });
    const A = new LocalVariable<unknown>({ name: 'A', value: new Float64Array(3) });
    await startBench([L, A]);
    const before = await A.getVariableValue({ read: false });
    await L.set(9, { index: 1 });
    await A.set(1.5, { index: 2 });
    expect(L.value).toStrictEqual([1, 9, 3]);
    expect(await L.get({ index: 1 })).toBe(9);
    expect(A.valueAt(2)).toBe(1.5);
    expect(before.value).toStrictEqual(new Float64Array(3));
    await expect(L.set(1, { index: 3 })).rejects.toThrow(/out of range/);
    await expect(A.set('x', { index: 0 })).rejects.toThrow(/no number/);
  });

  it('LV-5: updates by function do not overlap', async () => {
    const V = new LocalVariable<number>({ name: 'V', value: 0, localSet: async () => {} });
    await startBench([V]);
    await Promise.all(Array.from({ length: 10 }, () => V.update(async (x) => x + 1)));
    expect(V.value).toBe(10);
  });

  it('LV-1: value or localGet is required', () => {
    expect(() => new LocalVariable({ name: 'V' })).toThrow(/must specify value=/);
  });

  it('5.2: on a disabled device values are stored, callbacks and listeners stay silent', async () => {
    const calls: unknown[] = [];
    const V = new LocalVariable<number>({ name: 'V', value: 0, localSet: (x) => void calls.push(x) });
    const { dev, root, updates } = await startBench([V]);
    await dev.enable.set(false);
    await root.waitOnUpdate();
    updates();
    calls.length = 0;
    await V.set(5);
    await root.waitOnUpdate();
    expect([V.value, calls, updates()]).toStrictEqual([5, [], []]);
  });
});
