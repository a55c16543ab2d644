import { describe, expect, it } from 'vitest';
import { noAlarm } from '../../../src/pv/alarm.ts';
import { FanOut, type FanOutSource, type SubscribeContext } from '../../../src/pv/fan-out.ts';
import { emptyMetadata, makeMetadata } from '../../../src/pv/metadata.ts';
import { Event, makeSnapshot, type Snapshot } from '../../../src/pv/model.ts';
import { MonitorList } from '../../../src/pv/monitor-list.ts';
import { localPeer } from '../../../src/pv/op-context.ts';
import type { SharedUpdate } from '../../../src/pv/shared-update.ts';
import type { MaybePromise, MonitorContext, ReadContext, UpdateSink } from '../../../src/pv/source.ts';
import { undefinedTime } from '../../../src/pv/time.ts';
import { structType, Value } from '../../../src/pvdata/index.ts';
import { EpicsErrorCode, isEpicsError, type Stop } from '../../../src/util/index.ts';

const wish = (mask: number = Event.All): SubscribeContext => ({
  peer: localPeer(),
  mask,
  pvRequest: undefined,
});
const snap = (value: number, meta = emptyMetadata): Snapshot =>
  makeSnapshot(value, noAlarm, undefinedTime, meta);

/** A PV whose every answer the test decides. */
class Source<D extends Snapshot | Value> implements FanOutSource<D> {
  readonly name = 'X';
  readonly monitors = new MonitorList<D>();
  readonly contexts: MonitorContext[] = [];
  readonly reads: ReadContext[] = [];
  readonly first: D | undefined;
  readonly answer: () => MaybePromise<D>;
  monitorKey?: (context: MonitorContext) => string | undefined;
  constructor(first: D | undefined, answer: () => MaybePromise<D>) {
    this.first = first;
    this.answer = answer;
  }
  read(context: ReadContext): MaybePromise<D> {
    this.reads.push(context);
    return this.answer();
  }
  monitor(sink: UpdateSink<D>, context: MonitorContext): Stop {
    this.contexts.push(context);
    return this.monitors.add(sink, this.first);
  }
}

class Client<D extends Snapshot | Value> {
  readonly updates: SharedUpdate<D>[] = [];
  readonly closes: (Error | undefined)[] = [];
  onUpdate(update: SharedUpdate<D>): void {
    this.updates.push(update);
  }
  onClose(reason?: Error): void {
    this.closes.push(reason);
  }
}
class ForgivingClient<D extends Snapshot | Value> extends Client<D> {
  readonly readErrors: Error[] = [];
  onReadError(error: Error): void {
    this.readErrors.push(error);
  }
}
const values = (client: Client<Snapshot>): unknown[] => client.updates.map((update) => update.data.value);
const turns = async (): Promise<void> => {
  for (let i = 0; i < 10; i++) await Promise.resolve();
};

describe('FanOut groups (ARC-D-4)', () => {
  it('starts one monitor with all events for any number of subscribers without a key', () => {
    const source = new Source(snap(1), () => snap(9));
    const fanOut = new FanOut<Snapshot>(source);
    const clients = [new Client<Snapshot>(), new Client<Snapshot>()];
    const stops = clients.map((client) => fanOut.subscribe(client, wish(Event.Alarm)));
    expect(source.contexts.map((context) => context.mask)).toEqual([Event.All]);
    expect(fanOut.subscriberCount).toBe(2);
    stops[0]?.();
    expect(source.monitors.size).toBe(1);
    stops[1]?.();
    stops[1]?.();
    expect(source.monitors.size).toBe(0);
    expect(fanOut.subscriberCount).toBe(0);
  });

  it('starts one monitor for each key, with that wish and without filtering', () => {
    const source = new Source(snap(1), () => snap(9));
    source.monitorKey = (context) => `m${context.mask}`;
    const fanOut = new FanOut<Snapshot>(source);
    const [a, b, c] = [new Client<Snapshot>(), new Client<Snapshot>(), new Client<Snapshot>()];
    fanOut.subscribe(a, wish(1));
    fanOut.subscribe(b, wish(1));
    fanOut.subscribe(c, wish(4));
    expect(source.contexts.map((context) => context.mask)).toEqual([1, 4]);
    source.monitors.post(snap(2), Event.Property);
    expect([a, b, c].map((client) => values(client).at(-1))).toEqual([2, 2, 2]);
  });

  it('starts a monitor for each subscriber when the key is undefined', () => {
    const source = new Source(snap(1), () => snap(9));
    source.monitorKey = () => undefined;
    const fanOut = new FanOut<Snapshot>(source);
    const stops = [1, 2].map(() => fanOut.subscribe(new Client<Snapshot>(), wish()));
    expect(source.contexts).toHaveLength(2);
    expect(source.reads).toHaveLength(0);
    for (const stop of stops) stop();
    expect(source.monitors.size).toBe(0);
  });

  it('starts anew after the last subscriber went', () => {
    const source = new Source(snap(1), () => snap(9));
    const fanOut = new FanOut<Snapshot>(source);
    fanOut.subscribe(new Client<Snapshot>(), wish())();
    const client = new Client<Snapshot>();
    fanOut.subscribe(client, wish());
    expect(source.contexts).toHaveLength(2);
    expect(values(client)).toEqual([1]);
  });

  it('shares one update object among all whose mask lets it pass (ARC-D-6)', () => {
    const source = new Source(snap(1), () => snap(9));
    const fanOut = new FanOut<Snapshot>(source);
    const clients = [wish(1), wish(5), wish(15)].map((context) => {
      const client = new Client<Snapshot>();
      fanOut.subscribe(client, context);
      return client;
    });
    source.monitors.post(snap(2), Event.Value);
    const shared = clients.map((client) => client.updates.at(-1));
    expect(new Set(shared).size).toBe(1);
    let made = 0;
    const encode = (): number => ++made;
    expect(shared.map((update) => update?.encoded(7, encode))).toEqual([1, 1, 1]);
    expect(shared[0]?.encoded('other', encode)).toBe(2);
  });
});

describe('FanOut first update (ARC-D-4, ARC-D-5)', () => {
  it('delivers the first update before subscribe has returned, when the PV does', () => {
    const client = new Client<Snapshot>();
    let during = 0;
    new FanOut<Snapshot>(new Source(snap(1), () => snap(9))).subscribe(
      { onUpdate: () => during++, onClose: () => {} },
      wish(),
    );
    expect(during).toBe(1);
    expect(client.updates).toHaveLength(0);
  });

  it('gives a late subscriber what the PV reads now, not the last update', () => {
    const source = new Source(snap(1), () => snap(9));
    const fanOut = new FanOut<Snapshot>(source);
    fanOut.subscribe(new Client<Snapshot>(), wish());
    const late = new Client<Snapshot>();
    fanOut.subscribe(late, wish(Event.Alarm));
    expect(values(late)).toEqual([9]);
    expect(late.updates[0]?.mask).toBe(Event.All);
    expect(source.reads[0]?.reason).toBe('monitor');
  });

  it('makes one update for late subscribers that read the same object', () => {
    const state = snap(9);
    const fanOut = new FanOut<Snapshot>(new Source(snap(1), () => state));
    const clients = [1, 2, 3].map(() => {
      const client = new Client<Snapshot>();
      fanOut.subscribe(client, wish());
      return client;
    });
    expect(clients[1]?.updates[0]).toBe(clients[2]?.updates[0]);
  });

  it('lets a subscriber that joins before the first update wait for it', () => {
    const source = new Source<Snapshot>(undefined, () => snap(9));
    const fanOut = new FanOut<Snapshot>(source);
    const clients = [new Client<Snapshot>(), new Client<Snapshot>()];
    for (const client of clients) fanOut.subscribe(client, wish(Event.Alarm));
    expect(source.reads).toHaveLength(0);
    source.monitors.post(snap(5), Event.Value);
    expect(clients.map(values)).toEqual([[5], [5]]);
    expect(clients[1]?.updates[0]?.mask).toBe(Event.All);
  });

  it('takes an update that overtakes an asynchronous read as first, all marked, and drops the read', async () => {
    let settle: (state: Snapshot) => void = () => {};
    const source = new Source(snap(1), () => new Promise<Snapshot>((resolve) => (settle = resolve)));
    const fanOut = new FanOut<Snapshot>(source);
    fanOut.subscribe(new Client<Snapshot>(), wish());
    const late = new Client<Snapshot>();
    // The event that its mask filters counts too: a first update is never filtered.
    fanOut.subscribe(late, wish(Event.Alarm));
    source.monitors.post(snap(2), Event.Value);
    settle(snap(9));
    await turns();
    expect(values(late)).toEqual([2]);
    expect(late.updates[0]?.mask).toBe(Event.All);
    source.monitors.post(snap(3), Event.Value);
    expect(values(late)).toEqual([2]);
  });

  it('aborts the read of a subscriber that leaves, and tells it nothing', async () => {
    let settle: (state: Snapshot) => void = () => {};
    const source = new Source(snap(1), () => new Promise<Snapshot>((resolve) => (settle = resolve)));
    const fanOut = new FanOut<Snapshot>(source);
    fanOut.subscribe(new Client<Snapshot>(), wish());
    const late = new Client<Snapshot>();
    const stop = fanOut.subscribe(late, wish());
    const signal = source.reads[0]?.signal;
    stop();
    settle(snap(9));
    await turns();
    expect(signal?.aborted).toBe(true);
    expect(late.updates).toHaveLength(0);
    expect(late.closes).toHaveLength(0);
  });

  it('tells of a read that failed and takes the next update as first', async () => {
    const source = new Source<Snapshot>(snap(1), () => Promise.reject(new Error('no answer')));
    const fanOut = new FanOut<Snapshot>(source);
    fanOut.subscribe(new Client<Snapshot>(), wish());
    const late = new ForgivingClient<Snapshot>();
    fanOut.subscribe(late, wish(Event.Alarm));
    await turns();
    expect(late.readErrors.map((error) => error.message)).toEqual(['no answer']);
    source.monitors.post(snap(2), Event.Value);
    expect(values(late)).toEqual([2]);
  });

  it('closes a subscriber that cannot be told of a failed read', () => {
    const source = new Source<Snapshot>(snap(1), () => {
      throw new Error('no answer');
    });
    const fanOut = new FanOut<Snapshot>(source);
    fanOut.subscribe(new Client<Snapshot>(), wish());
    const late = new Client<Snapshot>();
    fanOut.subscribe(late, wish());
    expect(late.closes.map((error) => error?.message)).toEqual(['no answer']);
    source.monitors.post(snap(2), Event.Value);
    expect(late.updates).toHaveLength(0);
    expect(fanOut.subscriberCount).toBe(1);
  });

  it('drops the result of a read that posted', () => {
    const source: Source<Snapshot> = new Source(snap(1), () => {
      source.monitors.post(snap(5), Event.Value);
      return snap(5);
    });
    const fanOut = new FanOut<Snapshot>(source);
    fanOut.subscribe(new Client<Snapshot>(), wish());
    const late = new Client<Snapshot>();
    fanOut.subscribe(late, wish());
    expect(values(late)).toEqual([5]);
  });
});

describe('FanOut masks', () => {
  it('keeps events from those that did not ask for them (CA-V11)', () => {
    const source = new Source(snap(0), () => snap(0));
    const fanOut = new FanOut<Snapshot>(source);
    const byMask = [Event.Value, Event.Log, Event.Alarm, Event.Property, Event.Value | Event.Alarm].map(
      (mask) => {
        const client = new Client<Snapshot>();
        fanOut.subscribe(client, wish(mask));
        return client;
      },
    );
    source.monitors.post(snap(1), Event.Value);
    source.monitors.post(snap(2), Event.Log);
    source.monitors.post(snap(3), Event.Alarm);
    source.monitors.post(snap(4), Event.Property);
    expect(byMask.map((client) => values(client).slice(1))).toEqual([[1], [2], [3], [4], [1, 3]]);
  });

  it('adds PROPERTY when the metadata object changed and the poster forgot to say so (ARC-D-10)', () => {
    const source = new Source(snap(0), () => snap(0));
    const fanOut = new FanOut<Snapshot>(source);
    const client = new Client<Snapshot>();
    fanOut.subscribe(client, wish(Event.Property));
    source.monitors.post(snap(1), Event.Value);
    source.monitors.post(snap(2, makeMetadata({ units: 'mm' })), Event.Value);
    expect(values(client)).toEqual([0, 2]);
  });

  const desc = structType('', {
    value: 'double',
    alarm: structType('', { severity: 'int', status: 'int', message: 'string' }),
    timeStamp: structType('', { secondsPastEpoch: 'long', nanoseconds: 'int', userTag: 'int' }),
    display: structType('', { units: 'string' }),
  });
  const struct = (content: object): Value => Value.from(desc, content);
  const marked = (update: SharedUpdate<Value> | undefined): string[] =>
    [...(update?.changed ?? [])].map((bit) => desc.nameAt(bit));

  it('leaves alarm and metadata marks that a mask held back pending for the next update (ARC-D-12)', () => {
    const source = new Source(struct({ value: 0 }), () => struct({ value: 0 }));
    const fanOut = new FanOut<Value>(source);
    const onlyValue = new Client<Value>();
    const all = new Client<Value>();
    fanOut.subscribe(onlyValue, wish(Event.Value));
    fanOut.subscribe(all, wish());
    const held = struct({ value: 1, alarm: { severity: 2 }, timeStamp: { nanoseconds: 5 } });
    source.monitors.post(held, Event.Alarm);
    source.monitors.post(struct({ display: { units: 'mm' } }), Event.Property);
    source.monitors.post(struct({ value: 2 }), Event.Value);
    source.monitors.post(struct({ value: 3 }), Event.Value);
    expect(onlyValue.updates.slice(1).map(marked)).toEqual([
      ['value', 'alarm.severity', 'display.units'],
      ['value'],
    ]);
    expect(marked(all.updates[1])).toEqual(['value', 'alarm.severity', 'timeStamp.nanoseconds']);
    expect(held.isMarked('timeStamp')).toBe(true);
  });

  it('marks for a late subscriber every field that was ever marked (ARC-D-4)', () => {
    const state = struct({ value: 7 });
    const source = new Source(struct({ value: 0 }), () => state);
    const fanOut = new FanOut<Value>(source);
    fanOut.subscribe(new Client<Value>(), wish());
    source.monitors.post(struct({ alarm: { severity: 1 } }), Event.Alarm);
    const late = new Client<Value>();
    fanOut.subscribe(late, wish());
    expect(marked(late.updates[0])).toEqual(['value', 'alarm.severity']);
    expect([...state.marked()]).toEqual(['value']);
  });
});

describe('FanOut end and faults', () => {
  it('passes the end of the monitor on and starts anew for the next subscriber', () => {
    const source = new Source(snap(1), () => snap(9));
    const fanOut = new FanOut<Snapshot>(source);
    const client = new Client<Snapshot>();
    const stop = fanOut.subscribe(client, wish());
    source.monitors.close();
    expect(client.closes).toEqual([undefined]);
    stop();
    fanOut.close();
    expect(client.closes).toHaveLength(1);
    fanOut.subscribe(new Client<Snapshot>(), wish());
    expect(source.contexts).toHaveLength(2);
  });

  it('stops the monitor of a PV that closed before monitor returned', () => {
    let stopped = 0;
    const fanOut = new FanOut<Snapshot>({
      name: 'X',
      read: () => snap(1),
      monitor: (sink) => {
        sink.close(new Error('gone'));
        return () => stopped++;
      },
    });
    const client = new Client<Snapshot>();
    fanOut.subscribe(client, wish())();
    expect(stopped).toBe(1);
    expect(client.closes.map((error) => error?.message)).toEqual(['gone']);
    expect(fanOut.subscriberCount).toBe(0);
  });

  it('closes the subscriber when monitor throws', () => {
    const fanOut = new FanOut<Snapshot>({
      name: 'X',
      read: () => snap(1),
      monitor: () => {
        throw new Error('broken');
      },
    });
    const client = new Client<Snapshot>();
    fanOut.subscribe(client, wish());
    expect(client.closes.map((error) => error?.message)).toEqual(['broken']);
  });

  it('closes a subscriber that throws and spares the others', () => {
    const faults: unknown[] = [];
    const source = new Source(snap(1), () => snap(9));
    const fanOut = new FanOut<Snapshot>(source, { onFault: (error) => faults.push(error) });
    const closes: (Error | undefined)[] = [];
    const bad = {
      onUpdate: (update: SharedUpdate<Snapshot>) => {
        if (update.data.value === 2) throw new Error('bug');
      },
      onClose: (reason?: Error) => closes.push(reason),
    };
    const good = new Client<Snapshot>();
    fanOut.subscribe(bad, wish());
    fanOut.subscribe(good, wish());
    source.monitors.post(snap(2), Event.Value);
    source.monitors.post(snap(3), Event.Value);
    expect(values(good)).toEqual([9, 2, 3]);
    expect(closes.map((error) => isEpicsError(error, EpicsErrorCode.Internal))).toEqual([true]);
    expect(faults).toHaveLength(1);
  });

  it('keeps post order when a subscriber posts from inside its update', () => {
    const source = new Source(snap(0), () => snap(0));
    const fanOut = new FanOut<Snapshot>({
      name: 'X',
      read: () => snap(0),
      monitor: (sink) => {
        source.monitors.add(sink);
        sink.update(snap(0), 15);
        return () => {};
      },
    });
    fanOut.subscribe(
      {
        onUpdate: (update) => {
          if (update.data.value === 1) source.monitors.post(snap(2), Event.Value);
        },
        onClose: () => {},
      },
      wish(),
    );
    const watcher = new Client<Snapshot>();
    fanOut.subscribe(watcher, wish());
    source.monitors.post(snap(1), Event.Value);
    expect(values(watcher)).toEqual([0, 1, 2]);
  });

  it('lets a subscriber leave from inside its update', () => {
    const source = new Source(snap(0), () => snap(0));
    const fanOut = new FanOut<Snapshot>(source);
    const seen: unknown[] = [];
    let stop: Stop = () => {};
    stop = fanOut.subscribe(
      {
        onUpdate: (update) => {
          seen.push(update.data.value);
          if (update.data.value === 1) stop();
        },
        onClose: () => seen.push('closed'),
      },
      wish(),
    );
    source.monitors.post(snap(1), Event.Value);
    source.monitors.post(snap(2), Event.Value);
    expect(seen).toEqual([0, 1]);
    expect(source.monitors.size).toBe(0);
  });
});
