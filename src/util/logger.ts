import { errorText } from './errors.ts';
import { globToRegExp } from './pattern.ts';
import type { Stop } from './stop.ts';

/** Levels in rising order; `off` silences. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'off';

/** Fields with fixed keys: `pv`, `peer`, `role`, `sid`, `cid`, `ioid`, `bytes`, `error`. */
export type LogFields = Readonly<Record<string, unknown>>;

export interface LogMethod {
  (message: string): void;
  (fields: LogFields, message: string): void;
}

/** Shaped like a pino logger, so that one can be given in its place. */
export interface Logger {
  debug: LogMethod;
  info: LogMethod;
  warn: LogMethod;
  error: LogMethod;
  isLevelEnabled(level: Exclude<LogLevel, 'off'>): boolean;
  child(fields: LogFields): Logger;
}

/** One line of the log. */
export interface LogRecord {
  readonly time: Date;
  readonly level: Exclude<LogLevel, 'off'>;
  /** Dotted, `epics.<layer>.<topic>`. */
  readonly name: string;
  readonly message: string;
  readonly fields: LogFields;
}

const RANK: Readonly<Record<LogLevel, number>> = { debug: 10, info: 20, warn: 30, error: 40, off: 100 };

interface Rule {
  readonly pattern: RegExp;
  readonly rank: number;
}

// The level table and the sinks are the module state that the whole process shares.
let rules: Rule[] = [];
let generation = 0;
let isEnvRead = false;
const sinks = new Set<(record: LogRecord) => void>();

/**
 * Sets the level of all loggers whose name matches a glob; later calls win over earlier ones.
 *
 * @example setLogLevel('epics.pva.*', 'debug');
 */
export function setLogLevel(pattern: string, level: LogLevel): void {
  readEnv();
  // One name is promised by PyRogue's documents, the other follows our own scheme.
  const known = pattern === 'epics.tree.EpicsPvServer' ? 'pyrogue.EpicsPvServer' : pattern;
  rules = [...rules.filter((rule) => rule.pattern.source !== globToRegExp(known).source)];
  rules.push({ pattern: globToRegExp(known), rank: RANK[level] });
  generation++;
}

/**
 * Sets levels from text such as `epics.pva.*=debug,*=warn`; the first matching entry wins.
 * Entries that cannot be read are returned.
 */
export function setLogLevels(text: string): string[] {
  const bad: string[] = [];
  const entries = text.split(',').filter((entry) => entry.trim() !== '');
  for (const entry of entries.reverse()) {
    const [pattern = '', level = ''] = entry.split('=').map((part) => part.trim());
    if (pattern !== '' && level in RANK) setLogLevel(pattern, level as LogLevel);
    else bad.push(entry.trim());
  }
  return bad;
}

/** Sends all log records to `sink` in place of standard error, until stopped. */
export function addLogSink(sink: (record: LogRecord) => void): Stop {
  sinks.add(sink);
  return () => void sinks.delete(sink);
}

/** One line: ISO time, level, name, message, `key=value` fields. */
export function formatLogRecord(record: LogRecord): string {
  let line = `${record.time.toISOString()} ${record.level.toUpperCase()} ${record.name} ${record.message}`;
  for (const [key, value] of Object.entries(record.fields)) {
    const text = value instanceof Error ? errorText(value) : String(value);
    line += ` ${key}=${/[\s"]/.test(text) ? JSON.stringify(text) : text}`;
  }
  return line;
}

/** `EPICS_TS_LOG` applies before the first level is asked for or set. */
function readEnv(): void {
  if (isEnvRead) return;
  isEnvRead = true;
  const host = (globalThis as { process?: { env?: Readonly<Record<string, string | undefined>> } }).process;
  const bad = setLogLevels(host?.env?.['EPICS_TS_LOG'] ?? '');
  if (bad.length > 0)
    console.error(`EPICS_TS_LOG: cannot read ${bad.map((entry) => `"${entry}"`).join(', ')}`);
}

function levelOf(name: string): number {
  readEnv();
  for (let i = rules.length - 1; i >= 0; i--) {
    const rule = rules[i] as Rule;
    if (rule.pattern.test(name)) return rule.rank;
  }
  return RANK.warn;
}

function emit(record: LogRecord): void {
  if (sinks.size === 0) console.error(formatLogRecord(record));
  else for (const sink of sinks) sink(record);
}

class NamedLogger implements Logger {
  readonly #name: string;
  readonly #fields: LogFields;
  #rank = RANK.warn;
  #generation = -1;

  constructor(name: string, fields: LogFields) {
    this.#name = name;
    this.#fields = fields;
  }

  readonly debug: LogMethod = (a: LogFields | string, b?: string) => this.#log('debug', a, b);
  readonly info: LogMethod = (a: LogFields | string, b?: string) => this.#log('info', a, b);
  readonly warn: LogMethod = (a: LogFields | string, b?: string) => this.#log('warn', a, b);
  readonly error: LogMethod = (a: LogFields | string, b?: string) => this.#log('error', a, b);

  isLevelEnabled(level: Exclude<LogLevel, 'off'>): boolean {
    if (this.#generation !== generation) {
      this.#generation = generation;
      this.#rank = levelOf(this.#name);
    }
    return RANK[level] >= this.#rank;
  }

  child(fields: LogFields): Logger {
    return new NamedLogger(this.#name, { ...this.#fields, ...fields });
  }

  #log(level: Exclude<LogLevel, 'off'>, a: LogFields | string, b: string | undefined): void {
    if (!this.isLevelEnabled(level)) return;
    const fields = typeof a === 'string' ? this.#fields : { ...this.#fields, ...a };
    const message = typeof a === 'string' ? a : (b ?? '');
    emit({ time: new Date(), level, name: this.#name, message, fields });
  }
}

/** The logger of a dotted name, `epics.<layer>.<topic>`. Default: warnings and errors to standard error. */
export function getLogger(name: string): Logger {
  return new NamedLogger(name, {});
}
