import { describe, expect, it } from 'vitest';
import { writeHeader } from '../../../../src/ca/core/index.ts';
import { makeScalarType } from '../../../../src/pv/index.ts';
import { BytesWriter } from '../../../../src/util/index.ts';
import { makeSite, type Site, scripted } from './scripted-server.ts';

function message(
  command: number,
  dataType: number,
  count: number,
  p1: number,
  p2: number,
  payload: Uint8Array = new Uint8Array(0),
): Uint8Array {
  const w = new BytesWriter(64, false);
  writeHeader(w, command, dataType, count, p1, p2, payload.length);
  w.raw(payload);
  return w.toBytes();
}

async function connected(options: Parameters<typeof makeSite>[1] = {}): Promise<Site> {
  const site = await makeSite({ A: scripted(1), B: scripted(2) }, options);
  await site.settled(site.client.channel('A').ready());
  return site;
}

/** Sends bytes as the server, and tells whether the client still works on the same circuit. */
async function survives(site: Site, bytes: Uint8Array): Promise<boolean> {
  site.server.open[0]?.sendRaw(bytes);
  await site.pass(10);
  await site.settled(site.client.getValue('B', { timeoutMs: 20_000 }));
  return site.client.stats().connects === 1;
}

describe('ClientCircuit', () => {
  it('CA-T1: hello and first channel leave in one piece, before the server has said a word', async () => {
    const site = await makeSite({ A: scripted(1) });
    site.server.minor = 0;
    site.client.channel('A');
    await site.until(() => site.server.log.includes('create A'));
    expect(site.server.log.slice(-4)).toEqual(['version 0', 'user operator', 'host desk', 'create A']);
  });

  it('CA-T9: user and host of the hello can be chosen', async () => {
    const site = await connected({ user: 'alice', host: 'panel7' });
    expect(site.server.log).toContain('user alice');
    expect(site.server.log).toContain('host panel7');
  });

  it.each([
    ['a reply to a read that nobody made', message(15, 20, 1, 1, 99, new Uint8Array(24))],
    ['an update for an unknown subscription', message(1, 20, 1, 1, 99, new Uint8Array(24))],
    ['a reply to a put that nobody made', message(19, 6, 1, 1, 99)],
    ['rights of an unknown channel', message(22, 0, 0, 4711, 3)],
    ['SERVER_DISCONN of an unknown channel', message(27, 0, 0, 4711, 0)],
    ['CREATE_CH_FAIL of an unknown channel', message(26, 0, 0, 4711, 0)],
    ['an echo that nobody asked for', message(23, 0, 0, 0, 0)],
    ['NOT_FOUND (CA-U13)', message(14, 10, 13, 1, 1)],
    ['VERSION with a lower minor', message(0, 0, 4, 0, 0)],
    ['an unknown command', message(99, 0, 0, 0, 0)],
    ['ERROR with a truncated header', message(11, 0, 0, 0, 142, new Uint8Array(8))],
    ['ERROR about nothing known', message(11, 0, 0, 0xffff_ffff, 142, new Uint8Array(24))],
    ['a search reply that nobody waits for', message(6, 5064, 0, 0xffff_ffff, 1234)],
  ])('section 20: %s does not disturb the circuit', async (_text, bytes) => {
    const site = await connected();
    expect(await survives(site, bytes)).toBe(true);
  });

  it('CA-W5: a payload that is no multiple of 8 ends the circuit; the channels connect again', async () => {
    const site = await connected();
    const bytes = message(15, 20, 1, 1, 99);
    bytes[3] = 7;
    expect(await survives(site, bytes)).toBe(false);
    expect(site.client.stats()).toMatchObject({ connects: 2, disconnects: 1 });
  });

  it('CA-R1: a message beyond maxMessageBytes is not kept in memory', async () => {
    const site = await connected({ maxMessageBytes: 20_000 });
    const header = new Uint8Array(24);
    const view = new DataView(header.buffer);
    view.setUint16(0, 15);
    view.setUint16(2, 0xffff);
    view.setUint32(16, 0xffff_fff8);
    expect(await survives(site, header)).toBe(false);
  });

  it('CA-W20: ERROR about a read rejects that read', async () => {
    const site = await connected();
    site.server.onGet = (connection) => {
      connection.core.error(0, 368, connection.core.header, 'not for you');
      return true;
    };
    const call = site.client.channel('A').get();
    await expect(site.settled(call)).rejects.toThrow('not for you');
  });

  it('CA-W20: ERROR about a subscription goes to its error handler, the subscription stays', async () => {
    const site = await connected();
    const errors: string[] = [];
    let updates = 0;
    site.client.channel('A').subscribe({
      update: () => updates++,
      error: (error) => errors.push(error.message),
      close: () => undefined,
    });
    await site.until(() => updates === 1);
    const [id] = [...(site.server.open[0]?.subscriptions.keys() ?? [])];
    const quoted = message(1, 20, 0, 0, id ?? 0);
    const text = new Uint8Array(8);
    text.set(new TextEncoder().encode('queue'));
    const payload = new Uint8Array(quoted.length + 8);
    payload.set(quoted);
    payload.set(text, quoted.length);
    site.server.open[0]?.sendRaw(message(11, 0, 0, 0, 48, payload));
    await site.pass(10);
    expect(errors).toEqual([
      'monitor "A" failed: Unable to allocate additional dynamic memory: queue (ECA_ALLOCMEM)',
    ]);
    const pv = site.server.pvs.get('A');
    if (pv !== undefined) site.server.open[0]?.post(pv);
    await site.pass(10);
    expect(updates).toBe(2);
  });

  it('CA-G4: an update without payload is an empty array, not a confirmation', async () => {
    const type = makeScalarType('int16', { isArray: true, caCount: 10 });
    const site = await makeSite({ W: scripted(new Int16Array([1]), type) });
    const values: unknown[] = [];
    site.client
      .channel('W')
      .subscribe(
        { update: (snapshot) => values.push(snapshot.value), close: () => undefined },
        { as: 'DBR_SHORT' },
      );
    await site.until(() => values.length === 1);
    const [id] = [...(site.server.open[0]?.subscriptions.keys() ?? [])];
    site.server.open[0]?.sendRaw(message(1, 1, 0, 1, id ?? 0));
    await site.pass(10);
    expect(values).toEqual([new Int16Array([1]), new Int16Array(0)]);
  });

  it('CA-T7: no update is delivered after a cancel, and none goes to the next subscription', async () => {
    const site = await connected();
    const channel = site.client.channel('A');
    const first: unknown[] = [];
    const second: unknown[] = [];
    const stop = channel.subscribe({ update: (s) => first.push(s.value), close: () => undefined });
    await site.until(() => first.length === 1);
    const [id] = [...(site.server.open[0]?.subscriptions.keys() ?? [])];
    stop();
    channel.subscribe({ update: (s) => second.push(s.value), close: () => undefined }, { mask: 'v' });
    site.server.open[0]?.sendRaw(message(1, 20, 1, 1, id ?? 0, new Uint8Array(24)));
    await site.pass(10);
    expect(first.length).toBe(1);
    expect(second).toEqual([1]);
  });

  it('CA-T13: everything of one turn leaves in one write', async () => {
    const site = await connected();
    const channel = site.client.channel('A');
    const before = site.client.stats().messagesOut;
    const gets = Array.from({ length: 100 }, () => channel.get());
    await site.settled(Promise.all(gets));
    expect(site.client.stats().messagesOut - before).toBe(100);
    expect(site.server.log.filter((line) => line.startsWith('get')).length).toBe(100);
  });

  it('split streams: replies in pieces of any size give the same values', async () => {
    const type = makeScalarType('float64', { isArray: true, caCount: 1000 });
    const value = Float64Array.from({ length: 1000 }, (_, i) => i / 7);
    for (const maxSegmentBytes of [1, 7, 100]) {
      const site = await makeSite({ W: scripted(value, type) }, {}, { link: { maxSegmentBytes }, seed: 5 });
      expect(await site.settled(site.client.getValue('W'))).toEqual(value);
    }
  });
});
