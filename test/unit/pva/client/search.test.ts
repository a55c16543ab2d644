import { describe, expect, it } from 'vitest';
import type { DatagramTransport } from '../../../../src/net/index.ts';
import { CMD_SEARCH, decodeSearchRequest, walkDatagram } from '../../../../src/pva/core/index.ts';
import { BytesReader } from '../../../../src/util/index.ts';
import { type Harness, makeHarness } from './harness.ts';
import { ScriptedServer } from './scripted-server.ts';

/** Listens on the search port of a host and notes what arrives. */
async function overhear(
  h: Harness,
  name: string,
  address: string,
): Promise<{ flags: number; names: readonly string[] }[]> {
  const host = h.network.host(name, { addresses: [`${address}/24`] });
  const seen: { flags: number; names: readonly string[] }[] = [];
  const socket = await host.bind({ address: '0.0.0.0', port: 5076, isShared: true });
  socket.start({
    onDatagram: (bytes) => {
      walkDatagram(new BytesReader(new Uint8Array(0)), bytes, (header, body) => {
        if (header.command !== CMD_SEARCH) return;
        const { flags, names } = decodeSearchRequest(body);
        seen.push({ flags, names });
      });
    },
    onError: () => {},
  });
  return seen;
}

describe('search over UDP', () => {
  it('W-75, W-76: goes to listed addresses as unicast and to broadcasts without that flag', async () => {
    const h = await makeHarness(['x'], { addrList: ['10.0.0.7'] });
    const listed = await overhear(h, 'listed', '10.0.0.7');
    const other = await overhear(h, 'other', '10.0.0.8');
    h.client.channel('nosuch');
    await h.advance(50);
    expect(listed.map(({ flags }) => flags).sort((a, b) => a - b)).toEqual([0, 0x80]);
    expect(other).toEqual([{ flags: 0, names: ['nosuch'] }]);
  });

  it('an address that is listed twice is asked once', async () => {
    const h = await makeHarness(['x'], { addrList: ['10.0.0.7', '10.0.0.7:5076'], autoAddrList: false });
    const listed = await overhear(h, 'listed', '10.0.0.7');
    h.client.channel('nosuch');
    await h.advance(50);
    expect(listed.length).toBe(1);
  });

  it('host names are resolved; one that is not known is logged and the rest is searched', async () => {
    const h = await makeHarness(['x'], { addrList: ['nowhere', 'ioc'], autoAddrList: false });
    expect((await h.settle(h.client.get('x'))).value).toBe(1);
    expect(h.log.lines).toContain('warn cannot resolve host "nowhere"');
  });

  it('an interface list limits the automatic addresses', async () => {
    const h = await makeHarness(['x'], { intfAddrList: ['10.9.9.9'] });
    h.client.channel('x');
    await h.advance(500);
    expect(h.server.count('SEARCH')).toBe(0);
  });

  it('W-77: many names take several datagrams of at most 1472 bytes', async () => {
    const names = Array.from({ length: 300 }, (_, i) => `a:rather:long:name:for:a:pv:${i}`);
    const h = await makeHarness(names);
    const sizes: number[] = [];
    const host = h.network.host('tap', { addresses: ['10.0.0.9/24'] });
    const socket = await host.bind({ address: '0.0.0.0', port: 5076, isShared: true });
    socket.start({ onDatagram: (bytes) => sizes.push(bytes.length), onError: () => {} });
    await h.settle(h.client.getAll(names));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1472);
    expect(sizes.length).toBeGreaterThan(6);
    expect(sizes.length).toBeLessThan(15);
  });

  it('finds every one of 500 names through a network that loses a third of the datagrams', async () => {
    const names = Array.from({ length: 500 }, (_, i) => `pv${i}`);
    const h = await makeHarness(names, {}, { seed: 11, link: { loss: 0.33, jitterMs: 5, duplication: 0.1 } });
    const results = await h.settle(h.client.getAll(names, { timeoutMs: 60_000 }), 70_000);
    expect([...results.values()].filter((result) => result instanceof Error)).toEqual([]);
  });

  it('L-6: a bad datagram is counted and logged once', async () => {
    const h = await makeHarness([]);
    h.client.channel('nosuch');
    let replyPort = 0;
    const tap = h.network.host('tap', { addresses: ['10.0.0.9/24'] });
    const socket: DatagramTransport = await tap.bind({ address: '0.0.0.0', port: 5076, isShared: true });
    socket.start({
      onDatagram: (bytes) => {
        walkDatagram(new BytesReader(new Uint8Array(0)), bytes, (_header, body) => {
          replyPort = decodeSearchRequest(body).responsePort;
        });
      },
      onError: () => {},
    });
    await h.until(() => replyPort !== 0);
    for (let i = 0; i < 3; i++)
      socket.send(new Uint8Array(20).fill(i + 1), { address: '10.0.0.2', port: replyPort });
    await h.advance(10);
    expect(h.client.stats().badDatagrams).toBe(3);
    expect(h.log.lines.filter((line) => line.includes('bad datagram')).length).toBe(1);
  });

  it('L-10: with checkSearchSource answers from elsewhere are not heard', async () => {
    const h = await makeHarness(['x'], {
      addrList: ['10.0.0.7'],
      autoAddrList: false,
      checkSearchSource: true,
    });
    h.network.host('listed', { addresses: ['10.0.0.7/24'] });
    const channel = h.client.channel('x');
    await h.advance(500);
    expect(channel.state).toBe('searching');
  });

  it('an answer that names another address is followed', async () => {
    const h = await makeHarness([]);
    const real = new ScriptedServer(h.network.host('real', { addresses: ['10.0.0.5/24'] }), 'y');
    real.answersSearches = false;
    await real.start();
    h.server.names.add('y');
    h.server.answerAddress = '10.0.0.5';
    expect((await h.settle(h.client.get('y'))).value).toBe(1);
    expect(real.count('CREATE')).toBe(1);
    real.stop();
  });
});
