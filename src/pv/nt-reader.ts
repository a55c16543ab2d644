import { type FieldDesc, scalarNameOf, TypeCode, type Value } from '../pvdata/index.ts';
import { fromNtAlarm, isSameAlarm, noAlarm } from './alarm.ts';
import { type EventFields, eventFieldsOf, isEnumDesc } from './marks.ts';
import { emptyMetadataOf, isSameMetadata, makeMetadata } from './metadata.ts';
import type { Alarm, ElementType, Limit, Metadata, PvValue, Severity, Snapshot, TimeStamp } from './model.ts';
import { makeSnapshot } from './model.ts';
import { toElementType } from './scalar-type.ts';
import { makeTimeStamp, undefinedTime } from './time.ts';

const metaPaths = [
  'display.limitLow',
  'display.limitHigh',
  'display.description',
  'descriptor',
  'display.units',
  'display.precision',
  'display.form.index',
  'control.limitLow',
  'control.limitHigh',
  'control.minStep',
  'valueAlarm.active',
  'valueAlarm.lowAlarmLimit',
  'valueAlarm.lowWarningLimit',
  'valueAlarm.highWarningLimit',
  'valueAlarm.highAlarmLimit',
  'valueAlarm.lowAlarmSeverity',
  'valueAlarm.lowWarningSeverity',
  'valueAlarm.highWarningSeverity',
  'valueAlarm.highAlarmSeverity',
  'valueAlarm.hysteresis',
] as const;
type MetaPath = (typeof metaPaths)[number];

/** Turns structures that have a scalar, array or enum `value` into snapshots. */
export class NtReader {
  readonly desc: FieldDesc;
  readonly element: ElementType;
  readonly isArray: boolean;
  /** Slot of the value itself; of an enum its index. */
  readonly valueOffset: number;
  readonly fields: EventFields;
  readonly #choices: number;
  readonly #alarm: readonly [severity: number, status: number, message: number];
  readonly #time: readonly [seconds: number, nanoseconds: number, userTag: number];
  readonly #meta: Readonly<Record<MetaPath, number>>;
  #lastAlarm: Alarm;
  #lastSeverity: number;
  #lastStatus: number;
  #lastMessage: string;
  #lastMeta: Metadata;

  private constructor(desc: FieldDesc, valueDesc: FieldDesc, element: ElementType) {
    const isEnum = element === 'enum';
    this.desc = desc;
    this.element = element;
    this.isArray = valueDesc.isArray;
    this.valueOffset = desc.offsetOf(isEnum ? 'value.index' : 'value');
    this.fields = eventFieldsOf(desc);
    this.#choices = isEnum ? desc.offsetOf('value.choices') : -1;
    const find = (path: string): number => desc.findOffset(path);
    this.#alarm = [find('alarm.severity'), find('alarm.status'), find('alarm.message')];
    this.#time = [
      find('timeStamp.secondsPastEpoch'),
      find('timeStamp.nanoseconds'),
      find('timeStamp.userTag'),
    ];
    this.#meta = Object.fromEntries(metaPaths.map((path) => [path, find(path)])) as Record<MetaPath, number>;
    this.#lastAlarm = noAlarm;
    // No alarm on the wire has this severity.
    this.#lastSeverity = Number.NaN;
    this.#lastStatus = 0;
    this.#lastMessage = '';
    this.#lastMeta = emptyMetadataOf(element);
  }

  /** A reader for the type, undefined when it has no such `value`. */
  static of(desc: FieldDesc): NtReader | undefined {
    const offset = desc.isStruct ? desc.findOffset('value') : -1;
    if (offset < 0) return undefined;
    const value = desc.fieldAt(offset);
    if (isEnumDesc(value)) return new NtReader(desc, value, 'enum');
    if (value.code === TypeCode.BoundedString) return new NtReader(desc, value, 'string');
    const name = scalarNameOf(value.code);
    return name === undefined ? undefined : new NtReader(desc, value, toElementType(name));
  }

  /** The metadata of the latest snapshot. */
  get meta(): Metadata {
    return this.#lastMeta;
  }

  /**
   * The snapshot that a structure stands for. Alarm and metadata keep their identity as long as they say the same.
   *
   * @param hasSameMeta true when the metadata are known to be those of the previous call.
   */
  snapshot(value: Value, hasSameMeta = false): Snapshot {
    if (!hasSameMeta) {
      const meta = this.#readMeta(value);
      if (!isSameMetadata(meta, this.#lastMeta)) this.#lastMeta = meta;
    }
    const alarm = this.#readAlarm(value);
    if (!isSameAlarm(alarm, this.#lastAlarm)) this.#lastAlarm = alarm;
    return makeSnapshot(
      value.at(this.valueOffset) as PvValue,
      this.#lastAlarm,
      this.#readTime(value),
      this.#lastMeta,
    );
  }

  #readAlarm(value: Value): Alarm {
    const [severityAt, statusAt, messageAt] = this.#alarm;
    if (severityAt < 0) return noAlarm;
    const severity = numberAt(value, severityAt);
    const status = numberAt(value, statusAt);
    const message = textAt(value, messageAt);
    // Most updates bring the alarm of the one before; looking its condition up by name is the costly part.
    if (severity === this.#lastSeverity && status === this.#lastStatus && message === this.#lastMessage) {
      return this.#lastAlarm;
    }
    this.#lastSeverity = severity;
    this.#lastStatus = status;
    this.#lastMessage = message;
    return fromNtAlarm(severity, status, message);
  }

  #readTime(value: Value): TimeStamp {
    const [seconds, nanoseconds, userTag] = this.#time;
    if (seconds < 0) return undefinedTime;
    return makeTimeStamp(
      numberAt(value, seconds),
      nanoseconds < 0 ? 0 : numberAt(value, nanoseconds),
      userTag < 0 ? 0 : numberAt(value, userTag),
    );
  }

  #readMeta(value: Value): Metadata {
    const { element } = this;
    const limit = (path: MetaPath): Limit => limitAt(value, this.#meta[path], element);
    const number = (path: MetaPath): number => numberAt(value, this.#meta[path]);
    const severity = (path: MetaPath): Severity => Math.min(3, Math.max(0, number(path))) as Severity;
    const choices: unknown = this.#choices < 0 ? undefined : value.at(this.#choices);
    return makeMetadata(
      {
        description: textAt(value, this.#meta['display.description']) || textAt(value, this.#meta.descriptor),
        units: textAt(value, this.#meta['display.units']),
        precision: number('display.precision'),
        form: number('display.form.index'),
        display: { low: limit('display.limitLow'), high: limit('display.limitHigh') },
        control: {
          low: limit('control.limitLow'),
          high: limit('control.limitHigh'),
          minStep: limit('control.minStep'),
        },
        alarmLimits: {
          isActive:
            this.#meta['valueAlarm.active'] >= 0 && value.at(this.#meta['valueAlarm.active']) === true,
          lolo: limit('valueAlarm.lowAlarmLimit'),
          low: limit('valueAlarm.lowWarningLimit'),
          high: limit('valueAlarm.highWarningLimit'),
          hihi: limit('valueAlarm.highAlarmLimit'),
          loloSeverity: severity('valueAlarm.lowAlarmSeverity'),
          lowSeverity: severity('valueAlarm.lowWarningSeverity'),
          highSeverity: severity('valueAlarm.highWarningSeverity'),
          hihiSeverity: severity('valueAlarm.highAlarmSeverity'),
          hysteresis: limit('valueAlarm.hysteresis'),
        },
        choices: Array.isArray(choices) ? (choices as readonly string[]) : [],
      },
      element,
    );
  }
}

function numberAt(value: Value, offset: number): number {
  if (offset < 0) return 0;
  const slot = value.at(offset);
  return typeof slot === 'number' ? slot : typeof slot === 'bigint' ? Number(slot) : 0;
}

function textAt(value: Value, offset: number): string {
  const slot = offset < 0 ? '' : value.at(offset);
  return typeof slot === 'string' ? slot : '';
}

/** A limit; bigint for 64-bit elements, whatever type the peer gave it. */
function limitAt(value: Value, offset: number, element: ElementType): Limit {
  const slot = offset < 0 ? 0 : value.at(offset);
  const isBig = element === 'int64' || element === 'uint64';
  if (typeof slot === 'bigint') return isBig ? slot : Number(slot);
  if (typeof slot !== 'number') return isBig ? 0n : 0;
  if (!isBig) return slot;
  return Number.isFinite(slot) ? BigInt(Math.trunc(slot)) : 0n;
}
