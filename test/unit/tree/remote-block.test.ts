import { describe, expect, it } from 'vitest';
import {
  Bool,
  Device,
  Emulate,
  Fixed,
  FloatBE,
  Int,
  RemoteVariable,
  Root,
  String as StringModel,
  UInt,
  UIntBE,
} from '../../../src/tree/index.ts';
import { captureLog, startBench } from './tree-helpers.ts';

const log = captureLog();

describe('packing of registers (tree 7.4)', () => {
  const abc = () => ({
    A: new RemoteVariable({ name: 'A', offset: 0, bitSize: 8 }),
    B: new RemoteVariable({ name: 'B', offset: 0, bitOffset: 8, bitSize: 8, mode: 'RO' }),
    C: new RemoteVariable({ name: 'C', offset: 1, bitOffset: 12, bitSize: 4 }),
  });

  it('T-9: a write of one variable of a block writes and verifies its aligned bytes', async () => {
    const { A, B, C } = abc();
    const { bus, dev } = await startBench([A, B, C]);
    expect(dev.blocks.filter((block) => block.variables.length === 3)).toHaveLength(1);
    await A.set(0x11);
    expect(bus()).toStrictEqual(['Write 1000 11000000', 'Verify 1000/4']);
    await C.set(5);
    expect(bus()).toStrictEqual(['Write 1000 11005000', 'Verify 1000/4']);
  });

  it('T-9: an offset below the alignment moves into the bits', async () => {
    const E = new RemoteVariable({ name: 'E', offset: 6, bitSize: 16 });
    const { bus } = await startBench([E]);
    await E.set(0xbeef);
    expect(bus()).toStrictEqual(['Write 1004 0000efbe', 'Verify 1004/4']);
    expect(await E.get()).toBe(0xbeef);
  });

  it('T-9: a split variable has its lowest bits in the first part', async () => {
    const Split = new RemoteVariable({
      name: 'Split',
      offset: [0x10, 0x18],
      bitOffset: [28, 0],
      bitSize: [4, 4],
    });
    const { bus } = await startBench([Split]);
    await Split.set(0xa5);
    expect(bus()).toStrictEqual(['Write 1010 00000050000000000a000000', 'Verify 1010/12']);
    expect(await Split.get()).toBe(0xa5);
  });

  it('T-9: a write only variable is never read', async () => {
    const W = new RemoteVariable({ name: 'W', offset: 0, mode: 'WO' });
    const { bus } = await startBench([W]);
    await W.set(1);
    expect(await W.get()).toBe(1);
    expect(bus()).toStrictEqual(['Write 1000 01000000']);
  });

  it('T-9: verify:false writes only', async () => {
    const V = new RemoteVariable({ name: 'V', offset: 0, verify: false });
    const { bus } = await startBench([V]);
    await V.set(1);
    expect(bus()).toStrictEqual(['Write 1000 01000000']);
  });

  it('T-9: arrays write the elements that are given', async () => {
    const Arr = new RemoteVariable<Uint16Array | number[] | number>({
      name: 'Arr',
      offset: 0x40,
      base: UInt as never,
      numValues: 8,
      valueBits: 16,
      valueStride: 32,
    });
    const { bus } = await startBench([Arr]);
    await Arr.set([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(bus()).toStrictEqual([
      `Write 1040 ${[1, 2, 3, 4, 5, 6, 7, 8].map((n) => `0${n}000000`).join('')}`,
      'Verify 1040/32',
    ]);
    await Arr.set(0x99, { index: 3 });
    expect(bus()).toStrictEqual(['Write 104c 99000000', 'Verify 104c/4']);
    await Arr.set([7, 7]);
    expect(bus()).toStrictEqual(['Write 1040 0700000007000000', 'Verify 1040/8']);
    expect(await Arr.get()).toStrictEqual(new Uint16Array([7, 7, 3, 0x99, 5, 6, 7, 8]));
    await Arr.get({ index: 2 });
    expect(bus().at(-1)).toBe('Read 1048/4');
  });

  it.each([
    ['UIntBE 32', { base: UIntBE, bitSize: 32 }, 0x01020304, '01020304'],
    ['UIntBE 24', { base: UIntBE, bitSize: 24 }, 0x010203, '01020300'],
    ['Int 12 bits at 3', { base: Int, bitSize: 12, bitOffset: 3 }, -1, 'f87f0000'],
    ['Int 12 bits at 3', { base: Int, bitSize: 12, bitOffset: 3 }, -2048, '00400000'],
    ['Fixed', { base: Fixed(16, 8) }, 1.5, '80010000'],
    ['Fixed', { base: Fixed(16, 8) }, -0.25, 'c0ff0000'],
    ['FloatBE', { base: FloatBE, bitSize: 32 }, 1, '3f800000'],
  ] as const)('T-9: %s holds its value as the vector says', async (_name, options, value, hex) => {
    const V = new RemoteVariable<number | bigint>({ name: 'V', offset: 0, ...(options as object) });
    const { bus } = await startBench([V]);
    await V.set(value);
    expect(bus()).toStrictEqual([`Write 1000 ${hex}`, 'Verify 1000/4']);
    expect(await V.get()).toBe(value);
  });

  it('T-9: text and bits hold their values as the vectors say', async () => {
    const S = new RemoteVariable({ name: 'S', offset: 0, base: StringModel, bitSize: 64 });
    const B = new RemoteVariable({ name: 'B', offset: 8, base: Bool, bitSize: 1, bitOffset: 5 });
    const { bus } = await startBench([S, B]);
    await S.set('hello');
    await B.set(true);
    expect(bus()).toStrictEqual([
      'Write 1000 68656c6c6f000000',
      'Verify 1000/8',
      'Write 1008 20000000',
      'Verify 1008/4',
    ]);
    expect(await S.get()).toBe('hello');
    expect(await B.getDisp()).toBe('True');
  });

  it('T-9: a bulk write issues all writes before any verify', async () => {
    const A = new RemoteVariable({ name: 'A', offset: 0 });
    const BE = new RemoteVariable({ name: 'BE', offset: 4, base: UIntBE });
    const { bus, dev } = await startBench([A, BE]);
    await A.set(1, { write: false });
    await BE.set(2, { write: false });
    await dev.writeBlocks();
    await dev.verifyBlocks();
    await dev.waitBlocks();
    expect(bus()).toStrictEqual([
      'Write 1000 01000000',
      'Write 1004 00000002',
      'Verify 1000/4',
      'Verify 1004/4',
    ]);
  });

  it('T-9: nothing is read while something is staged, and it goes along with the next write', async () => {
    const { A, B, C } = abc();
    const { bus } = await startBench([A, B, C]);
    await A.set(0x22, { write: false });
    expect(await A.get()).toBe(0x22);
    expect(await B.get()).toBe(0);
    expect(bus()).toStrictEqual([]);
    await C.set(3);
    expect(bus()).toStrictEqual(['Write 1000 22003000', 'Verify 1000/4']);
  });

  it('T-10: lost answers are asked for again, up to retryCount times', async () => {
    const A = new RemoteVariable({ name: 'A', offset: 0, retryCount: 2 });
    const { bus, mem, clock } = await startBench([A]);
    mem.write(0x1000n, Uint8Array.of(9));
    mem.dropCount = 2;
    const value = A.get();
    await clock.advanceAsync(3000);
    expect(await value).toBe(9);
    expect(bus()).toStrictEqual(['Read 1000/4', 'Read 1000/4', 'Read 1000/4']);
    expect(log.filter(({ level }) => level === 'warn')).toHaveLength(2);
  });

  it('M-1: hubs of devices add their offsets', async () => {
    const V = new RemoteVariable({ name: 'V', offset: 4 });
    const inner = new Device({ name: 'Inner', offset: 0x20 });
    inner.add(V);
    const { bus } = await startBench([inner]);
    await V.set(1);
    expect(bus()[0]).toBe('Write 1024 01000000');
    expect(V.address).toBe(0x1024n);
  });

  it('section 5.1: a hub is an address space of its own, behind doTransaction', async () => {
    const seen: string[] = [];
    class Hub extends Device {
      override async doTransaction(t: Parameters<Device['doTransaction']>[0]): Promise<void> {
        seen.push(`${t.type} ${t.address.toString(16)}`);
        await super.doTransaction(t);
      }
    }
    const V = new RemoteVariable({ name: 'V', offset: 0x10 });
    const hub = new Hub({ name: 'Hub', offset: 0x100, hubMin: 4, hubMax: 64 });
    const inner = new Device({ name: 'Inner', offset: 0x20 });
    inner.add(V);
    hub.add(inner);
    const { bus } = await startBench([hub]);
    await V.set(1);
    expect(seen).toStrictEqual(['write 30', 'verify 30']);
    expect(bus()).toStrictEqual(['Write 1130 01000000', 'Verify 1130/4']);
  });
});

describe('failures of transactions', () => {
  it('T-10: no answer is a time-out with its text, and the late one is dropped', async () => {
    const A = new RemoteVariable({ name: 'A', offset: 0 });
    const { mem, clock } = await startBench([A]);
    mem.dropCount = 1;
    const result = A.get().catch((error: unknown) => error);
    await clock.advanceAsync(1001);
    const error = await result;
    expect(error).toMatchObject({ name: 'MemoryError', code: 'EPICS_TIMEOUT', path: 'Top.Dev.A' });
    expect(String(error)).toMatch(
      /Transaction error for block Top\.Dev\.A with address 0x00001000\. Error Timeout waiting for register transaction \d+ message response\./,
    );
    expect(A.error).toMatch(/Timeout/);
    expect((await A.getVariableValue({ read: false })).error).toMatch(/Timeout/);
    await A.get();
    expect(A.error).toBeNull();
  });

  it('T-10: a verify that differs names byte, values and mask', async () => {
    const A = new RemoteVariable({ name: 'A', offset: 0, bitSize: 8 });
    const { mem } = await startBench([A]);
    mem.corruptVerifyMask = 0x80;
    await expect(A.set(0x11)).rejects.toThrow(
      'Verify error for block Top.Dev.A with address 0x00001000. Byte: 0. Got: 0x91, Exp: 0x11, Mask: 0xff',
    );
  });

  it('T-10: an error of the slave comes with block and address', async () => {
    const A = new RemoteVariable({ name: 'A', offset: 0 });
    const { mem } = await startBench([A]);
    mem.failure = 'bus lockup';
    await expect(A.set(1)).rejects.toThrow(
      'Transaction error for block Top.Dev.A with address 0x00001000. Error bus lockup',
    );
    mem.failure = undefined;
    await A.set(2);
    expect(await A.get()).toBe(2);
  });

  it('T-10, section 5.2: a disabled device makes no transactions and clears what is staged', async () => {
    const A = new RemoteVariable({ name: 'A', offset: 0 });
    const { dev, bus, updates, root } = await startBench([A]);
    await dev.enable.set(false);
    await A.set(5);
    await root.waitOnUpdate();
    expect(bus()).toStrictEqual([]);
    expect(updates()).toStrictEqual(['enable=false']);
    expect(await A.get()).toBe(5);
    await dev.enable.set(true);
    expect(await A.get()).toBe(0);
    expect(bus()).toStrictEqual(['Read 1000/4']);
  });

  it('T-12: staging between write and verify does not disturb the verify', async () => {
    const A = new RemoteVariable({ name: 'A', offset: 0, bitSize: 8 });
    const { dev, mem } = await startBench([A], {});
    mem.delayMs = 0;
    await A.set(1, { write: false });
    await dev.writeBlocks();
    const verified = dev.verifyBlocks();
    await A.set(2, { write: false });
    await verified;
    await expect(dev.waitBlocks()).resolves.toBeUndefined();
  });

  it('M-2: a long transaction is split, and one failing piece fails it', async () => {
    const mem = new Emulate({ max: 8 });
    const root = new Root({ name: 'Top', pollEn: false });
    const dev = new Device({ name: 'Dev', memBase: mem });
    const S = dev.add(new RemoteVariable({ name: 'S', offset: 0, base: StringModel, bitSize: 160 }));
    root.add(dev);
    await root.start();
    mem.log = [];
    await S.set('abcdefghijklmnopqr');
    expect(mem.log.map(({ type, size }) => `${type} ${size}`)).toStrictEqual([
      'write 8',
      'write 8',
      'write 4',
      'verify 8',
      'verify 8',
      'verify 4',
    ]);
    expect(await S.get()).toBe('abcdefghijklmnopqr');
    mem.failure = 'no';
    await expect(S.get()).rejects.toThrow('Error no');
    await root.stop();
  });

  it('M-3: an answer restarts the time-outs of the accesses issued after it', async () => {
    const A = new RemoteVariable({ name: 'A', offset: 0 });
    const B = new RemoteVariable({ name: 'B', offset: 4 });
    const { mem, clock } = await startBench([A, B]);
    mem.delayMs = 900;
    const first = A.get();
    await clock.advanceAsync(500);
    mem.delayMs = 1300;
    const second = B.get();
    await clock.advanceAsync(2000);
    expect(await first).toBe(0);
    expect(await second).toBe(0);
  });
});

describe('bulk operations', () => {
  const three = () => ({
    A: new RemoteVariable({ name: 'A', offset: 0 }),
    W: new RemoteVariable({ name: 'W', offset: 4, mode: 'WO' }),
    N: new RemoteVariable({ name: 'N', offset: 8, bulkOpEn: false }),
    R: new RemoteVariable({ name: 'R', offset: 12, mode: 'RO' }),
  });

  it('T-11: WriteAll sends nothing that is not staged, with ForceWrite all, then verifies', async () => {
    const { root, bus } = await startBench(Object.values(three()));
    await root.writeAll();
    expect(bus()).toStrictEqual([]);
    await root.ForceWrite.set(true);
    await root.writeAll();
    expect(bus()).toStrictEqual(['Write 1000 00000000', 'Write 1004 00000000', 'Verify 1000/4']);
  });

  it('T-11: ReadAll leaves out write only and non-bulk blocks', async () => {
    const { root, bus } = await startBench(Object.values(three()));
    await root.readAll();
    expect(bus()).toStrictEqual(['Read 1000/4', 'Read 100c/4']);
  });

  it('M-13: a completed transaction notifies all variables of the block, once per operation', async () => {
    const A = new RemoteVariable({ name: 'A', offset: 0, bitSize: 8 });
    const B = new RemoteVariable({ name: 'B', offset: 1, bitSize: 8 });
    const { root, updates } = await startBench([A, B]);
    await A.set(3);
    await root.waitOnUpdate();
    expect(updates()).toStrictEqual(['A=3', 'B=0']);
  });

  it('M-12, E-36: two writes at the same time both reach the bus in order', async () => {
    const A = new RemoteVariable({ name: 'A', offset: 0, verify: false });
    const { bus } = await startBench([A]);
    await Promise.all([A.set(1), A.set(2), A.set(2)]);
    expect(bus()).toStrictEqual(['Write 1000 01000000', 'Write 1000 02000000', 'Write 1000 02000000']);
  });
});

describe('building of blocks', () => {
  it('7.2: exclusive variables that share a bit are refused, overlapEn ones not', async () => {
    const two = (overlapEn: boolean[]) =>
      overlapEn.map((on, i) => new RemoteVariable({ name: `V${i}`, offset: 0, bitSize: 8, overlapEn: on }));
    await expect(startBench(two([false, false]))).rejects.toThrow('Variable bit overlap detected');
    await expect(startBench(two([true, false]))).rejects.toThrow('Variable bit mask overlap detected');
    const { dev } = await startBench(two([true, true]));
    expect(dev.blocks.at(-1)?.variables).toHaveLength(2);
  });

  it('D-6: registers without memory are refused at start', async () => {
    const root = new Root({ name: 'Top' });
    const dev = root.add(new Device({ name: 'Dev' }));
    dev.add(new RemoteVariable({ name: 'A', offset: 0 }));
    await expect(root.start()).rejects.toThrow('has RemoteVariables or RemoteCommands but no memBase');
  });

  it('RT-1: blocks of different devices that overlap are refused', async () => {
    const mem = new Emulate();
    const root = new Root({ name: 'Top' });
    for (const [name, offset] of [
      ['X', 0],
      ['Y', 4],
    ] as const) {
      const dev = root.add(new Device({ name, memBase: mem, offset }));
      dev.add(new RemoteVariable({ name: 'V', offset: 0, bitSize: 64 }));
    }
    await expect(root.start()).rejects.toThrow(
      /Top\.Y\.V at address=0x4 overlaps Top\.X\.V at address=0x0 with size=8/,
    );
  });

  it('7.2: block mode is the common one, RW when members differ', async () => {
    const A = new RemoteVariable({ name: 'A', offset: 0, bitSize: 8, mode: 'RO' });
    const B = new RemoteVariable({ name: 'B', offset: 1, bitSize: 8, mode: 'WO' });
    const C = new RemoteVariable({ name: 'C', offset: 4, mode: 'RO' });
    const { dev } = await startBench([A, B, C]);
    expect(dev.blocks.map(({ mode }) => mode)).toStrictEqual(['RW', 'RO']);
  });
});
