import { describe, expect, it } from 'vitest';
import {
  BaseCommand,
  float,
  commandFunctions as functions,
  isCommand,
  LocalCommand,
  LocalVariable,
  RemoteCommand,
} from '../../../src/tree/index.ts';
import { captureLog, startBench } from './tree-helpers.ts';

const log = captureLog();

describe('LocalCommand', () => {
  it('T-20, C-5: an argument becomes the default of the next call, callDefault takes the first', async () => {
    const args: unknown[] = [];
    const C = new LocalCommand<number>({ name: 'C', value: 1, function: ({ arg }) => void args.push(arg) });
    await startBench([C]);
    await C.call();
    await C.call(5);
    await C.call();
    expect(await C.get()).toBe(5);
    await C.callDefault();
    expect(args).toStrictEqual([1, 5, 5, 1]);
  });

  it('C-4: text is parsed, everything else passes, and the result comes back', async () => {
    const C = new LocalCommand<number, number>({
      name: 'C',
      value: 0,
      retValue: 0,
      function: ({ arg }) => arg * 4,
    });
    const S = new LocalCommand<string, string>({
      name: 'S',
      value: '',
      function: async ({ arg }) => `<${arg}>`,
    });
    const E = new LocalCommand<number, number>({
      name: 'E',
      value: 0,
      enum: { 0: 'a', 1: 'b' },
      function: ({ arg }) => arg,
    });
    await startBench([C, S, E]);
    expect(await C.call('0x3')).toBe(12);
    expect(await C.callDisp(2)).toBe('8');
    expect(await S.call('7')).toBe('<7>');
    expect(await E.call('b')).toBe(1);
    await expect(C.call('x')).rejects.toThrow(/Invalid value x for variable C/);
  });

  it('T-20: a disabled device executes nothing and returns null', async () => {
    let count = 0;
    const C = new LocalCommand({ name: 'C', function: () => ++count });
    const { dev } = await startBench([C]);
    await dev.enable.set(false);
    expect(await C.call(1)).toBeNull();
    expect(count).toBe(0);
  });

  it('T-20: an exception is logged and thrown, and the argument is not kept', async () => {
    const C = new LocalCommand<number>({
      name: 'C',
      value: 1,
      function: () => {
        throw new Error('refused');
      },
    });
    await startBench([C]);
    await expect(C.call(9)).rejects.toThrow('refused');
    expect(C.value).toBe(1);
    expect(log.some(({ message }) => message.includes('Error executing command Top.Dev.C'))).toBe(true);
  });

  it.each([
    [undefined, null],
    [0, 'int'],
    [float(0), 'float'],
    ['', 'str'],
    [true, 'bool'],
    [[1], 'List[int]'],
    [['a'], 'List[str]'],
  ])('T-20, C-3: return value %j has type %s', (retValue, type) => {
    expect(new LocalCommand({ name: 'C', ...(retValue === undefined ? {} : { retValue }) }).retTypeStr).toBe(
      type,
    );
  });

  it('C-1, C-2: commands are write only, and take an argument when they have a value', () => {
    const C = new LocalCommand({ name: 'C', value: 1 });
    expect([C.mode, C.bulkOpEn, C.isCommand, C.isVariable, C.arg]).toStrictEqual([
      'WO',
      false,
      true,
      false,
      true,
    ]);
    expect(new LocalCommand({ name: 'C' }).arg).toBe(false);
    expect(new LocalCommand({ name: 'C', hasArg: true }).arg).toBe(true);
    expect(new LocalCommand({ name: 'C' }).typeStr).toBe('int');
    expect([isCommand(C), isCommand(new LocalVariable({ name: 'V', value: 1 }))]).toStrictEqual([
      true,
      false,
    ]);
  });

  it('C-8: the function can be replaced, and reaches root, device and command', async () => {
    const C = new LocalCommand<number, string>({ name: 'C' });
    const { root } = await startBench([C]);
    expect(await C.call()).toBeNull();
    C.replaceFunction(({ root: top, dev, cmd }) => `${String(top === root)} ${dev.name} ${cmd.path}`);
    expect(await C.call()).toBe('true Dev Top.Dev.C');
  });

  it('C-4: a call before the start fails', async () => {
    await expect(new LocalCommand({ name: 'C' }).call()).rejects.toThrow(/not started/);
  });
});

it('C-8: the functions are members of the command classes, as in PyRogue', async () => {
  const members = Object.entries(functions);
  expect(members).toHaveLength(14);
  for (const [name, fn] of members) {
    expect([name, LocalCommand[name as keyof typeof functions]]).toEqual([name, fn]);
    expect([name, BaseCommand[name as keyof typeof functions]]).toEqual([name, fn]);
    expect([name, RemoteCommand[name as keyof typeof functions]]).toEqual([name, fn]);
  }
});

describe('RemoteCommand', () => {
  const command = (fn: unknown, options: object = {}) =>
    new RemoteCommand({ name: 'C', offset: 0, function: fn as never, ...options });

  it.each<[string, unknown, unknown, string[]]>([
    ['toggle', functions.toggle, undefined, ['Write 1000 04000000', 'Write 1000 00000000']],
  ])('T-20, C-8: %s on bit 2', async (_name, fn, arg, lines) => {
    const C = command(fn, { bitOffset: 2, bitSize: 1 });
    const { bus } = await startBench([C]);
    await C.call(arg);
    expect(bus()).toStrictEqual(lines);
  });

  it.each<[string, unknown, unknown, string[]]>([
    ['touch', functions.touch, undefined, ['Write 1000 01000000']],
    ['touch(5)', functions.touch, 5, ['Write 1000 05000000']],
    ['touchZero', functions.touchZero, undefined, ['Write 1000 00000000']],
    ['touchOne', functions.touchOne, undefined, ['Write 1000 01000000']],
    ['createTouch(7)', functions.createTouch(7), undefined, ['Write 1000 07000000']],
    [
      'createToggle',
      functions.createToggle([3, 0]),
      undefined,
      ['Write 1000 03000000', 'Write 1000 00000000'],
    ],
    ['postedTouch(5)', functions.postedTouch, 5, ['Post 1000 05000000']],
    ['postedTouchOne', functions.postedTouchOne, undefined, ['Post 1000 01000000']],
    ['postedTouchZero', functions.postedTouchZero, undefined, ['Post 1000 00000000']],
    ['createPostedTouch(2)', functions.createPostedTouch(2), undefined, ['Post 1000 02000000']],
    ['setArg', functions.setArg, 6, ['Write 1000 06000000']],
    ['setAndVerifyArg', functions.setAndVerifyArg, 6, ['Write 1000 06000000', 'Read 1000/4']],
    ['read', functions.read, undefined, ['Read 1000/4']],
    ['nothing', functions.nothing, undefined, []],
  ])('T-20, C-8: %s', async (_name, fn, arg, lines) => {
    const C = command(fn);
    const { bus } = await startBench([C]);
    await C.call(arg);
    expect(bus()).toStrictEqual(lines);
  });

  it('C-8: setAndVerifyArg fails when the register reads otherwise', async () => {
    const C = command(functions.setAndVerifyArg);
    const { mem } = await startBench([C]);
    const write = mem.write.bind(mem);
    mem.write = (address, data) =>
      write(
        address,
        data.map((byte) => byte ^ 1),
      );
    await expect(C.call(4)).rejects.toThrow(/Verification failed/);
  });

  it('C-7: the register shares a block with variables and takes no part in bulk reads', async () => {
    const C = command(functions.touch);
    const { bus, root } = await startBench([C]);
    await root.readAll();
    expect(bus()).toStrictEqual([]);
    expect(C.isCommand).toBe(true);
    expect(C.mode).toBe('RW');
  });
});
