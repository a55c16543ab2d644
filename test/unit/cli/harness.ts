import { afterAll, beforeAll } from 'vitest';
import { CaClient } from '../../../src/ca/index.ts';
import type { CliContext, Command } from '../../../src/cli/context.ts';
import { SoftIoc } from '../../../src/ioc/index.ts';
import {
  makeTimeStamp,
  SharedPv,
  type SharedPvOptions,
  StaticSource,
  type TimeStamp,
} from '../../../src/pv/index.ts';
import { PvaClient } from '../../../src/pva/index.ts';
import type { Env } from '../../../src/util/index.ts';

/** What a command did. */
export interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs, and what it has written so far. */
export interface Running {
  readonly done: Promise<Outcome>;
  /** Ends it as Ctrl-C does. */
  end(): void;
  /** Waits until the standard output, times masked, contains a text. */
  sees(text: string): Promise<void>;
  /** The same of standard error. */
  complains(text: string): Promise<void>;
  stdout(): string;
}

export interface Options {
  readonly env?: Env;
  readonly isTerminal?: boolean;
  readonly now?: () => TimeStamp;
}

const FIXED_NOW = makeTimeStamp(1_700_000_000, 825_618_824);

/** Times as the tools print them, made the same for every run. */
export function mask(text: string): string {
  return text
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{9}/g, '<long time>')
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}/g, '<time>')
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}/g, '<ms time>')
    .replace(/(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \w{3} \d\d \d{4} \d\d:\d\d:\d\d\.\d{9}/g, '<date>');
}

/** Runs commands in this process against a server of their own. */
export class CliBench {
  readonly #ioc: () => SoftIoc;

  constructor(ioc: () => SoftIoc) {
    this.#ioc = ioc;
  }

  async run(command: Command, args: readonly string[], options: Options = {}): Promise<Outcome> {
    return this.start(command, args, options).done;
  }

  start(command: Command, args: readonly string[], options: Options = {}): Running {
    return this.startWith((context) => command.run(args, context), options);
  }

  startWith(run: (context: CliContext) => Promise<number>, options: Options = {}): Running {
    const controller = new AbortController();
    const text = { stdout: '', stderr: '' };
    const waiting = new Set<() => void>();
    const output = (name: 'stdout' | 'stderr') => ({
      write: (added: string): void => {
        text[name] += added;
        for (const check of [...waiting]) check();
      },
    });
    const ioc = this.#ioc();
    const context: CliContext = {
      stdout: output('stdout'),
      stderr: output('stderr'),
      env: options.env ?? {},
      signal: controller.signal,
      isTerminal: options.isTerminal ?? false,
      makeCaClient: (given) => new CaClient({ ...given, ...ioc.ca?.clientConfig() }),
      makePvaClient: (given) => new PvaClient({ ...given, ...ioc.pva?.clientConfig() }, { env: {} }),
      now: options.now ?? (() => FIXED_NOW),
    };
    const until = (name: 'stdout' | 'stderr', wanted: string): Promise<void> =>
      new Promise((resolve) => {
        const check = (): void => {
          if (!mask(text[name]).includes(wanted)) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      });
    const done = run(context).then((exitCode) => ({
      exitCode,
      stdout: mask(text.stdout),
      stderr: mask(text.stderr),
    }));
    return {
      done,
      end: () => controller.abort(new Error('ended')),
      sees: (wanted) => until('stdout', wanted),
      complains: (wanted) => until('stderr', wanted),
      stdout: () => mask(text.stdout),
    };
  }
}

/** Records of the kinds that the specification's examples use. */
function addRecords(ioc: SoftIoc): void {
  const { database } = ioc;
  const limits = { LOPR: -100, HOPR: 100, LOLO: -90, LOW: -80, HIGH: 80, HIHI: 90 };
  const alarms = { LLSV: 'MAJOR', LSV: 'MINOR', HSV: 'MINOR', HHSV: 'MAJOR' };
  database.addRecord('ai', 'T:ai', { VAL: 1.5, EGU: 'mm', PREC: 3, PINI: 'YES', ...limits, ...alarms });
  database.addRecord('ao', 'T:ao', { VAL: 1.25, PINI: 'YES' });
  database.addRecord('longout', 'T:lo', { VAL: -42, PINI: 'YES', LOPR: -1000, HOPR: 1000, EGU: 'A' });
  const labels = { ZRST: 'Zero', ONST: 'One', TWST: 'Two', ZRVL: 0, ONVL: 1, TWVL: 2 };
  database.addRecord('mbbo', 'T:mbbo', { VAL: 1, PINI: 'YES', ...labels });
  database.addRecord('bo', 'T:bo', { VAL: 1, PINI: 'YES', ZNAM: 'Off', ONAM: 'On' });
  database.addRecord('stringout', 'T:so', { VAL: 'hello world', PINI: 'YES' });
  database.addRecord('stringout', 'T:quoted', { VAL: 'a"b\\°', PINI: 'YES' });
  database.addRecord('waveform', 'T:wfd', { FTVL: 'DOUBLE', NELM: 10 });
  database.addRecord('waveform', 'T:wfs', { FTVL: 'STRING', NELM: 4, PINI: 'YES' });
  database.addRecord('waveform', 'T:wfc', { FTVL: 'CHAR', NELM: 40, PINI: 'YES' });
  database.addRecord('ao', 'T:ro', { VAL: 3, PINI: 'YES', DISP: 1 });
}

/** PVs that answer in other ways than records do. */
export interface OddPvs {
  /** Completes the writes to `T:slow` that wait. */
  readonly finishSlow: () => void;
  readonly source: StaticSource;
}

function addOddPvs(ioc: SoftIoc): OddPvs {
  const waiting: (() => void)[] = [];
  const source = new StaticSource('odd');
  const number = (value: number, handlers: SharedPvOptions): SharedPv =>
    new SharedPv(handlers).open({ element: 'float64', value });
  source.add('T:slow', number(0, { write: () => new Promise<void>((resolve) => waiting.push(resolve)) }));
  source.add('T:noacc', number(0, { rights: () => 0 }));
  source.add('T:readonly', number(7, { rights: () => 1 }));
  ioc.addSource(source, 5);
  return { source, finishSlow: () => waiting.splice(0).forEach((finish) => finish()) };
}

/** A server of its own for a test file, and a bench to run commands against it. */
export function useBench(): { readonly bench: CliBench; readonly ioc: SoftIoc; readonly odd: OddPvs } {
  const ioc = SoftIoc.isolated();
  const odd = addOddPvs(ioc);
  beforeAll(async () => {
    addRecords(ioc);
    await ioc.start();
  });
  afterAll(async () => {
    odd.finishSlow();
    await ioc.close();
  });
  return { bench: new CliBench(() => ioc), ioc, odd };
}
