import { describe, expect, it } from 'vitest';
import { makeHarness } from './harness.ts';
import { ScriptedServer } from './scripted-server.ts';

describe('name servers', () => {
  it('W-98, W-99: names are asked for over TCP, and "any" in the answer is the name server itself', async () => {
    const h = await makeHarness(['x'], { autoAddrList: false, nameServers: ['10.0.0.1'] });
    expect((await h.settle(h.client.get('x'))).value).toBe(1);
    expect(h.server.count('TCP SEARCH x')).toBe(1);
    expect(h.server.count('SEARCH')).toBe(0);
    expect(h.client.stats().connections).toBe(1);
  });

  it('W-98: a lost connection to a name server is made again after 10 s, and missing names are asked for at once', async () => {
    const h = await makeHarness([], { autoAddrList: false, nameServers: ['ioc'] });
    h.client.channel('x');
    await h.until(() => h.server.count('TCP SEARCH') > 0);
    h.server.names.add('x');
    h.server.session.stream.destroy();
    const since = h.nowMs;
    await h.until(() => h.client.stats().connectedChannels === 1, 15_000);
    expect(h.nowMs - since).toBeGreaterThan(9900);
    expect(h.nowMs - since).toBeLessThan(10_200);
  });

  it('names that were missing before the name server was reachable are found when it is', async () => {
    const h = await makeHarness(['x'], { autoAddrList: false, nameServers: ['10.0.0.77'] });
    h.client.channel('x');
    await h.advance(3000);
    const late = new ScriptedServer(h.network.host('late', { addresses: ['10.0.0.77/24'] }), 'x');
    await late.start();
    await h.until(() => h.client.stats().connectedChannels === 1, 120_000);
    late.stop();
  });
});
