import { describe, expect, it } from 'vitest';
import { Device, type EnableState, LocalVariable, Root } from '../../../src/tree/index.ts';
import { captureLog } from './tree-helpers.ts';

captureLog();

class Dev extends Device {
  readonly changes: EnableState[] = [];
  override enableChanged(value: EnableState): void {
    this.changes.push(value);
  }
}

async function tree() {
  const root = new Root({ name: 'T' });
  const ready = root.add(new LocalVariable<boolean>({ name: 'Ready', value: true }));
  const dev = root.add(new Dev({ name: 'D', enableDeps: [ready] }));
  const inner = dev.add(new Dev({ name: 'I' }));
  await root.start();
  await root.waitOnUpdate();
  const events: string[] = [];
  root.addVarListener((path, { valueDisp }) => events.push(`${path.slice(2)}=${valueDisp}`), {
    done: () => events.push('done'),
    excGroups: 'NoSql',
  });
  return { root, ready, dev, inner, events };
}

describe('enable', () => {
  it('T-21: a device that is off turns those below off, told in the same batch', async () => {
    const { root, dev, inner, events } = await tree();
    await dev.enable.set(false);
    await root.waitOnUpdate();
    expect([dev.enable.value, inner.enable.value]).toStrictEqual([false, 'parent']);
    expect(events).toStrictEqual(['D.enable=False', 'D.I.enable=ParentFalse', 'done']);
    expect([dev.isEnabled, inner.isEnabled]).toStrictEqual([false, false]);
    expect(dev.changes).toStrictEqual([false]);
    await dev.enable.set(true);
    expect(inner.enable.value).toBe(true);
  });

  it('T-21: dependencies that are false show as deps', async () => {
    const { root, ready, dev, inner, events } = await tree();
    await ready.set(false);
    await root.waitOnUpdate();
    expect([dev.enable.value, dev.enable.valueDisp, inner.enable.value]).toStrictEqual([
      'deps',
      'ExtDepFalse',
      'parent',
    ]);
    expect(events).toStrictEqual(['Ready=False', 'D.enable=ExtDepFalse', 'D.I.enable=ParentFalse', 'done']);
  });

  it('T-21: writing parent or deps is ignored, other values are refused', async () => {
    const { dev } = await tree();
    await dev.enable.set('parent');
    await dev.enable.setDisp('ExtDepFalse');
    expect(dev.enable.value).toBe(true);
    await expect(dev.enable.set(3 as never)).rejects.toThrow(/no boolean/);
    await dev.enable.setDisp('False');
    expect(dev.enable.value).toBe(false);
  });

  it('T-21: the root switches the whole tree', async () => {
    const { root, dev } = await tree();
    await root.enable.set(false);
    expect([root.enable.value, dev.enable.value]).toStrictEqual([false, 'parent']);
  });

  it('5.1: enabled:false is the first state', async () => {
    const root = new Root({ name: 'T' });
    const dev = root.add(new Device({ name: 'D', enabled: false }));
    await root.start();
    expect(dev.enable.value).toBe(false);
    await root.stop();
  });
});
