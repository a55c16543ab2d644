import {
  type CaChannel,
  type CaClient,
  ECA_DISCONN,
  ECA_UNRESPTMO,
  isArrayValue,
  parseEventMask,
} from '../ca/index.ts';
import { Event, type EventMask, type Snapshot } from '../pv/index.ts';
import { isEpicsError, noStop, type Stop } from '../util/index.ts';
import { exceptionBlock } from './ca-block.ts';
import { nativeOf, openChannels } from './ca-channels.ts';
import { type CaReading, namePart, readingType, wideLine } from './ca-format.ts';
import { readingToJson } from './ca-json.ts';
import {
  type CaSettings,
  caCommonHelp,
  caFormatHelp,
  defaultCaSettings,
  takeCaOption,
} from './ca-settings.ts';
import type { CliContext, Command } from './context.ts';
import { formatTime } from './local-time.ts';
import { MonitorStamps, type StampSettings } from './monitor-stamps.ts';
import { caVersionText, helpHint, whenAborted } from './output.ts';
import { readArguments } from './tool-arguments.ts';

const usage = `
Usage: camonitor [options] <PV name> ...

Prints PVs and all their changes over Channel Access, until it is ended.

${caCommonHelp}  -m <mask>   what to print: v value, a alarm, l log, p property; default va
  -t <key>    time stamps: s of the server, c of arrival here (in parentheses),
              n none; r since the start, i since the line before, I since the
              line before of the same PV, each with s or c
  --json      one JSON object for each update
${caFormatHelp}
Example: camonitor -f8 my_channel another_channel
`;

/** `camonitor`: prints changes of PVs over Channel Access. @see epics-base modules/ca/src/tools/camonitor.c */
export const camonitor: Command = {
  name: 'camonitor',
  summary: 'print changes of PVs over Channel Access',
  usage,
  run: runCamonitor,
};

async function runCamonitor(args: readonly string[], context: CliContext): Promise<number> {
  const given = readArguments(args, context, {
    name: 'camonitor',
    usage,
    version: caVersionText,
    letters: 'nm:sSe:f:g:l:#:0:w:t:p:F:',
    longNames: ['utc', 'json'],
  });
  if (typeof given === 'number') return given;
  const settings = defaultCaSettings(context);
  const stamps: StampSettings = { isServer: true, isClient: false, kind: 'absolute', isUtc: false };
  let mask = parseEventMask(undefined);
  for (const option of given.options) {
    if (option.letter === 'm') mask = readMask(option.value, context);
    else if (option.letter === 't') readStampKey(option.value, stamps, context);
    else takeCaOption(settings, option, 'camonitor', context);
  }
  if (given.operands.length === 0) {
    context.stderr.write(`No pv name specified. ${helpHint('camonitor')}\n`);
    return 1;
  }
  const client = context.makeCaClient();
  try {
    const printer = new MonitorStamps({ ...stamps, isUtc: settings.isUtc }, context.now());
    const circuits = new CircuitWatch(client, context);
    for (const channel of openChannels(client, given.operands, settings)) {
      new PvMonitor(channel, settings, mask, printer, circuits, context).start();
    }
    await whenAborted(context.signal);
    return 0;
  } finally {
    await client.close();
  }
}

function readMask(text: string, context: CliContext): EventMask {
  try {
    return parseEventMask(text);
  } catch (error) {
    if (!isEpicsError(error)) throw error;
    context.stderr.write(`Invalid argument '${text}' for option '-m' - ignored.\n`);
    return Event.Value | Event.Alarm;
  }
}

function readStampKey(text: string, stamps: StampSettings, context: CliContext): void {
  stamps.isServer = false;
  stamps.isClient = false;
  for (const letter of text) {
    if (letter === 's') stamps.isServer = true;
    else if (letter === 'c') stamps.isClient = true;
    else if (letter === 'r' || letter === 'i' || letter === 'I') stamps.kind = letter;
    else if (letter !== 'n') {
      context.stderr.write(`Invalid argument '${letter}' for option '-t' - ignored.\n`);
    }
  }
}

/** Tells once of each circuit that is lost, however many channels it had. */
class CircuitWatch {
  readonly #client: CaClient;
  readonly #context: CliContext;
  readonly #lost: Set<string>;

  constructor(client: CaClient, context: CliContext) {
    this.#client = client;
    this.#context = context;
    this.#lost = new Set();
  }

  connected(server: string): void {
    this.#lost.delete(server);
  }

  disconnected(server: string): void {
    if (this.#lost.has(server)) return;
    this.#lost.add(server);
    const isSilent = this.#client
      .report()
      .circuits.some((circuit) => circuit.server === server && circuit.state === 'unresponsive');
    const eca = isSilent ? ECA_UNRESPTMO : ECA_DISCONN;
    this.#context.stderr.write(exceptionBlock(eca, server, this.#context.now()));
  }
}

/** The lines of one PV. */
class PvMonitor {
  readonly #channel: CaChannel;
  readonly #settings: CaSettings;
  readonly #mask: EventMask;
  readonly #stamps: MonitorStamps;
  readonly #circuits: CircuitWatch;
  readonly #context: CliContext;
  #native: number;
  #count: number;
  #server: string;
  #stop: Stop;

  constructor(
    channel: CaChannel,
    settings: CaSettings,
    mask: EventMask,
    stamps: MonitorStamps,
    circuits: CircuitWatch,
    context: CliContext,
  ) {
    this.#channel = channel;
    this.#settings = settings;
    this.#mask = mask;
    this.#stamps = stamps;
    this.#circuits = circuits;
    this.#context = context;
    this.#native = -1;
    this.#count = 0;
    this.#server = '';
    this.#stop = noStop;
  }

  start(): void {
    this.#channel.onState((state) => {
      if (state === 'connected') this.#onConnected();
      else if (state === 'disconnected') this.#onDisconnected();
    });
    if (this.#channel.state === 'connected') this.#onConnected();
    const { timeoutMs } = this.#settings;
    this.#channel.ready({ timeoutMs, signal: this.#context.signal }).catch(() => {
      if (this.#native >= 0 || this.#context.signal.aborted) return;
      this.#print(`${namePart(this.#channel.name, 0, this.#settings)}*** Not connected (PV not found)`);
    });
  }

  #onConnected(): void {
    const { dbrType, count } = nativeOf(this.#channel);
    this.#server = this.#channel.info().server;
    this.#circuits.connected(this.#server);
    if (dbrType === this.#native) return;
    // Nothing is known of the type before the first connection, and it may be another one after a later one.
    this.#stop();
    this.#native = dbrType;
    this.#count = count;
    const as = readingType(dbrType, this.#settings);
    this.#stop = this.#channel.subscribe(
      {
        update: (snapshot) => this.#onUpdate(snapshot, as),
        // As in the original, updates that say no more than a status are not shown.
        error: () => undefined,
        close: () => undefined,
      },
      { as, mask: this.#mask, count: this.#settings.count },
    );
  }

  #onDisconnected(): void {
    this.#circuits.disconnected(this.#server);
    const time = formatTime(this.#context.now(), 6, this.#settings.isUtc);
    this.#print(`${namePart(this.#channel.name, this.#count, this.#settings)}${time} *** disconnected`);
  }

  #onUpdate(snapshot: Snapshot, as: number): void {
    const reading = toSnapshotReading(snapshot, as);
    const { name } = this.#channel;
    this.#count = reading.count;
    if (this.#settings.isJson) {
      this.#print(readingToJson(name, reading, this.#settings));
      return;
    }
    const stamp = this.#stamps.text(name, snapshot.time, this.#context.now());
    this.#print(wideLine(name, stamp, reading, this.#settings));
  }

  #print(line: string): void {
    this.#context.stdout.write(`${line}\n`);
  }
}

function toSnapshotReading(snapshot: Snapshot, dbrType: number): CaReading {
  const { value, alarm, time } = snapshot;
  const values = (isArrayValue(value) ? value : [value]) as ArrayLike<number | string>;
  return {
    dbrType,
    values,
    count: values.length,
    status: alarm.condition,
    severity: alarm.severity,
    time,
    choices: [],
  };
}
