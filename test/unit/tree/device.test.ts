import { describe, expect, it } from 'vitest';
import {
  ArrayDevice,
  type BlockOptions,
  CommandMemorySlave,
  Device,
  type DeviceOptions,
  Emulate,
  LocalVariable,
  RemoteVariable,
  Root,
  UInt,
} from '../../../src/tree/index.ts';
import { captureLog, startBench } from './tree-helpers.ts';

const log = captureLog();

describe('Device', () => {
  it('T-30, D-3: packed variables join their texts with the highest index first', async () => {
    const inner = new Device({ name: 'Inner' });
    const parts = inner.addRemoteVariables(3, 4, { name: 'P', offset: 0, disp: '{:d}' }, true);
    const { updates, root } = await startBench([inner]);
    const all = inner.node('P_All') as LocalVariable<string>;
    expect(parts.every(({ hidden }) => hidden)).toBe(true);
    await all.setDisp('1_2_3');
    expect(parts.map(({ value }) => value)).toStrictEqual([3, 2, 1]);
    expect(await all.get()).toBe('1_2_3');
    await root.waitOnUpdate();
    expect(updates().some((line) => line.startsWith('Inner.P_All='))).toBe(true);
  });

  it('D-3: addNodes makes a family, stride bytes apart', async () => {
    const inner = new Device({ name: 'Inner' });
    const made = inner.addNodes(RemoteVariable, 3, 8, { name: 'V', offset: 0x10 });
    await startBench([inner]);
    expect(made.map(({ name, address }) => [name, address])).toStrictEqual([
      ['V[0]', 0x1010n],
      ['V[1]', 0x1018n],
      ['V[2]', 0x1020n],
    ]);
  });

  it('T-30, D-7: ArrayDevice names its elements after their class', async () => {
    class Cell extends Device {
      readonly V: RemoteVariable = this.add(new RemoteVariable({ name: 'V', offset: 0 }));
      constructor(options: DeviceOptions) {
        super(options);
      }
    }
    const array = new ArrayDevice({ name: 'Cells', arrayClass: Cell, number: 2, stride: 0x100 });
    await startBench([array]);
    expect([...array.devices.keys()]).toStrictEqual(['Cell[0]', 'Cell[1]']);
    expect(array.elements[1]?.V.address).toBe(0x1100n);
    const named = new ArrayDevice({
      arrayClass: Cell,
      number: 2,
      stride: 4,
      arrayArgs: [{ name: 'A' }, { name: 'B' }],
    });
    expect([...named.devices.keys()]).toStrictEqual(['A', 'B']);
  });

  it('5.1: defaults override the values of children, by array names too', async () => {
    const inner = new Device({ name: 'Inner', defaults: { 'V[*]': 7, Nope: 1 } });
    inner.add([0, 1].map((i) => new LocalVariable<number>({ name: `V[${i}]`, value: 0 })));
    await startBench([inner]);
    expect([...inner.variables.values()].slice(1).map(({ value }) => value)).toStrictEqual([7, 7]);
    expect(log.some(({ message }) => message.includes('Default of Nope not applied'))).toBe(true);
  });

  it('B-3: single accesses go through the overridable block operations', async () => {
    const calls: string[] = [];
    class Hooked extends Device {
      override async writeBlocks(options?: BlockOptions): Promise<void> {
        calls.push(`write ${options?.variable?.name ?? ''} ${String(options?.force)}`);
        await super.writeBlocks(options);
      }
      override async readBlocks(options?: BlockOptions): Promise<void> {
        calls.push('read');
        await super.readBlocks(options);
      }
    }
    const inner = new Hooked({ name: 'Inner' });
    const V = inner.add(new RemoteVariable({ name: 'V', offset: 0 }));
    await startBench([inner]);
    await V.set(1);
    await V.get();
    expect(calls).toStrictEqual(['write V true', 'read']);
  });

  it('B-2: waitEach waits after each transaction', async () => {
    const A = new RemoteVariable({ name: 'A', offset: 0 });
    const B = new RemoteVariable({ name: 'B', offset: 4 });
    const { dev, mem } = await startBench([A, B]);
    mem.failure = 'no';
    mem.log = [];
    await expect(dev.readBlocks({ waitEach: true })).rejects.toThrow('Error no');
    expect(mem.log).toHaveLength(1);
    mem.log = [];
    await dev.readBlocks();
    await expect(dev.waitBlocks()).rejects.toThrow('Error no');
    expect(mem.log).toHaveLength(2);
    await expect(dev.waitBlocks()).resolves.toBeUndefined();
  });

  it('3.3: ReadDevice and WriteDevice work on their device', async () => {
    const A = new RemoteVariable({ name: 'A', offset: 0 });
    const { dev, bus } = await startBench([A]);
    await dev.ReadDevice.call();
    expect(bus()).toStrictEqual(['Read 1000/4']);
    await dev.WriteDevice.call();
    expect(bus()).toStrictEqual(['Write 1000 00000000', 'Verify 1000/4']);
  });

  it('M-6: a memory of functions reads and writes by calling them', async () => {
    const mem = new CommandMemorySlave();
    let stored: number | bigint = 5;
    mem.addCommand(0, {
      model: UInt(32),
      run: (arg) => {
        if (arg !== null) stored = arg;
        return stored;
      },
    });
    const root = new Root({ name: 'T' });
    const dev = root.add(new Device({ name: 'D', memBase: mem }));
    const V = dev.add(new RemoteVariable({ name: 'V', offset: 0 }));
    const W = dev.add(new RemoteVariable({ name: 'W', offset: 4 }));
    await root.start();
    expect(await V.get()).toBe(5);
    await V.set(9);
    expect(stored).toBe(9);
    await expect(W.get()).rejects.toThrow('no command at address 0x4');
    await root.stop();
  });

  it('M-5: emulated memory is zero, in pages, and bounded', () => {
    const mem = new Emulate({ maxPages: 1 });
    expect(mem.read(0xfffn, 2)).toStrictEqual(new Uint8Array(2));
    mem.write(0x10n, Uint8Array.of(1));
    expect(() => mem.write(0x1000n, Uint8Array.of(1))).toThrow(/emulated memory is full/);
  });

  it('D-4: poll intervals and visibility are set for many at once', () => {
    const dev = new Device({ name: 'D' });
    dev.add([
      new LocalVariable({ name: 'A', value: 0, pollInterval: 1 }),
      new LocalVariable({ name: 'B', value: 0 }),
    ]);
    dev.setPollInterval(3);
    dev.hideVariables(true, ['B']);
    const all = [...dev.variables.values()].slice(1);
    expect(all.map(({ pollInterval, hidden }) => [pollInterval, hidden])).toStrictEqual([
      [3, false],
      [0, true],
    ]);
  });
});
