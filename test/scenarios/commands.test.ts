import { describe, expect, it } from 'vitest';
import { float, isCommand, LocalCommand, LocalVariable, RemoteCommand } from '../../src/tree/index.ts';
import { caGet, caPut, failureOf, type Lab, makeGate, pvaGet, pvaPut, startLab, watch } from './harness.ts';
import { LocalRoot, topWith } from './trees.ts';

/** A command that remembers what it was called with. */
function recording(
  name: string,
  value: unknown,
  extra: object = {},
): { command: LocalCommand; calls: unknown[] } {
  const calls: unknown[] = [];
  const command = new LocalCommand({ name, value, function: ({ arg }) => void calls.push(arg), ...extra });
  return { command, calls };
}

async function rpc(lab: Lab, path: string, args: Record<string, unknown> = {}): Promise<unknown> {
  const reply = await lab.pva.rpc(lab.pv(path), args as Record<string, number>);
  return reply?.get('value');
}

describe('long records', () => {
  it('EPS-11.19 ResetLocalRwInt by a put of 0 resets LocalRwInt', async () => {
    const lab = await startLab(new LocalRoot({ pollEn: false }));
    await caPut(lab, 'SimpleDev.LocalRwInt', 77);
    await caPut(lab, 'SimpleDev.ResetLocalRwInt', 0);
    expect(await pvaGet(lab, 'SimpleDev.LocalRwInt')).toBe(0);
    await caPut(lab, 'SimpleDev.LocalRwInt', 78);
    await pvaPut(lab, 'SimpleDev.ResetLocalRwInt', 0);
    expect(await caGet(lab, 'SimpleDev.LocalRwInt')).toBe(0);
  });

  it('EPS-11.20 EPS-E-43 SetLocalRwInt by a put of 99 sets it, and shows 99', async () => {
    const lab = await startLab(new LocalRoot({ pollEn: false }));
    await caPut(lab, 'SimpleDev.SetLocalRwInt', 99);
    expect(await pvaGet(lab, 'SimpleDev.LocalRwInt')).toBe(99);
    expect(await caGet(lab, 'SimpleDev.SetLocalRwInt')).toBe(99);
    await pvaPut(lab, 'SimpleDev.SetLocalRwInt', -7);
    expect(await caGet(lab, 'SimpleDev.LocalRwInt')).toBe(-7);
    expect(await pvaGet(lab, 'SimpleDev.SetLocalRwInt')).toBe(-7);
  });

  it('EPS-E-40 a command is a longout whose value is its integral default, else 0', async () => {
    const nodes = [
      recording('Seven', 7).command,
      recording('Float', float(2.5)).command,
      recording('Text', 'abc').command,
      recording('None', undefined).command,
    ];
    const lab = await startLab(topWith(nodes));
    const values = await Promise.all(nodes.map(({ name }) => caGet(lab, `Dev.${name}`)));
    expect(values).toEqual([7, 0, 0, 0]);
    const types = await Promise.all(
      nodes.map(({ name }) => lab.ca.getValue(`${lab.pv(`Dev.${name}`)}.RTYP`)),
    );
    expect(new Set(types)).toEqual(new Set(['longout']));
    expect((await lab.pva.getStruct(lab.pv('Dev.Text'))).desc.id).toBe('epics:nt/NTScalar:1.0');
  });

  it('EPS-11.61 EPS-E-41 EPS-E-42 put 99 then 0 calls with 99 twice; RPC with 0 calls with 0', async () => {
    const { command, calls } = recording('Cmd', 5);
    const lab = await startLab(topWith([command]));
    await caPut(lab, 'Dev.Cmd', 99);
    await caPut(lab, 'Dev.Cmd', 0);
    expect(calls).toEqual([99, 99]);
    await rpc(lab, 'Dev.Cmd', { arg: 0 });
    expect(calls.map(Number)).toEqual([99, 99, 0]);
    await pvaPut(lab, 'Dev.Cmd', 0);
    expect(calls.map(Number)).toEqual([99, 99, 0, 0]);
  });

  it('EPS-E-41 every put fires, also of equal values', async () => {
    const { command, calls } = recording('Cmd', 5);
    const lab = await startLab(topWith([command]));
    for (let i = 0; i < 3; i++) await caPut(lab, 'Dev.Cmd', 4);
    for (let i = 0; i < 3; i++) await lab.ca.put(lab.pv('Dev.Cmd'), 4);
    await pvaPut(lab, 'Dev.Cmd', 4);
    expect(calls).toEqual([4, 4, 4, 4, 4, 4, 4]);
  });

  it('EPS-11.62 EPS-E-43 a command that fails fails the put with its message; the next put works', async () => {
    let isBroken = true;
    const command = new LocalCommand({
      name: 'Cmd',
      value: 1,
      function: () => {
        if (isBroken) throw new Error('no beam');
      },
    });
    const lab = await startLab(topWith([command]));
    expect(await failureOf(pvaPut(lab, 'Dev.Cmd', 1))).toContain('no beam');
    expect(await failureOf(caPut(lab, 'Dev.Cmd', 1))).toMatch(/PUTFAIL/);
    expect(lab.takeErrors().filter(({ message }) => message === 'Got error on put: no beam')).toHaveLength(2);
    isBroken = false;
    await pvaPut(lab, 'Dev.Cmd', 2);
    await caPut(lab, 'Dev.Cmd', 3);
    expect(await pvaGet(lab, 'Dev.Cmd')).toBe(3);
  });

  it('EPS-11.63 EPS-E-48 EPS-E-43 EPS-D-8 a long command ends the put when it ends, and holds up nobody', async () => {
    const gate = makeGate();
    const command = new LocalCommand({ name: 'Slow', function: () => gate.opened });
    const other = recording('Quick', 1);
    const lab = await startLab(topWith([command, other.command, new LocalVariable({ name: 'X', value: 0 })]));
    const done: string[] = [];
    const puts = [
      caPut(lab, 'Dev.Slow', 0).then(() => done.push('put')),
      rpc(lab, 'Dev.Slow').then(() => done.push('rpc')),
    ];
    await caPut(lab, 'Dev.X', 1);
    await pvaPut(lab, 'Dev.X', 2);
    await pvaPut(lab, 'Dev.Quick', 3);
    await rpc(lab, 'Dev.Quick', { arg: 4 });
    expect(await caGet(lab, 'Dev.X')).toBe(2);
    expect(other.calls.map(Number)).toEqual([3, 4]);
    expect(done).toEqual([]);
    gate.open();
    await Promise.all(puts);
    expect(done).toHaveLength(2);
  });

  it('EPS-11.64 EPS-E-43 in a disabled device a put succeeds without effect, with a warning', async () => {
    const { command, calls } = recording('Cmd', 5);
    const lab = await startLab(topWith([command]));
    await pvaPut(lab, 'Dev.enable', 'False');
    await caPut(lab, 'Dev.Cmd', 9);
    await pvaPut(lab, 'Dev.Cmd', 9);
    expect(calls).toEqual([]);
    expect(await caGet(lab, 'Dev.Cmd')).toBe(5);
    const warnings = lab.log.filter(
      ({ level, name }) => level === 'warn' && name === 'pyrogue.EpicsPvServer',
    );
    expect(warnings[0]?.message).toContain('Top.Dev.Cmd');
  });

  it('a command with a register writes it', async () => {
    const root = new LocalRoot({ pollEn: false });
    root.simple.add(
      new RemoteCommand({ name: 'Strobe', offset: 0x20, bitSize: 1, function: RemoteCommand.touchOne }),
    );
    const lab = await startLab(root);
    root.mem.log = [];
    await caPut(lab, 'SimpleDev.Strobe', 0);
    expect(root.mem.log).toEqual([{ type: 'write', address: 0x20n, size: 4, hex: '01000000' }]);
  });
});

describe('RPC', () => {
  it('EPS-E-44 EPS-D-23 takes any argument and gives the result back', async () => {
    const echo = (name: string, value: unknown): LocalCommand =>
      new LocalCommand({ name, value, retValue: value, function: ({ arg }) => arg });
    const lab = await startLab(
      topWith([echo('F', float(0)), echo('S', ''), echo('I', 0), echo('B', true), recording('N', 0).command]),
    );
    expect(await rpc(lab, 'Dev.F', { arg: 2.5 })).toBe(2.5);
    expect(await rpc(lab, 'Dev.S', { arg: 'hello' })).toBe('hello');
    expect(await rpc(lab, 'Dev.I', { arg: 2 ** 40 })).toBe(2n ** 40n);
    expect(await rpc(lab, 'Dev.B', { arg: false })).toBe(false);
    expect(await rpc(lab, 'Dev.N')).toBe('None');
    // Without argument the last one.
    expect(await rpc(lab, 'Dev.S')).toBe('hello');
    expect(await pvaGet(lab, 'Dev.S')).toBe(0);
  });

  it('EPS-D-19 a failing command answers with its text', async () => {
    const command = new LocalCommand({
      name: 'Cmd',
      function: () => {
        throw new Error('interlock open');
      },
    });
    const lab = await startLab(topWith([command]));
    expect(await failureOf(rpc(lab, 'Dev.Cmd'))).toContain('interlock open');
    lab.takeErrors();
  });

  it('EPS-E-44 works on the full name of a long one, and not on variables', async () => {
    const name = `Cmd${'d'.repeat(60)}`;
    const { command, calls } = recording(name, 1);
    const lab = await startLab(topWith([command, new LocalVariable({ name: 'X', value: 1 })]));
    await rpc(lab, `Dev.${name}`, { arg: 3 });
    const hashed = lab.epics.entries().find((entry) => entry.isCommand && entry.fullName !== entry.caName);
    await lab.pva.rpc(hashed?.caName ?? '', { arg: 4 });
    expect(calls.map(Number)).toEqual([3, 4]);
    expect(await failureOf(rpc(lab, 'Dev.X', { arg: 1 }))).not.toMatch(/no failure/);
  });
});

describe('typed records', () => {
  it('EPS-11.65 EPS-E-45 float, text and enum commands take their arguments unchanged', async () => {
    const real = recording('Real', float(1));
    const text = recording('Text', '');
    const state = recording('State', 1, {
      enum: [
        [1, 'In'],
        [2, 'Out'],
      ],
    });
    const whole = recording('Whole', 5);
    const lab = await startLab(topWith([real.command, text.command, state.command, whole.command]), {
      commandRecords: 'typed',
    });
    const types = ['Real', 'Text', 'State', 'Whole'].map(
      (name) => lab.epics.entries().find((entry) => entry.path === `Top.Dev.${name}`)?.recordType,
    );
    expect(types).toEqual(['ao', 'waveform', 'mbbo', 'longout']);
    await caPut(lab, 'Dev.Real', 2.75);
    await pvaPut(lab, 'Dev.Real', 0);
    expect(real.calls).toEqual([2.75, 0]);
    await caPut(lab, 'Dev.Text', 'move to 3');
    await pvaPut(lab, 'Dev.Text', '');
    expect(text.calls).toEqual(['move to 3', '']);
    await caPut(lab, 'Dev.State', 1);
    await pvaPut(lab, 'Dev.State', 0);
    expect(state.calls).toEqual([2, 1]);
    await caPut(lab, 'Dev.Whole', 0);
    expect(whole.calls).toEqual([5]);
    expect(await pvaGet(lab, 'Dev.Text')).toBe('');
    expect(await caGet(lab, 'Dev.Real')).toBe(0);
  });
});

describe('aliases of commands', () => {
  it('EPS-E-47 EPS-E-52 are typed by the argument and show it; zero and the first label call without one', async () => {
    const long = 'x'.repeat(60);
    const text = recording(`Text${long}`, 'first');
    const whole = recording(`Whole${long}`, 5);
    const state = recording(`State${long}`, 2, {
      enum: [
        [1, 'In'],
        [2, 'Out'],
      ],
    });
    const lab = await startLab(topWith([text.command, whole.command, state.command]));
    await pvaPut(lab, `Dev.Text${long}`, 'second');
    await pvaPut(lab, `Dev.Whole${long}`, 6);
    await pvaPut(lab, `Dev.Whole${long}`, 0);
    await pvaPut(lab, `Dev.State${long}`, 0);
    await pvaPut(lab, `Dev.State${long}`, 1);
    expect([text.calls, whole.calls, state.calls]).toEqual([['second'], [6, 6], [2, 2]]);
    const ids = await Promise.all(
      ['Text', 'Whole', 'State'].map(async (name) => {
        const { desc } = await lab.pva.getStruct(lab.pv(`Dev.${name}${long}`));
        return `${desc.id} ${desc.fieldAt(desc.offsetOf('value')).toString().split(/\s/)[0]}`;
      }),
    );
    expect(ids[0]).toBe('epics:nt/NTScalar:1.0 string');
    expect(ids[1]).toBe('epics:nt/NTScalar:1.0 int32_t');
    expect(ids[2]).toContain('epics:nt/NTEnum:1.0');
    expect(await pvaGet(lab, `Dev.Text${long}`)).toBe('second');
  });
});

describe('companion records', () => {
  it('EPS-11.66 EPS-E-46 show Idle, Running, Done and the result', async () => {
    const gate = makeGate();
    const command = new LocalCommand({
      name: 'Cmd',
      value: 1,
      retValue: '',
      function: async ({ arg }) => {
        await gate.opened;
        if (Number(arg) === 13) throw new Error('bad luck');
        return `moved ${String(arg)}`;
      },
    });
    const lab = await startLab(topWith([command]), { commandStatus: true });
    const state = await watch(lab.ca, `${lab.pv('Dev.Cmd')}:STS`);
    expect(await caGet(lab, 'Dev.Cmd:STS', { as: 'string' })).toBe('Idle');
    const put = caPut(lab, 'Dev.Cmd', 2);
    await state.until(({ value }) => value === 1);
    gate.open();
    await put;
    await state.until(({ value }) => value === 2);
    expect(state.updates.map(({ value }) => value)).toEqual([0, 1, 2]);
    expect(await caGet(lab, 'Dev.Cmd:RET', { as: 'text' })).toBe('moved 2');
    expect(await lab.pva.getValue(`${lab.pv('Dev.Cmd')}:MSG`)).toBe('');
    expect(await failureOf(caPut(lab, 'Dev.Cmd', 13))).toMatch(/PUTFAIL/);
    await state.until(({ value }) => value === 3);
    expect(await caGet(lab, 'Dev.Cmd:MSG', { as: 'text' })).toBe('bad luck');
    expect(await caGet(lab, 'Dev.Cmd:RET', { as: 'text' })).toBe('moved 2');
    expect(await failureOf(lab.ca.put(`${lab.pv('Dev.Cmd')}:STS`, 0, { wait: true }))).toMatch(/NOWTACCESS/);
    lab.takeErrors();
  });

  it('EPS-E-46 follow RPC too, and obey the 60 bytes', async () => {
    const name = `C${'d'.repeat(47)}`;
    const command = new LocalCommand({ name, value: 1, retValue: 0, function: ({ arg }) => Number(arg) * 2 });
    const lab = await startLab(topWith([command]), { commandStatus: true });
    expect(lab.pv(`Dev.${name}`).length).toBeLessThanOrEqual(60);
    await rpc(lab, `Dev.${name}`, { arg: 21 });
    const names = lab.ioc.database
      .records()
      .map((record) => record.name)
      .filter((record) => record.startsWith('T:tail_'));
    // The names of the three companions are too long, that of the command is not.
    expect(names).toHaveLength(3);
    const values = await Promise.all(names.map((record) => lab.pva.getValue(record)));
    expect(values).toContain('42');
    for (const record of lab.ioc.database.records()) expect(record.name.length).toBeLessThanOrEqual(60);
  });
});

it('isCommand tells commands from variables', () => {
  expect(isCommand(recording('C', 1).command)).toBe(true);
  expect(isCommand(new LocalVariable({ name: 'X', value: 1 }))).toBe(false);
});
