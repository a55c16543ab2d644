import type { PvChannel, PvClient } from '../pv/index.ts';
import { PvaChannel, type PvaMonitorEvent } from '../pva/index.ts';
import type { Value } from '../pvdata/index.ts';
import { errorText, once } from '../util/index.ts';
import type { CliContext, Command } from './context.ts';
import { formatTime } from './local-time.ts';
import { helpHint, pvaVersionText, whenAborted } from './output.ts';
import { nameColumn } from './pv-names.ts';
import { formatPvaValue, type PvaView } from './pva-format.ts';
import {
  checkPvaSettings,
  defaultPvaSettings,
  makeProvider,
  PVA_LETTERS,
  PVA_LONG_NAMES,
  type PvaSettings,
  type PvaStyle,
  pvaCommonHelp,
  pvaFormatHelp,
  takePvaOption,
  viewOf,
} from './pva-settings.ts';
import { readArguments } from './tool-arguments.ts';

/** `pvmonitor`, or `pvxmonitor` in the style of pvxs. @see pvAccessCPP pvtoolsSrc/pvget.cpp, MonTracker */
export function makePvmonitor(style: PvaStyle): Command {
  const name = style === 'pvac' ? 'pvmonitor' : 'pvxmonitor';
  const usage = `
Usage: ${name} [options] <PV name> ...

Prints PVs and all their changes over PVAccess, until it is ended or all PVs
have ended. With -w it ends when a PV is not connected in time.

${pvaCommonHelp}${pvaFormatHelp}
Example: ${name} -r 'record[queueSize=100]field(value)' my_channel
`;
  const run = async (args: readonly string[], context: CliContext): Promise<number> => {
    const given = readArguments(args, context, {
      name,
      usage,
      version: pvaVersionText,
      letters: `${PVA_LETTERS}mf:`,
      longNames: PVA_LONG_NAMES,
    });
    if (typeof given === 'number') return given;
    const settings = defaultPvaSettings(name, style, Number.POSITIVE_INFINITY);
    for (const option of given.options) {
      if (option.letter === 'f') {
        context.stderr.write('Unsupported option -f\n');
        return 1;
      }
      // pvmonitor takes a time-out and waits for ever all the same.
      if (option.letter !== 'm' && !(option.letter === 'w' && style === 'pvac')) {
        takePvaOption(settings, option, context);
      }
    }
    if (given.operands.length === 0) {
      context.stderr.write(`No pv name specified. ${helpHint(name)}\n`);
      return 1;
    }
    if (!checkPvaSettings(settings, context)) return 1;
    return monitorPvs(given.operands, settings, context);
  };
  const summary =
    style === 'pvac' ? 'print changes of PVs over PVAccess' : 'pvmonitor with the output of pvxs';
  return { name, summary, usage, run };
}

/** Prints the changes of PVs until the user or all PVs have ended. */
export async function monitorPvs(
  names: readonly string[],
  settings: PvaSettings,
  context: CliContext,
): Promise<number> {
  const client = makeProvider(settings, context);
  try {
    const monitors = names.map((name) => new PvMonitor(client, name, names, settings, context));
    const all = Promise.all(monitors.map((monitor) => monitor.whenDone));
    await Promise.race([all, whenAborted(context.signal)]);
    return monitors.some((monitor) => monitor.hasFailed) ? 1 : 0;
  } finally {
    await client[Symbol.asyncDispose]();
  }
}

/** The output of one PV. */
class PvMonitor {
  readonly whenDone: Promise<void>;
  readonly #name: string;
  readonly #column: string;
  readonly #settings: PvaSettings;
  readonly #view: PvaView;
  readonly #context: CliContext;
  #hasFailed: boolean;
  #valid: Value | undefined;

  constructor(
    client: PvClient,
    name: string,
    names: readonly string[],
    settings: PvaSettings,
    context: CliContext,
  ) {
    this.#name = name;
    this.#column = nameColumn(name, names, settings);
    this.#settings = settings;
    this.#view = viewOf(settings, context);
    this.#context = context;
    this.#hasFailed = false;
    this.#valid = undefined;
    this.whenDone = new Promise((resolve) =>
      this.#begin(client.channel(name, { meta: true }), once(resolve)),
    );
  }

  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  #begin(channel: PvChannel, onDone: () => void): void {
    const { request: pvRequest, timeoutMs } = this.#settings;
    const end = (error: Error | undefined): void => {
      if (error !== undefined && !this.#context.signal.aborted) this.#fail(error);
      onDone();
    };
    if (channel instanceof PvaChannel) {
      channel.listen((event) => this.#onEvent(event, end), { pvRequest });
    } else {
      channel.onState((state) => {
        if (state === 'disconnected') this.#onDisconnected();
      });
      channel.subscribeStruct({ update: (value) => this.#onUpdate(value), close: end });
    }
    if (timeoutMs < Number.POSITIVE_INFINITY) {
      channel.ready({ timeoutMs, signal: this.#context.signal }).catch(end);
    }
  }

  #onEvent(event: PvaMonitorEvent, end: (error: Error | undefined) => void): void {
    switch (event.type) {
      case 'connected':
        this.#say(`Connected to ${event.peer}`);
        return;
      case 'update':
        this.#onUpdate(event.value);
        return;
      case 'disconnected':
        this.#onDisconnected();
        return;
      case 'finished':
        if (this.#settings.verbosity > 0) this.#say('Finished');
        end(undefined);
        return;
      case 'error':
        end(event.error);
    }
  }

  #onUpdate(value: Value): void {
    if (this.#valid?.desc !== value.desc) this.#valid = value.clone();
    else {
      const marks = this.#valid.marks.or(value.marks);
      this.#valid = value.clone();
      this.#valid.marks = marks;
    }
    this.#context.stdout.write(`${this.#column}${formatPvaValue(value, this.#view, this.#valid)}`);
  }

  #onDisconnected(): void {
    this.#valid = undefined;
    if (this.#settings.style === 'pvxs') this.#say('Disconnected');
    else this.#context.stdout.write(`${this.#column}<Disconnect>\n`);
  }

  #fail(error: Error): void {
    this.#hasFailed = true;
    this.#context.stderr.write(`${this.#column}Error ${errorText(error)}\n`);
  }

  /** News of the connection, which only pvxs tells. */
  #say(text: string): void {
    if (this.#settings.style !== 'pvxs') return;
    this.#context.stderr.write(`${formatTime(this.#context.now(), 9)} ${this.#name} ${text}\n`);
  }
}
