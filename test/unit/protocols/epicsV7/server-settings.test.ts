import { describe, expect, it } from 'vitest';
import { caSettings, pvaSettings } from '../../../../src/protocols/epicsV7/server-settings.ts';

describe('caSettings', () => {
  it('EPS-E-66 interfaces and port get the names of the server; searches share the port', () => {
    expect(caSettings({ interfaces: ['10.0.0.5'], port: 5064, beaconPeriod: 3 })).toEqual({
      intfAddrList: ['10.0.0.5'],
      serverPort: 5064,
      searchPort: 5064,
      beaconPeriod: 3,
    });
    expect(caSettings({ port: 0, searchPort: 7000 })).toEqual({ serverPort: 0, searchPort: 7000 });
  });

  it('nothing and false stay as they are', () => {
    expect([caSettings(undefined), caSettings(false), caSettings({})]).toEqual([undefined, false, {}]);
  });

  it('EPS-E-66 a setting has one name', () => {
    expect(() => caSettings({ interfaces: [], intfAddrList: [] })).toThrow(
      /option ca: "interfaces" and "intfAddrList"/,
    );
    expect(() => caSettings({ port: 1, serverPort: 1 })).toThrow(/"port" and "serverPort"/);
  });
});

describe('pvaSettings', () => {
  it('EPS-E-66 port is the TCP port; 0 frees that of searches too', () => {
    expect(pvaSettings({ interfaces: ['::1'], port: 5075 })).toEqual({
      intfAddrList: ['::1'],
      serverPort: 5075,
    });
    expect(pvaSettings({ port: 0 })).toEqual({ serverPort: 0, broadcastPort: 0 });
    expect(pvaSettings({ port: 0, broadcastPort: 5076 })).toEqual({ serverPort: 0, broadcastPort: 5076 });
    expect([pvaSettings(undefined), pvaSettings(false)]).toEqual([undefined, false]);
  });

  it('EPS-E-66 a setting has one name', () => {
    expect(() => pvaSettings({ interfaces: [], intfAddrList: [] })).toThrow(/option pva: "interfaces"/);
    expect(() => pvaSettings({ port: 1, serverPort: 1 })).toThrow(/"port" and "serverPort"/);
  });
});
