import {
  type CaChannel,
  DBR_CHAR,
  DBR_ENUM,
  DBR_GR_ENUM,
  DBR_STRING,
  dbrName,
  ECA_BADCOUNT,
  ECA_DISCONN,
  ECA_NOWTACCESS,
  ECA_PUTFAIL,
  ecaMessage,
  type PutValue,
} from '../ca/index.ts';
import {
  AccessError,
  DisconnectedError,
  RemoteError,
  TimeoutError,
  TypeMismatchError,
  toError,
} from '../util/index.ts';
import { fromByteString, toByteString, unescapeC } from './c-text.ts';
import { exceptionBlock } from './ca-block.ts';
import { connectAll, nativeOf, openChannels, readChannel } from './ca-channels.ts';
import { namePart, plainValues, readingType, toReading, wideLine } from './ca-format.ts';
import { type CaSettings, caCommonHelp, defaultCaSettings, takeCaOption } from './ca-settings.ts';
import type { CliContext, Command } from './context.ts';
import { formatTime } from './local-time.ts';
import { caVersionText, errorTag, helpHint } from './output.ts';
import { readArguments } from './tool-arguments.ts';

const usage = `
Usage: caput [options] <PV name> <value> ...
       caput -a [options] <PV name> <count> <value> ...

Writes a PV over Channel Access. Several values make one text with blanks
between them, or with -a an array; the count is ignored.

${caCommonHelp}  -c          wait until the server has completed the put
  -t          print the new value only, without name
  -l          print name, time, value, alarm status and severity
  -a          write an array
  -S          write a text to an array of CHAR
  -n          the value of an enum is a number
  -s          the value of an enum is a label
  --strict    exit code 1 when the server refuses or does not answer
  --utc       times in UTC, not local time
Options stand before the PV name.

Example: caput my_channel 1.2
`;

/** Bytes of a DBR_STRING without its NUL. */
const MAX_TEXT_BYTES = 39;

interface PutSettings extends CaSettings {
  isCallback: boolean;
  isArray: boolean;
  isEnumLabel: boolean;
  shape: 'plain' | 'terse' | 'wide';
}

/** `caput`: writes a PV over Channel Access. @see epics-base modules/ca/src/tools/caput.c */
export const caput: Command = {
  name: 'caput',
  summary: 'write a PV over Channel Access',
  usage,
  run: runCaput,
};

async function runCaput(args: readonly string[], context: CliContext): Promise<number> {
  const given = readArguments(args, context, {
    name: 'caput',
    usage,
    version: caVersionText,
    letters: 'cnltasS#:w:p:F:',
    longNames: ['strict', 'utc'],
    isPermuting: false,
  });
  if (typeof given === 'number') return given;
  const settings = readPutSettings(given.options, context);
  const [name, ...values] = given.operands;
  if (name === undefined || values.length === 0) {
    const what = name === undefined ? 'pv name' : 'value';
    context.stderr.write(`No ${what} specified. ${helpHint('caput')}\n`);
    return 1;
  }
  const client = context.makeCaClient({ repeater: 'register' });
  try {
    const [channel] = openChannels(client, [name], settings) as [CaChannel];
    if (!(await connectAll([channel], settings, context))) return 1;
    return await putAndShow(channel, values, settings, context);
  } finally {
    await client.close();
  }
}

function readPutSettings(
  options: readonly { readonly letter: string; readonly value: string }[],
  context: CliContext,
): PutSettings {
  const settings: PutSettings = {
    ...defaultCaSettings(context),
    isCallback: false,
    isArray: false,
    isEnumLabel: false,
    shape: 'plain',
  };
  for (const option of options) {
    switch (option.letter) {
      case 'c':
        settings.isCallback = true;
        break;
      case 't':
        settings.shape = 'terse';
        break;
      case 'l':
        settings.shape = 'wide';
        break;
      case 'a':
        settings.isArray = true;
        settings.isCharText = false;
        break;
      case 'S':
        settings.isCharText = true;
        settings.isArray = false;
        break;
      case 's':
        settings.isEnumLabel = true;
        settings.isEnumNumber = false;
        break;
      case 'n':
        settings.isEnumNumber = true;
        settings.isEnumLabel = false;
        break;
      case '#':
        // Taken by the original too, to no effect.
        break;
      default:
        takeCaOption(settings, option, 'caput', context);
    }
  }
  return settings;
}

async function putAndShow(
  channel: CaChannel,
  values: readonly string[],
  settings: PutSettings,
  context: CliContext,
): Promise<number> {
  const value = await makeValue(channel, values, settings, context);
  if (value === undefined) return 1;
  const isTerse = settings.shape === 'terse';
  if (!isTerse) context.stdout.write(`Old : ${await readText(channel, settings, context)}`);
  let refusal: Error | undefined;
  const stop = channel.onError((error) => {
    refusal = error;
  });
  const { timeoutMs } = settings;
  let isIncomplete = false;
  try {
    await channel.put(value, { wait: settings.isCallback, timeoutMs, signal: context.signal });
  } catch (error) {
    if (context.signal.aborted) return 1;
    if (!(settings.isCallback && error instanceof TimeoutError)) {
      context.stderr.write(`${errorTag(context)} from put operation: ${putErrorText(error)}\n`);
      return 1;
    }
    context.stderr.write('Write callback operation timed out\n');
    isIncomplete = true;
  }
  // The answer to this read comes after the refusal of the put.
  const text = await readText(channel, settings, context);
  stop();
  if (refusal !== undefined) context.stderr.write(refusalBlock(channel, value, refusal, context));
  context.stdout.write(isTerse ? text : `New : ${text}`);
  return settings.isStrict && (isIncomplete || refusal !== undefined) ? 1 : 0;
}

/** What to send: texts for the server to convert, as the original does; undefined when it was refused here. */
async function makeValue(
  channel: CaChannel,
  values: readonly string[],
  settings: PutSettings,
  context: CliContext,
): Promise<PutValue | undefined> {
  const texts = settings.isArray ? values.slice(1) : [values.join(' ')];
  const native = nativeOf(channel);
  if (native.dbrType === DBR_ENUM) return makeEnumValue(channel, texts, settings, context);
  if (!settings.isCharText) return texts.map((text) => toDbrText(text));
  const bytes = unescapeC(toByteString(texts[0] ?? ''));
  const data = Uint8Array.from(`${bytes}\0`, (character) => character.charCodeAt(0));
  if (native.dbrType === DBR_CHAR || data.length > native.count) return data;
  return Array.from(data);
}

/** A text as the byte string of a DBR_STRING. */
function toDbrText(text: string): string {
  return unescapeC(toByteString(text)).slice(0, MAX_TEXT_BYTES);
}

const numberStart = /^\s*[+-]?(?:0x[0-9a-f]+|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)/i;

async function makeEnumValue(
  channel: CaChannel,
  texts: readonly string[],
  settings: PutSettings,
  context: CliContext,
): Promise<PutValue | undefined> {
  const result = await readChannel(channel, DBR_GR_ENUM, 1, settings, context);
  if (result.kind === 'failure') {
    context.stderr.write('Read operation timed out: ENUM data was not read.\n');
    return undefined;
  }
  const { choices } = result.data;
  const labels = texts.map((text) => toDbrText(text));
  if (!settings.isEnumNumber && labels.every((label) => choices.includes(label))) return labels;
  const numbers: number[] = [];
  for (const [i, label] of labels.entries()) {
    const choice = settings.isEnumNumber ? -1 : choices.indexOf(label);
    const start = numberStart.exec(label)?.[0];
    if (choice >= 0) numbers.push(choice);
    else if (start === undefined || settings.isEnumLabel) {
      context.stderr.write(
        settings.isEnumNumber
          ? `Enum index value '${texts[i]}' is not a number.\n`
          : `Enum string value '${fromByteString(label)}' invalid.\n`,
      );
      return undefined;
    } else {
      const number = signedNumber(start);
      if (number >= choices.length) {
        context.stderr.write(`Warning: enum index value '${texts[i]}' may be too large.\n`);
      }
      numbers.push(number);
    }
  }
  return numbers;
}

/** Number of a text, hexadecimal ones with a sign too. */
function signedNumber(text: string): number {
  const trimmed = text.trim();
  const size = Number(trimmed.replace(/^[+-]/, ''));
  return trimmed.startsWith('-') ? -size : size;
}

async function readText(channel: CaChannel, settings: PutSettings, context: CliContext): Promise<string> {
  const native = nativeOf(channel);
  const { count } = native;
  const result = await readChannel(channel, readingType(native.dbrType, settings), count, settings, context);
  const { name } = channel;
  if (result.kind === 'failure') {
    context.stderr.write('Read operation timed out: PV data was not read.\n');
    return `${settings.shape === 'terse' ? '' : namePart(name, count, settings)}${result.text}\n`;
  }
  const reading = toReading(result.data, count);
  switch (settings.shape) {
    case 'wide':
      return `${wideLine(name, formatTime(reading.time, 6, settings.isUtc), reading, settings)}\n`;
    case 'terse':
      return `${plainValues(reading, settings)}\n`;
    case 'plain':
      return `${namePart(name, count, settings)}${plainValues(reading, settings)}\n`;
  }
}

/** The protocol's text for a put that failed. */
function putErrorText(error: unknown): string {
  if (error instanceof AccessError) return ecaMessage(ECA_NOWTACCESS);
  if (error instanceof TypeMismatchError) return ecaMessage(ECA_BADCOUNT);
  if (error instanceof RemoteError && error.eca !== undefined) return ecaMessage(error.eca);
  if (error instanceof DisconnectedError) return ecaMessage(ECA_DISCONN);
  return toError(error).message;
}

function refusalBlock(channel: CaChannel, value: PutValue, refusal: Error, context: CliContext): string {
  const eca = refusal instanceof RemoteError ? (refusal.eca ?? ECA_PUTFAIL) : ECA_PUTFAIL;
  const list = value as ArrayLike<unknown>;
  const dbrType =
    typeof list[0] === 'string'
      ? DBR_STRING
      : value instanceof Uint8Array
        ? DBR_CHAR
        : nativeOf(channel).dbrType;
  const { name } = channel;
  const about = `op=1, channel=${name}, type=${dbrName(dbrType)}, count=${list.length}, ctx="${name}"`;
  return exceptionBlock(eca, about, context.now());
}
