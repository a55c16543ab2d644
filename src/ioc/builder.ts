import { type ArrayValue, isArrayValue, type PvValue } from '../pv/index.ts';
import { ConfigError, getLogger, type Logger } from '../util/index.ts';
import {
  type BuilderPart,
  checkValue,
  InRecord,
  type OutOptions,
  OutRecord,
  type ValueRule,
} from './builder-record.ts';
import { bytesToText } from './convert.ts';
import type { Database } from './database.ts';
import { stateSeverityFields, stateTextFields } from './dbd/tables/states.ts';
import type { FieldInput } from './record-handle.ts';
import type { AaoRecord } from './types/aao.ts';
import type { AiRecord } from './types/ai.ts';
import type { AoRecord } from './types/ao.ts';
import type { BiRecord } from './types/bi.ts';
import type { BoRecord } from './types/bo.ts';
import type { Int64inRecord } from './types/int64in.ts';
import type { Int64outRecord } from './types/int64out.ts';
import type { LonginRecord } from './types/longin.ts';
import type { LongoutRecord } from './types/longout.ts';
import type { MbbiRecord } from './types/mbbi.ts';
import type { MbboRecord } from './types/mbbo.ts';
import type { StringinRecord } from './types/stringin.ts';
import type { StringoutRecord } from './types/stringout.ts';
import type { WaveformRecord } from './types/waveform.ts';

/** Names of the fields of a record class, in capitals as in the DBD or all in small letters. */
export type FieldName<R> =
  | Extract<keyof R, Uppercase<string>>
  | Lowercase<Extract<keyof R, Uppercase<string>>>;

/** Fields of a record and what the builder adds. */
export type InOptions<R, V extends PvValue> = { readonly [K in FieldName<R>]?: FieldInput } & {
  readonly initialValue?: V;
  readonly info?: Readonly<Record<string, string>>;
  readonly aliases?: readonly string[];
};
/** Options of an output record. */
export type OutRecordOptions<R, V extends PvValue> = InOptions<R, V> & OutOptions<V>;

/** A state of a multi-bit record: its text, with the severity that it raises. */
export type StateOption = string | readonly [string, 'NO_ALARM' | 'MINOR' | 'MAJOR' | 'INVALID'];

/** Length of the long strings and the element type of arrays. */
export interface SizeOptions {
  /** Elements or bytes; default: those of the initial value, 256 for long strings. */
  readonly length?: number;
}

const BUILDER_KEYS: ReadonlySet<string> = new Set([
  'initialValue',
  'info',
  'aliases',
  'onUpdate',
  'alwaysUpdate',
  'validate',
  'blocking',
  'length',
]);
const MOST_STATES = 16;
const LONG_STRING = 256;

const number: ValueRule = { kind: 'number', limit: 0 };
const integer: ValueRule = { kind: 'integer', limit: 0 };
const bigint: ValueRule = { kind: 'bigint', limit: 0 };
const bit: ValueRule = { kind: 'index', limit: 1 };
const text: ValueRule = { kind: 'string', limit: 39 };

interface Common {
  readonly initialValue?: PvValue | undefined;
  readonly info?: Readonly<Record<string, string>> | undefined;
  readonly aliases?: readonly string[] | undefined;
}

type Fields = Record<string, FieldInput>;

/** What input records have unless told otherwise: code sets them, clients do not. */
const inDefaults: Fields = { SCAN: 'I/O Intr', PINI: 'YES', DISP: 1, TSE: -2 };

function fieldsOf(options: object): Fields {
  const fields: Fields = {};
  for (const [key, value] of Object.entries(options)) {
    if (BUILDER_KEYS.has(key) || value === undefined) continue;
    fields[key.toUpperCase()] = value as FieldInput;
  }
  return fields;
}

function ftvlOf(value: ArrayValue): string {
  if (value instanceof Int8Array) return 'CHAR';
  if (value instanceof Uint8Array) return 'UCHAR';
  if (value instanceof Int16Array) return 'SHORT';
  if (value instanceof Uint16Array) return 'USHORT';
  if (value instanceof Int32Array) return 'LONG';
  if (value instanceof Uint32Array) return 'ULONG';
  if (value instanceof BigInt64Array) return 'INT64';
  if (value instanceof BigUint64Array) return 'UINT64';
  if (value instanceof Float32Array) return 'FLOAT';
  return value instanceof Float64Array ? 'DOUBLE' : 'STRING';
}

function stateFields(states: readonly StateOption[]): Fields {
  if (states.length > MOST_STATES)
    throw new ConfigError(`a record has at most ${MOST_STATES} states, not ${states.length}`);
  const fields: Fields = {};
  for (const [i, state] of states.entries()) {
    const [label, severity] = typeof state === 'string' ? [state, undefined] : state;
    fields[stateTextFields[i] as string] = label;
    if (severity !== undefined) fields[stateSeverityFields[i] as string] = severity;
  }
  return fields;
}

/**
 * Makes records from code, in the manner of pythonSoftIOC.
 *
 * @example
 * const build = new IocBuilder(database, { prefix: 'DEV' });
 * const temperature = build.aIn('TEMP', { initialValue: 20, egu: 'C', hihi: 50, hhsv: 'MAJOR' });
 * build.aOut('SP', { initialValue: 1, drvh: 10, onUpdate: (value) => temperature.set(value) });
 */
export class IocBuilder {
  readonly #database: Database;
  readonly #logger: Logger;
  #prefix: string;
  #isBlocking = false;

  constructor(database: Database, options: { readonly prefix?: string; readonly logger?: Logger } = {}) {
    this.#database = database;
    this.#prefix = options.prefix ?? '';
    this.#logger = options.logger ?? getLogger('epics.ioc.builder');
  }

  /** Prefix of the names of later records; empty: none. */
  setDeviceName(prefix: string): void {
    this.#prefix = prefix;
  }

  /** Default of `blocking` for later output records; returns the previous one. */
  setBlocking(isBlocking: boolean): boolean {
    const before = this.#isBlocking;
    this.#isBlocking = isBlocking;
    return before;
  }

  /** Analog input. */
  aIn(name: string, options: InOptions<AiRecord, number> = {}): InRecord<number> {
    return this.#in('ai', name, 0, number, options);
  }
  /** Analog output. HOPR and LOPR follow DRVH and DRVL. */
  aOut(name: string, options: OutRecordOptions<AoRecord, number> = {}): OutRecord<number> {
    return this.#out('ao', name, number, options);
  }
  /** Binary input. */
  boolIn(name: string, znam = '', onam = '', options: InOptions<BiRecord, number> = {}): InRecord<number> {
    return this.#in('bi', name, 0, bit, options, { ZNAM: znam, ONAM: onam });
  }
  /** Binary output. */
  boolOut(
    name: string,
    znam = '',
    onam = '',
    options: OutRecordOptions<BoRecord, number> = {},
  ): OutRecord<number> {
    return this.#out('bo', name, bit, options, { ZNAM: znam, ONAM: onam });
  }
  /** A binary output that calls `onUpdate` at every put. */
  action(name: string, options: OutRecordOptions<BoRecord, number> = {}): OutRecord<number> {
    return this.#out('bo', name, bit, { ...options, alwaysUpdate: true });
  }
  /** 32-bit integer input. */
  longIn(name: string, options: InOptions<LonginRecord, number> = {}): InRecord<number> {
    return this.#in('longin', name, 0, integer, options, { MDEL: -1 });
  }
  /** 32-bit integer output. */
  longOut(name: string, options: OutRecordOptions<LongoutRecord, number> = {}): OutRecord<number> {
    return this.#out('longout', name, integer, options);
  }
  /** 64-bit integer input. */
  int64In(name: string, options: InOptions<Int64inRecord, bigint> = {}): InRecord<bigint> {
    return this.#in('int64in', name, 0n, bigint, options, { MDEL: -1 });
  }
  /** 64-bit integer output. */
  int64Out(name: string, options: OutRecordOptions<Int64outRecord, bigint> = {}): OutRecord<bigint> {
    return this.#out('int64out', name, bigint, options);
  }
  /** Input of up to 16 states. */
  mbbIn(
    name: string,
    states: readonly StateOption[],
    options: InOptions<MbbiRecord, number> = {},
  ): InRecord<number> {
    return this.#in('mbbi', name, 0, { kind: 'index', limit: MOST_STATES - 1 }, options, stateFields(states));
  }
  /** Output of up to 16 states. */
  mbbOut(
    name: string,
    states: readonly StateOption[],
    options: OutRecordOptions<MbboRecord, number> = {},
  ): OutRecord<number> {
    return this.#out('mbbo', name, { kind: 'index', limit: MOST_STATES - 1 }, options, stateFields(states));
  }
  /** Text of up to 39 bytes that code sets. */
  stringIn(name: string, options: InOptions<StringinRecord, string> = {}): InRecord<string> {
    return this.#in('stringin', name, '', text, options);
  }
  /** Text of up to 39 bytes that code receives. */
  stringOut(name: string, options: OutRecordOptions<StringoutRecord, string> = {}): OutRecord<string> {
    return this.#out('stringout', name, text, options);
  }
  /** Array that code sets; FTVL and NELM come from the initial value. */
  waveformIn<V extends ArrayValue>(
    name: string,
    initial: V,
    options: Omit<InOptions<WaveformRecord, V>, 'initialValue'> & SizeOptions = {},
  ): InRecord<V> {
    const count = Math.max(1, options.length ?? initial.length);
    const fields = { FTVL: ftvlOf(initial), NELM: count };
    return this.#in<V>('waveform', name, initial, { kind: 'array', limit: count }, options, fields);
  }
  /** Array that code receives; FTVL and NELM come from the initial value. */
  waveformOut<V extends ArrayValue>(
    name: string,
    initial: V,
    options: Omit<OutRecordOptions<AaoRecord, V>, 'initialValue'> & SizeOptions = {},
  ): OutRecord<V> {
    const count = Math.max(1, options.length ?? initial.length);
    const fields = { FTVL: ftvlOf(initial), NELM: count };
    return this.#out<V>(
      'aao',
      name,
      { kind: 'array', limit: count },
      { ...options, initialValue: initial },
      fields,
    );
  }

  /** Text of up to `length - 1` bytes that code sets; CHAR array on Channel Access, string on PVAccess. */
  longStringIn(
    name: string,
    options: InOptions<WaveformRecord, string> & SizeOptions = {},
  ): InRecord<string> {
    const size = options.length ?? LONG_STRING;
    const info = { 'Q:form': 'String', ...options.info };
    return this.#in(
      'waveform',
      name,
      '',
      { kind: 'string', limit: size - 1 },
      { ...options, info },
      { FTVL: 'CHAR', NELM: size },
    );
  }
  /** Text of up to `length - 1` bytes that code receives. */
  longStringOut(
    name: string,
    options: OutRecordOptions<AaoRecord, string> & SizeOptions = {},
  ): OutRecord<string> {
    const size = options.length ?? LONG_STRING;
    const info = { 'Q:form': 'String', ...options.info };
    const rule: ValueRule = { kind: 'string', limit: size - 1 };
    const decode = (value: PvValue): PvValue => (isArrayValue(value) ? bytesToText(value) : value);
    return this.#out('aao', name, rule, { ...options, info }, { FTVL: 'CHAR', NELM: size }, decode);
  }

  #part(rule: ValueRule): BuilderPart {
    return { clock: this.#database.clock, logger: this.#logger, rule };
  }

  #fullName(name: string): string {
    return this.#prefix === '' ? name : `${this.#prefix}:${name}`;
  }

  #in<V extends PvValue>(
    type: string,
    name: string,
    zero: V,
    rule: ValueRule,
    options: Common & object,
    defaults: Fields = {},
  ): InRecord<V> {
    const full = this.#fullName(name);
    const initial = (options.initialValue ?? zero) as V;
    checkValue(full, initial, rule);
    const record = new InRecord<V>(full, initial, this.#part(rule));
    const fields = { ...inDefaults, ...defaults, VAL: initial as FieldInput, ...fieldsOf(options) };
    return record.bind(this.#add(type, full, fields, options, record.device));
  }

  #out<V extends PvValue>(
    type: string,
    name: string,
    rule: ValueRule,
    options: Common & OutOptions<V>,
    defaults: Fields = {},
    decode?: (value: PvValue) => PvValue,
  ): OutRecord<V> {
    const full = this.#fullName(name);
    const initial = options.initialValue as V | undefined;
    if (initial !== undefined) checkValue(full, initial, rule);
    const record = new OutRecord<V>(
      full,
      initial,
      { blocking: this.#isBlocking, ...options },
      { ...this.#part(rule), decode },
    );
    const own = fieldsOf(options);
    const { DRVH, DRVL } = own;
    const fields: Fields = {
      ...(DRVH === undefined ? {} : { HOPR: DRVH }),
      ...(DRVL === undefined ? {} : { LOPR: DRVL }),
      ...defaults,
      ...(initial === undefined || (isArrayValue(initial) && initial.length === 0)
        ? {}
        : { VAL: initial as FieldInput }),
      ...own,
    };
    return record.bind(this.#add(type, full, fields, options, record.device));
  }

  #add(
    type: string,
    name: string,
    fields: Fields,
    options: Common,
    device: InRecord<PvValue>['device'],
  ): ReturnType<Database['addRecord']> {
    return this.#database.addRecord(type, name, fields, {
      device,
      ...(options.info === undefined ? {} : { info: options.info }),
      ...(options.aliases === undefined ? {} : { aliases: options.aliases }),
    });
  }

  /** A record of any type, fields in capitals, without code behind it. */
  record(type: string, name: string, fields: Fields = {}): ReturnType<Database['addRecord']> {
    return this.#database.addRecord(type, this.#fullName(name), fields);
  }
}
