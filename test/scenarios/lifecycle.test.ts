import { describe, expect, it, onTestFinished } from 'vitest';
import type { CaClient } from '../../src/ca/index.ts';
import { SoftIoc } from '../../src/ioc/index.ts';
import { EpicsPvServer, type EpicsPvServerOptions } from '../../src/protocols/epicsV7/index.ts';
import { PvaClient } from '../../src/pva/index.ts';
import { LocalVariable, type Root } from '../../src/tree/index.ts';
import type { LogRecord } from '../../src/util/index.ts';
import {
  caGet,
  caPut,
  captureLog,
  connectTo,
  eventually,
  failureOf,
  makeGate,
  startIoc,
  startLab,
  watch,
  within,
} from './harness.ts';
import { topWith } from './trees.ts';

/** Settings that keep the shared IOC on 127.0.0.1 and free ports. */
const isolated = {
  ca: { interfaces: ['127.0.0.1'], port: 0, autoBeaconAddrList: false, beaconAddrList: [] },
  pva: {
    interfaces: ['127.0.0.1'],
    port: 0,
    autoBeaconAddrList: false,
    beaconAddrList: ['127.0.0.1'],
    localForwarding: false,
  },
} satisfies Pick<EpicsPvServerOptions, 'ca' | 'pva'>;

const rootWith = (value: number): Root => topWith([new LocalVariable({ name: 'X', value })]);

/** Sockets of this process, by kind, without those that close just now. */
async function sockets(): Promise<string[]> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
  return process
    .getActiveResourcesInfo()
    .filter((name) => /TCP|UDP/.test(name))
    .sort();
}

function clientsOf(epics: EpicsPvServer): { ca: CaClient; pva: PvaClient } {
  if (epics.ioc === undefined) throw new Error('the server does not run');
  return connectTo(epics.ioc);
}

function collidingRoot(): Root {
  return topWith(
    ['0187185', '0974838'].map(
      (digits) =>
        new LocalVariable({ name: `CollisionProbeVariableWithAVeryLongNameNumber${digits}`, value: 1 }),
    ),
  );
}

describe('start', () => {
  it('EPS-11.44 EPS-E-16 EPS-E-59 EPS-D-10 a collision rejects before anything exists, and rolls the root back', async () => {
    captureLog();
    const before = await sockets();
    expect(before).toEqual([]);
    const ioc = startIoc();
    const root = collidingRoot();
    const epics = new EpicsPvServer({ base: 'Coll', root, ioc });
    const prefix = 'Top.Dev.CollisionProbeVariableWithAVeryLongNameNumber';
    expect(await failureOf(root.start())).toBe(
      `epicsV7: Hash collision detected! Two variables map to the same CA suffix 'tail_1336d60bd5': ` +
        `'${prefix}0187185' and '${prefix}0974838'`,
    );
    expect([root.running, ioc.isRunning, ioc.database.size]).toEqual([false, false, 0]);
    expect([epics.ioc, epics.ports, epics.entries().length]).toEqual([undefined, undefined, 0]);
    expect(await sockets()).toEqual(before);
  });

  it('EPS-11.44 EPS-E-16 a collision leaves the other servers of the IOC as they are', async () => {
    const lab = await startLab(rootWith(1));
    const root = collidingRoot();
    new EpicsPvServer({ base: 'Coll', root, ioc: lab.ioc });
    const size = lab.ioc.database.size;
    expect(await failureOf(root.start())).toContain('Hash collision detected!');
    expect(lab.ioc.database.size).toBe(size);
    expect(await caGet(lab, 'Dev.X')).toBe(1);
  });

  it('EPS-11.44 EPS-E-16 names of a map collide as well', async () => {
    captureLog();
    const root = rootWith(1);
    const name = `Coll:Top:Dev:CollisionProbeVariableWithAVeryLongNameNumber`;
    new EpicsPvServer({
      base: 'Coll',
      root,
      ioc: startIoc(),
      pvMap: { 'Top.Dev.X': `${name}0187185`, 'Top.Time': `${name}0974838` },
    });
    expect(await failureOf(root.start())).toMatch(/tail_1336d60bd5': 'Top\.Time' and 'Top\.Dev\.X'/);
  });

  it('EPS-11.45 EPS-E-59 a server on a stopped root says so', async () => {
    const root = rootWith(1);
    const epics = new EpicsPvServer({ base: 'T', root, ioc: startIoc() });
    expect(await failureOf(epics.start())).toBe('epicsV7 cannot be set up on a tree that is not started');
  });

  it('EPS-11.46 EPS-E-61 EPS-E-2 a server added to the root once more rejects the start and rolls back', async () => {
    captureLog();
    const root = rootWith(1);
    const ioc = startIoc();
    const epics = new EpicsPvServer({ base: 'T', root, ioc });
    root.addProtocol(epics);
    expect(await failureOf(root.start())).toBe(
      'epicsV7: Duplicate _start() call for base=T. Protocol may have been added twice.',
    );
    expect([root.running, ioc.database.size, epics.entries().length]).toEqual([false, 0, 0]);
  });

  it('EPS-E-62 the second start is found before the mapping is made', async () => {
    const lab = await startLab(rootWith(1), { pvMap: { 'Top.Nope': 'N', 'Top.Dev.X': 'X' } });
    expect(lab.takeErrors()).toHaveLength(1);
    expect(await failureOf(lab.epics.start())).toMatch(/Duplicate _start\(\) call for base=T\./);
    expect(lab.takeErrors()).toHaveLength(0);
    // The server that runs is not harmed.
    expect(await lab.ca.getValue('X')).toBe(1);
  });

  it('EPS-E-62 when start resolves, the PVs are found', async () => {
    const lab = await startLab(rootWith(3));
    expect(await caGet(lab, 'Dev.X')).toBe(3);
    expect(lab.epics.ports?.caTcp).toBeGreaterThan(0);
    expect(lab.epics.ports?.pvaTcp).toBeGreaterThan(0);
  });
});

describe('stop', () => {
  it('EPS-11.47 EPS-E-63 EPS-D-14 ends everything, twice does no harm, and the base can be used again', async () => {
    const before = await sockets();
    expect(before).toEqual([]);
    const lab = await startLab(rootWith(1));
    const x = lab.root.getNode('Top.Dev.X') as LocalVariable;
    const long = lab.epics.entries().length;
    using channel = lab.ca.channel(lab.pv('Dev.X'));
    await channel.ready();
    const gone = new Promise<void>((resolve) => {
      channel.onState((state) => {
        if (state === 'disconnected') resolve();
      });
    });
    expect(x._listeners).toHaveLength(1);
    await lab.epics.stop();
    await within(gone, () => 'disconnection');
    expect(x._listeners).toHaveLength(0);
    expect(lab.ioc.database.size).toBe(0);
    expect([lab.epics.entries().length, lab.epics.list(), lab.epics.ports]).toEqual([0, {}, undefined]);
    for (const client of [lab.ca, lab.pva]) {
      expect(await failureOf(client.get('T:Top:Time', { timeoutMs: 300 }))).toMatch(/timed out/);
    }
    await lab.epics.stop();
    await lab.epics.start();
    expect(lab.epics.entries()).toHaveLength(long);
    expect(await caGet(lab, 'Dev.X')).toBe(1);
    await lab.root.stop();
    await lab.ca.close();
    await lab.pva.close();
    await lab.ioc.close();
    expect(await sockets()).toEqual(before);
  });

  it('EPS-11.47 a tree can be stopped and started with its server', async () => {
    captureLog();
    const root = rootWith(1);
    const server = new EpicsPvServer({ base: 'T', root, ...isolated });
    onTestFinished(() => root.stop());
    for (let i = 0; i < 2; i++) {
      await root.start();
      const { ca } = clientsOf(server);
      expect(await ca.getValue('T:Top:Dev:X')).toBe(1);
      await ca.close();
      await root.stop();
    }
  });

  it('EPS-E-63 puts that wait are cancelled, and the one under way ends', async () => {
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
    using channel = lab.ca.channel(lab.pv('Dev.X'));
    await channel.ready();
    for (let i = 1; i <= 3; i++) await channel.put(i);
    await channel.get();
    await lab.epics.stop();
    gate.open();
    const isCancelled = ({ message }: LogRecord): boolean =>
      message.includes('cancelled: the server was stopped');
    await eventually(() => lab.log.filter(isCancelled).length === 2, 'cancelled puts');
    expect(set).toEqual([1]);
    expect(lab.takeErrors()).toHaveLength(2);
  });
});

describe('one IOC for a process', () => {
  async function startOn(root: Root, options: Partial<EpicsPvServerOptions>): Promise<EpicsPvServer> {
    const epics = new EpicsPvServer({ base: 'T', root, ...options });
    onTestFinished(() => root.stop());
    await root.start();
    return epics;
  }

  it('EPS-11.48 EPS-E-64 EPS-D-11 two servers of two roots share ports, which close with the last', async () => {
    captureLog();
    const before = await sockets();
    expect(before).toEqual([]);
    const [one, two] = [rootWith(1), rootWith(2)];
    const first = await startOn(one, { base: 'One', ...isolated });
    const second = await startOn(two, { base: 'Two' });
    expect(second.ioc).toBe(first.ioc);
    expect(second.ports).toEqual(first.ports);
    const { ca, pva } = clientsOf(first);
    expect(await ca.getValue('One:Top:Dev:X')).toBe(1);
    expect(await ca.getValue('Two:Top:Dev:X')).toBe(2);
    expect(await pva.getValue('Two:Top:Dev:X')).toBe(2);
    expect([ca.stats().circuits, pva.stats().connections]).toEqual([1, 1]);
    const ports = first.ports;
    await one.stop();
    expect(second.ports).toEqual(ports);
    expect(await ca.getValue('Two:Top:Dev:X')).toBe(2);
    expect(await failureOf(ca.get('One:Top:Dev:X', { timeoutMs: 300 }))).toMatch(/timed out/);
    await two.stop();
    await ca.close();
    await pva.close();
    expect(await sockets()).toEqual(before);
  });

  it('EPS-E-64 two bases over one root', async () => {
    captureLog();
    const root = rootWith(5);
    new EpicsPvServer({ base: 'One', root, ...isolated });
    const second = await startOn(root, { base: 'Two', ...isolated });
    const { ca } = clientsOf(second);
    await ca.put('One:Top:Dev:X', 6, { wait: true });
    expect(await ca.getValue('Two:Top:Dev:X')).toBe(6);
  });

  it('EPS-11.49 EPS-E-64 the same names twice reject the second start, naming the record', async () => {
    captureLog();
    const first = await startOn(rootWith(1), { base: 'Same', ...isolated });
    const other = rootWith(2);
    new EpicsPvServer({ base: 'Same', root: other });
    expect(await failureOf(other.start())).toMatch(/record "Same:Top:\w+" .*exists already/);
    expect(other.running).toBe(false);
    const { ca } = clientsOf(first);
    expect(await ca.getValue('Same:Top:Dev:X')).toBe(1);
  });

  it('EPS-E-66 settings that differ from those of the running IOC reject', async () => {
    captureLog();
    const first = await startOn(rootWith(1), { base: 'One', ...isolated });
    const other = rootWith(2);
    new EpicsPvServer({ base: 'Two', root: other, ...isolated, ca: { ...isolated.ca, beaconPeriod: 3 } });
    expect(await failureOf(other.start())).toMatch(/runs with other options/);
    expect(other.running).toBe(false);
    expect(first.ports?.caTcp).toBeGreaterThan(0);
  });

  it('EPS-E-66 interfaces and port are the settings of both servers; port 0 is free for searches too', async () => {
    captureLog();
    const epics = await startOn(rootWith(1), { base: 'One', ...isolated });
    const { ca, pva } = epics.ioc ?? {};
    expect([ca?.config.intfAddrList, pva?.config.intfAddrList]).toEqual([['127.0.0.1'], ['127.0.0.1']]);
    const ports = Object.values(epics.ports ?? {});
    expect(ports).toHaveLength(4);
    for (const port of ports) expect([0, 5064, 5065, 5075, 5076]).not.toContain(port);
  });

  it('EPS-E-66 a setting under both of its names is refused', async () => {
    captureLog();
    const root = rootWith(1);
    new EpicsPvServer({ base: 'T', root, ca: { port: 0, serverPort: 0 } });
    expect(await failureOf(root.start())).toMatch(/"port" and "serverPort" are one setting/);
  });

  it('EPS-E-64 an IOC that was given stays open for its owner', async () => {
    const lab = await startLab(rootWith(1));
    lab.ioc.database.addRecord('ai', 'own:record', { VAL: 7 });
    await lab.root.stop();
    expect(lab.ioc.isRunning).toBe(true);
    expect(await lab.ca.getValue('own:record')).toBe(7);
  });

  it('EPS-E-66 with ca: false the same PVs are on PVA only', async () => {
    captureLog();
    const ioc = SoftIoc.isolated({ ca: false });
    onTestFinished(() => ioc.close());
    const root = rootWith(4);
    onTestFinished(() => root.stop());
    const epics = new EpicsPvServer({ base: 'T', root, ioc });
    await root.start();
    expect(epics.ports?.caTcp).toBe(0);
    const pva = new PvaClient(ioc.pva?.clientConfig(), { env: {} });
    onTestFinished(() => pva.close());
    expect(await pva.getValue('T:Top:Dev:X')).toBe(4);
  });
});

describe('while the tree is busy', () => {
  it('EPS-E-68 the server serves while puts wait for the hardware', async () => {
    const gate = makeGate();
    const lab = await startLab(
      topWith([
        ...Array.from(
          { length: 20 },
          (_, i) =>
            new LocalVariable({
              name: `Slow${i}`,
              value: 0,
              localSet: (value) => (value === 0 ? undefined : gate.opened),
            }),
        ),
        new LocalVariable({ name: 'X', value: 0 }),
      ]),
    );
    const puts = Array.from({ length: 20 }, (_, i) => caPut(lab, `Dev.Slow${i}`, 1));
    const seen = await watch(lab.pva, lab.pv('Dev.X'));
    for (let i = 1; i <= 20; i++) await caPut(lab, 'Dev.X', i);
    await seen.until(({ value }) => value === 20);
    gate.open();
    await Promise.all(puts);
  });
});
