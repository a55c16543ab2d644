import { describe, expect, it } from 'vitest';
import { makeSite, scripted } from './scripted-server.ts';

describe('NameServers', () => {
  it('CA-U12: is tried again after 1, 2, 4 s, up to CONN_TMO', async () => {
    const site = await makeSite({ A: scripted(1) }, { addrList: [], nameServers: ['10.0.0.1'], connTmo: 5 });
    const times: number[] = [];
    const connect = site.clientHost.connect.bind(site.clientHost);
    site.clientHost.connect = (...args) => {
      times.push(Math.round(site.network.clock.monotonicMs / 100) / 10);
      return connect(...args);
    };
    await site.server.stop();
    site.client.channel('A');
    await site.pass(18_000);
    expect(times.map((time) => Math.round(time))).toEqual([0, 1, 3, 7, 12, 17]);
  });

  it('CA-U12: a server before 4.12 is not asked', async () => {
    const site = await makeSite({ A: scripted(1) }, { addrList: [], nameServers: ['10.0.0.1'] });
    site.server.minor = 11;
    site.client.channel('A');
    await site.pass(5000);
    expect(site.client.report().nameServers).toEqual({ configured: 1, ready: 0 });
    expect(site.server.log).not.toContain('search A');
  });

  it('a host name that does not resolve is tried again', async () => {
    const site = await makeSite({ A: scripted(1) }, { addrList: [], nameServers: ['later:5064'] });
    const channel = site.client.channel('A');
    await site.pass(1500);
    expect(channel.state).toBe('searching');
    site.network.host('later', { addresses: ['10.0.0.7/24'] });
    await site.pass(100);
    expect(site.client.report().nameServers.ready).toBe(0);
  });

  it('searches go to UDP and to the name server alike', async () => {
    const site = await makeSite({ A: scripted(1) }, { nameServers: ['10.0.0.1'] });
    site.client.channel('B');
    await site.pass(1000);
    expect(site.server.log).toContain('udp search B');
    expect(site.server.log).toContain('search B');
  });
});
