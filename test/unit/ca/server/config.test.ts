import { describe, expect, test } from 'vitest';
import { type CaServerSettings, caServerToEnv, resolveCaServerConfig } from '../../../../src/ca/index.ts';
import { isEpicsError } from '../../../../src/util/index.ts';

function failure(settings: CaServerSettings, env: Record<string, string> = {}): Error {
  try {
    resolveCaServerConfig(settings, env);
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('no failure');
}

describe('resolveCaServerConfig', () => {
  test('has the documented defaults (CA section 12)', () => {
    expect(resolveCaServerConfig()).toMatchObject({
      intfAddrList: [],
      ignoreAddrList: [],
      serverPort: 5064,
      searchPort: 5064,
      beaconAddrList: [],
      autoBeaconAddrList: true,
      beaconPort: 5065,
      beaconPeriod: 15,
      mcastTtl: 1,
    });
  });

  test('server variables win over client variables, options over both', () => {
    const env = {
      EPICS_CA_SERVER_PORT: '6000',
      EPICS_CAS_SERVER_PORT: '6001',
      EPICS_CA_REPEATER_PORT: '6002',
      EPICS_CA_BEACON_PERIOD: '3',
      EPICS_CAS_BEACON_PERIOD: '4',
      EPICS_CAS_INTF_ADDR_LIST: '10.0.0.1  239.0.0.1',
      EPICS_CAS_IGNORE_ADDR_LIST: '10.0.0.7',
      EPICS_CAS_BEACON_ADDR_LIST: '10.0.0.255:7000',
      EPICS_CAS_AUTO_BEACON_ADDR_LIST: 'NO',
    };
    expect(resolveCaServerConfig({}, env)).toMatchObject({
      serverPort: 6001,
      searchPort: 6001,
      beaconPort: 6002,
      beaconPeriod: 4,
      intfAddrList: ['10.0.0.1', '239.0.0.1'],
      ignoreAddrList: ['10.0.0.7'],
      beaconAddrList: ['10.0.0.255:7000'],
      autoBeaconAddrList: false,
    });
    expect(resolveCaServerConfig({ serverPort: 7000, beaconPeriod: undefined }, env)).toMatchObject({
      serverPort: 7000,
      searchPort: 7000,
      beaconPeriod: 4,
    });
    expect(resolveCaServerConfig({}, { EPICS_CA_SERVER_PORT: '6000' }).serverPort).toBe(6000);
    expect(resolveCaServerConfig({}, { EPICS_CAS_BEACON_PORT: '6003' }).beaconPort).toBe(6003);
  });

  test('CA-V23 EPICS_CA_AUTO_ARRAY_BYTES=NO bounds messages, at 16384 bytes at least', () => {
    const env = { EPICS_CA_AUTO_ARRAY_BYTES: 'NO', EPICS_CA_MAX_ARRAY_BYTES: '1000' };
    expect(resolveCaServerConfig({}, env).maxMessageBytes).toBe(16384 + 24);
    expect(resolveCaServerConfig({}, { ...env, EPICS_CA_MAX_ARRAY_BYTES: '100000' }).maxMessageBytes).toBe(
      100_024,
    );
  });

  test('CA-E1 bad numbers are reported and taken as not set', () => {
    const warnings: string[] = [];
    const env = { EPICS_CAS_SERVER_PORT: 'x', EPICS_CAS_BEACON_PERIOD: '-1', EPICS_CA_MCAST_TTL: '300' };
    const config = resolveCaServerConfig({}, env, (message) => warnings.push(message));
    expect(config).toMatchObject({ serverPort: 5064, beaconPeriod: 15, mcastTtl: 1 });
    expect(warnings.map((warning) => warning.split('=')[0])).toEqual(Object.keys(env));
  });

  test.each([
    [{}, { EPICS_CAS_INTF_ADDR_LIST: '10.0.0.999' }, '10.0.0.999'],
    [{}, { EPICS_CAS_IGNORE_ADDR_LIST: ':5064' }, ':5064'],
    [{}, { EPICS_CAS_BEACON_ADDR_LIST: '10.0.0.1:99999' }, '10.0.0.1:99999'],
    [{ serverPort: 70000 }, {}, 'serverPort'],
    [{ queueSize: 0 }, {}, 'queueSize'],
    [{ lingerMs: -1 }, {}, 'lingerMs'],
    [{ announceAddress: 'gate' }, {}, 'gate'],
    [{ prot: 1 } as CaServerSettings, {}, 'prot'],
  ])('%o with %o is a ConfigError that names %s', (settings, env, text) => {
    const error = failure(settings, env);
    expect(isEpicsError(error, 'EPICS_CONFIG')).toBe(true);
    expect(error.message).toContain(text);
  });

  test('toEnv is its inverse', () => {
    const config = resolveCaServerConfig({
      intfAddrList: ['127.0.0.1'],
      ignoreAddrList: ['10.0.0.9'],
      serverPort: 6100,
      beaconAddrList: ['127.0.0.1'],
      autoBeaconAddrList: false,
      beaconPort: 6101,
      beaconPeriod: 2,
      mcastTtl: 3,
      maxMessageBytes: 50_024,
    });
    expect(resolveCaServerConfig({}, caServerToEnv(config))).toEqual(config);
    const defaults = resolveCaServerConfig();
    expect(resolveCaServerConfig({}, caServerToEnv(defaults))).toEqual(defaults);
  });
});
