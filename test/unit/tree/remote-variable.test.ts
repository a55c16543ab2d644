import { describe, expect, it } from 'vitest';
import {
  type BlockOptions,
  Device,
  LinkVariable,
  RemoteCommand,
  RemoteVariable,
  String as StringModel,
  toEnumMap,
  UInt,
} from '../../../src/tree/index.ts';
import { captureLog, startBench } from './tree-helpers.ts';

const log = captureLog();

describe('RemoteVariable', () => {
  it('V-8: post writes without verify, write sends what is staged', async () => {
    const A = new RemoteVariable({ name: 'A', offset: 0 });
    const { bus } = await startBench([A]);
    await A.post(1);
    expect(bus()).toStrictEqual(['Post 1000 01000000']);
    await A.set(2, { write: false });
    await A.write();
    await A.set(3, { verify: false });
    expect(bus()).toStrictEqual(['Write 1000 02000000', 'Verify 1000/4', 'Write 1000 03000000']);
  });

  it('B-2: wait:false leaves the failure to the next wait, a later operation only logs it', async () => {
    const A = new RemoteVariable({ name: 'A', offset: 0 });
    const { dev, mem } = await startBench([A]);
    mem.failure = 'dead';
    await A.set(1, { wait: false, verify: false });
    await expect(dev.waitBlocks()).rejects.toThrow('Error dead');
    await A.set(2, { wait: false, verify: false });
    await Promise.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    mem.failure = undefined;
    expect(await A.get()).toBe(0);
    expect(log.some(({ message }) => message.includes('was not waited for'))).toBe(true);
  });

  it('M-7: what is staged while a read is under way stays staged', async () => {
    const A = new RemoteVariable({ name: 'A', offset: 0, bitSize: 4 });
    const B = new RemoteVariable({ name: 'B', offset: 0, bitSize: 4, bitOffset: 4 });
    const { mem, clock } = await startBench([A, B]);
    mem.write(0x1000n, Uint8Array.of(0x21));
    mem.delayMs = 100;
    const read = A.get();
    await clock.advanceAsync(50);
    await B.set(0xf, { write: false });
    await clock.advanceAsync(100);
    expect(await read).toBe(1);
    expect(B.value).toBe(0xf);
  });

  it('B-3: an overridden block operation may read the variable that it writes', async () => {
    const A = new RemoteVariable({ name: 'A', offset: 0 });
    class Hooked extends Device {
      override async verifyBlocks(options?: BlockOptions): Promise<void> {
        await A.get();
        await super.verifyBlocks(options);
      }
    }
    const inner = new Hooked({ name: 'Inner' });
    inner.add(A);
    const { bus } = await startBench([inner]);
    await A.set(5);
    expect(bus()).toStrictEqual(['Write 1000 05000000', 'Read 1000/4', 'Verify 1000/4']);
  });

  it.each([
    [{ offset: 0, bitSize: 0 }, /bit size 0/],
    [{ offset: -1 }, /offset -1 is no address/],
    [{ offset: 0, bitOffset: 0.5 }, /bit offset 0.5/],
    [{ offset: [0, 4, 8], bitSize: [1, 2] }, /differ in length/],
    [{ offset: 0, numValues: 2, valueBits: 16, valueStride: 8 }, /does not fit the stride/],
    [{ offset: 0, base: StringModel, bitSize: 12 }, /whole bytes/],
    [{ offset: 0, base: UInt(16), bitSize: 8 }, /does not fit 8 bits/],
  ])('section 6.5: the place %j is refused', (options, text) => {
    expect(() => new RemoteVariable({ name: 'V', ...(options as { offset: number }) })).toThrow(text);
  });

  it('RV-3: text is written as it is, numbers of text variables by their text', async () => {
    const S = new RemoteVariable<string>({ name: 'S', offset: 0, base: StringModel, bitSize: 64 });
    await startBench([S]);
    await S.setDisp(' a b ');
    expect(S.valueDisp).toBe(' a b ');
    await S.set(12 as never);
    expect(S.value).toBe('12');
  });

  it('V-12: integer text takes any base, and fails when it is no number', async () => {
    const A = new RemoteVariable({ name: 'A', offset: 0, bitSize: 16 });
    await startBench([A]);
    await A.setDisp('0x1F');
    expect(await A.getDisp()).toBe('0x1f');
    await expect(A.setDisp('1.5')).rejects.toThrow(/^Invalid value 1.5 for variable A with type int/);
  });

  it('C-8: a remote command has text results, defaults and a replaceable function', async () => {
    const C = new RemoteCommand<number | bigint, unknown>({ name: 'C', offset: 0, value: 4, retValue: '' });
    const { bus } = await startBench([C]);
    bus();
    C.replaceFunction(async ({ cmd, arg }) => {
      await cmd.set(arg);
      return 9;
    });
    expect(await C.callDisp()).toBe('0x9');
    expect(await C.callDefault()).toBe(9);
    expect(bus()).toStrictEqual(['Write 1000 04000000', 'Write 1000 04000000']);
    expect([C.arg, C.retTypeStr]).toStrictEqual([true, 'str']);
    await C.set(7, { write: false });
    expect(bus()).toStrictEqual([]);
  });

  it('LK-2: writing through a link writes what it stands for', async () => {
    const A = new RemoteVariable({ name: 'A', offset: 0 });
    const L = new LinkVariable({ name: 'L', variable: A });
    const { bus } = await startBench([A, L]);
    await L.set(3, { write: false });
    await L.write();
    await L.setDisp('0x10');
    expect(bus()).toStrictEqual([
      'Write 1000 03000000',
      'Verify 1000/4',
      'Write 1000 10000000',
      'Verify 1000/4',
    ]);
    expect(L.value).toBe(16);
  });
});

describe('labels', () => {
  it('V-1: labels come as object, pairs or Map', () => {
    const wanted = [
      [1, 'a'],
      [-2, 'b'],
    ];
    expect([...toEnumMap({ 1: 'a', '-2': 'b' })]).toStrictEqual(wanted);
    expect([
      ...toEnumMap([
        [1, 'a'],
        [-2, 'b'],
      ]),
    ]).toStrictEqual(wanted);
    expect([
      ...toEnumMap(
        new Map([
          [1, 'a'],
          [-2, 'b'],
        ]),
      ),
    ]).toStrictEqual(wanted);
    expect([...toEnumMap({ true: 'on', x: 'y' }).keys()]).toStrictEqual([true, 'x']);
  });
});
