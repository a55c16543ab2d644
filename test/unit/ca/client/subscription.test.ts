import { describe, expect, it } from 'vitest';
import { requestKey } from '../../../../src/ca/client/subscription.ts';
import { Event, Rights } from '../../../../src/pv/index.ts';
import { makeSite, scripted } from './scripted-server.ts';

describe('WireSubscription', () => {
  it('CA-C11: requests that ask for the same have the same key', () => {
    expect(requestKey({ form: 'native', count: 0, mask: 5 })).toBe(
      requestKey({ form: 'native', count: 0, mask: 5 }),
    );
    const keys = [
      requestKey({ form: 'native', count: 0, mask: 5 }),
      requestKey({ form: 'string', count: 0, mask: 5 }),
      requestKey({ form: 'native', count: 1, mask: 5 }),
      requestKey({ form: 'native', count: 0, mask: 1 }),
    ];
    expect(new Set(keys).size).toBe(4);
  });

  it('CA-C11: identical subscriptions share one on the wire; the later one gets the last update, not within its call', async () => {
    const site = await makeSite({ A: scripted(5) });
    const channel = site.client.channel('A');
    const first: unknown[] = [];
    const second: [unknown, number][] = [];
    const stopFirst = channel.subscribe({ update: (s) => first.push(s.value), close: () => undefined });
    await site.until(() => first.length === 1);
    const stopSecond = channel.subscribe({
      update: (s, mask) => second.push([s.value, mask]),
      close: () => undefined,
    });
    expect(second).toEqual([]);
    await site.pass(1);
    expect(second).toEqual([[5, Event.All]]);
    expect(site.server.log.filter((line) => line.startsWith('subscribe'))).toEqual(['subscribe A 20 0 5']);
    stopFirst();
    await site.pass(1);
    expect(site.server.log).not.toContain('cancel A');
    stopSecond();
    await site.pass(1);
    expect(site.server.log.filter((line) => line === 'cancel A').length).toBe(1);
  });

  it('D-5: the first update has mask 15, later ones the mask that was asked for', async () => {
    const site = await makeSite({ A: scripted(5) });
    const masks: number[] = [];
    site.client
      .channel('A')
      .subscribe({ update: (_s, mask) => masks.push(mask), close: () => undefined }, { mask: 'va' });
    await site.until(() => masks.length === 1);
    const pv = site.server.pvs.get('A');
    if (pv !== undefined) site.server.open[0]?.post(pv);
    await site.pass(10);
    expect(masks).toEqual([Event.All, Event.Value | Event.Alarm]);
  });

  it('CA-C13: a sink that throws disturbs neither the others nor the circuit', async () => {
    const site = await makeSite({ A: scripted(5) });
    const channel = site.client.channel('A');
    const seen: unknown[] = [];
    channel.subscribe({
      update: () => {
        throw new Error('bad sink');
      },
      close: () => undefined,
    });
    channel.subscribe({ update: (s) => seen.push(s.value), close: () => undefined });
    await site.until(() => seen.length === 1);
    expect(channel.state).toBe('connected');
  });

  it('CA-C14: stopping a subscription within an update is safe', async () => {
    const site = await makeSite({ A: scripted(5) });
    const channel = site.client.channel('A');
    const calls: string[] = [];
    const stopSecond = channel.subscribe({
      update: () => {
        calls.push('first');
        stopSecond();
        stopThird();
      },
      close: () => calls.push('close'),
    });
    const stopThird = channel.subscribe({
      update: () => calls.push('third'),
      close: () => calls.push('close'),
    });
    await site.pass(100);
    expect(calls).toEqual(['first']);
    expect(site.server.log).toContain('cancel A');
  });

  it('CA-C10: an update without read access is an error event, the monitor stays', async () => {
    const site = await makeSite({ A: { ...scripted(5), rights: Rights.Write } });
    const calls: string[] = [];
    site.client.channel('A').subscribe({
      update: (s) => calls.push(`update ${String(s.value)}`),
      error: (error) => calls.push(error.name),
      close: () => calls.push('close'),
    });
    await site.until(() => calls.length === 1);
    const pv = site.server.pvs.get('A');
    if (pv !== undefined) {
      pv.rights = Rights.ReadWrite;
      site.server.open[0]?.post(pv);
    }
    await site.pass(10);
    expect(calls).toEqual(['AccessError', 'update 5']);
  });

  it('without an error handler the error goes to the client', async () => {
    const site = await makeSite({ A: { ...scripted(5), rights: Rights.Write } });
    const errors: string[] = [];
    site.client.onError((error) => errors.push(error.message));
    site.client.channel('A').subscribe({ update: () => undefined, close: () => undefined });
    await site.until(() => errors.length === 1);
    expect(errors[0]).toContain('ECA_NORDACCESS');
  });

  it('CA-C4, CA-C10: form and count of a subscription are kept through reconnects', async () => {
    const site = await makeSite({ A: scripted(2.5) });
    const values: unknown[] = [];
    site.client
      .channel('A')
      .subscribe({ update: (s) => values.push(s.value), close: () => undefined }, { as: 'string', count: 1 });
    await site.until(() => values.length === 1);
    site.server.open[0]?.stream.destroy();
    await site.until(() => values.length === 2);
    expect(site.server.log.filter((line) => line.startsWith('subscribe'))).toEqual([
      'subscribe A 14 1 5',
      'subscribe A 14 1 5',
    ]);
    expect(typeof values[0]).toBe('string');
  });

  it('a form that the channel does not have is an error event', async () => {
    const site = await makeSite({ A: scripted(2.5) });
    const errors: string[] = [];
    site.client
      .channel('A')
      .subscribe(
        { update: () => undefined, error: (error) => errors.push(error.message), close: () => undefined },
        { as: 'text' },
      );
    await site.until(() => errors.length === 1);
    expect(errors[0]).toContain('CHAR array');
  });
});
