import {
  errorText,
  getLogger,
  type LogFields,
  type Logger,
  type LogMethod,
  type WallTime,
} from '../util/index.ts';

/** One entry of the tree's own log, as `SystemLog` shows it. */
export interface SystemLogEntry {
  /** POSIX seconds with fraction. */
  readonly created: number;
  readonly name: string;
  readonly message: string;
  readonly exception: string | null;
  readonly traceBack: readonly string[] | null;
  readonly levelName: string;
  readonly levelNumber: number;
}

/** Takes the log records of a running tree. */
export interface SystemLogSink {
  wall(): WallTime;
  record(entry: SystemLogEntry): void;
}

const LEVELS = {
  debug: { levelName: 'DEBUG', levelNumber: 10 },
  info: { levelName: 'INFO', levelNumber: 20 },
  warn: { levelName: 'WARNING', levelNumber: 30 },
  error: { levelName: 'ERROR', levelNumber: 40 },
} as const;

const MAX_TRACE_LINES = 50;

/** Logger of a node, named as PyRogue names it; while the tree runs, each record also goes into `SystemLog`. */
export class TreeLogger implements Logger {
  readonly #name: string;
  readonly #target: Logger;
  readonly #sink: () => SystemLogSink | undefined;

  /** @param sink gives the tree's log, or undefined while the tree does not run. */
  constructor(name: string, sink: () => SystemLogSink | undefined, target: Logger = getLogger(name)) {
    this.#name = name;
    this.#target = target;
    this.#sink = sink;
  }

  readonly debug: LogMethod = (a: LogFields | string, b?: string) => this.#log('debug', a, b);
  readonly info: LogMethod = (a: LogFields | string, b?: string) => this.#log('info', a, b);
  readonly warn: LogMethod = (a: LogFields | string, b?: string) => this.#log('warn', a, b);
  readonly error: LogMethod = (a: LogFields | string, b?: string) => this.#log('error', a, b);

  isLevelEnabled(level: keyof typeof LEVELS): boolean {
    return this.#target.isLevelEnabled(level);
  }

  child(fields: LogFields): Logger {
    return new TreeLogger(this.#name, this.#sink, this.#target.child(fields));
  }

  #log(level: keyof typeof LEVELS, a: LogFields | string, b: string | undefined): void {
    const fields = typeof a === 'string' ? {} : a;
    const message = typeof a === 'string' ? a : (b ?? '');
    this.#target[level](fields, message);
    // Warnings and errors are operators' business even where the process log is silenced.
    if (LEVELS[level].levelNumber < LEVELS.warn.levelNumber && !this.#target.isLevelEnabled(level)) return;
    const sink = this.#sink();
    if (sink === undefined) return;
    const error: unknown = fields['error'];
    const { seconds, nanoseconds } = sink.wall();
    sink.record({
      created: seconds + nanoseconds / 1e9,
      name: this.#name,
      message,
      exception: error === undefined ? null : errorText(error),
      traceBack: error instanceof Error ? (error.stack ?? '').split('\n').slice(0, MAX_TRACE_LINES) : null,
      ...LEVELS[level],
    });
  }
}
