import { expect, test } from 'vitest';
import { CaServer, DBR_DOUBLE, DBR_TIME_DOUBLE, encodeWrite } from '../../../../src/ca/index.ts';
import { nodeNetwork } from '../../../../src/net/index.ts';
import { RawClient, scalarType, TestPv } from './helpers.ts';

/** Lets the event loop turn until something holds, for 5 s at most. */
async function until(isTrue: () => boolean): Promise<void> {
  const end = performance.now() + 5000;
  while (!isTrue()) {
    if (performance.now() > end) throw new Error('still false after 5 s');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('on real sockets a server greets, serves a large array and updates, and leaves no handle (ARC-S-11)', async () => {
  const server = CaServer.isolated();
  const scalar = new TestPv('PV', scalarType('float64'), 1.5);
  const array = new TestPv('BIG', scalarType('float64', 300_000), new Float64Array(300_000).fill(7));
  server.add('PV', scalar).add('BIG', array);
  await server.start();
  const client = new RawClient(nodeNetwork(), { address: '127.0.0.1', port: server.port });
  const { commands } = client.recorder;
  client.send((c) => {
    c.version();
    c.createChannel(1, 'PV');
    c.createChannel(2, 'BIG');
  });
  await until(() => commands.length === 5);
  expect(commands.map((command) => command.type)).toEqual([
    'version',
    'accessRights',
    'createChannel',
    'accessRights',
    'createChannel',
  ]);
  client.send((c) => {
    c.eventAdd(1, 1, DBR_TIME_DOUBLE, 0, 5);
    c.readNotify(2, 2, DBR_DOUBLE, 0);
    c.writeNotify(1, 3, DBR_DOUBLE, 1, encodeWrite(DBR_DOUBLE, 9));
  });
  await until(() => commands.length === 9);
  expect(commands.slice(5).map((command) => command.type)).toEqual([
    'eventAdd',
    'readNotify',
    'eventAdd',
    'writeNotify',
  ]);
  const read = commands[6];
  expect(read?.type === 'readNotify' && read.payload.length).toBe(2_400_000);
  expect(server.report().connections[0]?.peer).toMatch(/^127\.0\.0\.1:/);
  await server.close();
  await until(() => client.isClosed);
  // Closed handles are reported until their callback has run.
  await until(() => !process.getActiveResourcesInfo().some((name) => /^(TCP|UDP)/.test(name)));
});
