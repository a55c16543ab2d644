import { describe, expect, it } from 'vitest';
import { CaClient, CaSearchResponder, resolveCaServerConfig } from '../../../../src/ca/index.ts';
import { SoftIoc } from '../../../../src/ioc/index.ts';
import { nodeNetwork } from '../../../../src/net/index.ts';
import { makeTimeStamp, noAlarm, SharedPv, StaticSource } from '../../../../src/pv/index.ts';
import { PvaClient, resolvePvaServerConfig, SearchResponder } from '../../../../src/pva/index.ts';

describe('SoftIoc', () => {
  it('EPS-E-64 two IOCs with one responder for each protocol are both found on one search port', async () => {
    const network = nodeNetwork();
    const local = { intfAddrList: ['127.0.0.1'], autoBeaconAddrList: false };
    const caResponder = new CaSearchResponder(
      network,
      resolveCaServerConfig({ ...local, serverPort: 0, searchPort: 0 }, {}),
    );
    const pvaResponder = new SearchResponder(
      network,
      resolvePvaServerConfig({ ...local, serverPort: 0, broadcastPort: 0 }, {}),
    );
    const iocs = ['ONE', 'TWO'].map((name) => {
      const ioc = SoftIoc.isolated({ network, caResponder, pvaResponder });
      ioc.database.addRecord('ao', name, { VAL: 3 });
      return ioc;
    });
    for (const ioc of iocs) await ioc.start();
    const first = iocs[0] as SoftIoc;
    const ca = new CaClient(first.ca?.clientConfig() ?? {});
    const pva = new PvaClient(first.pva?.clientConfig() ?? {}, { env: {} });
    try {
      for (const name of ['ONE', 'TWO']) {
        expect((await ca.get(name, { timeoutMs: 5000 })).value).toBe(3);
        expect((await pva.get(name, { timeoutMs: 5000 })).value).toBe(3);
      }
    } finally {
      await ca.close();
      await pva.close();
      for (const ioc of iocs) await ioc.close();
      pvaResponder.close();
    }
  });

  it('serves records on real ports, those that come later too, and lets go of everything', async () => {
    const ioc = SoftIoc.isolated();
    const { database } = ioc;
    database.addRecord('ao', 'X:SP', { VAL: 1.5, EGU: 'V' });
    await ioc.start();
    expect(ioc.isRunning).toBe(true);
    for (const port of Object.values(ioc.ports)) expect(port).toBeGreaterThan(0);
    const client = new CaClient(ioc.ca?.clientConfig() ?? {});
    try {
      expect((await client.get('X:SP', { timeoutMs: 5000 })).value).toBe(1.5);
      await client.put('X:SP', 2.5, { timeoutMs: 5000, wait: true });
      expect(database.find('X:SP')?.getField('VAL')).toBe(2.5);
      const puts: unknown[] = [];
      const mirror = database.addRecord(
        'longout',
        'X:M',
        {},
        {
          mirror: {
            support: {
              put: async (write) => {
                puts.push(write.value);
                mirror.mirror.publish(Number(write.value), noAlarm, makeTimeStamp(1_700_000_000, 0));
              },
            },
          },
        },
      );
      await client.put('X:M', 7, { timeoutMs: 5000, wait: true });
      expect([puts, (await client.get('X:M', { timeoutMs: 5000 })).value]).toEqual([[7], 7]);
      await expect(client.put('X:SP', 'abc', { timeoutMs: 5000, wait: true })).rejects.toThrow();
    } finally {
      await client.close();
      await ioc.close();
    }
    expect(database.size).toBe(0);
    await expect(ioc.start()).rejects.toThrow('closed');
  });

  it('serves other sources beside its records, on one protocol only if told', async () => {
    const ioc = SoftIoc.isolated({ ca: false });
    expect(ioc.ca).toBeUndefined();
    const extra = new StaticSource('extra');
    extra.add('EXTRA', SharedPv.mailbox({ element: 'float64', value: 1 }));
    ioc.addSource(extra, 5);
    await ioc.start();
    expect(ioc.ports).toMatchObject({ caTcp: 0, caUdp: 0 });
    expect([...(ioc.pva?.sources.list().names ?? [])]).toContain('EXTRA');
    ioc.removeSource(extra);
    expect([...(ioc.pva?.sources.list().names ?? [])]).not.toContain('EXTRA');
    await ioc[Symbol.asyncDispose]();
    await ioc.close();
  });

  it('closes what it opened when a server cannot start', async () => {
    const first = SoftIoc.isolated();
    await first.start();
    const second = SoftIoc.isolated({ pva: { intfAddrList: ['192.0.2.1'] } });
    await expect(second.start()).rejects.toThrow();
    await second.close();
    expect(second.isRunning).toBe(false);
    await first.close();
  });
});
