import type { NameEvent } from '../pv/index.ts';
import {
  type Clock,
  ClosedError,
  ConfigError,
  Deadlines,
  errorText,
  getLogger,
  Listeners,
  type Logger,
  type Stop,
  systemClock,
  utf8Length,
} from '../util/index.ts';
import { MirrorState } from './device/mirror-state.ts';
import { deviceView } from './device/soft.ts';
import { type FieldPv, fieldScalarType, hasLongForm, makeFieldPv } from './field-pv.ts';
import { DbLinks, splitTarget } from './links/db-link.ts';
import { loadField } from './load-field.ts';
import { ProcessPass } from './pass.ts';
import { processRecord } from './process.ts';
import type { IocContext, RecordBase, RecordType } from './record.ts';
import type {
  FieldValues,
  MirrorRecordHandle,
  MirrorRecordOptions,
  RecordHandle,
  RecordOptions,
} from './record-handle.ts';
import { RecordView } from './record-view.ts';
import { Scanner } from './scan/scanner.ts';
import { recordTypes } from './types/index.ts';

/** Bytes of the longest record name. */
export const LONGEST_NAME = 60;
const Pini = { No: 0, Yes: 1, Run: 2, Running: 3, Pause: 4, Paused: 5 } as const;

/** Settings of a {@link Database}. */
export interface DatabaseOptions {
  /** Default: the clock of this machine. */
  readonly clock?: Clock;
  /** Default: the logger `epics.ioc`. */
  readonly logger?: Logger;
}

interface Entry {
  readonly record: RecordBase;
  readonly view: RecordView;
  readonly aliases: string[];
  /** Open fields by name, `$` included. */
  readonly pvs: Map<string, FieldPv>;
}

/**
 * Records by name. Records come and go while clients are connected; many databases may live in one process.
 *
 * @example
 * const database = new Database();
 * database.addRecord('ai', 'TEMP', { VAL: 20, EGU: 'C', HIHI: 50, HHSV: 'MAJOR' });
 */
export class Database {
  readonly clock: Clock;
  readonly #logger: Logger;
  readonly #names = new Map<string, Entry>();
  readonly #entries = new Set<Entry>();
  readonly #context: IocContext;
  readonly #scanner: Scanner;
  readonly #deadlines: Deadlines;
  readonly #listeners: Listeners<NameEvent>;
  #isRunning = false;
  #hasStarted = false;

  constructor(options: DatabaseOptions = {}) {
    const clock = options.clock ?? systemClock;
    const logger = options.logger ?? getLogger('epics.ioc');
    this.clock = clock;
    this.#logger = logger;
    this.#scanner = new Scanner(clock, logger);
    this.#deadlines = new Deadlines(clock);
    this.#listeners = new Listeners((error) =>
      logger.error({ error: errorText(error) }, 'name listener failed'),
    );
    this.#context = {
      clock,
      logger,
      deadlines: this.#deadlines,
      pass: new ProcessPass(clock),
      links: new DbLinks(),
      find: (name) => this.#names.get(name)?.record,
      scanOnce: (record) => this.#scanner.scanOnce(record),
      relist: (record) => this.#scanner.relist(record),
    };
  }

  /** Number of records. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * Adds a record. It can be found at once; after {@link start} PINI and SCAN act at once too.
   * @throws {ConfigError} EPICS_CONFIG: unknown type or field, bad value, name taken, empty or longer than 60 bytes.
   */
  addRecord(
    type: string,
    name: string,
    fields: FieldValues,
    options: MirrorRecordOptions,
  ): MirrorRecordHandle;
  addRecord(type: string, name: string, fields?: FieldValues, options?: RecordOptions): RecordHandle;
  addRecord(type: string, name: string, fields: FieldValues = {}, options: RecordOptions = {}): RecordHandle {
    const recordType = recordTypes.get(type);
    if (recordType === undefined) {
      throw new ConfigError(`record "${name}": there is no record type "${type}"`, {
        pvName: name,
        key: type,
      });
    }
    const aliases = options.aliases ?? [];
    for (const [index, each] of [name, ...aliases].entries())
      this.#checkName(each, index === 0 ? 'record' : 'alias');
    const record = this.#make(recordType, name, fields, options);
    const entry: Entry = { record, view: new RecordView(record), aliases: [...aliases], pvs: new Map() };
    this.#entries.add(entry);
    for (const each of [name, ...aliases]) this.#names.set(each, entry);
    this.#scanner.relist(record);
    if (this.#hasStarted && record.PINI === Pini.Yes) processRecord(record);
    for (const each of [name, ...aliases]) this.#listeners.emit({ type: 'added', name: each });
    return entry.view;
  }

  #checkName(name: string, what: string): void {
    if (name === '') throw new ConfigError(`a ${what} needs a name`);
    if (utf8Length(name) > LONGEST_NAME) {
      throw new ConfigError(`${what} name "${name}" is longer than ${LONGEST_NAME} bytes`, { pvName: name });
    }
    if (/[\s"'$]/.test(name)) {
      throw new ConfigError(`${what} name "${name}" holds a blank, a quote or a dollar sign`, {
        pvName: name,
      });
    }
    if (this.#names.has(name)) throw new ConfigError(`record "${name}" already exists`, { pvName: name });
  }

  #make(type: RecordType, name: string, fields: FieldValues, options: RecordOptions): RecordBase {
    const info = new Map(Object.entries(options.info ?? {}));
    const record = type.create({ name, type, context: this.#context, info, device: options.device });
    if (options.mirror !== undefined) record.mirror = new MirrorState(record, options.mirror);
    // VAL last: its size and type come from other fields.
    for (const [field, value] of Object.entries(fields)) if (field !== 'VAL') loadField(record, field, value);
    const { VAL } = fields;
    if (VAL !== undefined) loadField(record, 'VAL', VAL);
    if (record.UDF !== 0) record.setAlarm(record.STAT, record.UDFS, '');
    record.initRecord();
    options.device?.init?.(deviceView(record));
    const initial = options.mirror?.initial;
    if (initial !== undefined) record.mirror?.publish(initial.value, initial.alarm, initial.time);
    return record;
  }

  /** Removes a record, by its name or an alias, with all its names; its channels are disconnected. False: there is none. */
  removeRecord(name: string): boolean {
    const entry = this.#names.get(name);
    if (entry === undefined) return false;
    const { record } = entry;
    record.isRemoved = true;
    this.#scanner.remove(record);
    const names = [record.NAME, ...entry.aliases];
    for (const each of names) this.#names.delete(each);
    this.#entries.delete(entry);
    record.notify?.release(record);
    for (const next of record.waitingPuts.splice(0)) next();
    const reason = new ClosedError(`record "${record.NAME}" was removed`, { pvName: record.NAME });
    for (const pv of entry.pvs.values()) pv.close(reason);
    entry.pvs.clear();
    for (const each of names) this.#listeners.emit({ type: 'removed', name: each });
    return true;
  }

  /** The record of that name or alias. */
  find(name: string): RecordHandle | undefined {
    return this.#names.get(name)?.view;
  }

  /**
   * Gives a record one more name.
   * @throws {ConfigError} EPICS_CONFIG when there is no such record or the alias is taken.
   */
  addAlias(name: string, alias: string): void {
    const entry = this.#names.get(name);
    if (entry === undefined)
      throw new ConfigError(`alias "${alias}": there is no record "${name}"`, { pvName: name });
    this.#checkName(alias, 'alias');
    entry.aliases.push(alias);
    this.#names.set(alias, entry);
    this.#listeners.emit({ type: 'added', name: alias });
  }

  /** All records, in the order in which they were added. */
  records(): readonly RecordHandle[] {
    return [...this.#entries].map((entry) => entry.view);
  }

  /** Names and aliases of all records. */
  names(): IterableIterator<string> {
    return this.#names.keys();
  }

  /** Calls `listener` for each name that comes or goes. */
  onNames(listener: (event: NameEvent) => void): Stop {
    return this.#listeners.add(listener);
  }

  /** Tells whether a channel name can be opened: `RECORD`, `RECORD.FIELD`, with `$` after text fields. */
  has(name: string): boolean {
    return this.#names.has(name) || this.#locate(name) !== undefined;
  }

  /** The PV of a channel name; the same object while the field keeps its type. */
  openField(name: string): FieldPv | undefined {
    const found = this.#locate(name);
    if (found === undefined) return undefined;
    const { entry, field, isLong } = found;
    const key = isLong ? `${field.name}$` : field.name;
    const open = entry.pvs.get(key);
    if (open !== undefined && open.type.element === fieldScalarType(entry.record, field, isLong).element)
      return open;
    const pv = makeFieldPv(entry.record, field, isLong);
    entry.pvs.set(key, pv);
    return pv;
  }

  #locate(name: string): { entry: Entry; field: FieldPv['field']; isLong: boolean } | undefined {
    // Record names may hold dots and brackets: the whole name goes first.
    const whole = this.#names.get(name);
    if (whole === undefined && !name.includes('.') && !name.endsWith('$')) return undefined;
    const parts = whole === undefined ? splitTarget(name) : { record: name, field: 'VAL', isLong: false };
    const entry = whole ?? this.#names.get(parts.record);
    const field = entry?.record.type.byName.get(parts.field);
    if (entry === undefined || field === undefined || field.type === 'noaccess') return undefined;
    if (parts.isLong && !hasLongForm(field)) return undefined;
    return { entry, field, isLong: parts.isLong };
  }

  /** Processes the records that wait for an event: SCAN Event and EVNT of that name or number. */
  postEvent(event: string | number): void {
    this.#scanner.postEvent(event);
  }

  /** Processes PINI records and starts scanning. Calling it while it runs does nothing. */
  async start(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    if (!this.#hasStarted) this.#runPini(Pini.Yes);
    this.#hasStarted = true;
    this.#runPini(Pini.Run);
    this.#scanner.start();
    this.#runPini(Pini.Running);
  }

  /** Stops scanning; the records stay and clients may still process them. {@link start} goes on. */
  pause(): void {
    if (!this.#isRunning) return;
    this.#isRunning = false;
    this.#runPini(Pini.Pause);
    this.#scanner.stop();
    this.#runPini(Pini.Paused);
  }

  #runPini(pass: number): void {
    const records = [...this.#entries].map((entry) => entry.record).filter((record) => record.PINI === pass);
    // A stable sort: insertion order within a phase.
    for (const record of records.sort((a, b) => a.PHAS - b.PHAS)) processRecord(record);
  }

  /** Stops scanning and timers and removes all records. Idempotent. */
  async close(): Promise<void> {
    this.#isRunning = false;
    this.#scanner.stop();
    for (const entry of [...this.#entries]) this.removeRecord(entry.record.NAME);
    this.#deadlines.clear();
    this.#logger.debug('database closed');
  }
}
