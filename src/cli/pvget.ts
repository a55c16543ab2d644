import { errorText, TimeoutError } from '../util/index.ts';
import type { CliContext, Command } from './context.ts';
import { helpHint, OrderedOutput, pvaVersionText } from './output.ts';
import { nameColumn } from './pv-names.ts';
import { formatPvaValue } from './pva-format.ts';
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
import { monitorPvs } from './pvmonitor.ts';
import { readArguments } from './tool-arguments.ts';

/** `pvget`, or `pvxget` in the style of pvxs. @see pvAccessCPP pvtoolsSrc/pvget.cpp */
export function makePvget(style: PvaStyle): Command {
  const name = style === 'pvac' ? 'pvget' : 'pvxget';
  const usage = `
Usage: ${name} [options] <PV name> ...

Reads PVs over PVAccess. The time-out is 5 s unless told otherwise.

${pvaCommonHelp}${pvaFormatHelp}  -m          print all changes too, as pvmonitor does

Example: ${name} -r 'field(value,alarm)' my_channel
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
    const settings = defaultPvaSettings(name, style);
    let isMonitor = false;
    for (const option of given.options) {
      if (option.letter === 'm') isMonitor = true;
      else if (option.letter === 'f') {
        context.stderr.write('Unsupported option -f\n');
        return 1;
      } else takePvaOption(settings, option, context);
    }
    if (given.operands.length === 0) {
      context.stderr.write(`No pv name specified. ${helpHint(name)}\n`);
      return 1;
    }
    if (!checkPvaSettings(settings, context)) return 1;
    return isMonitor
      ? monitorPvs(given.operands, settings, context)
      : getPvs(given.operands, settings, context);
  };
  const summary = style === 'pvac' ? 'read PVs over PVAccess' : 'pvget with the output of pvxs';
  return { name, summary, usage, run };
}

async function getPvs(names: readonly string[], settings: PvaSettings, context: CliContext): Promise<number> {
  const client = makeProvider(settings, context);
  const view = viewOf(settings, context);
  let missing = 0;
  let hasFailed = false;
  const lines = new OrderedOutput(context.stdout);
  const getOne = async (name: string, index: number): Promise<void> => {
    const column = nameColumn(name, names, settings);
    try {
      using channel = client.channel(name, { meta: true });
      const value = await channel.getStruct({
        timeoutMs: settings.timeoutMs,
        signal: context.signal,
        pvRequest: settings.request,
      });
      lines.set(index, `${column}${formatPvaValue(value, view)}`);
    } catch (error) {
      if (context.signal.aborted) return;
      hasFailed = true;
      if (error instanceof TimeoutError) missing++;
      else context.stderr.write(`Error ${errorText(error)}\n`);
      lines.set(index, settings.style === 'pvac' ? `${column}\n` : '');
    }
  };
  try {
    await Promise.all(names.map(getOne));
  } finally {
    await client[Symbol.asyncDispose]();
  }
  if (missing > 0) {
    context.stderr.write(settings.style === 'pvac' ? 'Timeout\n' : `Timeout with ${missing} outstanding\n`);
  }
  return hasFailed || context.signal.aborted ? 1 : 0;
}
