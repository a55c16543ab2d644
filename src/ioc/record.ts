import {
  type Alarm,
  type ElementType,
  EPICS_EPOCH_SECONDS,
  type EventMask,
  type Limits,
  type Metadata,
  makeAlarm,
  makeTimeStamp,
  type PvValue,
  type Severity,
  type TimeStamp,
} from '../pv/index.ts';
import { type Clock, cutUtf8, type Deadlines, type Logger, type Stop } from '../util/index.ts';
import type { FieldDef, FieldType } from './dbd/field-def.ts';
import { CommonFields } from './dbd/tables/common.ts';
import type { DeviceSupport } from './device/device-support.ts';
import type { MirrorState } from './device/mirror-state.ts';
import type { Link } from './links/link.ts';
import type { Notify } from './notify.ts';
import type { ProcessPass } from './pass.ts';

/** What a field holds. */
export type Slot = number | bigint | string | Link | Exclude<PvValue, boolean | readonly boolean[]>;

/** Reads and writes through link fields. */
export interface LinkAccess {
  /** Value of the link's target as `want`; undefined when there is none, after raising LINK/INVALID if that is a fault. */
  read(record: RecordBase, field: string, want: FieldType): PvValue | undefined;
  /** Value of the link's target as array of the record's FTVL with at most `most` elements. */
  readArray(record: RecordBase, field: string, most: number): PvValue | undefined;
  /** Value of a constant link, undefined otherwise. */
  constant(record: RecordBase, field: string): PvValue | undefined;
  /** Writes to the link's target. */
  write(record: RecordBase, field: string, value: PvValue, element: ElementType): void;
  /** Processes the target of FLNK. */
  forward(record: RecordBase): void;
  /** Copies the time stamp of the link's target. */
  copyTime(record: RecordBase, field: string): boolean;
}

/** What a record needs of its database. */
export interface IocContext {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly deadlines: Deadlines;
  readonly pass: ProcessPass;
  readonly links: LinkAccess;
  find(name: string): RecordBase | undefined;
  /** Processes a record on a later turn. */
  scanOnce(record: RecordBase): void;
  /** SCAN, PHAS, EVNT or PRIO changed. */
  relist(record: RecordBase): void;
}

/** A record type: its table, and how to make one. */
export interface RecordType {
  readonly name: string;
  /** dbCommon first, in DBD order. */
  readonly fields: readonly FieldDef[];
  readonly byName: ReadonlyMap<string, FieldDef>;
  /** DTYP choices. */
  readonly devices: readonly string[];
  readonly create: (init: RecordInit) => RecordBase;
}

/** What a record is made from. */
export interface RecordInit {
  readonly name: string;
  readonly type: RecordType;
  readonly context: IocContext;
  readonly info: ReadonlyMap<string, string>;
  readonly device: DeviceSupport | undefined;
}

/** Somebody who wants the events of one field. */
export interface FieldWatcher {
  onPost(mask: EventMask): void;
}

/** Outcome of reading an input: nothing, a value in VAL (or VAL kept on purpose), a raw value to convert. */
export const Reading = { Failed: 0, Value: 1, Raw: 2 } as const;
export type Reading = (typeof Reading)[keyof typeof Reading];

const noLimits: Limits = { low: 0, high: 0 };

/** Base of all record types: dbCommon, alarm and posting state. Each type adds its fields and its processing. */
export abstract class RecordBase extends CommonFields {
  readonly type: RecordType;
  readonly context: IocContext;
  readonly infoTags: ReadonlyMap<string, string>;
  device: DeviceSupport | undefined;
  mirror: MirrorState | undefined = undefined;
  /** POSIX epoch. */
  timeSeconds: number = EPICS_EPOCH_SECONDS;
  timeNanoseconds = 0;
  isRemoved = false;
  /** True while the record's own synchronous processing is on the stack. */
  isInside = false;
  /** What the running processing read: see `Reading`. */
  reading: Reading = 0;
  /** Completion that waits for this record. */
  notify: Notify | undefined = undefined;
  /** Puts with completion that wait until the record is idle, oldest first. */
  readonly waitingPuts: (() => void)[] = [];
  /** Goes up whenever metadata changes. */
  propertyCount = 0;
  #watchers: Map<string, FieldWatcher[]> | undefined = undefined;
  #alarm: Alarm | undefined = undefined;

  constructor(init: RecordInit) {
    super();
    this.NAME = init.name;
    this.type = init.type;
    this.context = init.context;
    this.infoTags = init.info;
    this.device = init.device;
  }

  /** Attribute: name of the record type. */
  get RTYP(): string {
    return this.type.name;
  }
  /** Attribute: version of the record type. */
  get VERS(): string {
    return 'none specified';
  }

  /** Called once all fields are set: loads constants, derives hidden state. */
  initRecord(): void {}
  /** First half of processing: reads the input, or computes and writes the output. A promise keeps the record active. */
  abstract start(): Promise<void> | undefined;
  /** Second half: time stamp, conversion, alarms, posting. */
  abstract finish(): void;
  /** Posts VAL and what depends on it. @param alarmMask events that the alarm change asks for. */
  abstract postValue(alarmMask: EventMask): void;
  /** Stores a value in VAL, converted; UDF is set accordingly. */
  abstract storeValue(value: PvValue): void;
  /** VAL of an array record was replaced by a put: NORD follows. */
  arrayStored(): void {}
  /** Stores a raw value for conversion; record types without RVAL take it as VAL. */
  storeRaw(raw: number): void {
    this.storeValue(raw);
  }
  /** The input is a constant: VAL stays as it is. */
  keepValue(): void {
    this.UDF = 0;
  }
  /** What an output record sends to its device. */
  outputValue(): PvValue {
    return 0;
  }
  /** Hook around a put of a field with a special. */
  special(_field: string, _isAfter: boolean): void {}

  /** Slot of a field that the type's table has. */
  slot(name: string): Slot {
    return (this as Readonly<Record<string, unknown>>)[name] as Slot;
  }
  /** Sets a slot without conversion, hooks or events. */
  setSlot(name: string, value: Slot): void {
    (this as Record<string, unknown>)[name] = value;
  }

  /** Takes what `onGet` of device support gave: stores and posts it without processing. */
  takeRefresh(value: PvValue | undefined): void {
    if (value === undefined || this.isRemoved) return;
    this.storeValue(value);
    const { now } = this.context.pass;
    this.timeSeconds = now.seconds;
    this.timeNanoseconds = now.nanoseconds;
    this.postValue(0);
  }

  // Metadata of a field; record types override.
  unitsOf(_field: FieldDef): string {
    return '';
  }
  /** Undefined: the field has no precision. */
  precisionOf(_field: FieldDef): number | undefined {
    return undefined;
  }
  /** Undefined: the range of the field's type. Record types without limits report none for any field. */
  displayOf(_field: FieldDef): Limits | undefined {
    return noLimits;
  }
  controlOf(_field: FieldDef): Limits | undefined {
    return noLimits;
  }
  alarmLimitsOf(_field: FieldDef): Metadata['alarmLimits'] | undefined {
    return undefined;
  }
  /** State texts of the enum field VAL. */
  choices(): readonly string[] {
    return [];
  }

  /** Raises the alarm that processing builds up; only a strictly greater severity replaces. */
  raise(condition: number, severity: number, message = ''): boolean {
    if (severity <= this.NSEV) return false;
    this.NSEV = severity;
    this.NSTA = condition;
    this.NAMSG = message === '' ? '' : cutUtf8(message, 39);
    return true;
  }

  /** Sets the current alarm. The Alarm object is made when somebody asks for it. */
  setAlarm(condition: number, severity: number, message: string): void {
    this.STAT = condition;
    this.SEVR = severity;
    this.AMSG = message;
    this.#alarm = undefined;
  }

  /** The current alarm. */
  get alarm(): Alarm {
    this.#alarm ??= makeAlarm(this.SEVR as Severity, this.STAT, this.AMSG);
    return this.#alarm;
  }
  set alarm(alarm: Alarm) {
    this.#alarm = alarm;
  }

  /** The current time stamp, with the user tag and `Q:time:tag` applied. */
  time(tagBits: number): TimeStamp {
    if (tagBits === 0) {
      return makeTimeStamp(
        this.timeSeconds,
        this.timeNanoseconds,
        this.UTAG === 0n ? 0 : Number(BigInt.asIntN(32, this.UTAG)),
      );
    }
    const size = 2 ** tagBits;
    const tag = this.timeNanoseconds % size;
    return makeTimeStamp(this.timeSeconds, this.timeNanoseconds - tag, tag);
  }

  /** Tells watchers of a field that something happened. Makes nothing when nobody watches. */
  post(field: string, mask: EventMask): void {
    if (this.#watchers === undefined) return;
    const list = this.#watchers.get(field);
    if (list === undefined) return;
    for (const watcher of list) watcher.onPost(mask);
  }

  /** Tells the watchers of every field. */
  postAll(mask: EventMask): void {
    if (this.#watchers === undefined) return;
    for (const list of [...this.#watchers.values()]) for (const watcher of list) watcher.onPost(mask);
  }

  /** Metadata changed: posts DBE_PROPERTY on VAL and the field. */
  propertyChanged(field: string): void {
    this.propertyCount++;
    this.post('VAL', 8);
    if (field !== 'VAL') this.post(field, 8);
  }

  watch(field: string, watcher: FieldWatcher): Stop {
    this.#watchers ??= new Map();
    // A new array each time: a post that is under way goes on with the old one.
    this.#watchers.set(field, [...(this.#watchers.get(field) ?? []), watcher]);
    return () => {
      const left = (this.#watchers?.get(field) ?? []).filter((other) => other !== watcher);
      if (left.length > 0) this.#watchers?.set(field, left);
      else this.#watchers?.delete(field);
      if (this.#watchers?.size === 0) this.#watchers = undefined;
    };
  }
}
