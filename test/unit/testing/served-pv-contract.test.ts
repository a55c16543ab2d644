import { describe, expect, it } from 'vitest';
import { noAlarm } from '../../../src/pv/alarm.ts';
import { makeMetadata } from '../../../src/pv/metadata.ts';
import { Event, makeSnapshot, type Snapshot } from '../../../src/pv/model.ts';
import { MonitorList } from '../../../src/pv/monitor-list.ts';
import { makeScalarType } from '../../../src/pv/scalar-type.ts';
import { SharedPv } from '../../../src/pv/shared-pv.ts';
import { Rights, type ScalarWrite, type ServedScalarPv, type UpdateSink } from '../../../src/pv/source.ts';
import { StaticSource } from '../../../src/pv/static-source.ts';
import { undefinedTime } from '../../../src/pv/time.ts';
import { pvSourceContract, type ServedPvFixture, servedPvContract } from '../../../src/testing/index.ts';
import { once, type Stop } from '../../../src/util/index.ts';

const meta = makeMetadata({ units: 'mm' });

/** A PV that keeps the contract except in what a test overrides. */
class Pv implements ServedScalarPv {
  readonly name = 'X';
  readonly className = 'test';
  readonly type = makeScalarType('float64');
  readonly monitors = new MonitorList<Snapshot>();
  readonly closing: ((reason?: Error) => void)[] = [];
  state: Snapshot = makeSnapshot(0, noAlarm, undefinedTime, meta);
  rights(): Rights {
    return Rights.ReadWrite;
  }
  read(): Snapshot {
    return this.state;
  }
  write(write: ScalarWrite): void | Promise<void> {
    this.post(write.value as number);
  }
  post(value: number): void {
    this.state = makeSnapshot(value, noAlarm, undefinedTime, meta);
    this.tell(this.state);
  }
  tell(state: Snapshot): void {
    this.monitors.post(state, Event.Value);
  }
  monitor(sink: UpdateSink<Snapshot>): Stop {
    return this.monitors.add(sink, this.state);
  }
  onClose(listener: (reason?: Error) => void): Stop {
    this.closing.push(listener);
    return once(() => this.closing.splice(this.closing.indexOf(listener), 1));
  }
  close(): void {
    for (const listener of [...this.closing]) listener();
    this.monitors.close();
  }
}

const fixtureOf = (pv: Pv): ServedPvFixture => ({
  pv,
  change: (n) => pv.post(n),
  expected: (n) => n,
  put: { write: { element: 'float64', value: 5 }, expected: 5 },
  close: () => pv.close(),
});

/** Names of the rules that the PV breaks. */
async function broken(
  make: () => Pv,
  change?: (fixture: ServedPvFixture) => ServedPvFixture,
): Promise<string[]> {
  const names: string[] = [];
  for (const { name, run } of servedPvContract(() => (change ?? ((same) => same))(fixtureOf(make())))) {
    await run().catch(() => names.push(name));
  }
  return names;
}

describe('servedPvContract', () => {
  it('finds nothing wrong with a PV that keeps it', async () => {
    expect(await broken(() => new Pv())).toEqual([]);
  });

  it('notices a missing first update', async () => {
    const names = await broken(
      () =>
        new (class extends Pv {
          override monitor(sink: UpdateSink<Snapshot>): Stop {
            return this.monitors.add(sink);
          }
        })(),
    );
    expect(names.some((name) => name.startsWith('monitor delivers the current state first'))).toBe(true);
  });

  it('notices a first update with too few events', async () => {
    const names = await broken(
      () =>
        new (class extends Pv {
          override monitor(sink: UpdateSink<Snapshot>): Stop {
            const stop = this.monitors.add(sink);
            sink.update(this.state, Event.Value);
            return stop;
          }
        })(),
    );
    expect(names).toEqual([expect.stringContaining('monitor delivers the current state first')]);
  });

  it('notices lost updates', async () => {
    let n = 0;
    const names = await broken(
      () =>
        new (class extends Pv {
          override tell(state: Snapshot): void {
            if (++n % 2 === 0) super.tell(state);
          }
        })(),
    );
    expect(names.some((name) => name.startsWith('updates arrive in post order'))).toBe(true);
  });

  it('notices calls after Stop', async () => {
    const names = await broken(
      () =>
        new (class extends Pv {
          override monitor(sink: UpdateSink<Snapshot>): Stop {
            super.monitor(sink);
            return () => {};
          }
        })(),
    );
    expect(names.some((name) => name.startsWith('a stopped sink hears nothing'))).toBe(true);
    expect(names.some((name) => name.startsWith('subscribers of one key'))).toBe(false);
  });

  it('notices a Stop that ends the monitor of another sink', async () => {
    const names = await broken(
      () =>
        new (class extends Pv {
          sinks: UpdateSink<Snapshot>[] = [];
          override tell(state: Snapshot): void {
            for (const sink of this.sinks) sink.update(state, Event.Value);
          }
          override monitor(sink: UpdateSink<Snapshot>): Stop {
            this.sinks.push(sink);
            sink.update(this.state, Event.All);
            return () => this.sinks.pop();
          }
        })(),
    );
    expect(names.some((name) => name.startsWith('Stop may be called again'))).toBe(true);
  });

  it('notices data that is changed after delivery', async () => {
    const names = await broken(
      () =>
        new (class extends Pv {
          shared = { value: 0, alarm: noAlarm, time: undefinedTime, meta };
          override post(value: number): void {
            this.shared.value = value;
            this.state = this.shared;
            this.tell(this.shared);
          }
        })(),
    );
    expect(names).toContain('data once delivered is never changed again (ARC-D-9)');
  });

  it('notices metadata that is made anew for each update', async () => {
    const names = await broken(
      () =>
        new (class extends Pv {
          override post(value: number): void {
            this.state = makeSnapshot(value, noAlarm, undefinedTime, makeMetadata({ units: 'mm' }));
            this.tell(this.state);
          }
        })(),
    );
    expect(names).toEqual(['metadata keeps its identity while no property changes (ARC-D-10)']);
  });

  it('notices a read that lags behind', async () => {
    const first = makeSnapshot(0, noAlarm, undefinedTime, meta);
    const names = await broken(
      () =>
        new (class extends Pv {
          override read(): Snapshot {
            return first;
          }
        })(),
    );
    expect(names).toContain('a read gives the state after the latest change (ARC-D-5)');
    expect(names).toContain('a late subscriber gets the present state with everything marked (ARC-D-4)');
  });

  it('notices a put that is answered too early or refused wrongly', async () => {
    const early = await broken(
      () => new Pv(),
      (fixture) => ({ ...fixture, put: { write: { element: 'float64', value: 5 }, complete: () => {} } }),
    );
    expect(early).toEqual([expect.stringContaining('a put is answered when it is done')]);
    const accepted = await broken(
      () => new Pv(),
      (fixture) => ({ ...fixture, badPut: { element: 'float64', value: 1 } }),
    );
    expect(accepted).toEqual([expect.stringContaining('a put that does not fit is refused')]);
  });

  it('notices an end that is told twice', async () => {
    const names = await broken(
      () =>
        new (class extends Pv {
          override close(): void {
            super.close();
            super.close();
          }
        })(),
    );
    expect(names).toEqual([expect.stringContaining('the end of the PV is told once')]);
  });
});

describe('pvSourceContract', () => {
  const source = new StaticSource().add('X', new SharedPv().open({ element: 'int32' }));
  for (const { name, run } of pvSourceContract(() => ({ source, name: 'X', unknownName: 'Y' })))
    it(name, run);

  it('notices a source that claims too much, or gives new objects', async () => {
    const failing: string[] = [];
    const liar = {
      name: 'liar',
      claims: () => 1 as const,
      open: () => new SharedPv().open({ element: 'int32' }).served,
      list: () => ({ names: [], isDynamic: false }),
    };
    for (const { name, run } of pvSourceContract(() => ({ source: liar, name: 'X', unknownName: 'Y' }))) {
      await run().catch(() => failing.push(name));
    }
    expect(failing).toHaveLength(3);
  });
});
