import {
  Event,
  type EventMask,
  FanOut,
  type FanOutSource,
  isScalarPv,
  localPeer,
  type MaybePromise,
  type MonitorContext,
  type Peer,
  type PvSource,
  ReadOperation,
  type ScalarWrite,
  type ServedScalarPv,
  type ServedStructPv,
  type SharedUpdate,
  type Snapshot,
  type UpdateSink,
  WriteOperation,
} from '../pv/index.ts';
import { Value } from '../pvdata/index.ts';
import { errorText, isEpicsError } from '../util/index.ts';

type Data = Snapshot | Value;
type TypedPv = ServedScalarPv | ServedStructPv;

/** One rule of the contract; `run` throws or rejects when it is broken. Register it with any test runner. */
export interface ContractCase {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/** A put that the PV under test takes. */
export interface ContractPut {
  /** For a scalar PV a ScalarWrite, for a structure PV a Value. */
  readonly write: ScalarWrite | Value;
  /** What `contentOf` gives of the state after the put; absent: not looked at. */
  readonly expected?: unknown;
  /** For a put that takes time: makes the put under way complete. Before that it must not be answered. */
  readonly complete?: () => MaybePromise<void>;
}

/** The PV under test, made anew for each case. */
export interface ServedPvFixture {
  readonly pv: TypedPv;
  /** Changes the state: no two of `change(1)`, `change(2)` ... may look the same to `contentOf`. */
  change(n: number): MaybePromise<void>;
  /** What `contentOf` gives after `change(n)`. */
  expected(n: number): unknown;
  /** What tells the states apart. Default: `value` of the Snapshot, the field `value` of the structure. */
  contentOf?(data: Data): unknown;
  /** Settles when all sinks have been told of what happened. Default: after pending promises. */
  settle?(): MaybePromise<void>;
  readonly put?: ContractPut;
  /** A put that must be refused and change nothing. */
  readonly badPut?: ScalarWrite | Value;
  /** Ends the PV. */
  close?(): MaybePromise<void>;
  dispose?(): MaybePromise<void>;
}

const TURNS = 20;

async function pendingPromises(): Promise<void> {
  for (let i = 0; i < TURNS; i++) await Promise.resolve();
}

function check(condition: boolean, text: string): asserts condition {
  if (!condition) throw new Error(text);
}

/** Deep equality of plain values, arrays and typed arrays. */
function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (a instanceof Value || b instanceof Value) {
    return a instanceof Value && b instanceof Value && a.desc === b.desc && a.equals(b);
  }
  const left = Object.entries(a);
  const right = Object.entries(b);
  return (
    left.length === right.length &&
    left.every(([key, item], i) => key === right[i]?.[0] && isSame(item, right[i]?.[1]))
  );
}

function show(x: unknown): string {
  if (typeof x === 'bigint') return `${x}n`;
  if (x instanceof Value) return x.toString();
  return JSON.stringify(x, (_, item: unknown) => (typeof item === 'bigint' ? `${item}n` : item)) ?? String(x);
}

function contentOf(fixture: ServedPvFixture, data: Data): unknown {
  if (fixture.contentOf !== undefined) return fixture.contentOf(data);
  return data instanceof Value ? data.get('value') : data.value;
}

interface Told {
  readonly data: Data;
  readonly mask: EventMask;
  readonly content: unknown;
}

/** A sink that notes what it is told. */
class Probe implements UpdateSink<Data> {
  readonly updates: Told[] = [];
  readonly closes: (Error | undefined)[] = [];
  readonly #fixture: ServedPvFixture;

  constructor(fixture: ServedPvFixture) {
    this.#fixture = fixture;
  }
  update(data: Data, mask: EventMask): void {
    this.updates.push({ data, mask, content: contentOf(this.#fixture, data) });
  }
  close(reason?: Error): void {
    this.closes.push(reason);
  }
  onUpdate(update: SharedUpdate<Data>): void {
    this.update(update.data, update.mask);
  }
  onClose(reason?: Error): void {
    this.close(reason);
  }
  get calls(): number {
    return this.updates.length + this.closes.length;
  }
  get last(): Told {
    const last = this.updates.at(-1);
    check(last !== undefined, 'no update arrived');
    return last;
  }
}

const peer: Peer = localPeer('contract');
const context: MonitorContext = { peer, mask: Event.All, pvRequest: undefined };

/** The PV seen without its data type, which the cases do not need. */
function asSource(
  pv: TypedPv,
): FanOutSource<Data> & { monitor(sink: UpdateSink<Data>, c: MonitorContext): () => void } {
  const key = pv.monitorKey?.bind(pv);
  const base = {
    name: pv.name,
    read: (c: ReadOperation) => pv.read(c),
    monitor: (sink: UpdateSink<Data>, c: MonitorContext) => pv.monitor(sink, c),
  };
  return key === undefined ? base : { ...base, monitorKey: (c: MonitorContext) => key(c) };
}

async function write(pv: TypedPv, put: ScalarWrite | Value): Promise<void> {
  const operation = new WriteOperation(peer, true);
  if (put instanceof Value) {
    check(!isScalarPv(pv), 'the fixture gives a Value for a scalar PV');
    await pv.write?.(put, operation);
  } else {
    check(isScalarPv(pv), 'the fixture gives a ScalarWrite for a structure PV');
    await pv.write?.(put, operation);
  }
}

async function readNow(pv: TypedPv): Promise<Data> {
  return pv.read(new ReadOperation('get', peer));
}

type Body = (fixture: ServedPvFixture, settle: () => Promise<void>) => Promise<void>;

/**
 * The rules that every PV has to keep towards servers (ARC-D-3 to D-10), as cases that each use a PV of their own.
 *
 * @example
 * ```ts
 * for (const { name, run } of servedPvContract(makeFixture)) it(name, run);
 * ```
 */
export function servedPvContract(make: () => MaybePromise<ServedPvFixture>): readonly ContractCase[] {
  const asCase = (name: string, body: Body): ContractCase => ({
    name,
    run: async () => {
      const fixture = await make();
      const settle = async (): Promise<void> => {
        await (fixture.settle === undefined ? pendingPromises() : fixture.settle());
      };
      try {
        await body(fixture, settle);
      } finally {
        await fixture.dispose?.();
      }
    },
  });
  return [...monitorCases, ...fanOutCases, ...accessCases].map(([name, body]) => asCase(name, body));
}

const monitorCases: readonly (readonly [string, Body])[] = [
  [
    'monitor delivers the current state first, with all events (ARC-D-5)',
    async (fixture, settle) => {
      await fixture.change(1);
      await settle();
      const probe = new Probe(fixture);
      const stop = asSource(fixture.pv).monitor(probe, context);
      await settle();
      stop();
      check(probe.updates.length === 1, `${probe.updates.length} updates arrived instead of the first one`);
      const { mask, content, data } = probe.last;
      check(mask === Event.All, `mask of the first update is ${mask}, not 15`);
      check(isSame(content, fixture.expected(1)), `first update has ${show(content)}`);
      if (data instanceof Value) check(!data.marks.isEmpty, 'nothing is marked in the first update');
    },
  ],
  [
    'updates arrive in post order and none is lost (ARC-D-5)',
    async (fixture, settle) => {
      const probe = new Probe(fixture);
      const stop = asSource(fixture.pv).monitor(probe, context);
      await settle();
      const before = probe.updates.length;
      for (let n = 1; n <= 5; n++) {
        await fixture.change(n);
        await settle();
      }
      stop();
      const contents = probe.updates.slice(before).map((told) => told.content);
      const wanted = [1, 2, 3, 4, 5].map((n) => fixture.expected(n));
      check(isSame(contents, wanted), `updates were ${show(contents)} instead of ${show(wanted)}`);
    },
  ],
  [
    'every update carries the complete state (ARC-D-5)',
    async (fixture, settle) => {
      const probe = new Probe(fixture);
      const stop = asSource(fixture.pv).monitor(probe, context);
      await settle();
      await fixture.change(1);
      await settle();
      const read = await readNow(fixture.pv);
      const told = probe.last.data;
      stop();
      if (told instanceof Value && read instanceof Value) {
        check(told.equals(read), `update ${told.toString()} is not what a read gives: ${read.toString()}`);
        check(!told.marks.isEmpty, 'nothing is marked in the update');
        return;
      }
      check(!(told instanceof Value) && !(read instanceof Value), 'updates and reads differ in kind');
      check(isSame(told.value, read.value), `update has ${show(told.value)}, a read ${show(read.value)}`);
      check(isSame(told.alarm, read.alarm), `update has ${show(told.alarm)}, a read ${show(read.alarm)}`);
      check(isSame(told.meta, read.meta), `update has ${show(told.meta)}, a read ${show(read.meta)}`);
    },
  ],
  [
    'data once delivered is never changed again (ARC-D-9)',
    async (fixture, settle) => {
      const probe = new Probe(fixture);
      const stop = asSource(fixture.pv).monitor(probe, context);
      await settle();
      await fixture.change(1);
      await settle();
      const { data } = probe.last;
      const before = show(data instanceof Value ? data.toObject() : data);
      const marks = data instanceof Value ? data.marks.toString() : '';
      await fixture.change(2);
      await settle();
      stop();
      const after = show(data instanceof Value ? data.toObject() : data);
      check(before === after, `update changed from ${before} to ${after}`);
      if (data instanceof Value) check(marks === data.marks.toString(), 'marks of the update changed');
    },
  ],
  [
    'metadata keeps its identity while no property changes (ARC-D-10)',
    async (fixture, settle) => {
      const probe = new Probe(fixture);
      const stop = asSource(fixture.pv).monitor(probe, context);
      await settle();
      for (let n = 1; n <= 2; n++) {
        await fixture.change(n);
        await settle();
      }
      stop();
      let previous: Snapshot | undefined;
      for (const { data, mask } of probe.updates) {
        if (data instanceof Value) return;
        const isProperty = (mask & Event.Property) !== 0;
        const isSameMeta = previous === undefined || data.meta === previous.meta;
        check(isProperty || isSameMeta, 'an update without PROPERTY has new metadata');
        previous = data;
      }
    },
  ],
  [
    'a stopped sink hears nothing any more, others do (ARC-D-5)',
    async (fixture, settle) => {
      const stopped = new Probe(fixture);
      const other = new Probe(fixture);
      const stopFirst = asSource(fixture.pv).monitor(stopped, context);
      const stopOther = asSource(fixture.pv).monitor(other, context);
      await settle();
      stopFirst();
      const calls = stopped.calls;
      await fixture.change(1);
      await settle();
      check(stopped.calls === calls, 'a sink was called after its Stop');
      check(isSame(other.last.content, fixture.expected(1)), 'Stop of one sink silenced another');
      stopOther();
    },
  ],
  [
    'Stop may be called again without effect (ARC-D-5)',
    async (fixture, settle) => {
      const first = new Probe(fixture);
      const stop = asSource(fixture.pv).monitor(first, context);
      await settle();
      stop();
      stop();
      const again = new Probe(fixture);
      const stopAgain = asSource(fixture.pv).monitor(again, context);
      stop();
      await settle();
      await fixture.change(1);
      await settle();
      check(
        isSame(again.last.content, fixture.expected(1)),
        'a second Stop ended the monitor of another sink',
      );
      stopAgain();
    },
  ],
  [
    'a change from inside an update reaches all sinks in post order (ARC-D-5)',
    async (fixture, settle) => {
      const pv = asSource(fixture.pv);
      let isArmed = false;
      const poster = new Probe(fixture);
      const stopPoster = pv.monitor(
        {
          update: (data, mask) => {
            poster.update(data, mask);
            if (!isArmed) return;
            isArmed = false;
            const changed = fixture.change(2);
            if (changed instanceof Promise) changed.catch(() => {});
          },
          close: (reason) => poster.close(reason),
        },
        context,
      );
      const watcher = new Probe(fixture);
      const stopWatcher = pv.monitor(watcher, context);
      await settle();
      isArmed = true;
      await fixture.change(1);
      await settle();
      stopPoster();
      stopWatcher();
      const seen = watcher.updates.map((told) => show(told.content));
      const first = seen.lastIndexOf(show(fixture.expected(1)));
      const second = seen.lastIndexOf(show(fixture.expected(2)));
      check(first >= 0 && second > first, `the sink saw ${seen.join(', ')}`);
    },
  ],
];

/** Counts the monitors that a fan-out starts. */
function counted(pv: TypedPv): {
  readonly source: FanOutSource<Data>;
  readonly contexts: MonitorContext[];
  open: number;
} {
  const source = asSource(pv);
  const result = {
    contexts: [] as MonitorContext[],
    open: 0,
    source: {
      ...source,
      monitor: (sink: UpdateSink<Data>, c: MonitorContext) => {
        result.contexts.push(c);
        result.open++;
        const stop = source.monitor(sink, c);
        let isOpen = true;
        return () => {
          if (isOpen) result.open--;
          isOpen = false;
          stop();
        };
      },
    },
  };
  return result;
}

const fanOutCases: readonly (readonly [string, Body])[] = [
  [
    'a late subscriber gets the present state with everything marked (ARC-D-4)',
    async (fixture, settle) => {
      const fanOut = new FanOut<Data>(asSource(fixture.pv));
      const early = new Probe(fixture);
      const stopEarly = fanOut.subscribe(early, context);
      await settle();
      await fixture.change(1);
      await settle();
      const updates: SharedUpdate<Data>[] = [];
      const late = new Probe(fixture);
      const stopLate = fanOut.subscribe(
        {
          onUpdate: (update) => {
            updates.push(update);
            late.onUpdate(update);
          },
          onClose: (reason) => late.close(reason),
        },
        context,
      );
      await settle();
      stopEarly();
      stopLate();
      check(late.updates.length === 1, `the late subscriber got ${late.updates.length} updates`);
      check(late.last.mask === Event.All, 'the first update of a late subscriber has not all events');
      check(isSame(late.last.content, fixture.expected(1)), `it has ${show(late.last.content)}`);
      const marks = updates[0]?.changed;
      for (const { data } of early.updates) {
        if (!(data instanceof Value)) continue;
        const missing = data.marks.andNot(marks ?? data.marks.clear());
        check(missing.isEmpty, `fields ${missing.toString()} are not marked for the late subscriber`);
      }
    },
  ],
  [
    'subscribers of one key share one monitor, which ends with the last (ARC-D-4)',
    async (fixture, settle) => {
      const { pv } = fixture;
      const count = counted(pv);
      const fanOut = new FanOut<Data>(count.source);
      const probes = [new Probe(fixture), new Probe(fixture)];
      const stops = probes.map((probe) => fanOut.subscribe(probe, context));
      await settle();
      const key = pv.monitorKey?.(context);
      const isPrivate = pv.monitorKey !== undefined && key === undefined;
      const calls = count.contexts.length;
      check(calls === (isPrivate ? 2 : 1), `monitor was called ${calls} times`);
      if (pv.monitorKey === undefined) {
        check(count.contexts[0]?.mask === Event.All, 'a group without key does not monitor all events');
      }
      await fixture.change(1);
      await settle();
      for (const probe of probes) {
        check(isSame(probe.last.content, fixture.expected(1)), 'a subscriber of the group missed an update');
      }
      stops[0]?.();
      check(count.open === 1, 'the group ended with its first subscriber');
      stops[1]?.();
      const left: number = count.open;
      check(left === 0, 'the monitor goes on without subscribers');
      check(key === pv.monitorKey?.(context), 'monitorKey gives another key for the same wishes');
    },
  ],
  [
    'subscribers get the events that they asked for (ARC-D-4)',
    async (fixture, settle) => {
      const fanOut = new FanOut<Data>(asSource(fixture.pv));
      const values = new Probe(fixture);
      const stop = fanOut.subscribe(values, { ...context, mask: Event.Value });
      await settle();
      const before = values.updates.length;
      await fixture.change(1);
      await settle();
      stop();
      check(before === 1, `${before} updates instead of the first one`);
      check(
        values.updates.slice(before).every((told) => (told.mask & Event.Value) !== 0),
        'an update without VALUE reached a subscriber of VALUE',
      );
    },
  ],
];

const accessCases: readonly (readonly [string, Body])[] = [
  [
    'a read gives the state after the latest change (ARC-D-5)',
    async (fixture, settle) => {
      await fixture.change(1);
      await fixture.change(2);
      await settle();
      const content = contentOf(fixture, await readNow(fixture.pv));
      check(isSame(content, fixture.expected(2)), `read gives ${show(content)}`);
    },
  ],
  [
    'a put is answered when it is done, and not before (ARC-D-7)',
    async (fixture, settle) => {
      const { put, pv } = fixture;
      if (put === undefined) return;
      check(pv.write !== undefined, 'the fixture gives a put for a PV without write');
      let isAnswered = false;
      const answered = write(pv, put.write).then(() => {
        isAnswered = true;
      });
      if (put.complete !== undefined) {
        await settle();
        check(!isAnswered, 'the put was answered before it was done');
        await put.complete();
      }
      await answered;
      await settle();
      if (!('expected' in put)) return;
      const content = contentOf(fixture, await readNow(pv));
      check(isSame(content, put.expected), `after the put a read gives ${show(content)}`);
    },
  ],
  [
    'a put that does not fit is refused and changes nothing (ARC-D-7, ARC-D-8)',
    async (fixture, settle) => {
      const { badPut, pv } = fixture;
      if (badPut === undefined) return;
      const before = contentOf(fixture, await readNow(pv));
      let error: unknown;
      try {
        await write(pv, badPut);
      } catch (thrown) {
        error = thrown;
      }
      await settle();
      check(error !== undefined, 'the put was accepted');
      check(isEpicsError(error), `the put was refused by an error without code: ${errorText(error)}`);
      const after = contentOf(fixture, await readNow(pv));
      check(isSame(before, after), `the refused put changed ${show(before)} to ${show(after)}`);
    },
  ],
  [
    'the end of the PV is told once to sinks and listeners, then there is silence (ARC-D-5)',
    async (fixture, settle) => {
      if (fixture.close === undefined) return;
      const probe = new Probe(fixture);
      const stop = asSource(fixture.pv).monitor(probe, context);
      let closes = 0;
      let stoppedCloses = 0;
      fixture.pv.onClose(() => {
        closes++;
      });
      fixture.pv.onClose(() => {
        stoppedCloses++;
      })();
      await settle();
      await fixture.close();
      await settle();
      check(closes === 1, `onClose was called ${closes} times`);
      check(stoppedCloses === 0, 'a stopped onClose listener was called');
      const { calls } = probe;
      check(probe.closes.length <= 1, 'the sink was closed twice');
      stop();
      await settle();
      check(probe.calls === calls, 'the sink was called after the end');
    },
  ],
];

/** A source under test. */
export interface PvSourceFixture {
  readonly source: PvSource;
  /** A name that is served. */
  readonly name: string;
  /** A name that is not served. */
  readonly unknownName: string;
  dispose?(): MaybePromise<void>;
}

/** The rules that every source of PVs has to keep towards servers (ARC-D-1 to D-3). */
export function pvSourceContract(make: () => MaybePromise<PvSourceFixture>): readonly ContractCase[] {
  const asCase = (name: string, body: (fixture: PvSourceFixture) => Promise<void>): ContractCase => ({
    name,
    run: async () => {
      const fixture = await make();
      try {
        await body(fixture);
      } finally {
        await fixture.dispose?.();
      }
    },
  });
  return [
    asCase('a name that the source claims can be opened (ARC-D-2)', async ({ source, name }) => {
      check(source.claims(name, peer) !== 0, `"${name}" is not claimed`);
      check((await source.open(name, peer)) !== undefined, `"${name}" is claimed but not opened`);
    }),
    asCase('an unknown name is neither claimed nor opened (ARC-D-2)', async ({ source, unknownName }) => {
      check(source.claims(unknownName, peer) !== 1, `"${unknownName}" is claimed`);
      check((await source.open(unknownName, peer)) === undefined, `"${unknownName}" is opened`);
    }),
    asCase('the same object is given for the same PV (ARC-D-3)', async ({ source, name }) => {
      const first = await source.open(name, peer);
      check(first === (await source.open(name, peer)), 'two opens of one name give two objects');
    }),
    asCase('a static list has the name (ARC-D-1)', async ({ source, name }) => {
      const list = source.list?.();
      if (list === undefined || list.isDynamic) return;
      check([...list.names].includes(name), `"${name}" is not in the list`);
    }),
  ];
}
