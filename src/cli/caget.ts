import {
  type CaChannel,
  DBR_CLASS_NAME,
  DBR_PUT_ACKS,
  DBR_PUT_ACKT,
  isDbrType,
  parseDbrName,
} from '../ca/index.ts';
import { formatBlock } from './ca-block.ts';
import { connectAll, nativeOf, openChannels, type ReadResult, readChannel } from './ca-channels.ts';
import { namePart, plainValues, readingType, toReading, wideLine } from './ca-format.ts';
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
import { caVersionText, helpHint } from './output.ts';
import { readArguments } from './tool-arguments.ts';

const usage = `
Usage: caget [options] <PV name> ...

Reads PVs over Channel Access.

${caCommonHelp}  -c          wait for callbacks; arrays come with their current length
  -t          values only, no names
  -a          name, time, value, alarm status and severity
  -d <type>   everything that this DBR type carries; a name, with or without
              DBR_, or a number from 0 to 38
  --json      one JSON object for each PV
${caFormatHelp}
Example: caget -a -f8 my_channel another_channel
`;

type OutputShape = 'plain' | 'terse' | 'wide' | 'block';

interface Request {
  readonly channel: CaChannel;
  readonly native: number;
  readonly dbrType: number;
  /** Elements asked for; 0: the current length. */
  readonly count: number;
}

/** `caget`: reads PVs over Channel Access. @see epics-base modules/ca/src/tools/caget.c */
export const caget: Command = {
  name: 'caget',
  summary: 'read PVs over Channel Access',
  usage,
  run: runCaget,
};

async function runCaget(args: readonly string[], context: CliContext): Promise<number> {
  const given = readArguments(args, context, {
    name: 'caget',
    usage,
    version: caVersionText,
    letters: 'taicnsSe:f:g:l:#:d:0:w:p:F:',
    longNames: ['utc', 'json', 'strict'],
  });
  if (typeof given === 'number') return given;
  const settings = defaultCaSettings(context);
  let shape: OutputShape = 'plain';
  let isCallback = false;
  let wanted: number | undefined;
  const choose = (next: OutputShape): void => {
    if (shape !== 'plain')
      context.stderr.write(`Options t,d,a are mutually exclusive. ${helpHint('caget')}\n`);
    shape = next;
  };
  for (const option of given.options) {
    if (takeCaOption(settings, option, 'caget', context)) continue;
    if (option.letter === 'c') isCallback = true;
    else if (option.letter === 't') choose('terse');
    else if (option.letter === 'a') choose('wide');
    else if (option.letter === 'd') {
      wanted = parseDbrType(option.value);
      if (wanted !== undefined) choose('block');
      else {
        context.stderr.write(`Requested dbr type out of range or invalid - ignored. ${helpHint('caget')}\n`);
      }
    }
  }
  if (given.operands.length === 0) {
    context.stderr.write(`No pv name specified. ${helpHint('caget')}\n`);
    return 1;
  }
  const client = context.makeCaClient({ repeater: 'register' });
  try {
    const channels = openChannels(client, given.operands, settings);
    if (!(await connectAll(channels, settings, context))) return 1;
    const requests = channels.map((channel) => makeRequest(channel, wanted, isCallback, settings));
    const results = await Promise.all(
      requests.map(({ channel, dbrType, count }) => readChannel(channel, dbrType, count, settings, context)),
    );
    if (context.signal.aborted) return 1;
    const hasFailed = results.some((result) => result.kind === 'failure');
    if (hasFailed) context.stderr.write('Read operation timed out: some PV data was not read.\n');
    results.forEach((result, i) => {
      const request = requests[i] as Request;
      context.stdout.write(formatResult(request, result, shape, settings));
    });
    return hasFailed && settings.isStrict ? 1 : 0;
  } finally {
    await client.close();
  }
}

function parseDbrType(text: string): number | undefined {
  const type = /^\s*\d+\s*$/.test(text) ? Number(text) : parseDbrName(text.trim());
  if (type === undefined || !isDbrType(type) || type === DBR_PUT_ACKT || type === DBR_PUT_ACKS) {
    return undefined;
  }
  return type;
}

function makeRequest(
  channel: CaChannel,
  wanted: number | undefined,
  isCallback: boolean,
  settings: CaSettings,
): Request {
  const native = nativeOf(channel);
  const isLimited = settings.count > 0 && settings.count < native.count;
  const most = isLimited ? settings.count : native.count;
  const dbrType = wanted ?? readingType(native.dbrType, settings);
  let count = isCallback && !isLimited ? Math.min(settings.count, most) : most;
  if (dbrType === DBR_CLASS_NAME) count = 1;
  return { channel, native: native.dbrType, dbrType, count };
}

function formatResult(
  request: Request,
  result: ReadResult,
  shape: OutputShape,
  settings: CaSettings,
): string {
  const { name } = request.channel;
  if (result.kind === 'failure') {
    if (settings.isJson) return `${JSON.stringify({ name, error: result.text.slice(4) })}\n`;
    if (shape === 'block') return `${name}\n    ${result.text}\n`;
    if (shape === 'terse') return `${result.text}\n`;
    return `${namePart(name, request.count, settings)}${result.text}\n`;
  }
  const { data } = result;
  const reading = toReading(data, request.count);
  if (settings.isJson) return `${readingToJson(name, reading, settings)}\n`;
  switch (shape) {
    case 'block':
      return `${name}\n${formatBlock(request.native, data, request.count, settings)}`;
    case 'wide':
      return `${wideLine(name, formatTime(reading.time, 6, settings.isUtc), reading, settings)}\n`;
    case 'terse':
      return `${plainValues(reading, settings)}\n`;
    case 'plain':
      return `${namePart(name, reading.count, settings)}${plainValues(reading, settings)}\n`;
  }
}
