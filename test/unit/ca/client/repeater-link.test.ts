import { describe, expect, it } from 'vitest';
import { CaRepeater } from '../../../../src/ca/repeater.ts';
import { makeSite, scripted } from './scripted-server.ts';

describe('RepeaterLink', () => {
  it('CA-B5: registers at a repeater that runs', async () => {
    const site = await makeSite({ A: scripted(1) }, { repeater: 'register' });
    const repeater = new CaRepeater({ network: site.clientHost });
    await repeater.start();
    site.client.channel('A');
    await site.pass(100);
    expect(site.client.report().repeater).toBe('registered');
    expect(repeater.clients.length).toBe(1);
  });

  it('CA-B5: mode auto becomes the repeater when there is none, and hears beacons through it', async () => {
    const site = await makeSite({ A: scripted(1) }, { repeater: 'auto' });
    await site.settled(site.client.channel('A').ready());
    await site.pass(3000);
    expect(site.client.report().repeater).toBe('serving');
    for (let i = 0; i < 3; i++) {
      site.server.beacon({ address: '10.0.0.255', port: 5065 });
      await site.pass(1000);
    }
    expect(site.client.stats().beacons).toBe(3);
    expect(site.client.channel('A').info().beaconPeriodMs).toBeCloseTo(1000, 0);
    await site.settled(site.client.close());
    expect(await new CaRepeater({ network: site.clientHost }).start()).toBe(true);
  });

  it('CA-B5: a client on the loopback interface does not become the repeater', async () => {
    const site = await makeSite({}, { repeater: 'auto', addrList: ['127.0.0.1'] });
    site.client.channel('A');
    await site.pass(5000);
    expect(site.client.report().repeater).toBe('registering');
    expect(await new CaRepeater({ network: site.clientHost }).start()).toBe(true);
  });

  it('CA-B5: finds a new repeater within 60 s of the death of the old one', async () => {
    const site = await makeSite({ A: scripted(1) }, { repeater: 'register' });
    const first = new CaRepeater({ network: site.clientHost });
    await first.start();
    site.client.channel('A');
    await site.pass(100);
    first.close();
    const second = new CaRepeater({ network: site.clientHost });
    await second.start();
    await site.pass(61_000);
    expect(second.clients.length).toBe(1);
  });

  it('CA-B3: mode off works without', async () => {
    const site = await makeSite({ A: scripted(1) }, { repeater: 'off' });
    await site.settled(site.client.channel('A').ready());
    await site.pass(10_000);
    expect(site.client.report().repeater).toBe('off');
  });

  it('CA-B1: irregular beacons make the circuit probe its server, regular ones save the probe', async () => {
    const site = await makeSite({ A: scripted(1) }, { repeater: 'auto', connTmo: 30 });
    await site.settled(site.client.channel('A').ready());
    const beacon = (): void => site.server.beacon({ address: '10.0.0.255', port: 5065 });
    await site.pass(3000);
    const before = site.client.stats().messagesOut;
    for (let i = 0; i < 12; i++) {
      beacon();
      await site.pass(10_000);
    }
    expect(site.client.stats().messagesOut).toBe(before);
    await site.pass(3000);
    beacon();
    await site.pass(10);
    expect(site.client.stats().messagesOut).toBe(before + 1);
  });
});
