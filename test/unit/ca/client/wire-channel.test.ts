import { describe, expect, it } from 'vitest';
import { makeScalarType } from '../../../../src/pv/index.ts';
import { isEpicsError } from '../../../../src/util/index.ts';
import { makeSite, scripted } from './scripted-server.ts';

describe('WireChannel', () => {
  it('CA-T4: goes searching, connecting, connected, disconnected, connecting, connected, closed', async () => {
    const site = await makeSite({ A: scripted(1) });
    const channel = site.client.channel('A');
    const states: string[] = [channel.state];
    channel.onState((state) => states.push(state));
    await site.settled(channel.ready());
    site.server.open[0]?.stream.destroy();
    await site.until(() => states.includes('disconnected'));
    await site.settled(channel.ready());
    channel.close();
    expect(states).toEqual([
      'searching',
      'connecting',
      'connected',
      'disconnected',
      'connecting',
      'connected',
      'closed',
    ]);
  });

  it('CA-U10: after a lost connection the search begins within 250 ms, and the subscription is there again', async () => {
    const site = await makeSite({ A: scripted(1) });
    const channel = site.client.channel('A');
    let updates = 0;
    channel.subscribe({ update: () => updates++, close: () => undefined });
    await site.until(() => updates === 1);
    await site.pass(20_000);
    site.server.open[0]?.stream.destroy();
    const start = site.network.clock.monotonicMs;
    await site.until(() => updates === 2, 5000);
    expect(site.network.clock.monotonicMs - start).toBeLessThan(300);
  });

  it('CA-U10: a server that drops each connection at once is tried ever more rarely, up to 10 s', async () => {
    const site = await makeSite({ A: scripted(1) });
    const channel = site.client.channel('A');
    const times: number[] = [];
    channel.onState((state) => {
      if (state !== 'connected') return;
      times.push(site.network.clock.monotonicMs);
      site.server.open[0]?.stream.destroy();
    });
    await site.pass(100_000);
    const gaps = times.slice(1).map((time, i) => time - (times[i] ?? 0));
    expect(gaps[0]).toBeLessThan(300);
    expect(gaps.at(-1)).toBeGreaterThan(10_000);
    expect(gaps.at(-1)).toBeLessThan(10_300);
  });

  it('CA-T5: a lost connection rejects calls that were sent, never sends a put again, keeps those that wait', async () => {
    const site = await makeSite({ A: scripted(1) });
    site.server.isMute.add('put');
    const channel = site.client.channel('A');
    await site.settled(channel.ready());
    const put = channel.put(5, { wait: true });
    await site.pass(10);
    site.server.open[0]?.stream.destroy();
    await site.pass(1);
    const get = channel.get();
    await expect(site.settled(put)).rejects.toSatisfy((error) => isEpicsError(error, 'EPICS_DISCONNECTED'));
    expect((await site.settled(get)).value).toBe(1);
    expect(site.server.log.filter((line) => line.startsWith('put')).length).toBe(1);
  });

  it('CA-T4, CA-G27: type and count are read anew at each connection', async () => {
    const site = await makeSite({ A: scripted(1) });
    const channel = site.client.channel('A');
    const values: unknown[] = [];
    channel.subscribe({ update: (snapshot) => values.push(snapshot.value), close: () => undefined });
    await site.until(() => values.length === 1);
    site.server.pvs.set('A', scripted('text', makeScalarType('string')));
    site.server.open[0]?.stream.destroy();
    await site.until(() => values.length === 2);
    expect(values).toEqual([1, 'text']);
    expect(channel.type).toMatchObject({ element: 'string' });
  });

  it('CREATE_CH_FAIL sends the channel back to the search', async () => {
    const site = await makeSite({ A: scripted(1) });
    const pv = site.server.pvs.get('A');
    const channel = site.client.channel('A');
    site.server.isMute.add('create');
    await site.until(() => site.server.log.includes('create A'));
    const connection = site.server.open[0];
    connection?.send((core) => core.createFailed(0));
    site.server.isMute.delete('create');
    await site.settled(channel.ready());
    expect(pv).toBeDefined();
    expect(site.server.log.filter((line) => line === 'create A').length).toBe(2);
  });

  it('CA-V6: SERVER_DISCONN disconnects that channel only', async () => {
    const site = await makeSite({ A: scripted(1), B: scripted(2) });
    const a = site.client.channel('A');
    const b = site.client.channel('B');
    await site.settled(Promise.all([a.ready(), b.ready()]));
    const states: string[] = [];
    a.onState((state) => states.push(state));
    b.onState((state) => states.push(`b ${state}`));
    const cid =
      [...(site.server.open[0]?.channels.values() ?? [])].find(({ name }) => name === 'A')?.cid ?? -1;
    site.server.open[0]?.send((core) => core.serverDisconnect(cid));
    site.server.open[0]?.send((core) => core.serverDisconnect(4711));
    await site.pass(1000);
    expect(states).toEqual(['disconnected', 'connecting', 'connected']);
  });

  it('section 20: CREATE_CHAN with a type that does not exist is reported, the circuit stays', async () => {
    const site = await makeSite({ A: scripted(1), B: scripted(2) });
    const errors: string[] = [];
    site.client.onError((error) => errors.push(error.message));
    site.server.isMute.add('create');
    site.client.channel('A');
    await site.until(() => site.server.log.includes('create A'));
    site.server.open[0]?.send((core) => core.createChannelReply(0, 5, 20, 1));
    await site.pass(10);
    site.server.isMute.delete('create');
    expect(errors[0]).toContain('ECA_BADTYPE');
    expect(await site.settled(site.client.getValue('B'))).toBe(2);
    expect(site.client.stats().connects).toBe(1);
  });

  it('CA-W16: CREATE_CHAN for a channel that was closed meanwhile is answered with CLEAR_CHANNEL', async () => {
    const site = await makeSite({ A: scripted(1) });
    const channel = site.client.channel('A');
    await site.until(() => channel.state === 'connecting');
    channel.close();
    await site.pass(100);
    expect(site.server.log.slice(-2)).toEqual(['create A', 'clear A']);
  });

  it('CA-T6: a connection that cannot be made sends the channel back to the search', async () => {
    const site = await makeSite({ A: scripted(1) }, { connTmo: 2 });
    const channel = site.client.channel('A');
    const states: string[] = [];
    channel.onState((state) => states.push(state));
    await site.server.stop();
    const other = site.network.host('other', { addresses: ['10.0.0.9/24'] });
    expect(other.name).toBe('other');
    await site.pass(5000);
    await site.server.start();
    await site.settled(channel.ready({ timeoutMs: 30_000 }));
    expect(states.at(-1)).toBe('connected');
  });

  it('appendix 9: a server that is silent for CONN_TMO is probed, 5 s later the channels are disconnected and the circuit kept', async () => {
    const site = await makeSite({ A: scripted(1) }, { connTmo: 3 });
    const channel = site.client.channel('A');
    let updates = 0;
    channel.subscribe({ update: () => updates++, close: () => undefined });
    await site.until(() => updates === 1);
    const connection = site.server.open[0];
    if (connection === undefined) throw new Error('no circuit');
    connection.isSilent = true;
    const start = site.network.clock.monotonicMs;
    const call = channel.get({ timeoutMs: 60_000 });
    const states: [string, number][] = [];
    channel.onState((state) => states.push([state, Math.round(site.network.clock.monotonicMs - start)]));
    await expect(site.settled(call)).rejects.toThrow('does not respond');
    expect(states).toEqual([['disconnected', 8000]]);
    expect(connection.isOpen).toBe(true);
    // The server wakes up: the same circuit, the same channel, the value read again.
    const waiting = channel.get({ timeoutMs: 60_000 });
    connection.isSilent = false;
    connection.send((core) => core.echo());
    await site.until(() => channel.state === 'connected');
    await site.settled(waiting);
    expect(updates).toBe(2);
    expect(site.server.log.filter((line) => line === 'create A').length).toBe(1);
    expect(site.server.connections.length).toBe(1);
  });

  it('a regular echo keeps an idle circuit alive for hours', async () => {
    const site = await makeSite({ A: scripted(1) }, { connTmo: 3 });
    const channel = site.client.channel('A');
    await site.settled(channel.ready());
    let changes = 0;
    channel.onState(() => changes++);
    await site.pass(3_600_000);
    expect(changes).toBe(0);
  });

  it('500 channels under monitors survive 20 restarts of their server without losing one', async () => {
    const pvs = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`P${i}`, scripted(i)]));
    const site = await makeSite(pvs);
    const seen = new Array<number>(500).fill(0);
    for (let i = 0; i < 500; i++) {
      site.client.channel(`P${i}`).subscribe({
        update: () => {
          seen[i] = (seen[i] ?? 0) + 1;
        },
        close: () => undefined,
      });
    }
    for (let round = 1; round <= 20; round++) {
      await site.until(() => seen.every((count) => count === round), 2000);
      await site.server.stop();
      await site.pass(1000);
      await site.server.start();
    }
    await site.until(() => seen.every((count) => count === 21), 2000);
  });
});
