import { describe, expect, it } from 'vitest';
import { Rights } from '../../../../src/pv/index.ts';
import { errorStatus } from '../../../../src/pva/core/index.ts';
import { makePvRequest, parsePvRequest, structType, Value } from '../../../../src/pvdata/index.ts';
import { makeHarness } from './harness.ts';
import { scalar, scalarType } from './scripted-server.ts';

describe('PvaChannel', () => {
  it('D-20: two handles of one name share one channel, which closes with the last of them', async () => {
    const h = await makeHarness();
    const one = h.client.channel('x');
    const two = h.client.channel('x');
    await h.until(() => one.state === 'connected' && two.state === 'connected');
    expect(h.server.count('CREATE')).toBe(1);
    one[Symbol.dispose]();
    one[Symbol.dispose]();
    expect(one.state).toBe('closed');
    await h.advance(100);
    expect(h.server.count('DESTROY_CHANNEL')).toBe(0);
    two[Symbol.dispose]();
    await h.advance(100);
    expect(h.server.count('DESTROY_CHANNEL')).toBe(1);
    await expect(two.get()).rejects.toMatchObject({ code: 'EPICS_CLOSED' });
    expect(() => two.monitor()).toThrow('closed');
  });

  it('disposing a handle ends its subscriptions and leaves those of other handles', async () => {
    const h = await makeHarness();
    const one = h.client.channel('x');
    const two = h.client.channel('x');
    const seen = [0, 0];
    const count = (i: number) => ({
      update: () => void (seen[i] = (seen[i] as number) + 1),
      close: () => {},
    });
    one.subscribe(count(0));
    two.subscribe(count(1));
    await h.until(() => seen[0] === 1 && seen[1] === 1);
    const { session, ioids } = h.server;
    one[Symbol.dispose]();
    await h.advance(10);
    expect(h.server.count('DESTROY')).toBe(1);
    for (const ioid of ioids) session.update(scalar(3), undefined, ioid);
    await h.until(() => seen[1] === 2);
    expect(seen[0]).toBe(1);
  });

  it('ready waits for the connection and tells the type; scalarType then says what get delivers', async () => {
    const h = await makeHarness();
    const channel = h.client.channel('x');
    expect(channel.type).toBeUndefined();
    expect(channel.scalarType).toBeUndefined();
    expect(await h.settle(channel.ready())).toEqual({ kind: 'struct', desc: scalarType });
    expect(channel.scalarType).toMatchObject({
      kind: 'scalar',
      element: 'float64',
      isArray: false,
      caCount: 1,
    });
    await channel.ready();
    expect(h.server.count('GET_FIELD')).toBe(1);
  });

  it('typeOf asks for one field', async () => {
    const h = await makeHarness();
    await h.settle(h.client.channel('x').typeOf('value'));
    expect(h.server.heard.at(-1)).toBe('GET_FIELD value');
  });

  it('calls made while a get is under way share the next request, so no result is older than its call', async () => {
    const h = await makeHarness();
    const channel = h.client.channel('x');
    let held = 0;
    h.server.intercept = (line) => line === 'GET' && ++held === 1;
    const first = channel.getValue();
    await h.until(() => held === 1);
    const second = channel.getStruct();
    const third = channel.getStruct();
    await h.advance(50);
    expect(h.server.count('GET')).toBe(2);
    h.server.session.core.valueReply(10, h.server.lastIoid, 0, scalar(1));
    h.server.value = scalar(2);
    h.server.session.flush();
    expect(await h.settle(first)).toBe(1);
    const [a, b] = await h.settle(Promise.all([second, third]));
    expect(a.get('value')).toBe(2);
    expect(held).toBe(2);
    a.set('value', 99);
    expect(b.get('value')).toBe(2);
  });

  it('C-2: a get that is under way when the connection is lost is asked again', async () => {
    const h = await makeHarness();
    const channel = h.client.channel('x');
    let isMute = true;
    h.server.intercept = (line) => line === 'GET' && isMute;
    const pending = channel.get();
    await h.until(() => h.server.heard.includes('GET'));
    isMute = false;
    h.server.session.stream.destroy();
    expect((await h.settle(pending)).value).toBe(1);
  });

  it('a server that answers repeated gets with changes only is noticed, and the results are complete', async () => {
    const h = await makeHarness();
    h.server.value = Value.from(scalarType, { value: 1, alarm: { severity: 2 } });
    const channel = h.client.channel('x');
    let gets = 0;
    h.server.intercept = (line, session) => {
      if (line === 'GET INIT 8') gets = 0;
      if (line !== 'GET' || ++gets === 1) return false;
      session.core.valueReply(10, h.server.lastIoid, 0, scalar(gets));
      return true;
    };
    await h.settle(channel.getStruct());
    const second = await h.settle(channel.getStruct());
    expect(second.get('alarm.severity')).toBe(2);
    second.set('alarm.severity', 3);
    const third = await h.settle(channel.getStruct());
    expect(third.toObject()).toMatchObject({ value: 2, alarm: { severity: 2 } });
    expect([...third.marked()]).toEqual(['value', 'alarm.severity']);
    expect(h.server.count('GET INIT')).toBe(2);
  });

  it('each pvRequest has an operation of its own, and one given as Value is destroyed after use', async () => {
    const h = await makeHarness();
    const channel = h.client.channel('x');
    await h.settle(channel.getStruct({ pvRequest: 'field(value)' }));
    await h.settle(channel.getStruct({ pvRequest: 'field(value)' }));
    await h.settle(channel.getStruct({ pvRequest: parsePvRequest('value') }));
    await h.advance(10);
    expect(h.server.heard.slice(3)).toEqual(['GET INIT 8', 'GET', 'GET', 'GET INIT 8', 'GET', 'DESTROY']);
  });

  it('INIT refused rejects every waiting get with the text of the server', async () => {
    const h = await makeHarness();
    h.server.intercept = (line, session) => {
      if (!line.startsWith('GET INIT')) return false;
      session.core.statusReply(
        10,
        h.server.lastIoid,
        8,
        errorStatus('pvRequest must select at least one field'),
      );
      return true;
    };
    const channel = h.client.channel('x');
    const errors = await Promise.all([h.rejection(channel.get()), h.rejection(channel.getValue())]);
    expect(errors.map((error) => error.message)).toEqual([
      'get "x": pvRequest must select at least one field',
      'get "x": pvRequest must select at least one field',
    ]);
  });

  it('get of a structure without value says to use its structure; getValue gives a plain object', async () => {
    const h = await makeHarness();
    h.server.type = structType('my_t', { a: 'int', b: structType('', { c: 'string' }) });
    h.server.value = Value.from(h.server.type, { a: 1, b: { c: 'q' } });
    const channel = h.client.channel('x');
    expect((await h.rejection(channel.get())).message).toContain('use its structure');
    expect(await h.settle(channel.getValue())).toEqual({ a: 1, b: { c: 'q' } });
  });

  it('W-53: rights follow ACL_CHANGE; without one everything is allowed', async () => {
    const h = await makeHarness();
    const channel = h.client.channel('x');
    const rights: number[] = [];
    channel.onRights((value) => rights.push(value));
    expect(channel.rights).toBe(Rights.None);
    await h.until(() => channel.state === 'connected');
    expect(channel.rights).toBe(Rights.All);
    h.server.session.core.aclChange(h.server.lastCid, 0);
    h.server.session.flush();
    await h.until(() => channel.rights === Rights.Read);
    h.server.session.core.aclChange(h.server.lastCid, 1);
    h.server.session.flush();
    await h.until(() => channel.rights === Rights.ReadWrite);
    h.server.session.stream.destroy();
    await h.until(() => channel.rights === Rights.None);
    expect(rights).toEqual([Rights.All, Rights.Read, Rights.ReadWrite, Rights.None]);
  });

  it('W-53: rights stated before the channel is created are kept', async () => {
    const h = await makeHarness();
    h.server.intercept = (line, session) => {
      if (!line.startsWith('CREATE')) return false;
      queueMicrotask(() => {
        session.core.aclChange(h.server.lastCid, 0);
        session.core.channelCreated(h.server.lastCid, 5);
        session.flush();
      });
      return true;
    };
    const channel = h.client.channel('x');
    await h.until(() => channel.state === 'connected');
    expect(channel.rights).toBe(Rights.Read);
  });

  it('W-52: DESTROY_CHANNEL by the server disconnects and the channel is looked for again at once', async () => {
    const h = await makeHarness();
    const channel = h.client.channel('x');
    const states: string[] = [];
    await h.until(() => channel.state === 'connected');
    const stop = channel.onState((state) => states.push(state));
    const since = h.nowMs;
    h.server.session.core.channelDestroyed(h.server.lastSid, h.server.lastCid);
    h.server.session.flush();
    await h.until(() => states.includes('connected'));
    expect(states).toEqual(['disconnected', 'searching', 'connecting', 'connected']);
    expect(h.nowMs - since).toBeLessThan(100);
    stop();
  });

  it('a server that claims a name and refuses the channel is not asked again for 30 s', async () => {
    const h = await makeHarness();
    h.server.intercept = (line, session) => {
      if (!line.startsWith('CREATE')) return false;
      queueMicrotask(() => {
        session.core.channelRefused(h.server.lastCid, errorStatus('no'));
        session.flush();
      });
      return true;
    };
    const channel = h.client.channel('x');
    await h.advance(25_000);
    expect(h.server.count('CREATE')).toBe(1);
    expect(channel.describe()).toContain('10.0.0.1:5075 refused the channel: no');
    await h.advance(10_000);
    expect(h.server.count('CREATE')).toBe(2);
  });

  it('G-14: a server that never answers CREATE is given up after 5 s', async () => {
    const h = await makeHarness();
    h.server.intercept = (line) => line.startsWith('CREATE');
    const channel = h.client.channel('x');
    await h.until(() => channel.state === 'connecting');
    await h.until(() => channel.state === 'searching');
    expect(h.nowMs).toBeGreaterThan(5000);
    expect(channel.describe()).toContain('did not answer the request to create the channel');
    await h.advance(29_000);
    expect(h.server.count('CREATE')).toBe(1);
    await h.advance(2000);
    expect(h.server.count('CREATE')).toBe(2);
  });

  it('a server that cannot be reached is not tried again for 10 s', async () => {
    const h = await makeHarness();
    h.server.tcpPort = 1;
    const channel = h.client.channel('x');
    let connects = 0;
    channel.onState((state) => {
      if (state === 'connecting') connects++;
    });
    await h.advance(9000);
    expect(connects).toBe(1);
    h.server.tcpPort = 5075;
    await h.until(() => channel.state === 'connected', 40_000);
  });

  it('W-43: a server that accepts the connection and stays silent is dropped after 5 s', async () => {
    const h = await makeHarness();
    h.server.isSilent = true;
    const channel = h.client.channel('x');
    await h.until(() => channel.state === 'connecting');
    const since = h.nowMs;
    await h.until(() => channel.state === 'searching');
    expect(h.nowMs - since).toBeGreaterThan(4900);
    expect(h.nowMs - since).toBeLessThan(5200);
    expect(h.log.lines.some((line) => line.includes('not validated in time'))).toBe(true);
  });

  it('W-47: an idle connection gets an ECHO every 15 s; one that falls silent is closed after 40 s', async () => {
    const h = await makeHarness();
    const channel = h.client.channel('x');
    await h.until(() => channel.state === 'connected');
    await h.advance(120_000);
    expect(channel.state).toBe('connected');
    h.network.setCut(h.clientHost, h.serverHost, true);
    const since = h.nowMs;
    await h.until(() => channel.state !== 'connected', 60_000);
    expect(h.nowMs - since).toBeGreaterThan(30_000);
    expect(h.nowMs - since).toBeLessThan(60_000);
  });

  it('W-38: the last method offered that we know is chosen, anonymous when there is none', async () => {
    const choose = async (...methods: string[]): Promise<string | undefined> => {
      const h = await makeHarness(['x'], { user: 'me', host: 'here' });
      h.server.methods = methods;
      await h.settle(h.client.get('x'));
      return h.server.heard.find((line) => line.startsWith('VALIDATION'));
    };
    expect(await choose('anonymous', 'ca', 'krb5')).toBe('VALIDATION ca me@here');
    expect(await choose('ca', 'anonymous')).toBe('VALIDATION anonymous');
    expect(await choose('', 'x509')).toBe('VALIDATION anonymous');
  });

  it('G-55: a server that refuses our method is left', async () => {
    const h = await makeHarness();
    h.server.intercept = (line, session) => {
      if (!line.startsWith('VALIDATION')) return false;
      session.core.validated(errorStatus('go away'));
      return true;
    };
    h.client.channel('x');
    await h.advance(300);
    expect(h.server.count('VALIDATION')).toBe(1);
    expect(h.server.sessions.size).toBe(0);
  });

  it('W-9: the control echo of a server is answered without anything else being sent', async () => {
    const h = await makeHarness();
    const channel = h.client.channel('x');
    await h.until(() => channel.state === 'connected');
    await h.advance(10);
    const before = channel.info().bytesOut;
    h.server.session.stream.write([Uint8Array.of(0xca, 2, 0x41, 3, 1, 2, 3, 4)]);
    await h.advance(10);
    expect(channel.info().bytesOut - before).toBe(8);
  });

  it('W-4: a server that speaks big endian is answered in big endian', async () => {
    const h = await makeHarness();
    h.server.littleEndian = false;
    h.server.value = scalar(7.25);
    expect(await h.settle(h.client.getValue('x'))).toBe(7.25);
    expect(h.server.heard.filter((line) => line.startsWith('PROTOCOL'))).toEqual([]);
  });

  it('W-78: a name served twice is warned of once', async () => {
    const h = await makeHarness();
    const other = h.network.host('other', { addresses: ['10.0.0.3/24'] });
    const twin = new (await import('./scripted-server.ts')).ScriptedServer(other, 'x');
    twin.guid = new Uint8Array(12).fill(7);
    await twin.start();
    const channel = h.client.channel('x');
    await h.until(() => channel.state === 'connected');
    await h.advance(500);
    const warnings = h.log.lines.filter((line) => line.includes('duplicate PV name'));
    expect(warnings.length).toBe(1);
    expect(warnings[0]).toContain('10.0.0.3:5075');
    twin.stop();
  });

  it('W-80: answers of ignored servers are not heard', async () => {
    const h = await makeHarness(['x'], { ignoreGuids: ['0x0102030405060708090A0B0C'] });
    const channel = h.client.channel('x');
    await h.advance(1000);
    expect(channel.state).toBe('searching');
  });

  it('MESSAGE of the server goes to the log with its level', async () => {
    const h = await makeHarness();
    const channel = h.client.channel('x');
    await h.settle(channel.get());
    h.server.session.core.message(h.server.lastIoid, 1, 'careful\n');
    h.server.session.core.message(987_654, 2, 'nobody');
    h.server.session.flush();
    await h.advance(10);
    expect(h.log.lines).toContain('warn server says: careful');
    expect(h.log.lines).toContain('warn server says: nobody');
  });

  it('a reply that cannot be decoded ends the connection, and the channel comes back', async () => {
    const h = await makeHarness();
    const channel = h.client.channel('x');
    h.server.type = structType('', { value: 'string' });
    let isBad = true;
    h.server.intercept = (line, session) => {
      if (line !== 'GET' || !isBad) return false;
      isBad = false;
      // The double in place of the string announces far more bytes than there are.
      session.core.valueReply(
        10,
        h.server.lastIoid,
        0,
        Value.from(structType('', { value: 'uint' }), { value: 0x7f7f7ff0 }),
      );
      return true;
    };
    h.server.value = Value.from(h.server.type, { value: 'fine' });
    expect(await h.settle(channel.getValue())).toBe('fine');
    expect(h.log.lines.some((line) => line.startsWith('warn connection ended'))).toBe(true);
    expect(h.server.count('CREATE')).toBe(2);
  });

  it('info tells server, type and traffic', async () => {
    const h = await makeHarness();
    const channel = h.client.channel('x');
    expect(channel.info()).toMatchObject({
      scheme: 'pva',
      server: '',
      nativeType: '',
      connectedAt: undefined,
    });
    await h.settle(channel.ready());
    const info = channel.info();
    expect(info).toMatchObject({ server: '10.0.0.1:5075', nativeType: 'epics:nt/NTScalar:1.0' });
    expect(info.connectedAt?.seconds).toBe(1_700_000_000);
    expect(info.bytesIn).toBeGreaterThan(100);
    expect(info.bytesOut).toBeGreaterThan(50);
  });

  it('a listener that closes the channel while it connects stops everything', async () => {
    const h = await makeHarness();
    const channel = h.client.channel('x');
    channel.onState((state) => {
      if (state === 'connected') channel[Symbol.dispose]();
    });
    const pending = h.rejection(channel.get());
    expect(await pending).toMatchObject({ code: 'EPICS_CLOSED' });
    await h.advance(100);
    expect(h.server.count('GET')).toBe(0);
  });

  it('a getter whose request is a Value is forgotten when its call is given up early', async () => {
    const h = await makeHarness([]);
    const channel = h.client.channel('x');
    const pending = channel.getStruct({ pvRequest: makePvRequest({}), timeoutMs: 100 });
    await h.rejection(pending);
    expect(h.client.report()).toMatchObject({ channelList: [{ operations: 0 }] });
  });
});
