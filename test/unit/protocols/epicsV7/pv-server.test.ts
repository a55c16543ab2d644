import { expect, it, onTestFinished } from 'vitest';
import { SoftIoc } from '../../../../src/ioc/index.ts';
import { EpicsPvServer } from '../../../../src/protocols/epicsV7/index.ts';
import { LocalVariable, Root } from '../../../../src/tree/index.ts';

// What clients see is tested by the scenarios.

function makeRoot(): Root {
  const root = new Root({ name: 'Top', pollEn: false });
  root.add(new LocalVariable({ name: 'X', value: 1 }));
  onTestFinished(() => root.stop());
  return root;
}

function makeIoc(): SoftIoc {
  const ioc = SoftIoc.isolated();
  onTestFinished(() => ioc.close());
  return ioc;
}

it('EPS-E-2 the constructor adds the server to the root, and opens nothing', async () => {
  const root = makeRoot();
  const ioc = makeIoc();
  const epics = new EpicsPvServer({ base: 'B', root, ioc });
  expect([epics.list(), epics.entries(), epics.ioc, ioc.isRunning]).toEqual([{}, [], undefined, false]);
  await root.start();
  expect([epics.ioc, ioc.isRunning, epics.base]).toEqual([ioc, true, 'B']);
});

it('EPS-E-63 stop before start does nothing, and asyncDispose stops', async () => {
  const root = makeRoot();
  const ioc = makeIoc();
  const epics = new EpicsPvServer({ base: 'B', root, ioc });
  await epics.stop();
  await root.start();
  await epics[Symbol.asyncDispose]();
  expect([epics.ioc, ioc.database.size]).toEqual([undefined, 0]);
});

it('EPS-E-16 records that a failing start made are taken away again', async () => {
  const root = makeRoot();
  const ioc = makeIoc();
  const epics = new EpicsPvServer({
    base: 'B',
    root,
    ioc,
    pvMap: { 'Top.Time': 'good name', 'Top.X': 'B:X' },
  });
  // A blank is no part of a record name.
  await expect(root.start()).rejects.toThrow(/good name/);
  expect([ioc.database.size, ioc.isRunning, epics.entries().length, root.running]).toEqual([
    0,
    false,
    0,
    false,
  ]);
});

it('EPS-E-64 a name that somebody else has in the IOC rejects, naming the variable', async () => {
  const root = makeRoot();
  const ioc = makeIoc();
  ioc.database.addRecord('ai', 'B:Top:X', {});
  new EpicsPvServer({ base: 'B', root, ioc });
  await expect(root.start()).rejects.toThrow(
    'epicsV7: record "B:Top:X" for Top.X exists already in this IOC',
  );
  expect(ioc.database.size).toBe(1);
});
