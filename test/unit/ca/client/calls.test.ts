import { describe, expect, it } from 'vitest';
import { makeScalarType } from '../../../../src/pv/index.ts';
import { makeSite, scripted } from './scripted-server.ts';

describe('calls of a channel', () => {
  it('CA-W33: a fixed count gets exactly what the server sent', async () => {
    const type = makeScalarType('float64', { isArray: true, caCount: 10 });
    const site = await makeSite({ W: scripted(new Float64Array([1, 2, 3]), type) });
    expect(await site.settled(site.client.getValue('W', { count: 2 }))).toEqual(new Float64Array([1, 2]));
    expect(site.server.log).toContain('get W 20 2');
  });

  it('a reply of another DBR type than asked for rejects the call', async () => {
    const site = await makeSite({ A: scripted(1) });
    site.server.onGet = (connection, ioid) => {
      connection.core.readNotifyReply(ioid, 6, 1, 1, new Uint8Array(8));
      return true;
    };
    await expect(site.settled(site.client.get('A'))).rejects.toThrow(
      'asked for DBR_TIME_DOUBLE, got DBR_DOUBLE',
    );
  });

  it('CA-T2: a large array to a server whose version is known uses the extended header', async () => {
    const type = makeScalarType('float64', { isArray: true, caCount: 100_000 });
    const site = await makeSite({ W: scripted(new Float64Array(1), type) });
    await site.settled(site.client.put('W', new Float64Array(70_000).fill(1), { wait: true }));
    expect(site.server.log.some((line) => line.startsWith('put W 6 70000 3ff0000000000000'))).toBe(true);
  });

  it('a put that overflows the queue of a server that does not read is refused', async () => {
    const type = makeScalarType('float64', { isArray: true, caCount: 100_000 });
    const site = await makeSite(
      { W: scripted(new Float64Array(1), type) },
      { maxMessageBytes: 800_024 },
      { link: { windowBytes: 1000, delayMs: 10 } },
    );
    const channel = site.client.channel('W');
    await site.settled(channel.ready());
    const value = new Float64Array(90_000);
    const puts = Array.from({ length: 10 }, () => channel.put(value, { timeoutMs: 500_000 }));
    const results = await site.settled(Promise.allSettled(puts), 600_000);
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThan(10);
    expect(String((refused.at(-1) as PromiseRejectedResult).reason)).toContain('wait for puts');
  });

  it('confirmed puts settle in order, each with its own outcome', async () => {
    const site = await makeSite({ A: scripted(1), B: scripted(1) });
    const a = site.client.channel('A');
    const b = site.client.channel('B');
    await site.settled(Promise.all([a.ready(), b.ready()]));
    site.server.isMute.add('refuse');
    const results = await site.settled(
      Promise.allSettled([
        a.put(1, { confirm: true }),
        b.put(2, { confirm: true }),
        a.put(3, { confirm: true }),
      ]),
    );
    expect(results.map((result) => result.status)).toEqual(['rejected', 'rejected', 'rejected']);
    site.server.isMute.delete('refuse');
    await site.settled(a.put(4, { confirm: true }));
  });

  it('a confirmed put that loses its circuit rejects with EPICS_DISCONNECTED', async () => {
    const site = await makeSite({ A: scripted(1) });
    const a = site.client.channel('A');
    await site.settled(a.ready());
    const connection = site.server.open[0];
    if (connection !== undefined) connection.isSilent = true;
    const put = a.put(1, { confirm: true, timeoutMs: 60_000 });
    await site.pass(10);
    connection?.stream.destroy();
    await expect(site.settled(put)).rejects.toMatchObject({ code: 'EPICS_DISCONNECTED' });
  });
});
