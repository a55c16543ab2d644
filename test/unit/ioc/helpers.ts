import {
  Database,
  type DatabaseOptions,
  type FieldValues,
  IocSource,
  type RecordHandle,
  type RecordOptions,
} from '../../../src/ioc/index.ts';
import {
  type EventMask,
  elementTypeOf,
  isScalarPv,
  localPeer,
  type PvValue,
  ReadOperation,
  type ServedScalarPv,
  type Snapshot,
  WriteOperation,
} from '../../../src/pv/index.ts';
import { ManualClock } from '../../../src/testing/index.ts';
import type { Stop } from '../../../src/util/index.ts';

export const peer = localPeer('tester');

/** A database on a clock that stands still, and what tests do with it. */
export class Bench {
  readonly clock: ManualClock = new ManualClock();
  readonly database: Database;
  readonly source: IocSource;

  constructor(options: DatabaseOptions = {}) {
    this.database = new Database({ clock: this.clock, ...options });
    this.source = new IocSource(this.database);
  }

  add(type: string, name: string, fields: FieldValues = {}, options: RecordOptions = {}): RecordHandle {
    return this.database.addRecord(type, name, fields, options);
  }

  pv(name: string): ServedScalarPv {
    const pv = this.source.open(name, peer);
    if (pv === undefined || !isScalarPv(pv)) throw new Error(`no PV ${name}`);
    return pv;
  }

  get(name: string): PvValue {
    const dot = name.lastIndexOf('.');
    const record = this.database.find(dot < 0 ? name : name.slice(0, dot));
    if (record === undefined) throw new Error(`no record ${name}`);
    return record.getField(dot < 0 ? 'VAL' : name.slice(dot + 1));
  }

  async read(name: string): Promise<Snapshot> {
    return await this.pv(name).read(new ReadOperation('get', peer));
  }

  /** Puts as a client that does not wait, or one that does. */
  async put(
    name: string,
    value: PvValue | undefined,
    wait = false,
    process: 'passive' | 'always' | 'never' = 'passive',
  ): Promise<void> {
    const pv = this.pv(name);
    if (pv.write === undefined) throw new Error(`${name} is read-only`);
    const element = value === undefined ? 'float64' : elementTypeOf(value);
    await pv.write({ element, value }, new WriteOperation(peer, wait, process));
  }

  process(name: string): void {
    this.database.find(name)?.process();
  }

  watch(name: string): Watch {
    return new Watch(this.pv(name));
  }

  /** Severity and condition. */
  alarm(name: string): readonly [number, number] {
    return [this.get(`${name}.SEVR`) as number, this.get(`${name}.STAT`) as number];
  }
}

/** Notes the updates of a PV. */
export class Watch {
  readonly updates: { readonly snapshot: Snapshot; readonly mask: EventMask }[] = [];
  readonly closes: (Error | undefined)[] = [];
  readonly stop: Stop;

  constructor(pv: ServedScalarPv) {
    this.stop = pv.monitor(
      {
        update: (snapshot, mask) => this.updates.push({ snapshot, mask }),
        close: (reason) => this.closes.push(reason),
      },
      { peer, mask: 15, pvRequest: undefined },
    );
  }

  /** Values of the updates whose mask has one of the bits, forgetting them. */
  take(mask: EventMask = 15): PvValue[] {
    return this.updates
      .splice(0)
      .filter((update) => (update.mask & mask) !== 0)
      .map((update) => update.snapshot.value);
  }

  masks(): number[] {
    return this.updates.splice(0).map((update) => update.mask);
  }
}
