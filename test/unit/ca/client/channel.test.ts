import { describe, expect, it } from 'vitest';
import { parseEventMask } from '../../../../src/ca/client/channel-types.ts';
import { Event, makeMetadata, makeScalarType, Rights, type Snapshot } from '../../../../src/pv/index.ts';
import { isEpicsError } from '../../../../src/util/index.ts';
import { makeSite, type Site, scripted } from './scripted-server.ts';

const arrayType = makeScalarType('float64', { isArray: true, caCount: 10 });
const bytesType = makeScalarType('uint8', { isArray: true, caCount: 20 });
const enumType = makeScalarType('enum');
const volts = makeMetadata({ units: 'V', precision: 3, display: { low: -20, high: 20 } });

async function fails(
  site: Site,
  call: Promise<unknown>,
): Promise<{ code: string; message: string; eca?: number }> {
  const error: unknown = await site.settled(
    call.then(
      () => undefined,
      (reason: unknown) => reason,
    ),
  );
  if (!isEpicsError(error)) throw new Error(`not an EpicsError: ${String(error)}`);
  return error;
}

describe('CaChannel.get', () => {
  it('CA-C2, CA-W32: asks for TIME of the native type with count 0, or the native count from a server before 4.13', async () => {
    const site = await makeSite({ A: scripted(new Float64Array([1, 2]), arrayType) });
    await site.settled(site.client.get('A'));
    expect(site.server.log).toContain('get A 20 0');
    const old = await makeSite({ A: scripted(new Float64Array([1, 2]), arrayType) });
    old.server.minor = 12;
    const snapshot = await old.settled(old.client.get('A'));
    expect(old.server.log).toContain('get A 20 10');
    expect((snapshot.value as Float64Array).length).toBe(10);
  });

  it('CA-C3: an array PV gives an array also for one element and none', async () => {
    const site = await makeSite({
      ONE: scripted(new Float64Array([5]), arrayType),
      NONE: scripted(new Float64Array(0), arrayType),
    });
    expect(await site.settled(site.client.getValue('ONE'))).toEqual(new Float64Array([5]));
    expect(await site.settled(site.client.getValue('NONE'))).toEqual(new Float64Array(0));
  });

  it('CA-C3: CHAR is unsigned, signed with element int8', async () => {
    const site = await makeSite({ A: scripted(new Uint8Array([200]), bytesType) });
    expect(await site.settled(site.client.getValue('A'))).toEqual(new Uint8Array([200]));
    expect(await site.settled(site.client.getValue('A', { element: 'int8' }))).toEqual(new Int8Array([-56]));
  });

  it('CA-C4: reads as text of the server, number, text of a CHAR array, or any DBR type', async () => {
    const site = await makeSite({
      E: scripted(1, enumType, makeMetadata({ choices: ['Off', 'On'] })),
      T: scripted(new TextEncoder().encode('long text\0rest'), bytesType),
      D: scripted(2.5, makeScalarType('float64'), volts),
    });
    expect(await site.settled(site.client.getValue('E', { as: 'string' }))).toBe('On');
    expect(await site.settled(site.client.getValue('E', { as: 'number' }))).toBe(1);
    expect(await site.settled(site.client.getValue('T', { as: 'text' }))).toBe('long text');
    expect(await site.settled(site.client.getValue('D', { as: 'DBR_TIME_SHORT' }))).toBe(2);
    expect((await fails(site, site.client.get('D', { as: 'text' }))).code).toBe('EPICS_TYPE');
    expect((await fails(site, site.client.get('D', { as: 'nonsense' }))).message).toContain('ECA_BADTYPE');
  });

  it('CA-C4: read gives the exact DBR structure', async () => {
    const site = await makeSite({ D: scripted(2.5, makeScalarType('float64'), volts) });
    const channel = site.client.channel('D');
    const data = await site.settled(channel.read({ dbr: 'CTRL_DOUBLE', count: 1 }));
    expect(data).toMatchObject({ dbrType: 34, units: 'V', precision: 3, limits: { upperDisplay: 20 } });
    expect([...(data.values as Float64Array)]).toEqual([2.5]);
    expect(await site.settled(channel.className())).toBe('ai');
    expect((await fails(site, channel.read({ dbr: 'DBR_WRONG' }))).code).toBe('EPICS_TYPE');
  });

  it('CA-C2: plain channels carry the shared empty metadata, meta fetches it on any', async () => {
    const site = await makeSite({ D: scripted(2.5, makeScalarType('float64'), volts) });
    const channel = site.client.channel('D');
    expect((await site.settled(channel.get())).meta.units).toBe('');
    expect(await site.settled(channel.meta())).toMatchObject({ units: 'V', precision: 3 });
  });

  it('CA-C2: a channel with meta has it before the first snapshot, and keeps it current', async () => {
    const site = await makeSite({ D: scripted(2.5, makeScalarType('float64'), volts) });
    const channel = site.client.channel('D', { meta: true });
    const seen: [string, number][] = [];
    channel.subscribe(
      { update: (snapshot, mask) => seen.push([snapshot.meta.units, mask]), close: () => undefined },
      { mask: 'vap' },
    );
    expect((await site.settled(channel.get())).meta.units).toBe('V');
    await site.pass(10);
    const pv = site.server.pvs.get('D');
    if (pv !== undefined) {
      pv.snapshot = { ...pv.snapshot, meta: makeMetadata({ units: 'A' }) };
      for (const [id, subscription] of site.server.open[0]?.subscriptions ?? []) {
        if (subscription.mask === Event.Property) site.server.open[0]?.onEventAddRequest(100, id, 34, 1, 8);
      }
      site.server.open[0]?.flush();
    }
    await site.pass(10);
    expect(seen).toEqual([
      ['V', Event.All],
      ['A', Event.Property],
    ]);
  });

  it('CA-C1: a status in the reply rejects with its ECA code', async () => {
    const site = await makeSite({ A: scripted() });
    site.server.onGet = (connection, ioid, dbrType) => {
      connection.core.readNotifyReply(ioid, dbrType, 1, 152, new Uint8Array(24));
      return true;
    };
    const error = await fails(site, site.client.get('A'));
    expect(error).toMatchObject({ code: 'EPICS_REMOTE', eca: 152 });
    expect(error.message).toBe('get "A" failed: Channel read request failed (ECA_GETFAIL)');
  });

  it('section 20: a reply that is shorter than its count fails that call and keeps the circuit', async () => {
    const site = await makeSite({ A: scripted(), B: scripted(8) });
    site.server.onGet = (connection, ioid, dbrType) => {
      connection.core.readNotifyReply(ioid, dbrType, 1000, 1, new Uint8Array(24));
      return true;
    };
    expect((await fails(site, site.client.get('A'))).code).toBe('EPICS_PROTOCOL');
    site.server.onGet = undefined;
    expect(await site.settled(site.client.getValue('B'))).toBe(8);
    expect(site.client.stats().connects).toBe(1);
  });

  it('D-21: ifConnected rejects at once with EPICS_DISCONNECTED', async () => {
    const site = await makeSite();
    const error = await fails(site, site.client.channel('A').get({ ifConnected: true }));
    expect(error.code).toBe('EPICS_DISCONNECTED');
    expect(error.message).toContain('get "A" failed: not connected');
  });

  it('A-10: an aborted signal rejects with its reason, before any request and while waiting', async () => {
    const site = await makeSite({ A: scripted() });
    site.server.isMute.add('get');
    const reason = new Error('enough');
    const channel = site.client.channel('A');
    await site.settled(channel.ready());
    await expect(channel.get({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(site.server.log).not.toContain('get A 20 0');
    const controller = new AbortController();
    const get = channel.get({ signal: controller.signal });
    await site.pass(10);
    controller.abort(reason);
    await expect(get).rejects.toBe(reason);
  });

  it('CA-W23: a reply after the time-out is not taken for the answer to the next call', async () => {
    const site = await makeSite({ A: scripted(1) });
    const channel = site.client.channel('A');
    await site.settled(channel.ready());
    let late: { ioid: number } | undefined;
    site.server.onGet = (_connection, ioid) => {
      late = { ioid };
      return true;
    };
    expect((await fails(site, channel.get({ timeoutMs: 100 }))).message).toContain('no reply');
    site.server.onGet = undefined;
    site.server.isMute.add('get');
    const second = channel.get();
    await site.pass(10);
    site.server.open[0]?.send((core) => core.readNotifyReply(late?.ioid ?? 0, 20, 1, 1, new Uint8Array(24)));
    await site.pass(10);
    expect(site.client.stats().strays).toBe(1);
    site.client.close().catch(() => undefined);
    await expect(site.settled(second)).rejects.toThrow('closed');
  });
});

describe('CaChannel.put', () => {
  it('CA-C6: put without wait is WRITE with the client cid, put with wait WRITE_NOTIFY', async () => {
    const site = await makeSite({ A: scripted(1) });
    const channel = site.client.channel('A');
    await site.settled(channel.put(2.5));
    await site.settled(channel.put(2.5, { wait: true }));
    await site.pass(10);
    expect(site.server.log.slice(-2)).toEqual(['write A 6 1 4004000000000000', 'put A 6 1 4004000000000000']);
  });

  it('a refused WRITE_NOTIFY rejects with the status', async () => {
    const site = await makeSite({ A: scripted(1) });
    site.server.isMute.add('refuse');
    const error = await fails(site, site.client.put('A', 1, { wait: true }));
    expect(error).toMatchObject({ code: 'EPICS_REMOTE', eca: 160 });
  });

  it('CA-G10: ERROR in place of the reply to WRITE_NOTIFY rejects, too', async () => {
    const site = await makeSite({ A: scripted(1) });
    site.server.isMute.add('error');
    const error = await fails(site, site.client.put('A', 1, { wait: true }));
    expect(error).toMatchObject({ eca: 114 });
    expect(error.message).toContain('an ERROR in place of a reply');
  });

  it('CA-C9: a refused WRITE is told to onError of the channel, else of the client', async () => {
    const site = await makeSite({ A: scripted(1) });
    site.server.isMute.add('refuse');
    const errors: string[] = [];
    site.client.onError((error) => errors.push(`client ${error.message}`));
    const channel = site.client.channel('A');
    await site.settled(channel.put(1));
    await site.pass(10);
    const stop = channel.onError((error) => errors.push(`channel ${error.message}`));
    await site.settled(channel.put(1));
    await site.pass(10);
    stop();
    const text = 'put "A" failed: Channel write request failed: refused (ECA_PUTFAIL)';
    expect(errors).toEqual([`client ${text}`, `channel ${text}`]);
  });

  it('CA-C9: confirm resolves after the echo, and rejects when the put was refused', async () => {
    const site = await makeSite({ A: scripted(1) });
    const channel = site.client.channel('A');
    await site.settled(channel.put(1, { confirm: true }));
    site.server.isMute.add('refuse');
    expect(await fails(site, channel.put(1, { confirm: true }))).toMatchObject({ eca: 160 });
    site.server.isMute.delete('refuse');
    await site.settled(channel.put(1, { confirm: true }));
  });

  it('CA-T11: rights, lengths and counts are checked before anything is sent', async () => {
    const site = await makeSite({
      RO: { ...scripted(1), rights: Rights.Read },
      WO: { ...scripted(1), rights: Rights.Write },
      S: scripted('text', makeScalarType('string')),
      W: scripted(new Float64Array(1), arrayType),
      C: scripted(new Uint8Array(1), bytesType),
    });
    expect((await fails(site, site.client.put('RO', 1))).message).toContain('ECA_NOWTACCESS');
    expect((await fails(site, site.client.get('WO'))).message).toContain('ECA_NORDACCESS');
    expect((await fails(site, site.client.put('S', 'x'.repeat(40)))).message).toContain('ECA_STRTOBIG');
    expect((await fails(site, site.client.put('W', new Float64Array(11)))).message).toContain('ECA_BADCOUNT');
    expect((await fails(site, site.client.put('C', 'x'.repeat(20)))).message).toContain('ECA_STRTOBIG');
    expect(site.server.log.some((line) => line.startsWith('write') || line.startsWith('get'))).toBe(false);
  });

  it('CA-V23: a put beyond maxMessageBytes is refused with ECA_TOLARGE', async () => {
    const type = makeScalarType('float64', { isArray: true, caCount: 1_000_000 });
    const site = await makeSite({ A: scripted(new Float64Array(1), type) }, { maxMessageBytes: 16_408 });
    const error = await fails(site, site.client.put('A', new Float64Array(3000)));
    expect(error.code).toBe('EPICS_LIMIT');
    expect(error.message).toContain('ECA_TOLARGE');
  });

  it('CA-W2: an array for a server before 4.9 that needs the extended header is refused', async () => {
    const type = makeScalarType('float64', { isArray: true, caCount: 60_000 });
    const site = await makeSite({ A: scripted(new Float64Array(1), type) });
    site.server.minor = 8;
    expect((await fails(site, site.client.put('A', new Float64Array(9000)))).message).toContain('4.8');
    expect((await fails(site, site.client.put('A', new Float64Array(0)))).message).toContain('ECA_BADCOUNT');
  });

  it('CA-V20: acknowledge and acknowledgeTransient write PUT_ACKS and PUT_ACKT', async () => {
    const site = await makeSite({ A: scripted(1) });
    const channel = site.client.channel('A');
    await site.settled(channel.acknowledge(2));
    await site.settled(channel.acknowledgeTransient(false));
    expect(site.server.log.slice(-2)).toEqual(['put A 36 1 0002000000000000', 'put A 35 1 0000000000000000']);
  });

  it('CA-C23: calls made before the channel is connected leave in their order', async () => {
    const site = await makeSite({ A: scripted(1) });
    const channel = site.client.channel('A');
    const calls = [channel.put(1), channel.get(), channel.put(2, { wait: true }), channel.get()];
    await site.settled(Promise.all(calls));
    expect(site.server.log.slice(-4).map((line) => line.split(' ', 1)[0])).toEqual([
      'write',
      'get',
      'put',
      'get',
    ]);
  });
});

describe('CaChannel subscriptions', () => {
  it.each([
    [undefined, 5],
    ['v', 1],
    ['val', 7],
    ['p', 8],
    [15, 15],
  ])('CA-C10: mask %s is %i', (mask, bits) => {
    expect(parseEventMask(mask)).toBe(bits);
  });

  it.each(['', 'x', 0, 256, 1.5])('mask %s is refused', (mask) => {
    expect(() => parseEventMask(mask)).toThrow('ECA_BADMASK');
  });

  it('D-22: monitorEvents tells connections, updates, errors and the end as data', async () => {
    const site = await makeSite({ A: scripted(1) });
    const channel = site.client.channel('A');
    const feed = channel.monitorEvents();
    const events: string[] = [];
    const loop = (async () => {
      for await (const event of feed) {
        events.push(
          event.type === 'update' ? `update ${String(event.snapshot.value)} ${event.initial}` : event.type,
        );
      }
    })();
    await site.until(() => events.length === 2);
    const pv = site.server.pvs.get('A');
    if (pv !== undefined) pv.snapshot = { ...pv.snapshot, value: 2 };
    if (pv !== undefined) site.server.open[0]?.post(pv);
    await site.until(() => events.length === 3);
    if (pv !== undefined) pv.rights = Rights.Write;
    if (pv !== undefined) site.server.open[0]?.post(pv);
    await site.until(() => events.length === 4);
    if (pv !== undefined) pv.rights = Rights.ReadWrite;
    site.server.open[0]?.stream.destroy();
    await site.until(() => events.length === 7);
    channel.close();
    await site.settled(loop);
    expect(events).toEqual([
      'connected',
      'update 1 true',
      'update 2 false',
      'error',
      'disconnected',
      'connected',
      'update 2 true',
      'finished',
    ]);
  });

  it('D-23: a slow consumer loses the oldest updates, the last one is never lost', async () => {
    const site = await makeSite({ A: scripted(0) });
    const feed = site.client.channel('A').monitor({ queueSize: 4 });
    await site.settled(feed.next());
    const pv = site.server.pvs.get('A');
    for (let i = 1; i <= 100 && pv !== undefined; i++) {
      pv.snapshot = { ...pv.snapshot, value: i };
      site.server.open[0]?.post(pv);
    }
    await site.pass(100);
    expect(feed.dropped).toBe(96);
    const values: unknown[] = [];
    for (let i = 0; i < 4; i++) values.push((await feed.next()).value?.value);
    expect(values).toEqual([97, 98, 99, 100]);
  });

  it('a signal ends a subscription with its reason', async () => {
    const site = await makeSite({ A: scripted(1) });
    const controller = new AbortController();
    const closed: unknown[] = [];
    const channel = site.client.channel('A');
    channel.subscribe(
      { update: () => undefined, close: (reason) => closed.push(reason) },
      { signal: controller.signal },
    );
    await site.pass(100);
    const reason = new Error('stop');
    controller.abort(reason);
    await site.pass(10);
    expect(closed).toEqual([reason]);
    expect(site.server.log).toContain('cancel A');
  });

  it('closing the channel closes its sinks once, and no update follows', async () => {
    const site = await makeSite({ A: scripted(1) });
    const channel = site.client.channel('A');
    const calls: string[] = [];
    channel.subscribe({
      update: () => {
        calls.push('update');
        channel.close();
      },
      close: () => calls.push('close'),
    });
    channel.onState((state) => calls.push(state));
    await site.pass(1000);
    const pv = site.server.pvs.get('A');
    if (pv !== undefined) site.server.open[0]?.post(pv);
    await site.pass(10);
    expect(calls).toEqual(['connecting', 'connected', 'update', 'close', 'closed']);
  });

  it('CA-T12: rights are told at connection and on change only', async () => {
    const site = await makeSite({ A: scripted(1) });
    const channel = site.client.channel('A');
    const rights: number[] = [];
    channel.onRights((value) => rights.push(value));
    await site.settled(channel.ready());
    const cid = [...(site.server.open[0]?.channels.values() ?? [])][0]?.cid ?? -1;
    for (const value of [3, 1, 1, 3]) site.server.open[0]?.send((core) => core.accessRights(cid, value));
    await site.pass(10);
    expect(rights).toEqual([3, 1, 3]);
    expect(channel.rights).toBe(3);
  });
});

describe('CaChannel structures', () => {
  it('D-25: getStruct gives the normative type of the value', async () => {
    const site = await makeSite({ D: scripted(2.5, makeScalarType('float64'), volts) });
    const value = await site.settled(site.client.channel('D', { meta: true }).getStruct());
    expect(value.desc.id).toBe('epics:nt/NTScalar:1.0');
    expect(value.get('value')).toBe(2.5);
    expect(value.get('display.units')).toBe('V');
    expect(value.get('timeStamp.secondsPastEpoch')).toBe(1_700_000_000);
  });

  it('subscribeStruct delivers structures, and putStruct writes their value', async () => {
    const site = await makeSite({ D: scripted(2.5) });
    const channel = site.client.channel('D');
    const seen: unknown[] = [];
    const stop = channel.subscribeStruct({
      update: (value) => seen.push(value.get('value')),
      close: () => undefined,
    });
    await site.until(() => seen.length === 1);
    const value = await site.settled(channel.getStruct());
    await site.settled(channel.putStruct(value.clone().set('value', 7), { wait: true }));
    expect(site.server.log.slice(-1)).toEqual(['put D 6 1 401c000000000000']);
    expect(seen).toEqual([2.5]);
    stop();
    await site.pass(10);
    expect(site.server.log).toContain('cancel D');
  });

  it('call rejects: Channel Access has no procedures', async () => {
    const site = await makeSite();
    await expect(site.client.channel('A').call()).rejects.toThrow('no remote procedure calls');
  });

  it('info tells server, type, versions and traffic', async () => {
    const site = await makeSite({ A: scripted(1) });
    const channel = site.client.channel('A', { priority: 7 });
    expect(channel.info()).toMatchObject({
      server: '',
      nativeType: '',
      count: 0,
      state: 'searching',
      rights: 0,
    });
    const snapshot: Snapshot = await site.settled(channel.get());
    expect(snapshot.value).toBe(1);
    expect(channel.info()).toMatchObject({
      scheme: 'ca',
      server: '10.0.0.1:5064',
      nativeType: 'DBR_DOUBLE',
      count: 1,
      priority: 7,
      minor: 13,
      state: 'connected',
      rights: 3,
      bytesIn: 40,
      bytesOut: 16,
    });
    expect(channel.scalarType).toMatchObject({ element: 'float64', isArray: false });
  });
});
