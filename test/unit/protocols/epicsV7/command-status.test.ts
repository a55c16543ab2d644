import { expect, it, onTestFinished } from 'vitest';
import { Database } from '../../../../src/ioc/index.ts';
import { CommandStatus } from '../../../../src/protocols/epicsV7/command-status.ts';
import { defaultSizes } from '../../../../src/protocols/kind-map.ts';
import { LocalCommand, Root } from '../../../../src/tree/index.ts';

async function start(): Promise<{ status: CommandStatus; database: Database; values: () => unknown[] }> {
  const root = new Root({ name: 'Top', pollEn: false });
  const command = new LocalCommand({ name: 'C' });
  root.add(command);
  onTestFinished(() => root.stop());
  await root.start();
  const status = new CommandStatus(command, 'B', 'B:Top:C');
  const database = new Database();
  onTestFinished(() => database.close());
  status.open(database, defaultSizes);
  const values = (): unknown[] => status.names.map((name) => database.openField(name)?.snapshot().value);
  return { status, database, values };
}

it('EPS-E-46 begins as Idle without result and message', async () => {
  const { status, values } = await start();
  expect(status.names).toEqual(['B:Top:C:RET', 'B:Top:C:STS', 'B:Top:C:MSG']);
  expect(values()).toEqual(['', 0, '']);
});

it('EPS-E-46 runs until the last of several calls ends, and keeps the last result', async () => {
  const { status, values } = await start();
  let end = (_value: string): void => {};
  const first = new Promise<string>((resolve) => {
    end = resolve;
  });
  status.onCall(first);
  const second = Promise.resolve([1, 2]);
  status.onCall(second);
  await second;
  expect(values()).toEqual(['[1, 2]', 1, '']);
  end('done at last');
  await first;
  expect(values()).toEqual(['done at last', 2, '']);
});

it('EPS-E-46 a failure shows Error and its text, the next success clears it', async () => {
  const { status, values } = await start();
  const bad = Promise.reject(new Error('no beam'));
  status.onCall(bad);
  await bad.catch(() => {});
  expect(values()).toEqual(['', 3, 'no beam']);
  const good = Promise.resolve(null);
  status.onCall(good);
  await good;
  expect(values()).toEqual(['None', 2, '']);
});

it('EPS-E-46 close removes the records, and later ends change nothing', async () => {
  const { status, database } = await start();
  const call = Promise.resolve('x');
  status.onCall(call);
  status.close();
  await call;
  expect(database.size).toBe(0);
});
