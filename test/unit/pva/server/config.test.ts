import { describe, expect, it } from 'vitest';
import {
  beaconAddresses,
  pvaServerConfigToEnv,
  resolvePvaServerConfig,
  serverIdleMs,
} from '../../../../src/pva/server/config.ts';

describe('resolvePvaServerConfig (PVA-11)', () => {
  it('has the defaults of the protocol', () => {
    expect(resolvePvaServerConfig({}, {})).toMatchObject({
      intfAddrList: [],
      serverPort: 5075,
      broadcastPort: 5076,
      beaconAddrList: [],
      autoBeaconAddrList: true,
      ignoreAddrList: [],
      connTmo: 30,
      beaconPeriod: 15,
    });
  });

  it('reads EPICS_PVAS_ first and falls back to EPICS_PVA_', () => {
    const env = {
      EPICS_PVAS_SERVER_PORT: '1111',
      EPICS_PVA_SERVER_PORT: '2222',
      EPICS_PVA_BROADCAST_PORT: '3333',
      EPICS_PVA_ADDR_LIST: '10.0.0.9, 10.0.0.8:99,3@10.0.0.1',
      EPICS_PVA_AUTO_ADDR_LIST: 'no',
      EPICS_PVA_CONN_TMO: '6',
    };
    const config = resolvePvaServerConfig({}, env);
    expect(config).toMatchObject({
      serverPort: 1111,
      broadcastPort: 3333,
      beaconAddrList: ['10.0.0.9', '10.0.0.8:99,3@10.0.0.1'],
      autoBeaconAddrList: false,
      connTmo: 6,
    });
    expect(beaconAddresses(config)[1]).toEqual({
      host: '10.0.0.8',
      port: 99,
      ttl: 3,
      onInterface: '10.0.0.1',
    });
    expect(serverIdleMs(config)).toBe(8000);
    expect(serverIdleMs({ ...config, connTmo: 0.1 })).toBe(2000);
  });

  it('the interface list has no fall-back to the client variable (pvxs)', () => {
    expect(resolvePvaServerConfig({}, { EPICS_PVA_INTF_ADDR_LIST: '10.0.0.1' }).intfAddrList).toEqual([]);
    expect(resolvePvaServerConfig({}, { EPICS_PVAS_INTF_ADDR_LIST: '10.0.0.1' }).intfAddrList).toEqual([
      '10.0.0.1',
    ]);
  });

  it('options win over the environment (ARC-F-1)', () => {
    expect(resolvePvaServerConfig({ serverPort: 7 }, { EPICS_PVAS_SERVER_PORT: '8' }).serverPort).toBe(7);
  });

  it('bad environment values are told of and not used (ARC-F-3)', () => {
    const warnings: string[] = [];
    const env = { EPICS_PVAS_SERVER_PORT: 'many', EPICS_PVAS_BEACON_ADDR_LIST: '10.0.0.9 10.0.0.300 ok:1' };
    const config = resolvePvaServerConfig({}, env, (message) => warnings.push(message));
    expect(config.serverPort).toBe(5075);
    expect(config.beaconAddrList).toEqual(['10.0.0.9', 'ok:1']);
    expect(warnings).toEqual([
      expect.stringContaining('EPICS_PVAS_SERVER_PORT'),
      expect.stringMatching(/EPICS_PVAS_BEACON_ADDR_LIST.*10\.0\.0\.300.*ignored/),
    ]);
  });

  it.each([
    [{ serverPort: 70_000 }, /serverPort/],
    [{ broadcastPort: 1.5 }, /broadcastPort/],
    [{ beaconAddrList: ['host:port'] }, /beaconAddrList/],
    [{ intfAddrList: ['300.1.1.1'] }, /intfAddrList/],
    [{ ignoreAddrList: [':5'] }, /ignoreAddrList/],
    [{ connTmo: -1 }, /connTmo/],
    [{ beaconPeriod: 0 }, /beaconPeriod/],
    [{ maxQueueSize: 1 }, /maxQueueSize/],
    [{ maxMessageBytes: Number.NaN }, /maxMessageBytes/],
  ])('%j is a ConfigError that names the option', (options, message) => {
    expect(() => resolvePvaServerConfig(options, {})).toThrow(message);
  });

  it('toEnv is the inverse', () => {
    const config = resolvePvaServerConfig(
      {
        intfAddrList: ['10.0.0.1'],
        serverPort: 0,
        broadcastPort: 44,
        beaconAddrList: ['10.0.0.7'],
        connTmo: 5,
        autoBeaconAddrList: false,
      },
      {},
    );
    expect(resolvePvaServerConfig({}, pvaServerConfigToEnv(config))).toEqual(config);
  });
});
