import { describe, expect, it } from 'vitest';
import {
  echoPeriodMs,
  nameServerAddresses,
  searchAddresses,
  silenceLimitMs,
} from '../../../../src/pva/client/config.ts';
import { pvaConfigToEnv, resolvePvaConfig } from '../../../../src/pva/index.ts';

describe('resolvePvaConfig', () => {
  it('PVA 11: without anything the defaults hold', () => {
    expect(resolvePvaConfig({}, {})).toMatchObject({
      addrList: [],
      autoAddrList: true,
      intfAddrList: [],
      broadcastPort: 5076,
      serverPort: 5075,
      nameServers: [],
      connTmo: 30,
      listenBeacons: true,
      channelCacheMs: 20_000,
    });
  });

  it('reads the EPICS_PVA variables', () => {
    const config = resolvePvaConfig(
      {},
      {
        EPICS_PVA_ADDR_LIST: ' 10.0.0.255,  ioc2:5999 224.1.1.1,3@10.0.0.2 ',
        EPICS_PVA_AUTO_ADDR_LIST: 'no',
        EPICS_PVA_INTF_ADDR_LIST: '10.0.0.2',
        EPICS_PVA_BROADCAST_PORT: '15076',
        EPICS_PVA_SERVER_PORT: '15075',
        EPICS_PVA_NAME_SERVERS: 'ns1 ns2:99',
        EPICS_PVA_CONN_TMO: '10',
      },
    );
    expect(config).toMatchObject({ autoAddrList: false, intfAddrList: ['10.0.0.2'], connTmo: 10 });
    expect(searchAddresses(config)).toEqual([
      { host: '10.0.0.255', port: 15076, ttl: undefined, onInterface: undefined },
      { host: 'ioc2', port: 5999, ttl: undefined, onInterface: undefined },
      { host: '224.1.1.1', port: 15076, ttl: 3, onInterface: '10.0.0.2' },
    ]);
    expect(nameServerAddresses(config).map(({ host, port }) => `${host} ${port}`)).toEqual([
      'ns1 15075',
      'ns2 99',
    ]);
  });

  it('options win over the environment, undefined ones do not count', () => {
    const env = { EPICS_PVA_ADDR_LIST: '1.1.1.1', EPICS_PVA_SERVER_PORT: '7' };
    const config = resolvePvaConfig({ addrList: ['2.2.2.2'], serverPort: undefined as never }, env);
    expect(config).toMatchObject({ addrList: ['2.2.2.2'], serverPort: 7 });
  });

  it('F-3: bad values of the environment are reported and replaced by the default', () => {
    const warnings: string[] = [];
    const config = resolvePvaConfig(
      {},
      {
        EPICS_PVA_ADDR_LIST: '1.2.3 10.0.0.1',
        EPICS_PVA_AUTO_ADDR_LIST: 'maybe',
        EPICS_PVA_BROADCAST_PORT: '70000',
        EPICS_PVA_CONN_TMO: 'soon',
      },
      (message) => warnings.push(message),
    );
    expect(config).toMatchObject({
      addrList: ['10.0.0.1'],
      autoAddrList: true,
      broadcastPort: 5076,
      connTmo: 30,
    });
    expect(warnings.length).toBe(4);
    expect(warnings[0]).toContain('EPICS_PVA_ADDR_LIST: bad address "1.2.3"');
  });

  it.each([
    [{ addrLst: [] }, 'unknown PVA client option "addrLst"'],
    [{ addrList: ['a b'] }, 'addrList: bad address "a b"'],
    [{ nameServers: ['x:y'] }, 'nameServers: bad address'],
    [{ intfAddrList: ['1.2.3.4.5'] }, 'intfAddrList: bad address'],
    [{ broadcastPort: 70_000 }, 'broadcastPort: 70000'],
    [{ serverPort: 1.5 }, 'serverPort: 1.5'],
    [{ connTmo: -1 }, 'connTmo: -1'],
    [{ channelLingerMs: Number.NaN }, 'channelLingerMs: NaN'],
    [{ maxMessageBytes: 10 }, 'maxMessageBytes: 10'],
    [{ ignoreGuids: ['xyz'] }, 'ignoreGuids: "xyz"'],
  ])('refuses %o with EPICS_CONFIG', (options, message) => {
    const resolve = (): unknown => resolvePvaConfig(options as never, {});
    expect(resolve).toThrow(message);
    expect(resolve).toThrow(expect.objectContaining({ code: 'EPICS_CONFIG' }));
  });

  it('pvaConfigToEnv is the inverse', () => {
    const config = resolvePvaConfig(
      {
        addrList: ['10.0.0.1', 'x:5'],
        autoAddrList: false,
        nameServers: ['ns'],
        connTmo: 12,
        broadcastPort: 9,
        serverPort: 8,
      },
      {},
    );
    expect(resolvePvaConfig({}, pvaConfigToEnv(config))).toEqual(config);
  });

  it('W-47: silence limit and echo period follow EPICS_PVA_CONN_TMO', () => {
    const limit = (connTmo: number): number => silenceLimitMs(resolvePvaConfig({ connTmo }, {}));
    expect([limit(30), limit(1), limit(0), limit(3)]).toEqual([40_000, 2000, 2000, 4000]);
    expect([40_000, 2000, 8000, 100_000].map(echoPeriodMs)).toEqual([15_000, 1000, 3000, 15_000]);
  });
});
