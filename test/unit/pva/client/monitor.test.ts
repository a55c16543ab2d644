import { describe, expect, it } from 'vitest';
import type { Snapshot } from '../../../../src/pv/index.ts';
import { readSubscriptionRequest } from '../../../../src/pva/client/monitor.ts';
import { errorStatus, okStatus } from '../../../../src/pva/core/index.ts';
import type { PvaMonitorEvent } from '../../../../src/pva/index.ts';
import { parsePvRequest, structType, Value } from '../../../../src/pvdata/index.ts';
import { BitSet } from '../../../../src/util/index.ts';
import { makeHarness } from './harness.ts';
import { scalar, scalarType } from './scripted-server.ts';

/** Short text of an event. */
function short(event: PvaMonitorEvent): string {
  switch (event.type) {
    case 'connected':
      return `connected ${event.peer}`;
    case 'update':
      return `update ${String(event.value.get('value'))}${event.initial ? ' initial' : ''}${event.squashed > 0 ? ` squashed ${event.squashed}` : ''}`;
    case 'error':
      return `error ${event.error.message}`;
    default:
      return event.type;
  }
}

describe('Subscription', () => {
  it('C-6, C-7: tells connect, a complete first update, changes, disconnect, and a complete update after reconnect', async () => {
    const h = await makeHarness();
    const events: string[] = [];
    h.client.channel('x').listen((event) => events.push(short(event)));
    await h.until(() => events.length === 2);
    h.server.session.update(scalar(2));
    await h.until(() => events.length === 3);
    h.server.value = scalar(5);
    h.server.session.stream.destroy();
    await h.until(() => events.length === 6);
    expect(events).toEqual([
      'connected 10.0.0.1:5075',
      'update 1 initial',
      'update 2',
      'disconnected',
      'connected 10.0.0.1:5075',
      'update 5 initial',
    ]);
  });

  it('C-8: every update is the complete state, marked where it changed, and earlier ones stay as they were', async () => {
    const h = await makeHarness();
    h.server.value = Value.from(scalarType, { value: 1, alarm: { severity: 2, message: 'HIGH' } });
    const values: Value[] = [];
    h.client.channel('x').subscribeStruct({ update: (value) => values.push(value), close: () => {} });
    await h.until(() => values.length === 1);
    h.server.session.update(scalar(7));
    await h.until(() => values.length === 2);
    expect(values[1]?.toObject()).toMatchObject({ value: 7, alarm: { severity: 2, message: 'HIGH' } });
    expect([...(values[1] as Value).marked()]).toEqual(['value']);
    expect(values[0]?.get('value')).toBe(1);
  });

  it('the mask of an update follows its marks: all first, then value, alarm, or nothing but time', async () => {
    const h = await makeHarness();
    const masks: number[] = [];
    h.client.channel('x').subscribeStruct({ update: (_value, mask) => masks.push(mask), close: () => {} });
    await h.until(() => masks.length === 1);
    h.server.session.update(scalar(7));
    h.server.session.update(Value.from(scalarType, { alarm: { severity: 1 } }));
    h.server.session.update(Value.from(scalarType, { timeStamp: { nanoseconds: 1 } }));
    const whole = new Value(scalarType);
    whole.markAt(0);
    h.server.session.update(whole);
    await h.until(() => masks.length === 5);
    expect(masks).toEqual([15, 3, 4, 0, 7]);
  });

  it('G-51: snapshots come also of updates that mark whole structures', async () => {
    const h = await makeHarness();
    const seen: unknown[] = [];
    h.client
      .channel('x')
      .subscribe({ update: (snapshot, mask) => seen.push([snapshot.value, mask]), close: () => {} });
    await h.until(() => seen.length === 1);
    const whole = scalar(8);
    whole.markAt(0);
    h.server.session.update(whole);
    await h.until(() => seen.length === 2);
    expect(seen).toEqual([
      [1, 15],
      [8, 7],
    ]);
  });

  it('G-42: an update with an empty mask is delivered as no change', async () => {
    const h = await makeHarness();
    const values: Value[] = [];
    h.client.channel('x').subscribeStruct({ update: (value) => values.push(value), close: () => {} });
    await h.until(() => values.length === 1);
    h.server.session.update(new Value(scalarType));
    await h.until(() => values.length === 2);
    expect(values[1]?.get('value')).toBe(1);
    expect([...(values[1] as Value).marked()]).toEqual([]);
  });

  it('W-66: the overrun mask of the server reaches the events and the counters', async () => {
    const h = await makeHarness();
    const overruns: (BitSet | undefined)[] = [];
    const subscription = h.client.channel('x').listen((event) => {
      if (event.type === 'update') overruns.push(event.overrun);
    });
    await h.until(() => overruns.length === 1);
    h.server.session.update(scalar(2), BitSet.from([1]));
    await h.until(() => overruns.length === 2);
    expect([...(overruns[1] as BitSet)]).toEqual([1]);
    expect(subscription.stats()).toEqual({ updates: 2, overruns: 1, reconnects: 0 });
  });

  it('W-62: finish with OK ends the loop, after the last update that came with it', async () => {
    const h = await makeHarness();
    const feed = h.client.channel('x').monitor();
    await h.settle(feed.next());
    h.server.session.update(scalar(2));
    h.server.session.core.monitorFinished(h.server.lastIoid, okStatus);
    h.server.session.flush();
    expect((await h.settle(feed.next())).value).toMatchObject({ value: 2 });
    expect(await h.settle(feed.next())).toEqual({ done: true, value: undefined });
  });

  it('W-62: finish with an error throws it in the loop, and is an event for who wants events', async () => {
    const h = await makeHarness();
    const events: string[] = [];
    const feed = h.client.channel('x').monitor();
    await h.settle(feed.next());
    h.server.session.core.monitorFinished(h.server.lastIoid, errorStatus('gone'));
    h.server.session.flush();
    const error = await h.rejection(feed.next());
    expect(error).toMatchObject({ code: 'EPICS_REMOTE', message: 'monitor "x": gone', pvName: 'x' });
    h.client.channel('x').listen((event) => events.push(short(event)));
    await h.until(() => events.length === 2);
    h.server.session.core.monitorFinished(h.server.lastIoid, errorStatus('gone again'));
    h.server.session.flush();
    await h.until(() => events.length === 3);
    expect(events[2]).toBe('error monitor "x": gone again');
  });

  it('an INIT that the server refuses closes the sink with its text', async () => {
    const h = await makeHarness();
    h.server.intercept = (line, session) => {
      if (!line.startsWith('MONITOR INIT')) return false;
      session.core.statusReply(13, h.server.lastIoid, 8, errorStatus('no such field'));
      return true;
    };
    const reasons: (Error | undefined)[] = [];
    h.client.channel('x').subscribe({ update: () => {}, close: (reason) => reasons.push(reason) });
    await h.until(() => reasons.length === 1);
    expect(reasons[0]?.message).toBe('monitor "x": no such field');
  });

  it('W-68: a pipeline announces its queue and reports free places after half of it', async () => {
    const h = await makeHarness();
    const feed = h.client.channel('x').monitorStruct({ pipeline: true, queueSize: 4 });
    await h.settle(feed.next());
    for (let i = 2; i <= 4; i++) h.server.session.update(scalar(i));
    await h.advance(10);
    expect(h.server.heard.slice(3)).toEqual(['MONITOR INIT 88 free 4', 'MONITOR 44']);
    await feed.next();
    await h.advance(10);
    // The window was closed: a start follows, because PVXS sends nothing upon the report alone.
    expect(h.server.heard.slice(-2)).toEqual(['MONITOR 80 free 2', 'MONITOR 44']);
    await feed.next();
    await h.advance(10);
    expect(h.server.count('MONITOR 80')).toBe(1);
    await feed.next();
    await h.advance(10);
    expect(h.server.count('MONITOR 80')).toBe(2);
    const record = h.server.requests[0]?.get('record._options') as Value;
    expect(record.toObject()).toEqual({ queueSize: '4', pipeline: 'true' });
  });

  it('C-10: a callback uses an update up at once, so its pipeline acknowledges while it runs', async () => {
    const h = await makeHarness();
    let count = 0;
    h.client
      .channel('x')
      .subscribe({ update: () => count++, close: () => {} }, { pipeline: true, queueSize: 2 });
    await h.until(() => count === 1);
    await h.advance(10);
    expect(h.server.heard.at(-1)).toBe('MONITOR 80 free 1');
  });

  it('W-69: a server that is silent to the pipelined INIT is asked again without pipeline after 5 s', async () => {
    const h = await makeHarness();
    h.server.intercept = (line) => line.startsWith('MONITOR INIT 88');
    const feed = h.client.channel('x').monitor({ pipeline: true, queueSize: 4 });
    expect((await h.settle(feed.next())).value).toMatchObject({ value: 1 });
    expect(h.server.heard.slice(3)).toEqual([
      'MONITOR INIT 88 free 4',
      'DESTROY',
      'MONITOR INIT 8',
      'MONITOR 44',
    ]);
    expect(h.server.recordOptions(1)).toEqual({ queueSize: '4' });
  });

  it('C-5: a slow consumer gets the newest state, with marks and counts of what was merged', async () => {
    const h = await makeHarness();
    const feed = h.client.channel('x').monitorEvents({ queueSize: 2 });
    expect((await h.settle(feed.next())).value).toMatchObject({ type: 'connected' });
    await h.settle(feed.next());
    h.server.session.update(scalar(2));
    h.server.session.update(Value.from(scalarType, { value: 3, alarm: { severity: 1 } }));
    h.server.session.update(scalar(4));
    h.server.session.update(scalar(5));
    await h.advance(10);
    expect(short((await feed.next()).value as PvaMonitorEvent)).toBe('update 2');
    const merged = (await feed.next()).value as PvaMonitorEvent & { type: 'update' };
    expect(short(merged)).toBe('update 5 squashed 2');
    expect([...merged.value.marked()]).toEqual(['value', 'alarm.severity']);
    expect([...(merged.overrun as BitSet)]).toEqual([scalarType.offsetOf('value')]);
    expect(feed.dropped).toBe(2);
  });

  it('C-9: pause stops and resume starts the flow', async () => {
    const h = await makeHarness();
    let count = 0;
    const subscription = h.client.channel('x').listen((event) => {
      if (event.type === 'update') count++;
    });
    await h.until(() => count === 1);
    subscription.pause();
    subscription.pause();
    await h.advance(10);
    expect(h.server.heard.at(-1)).toBe('MONITOR 4');
    subscription.resume();
    await h.until(() => count === 2);
    expect(h.server.count('MONITOR 44')).toBe(2);
  });

  it('a subscription paused before the server answered starts only with resume', async () => {
    const h = await makeHarness();
    let count = 0;
    const subscription = h.client.channel('x').listen((event) => {
      if (event.type === 'update') count++;
    });
    subscription.pause();
    await h.advance(500);
    expect(h.server.count('MONITOR INIT')).toBe(1);
    expect(count).toBe(0);
    subscription.resume();
    await h.until(() => count === 1);
  });

  it('stop destroys the subscription at the server, and nothing is delivered any more', async () => {
    const h = await makeHarness();
    const values: Snapshot[] = [];
    const stop = h.client.channel('x').subscribe({ update: (value) => values.push(value), close: () => {} });
    await h.until(() => values.length === 1);
    const { session } = h.server;
    stop();
    stop();
    session.update(scalar(2));
    await h.advance(100);
    expect(values.length).toBe(1);
    expect(h.server.count('DESTROY')).toBe(1);
  });

  it('a sink that throws is logged, and the next update arrives', async () => {
    const h = await makeHarness();
    let count = 0;
    h.client.channel('x').subscribeStruct({
      update: () => {
        count++;
        throw new Error('oops');
      },
      close: () => {},
    });
    await h.until(() => count === 1);
    h.server.session.update(scalar(2));
    await h.until(() => count === 2);
    expect(h.log.lines.filter((line) => line === 'error a listener threw').length).toBe(2);
  });

  it('the signal of a subscription ends it and closes the sink with the reason', async () => {
    const h = await makeHarness();
    const controller = new AbortController();
    const reasons: (Error | undefined)[] = [];
    let count = 0;
    const sink = { update: () => count++, close: (reason?: Error) => reasons.push(reason) };
    h.client.channel('x').subscribe(sink, { signal: controller.signal });
    await h.until(() => count === 1);
    const reason = new Error('enough');
    controller.abort(reason);
    expect(reasons).toEqual([reason]);
    await h.advance(10);
    expect(h.server.count('DESTROY')).toBe(1);
  });

  it('a PV without a scalar value closes the sink of snapshots with EPICS_TYPE', async () => {
    const h = await makeHarness();
    h.server.type = structType('', { a: 'int' });
    h.server.value = Value.from(h.server.type, { a: 1 });
    const reasons: (Error | undefined)[] = [];
    h.client.channel('x').subscribe({ update: () => {}, close: (reason) => reasons.push(reason) });
    await h.until(() => reasons.length === 1);
    expect(reasons[0]).toMatchObject({ code: 'EPICS_TYPE' });
    expect(await h.rejection(h.client.channel('x').monitor().next())).toMatchObject({ code: 'EPICS_TYPE' });
  });

  it('the server may come back with another type', async () => {
    const h = await makeHarness();
    const feed = h.client.channel('x').monitor();
    expect((await h.settle(feed.next())).value).toMatchObject({ value: 1 });
    h.server.type = structType('epics:nt/NTScalar:1.0', { value: 'string' });
    h.server.value = Value.from(h.server.type, { value: 'text' });
    h.server.session.core.channelDestroyed(h.server.lastSid, h.server.lastCid);
    h.server.session.flush();
    expect((await h.settle(feed.next())).value).toMatchObject({ value: 'text' });
  });

  it('batches yields everything that arrived since the last step', async () => {
    const h = await makeHarness();
    const feed = h.client.channel('x').monitor({ queueSize: 10 });
    await h.until(() => feed.length === 1);
    for (let i = 2; i <= 4; i++) h.server.session.update(scalar(i));
    await h.until(() => feed.length === 4);
    for await (const batch of feed.batches()) {
      expect(batch.map((snapshot) => snapshot.value)).toEqual([1, 2, 3, 4]);
      break;
    }
    expect(feed.isEnded).toBe(true);
  });

  it('events masks of the options become the DBE option of the request', async () => {
    const h = await makeHarness();
    const feed = h.client.channel('x').monitor({ mask: 4, pvRequest: 'field(value)' });
    await h.settle(feed.next());
    expect(h.server.requests[0]?.get('record._options.DBE')).toBe('4');
    expect(h.server.requests[0]?.get('field.value')).toBeDefined();
    expect(h.server.requests[0]?.get('field.alarm')).toBeUndefined();
  });
});

describe('readSubscriptionRequest', () => {
  const read = (text: string) => {
    const { isPipeline, queueSize, ackAt } = readSubscriptionRequest(parsePvRequest(text));
    return { isPipeline, queueSize, ackAt };
  };

  it.each([
    ['', { isPipeline: false, queueSize: 4, ackAt: 2 }],
    ['record[pipeline=true]', { isPipeline: true, queueSize: 4, ackAt: 2 }],
    ['record[pipeline=true,queueSize=10,ackAny=3]', { isPipeline: true, queueSize: 10, ackAt: 3 }],
    ['record[pipeline=true,queueSize=10,ackAny=20%]', { isPipeline: true, queueSize: 10, ackAt: 2 }],
    ['record[queueSize=1]', { isPipeline: false, queueSize: 1, ackAt: 1 }],
    ['record[queueSize=many,ackAny=x]', { isPipeline: false, queueSize: 4, ackAt: 2 }],
    ['record[queueSize=8,ackAny=100]', { isPipeline: false, queueSize: 8, ackAt: 8 }],
  ])('reads "%s"', (text, wanted) => {
    expect(read(text)).toEqual(wanted);
  });
});
