import { describe, expect, it } from 'vitest';
import { caClientToEnv, resolveCaClientConfig } from '../../../../src/ca/client/config.ts';

describe('resolveCaClientConfig', () => {
  it('section 12: without options and environment gives the documented defaults', () => {
    expect(resolveCaClientConfig()).toMatchObject({
      addrList: [],
      autoAddrList: true,
      nameServers: [],
      serverPort: 5064,
      repeaterPort: 5065,
      connTmo: 30,
      maxSearchPeriod: 300,
      mcastTtl: 1,
      maxMessageBytes: 256 * 1024 * 1024,
      repeater: 'auto',
      circuitLingerMs: 1000,
    });
  });

  it('CA-E1: takes the variables of the environment, and options before them', () => {
    const env = {
      EPICS_CA_ADDR_LIST: ' 10.0.0.1  ioc:6000 ',
      EPICS_CA_AUTO_ADDR_LIST: 'NO',
      EPICS_CA_NAME_SERVERS: 'ns:5070',
      EPICS_CA_SERVER_PORT: '6064',
      EPICS_CA_REPEATER_PORT: '6065',
      EPICS_CA_CONN_TMO: '5.5',
      EPICS_CA_MAX_SEARCH_PERIOD: '120',
      EPICS_CA_MCAST_TTL: '4',
    };
    expect(resolveCaClientConfig({ serverPort: 7000 }, env)).toMatchObject({
      addrList: ['10.0.0.1', 'ioc:6000'],
      autoAddrList: false,
      nameServers: ['ns:5070'],
      serverPort: 7000,
      repeaterPort: 6065,
      connTmo: 5.5,
      maxSearchPeriod: 120,
      mcastTtl: 4,
    });
  });

  it.each(['NO', 'no', 'N', '0', 'false'])('CA-U6: EPICS_CA_AUTO_ADDR_LIST=%s turns the list off', (text) => {
    expect(resolveCaClientConfig({}, { EPICS_CA_AUTO_ADDR_LIST: text }).autoAddrList).toBe(false);
  });

  it('CA-V23: EPICS_CA_MAX_ARRAY_BYTES counts only without EPICS_CA_AUTO_ARRAY_BYTES, and not below 16384', () => {
    expect(resolveCaClientConfig({}, { EPICS_CA_MAX_ARRAY_BYTES: '100000' }).maxMessageBytes).toBe(2 ** 28);
    const off = { EPICS_CA_AUTO_ARRAY_BYTES: 'NO' };
    expect(resolveCaClientConfig({}, off).maxMessageBytes).toBe(16_384 + 24);
    expect(resolveCaClientConfig({}, { ...off, EPICS_CA_MAX_ARRAY_BYTES: '100' }).maxMessageBytes).toBe(
      16_408,
    );
    expect(resolveCaClientConfig({}, { ...off, EPICS_CA_MAX_ARRAY_BYTES: '100000' }).maxMessageBytes).toBe(
      100_024,
    );
  });

  it('CA-T3, section 12: CONN_TMO has a floor of 0.1 s, the search period one of 60 s', () => {
    expect(resolveCaClientConfig({ connTmo: 0.01, maxSearchPeriod: 1 })).toMatchObject({
      connTmo: 0.1,
      maxSearchPeriod: 60,
    });
  });

  it('F-3: a bad value in the environment is told once and the default used', () => {
    const warnings: string[] = [];
    const env = {
      EPICS_CA_CONN_TMO: 'soon',
      EPICS_CA_SERVER_PORT: '99999',
      EPICS_CA_ADDR_LIST: '10.0.0.1 bad:port 10.0.0.2',
      EPICS_CA_NAME_SERVERS: '300.1.1.1',
    };
    const config = resolveCaClientConfig({}, env, (message) => warnings.push(message));
    expect(config).toMatchObject({
      connTmo: 30,
      serverPort: 5064,
      addrList: ['10.0.0.1', '10.0.0.2'],
      nameServers: [],
    });
    expect(warnings.length).toBe(4);
    expect(warnings.join('\n')).toContain('EPICS_CA_ADDR_LIST: bad address "bad:port"');
  });

  it('F-3: unknown options and bad values in options are errors that name them', () => {
    expect(() => resolveCaClientConfig({ adrList: [] } as object)).toThrow('unknown option "adrList"');
    expect(() => resolveCaClientConfig({ serverPort: 0 })).toThrow('serverPort: 0');
    expect(() => resolveCaClientConfig({ connTmo: Number.NaN })).toThrow('connTmo');
    expect(() => resolveCaClientConfig({ addrList: ['a:b'] })).toThrow(
      'EPICS_CA_ADDR_LIST: bad address "a:b"',
    );
    expect(() => resolveCaClientConfig({ nameServers: ['a:b'] })).toThrow('EPICS_CA_NAME_SERVERS');
  });

  it('F-1: toEnv is the inverse', () => {
    const config = resolveCaClientConfig({
      addrList: ['10.0.0.1', 'b:1'],
      autoAddrList: false,
      nameServers: ['c:2'],
      serverPort: 6000,
      repeaterPort: 6001,
      connTmo: 3,
      maxSearchPeriod: 99,
      mcastTtl: 2,
      maxMessageBytes: 20_024,
    });
    expect(resolveCaClientConfig({}, caClientToEnv(config))).toEqual(config);
    expect(resolveCaClientConfig({}, caClientToEnv(resolveCaClientConfig()))).toEqual(
      resolveCaClientConfig(),
    );
  });
});
