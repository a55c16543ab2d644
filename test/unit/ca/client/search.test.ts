import { describe, expect, it } from 'vitest';
import { makeSite, scripted } from './scripted-server.ts';

describe('SearchEngine', () => {
  it('CA-U14: without a UDP socket name servers are still asked', async () => {
    const site = await makeSite({ A: scripted(1) }, { nameServers: ['10.0.0.1'] });
    site.clientHost.bind = () => Promise.reject(new Error('no UDP here'));
    expect(await site.settled(site.client.getValue('A'))).toBe(1);
    expect(site.server.log).not.toContain('udp search A');
  });

  it('CA-U5: an address that cannot be resolved does not hinder the others, and is looked up again within 60 s', async () => {
    const site = await makeSite({ A: scripted(1) }, { addrList: ['nowhere', '10.0.0.1'] });
    expect(await site.settled(site.client.getValue('A'))).toBe(1);
    expect(site.client.report().searchTargets).toEqual(['10.0.0.1:5064']);
    site.network.host('nowhere', { addresses: ['10.0.0.8/24'] });
    await site.pass(61_000);
    expect(site.client.report().searchTargets).toEqual(['10.0.0.8:5064', '10.0.0.1:5064']);
  });

  it('CA-U5: a host without other interfaces searches on the loopback interface', async () => {
    const site = await makeSite({}, { addrList: [], autoAddrList: true });
    site.clientHost.interfaces = () => [];
    site.client.channel('A');
    await site.pass(10);
    expect(site.client.report().searchTargets).toEqual(['127.0.0.1:5064']);
  });

  it('a search that only goes to this machine binds the loopback interface', async () => {
    const site = await makeSite({}, { addrList: ['127.0.0.1'] });
    const addresses: string[] = [];
    const bind = site.clientHost.bind.bind(site.clientHost);
    site.clientHost.bind = (options) => {
      addresses.push(options.address);
      return bind(options);
    };
    site.client.channel('A');
    await site.pass(10);
    expect(addresses).toEqual(['127.0.0.1']);
  });

  it('section 20: datagrams of rubbish change nothing', async () => {
    const site = await makeSite({ A: scripted(1) });
    const channel = site.client.channel('B');
    await site.pass(10);
    for (let length = 0; length < 64; length++) {
      site.server.send(new Uint8Array(length).fill(6), site.server.searcher);
    }
    await site.pass(10);
    expect(channel.state).toBe('searching');
    expect(await site.settled(site.client.getValue('A'))).toBe(1);
  });

  it('lost datagrams only delay: 200 names are found although a third is lost', async () => {
    const pvs = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`P${i}`, scripted(i)]));
    const site = await makeSite(pvs, {}, { link: { loss: 0.33 }, seed: 11 });
    const channels = Object.keys(pvs).map((name) => site.client.channel(name));
    await site.settled(Promise.all(channels.map((channel) => channel.ready({ timeoutMs: 30_000 }))));
    expect(site.client.stats().connectedChannels).toBe(200);
  });

  it('doubled and reordered datagrams give one connection to each name', async () => {
    const pvs = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`P${i}`, scripted(i)]));
    const site = await makeSite(pvs, {}, { link: { duplication: 1, jitterMs: 50 }, seed: 12 });
    const channels = Object.keys(pvs).map((name) => site.client.channel(name));
    await site.settled(Promise.all(channels.map((channel) => channel.ready({ timeoutMs: 30_000 }))));
    expect(site.server.log.filter((line) => line.startsWith('create')).length).toBe(50);
  });
});
