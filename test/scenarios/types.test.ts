import { describe, expect, it } from 'vitest';
import { AlarmCondition } from '../../src/pv/index.ts';
import {
  BFloat16,
  Bool,
  Fixed,
  Float16,
  FloatBE,
  float,
  Int,
  IntBE,
  type Integer,
  LocalVariable,
  type LocalVariableOptions,
  ndarray,
  RemoteVariable,
  type RemoteVariableOptions,
  type Root,
  UInt,
  UIntBE,
  UIntReversed,
} from '../../src/tree/index.ts';
import {
  caGet,
  caPut,
  crossOver,
  failureOf,
  type Lab,
  pvaGet,
  pvaPut,
  pvaStruct,
  startLab,
} from './harness.ts';
import { LocalRoot, topWith } from './trees.ts';

const startLocal = (): Promise<Lab> => startLab(new LocalRoot({ pollEn: false }), { base: 'test_ioc_v7' });

function valueOf(root: Root, path: string): unknown {
  const node = root.getNode(`${root.name}.${path}`);
  if (!(node instanceof LocalVariable || node instanceof RemoteVariable))
    throw new Error(`no variable ${path}`);
  return node.value;
}

function recordTypeOf(lab: Lab, path: string): string | undefined {
  return lab.epics.entries().find((entry) => entry.path === `${lab.root.name}.${path}`)?.recordType;
}

async function pvaTypeOf(lab: Lab, path: string): Promise<string> {
  const desc = (await pvaStruct(lab, path)).desc;
  return `${desc.id} ${desc.fieldAt(desc.offsetOf('value')).toString().trim().split(/\s/)[0]}`;
}

const local = (name: string, value: unknown, extra: Partial<LocalVariableOptions> = {}): LocalVariable =>
  new LocalVariable({ name, value, ...extra });

describe('values of the tree of PyRogue', () => {
  it('EPS-11.14 LocalRwInt takes 314 over CA and PVA', async () => {
    const lab = await startLocal();
    expect(await crossOver(lab, 'SimpleDev.LocalRwInt', 314, -271)).toEqual([314, -271]);
    expect(valueOf(lab.root, 'SimpleDev.LocalRwInt')).toBe(-271);
    expect(recordTypeOf(lab, 'SimpleDev.LocalRwInt')).toBe('longout');
  });

  it('EPS-11.15 EPS-E-34 LocalWoInt takes 314, gives it back, and has it in the tree', async () => {
    const lab = await startLocal();
    expect(await crossOver(lab, 'SimpleDev.LocalWoInt', 314, 315)).toEqual([314, 315]);
    expect(valueOf(lab.root, 'SimpleDev.LocalWoInt')).toBe(315);
  });

  it('EPS-11.16 LocalRwFloat takes 5.67 in double precision', async () => {
    const lab = await startLocal();
    expect(await crossOver(lab, 'SimpleDev.LocalRwFloat', 5.67, 1 / 3)).toEqual([5.67, 1 / 3]);
    expect(recordTypeOf(lab, 'SimpleDev.LocalRwFloat')).toBe('ao');
    expect(await pvaTypeOf(lab, 'SimpleDev.LocalRwFloat')).toBe('epics:nt/NTScalar:1.0 double');
  });

  it('EPS-11.17 RemoteRwInt 314 is one write and one verify on the bus', async () => {
    const lab = await startLocal();
    const { mem } = lab.root as LocalRoot;
    mem.log = [];
    await caPut(lab, 'SimpleDev.RemoteRwInt', 314);
    expect(mem.log).toEqual([
      { type: 'write', address: 0n, size: 4, hex: '3a010000' },
      { type: 'verify', address: 0n, size: 4, hex: '' },
    ]);
    expect(await pvaGet(lab, 'SimpleDev.RemoteRwInt')).toBe(314n);
    mem.log = [];
    await pvaPut(lab, 'SimpleDev.RemoteRwInt', 315);
    expect(mem.log.map(({ type }) => type)).toEqual(['write', 'verify']);
    expect(await caGet(lab, 'SimpleDev.RemoteRwInt')).toBe(315);
  });

  it('EPS-11.18 RemoteWoInt 314 is a write on the bus', async () => {
    const lab = await startLocal();
    const { mem } = lab.root as LocalRoot;
    mem.log = [];
    await pvaPut(lab, 'SimpleDev.RemoteWoInt', 314);
    expect(mem.log).toEqual([{ type: 'write', address: 4n, size: 4, hex: '3a010000' }]);
    expect(await caGet(lab, 'SimpleDev.RemoteWoInt')).toBe(314);
  });

  it('EPS-11.21 Int64 9223372036854775807 is exact on PVA', async () => {
    const lab = await startLocal();
    const path = 'SimpleDev.LocalRwInt64';
    await pvaPut(lab, path, 9223372036854775807n);
    expect(await pvaGet(lab, path)).toBe(9223372036854775807n);
    expect(valueOf(lab.root, path)).toBe(9223372036854775807n);
    expect(await caGet(lab, path)).toBe(2 ** 63);
    await pvaPut(lab, path, -9223372036854775808n);
    expect(await pvaGet(lab, path)).toBe(-9223372036854775808n);
    expect(await crossOver(lab, path, 12345678901234, 5n)).toEqual([12345678901234n, 5]);
    expect(await pvaTypeOf(lab, path)).toBe('epics:nt/NTScalar:1.0 int64_t');
  });

  it('EPS-11.22 EPS-E-24 EPS-D-7 UInt64 is exact on PVA up to 18446744073709551615 and positive on CA', async () => {
    const lab = await startLocal();
    const path = 'SimpleDev.LocalRwUInt64';
    for (const value of [9223372036854775806n, 18446744073709551615n]) {
      await pvaPut(lab, path, value);
      expect(await pvaGet(lab, path)).toBe(value);
      expect(valueOf(lab.root, path)).toBe(value);
      expect(await caGet(lab, path)).toBe(Number(value));
    }
    expect(await pvaTypeOf(lab, path)).toBe('epics:nt/NTScalar:1.0 uint64_t');
    expect(recordTypeOf(lab, path)).toBe('int64out');
  });

  it('EPS-11.23 EPS-E-23 EPS-D-6 strings are complete on PVA and cut at 4095 bytes on CA', async () => {
    const lab = await startLocal();
    const path = 'SimpleDev.LocalRwString';
    for (const text of ['abc'.repeat(32).concat('d'), 'x'.repeat(3000)]) {
      await pvaPut(lab, path, text);
      expect(await pvaGet(lab, path)).toBe(text);
      expect(await caGet(lab, path, { as: 'text' })).toBe(text);
      expect(valueOf(lab.root, path)).toBe(text);
    }
    await pvaPut(lab, path, 'é'.repeat(3000));
    expect(await pvaGet(lab, path)).toBe('é'.repeat(3000));
    expect(await caGet(lab, path, { as: 'text' })).toBe('é'.repeat(2047));
    await caPut(lab, path, 'von CA: Größe');
    expect(await pvaGet(lab, path)).toBe('von CA: Größe');
    expect(await pvaTypeOf(lab, path)).toBe('epics:nt/NTScalar:1.0 string');
    const channel = lab.ca.channel(lab.pv(path));
    await channel.ready();
    expect(channel.scalarType).toMatchObject({ element: 'uint8', isArray: true, caCount: 4096 });
    channel[Symbol.dispose]();
  });

  it('EPS-11.24 Bool goes to 1 and back, with labels False and True', async () => {
    const lab = await startLocal();
    const path = 'SimpleDev.LocalRwBool';
    expect(await crossOver(lab, path, 1, 0)).toEqual([1, 0]);
    expect(await crossOver(lab, path, 'True', 'False')).toEqual([1, 0]);
    expect(valueOf(lab.root, path)).toBe(false);
    await pvaPut(lab, path, true);
    expect(await caGet(lab, path, { as: 'string' })).toBe('True');
    expect(valueOf(lab.root, path)).toBe(true);
    const value = await pvaStruct(lab, path);
    expect(value.get('value.choices')).toEqual(['False', 'True']);
    expect(value.desc.id).toBe('epics:nt/NTEnum:1.0');
  });

  it('EPS-11.25 an enum takes index 2, and the label Auto as CA string', async () => {
    const lab = await startLocal();
    const path = 'SimpleDev.LocalRwEnum';
    expect(await crossOver(lab, path, 2, 1)).toEqual([2, 1]);
    await caPut(lab, path, 'Auto');
    expect(await pvaGet(lab, path)).toBe(2);
    expect(valueOf(lab.root, path)).toBe(2);
    expect(await caGet(lab, path, { as: 'string' })).toBe('Auto');
    expect((await pvaStruct(lab, path)).get('value.choices')).toEqual(['Off', 'On', 'Auto']);
    expect(recordTypeOf(lab, path)).toBe('mbbo');
  });

  it('EPS-11.26 UInt32 has the same value on both, up to 4294967295', async () => {
    const lab = await startLocal();
    const path = 'SimpleDev.LocalRwUInt32';
    for (const value of [2147483647, 4294967295]) {
      expect(await crossOver(lab, path, value, value)).toEqual([BigInt(value), value]);
      expect(valueOf(lab.root, path)).toBe(value);
    }
    expect([recordTypeOf(lab, path), await pvaTypeOf(lab, path)]).toEqual([
      'int64out',
      'epics:nt/NTScalar:1.0 int64_t',
    ]);
  });

  it.each([
    ['Int32', -2147483648],
    ['UInt8', 255],
    ['UInt16', 65535],
    ['Int8', -128],
    ['Int16', -32768],
  ])('EPS-11.27 %s takes %i', async (type, value) => {
    const lab = await startLocal();
    const path = `SimpleDev.LocalRw${type}`;
    await pvaPut(lab, path, 1);
    expect(await crossOver(lab, path, value, value)).toEqual([value, value]);
    expect(valueOf(lab.root, path)).toBe(value);
    expect([recordTypeOf(lab, path), await pvaTypeOf(lab, path)]).toEqual([
      'longout',
      'epics:nt/NTScalar:1.0 int32_t',
    ]);
  });

  it('EPS-11.28 Float32 keeps four digits and Float64 every bit', async () => {
    const lab = await startLocal();
    const [first, second] = await crossOver(lab, 'SimpleDev.LocalRwFloat32', 3.14159, 3.14159);
    expect(first).toBeCloseTo(3.14159, 4);
    expect(second).toBeCloseTo(3.14159, 4);
    const exact = 2.718281828459045;
    expect(await crossOver(lab, 'SimpleDev.LocalRwFloat64', exact, exact)).toEqual([exact, exact]);
  });

  it('EPS-11.29 a float64 array takes five elements over either protocol', async () => {
    const lab = await startLocal();
    const path = 'SimpleDev.LocalRwArray';
    const next = Float64Array.of(10, 20, 30, 40, 50);
    expect(await crossOver(lab, path, next, next.toReversed())).toEqual([next, next.toReversed()]);
    expect(await pvaTypeOf(lab, path)).toBe('epics:nt/NTScalarArray:1.0 double[]');
    expect(await caGet(lab, path)).toEqual(next.toReversed());
    expect(await lab.ca.getValue(`${lab.pv(path)}.FTVL`, { as: 'string' })).toBe('DOUBLE');
    expect(await lab.ca.getValue(`${lab.pv(path)}.NELM`)).toBe(5);
  });

  it('EPS-11.30 lists and dictionaries are Python literals, and a list takes one', async () => {
    const lab = await startLocal();
    expect(await pvaGet(lab, 'SimpleDev.LocalRwList')).toBe('[1, 2, 3]');
    expect(await caGet(lab, 'SimpleDev.LocalRwDict', { as: 'text' })).toBe("{'a': 1, 'b': 2}");
    await caPut(lab, 'SimpleDev.LocalRwList', '[4, 5]');
    expect(valueOf(lab.root, 'SimpleDev.LocalRwList')).toEqual([4, 5]);
    expect(await pvaGet(lab, 'SimpleDev.LocalRwList')).toBe('[4, 5]');
    await pvaPut(lab, 'SimpleDev.LocalRwDict', "{'c': 3}");
    expect(await caGet(lab, 'SimpleDev.LocalRwDict', { as: 'text' })).toBe("{'c': 3}");
  });
});

describe('arrays', () => {
  it('EPS-11.29 EPS-D-13 arrays keep their element type on both protocols', async () => {
    const lab = await startLab(
      topWith([
        local('U16', Uint16Array.of(1, 2, 65535)),
        local('I8', Int8Array.of(-1, 2)),
        local('I64', BigInt64Array.of(1n, -2n)),
        local('U64', BigUint64Array.of(18446744073709551615n)),
        local('F32', Float32Array.of(0.5)),
        local('Flags', ndarray(Uint8Array.of(1, 0, 1), [3], 'bool')),
      ]),
    );
    const ftvl = await Promise.all(
      ['U16', 'I8', 'I64', 'U64', 'F32', 'Flags'].map((name) =>
        lab.ca.getValue(`${lab.pv(`Dev.${name}`)}.FTVL`, { as: 'string' }),
      ),
    );
    expect(ftvl).toEqual(['USHORT', 'CHAR', 'INT64', 'UINT64', 'FLOAT', 'UCHAR']);
    expect(await pvaGet(lab, 'Dev.U16')).toEqual(Uint16Array.of(1, 2, 65535));
    expect(await caGet(lab, 'Dev.U16')).toEqual(Int32Array.of(1, 2, 65535));
    expect(await pvaGet(lab, 'Dev.U64')).toEqual(BigUint64Array.of(18446744073709551615n));
    expect(await caGet(lab, 'Dev.I64')).toEqual(Float64Array.of(1, -2));
    expect(await pvaGet(lab, 'Dev.Flags')).toEqual(Uint8Array.of(1, 0, 1));
    await caPut(lab, 'Dev.U16', [7, 8]);
    expect(valueOf(lab.root, 'Dev.U16')).toEqual(Uint16Array.of(7, 8));
    await pvaPut(lab, 'Dev.U16', [9]);
    expect(await caGet(lab, 'Dev.U16')).toEqual(Int32Array.of(9));
  });

  it('EPS-11.29 EPS-D-13 a 2×3 array is served flat, row by row, and takes exactly six elements', async () => {
    const grid = ndarray(Float64Array.of(1, 2, 3, 4, 5, 6), [2, 3]);
    const lab = await startLab(topWith([local('Grid', grid)]));
    const flat = Float64Array.of(1, 2, 3, 4, 5, 6);
    expect(await caGet(lab, 'Dev.Grid')).toEqual(flat);
    expect(await pvaGet(lab, 'Dev.Grid')).toEqual(flat);
    expect(await crossOver(lab, 'Dev.Grid', flat.toReversed(), flat)).toEqual([flat.toReversed(), flat]);
    expect(valueOf(lab.root, 'Dev.Grid')).toMatchObject({ shape: [2, 3] });
    expect(await failureOf(pvaPut(lab, 'Dev.Grid', Float64Array.of(1, 2)))).toMatch(/takes 6 elements/);
    expect(lab.takeErrors()[0]?.message).toMatch(/Got error on put: .*takes 6 elements/);
  });

  it('EPS-11.29 integers take doubles only when nothing is lost', async () => {
    const lab = await startLab(topWith([local('U16', Uint16Array.of(1, 2))]));
    await caPut(lab, 'Dev.U16', Float64Array.of(3, 4));
    expect(await pvaGet(lab, 'Dev.U16')).toEqual(Uint16Array.of(3, 4));
    expect(await failureOf(caPut(lab, 'Dev.U16', Float64Array.of(3.5, 4)))).toMatch(/PUTFAIL/);
    expect(await failureOf(caPut(lab, 'Dev.U16', Float64Array.of(70000, 4)))).toMatch(/PUTFAIL/);
    expect(await pvaGet(lab, 'Dev.U16')).toEqual(Uint16Array.of(3, 4));
    expect(lab.takeErrors()).toHaveLength(2);
  });

  it('EPS-E-26 the initial size bounds CA, not the value', async () => {
    const lab = await startLab(
      topWith([local('Empty', new Float64Array(0)), local('Grows', Float64Array.of(1, 2))]),
    );
    expect(await pvaGet(lab, 'Dev.Empty')).toEqual(new Float64Array(0));
    const grows = lab.root.getNode('Top.Dev.Grows') as LocalVariable;
    await grows.set(Float64Array.of(1, 2, 3, 4));
    await lab.root.waitOnUpdate();
    expect(await pvaGet(lab, 'Dev.Grows')).toEqual(Float64Array.of(1, 2, 3, 4));
    expect(await caGet(lab, 'Dev.Grows')).toEqual(Float64Array.of(1, 2));
  });

  it('EPS-E-26 maxArrayLength sets what CA announces', async () => {
    const lab = await startLab(topWith([local('Grows', Float64Array.of(1, 2))]), { maxArrayLength: 10 });
    expect(await lab.ca.getValue(`${lab.pv('Dev.Grows')}.NELM`)).toBe(10);
    await caPut(lab, 'Dev.Grows', [1, 2, 3]);
    expect(await pvaGet(lab, 'Dev.Grows')).toEqual(Float64Array.of(1, 2, 3));
  });

  it('an array of registers takes the first elements of a shorter put', async () => {
    const root = new LocalRoot({ pollEn: false });
    root.simple.add(
      new RemoteVariable({
        name: 'Regs',
        offset: 0x100,
        numValues: 4,
        valueBits: 16,
        valueStride: 16,
        bitSize: 64,
      }),
    );
    const lab = await startLab(root);
    await caPut(lab, 'SimpleDev.Regs', [1, 2, 3, 4]);
    await pvaPut(lab, 'SimpleDev.Regs', Uint16Array.of(9, 8));
    expect(await pvaGet(lab, 'SimpleDev.Regs')).toEqual(Uint16Array.of(9, 8, 3, 4));
    expect(await caGet(lab, 'SimpleDev.Regs')).toEqual(Int32Array.of(9, 8, 3, 4));
  });
});

describe('enums', () => {
  const labels = (count: number): [number, string][] =>
    Array.from({ length: count }, (_, i) => [i, `Label ${i}`]);

  it('EPS-E-20 the index is the position of the value, not the value', async () => {
    const lab = await startLab(
      topWith([
        local('Size', 3, {
          enum: [
            [2, '16'],
            [3, '20'],
          ],
        }),
      ]),
    );
    expect(await caGet(lab, 'Dev.Size')).toBe(1);
    await caPut(lab, 'Dev.Size', 0);
    expect(valueOf(lab.root, 'Dev.Size')).toBe(2);
    await caPut(lab, 'Dev.Size', '20');
    expect(valueOf(lab.root, 'Dev.Size')).toBe(3);
    expect(await pvaGet(lab, 'Dev.Size')).toBe(1);
  });

  it('EPS-11.55 17 labels make a text on CA and PVA; an unknown label is an error', async () => {
    const lab = await startLab(topWith([local('Many', 16, { enum: labels(17) })]));
    expect([recordTypeOf(lab, 'Dev.Many'), await pvaTypeOf(lab, 'Dev.Many')]).toEqual([
      'waveform',
      'epics:nt/NTScalar:1.0 string',
    ]);
    expect(await caGet(lab, 'Dev.Many', { as: 'text' })).toBe('Label 16');
    await caPut(lab, 'Dev.Many', 'Label 3');
    expect(valueOf(lab.root, 'Dev.Many')).toBe(3);
    expect(await failureOf(pvaPut(lab, 'Dev.Many', 'Label 99'))).toContain('Label 99');
    expect(await pvaGet(lab, 'Dev.Many')).toBe('Label 3');
    expect(lab.takeErrors()).not.toEqual([]);
  });

  it('EPS-11.56 EPS-E-21 EPS-D-25 a label of 40 characters is cut to 25 bytes on CA only', async () => {
    const long = 'L'.repeat(40);
    const lab = await startLab(
      topWith([
        local('State', 0, {
          enum: [
            [0, long],
            [1, 'short'],
          ],
        }),
      ]),
    );
    expect(await caGet(lab, 'Dev.State', { as: 'string' })).toBe('L'.repeat(25));
    expect((await pvaStruct(lab, 'Dev.State')).get('value.choices')).toEqual([long, 'short']);
    expect(await lab.ca.getValue(`${lab.pv('Dev.State')}.ZRST`)).toBe('L'.repeat(25));
    await pvaPut(lab, 'Dev.State', 'short');
    await caPut(lab, 'Dev.State', 'L'.repeat(25));
    expect(valueOf(lab.root, 'Dev.State')).toBe(0);
    await pvaPut(lab, 'Dev.State', 'short');
    await pvaPut(lab, 'Dev.State', long);
    expect(valueOf(lab.root, 'Dev.State')).toBe(0);
  });

  it('EPS-E-21 labels that are the same when cut make a text', async () => {
    const lab = await startLab(
      topWith([
        local('State', 0, {
          enum: [
            [0, `${'L'.repeat(30)}1`],
            [1, `${'L'.repeat(30)}2`],
          ],
        }),
      ]),
    );
    expect(recordTypeOf(lab, 'Dev.State')).toBe('waveform');
    await caPut(lab, 'Dev.State', `${'L'.repeat(30)}2`);
    expect(valueOf(lab.root, 'Dev.State')).toBe(1);
  });

  it('EPS-11.57 EPS-E-22 EPS-D-21 a value without label is index 0, INVALID and STATE', async () => {
    const lab = await startLab(
      topWith([
        local('State', 5, {
          enum: [
            [0, 'Off'],
            [1, 'On'],
          ],
        }),
      ]),
    );
    const snapshot = await lab.ca.get(lab.pv('Dev.State'));
    expect(snapshot).toMatchObject({ value: 0, alarm: { severity: 3, condition: AlarmCondition.State } });
    expect((await pvaStruct(lab, 'Dev.State')).toObject()).toMatchObject({
      value: { index: 0 },
      alarm: { severity: 3, message: 'INVALID: 5' },
    });
    await caPut(lab, 'Dev.State', 1);
    expect((await lab.ca.get(lab.pv('Dev.State'))).alarm.severity).toBe(0);
  });
});

describe('registers of odd kinds', () => {
  type IntRegister = Pick<RemoteVariableOptions<Integer>, 'bitSize' | 'base'>;
  const integers: readonly (readonly [string, IntRegister, number, string])[] = [
    ['12 bits', { bitSize: 12, base: UInt }, 4095, 'longout'],
    ['1 bit', { bitSize: 1, base: UInt }, 1, 'longout'],
    ['24 bits', { bitSize: 24, base: UInt }, 0xabcdef, 'longout'],
    ['24 bits with sign', { bitSize: 24, base: Int }, -8388608, 'longout'],
    ['48 bits', { bitSize: 48, base: UInt }, 0xffff_ffff_ffff, 'int64out'],
    ['32 bits, big-endian', { bitSize: 32, base: UIntBE }, 0xfffffffe, 'int64out'],
    ['16 bits, big-endian, with sign', { bitSize: 16, base: IntBE }, -2, 'longout'],
    ['8 bits, reversed', { bitSize: 8, base: UIntReversed }, 200, 'longout'],
  ];
  it.each(integers)(
    'EPS-11.58 EPS-D-12 an integer register of %s is a number to read and write',
    async (_name, kind, value, type) => {
      const root = new LocalRoot({ pollEn: false });
      root.simple.add(new RemoteVariable({ name: 'Reg', offset: 0x100, ...kind }));
      const lab = await startLab(root);
      expect(recordTypeOf(lab, 'SimpleDev.Reg')).toBe(type);
      const exact = type === 'int64out' ? BigInt(value) : value;
      expect(await crossOver(lab, 'SimpleDev.Reg', value, 1)).toEqual([exact, 1]);
      expect(await crossOver(lab, 'SimpleDev.Reg', 0, value)).toEqual([type === 'int64out' ? 0n : 0, value]);
    },
  );

  it('a single bit of model Bool is an enum', async () => {
    const root = new LocalRoot({ pollEn: false });
    root.simple.add(new RemoteVariable({ name: 'Bit', offset: 0x100, bitSize: 1, base: Bool }));
    const lab = await startLab(root);
    expect(recordTypeOf(lab, 'SimpleDev.Bit')).toBe('mbbo');
    expect(await crossOver(lab, 'SimpleDev.Bit', 'True', 0)).toEqual([1, 0]);
  });

  it.each([
    ['Fixed(16, 4)', { bitSize: 16, base: Fixed(16, 4) }, 1.5],
    ['Float16', { bitSize: 16, base: Float16 }, 0.25],
    ['BFloat16', { bitSize: 16, base: BFloat16 }, -2.5],
    ['FloatBE', { bitSize: 32, base: FloatBE }, 0.125],
  ])('EPS-11.59 EPS-D-12 %s is a number to read and write', async (_name, kind, value) => {
    const root = new LocalRoot({ pollEn: false });
    root.simple.add(new RemoteVariable({ name: 'Reg', offset: 0x100, ...kind }));
    const lab = await startLab(root);
    expect(recordTypeOf(lab, 'SimpleDev.Reg')).toBe('ao');
    expect(await crossOver(lab, 'SimpleDev.Reg', value, -value)).toEqual([value, -value]);
  });

  it('a register of more than 64 bits is a text that takes numbers', async () => {
    const root = new LocalRoot({ pollEn: false });
    root.simple.add(new RemoteVariable({ name: 'Wide', offset: 0x100, bitSize: 80, base: UInt }));
    const lab = await startLab(root);
    expect(recordTypeOf(lab, 'SimpleDev.Wide')).toBe('waveform');
    await caPut(lab, 'SimpleDev.Wide', '0x123456789abcdef01234');
    expect(await pvaGet(lab, 'SimpleDev.Wide')).toBe('0x123456789abcdef01234');
    expect(valueOf(lab.root, 'SimpleDev.Wide')).toBe(0x123456789abcdef01234n);
  });
});

describe('other kinds', () => {
  it('a Bool without labels is 0 and 1', async () => {
    const lab = await startLab(topWith([local('Flag', 1, { typeStr: 'Bool' })]));
    expect([recordTypeOf(lab, 'Dev.Flag'), await pvaGet(lab, 'Dev.Flag')]).toEqual(['longout', 1]);
    await caPut(lab, 'Dev.Flag', 0);
    expect(await pvaGet(lab, 'Dev.Flag')).toBe(0);
  });

  it('None is an empty text', async () => {
    const lab = await startLab(topWith([local('Nothing', null, { localGet: () => null })]));
    expect(await pvaGet(lab, 'Dev.Nothing')).toBe('');
    expect(recordTypeOf(lab, 'Dev.Nothing')).toBe('waveform');
  });

  it('EPS-11.60 EPS-E-25 int beyond 32 bits is clamped and INVALID, with one warning', async () => {
    const lab = await startLab(topWith([local('Count', 0)]));
    const count = lab.root.getNode('Top.Dev.Count') as LocalVariable<number>;
    for (const value of [2 ** 40, 2 ** 41]) {
      await count.set(value);
      await lab.root.waitOnUpdate();
      const snapshot = await lab.ca.get(lab.pv('Dev.Count'));
      expect(snapshot).toMatchObject({
        value: 2147483647,
        alarm: { severity: 3, condition: AlarmCondition.HwLimit },
      });
      expect(await pvaGet(lab, 'Dev.Count')).toBe(2147483647);
    }
    const warnings = lab.log.filter(({ level }) => level === 'warn');
    expect(warnings.map(({ message }) => message)).toEqual([
      expect.stringContaining('1099511627776 of Top.Dev.Count'),
    ]);
    await count.set(5);
    await lab.root.waitOnUpdate();
    expect((await lab.ca.get(lab.pv('Dev.Count'))).alarm.severity).toBe(0);
  });

  it('EPS-E-25 option int: int64 serves plain integers in 64 bits', async () => {
    const lab = await startLab(topWith([local('Count', 0), local('Ro', 2 ** 40, { mode: 'RO' })]), {
      int: 'int64',
    });
    expect([recordTypeOf(lab, 'Dev.Count'), recordTypeOf(lab, 'Dev.Ro')]).toEqual(['int64out', 'int64in']);
    expect(await crossOver(lab, 'Dev.Count', 2 ** 40, 2n ** 41n)).toEqual([2n ** 40n, 2 ** 41]);
  });

  it('EPS-E-23 option maxStringLength sets the size of texts on CA', async () => {
    const lab = await startLab(topWith([local('Text', 'abcdefghij')]), { maxStringLength: 8 });
    expect(await caGet(lab, 'Dev.Text', { as: 'text' })).toBe('abcdefg');
    expect(await pvaGet(lab, 'Dev.Text')).toBe('abcdefghij');
  });

  it('RO variables are input records, RW and WO output records', async () => {
    const modes = ['RO', 'RW', 'WO'] as const;
    const kinds: readonly (readonly [string, unknown, readonly [string, string]])[] = [
      ['I', 1, ['longin', 'longout']],
      ['F', float(1), ['ai', 'ao']],
      ['E', true, ['mbbi', 'mbbo']],
      ['S', 'x', ['waveform', 'waveform']],
    ];
    const nodes = kinds.flatMap(([name, value]) =>
      modes.map((mode) => local(`${name}${mode}`, value, { mode })),
    );
    const lab = await startLab(topWith(nodes));
    for (const [name, , [input, output]] of kinds) {
      expect(modes.map((mode) => recordTypeOf(lab, `Dev.${name}${mode}`))).toEqual([input, output, output]);
    }
  });
});
