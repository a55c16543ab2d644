import { describe, expect, it } from 'vitest';
import {
  type BaseVariable,
  Bool,
  Double,
  Fixed,
  Float16,
  FloatBE,
  float,
  Int,
  LocalVariable,
  type NativeType,
  ndarray,
  RemoteVariable,
  Root,
  tuple,
  UInt,
  UIntReversed,
  type VariableKind,
} from '../../../src/tree/index.ts';
import { captureLog, startBench } from './tree-helpers.ts';

const log = captureLog();
const local = (options: object) => new LocalVariable({ name: 'V', ...options } as never);

describe('derived attributes', () => {
  it.each<[string, object, string, NativeType, string, VariableKind]>([
    ['whole number', { value: 5 }, 'int', 'int', '{}', { k: 'int', bits: null, signed: true }],
    ['fraction', { value: 0.5 }, 'float', 'float', '{}', { k: 'float', bits: 64 }],
    ['float(0)', { value: float(0) }, 'float', 'float', '{}', { k: 'float', bits: 64 }],
    ['0 of typeStr float', { value: 0, typeStr: 'float' }, 'float', 'float', '{}', { k: 'float', bits: 64 }],
    [
      '0 of typeStr Float32',
      { value: 0, typeStr: 'Float32' },
      'Float32',
      'float',
      '{}',
      { k: 'float', bits: 32 },
    ],
    ['text', { value: 'x' }, 'str', 'str', '{}', { k: 'string' }],
    [
      'boolean',
      { value: true },
      'bool',
      'bool',
      'enum',
      { k: 'enum', choices: ['False', 'True'], values: [false, true] },
    ],
    ['boolean with disp', { value: true, disp: '{}' }, 'bool', 'bool', '{}', { k: 'bool' }],
    ['int of typeStr Bool', { value: 1, typeStr: 'Bool' }, 'Bool', 'int', '{}', { k: 'bool' }],
    ['UInt32', { value: 1, typeStr: 'UInt32' }, 'UInt32', 'int', '{}', { k: 'int', bits: 32, signed: false }],
    ['Int64', { value: 1n, typeStr: 'Int64' }, 'Int64', 'int', '{}', { k: 'int', bits: 64, signed: true }],
    ['list', { value: [1, 2] }, 'list', 'list', '{}', { k: 'object' }],
    ['dictionary', { value: { a: 1 } }, 'dict', 'dict', '{}', { k: 'object' }],
    ['tuple', { value: tuple(1, 2) }, 'tuple', 'tuple', '{}', { k: 'object' }],
    ['None', { value: null }, 'NoneType', 'none', '{}', { k: 'none' }],
    [
      'array',
      { value: new Float64Array(5) },
      'float64(5,)',
      'ndarray',
      '{}',
      { k: 'array', dtype: 'float64', shape: [5] },
    ],
    [
      'uint16 array',
      { value: new Uint16Array(3), typeStr: 'x' },
      'uint16(3,)',
      'ndarray',
      '{}',
      { k: 'array', dtype: 'uint16', shape: [3] },
    ],
    [
      '2-D array',
      { value: ndarray(new Float64Array(6), [2, 3]) },
      'float64(2, 3)',
      'ndarray',
      '{}',
      { k: 'array', dtype: 'float64', shape: [2, 3] },
    ],
    [
      'disp list',
      { value: 2, disp: [2, 3] },
      'int',
      'int',
      'enum',
      { k: 'enum', choices: ['2', '3'], values: [2, 3] },
    ],
    [
      'enum',
      { value: 2, enum: { 2: 'a', 3: 'b' } },
      'int',
      'int',
      'enum',
      { k: 'enum', choices: ['a', 'b'], values: [2, 3] },
    ],
  ])('T-14: local %s', async (_name, options, typeStr, native, disp, kind) => {
    const variable = local(options);
    const root = new Root({ name: 'Top' });
    root.add(variable);
    await root.start();
    expect([variable.typeStr, variable.nativeType, variable.disp]).toStrictEqual([typeStr, native, disp]);
    expect(variable.kind).toStrictEqual(kind);
    await root.stop();
  });

  it.each<[object, string, string, NativeType, VariableKind]>([
    [{}, 'UInt32', '{:#x}', 'int', { k: 'int', bits: 32, signed: false }],
    [{ base: Int, bitSize: 12 }, 'Int12', '{:d}', 'int', { k: 'int', bits: 12, signed: true }],
    [
      { base: UIntReversed, bitSize: 8 },
      'UIntReversed8',
      '{:#x}',
      'int',
      { k: 'int', bits: 8, signed: false },
    ],
    [{ base: UInt, bitSize: 80 }, 'UInt80', '{:#x}', 'int', { k: 'int', bits: 80, signed: false }],
    [{ base: Double, bitSize: 64 }, 'Double64', '{:f}', 'float', { k: 'float', bits: 64 }],
    [{ base: FloatBE, bitSize: 32 }, 'FloatBE32', '{:f}', 'float', { k: 'float', bits: 32 }],
    [{ base: Float16, bitSize: 16 }, 'Float16', '{:f}', 'float', { k: 'float', bits: 32 }],
    [{ base: Fixed(16, 4) }, 'Fixed_16_4', '{}', 'float', { k: 'float', bits: 64 }],
    [
      { base: Bool, bitSize: 1 },
      'Bool',
      'enum',
      'bool',
      { k: 'enum', choices: ['False', 'True'], values: [false, true] },
    ],
    [{ base: Bool, bitSize: 1, disp: '{}' }, 'Bool', '{}', 'bool', { k: 'bool' }],
    [
      { numValues: 4, valueBits: 8 },
      'uint32(4,)',
      '{:#x}',
      'ndarray',
      { k: 'array', dtype: 'uint8', shape: [4] },
    ],
    [
      { base: Double, numValues: 2, valueBits: 64 },
      'float64(2,)',
      '{:f}',
      'ndarray',
      { k: 'array', dtype: 'float64', shape: [2] },
    ],
    [
      { enum: { 2: '16', 3: '20' }, bitSize: 3 },
      'UInt3',
      'enum',
      'int',
      { k: 'enum', choices: ['16', '20'], values: [2, 3] },
    ],
  ])('T-14: remote variable %#', (options, typeStr, disp, native, kind) => {
    const variable = new RemoteVariable({ name: 'V', offset: 0, ...options });
    expect([variable.typeStr, variable.disp, variable.nativeType]).toStrictEqual([typeStr, disp, native]);
    expect(variable.kind).toStrictEqual(kind);
  });

  it.each([
    ['{:1.2f}', 2, 2],
    ['{:.3f}', 8, 3],
    ['{}', 8, 8],
    ['{:1.4e}', 8, 4],
  ])('T-14, V-5: display %s has precision %d, shown %d', (disp, precision, shown) => {
    const variable = local({ value: float(0), disp });
    expect([variable.precision, variable.dispPrecision]).toStrictEqual([precision, shown]);
    expect(local({ value: 1 }).precision).toBe(0);
  });

  it('V-1: labels for a list are refused', () => {
    expect(() => local({ value: [1], enum: { 1: 'a' } })).toThrow(/Invalid use of enum/);
    expect(() => local({ value: 1, mode: 'XX' })).toThrow(/Invalid variable mode XX/);
  });

  it('V-2: of equal labels the last value counts', () => {
    const variable = local({ value: 0, enum: { 0: 'a', 1: 'a', 2: 'b' } });
    expect([...(variable.revEnum ?? [])]).toStrictEqual([
      ['a', 1],
      ['b', 2],
    ]);
  });

  it.each([
    [5, 'Good', 'Good'],
    [0.9, 'AlarmLoLo', 'AlarmMajor'],
    [1, 'AlarmLow', 'AlarmMinor'],
    [2, 'Good', 'Good'],
    [8, 'Good', 'Good'],
    [8.1, 'AlarmHigh', 'AlarmMinor'],
    [9, 'AlarmHigh', 'AlarmMinor'],
    [9.1, 'AlarmHiHi', 'AlarmMajor'],
  ])('T-15: value %d has status %s and severity %s', (value, status, severity) => {
    const variable = local({ value: float(value), lowAlarm: 1, lowWarning: 2, highWarning: 8, highAlarm: 9 });
    expect([variable.alarmStatus, variable.alarmSeverity]).toStrictEqual([status, severity]);
    expect(variable.hasAlarm).toBe(true);
  });

  it('T-15: without limits, and for lists, there is no alarm state', () => {
    expect(local({ value: 1 }).alarmStatus).toBe('None');
    expect(local({ value: [1], lowAlarm: 5 }).alarmSeverity).toBe('None');
  });

  it("V-7: properties have PyRogue's names in order", () => {
    expect(Object.keys(local({ value: 1 }).properties()).join(' ')).toBe(
      'value valueDisp class name path mode typeStr enum disp precision units minimum maximum nativeType ndType ' +
        'updateNotify hasAlarm lowWarning highWarning lowAlarm highAlarm alarmStatus alarmSeverity pollInterval',
    );
    const remote = new RemoteVariable({ name: 'R', offset: 4 });
    expect(Object.keys(remote.properties()).slice(24).join(' ')).toBe(
      'address overlapEn offset bitOffset bitSize verifyEn numValues valueBits valueStride retryCount varBytes bulkEn',
    );
  });
});

describe('display and parsing', () => {
  it.each<[object, string, unknown]>([
    [{ value: 0 }, ' 0x1F ', 31],
    [{ value: 0 }, '1_000', 1000],
    [{ value: 'x' }, ' 12 ', ' 12 '],
    [{ value: float(0) }, '2', 2],
    [{ value: float(0) }, 'nan', Number.NaN],
    [{ value: [0] }, '[4, 5]', [4, 5]],
    [{ value: { a: 1 } }, "{'b': 2}", { b: 2 }],
    [{ value: { a: 1 } }, '{"b": true}', { b: true }],
    [{ value: 1, enum: { 1: 'On', 0: 'Off' } }, 'On', 1],
    [{ value: true }, 'False', false],
    [{ value: new Float64Array(2) }, '[1, 2.5]', new Float64Array([1, 2.5])],
    [{ value: new Uint16Array(2) }, '[1, 2]', new Uint16Array([1, 2])],
  ])('T-16: %j parses %j', (options, text, value) => {
    expect(local(options).parseDisp(text)).toStrictEqual(value);
  });

  it.each<[object, string]>([
    [{ value: 0 }, 'abc'],
    [{ value: 1, enum: { 1: 'On' } }, '1'],
    [{ value: true }, 'true'],
    [{ value: [1] }, '[1'],
  ])('T-16, T-17: %j refuses %j', (options, text) => {
    expect(() => local(options).parseDisp(text)).toThrow(/^Invalid value .* for variable V with type/);
  });

  it('T-17: an unknown value shows as INVALID, with a warning', () => {
    const variable = local({ value: 3, enum: { 1: 'On' } });
    expect(variable.genDisp(3)).toBe('INVALID: 3');
    expect(log.at(-1)?.message).toMatch(/Invalid enum value 3/);
    expect(variable.genDisp(1n)).toBe('On');
  });

  it('T-17: labels set values, keys need not be contiguous', async () => {
    const E = new LocalVariable({ name: 'E', value: 2, enum: { 2: '16', 30: '20' } });
    await startBench([E]);
    await E.setDisp('20');
    expect(E.value).toBe(30);
    expect(E.valueDisp).toBe('20');
    await expect(E.setDisp('17')).rejects.toThrow(/no label of 16, 20/);
  });

  it('V-10: arrays show element by element, rows on new lines', () => {
    expect(local({ value: new Float64Array([1, 2]), disp: '{:.1f}' }).valueDisp).toBe('[1.0, 2.0]');
    expect(local({ value: ndarray(new Int8Array([1, 2, 3, 4]), [2, 2]) }).valueDisp).toBe(
      '[[1, 2],\n [3, 4]]',
    );
    expect(local({ value: 1, disp: '' }).valueDisp).toBe('');
    expect(local({ value: [1, 'a', null] }).valueDisp).toBe("[1, 'a', None]");
    expect(local({ value: tuple(1, 2) }).valueDisp).toBe('(1, 2)');
  });

  it('RV-4, RV-5: remote variables take numeric arrays of any type, refuse the rest', async () => {
    const A = new RemoteVariable<unknown>({
      name: 'A',
      offset: 0,
      base: UInt as never,
      numValues: 3,
      valueBits: 16,
    });
    const { dev } = await startBench([A]);
    await A.set(new Float64Array([1, 2]));
    expect(A.value).toStrictEqual(new Uint16Array([1, 2, 0]));
    await expect(A.set(new Float64Array([1.5]))).rejects.toThrow(/no whole number/);
    await expect(A.set([70000])).rejects.toThrow(/Value range error for Top\.Dev\.A/);
    await expect(A.set([1, 2, 3, 4])).rejects.toThrow(/Overflow error/);
    await expect(A.set(1, { index: 3 })).rejects.toThrow(/index 3 .* out of range/);
    await expect(A.set(5)).rejects.toThrow(/takes an array/);
    await A.setDisp('[7, 8, 9]');
    expect(A.valueDisp).toBe('[0x7, 0x8, 0x9]');
    expect(A.valueAt(1)).toBe(8);
    expect(dev.blocks.at(-1)?.path).toBe('Top.Dev.A');
  });

  it("RV-2: limits are the model's, clamped into it, and refuse values outside", async () => {
    const A = new RemoteVariable({ name: 'A', offset: 0, bitSize: 8, maximum: 500, minimum: 2 });
    const F = new RemoteVariable({ name: 'F', offset: 4, base: Fixed(16, 6), maximum: 90 });
    await startBench([A, F]);
    expect([A.minimum, A.maximum]).toStrictEqual([2, 255]);
    expect([F.minimum, F.maximum]).toStrictEqual([-512, 90]);
    await expect(A.set(1)).rejects.toThrow('Value range error for Top.Dev.A. Value=1, Min=2, Max=255');
    await expect(F.set(91)).rejects.toThrow(/Value range error/);
    await expect(A.set('5' as never)).rejects.toThrow(/it is no number/);
  });

  it('G-3: wide integers read as bigint, others as number, both are taken', async () => {
    const W = new RemoteVariable({ name: 'W', offset: 0, bitSize: 64 });
    const N = new RemoteVariable({ name: 'N', offset: 8, bitSize: 53 });
    const L = new LocalVariable<number | bigint>({ name: 'L', value: 1, typeStr: 'UInt64' });
    await startBench([W, N, L]);
    await W.set(5);
    await N.set(2n ** 53n - 1n);
    await L.set(7);
    expect([await W.get(), await N.get(), L.value]).toStrictEqual([5n, 2 ** 53 - 1, 7n]);
  });

  it('6.1: extra attributes are kept', () => {
    const variable = local({ value: 1, extra: { color: 'red' } });
    expect(variable.getExtraAttribute('color')).toBe('red');
    expect(variable.getExtraAttribute('toString')).toBeUndefined();
  });

  it('V-9: the same listener is added once', async () => {
    const A: BaseVariable = local({ value: 1 });
    let count = 0;
    const listener = () => void count++;
    A.addListener(listener);
    const stop = A.addListener(listener);
    const { root } = await startBench([A]);
    await A.set(2);
    await root.waitOnUpdate();
    expect(count).toBe(1);
    stop();
    await A.set(3);
    await root.waitOnUpdate();
    expect(count).toBe(1);
  });
});
