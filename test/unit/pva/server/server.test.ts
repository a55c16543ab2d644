import { afterEach, describe, expect, it } from 'vitest';
import { ntScalarType } from '../../../../src/nt/index.ts';
import type { Peer } from '../../../../src/pv/index.ts';
import { Rights, SharedPv } from '../../../../src/pv/index.ts';
import { CMD_GET, CMD_RPC } from '../../../../src/pva/core/index.ts';
import { PvaServer } from '../../../../src/pva/index.ts';
import { parsePvRequest, Value } from '../../../../src/pvdata/index.ts';
import { fromHex, toHex } from '../../../../src/testing/index.ts';
import { noStop } from '../../../../src/util/index.ts';
import { Bench, RawClient } from './harness.ts';

const double = ntScalarType('double');

let bench: Bench;
afterEach(async () => {
  await bench?.run(bench.server.close());
});

describe('PvaServer: life', () => {
  it('start twice is one start, close twice one close', async () => {
    bench = new Bench();
    const first = bench.server.start();
    expect(bench.server.start()).toBe(first);
    await bench.run(first);
    const closed = bench.server.close();
    expect(bench.server.close()).toBe(closed);
    await bench.run(closed);
    expect(bench.server.isRunning).toBe(false);
  });

  it('close before start has an end', async () => {
    bench = new Bench();
    await bench.run(bench.server.close());
    expect(bench.server.isRunning).toBe(false);
  });

  it('close while starting makes start reject with EPICS_CLOSED', async () => {
    bench = new Bench();
    const started = bench.server.start();
    const closed = bench.server.close();
    await expect(bench.run(started)).rejects.toMatchObject({ code: 'EPICS_CLOSED' });
    await bench.run(closed);
  });

  it('a closed server starts again on its ports, as another server (PVA-S-11)', async () => {
    bench = await Bench.started({ serverPort: 0 });
    bench.server.add('a', SharedPv.mailbox(Value.from(double, { value: 3 })));
    const port = bench.server.config.serverPort;
    const guid = toHex(bench.server.guid);
    const client = await bench.client();
    await client.open('a');
    await bench.run(bench.server.close());
    await client.settle();
    expect(client.isClosed).toBe(true);
    await bench.run(bench.server.start());
    expect(bench.server.config.serverPort).toBe(port);
    expect(toHex(bench.server.guid)).not.toBe(guid);
    const again = await bench.client();
    expect((await again.get('a')).get('value')).toBe(3);
  });

  it('PVA-W-101 a TCP port in use is replaced by a free one, with a warning; strictPort refuses', async () => {
    bench = await Bench.started();
    const { PvaServerOn } = await import('../../../../src/pva/server/server.ts');
    const second = new PvaServerOn(bench.serverHost, {}, { env: {}, logger: bench.log.logger });
    await bench.run(second.start());
    expect(second.config.serverPort).not.toBe(5075);
    expect(bench.log.problems()).toEqual([`TCP port 5075 is in use; using ${second.config.serverPort}`]);
    const third = new PvaServerOn(bench.serverHost, { strictPort: true }, { env: {} });
    await expect(bench.run(third.start())).rejects.toMatchObject({
      code: 'EPICS_CONFIG',
      message: expect.stringMatching(/0\.0\.0\.0:5075.*EADDRINUSE/),
    });
    await bench.run(second.close());
    await bench.run(third.close());
  });

  it('an address that is not of this machine is a ConfigError that names it', async () => {
    bench = new Bench({ intfAddrList: ['10.9.9.9'] });
    await expect(bench.run(bench.server.start())).rejects.toMatchObject({
      code: 'EPICS_CONFIG',
      message: expect.stringContaining('10.9.9.9'),
    });
  });

  it('refuses connections over the limit', async () => {
    bench = await Bench.started({ maxConnections: 1 });
    await bench.client();
    const second = new RawClient(bench);
    await second.settle();
    expect(second.isClosed).toBe(true);
    expect(bench.server.stats().connections).toBe(1);
  });

  it('report and stats tell of connections, channels and operations (PVA-S-11)', async () => {
    bench = await Bench.started();
    bench.add('a', Value.from(double, { value: 1 }));
    const client = await bench.client({ user: 'op', host: 'desk' });
    const sid = await client.open('a');
    const { ioid } = await client.init(CMD_GET, sid);
    client.connection.get(sid, ioid);
    await client.reply(ioid);
    expect(bench.server.report()).toMatchObject({
      endpoints: ['0.0.0.0:5075'],
      connections: [
        {
          user: 'op',
          method: 'ca',
          claimedHost: 'desk',
          state: 'open',
          channels: [{ name: 'a', sid, operations: [{ ioid, command: 'GET' }] }],
        },
      ],
    });
    const { bytesIn, bytesOut, ...counts } = bench.server.stats();
    expect(counts).toMatchObject({ connections: 1, channels: 1, operations: 1, messagesIn: 4 });
    expect(bytesIn).toBeGreaterThan(50);
    expect(bytesOut).toBeGreaterThan(100);
  });
});

describe('PvaServer: who the client is', () => {
  async function peerOf(identity?: { user: string; host: string }): Promise<Peer> {
    bench = await Bench.started();
    let peer: Peer | undefined;
    bench.server.add('a', {
      name: 'a',
      type: undefined,
      opened: undefined,
      onClose: () => noStop,
      rights: (asking) => {
        peer = asking;
        return Rights.All;
      },
    });
    const client = await bench.client(identity);
    await client.open('a');
    return peer as Peer;
  }

  it('`ca` gives the user; the host is where the connection comes from, not what is claimed (PVA-W-41)', async () => {
    const peer = await peerOf({ user: 'op', host: 'evil' });
    expect(peer).toMatchObject({
      protocol: 'pva',
      user: 'op',
      host: '10.0.0.2',
      method: 'ca',
      isEncrypted: false,
    });
    expect(peer.address).toMatch(/^10\.0\.0\.2:\d+$/);
  });

  it('an empty user of `ca` stays unidentified, anonymous has that name (PVA-W-40, PVA-S-6)', async () => {
    const nobody = await peerOf({ user: '', host: '' });
    expect([nobody.user, nobody.method, nobody.roles()]).toEqual(['', 'ca', []]);
    await bench.run(bench.server.close());
    expect(await peerOf()).toMatchObject({ user: 'anonymous', method: 'anonymous' });
  });

  it.each(['', 'krb5'])(
    'PVA-W-39 method "%s" that was not offered is refused, then the connection closed',
    async (method) => {
      bench = await Bench.started();
      const client = new RawClient(bench);
      client.onConnectionValidation = (): void => {
        client.connection.validate(method, null);
        client.flush();
      };
      await client.settle();
      expect(client.all('validated')).toMatchObject([
        { status: { type: 2, message: 'Client selects unadvertised auth' } },
      ]);
      expect(client.isClosed).toBe(true);
    },
  );

  it('PVA-W-42 channels created before validation are answered behind the verdict', async () => {
    bench = await Bench.started();
    bench.add('a', Value.from(double, { value: 1 }));
    const client = new RawClient(bench);
    client.sendRaw(fromHex('ca020007 09000000 0100 05000000 0161 ff'.replace('09', '08').replace(' ff', '')));
    await client.next('channelCreated');
    expect(client.commands.map((command) => command.type)).toEqual([
      'validationOffer',
      'validated',
      'channelCreated',
    ]);
  });

  it('a client that stays silent is closed after 10 s, a validated one after the time-out', async () => {
    bench = await Bench.started({ connTmo: 30 });
    const silent = new RawClient(bench);
    silent.onConnectionValidation = (): void => {};
    const client = await bench.client();
    await client.settle(11_000);
    expect([silent.isClosed, client.isClosed]).toEqual([true, false]);
    await client.settle(40_000);
    expect(client.isClosed).toBe(true);
    expect(bench.server.stats().connections).toBe(0);
  });
});

describe('PvaServer on this machine', () => {
  it('isolated() listens on 127.0.0.1 only and tells clients how to find it (ARC-F-2, PVA-W-103)', async () => {
    const server = PvaServer.isolated();
    await server.start();
    const { serverPort, broadcastPort } = server.config;
    expect(server.endpoints).toEqual([{ address: '127.0.0.1', port: serverPort }]);
    expect(serverPort).toBeGreaterThan(0);
    expect(broadcastPort).toBeGreaterThan(0);
    expect(server.clientConfig()).toMatchObject({
      addrList: [`127.0.0.1:${broadcastPort}`],
      autoAddrList: false,
      broadcastPort,
      serverPort,
    });
    await server.close();
  });

  it('leaves nothing open after close (ARC-A-14)', async () => {
    const before = process.getActiveResourcesInfo().filter((name) => name !== 'Immediate').length;
    const server = PvaServer.isolated({ localForwarding: true });
    server.add('a', SharedPv.mailbox(Value.from(double, { value: 1 })));
    await server.start();
    await server.close();
    // Closed handles are let go of in the next turns of the event loop.
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
    expect(
      process.getActiveResourcesInfo().filter((name) => name !== 'Immediate').length,
    ).toBeLessThanOrEqual(before);
  });

  it('an unknown option is a ConfigError', () => {
    expect(() => PvaServer.isolated({ serverPort: 0, ...{ portt: 1 } })).toThrow(
      /unknown PVA server option "portt"/,
    );
  });
});

describe('PvaServer: keeps other channels going', () => {
  it('a fault of one PV reaches only its client requests', async () => {
    bench = await Bench.started();
    bench.add('a', Value.from(double, { value: 1 }));
    bench.server.add('bad', {
      name: 'bad',
      type: undefined,
      opened: Promise.reject(new Error('never opens')),
      onClose: () => noStop,
      rights: () => Rights.All,
      attach: () => () => {
        throw new Error('detach broke');
      },
      call: () => {
        throw new Error('call broke');
      },
    });
    const client = await bench.client();
    const { sid, cid } = await client.create('bad');
    client.connection.init(CMD_GET, sid, 1, parsePvRequest(''));
    expect((await client.next('initReply', (reply) => reply.ioid === 1)).status.message).toBe('never opens');
    const { ioid } = await client.init(CMD_RPC, sid);
    client.connection.rpc(sid, ioid, null);
    expect((await client.next('rpcReply')).status.message).toBe('call broke');
    client.connection.destroyChannel(sid, cid);
    await client.settle();
    expect((await client.get('a')).get('value')).toBe(1);
    expect(bench.log.problems()).toEqual(['a PV or a listener failed']);
  });
});
