import type { PvChannel } from '../pv/index.ts';
import type { Value } from '../pvdata/index.ts';
import { errorText, TimeoutError } from '../util/index.ts';
import type { CliContext, Command } from './context.ts';
import { errorTag, helpHint, pvaVersionText } from './output.ts';
import { formatPvaValue } from './pva-format.ts';
import { buildPutValue } from './pva-put-value.ts';
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

/** `pvput`, or `pvxput` in the style of pvxs. @see pvAccessCPP pvtoolsSrc/pvput.cpp */
export function makePvput(style: PvaStyle): Command {
  const name = style === 'pvac' ? 'pvput' : 'pvxput';
  const usage = `
Usage: ${name} [options] <PV name> <value>
       ${name} [options] <PV name> <count> <value> <value> ...
       ${name} [options] <PV name> <field>=<value> ...
       ${name} [options] <PV name> '[<value>, ...]'
       ${name} [options] <PV name> '{<field>: <value>, ...}'

Writes a PV over PVAccess. Enums take a label or an index; the count of an
array is ignored; values of fields may be JSON. The time-out is 5 s unless
told otherwise.

${pvaCommonHelp}${pvaFormatHelp}  -q          print the new value only
Options stand before the PV name.

Example: ${name} my_channel value=1.25
`;
  const run = async (args: readonly string[], context: CliContext): Promise<number> => {
    const given = readArguments(args, context, {
      name,
      usage,
      version: pvaVersionText,
      letters: `${PVA_LETTERS}sf:`,
      longNames: PVA_LONG_NAMES,
      isPermuting: false,
    });
    if (typeof given === 'number') return given;
    const settings = defaultPvaSettings(name, style);
    for (const option of given.options) {
      if (option.letter === 'f') {
        context.stderr.write('Unsupported option -f\n');
        return 1;
      }
      takePvaOption(settings, option, context);
    }
    const [pvName, ...values] = given.operands;
    if (pvName === undefined || values.length === 0) {
      const what = pvName === undefined ? 'pv name' : 'value(s)';
      context.stderr.write(`No ${what} specified. ${helpHint(name)}\n`);
      return 1;
    }
    if (!checkPvaSettings(settings, context)) return 1;
    const client = makeProvider(settings, context);
    try {
      return await putAndShow(client.channel(pvName, { meta: true }), values, settings, context);
    } catch (error) {
      if (!context.signal.aborted) context.stderr.write(failureText(error, settings, context));
      return 1;
    } finally {
      await client[Symbol.asyncDispose]();
    }
  };
  const summary = style === 'pvac' ? 'write a PV over PVAccess' : 'pvput with the output of pvxs';
  return { name, summary, usage, run };
}

async function putAndShow(
  channel: PvChannel,
  values: readonly string[],
  settings: PvaSettings,
  context: CliContext,
): Promise<number> {
  const isSilent = settings.style === 'pvxs';
  const limits = { timeoutMs: settings.timeoutMs, signal: context.signal };
  const read = (): Promise<Value> => channel.getStruct({ ...limits, pvRequest: settings.request });
  const view = viewOf(settings, context);
  const isLabelled = !settings.isQuiet && !isSilent;
  const old = await read();
  if (isLabelled) context.stdout.write(`Old : ${formatPvaValue(old, view)}`);
  let hasFailed = false;
  try {
    const warn = (text: string): void => context.stderr.write(`${text}\n`);
    const value = buildPutValue(old, values, warn);
    const request = settings.request === '' ? {} : { pvRequest: settings.request };
    await channel.putStruct(value, { ...limits, ...request });
  } catch (error) {
    if (context.signal.aborted) return 1;
    hasFailed = true;
    context.stderr.write(failureText(error, settings, context));
    if (error instanceof TimeoutError) return 1;
  }
  if (!isSilent) {
    context.stdout.write(`${isLabelled ? 'New : ' : ''}${formatPvaValue(await read(), view)}`);
  }
  return hasFailed ? 1 : 0;
}

function failureText(error: unknown, settings: PvaSettings, context: CliContext): string {
  const text = errorText(error);
  if (settings.style !== 'pvxs') return `Error: ${text}\n`;
  const kind = error instanceof Error ? error.name : 'Error';
  return `${errorTag(context)} ${kind} : ${text}\n`;
}
