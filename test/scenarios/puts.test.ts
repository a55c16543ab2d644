import { describe, expect, it } from 'vitest';
import { Rights } from '../../src/pv/index.ts';
import { Emulate, float, LocalVariable, RemoteVariable, type Root } from '../../src/tree/index.ts';
import { RemoteError } from '../../src/util/index.ts';
import {
  caGet,
  caPut,
  connectTo,
  crossOver,
  failureOf,
  makeGate,
  pvaGet,
  pvaPut,
  pvaStruct,
  startLab,
  watch,
} from './harness.ts';
import { LocalRoot, topWith } from './trees.ts';

const READ_ONLY = 'Put Not Supported On This Variable';

function memRoot(options: ConstructorParameters<typeof Emulate>[0] = {}): { root: Root; mem: Emulate } {
  const mem = new Emulate(options);
  const root = topWith(
    [new RemoteVariable({ name: 'Reg', offset: 0 }), new RemoteVariable({ name: 'Other', offset: 4 })],
    {
      root: { timeout: 0.2 },
      dev: { memBase: mem },
    },
  );
  return { root, mem };
}

describe('who may put', () => {
  it('EPS-11.32 EPS-E-35 RO variables refuse puts on CA and PVA and stay as they are', async () => {
    const lab = await startLab(topWith([new LocalVariable({ name: 'Ro', value: 5, mode: 'RO' })]));
    using channel = lab.ca.channel(lab.pv('Dev.Ro'));
    await channel.ready();
    expect(channel.rights & Rights.Write).toBe(0);
    expect(await failureOf(caPut(lab, 'Dev.Ro', 6))).toMatch(/NOWTACCESS/);
    expect(await failureOf(pvaPut(lab, 'Dev.Ro', 6))).toContain(READ_ONLY);
    expect(await caGet(lab, 'Dev.Ro')).toBe(5);
    expect((lab.root.getNode('Top.Dev.Ro') as LocalVariable).value).toBe(5);
  });

  it('EPS-E-35 RO variables under long names refuse with the same text', async () => {
    const name = `Ro${'o'.repeat(60)}`;
    const lab = await startLab(topWith([new LocalVariable({ name, value: 5, mode: 'RO' })]));
    expect(await failureOf(pvaPut(lab, `Dev.${name}`, 6))).toContain(READ_ONLY);
    const hashed = lab.epics.entries().at(-1)?.caName ?? '';
    expect(await failureOf(lab.ca.put(hashed, 6, { wait: true }))).toMatch(/NOWTACCESS/);
    expect(await failureOf(lab.pva.put(hashed, 6))).toContain(READ_ONLY);
  });

  it('EPS-E-35 RW and WO variables take puts', async () => {
    const lab = await startLab(
      topWith([
        new LocalVariable({ name: 'Rw', value: 1 }),
        new LocalVariable({ name: 'Wo', value: 1, mode: 'WO' }),
      ]),
    );
    expect(await crossOver(lab, 'Dev.Rw', 2, 3)).toEqual([2, 3]);
    expect(await crossOver(lab, 'Dev.Wo', 2, 3)).toEqual([2, 3]);
  });
});

describe('a put reaches the tree once', () => {
  it('EPS-11.52 EPS-E-36 EPS-D-4 the same value put twice is written twice', async () => {
    const { root, mem } = memRoot();
    const lab = await startLab(root);
    mem.log = [];
    for (let i = 0; i < 2; i++) await caPut(lab, 'Dev.Reg', 7);
    for (let i = 0; i < 2; i++) await pvaPut(lab, 'Dev.Reg', 7);
    expect(mem.log.filter(({ type }) => type === 'write')).toHaveLength(4);
  });

  it('EPS-E-32 one put is exactly one localSet, and publishing causes none', async () => {
    const set: unknown[] = [];
    const lab = await startLab(
      topWith([new LocalVariable({ name: 'X', value: 0, localSet: (value) => void set.push(value) })]),
    );
    set.length = 0;
    await caPut(lab, 'Dev.X', 1);
    await pvaPut(lab, 'Dev.X', 2);
    await (lab.root.getNode('Top.Dev.X') as LocalVariable).set(3);
    await lab.root.waitOnUpdate();
    expect(await pvaGet(lab, 'Dev.X')).toBe(3);
    expect(set).toEqual([1, 2, 3]);
  });

  it('EPS-E-31 a get never reads the hardware', async () => {
    const { root, mem } = memRoot();
    const lab = await startLab(root);
    mem.log = [];
    mem.write(0n, Uint8Array.of(9, 0, 0, 0));
    expect(await caGet(lab, 'Dev.Reg')).toBe(0);
    expect(await pvaGet(lab, 'Dev.Reg')).toBe(0n);
    expect(mem.log).toEqual([]);
    await (root.getNode('Top.Dev.Reg') as RemoteVariable).get();
    await root.waitOnUpdate();
    expect(await caGet(lab, 'Dev.Reg')).toBe(9);
  });

  it('plain CA puts are executed although the client leaves at once', async () => {
    const gate = makeGate();
    const set: unknown[] = [];
    const lab = await startLab(
      topWith([
        new LocalVariable({
          name: 'X',
          value: 0,
          localSet: async (value) => {
            if (value === 0) return;
            set.push(value);
            await gate.opened;
          },
        }),
      ]),
    );
    const seen = await watch(lab.ca, lab.pv('Dev.X'));
    const { ca } = connectTo(lab.ioc);
    using channel = ca.channel(lab.pv('Dev.X'));
    await channel.ready();
    for (let i = 1; i <= 5; i++) await channel.put(i);
    // An answer tells that the server has read what was sent before.
    await channel.get();
    await ca.close();
    gate.open();
    await seen.until(({ value }) => value === 5);
    expect(set).toEqual([1, 2, 3, 4, 5]);
  });
});

describe('completion', () => {
  it('EPS-11.76 EPS-E-37 after a PVA put every CA get by another client has the new value, 1000 times', async () => {
    const lab = await startLab(topWith([new LocalVariable({ name: 'X', value: 0 })]));
    using writer = lab.pva.channel(lab.pv('Dev.X'));
    using reader = lab.ca.channel(lab.pv('Dev.X'));
    await Promise.all([writer.ready(), reader.ready()]);
    for (let i = 1; i <= 1000; i++) {
      await writer.put(i);
      const { value } = await reader.get();
      if (value !== i) expect(value).toBe(i);
    }
  });

  it('EPS-E-37 the same holds the other way, and for the full name of a long one', async () => {
    const lab = await startLab(new LocalRoot({ pollEn: false }));
    const path = 'LongNameSubDev.ThisIsAVeryLongVariableNameThatExceedsSixtyCharacterLimit';
    const hashed = lab.epics.entries().find((entry) => entry.path === `LocalRoot.${path}`)?.caName ?? '';
    using writer = lab.ca.channel(hashed);
    using reader = lab.pva.channel(lab.pv(path));
    await Promise.all([writer.ready(), reader.ready()]);
    for (let i = 1; i <= 200; i++) {
      await writer.put(i, { wait: true });
      expect((await reader.get()).value).toBe(i);
    }
  });

  it('EPS-E-37 a put is not answered before the set is done', async () => {
    const gate = makeGate();
    const lab = await startLab(
      topWith([
        new LocalVariable({
          name: 'X',
          value: 0,
          localSet: (value) => (value === 0 ? undefined : gate.opened),
        }),
      ]),
    );
    const done: string[] = [];
    const puts = [
      caPut(lab, 'Dev.X', 1).then(() => done.push('ca')),
      pvaPut(lab, 'Dev.X', 2).then(() => done.push('pva')),
    ];
    expect(await caGet(lab, 'Dev.X')).toBe(0);
    expect(await pvaGet(lab, 'Dev.X')).toBe(0);
    expect(done).toEqual([]);
    gate.open();
    await Promise.all(puts);
    expect(done).toHaveLength(2);
  });

  it('EPS-E-39 EPS-D-8 puts to one variable are done in order, and hold up no other', async () => {
    const gate = makeGate();
    const set: unknown[] = [];
    const lab = await startLab(
      topWith([
        new LocalVariable({
          name: 'Slow',
          value: 0,
          localSet: async (value) => {
            if (value === 0) return;
            set.push(`begin ${String(value)}`);
            if (value === 1) await gate.opened;
            set.push(`end ${String(value)}`);
          },
        }),
        new LocalVariable({ name: 'Fast', value: 0 }),
      ]),
    );
    using channel = lab.ca.channel(lab.pv('Dev.Slow'));
    await channel.ready();
    const puts = [1, 2, 3].map((value) => channel.put(value, { wait: true }));
    await caPut(lab, 'Dev.Fast', 5);
    await pvaPut(lab, 'Dev.Fast', 6);
    expect(await caGet(lab, 'Dev.Fast')).toBe(6);
    expect(set).toEqual(['begin 1']);
    gate.open();
    await Promise.all(puts);
    expect(set).toEqual([1, 2, 3].flatMap((n) => [`begin ${n}`, `end ${n}`]));
  });

  it('the record shows what the variable has after a put, not what was sent', async () => {
    const clamped: LocalVariable<number> = new LocalVariable<number>({
      name: 'Clamped',
      value: 0,
      localSet: (value) => (value > 100 ? clamped.set(100) : undefined),
    });
    const lab = await startLab(
      topWith([clamped, new LocalVariable({ name: 'Quiet', value: 0, updateNotify: false })]),
    );
    await caPut(lab, 'Dev.Clamped', 250);
    expect(await pvaGet(lab, 'Dev.Clamped')).toBe(100);
    await pvaPut(lab, 'Dev.Quiet', 4);
    expect(await caGet(lab, 'Dev.Quiet')).toBe(4);
  });

  it('EPS-11.64 in a disabled device a local put shows what the tree has', async () => {
    const set: unknown[] = [];
    const { root, mem } = memRoot();
    const dev = root.getNode('Top.Dev') as unknown as { add: (node: LocalVariable) => void };
    dev.add(new LocalVariable({ name: 'X', value: 1, localSet: (value) => void set.push(value) }));
    const lab = await startLab(root);
    await caPut(lab, 'Dev.enable', 'False');
    set.length = 0;
    mem.log = [];
    await caPut(lab, 'Dev.X', 9);
    expect(set).toEqual([]);
    expect(await pvaGet(lab, 'Dev.X')).toBe((root.getNode('Top.Dev.X') as LocalVariable).value);
    await caPut(lab, 'Dev.Reg', 9);
    expect(mem.log).toEqual([]);
    expect(BigInt((root.getNode('Top.Dev.Reg') as RemoteVariable).value)).toBe(
      (await pvaGet(lab, 'Dev.Reg')) as bigint,
    );
  });
});

describe('failures', () => {
  it('EPS-11.53 EPS-E-38 EPS-E-60 EPS-D-5 a value beyond maximum is refused on both, and logged', async () => {
    const lab = await startLab(topWith([new LocalVariable({ name: 'X', value: 5, maximum: 10 })]));
    const seen = await watch(lab.pva, lab.pv('Dev.X'));
    const text = 'Value range error for Top.Dev.X. Value=11, Min=None, Max=10';
    expect(await failureOf(pvaPut(lab, 'Dev.X', 11))).toContain(text);
    const error: unknown = await caPut(lab, 'Dev.X', 11).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(RemoteError);
    expect((error as RemoteError).message).toMatch(/PUTFAIL/);
    expect([await caGet(lab, 'Dev.X'), await pvaGet(lab, 'Dev.X')]).toEqual([5, 5]);
    const lines = lab.takeErrors().filter(({ name }) => name === 'pyrogue.EpicsPvServer');
    expect(lines.map(({ message }) => message)).toEqual([
      `Got error on put: ${text}`,
      `Got error on put: ${text}`,
    ]);
    await caPut(lab, 'Dev.X', 10);
    await seen.until(({ value }) => value === 10);
    expect(seen.updates.every(({ value }) => value === 5 || value === 10)).toBe(true);
  });

  it('EPS-11.53 EPS-E-38 a failed verify fails the put with its text', async () => {
    const { root, mem } = memRoot();
    const lab = await startLab(root);
    await pvaPut(lab, 'Dev.Reg', 2);
    mem.corruptVerifyMask = 0xff;
    expect(await failureOf(pvaPut(lab, 'Dev.Reg', 3))).toMatch(/verify/i);
    expect(await failureOf(caPut(lab, 'Dev.Reg', 3))).toMatch(/PUTFAIL/);
    expect(lab.takeErrors().some(({ message }) => /Got error on put: .*verify/i.test(message))).toBe(true);
    // The tree holds the value that it staged; clients keep seeing the last one that was good.
    expect([await pvaGet(lab, 'Dev.Reg'), await caGet(lab, 'Dev.Reg')]).toEqual([2n, 2]);
    mem.corruptVerifyMask = 0;
    await pvaPut(lab, 'Dev.Reg', 4);
    expect(await caGet(lab, 'Dev.Reg')).toBe(4);
  });

  it('EPS-11.53 EPS-E-38 a lost answer and a bus error fail the put', async () => {
    const { root, mem } = memRoot();
    const lab = await startLab(root);
    mem.dropCount = 1;
    expect(await failureOf(pvaPut(lab, 'Dev.Reg', 3))).toMatch(/time/i);
    mem.failure = 'bus is down';
    expect(await failureOf(pvaPut(lab, 'Dev.Reg', 3))).toMatch(/bus is down/);
    expect(await failureOf(caPut(lab, 'Dev.Reg', 3))).toMatch(/PUTFAIL/);
    expect(await pvaGet(lab, 'Dev.Reg')).toBe(0n);
    mem.failure = undefined;
    await caPut(lab, 'Dev.Reg', 6);
    expect(await pvaGet(lab, 'Dev.Reg')).toBe(6n);
    expect(lab.takeErrors().length).toBeGreaterThanOrEqual(3);
  });

  it('EPS-11.54 EPS-D-15 enum index 7 of 3 labels and an unknown label are errors', async () => {
    const lab = await startLab(new LocalRoot({ pollEn: false }));
    const path = 'SimpleDev.LocalRwEnum';
    await caPut(lab, path, 1);
    expect(await failureOf(pvaPut(lab, path, 7))).toMatch(/7/);
    expect(await failureOf(caPut(lab, path, 7))).toMatch(/PUTFAIL/);
    expect(await failureOf(caPut(lab, path, 'Nonsense'))).toMatch(/PUTFAIL/);
    expect([await caGet(lab, path), await pvaGet(lab, path)]).toEqual([1, 1]);
    expect((await pvaStruct(lab, path)).get('alarm.severity')).toBe(0);
    expect(lab.takeErrors()).toHaveLength(3);
  });

  it('EPS-E-38 a plain CA put that fails leaves the value and the log line', async () => {
    const lab = await startLab(topWith([new LocalVariable({ name: 'X', value: 5, maximum: 10 })]));
    await lab.ca.put(lab.pv('Dev.X'), 11);
    await caPut(lab, 'Dev.X', 6);
    expect(await pvaGet(lab, 'Dev.X')).toBe(6);
    expect(lab.takeErrors().map(({ message }) => message)).toContainEqual(
      expect.stringContaining('Got error on put: Value range error'),
    );
  });

  it('floats, integers and texts that do not fit are refused by name', async () => {
    const lab = await startLab(
      topWith([
        new LocalVariable({ name: 'I', value: 1 }),
        new LocalVariable({ name: 'F', value: float(1) }),
      ]),
    );
    expect(await failureOf(caPut(lab, 'Dev.I', 'abc'))).toMatch(/PUTFAIL/);
    expect(await failureOf(caPut(lab, 'Dev.I', 1e12))).toMatch(/PUTFAIL/);
    expect(await failureOf(caPut(lab, 'Dev.F', 'abc'))).toMatch(/PUTFAIL/);
    await caPut(lab, 'Dev.I', 3.9);
    await caPut(lab, 'Dev.F', '2.5');
    expect([await pvaGet(lab, 'Dev.I'), await pvaGet(lab, 'Dev.F')]).toEqual([3, 2.5]);
    expect(lab.takeErrors()).toHaveLength(3);
  });

  it('EPS-E-60 errors on put enter the log of the tree', async () => {
    const lab = await startLab(topWith([new LocalVariable({ name: 'X', value: 5, maximum: 10 })]));
    await failureOf(pvaPut(lab, 'Dev.X', 11));
    await lab.root.waitOnUpdate();
    expect(lab.root.SystemLog.value).toContain('Got error on put: Value range error');
    expect(await lab.pva.getValue('T:Top:SystemLog')).toContain('pyrogue.EpicsPvServer');
    lab.takeErrors();
  });
});
