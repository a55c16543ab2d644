import {
  type Alarm,
  AlarmCondition,
  elementCount,
  isArrayValue,
  makeAlarm,
  nowStamp,
  type PvValue,
  Severity,
  severityNames,
  type TimeStamp,
} from '../pv/index.ts';
import {
  type Clock,
  ConversionError,
  errorText,
  type Logger,
  type Stop,
  TypeMismatchError,
  utf8Length,
} from '../util/index.ts';
import type { DeviceReading, DeviceSupport } from './device/device-support.ts';
import type { FieldInput, RecordHandle } from './record-handle.ts';

/** Severity by name or number. */
export type SeverityInput = Severity | 'NO_ALARM' | 'MINOR' | 'MAJOR' | 'INVALID';

/** What may come with a value. */
export interface SetOptions {
  readonly severity?: SeverityInput;
  /** Alarm condition 0..21; default STATE when there is a severity. */
  readonly condition?: number;
  readonly message?: string;
  /** Default: now. */
  readonly time?: TimeStamp;
  /** Output records: also call `onUpdate`. Default true. */
  readonly process?: boolean;
}

/** What an output record does with the values it gets. */
export interface OutOptions<V extends PvValue> {
  /** Called with each new value, in order. A promise holds the record back when `blocking`. */
  readonly onUpdate?: (value: V, name: string) => void | Promise<void>;
  /** Call `onUpdate` for unchanged values too. */
  readonly alwaysUpdate?: boolean;
  /** False: the old value comes back and `onUpdate` is not called; the put is not refused. */
  readonly validate?: (value: V, record: OutRecord<V>) => boolean | Promise<boolean>;
  /** Keep the record active until `onUpdate` settles: puts with completion wait for it. */
  readonly blocking?: boolean;
}

/** Which values a record takes. */
export interface ValueRule {
  readonly kind: 'number' | 'integer' | 'bigint' | 'index' | 'string' | 'array';
  /** Largest index, length in bytes, or number of elements. */
  readonly limit: number;
}

function toSeverity(input: SeverityInput): Severity {
  const index = typeof input === 'number' ? input : severityNames.indexOf(input);
  if (index < 0 || index > 3) throw new ConversionError(`there is no severity "${input}"`);
  return index as Severity;
}

function alarmOf(options: SetOptions): Alarm | undefined {
  if (options.severity === undefined) return undefined;
  const severity = toSeverity(options.severity);
  const condition =
    severity === Severity.None ? AlarmCondition.NoAlarm : (options.condition ?? AlarmCondition.State);
  return makeAlarm(severity, condition, options.message);
}

/** Checks a value from code: nothing is converted silently. @throws {TypeMismatchError} {ConversionError} */
export function checkValue(name: string, value: PvValue, rule: ValueRule): void {
  const fail = (wanted: string): never => {
    throw new TypeMismatchError(
      `record "${name}" takes ${wanted}, not ${isArrayValue(value) ? 'an array' : `${typeof value} ${String(value)}`}`,
    );
  };
  switch (rule.kind) {
    case 'number':
      if (typeof value !== 'number') fail('a number');
      break;
    case 'integer':
      if (typeof value !== 'number' || (value | 0) !== value) fail('a 32-bit integer');
      break;
    case 'bigint':
      if (typeof value !== 'bigint' || BigInt.asIntN(64, value) !== value) fail('a 64-bit integer as bigint');
      break;
    case 'index':
      if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > rule.limit)
        fail(`an index 0..${rule.limit}`);
      break;
    case 'string':
      if (typeof value !== 'string') fail('a string');
      else if (utf8Length(value) > rule.limit) {
        throw new ConversionError(
          `record "${name}" takes ${rule.limit} bytes of text, not ${utf8Length(value)}`,
        );
      }
      break;
    default:
      if (!isArrayValue(value)) fail('an array');
      else if (elementCount(value) > rule.limit) {
        throw new ConversionError(
          `record "${name}" takes ${rule.limit} elements, not ${elementCount(value)}`,
        );
      }
  }
}

/** A copy that the record may keep. */
function copyValue<V extends PvValue>(value: V): V {
  return isArrayValue(value) ? (value.slice() as PvValue as V) : value;
}

/** Parts of a record that code made. */
export interface BuilderPart {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly rule: ValueRule;
  /** Makes what code sees of what the record writes; absent: it is the same. */
  readonly decode?: ((value: PvValue) => PvValue) | undefined;
}

/** An input record that code sets. */
export class InRecord<V extends PvValue> {
  readonly name: string;
  readonly device: DeviceSupport;
  readonly #part: BuilderPart;
  #value: V;
  #alarm: Alarm | undefined = undefined;
  #time: TimeStamp;
  #scan: (() => void) | undefined = undefined;
  #handle: RecordHandle | undefined = undefined;

  constructor(name: string, initial: V, part: BuilderPart) {
    this.name = name;
    this.#part = part;
    this.#value = initial;
    this.#time = nowStamp(part.clock);
    this.device = {
      read: (): DeviceReading => ({
        value: this.#value,
        time: this.#time,
        ...(this.#alarm === undefined ? {} : { alarm: this.#alarm }),
      }),
      ioIntr: (scan): Stop => {
        this.#scan = scan;
        return () => {
          this.#scan = undefined;
        };
      },
    };
  }

  /** Connects it with its record; called once by the builder. */
  bind(handle: RecordHandle): this {
    this.#handle = handle;
    return this;
  }

  /**
   * Sets value, alarm and time, and processes the record. Arrays are copied.
   * @throws {TypeMismatchError} EPICS_TYPE; {ConversionError} EPICS_CONVERT when the record does not take the value.
   */
  set(value: V, options: SetOptions = {}): void {
    checkValue(this.name, value, this.#part.rule);
    this.#value = copyValue(value);
    this.#alarm = alarmOf(options);
    this.#time = options.time ?? nowStamp(this.#part.clock);
    if (this.#scan === undefined) this.#handle?.process();
    else this.#scan();
  }

  /** Sets the alarm and keeps the value. */
  setAlarm(severity: SeverityInput, condition: number = AlarmCondition.State, message = ''): void {
    this.set(this.#value, { severity, condition, message });
  }

  /** The value set last, as a copy. */
  get(): V {
    return copyValue(this.#value);
  }

  getField(field: string): PvValue | undefined {
    return this.#handle?.getField(field);
  }
  setField(field: string, value: FieldInput): void {
    this.#handle?.setField(field, value);
  }
}

/** An output record whose values code receives. */
export class OutRecord<V extends PvValue> {
  readonly name: string;
  readonly device: DeviceSupport;
  readonly #part: BuilderPart;
  readonly #options: OutOptions<V>;
  #last: V | undefined;
  #isQuiet = false;
  #extra: { readonly alarm?: Alarm; readonly time?: TimeStamp } = {};
  #queue: Promise<void> = Promise.resolve();
  #handle: RecordHandle | undefined = undefined;

  constructor(name: string, initial: V | undefined, options: OutOptions<V>, part: BuilderPart) {
    this.name = name;
    this.#part = part;
    this.#options = options;
    this.#last = initial;
    this.device = { write: (value) => this.#write((part.decode?.(value) ?? value) as V) };
  }

  /** Connects it with its record; called once by the builder. */
  bind(handle: RecordHandle): this {
    this.#handle = handle;
    return this;
  }

  /**
   * Sets the value as a put would, `onUpdate` included unless `process` is false. Arrays are copied.
   * @throws {TypeMismatchError} EPICS_TYPE; {ConversionError} EPICS_CONVERT when the record does not take the value.
   */
  set(value: V, options: SetOptions = {}): void {
    checkValue(this.name, value, this.#part.rule);
    const alarm = alarmOf(options);
    this.#extra = {
      ...(alarm === undefined ? {} : { alarm }),
      ...(options.time === undefined ? {} : { time: options.time }),
    };
    this.#isQuiet = options.process === false;
    try {
      this.#handle?.setField('VAL', copyValue(value) as FieldInput);
    } finally {
      this.#isQuiet = false;
      this.#extra = {};
    }
  }

  /** The current value; undefined before the first put or set when there was no initial value. */
  get(): V | undefined {
    return this.#last === undefined ? undefined : copyValue(this.#last);
  }

  getField(field: string): PvValue | undefined {
    return this.#handle?.getField(field);
  }
  setField(field: string, value: FieldInput): void {
    this.#handle?.setField(field, value);
  }

  #write(value: V): DeviceReading | Promise<DeviceReading> {
    const extra = this.#extra;
    if (this.#isQuiet) {
      this.#last = value;
      return extra;
    }
    const { validate } = this.#options;
    const verdict = validate === undefined ? true : validate(value, this);
    if (verdict instanceof Promise) return verdict.then((isGood) => this.#judged(value, isGood, extra));
    return this.#judged(value, verdict, extra);
  }

  #judged(value: V, isGood: boolean, extra: DeviceReading): DeviceReading | Promise<DeviceReading> {
    if (!isGood) return this.#last === undefined ? extra : { ...extra, value: this.#last };
    const isChanged = this.#last === undefined || !isSame(this.#last, value);
    this.#last = value;
    const { onUpdate } = this.#options;
    if (onUpdate === undefined || !(isChanged || this.#options.alwaysUpdate === true)) return extra;
    const run = async (): Promise<void> => {
      try {
        await onUpdate(copyValue(value), this.name);
      } catch (error) {
        this.#part.logger.error({ pv: this.name, error: errorText(error) }, 'onUpdate failed');
      }
    };
    this.#queue = this.#queue.then(run);
    // The value is posted before the callback runs, unless the record waits for it.
    return this.#options.blocking === true ? this.#queue.then(() => extra) : extra;
  }
}

function isSame(a: PvValue, b: PvValue): boolean {
  if (!isArrayValue(a) || !isArrayValue(b)) return Object.is(a, b);
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
}
