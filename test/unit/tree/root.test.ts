import { readFileSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../src/testing/index.ts';
import {
  Device,
  type ManagedInterface,
  RemoteVariable,
  Root,
  TREE_VERSION,
} from '../../../src/tree/index.ts';
import { captureLog, startBench } from './tree-helpers.ts';

const log = captureLog();

function managed(calls: string[], name: string, failsAt?: 'start' | 'stop'): ManagedInterface {
  const step = (what: 'start' | 'stop') => async () => {
    calls.push(`${what} ${name}`);
    if (failsAt === what) throw new Error(`${name} failed`);
  };
  return { start: step('start'), stop: step('stop') };
}

describe('life cycle', () => {
  it('T-4: managed objects start once in order and stop in reverse', async () => {
    const calls: string[] = [];
    const root = new Root({ name: 'Top' });
    const dev = root.add(new Device({ name: 'Dev' }));
    root.addInterface(managed(calls, 'a'));
    dev.addProtocol(managed(calls, 'c'));
    root.manage([managed(calls, 'b')]);
    expect(await root.start()).toBe(root);
    expect(root.running).toBe(true);
    await root.stop();
    await root.stop();
    expect(root.running).toBe(false);
    expect(calls).toStrictEqual(['start a', 'start b', 'start c', 'stop c', 'stop b', 'stop a']);
  });

  it('T-4: a second start is refused', async () => {
    const root = await new Root({ name: 'Top' }).start();
    await expect(root.start()).rejects.toThrow("Root is already started! Can't restart!");
    await root.stop();
  });

  it('T-4, RT-4: a protocol that fails to start makes start fail with its error, after the others are stopped', async () => {
    const calls: string[] = [];
    const root = new Root({ name: 'Top' });
    root.addProtocol(managed(calls, 'a'));
    root.addProtocol(managed(calls, 'b', 'start'));
    await expect(root.start()).rejects.toThrow('b failed');
    expect(calls).toStrictEqual(['start a', 'start b', 'stop a']);
    expect(root.running).toBe(false);
  });

  it('RT-3: a failing stop does not keep the others from stopping', async () => {
    const calls: string[] = [];
    const root = new Root({ name: 'Top' });
    root.addProtocol(managed(calls, 'a'));
    root.addProtocol(managed(calls, 'b', 'stop'));
    await root.start();
    await root.stop();
    expect(calls.slice(2)).toStrictEqual(['stop b', 'stop a']);
    expect(log.at(-1)?.message).toMatch(/b failed/);
  });

  it('RT-5: a tree is stopped at the end of its scope', async () => {
    const root = await new Root({ name: 'Top' }).start();
    await root[Symbol.asyncDispose]();
    expect(root.running).toBe(false);
  });

  it('RT-2: protocols see the staged defaults, running is true for them', async () => {
    const seen: unknown[] = [];
    const V = new RemoteVariable({ name: 'V', offset: 0, value: 7, mode: 'RW' });
    const server = { start: (root: Root) => void seen.push(root.running, V.value) };
    const clock = new ManualClock();
    const { root } = await startBench([V], { root: { clock } });
    await root.stop();
    root.addProtocol(server);
    await root.start();
    expect(seen).toStrictEqual([true, 7]);
  });

  it('3.1: initWrite writes the staged defaults, initRead failures are logged only', async () => {
    const V = new RemoteVariable({ name: 'V', offset: 0, value: 7 });
    const { bus } = await startBench([V], { root: { initWrite: true } });
    expect(bus()).toStrictEqual(['Write 1000 07000000', 'Verify 1000/4']);
    const R = new RemoteVariable({ name: 'R', offset: 0 });
    const clock = new ManualClock();
    const root = new Root({ name: 'Top', clock, initRead: true });
    const dev = root.add(
      new Device({
        name: 'D',
        memBase: { min: 4, max: 64, transact: () => Promise.reject(new Error('dead')) },
      }),
    );
    dev.add(R);
    await root.start();
    expect(log.some(({ message }) => message.includes('initial read') && message.includes('dead'))).toBe(
      true,
    );
    await root.stop();
  });

  it('3.1: a time-out above 10 s is a warning', async () => {
    const root = await new Root({ name: 'Top', timeout: 11 }).start();
    expect(log.at(-1)?.message).toMatch(/time-out of 11 s/);
    await root.stop();
  });
});

describe('built-in nodes', () => {
  it('T-5: an empty tree has the 55 nodes in order', () => {
    const root = new Root({ name: 'Top' });
    const names = [...root.nodes.keys()];
    expect(names).toStrictEqual([
      'enable',
      'ReadDevice',
      'WriteDevice',
      'RogueVersion',
      'RogueDirectory',
      'SystemLog',
      'SystemLogLast',
      'ForceWrite',
      'InitAfterConfig',
      'Time',
      'LocalTime',
      'PollEn',
      'WriteAll',
      'ReadAll',
      'SaveState',
      'SaveConfig',
      'LoadConfig',
      'RemoteVariableDump',
      'RemoteConfigDump',
      'Initialize',
      'HardReset',
      'CountReset',
      'ClearLog',
      'SetYamlConfig',
      'GetYamlConfig',
      'GetYamlState',
      'LoadConfigProcess',
      'SaveConfigProcess',
    ]);
    expect(root.variableList).toHaveLength(55);
    expect(root.LoadConfigProcess.variableList).toHaveLength(14);
    expect(root.SaveConfigProcess.variableList).toHaveLength(15);
    expect(root.variableList.filter((node) => node.filterByGroup(null, ['NoServe', 'Hidden']))).toHaveLength(
      28,
    );
  });

  it('3.3: the version is that of the package', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(TREE_VERSION).toBe(version);
  });

  it('3.3: Time and LocalTime go on every second', async () => {
    const clock = new ManualClock();
    const root = await new Root({ name: 'Top', clock }).start();
    const seen: unknown[] = [];
    root.Time.on('update', ({ value }) => seen.push(value));
    const local: string[] = [];
    root.LocalTime.on('update', ({ valueDisp }) => local.push(valueDisp));
    await clock.advanceAsync(2500);
    expect(seen).toStrictEqual([1_700_000_001, 1_700_000_002]);
    expect(local[0]).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+$/);
    await root.stop();
    await clock.advanceAsync(2000);
    expect(seen).toHaveLength(2);
  });

  it('3.3: RemoteVariableDump writes path = value lines', async () => {
    const V = new RemoteVariable({ name: 'V', offset: 0 });
    const { root } = await startBench([V]);
    await V.set(0x12);
    const file = join(await mkdtemp(join(tmpdir(), 'tree-')), 'dump.txt');
    expect(await root.remoteVariableDump(file, ['RW'], true)).toBe(file);
    expect(await readFile(file, 'utf8')).toBe('Top.Dev.V = 0x12\n');
  });

  it('3.3: HardReset, CountReset and Initialize reach the devices', async () => {
    const calls: string[] = [];
    class Dev extends Device {
      override async initialize(): Promise<void> {
        calls.push('initialize');
      }
      override async hardReset(): Promise<void> {
        calls.push('hardReset');
      }
      override async countReset(): Promise<void> {
        calls.push('countReset');
      }
    }
    const root = new Root({ name: 'Top' });
    root.add(new Dev({ name: 'D' }));
    await root.start();
    await root.initialize();
    await root.hardReset();
    await root.countReset();
    expect(calls).toStrictEqual(['initialize', 'hardReset', 'countReset']);
    await root.stop();
  });

  it('section 12: without the option config the YAML methods say so', async () => {
    const root = await new Root({ name: 'Top' }).start();
    await expect(root.getYaml()).rejects.toThrow(/without the option config/);
    await root.stop();
  });
});

describe('system log (tree section 14)', () => {
  it('mirrors records of nodes and protocols while the tree runs, and is cleared', async () => {
    const root = await new Root({ name: 'Top', maxLog: 2 }).start();
    root.makeLogger('pyrogue.EpicsPvServer').error({ error: new Error('boom') }, 'Got error on put: boom');
    await root.waitOnUpdate();
    const last = JSON.parse(root.SystemLogLast.value) as Record<string, unknown>;
    expect(last).toMatchObject({
      name: 'pyrogue.EpicsPvServer',
      message: 'Got error on put: boom',
      exception: 'boom',
      levelName: 'ERROR',
      levelNumber: 40,
    });
    for (let i = 0; i < 3; i++) root.log.warn(`w${i}`);
    await Promise.resolve();
    await root.waitOnUpdate();
    const list = JSON.parse(root.SystemLog.value) as { message: string }[];
    expect(list.map(({ message }) => message)).toStrictEqual(['w1', 'w2']);
    await root.clearLog();
    expect(root.SystemLog.value).toBe('[]');
    expect(log.some(({ name }) => name === 'pyrogue.Root.Root.Top')).toBe(true);
    await root.stop();
  });
});
