import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  EpicsPvServer,
  type EpicsPvServerOptions,
  epicsConvSeverity,
  epicsConvStatus,
  epicsV7ToPvaType,
  makeEpicsV7Suffix,
  makeSharedPv,
  PVA_UNSUPPORTED_TYPES,
} from '../../src/protocols/epicsV7/index.ts';
import { asStruct, localPeer, ReadOperation, type ServedStructPv } from '../../src/pv/index.ts';
import { Device, float, LocalCommand, LocalVariable, Root } from '../../src/tree/index.ts';
import { captureLog, failureOf, startIoc, startLab } from './harness.ts';
import { LocalRoot, topWith } from './trees.ts';

/** The root of E-7: one device with a plain, a hidden-from-service, a grouped and a long name, and a command. */
function countedRoot(): Root {
  const long = 'ThisIsAVeryLongVariableNameThatExceedsSixtyCharacterLimit';
  return topWith([
    new LocalVariable({ name: 'A', value: 1 }),
    new LocalVariable({ name: 'N', value: 2, groups: ['NoServe'] }),
    new LocalVariable({ name: 'G', value: 3, groups: ['Ops'] }),
    new LocalVariable({ name: long, value: 4 }),
    new LocalCommand({ name: 'Cmd', function: () => undefined }),
  ]);
}

const simple = 'LocalRoot.SimpleDev';

/** The 24 entries of PyRogue's test. */
const pvMap24: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ...['RwInt', 'WoInt', 'RwFloat', 'RwInt64', 'RwUInt64', 'RwString', 'RwBool', 'RwEnum', 'RwUInt8'],
    ...['RwUInt16', 'RwUInt32', 'RwInt8', 'RwInt16', 'RwInt32', 'RwFloat32', 'RwFloat64', 'RwArray'],
    ...['RoInt', 'RwList', 'RwDict'],
  ]
    .map((name) => `Local${name}`)
    .concat('RemoteRwInt', 'RemoteWoInt', 'ResetLocalRwInt', 'SetLocalRwInt')
    .map((name) => [`${simple}.${name}`, `test_ioc_v7:LocalRoot:SimpleDev:${name}`]),
);

describe('names', () => {
  it('EPS-11.2 EPS-E-5 EPS-E-19 epicsV7ToPvaType gives the letters of PyRogue', () => {
    const letters = (names: readonly string[]): string =>
      names.map((typeStr) => epicsV7ToPvaType({ typeStr })).join('');
    expect(letters(['Bool', 'UInt64', 'Int64', 'UInt32', 'UInt16', 'UInt8'])).toEqual('?LlIHB');
    expect(letters(['Int32', 'int', 'Int16', 'Int8'])).toEqual('iihb');
    expect(letters(['Float32', 'Float64', 'Double64', 'float'])).toEqual('fddd');
    expect(letters(['str', 'NoneType', '', 'list', 'dict'])).toEqual('sssss');
    expect(letters(['float64(5,)', 'UInt16[np]'])).toBe('ndarrayndarray');
    const labels = (count: number): ReadonlyMap<number, string> =>
      new Map(Array.from({ length: count }, (_, i) => [i, `L${i}`]));
    expect(epicsV7ToPvaType({ typeStr: 'int', enum: labels(16) })).toBe('enum');
    expect(epicsV7ToPvaType({ typeStr: 'int', enum: labels(17) })).toBe('s');
    // Rows 13, 14 and 18 of the type table go beyond Python.
    expect(letters(['UInt1', 'UInt12', 'Int12', 'UInt24', 'UInt48', 'UInt80'])).toEqual('BHhILs');
    expect(letters(['UIntBE32', 'IntBE16', 'UIntReversed8'])).toEqual('IhB');
    expect(letters(['FloatBE32', 'DoubleBE64', 'Float16', 'BFloat16', 'Fixed_16_4'])).toEqual('fdffd');
  });

  it('EPS-11.2 EPS-E-5 a shared PV of an unsupported type is refused', () => {
    expect([...PVA_UNSUPPORTED_TYPES].sort()).toEqual(['S', 'U', 'v']);
    const variable = new LocalVariable({ name: 'X', value: 1 });
    const value = variable._makeValue(1);
    for (const letter of [...PVA_UNSUPPORTED_TYPES, 'Z']) {
      expect(() => makeSharedPv(variable, value, letter)).toThrow(`type "${letter}"`);
    }
  });

  it('EPS-11.4 a shared PV of a float variable carries alarm, units and limits', async () => {
    const variable = new LocalVariable({
      name: 'X',
      value: float(8.5),
      units: 'volts',
      description: 'a voltage',
      minimum: 0,
      maximum: 10,
      lowAlarm: 1,
      lowWarning: 2,
      highWarning: 8,
      highAlarm: 9,
    });
    const pv = asStruct(makeSharedPv(variable, variable._makeValue(8.5))) as ServedStructPv;
    const value = await pv.read(new ReadOperation('get', localPeer()));
    expect(value.desc.id).toBe('epics:nt/NTScalar:1.0');
    expect(value.toObject()).toMatchObject({
      value: 8.5,
      alarm: { severity: 1, status: 4, message: 'HIGH' },
      display: { units: 'volts', description: 'a voltage', limitLow: 0, limitHigh: 10 },
      control: { limitLow: 0, limitHigh: 10 },
      valueAlarm: {
        active: true,
        highAlarmLimit: 9,
        highWarningLimit: 8,
        lowWarningLimit: 2,
        lowAlarmLimit: 1,
      },
    });
  });

  it('EPS-11.3 status and severity names become EPICS codes', () => {
    const status = ['AlarmLoLo', 'AlarmLow', 'AlarmHigh', 'AlarmHiHi', 'None', 'Good', '', 'Odd'];
    expect(status.map((name) => epicsConvStatus({ status: name }))).toEqual([5, 6, 4, 3, 0, 0, 0, 0]);
    const severity = ['AlarmMajor', 'AlarmMinor', 'None', 'Good', 'Odd'];
    expect(severity.map((name) => epicsConvSeverity({ severity: name }))).toEqual([2, 1, 0, 0, 0]);
  });

  it.each(['', 'B'.repeat(45), 'é'.repeat(23)])('EPS-E-13 a base of %s is refused', (base) => {
    expect(() => new EpicsPvServer({ base, root: new Root({ name: 'Top' }) })).toThrow(/1 to 44/);
  });

  it('EPS-E-13 a base of 44 bytes is the longest', () => {
    const server = new EpicsPvServer({ base: 'B'.repeat(44), root: new Root({ name: 'Top' }) });
    expect(server.base).toHaveLength(44);
  });
});

describe('automatic mode', () => {
  it('EPS-11.5 EPS-E-3 EPS-D-24 list() is empty before the start, then has all built-in and own nodes in tree order', async () => {
    const root = countedRoot();
    captureLog();
    const epics = new EpicsPvServer({ base: 'B', root, ioc: startIoc() });
    expect(epics.list()).toEqual({});
    onTestFinished(() => root.stop());
    await root.start();
    const list = epics.list();
    expect(Object.keys(list)).toHaveLength(62);
    expect(Object.keys(list)).toEqual(
      root.variableList.map(({ path }) => path).filter((path) => path !== 'Top.Dev.N'),
    );
    for (const [path, name] of Object.entries(list)) expect(name).toBe(`B:${path.replaceAll('.', ':')}`);
    expect(list['Top.RogueVersion']).toBe('B:Top:RogueVersion');
    expect(list['Top.LoadConfigProcess.Start']).toBe('B:Top:LoadConfigProcess:Start');
  });

  const counts: readonly (readonly [Pick<EpicsPvServerOptions, 'incGroups' | 'excGroups'>, number])[] = [
    [{}, 62],
    [{ incGroups: null, excGroups: null }, 62],
    [{ excGroups: ['NoServe'] }, 62],
    [{ excGroups: 'NoServe' }, 62],
    [{ excGroups: [] }, 63],
    [{ excGroups: ['NoServe', 'Hidden'] }, 33],
    [{ incGroups: 'Ops' }, 1],
    [{ incGroups: ['Ops'] }, 1],
    [{ incGroups: ['Ops', 'Enable'] }, 5],
  ];
  it.each(counts)('EPS-11.11 EPS-E-1 EPS-E-7 groups %j serve %i PVs', async (groups, count) => {
    const lab = await startLab(countedRoot(), groups);
    expect(Object.keys(lab.epics.list())).toHaveLength(count);
    expect(lab.epics.entries()).toHaveLength(count);
    expect(lab.ioc.database.size).toBe(count);
  });

  it('EPS-11.12 EPS-E-12 NoServe on a device hides all below it', async () => {
    const root = new Root({ name: 'Top', pollEn: false });
    const secret = new Device({ name: 'Secret', groups: ['NoServe'] });
    const inner = new Device({ name: 'Inner' });
    inner.add(new LocalVariable({ name: 'X', value: 1 }));
    secret.add(inner);
    root.add(secret);
    const lab = await startLab(root);
    expect(Object.keys(lab.epics.list()).filter((path) => path.startsWith('Top.Secret'))).toEqual([]);
    expect(Object.keys(lab.epics.list())).toHaveLength(55);
    expect(await failureOf(lab.pva.get('T:Top:Secret:Inner:X', { timeoutMs: 300 }))).toMatch(/timed out/);
  });

  it('EPS-E-67 serveBuiltins false serves own nodes only', async () => {
    const lab = await startLab(countedRoot(), { serveBuiltins: false });
    expect(Object.keys(lab.epics.list())).toHaveLength(7);
    expect(Object.keys(lab.epics.list()).every((path) => path.startsWith('Top.Dev.'))).toBe(true);
  });

  it('EPS-E-67 asg chooses the access security group of each record', async () => {
    const lab = await startLab(countedRoot(), { asg: ({ name }) => (name === 'A' ? 'OPERATORS' : '') });
    expect(await lab.ca.getValue('T:Top:Dev:A.ASG')).toBe('OPERATORS');
    expect(await lab.ca.getValue('T:Top:Dev:G.ASG')).toBe('');
  });

  it('EPS-11.13 EPS-E-9 an empty map is automatic mode', async () => {
    const lab = await startLab(countedRoot(), { pvMap: {} });
    expect(Object.keys(lab.epics.list())).toHaveLength(62);
  });

  it('EPS-E-6 entries() tell names and types of all that is served', async () => {
    const lab = await startLab(countedRoot());
    const entries = new Map(lab.epics.entries().map((entry) => [entry.path, entry]));
    expect(entries.get('Top.Dev.A')).toEqual({
      path: 'Top.Dev.A',
      fullName: 'T:Top:Dev:A',
      caName: 'T:Top:Dev:A',
      recordType: 'longout',
      pvaType: 'int32',
      isWritable: true,
      isCommand: false,
    });
    const long = entries.get('Top.Dev.ThisIsAVeryLongVariableNameThatExceedsSixtyCharacterLimit');
    expect(long?.caName).toMatch(/^T:tail_[0-9a-f]{10}$/);
    expect(entries.get('Top.Dev.Cmd')).toMatchObject({ isCommand: true, recordType: 'longout' });
    expect(entries.get('Top.Time')).toMatchObject({ isWritable: false, recordType: 'ai' });
  });

  it('EPS-11.80 EPS-E-11 names with brackets are whole names, also before a field', async () => {
    const root = new Root({ name: 'Top', pollEn: false });
    for (const i of [0, 1]) {
      const channel = new Device({ name: `Ch[${i}]` });
      channel.add(new LocalVariable({ name: 'Gain', value: float(i + 0.5), description: `gain ${i}` }));
      channel.add(new LocalVariable({ name: 'Tap[3]', value: 10 + i }));
      root.add(channel);
    }
    const lab = await startLab(root, { base: 'B' });
    expect(await lab.ca.getValue('B:Top:Ch[0]:Gain')).toBe(0.5);
    expect(await lab.pva.getValue('B:Top:Ch[1]:Gain')).toBe(1.5);
    expect(await lab.ca.getValue('B:Top:Ch[1]:Gain.DESC')).toBe('gain 1');
    expect(await lab.pva.getValue('B:Top:Ch[1]:Gain.DESC')).toBe('gain 1');
    expect(await lab.ca.getValue('B:Top:Ch[1]:Tap[3]')).toBe(11);
    expect(await lab.pva.getValue('B:Top:Ch[0]:Tap[3]')).toBe(10);
    expect(await lab.ca.getValue('B:Top:Ch[0]:Tap[3].RTYP')).toBe('longout');
  });
});

describe('dump()', () => {
  it('EPS-11.6 EPS-E-4 writes name -> path lines to standard output', async () => {
    const lab = await startLab(countedRoot());
    const out: string[] = [];
    const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => out.push(String(text)) > 0);
    onTestFinished(() => spy.mockRestore());
    lab.epics.dump();
    spy.mockRestore();
    const lines = out.join('').trimEnd().split('\n');
    expect(lines).toHaveLength(62);
    expect(lines).toContain('T:Top:Dev:A -> Top.Dev.A');
  });

  it('EPS-11.6 EPS-E-4 EPS-11.36 writes a file, with the record name where a name is hashed', async () => {
    const lab = await startLab(new LocalRoot({ pollEn: false }), { base: 'test_ioc_v7' });
    const folder = await mkdtemp(join(tmpdir(), 'epics-dump-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, 'map.txt');
    await lab.epics.dump(file);
    const lines = (await readFile(file, 'utf8')).split('\n');
    expect(lines.pop()).toBe('');
    expect(lines).toHaveLength(Object.keys(lab.epics.list()).length);
    const path = 'LocalRoot.LongNameSubDev.ThisIsAVeryLongVariableNameThatExceedsSixtyCharacterLimit';
    expect(lab.epics.list()[path]).toBe(`test_ioc_v7:${path.replaceAll('.', ':')}`);
    expect(lines).toContain(
      `test_ioc_v7:${path.replaceAll('.', ':')} -> ${path}  (CA: test_ioc_v7:tail_8bfa21ee99)`,
    );
    const short = 'LocalRoot.LongNameSubDev.ShortVar';
    expect(lines).toContain(`test_ioc_v7:LocalRoot:LongNameSubDev:ShortVar -> ${short}`);
  });

  it('EPS-11.6 EPS-E-4 rejects with the text of PyRogue when the file cannot be written', async () => {
    const lab = await startLab(countedRoot());
    const file = join(tmpdir(), 'no', 'such', 'folder', 'map.txt');
    expect(await failureOf(lab.epics.dump(file))).toBe(`Failed to dump epics map to ${file}`);
  });
});

describe('explicit mode', () => {
  it('EPS-11.7 serves the 24 entries of the map and nothing else', async () => {
    const lab = await startLab(new LocalRoot({ pollEn: false }), { base: 'test_ioc_v7', pvMap: pvMap24 });
    expect(Object.keys(pvMap24)).toHaveLength(24);
    expect(lab.epics.list()).toEqual(pvMap24);
    expect(lab.ioc.database.size).toBe(24);
    expect(await lab.ca.getValue(`${lab.pv('SimpleDev.LocalRwInt')}`)).toBe(0);
    for (const name of [
      'test_ioc_v7:LocalRoot:RogueVersion',
      'test_ioc_v7:LocalRoot:LongNameSubDev:ShortVar',
    ]) {
      expect(await failureOf(lab.ca.get(name, { timeoutMs: 300 }))).toMatch(/timed out/);
      expect(await failureOf(lab.pva.get(name, { timeoutMs: 300 }))).toMatch(/timed out/);
    }
  });

  it('EPS-11.8 EPS-E-60 EPS-E-3 a missing path is logged, and the rest works', async () => {
    const pvMap = { 'Top.Dev.A': 'X:A', 'Top.Dev.Nope': 'X:Nope', 'Top.Nope': 'X:N2' };
    const lab = await startLab(countedRoot(), { pvMap });
    const errors = lab.takeErrors();
    expect(errors.map(({ name, message }) => `${name}: ${message}`)).toEqual([
      'pyrogue.EpicsPvServer: Failed to find Top.Dev.Nope from pvMap in Rogue tree!',
      'pyrogue.EpicsPvServer: Failed to find Top.Nope from pvMap in Rogue tree!',
    ]);
    expect(await lab.ca.getValue('X:A')).toBe(1);
    expect(lab.epics.list()).toEqual(pvMap);
    expect(Object.keys(pvMap)).toHaveLength(3);
    await lab.root.waitOnUpdate();
    expect(lab.root.SystemLog.value).toContain('Failed to find Top.Dev.Nope');
  });

  it('EPS-11.9 EPS-E-8 EPS-E-10 EPS-D-9 names are served as given, also of NoServe variables', async () => {
    const pvMap = { 'Top.Dev.N': 'elsewhere', 'Top.Dev.A': 'Other:Place:A' };
    const lab = await startLab(countedRoot(), {
      base: 'B',
      pvMap,
      incGroups: 'Nobody',
      excGroups: ['NoServe'],
    });
    expect(await lab.ca.getValue('elsewhere')).toBe(2);
    expect(await lab.pva.getValue('Other:Place:A')).toBe(1);
    expect(await failureOf(lab.ca.get('B:elsewhere', { timeoutMs: 300 }))).toMatch(/timed out/);
  });

  it('EPS-11.10 EPS-E-10 one name for two variables rejects the start and names both', async () => {
    captureLog();
    const root = countedRoot();
    const ioc = startIoc();
    const epics = new EpicsPvServer({
      base: 'B',
      root,
      ioc,
      pvMap: { 'Top.Dev.A': 'B:same', 'Top.Dev.G': 'B:same' },
    });
    const message = await failureOf(root.start());
    expect(message).toContain('"Top.Dev.A"');
    expect(message).toContain('"Top.Dev.G"');
    expect([root.running, ioc.isRunning, ioc.database.size, epics.entries().length]).toEqual([
      false,
      false,
      0,
      0,
    ]);
  });

  it('EPS-E-15 a long name outside the base gets a record below the base and its own name on PVA', async () => {
    const name = `Elsewhere:${'N'.repeat(60)}`;
    const inside = `B:${'N'.repeat(60)}`;
    const lab = await startLab(countedRoot(), {
      base: 'B',
      pvMap: { 'Top.Dev.A': name, 'Top.Dev.G': inside },
    });
    const [first, second] = lab.epics.entries();
    expect(first?.caName).toMatch(/^B:tail_[0-9a-f]{10}$/);
    expect(second?.caName).toBe(`B:${makeEpicsV7Suffix('B', 'N'.repeat(60))}`);
    expect(await lab.ca.getValue(first?.caName ?? '')).toBe(1);
    expect(await lab.pva.getValue(name)).toBe(1);
    expect(await lab.pva.getValue(inside)).toBe(3);
  });

  it('EPS-E-3 the map of the caller stays as it is', async () => {
    const pvMap = Object.freeze({ 'Top.Dev.A': 'X:A' });
    const lab = await startLab(countedRoot(), { pvMap });
    lab.epics.list()['Top.Dev.G'] = 'X:G';
    expect(lab.epics.list()).toEqual({ 'Top.Dev.A': 'X:A' });
  });
});
