import type { PvChannel } from '../pv/index.ts';
import { PvaChannel } from '../pva/index.ts';
import type { FieldDesc } from '../pvdata/index.ts';
import { formatType } from '../pvdata/index.ts';
import { errorText, TimeoutError } from '../util/index.ts';
import type { CliContext, Command } from './context.ts';
import { helpHint, OrderedOutput, pvaVersionText } from './output.ts';
import {
  checkPvaSettings,
  defaultPvaSettings,
  makeProvider,
  PVA_LONG_NAMES,
  type PvaSettings,
  type PvaStyle,
  pvaCommonHelp,
  takePvaOption,
} from './pva-settings.ts';
import { formatTypeTree } from './pva-tree.ts';
import { readArguments } from './tool-arguments.ts';

/** `pvinfo`, or `pvxinfo` in the style of pvxs. @see pvAccessCPP pvtoolsSrc/pvinfo.cpp */
export function makePvinfo(style: PvaStyle): Command {
  const name = style === 'pvac' ? 'pvinfo' : 'pvxinfo';
  const usage = `
Usage: ${name} [options] <PV name> ...

Tells where PVs are served over PVAccess, and their types. The time-out is 5 s
unless told otherwise.

${pvaCommonHelp}  --style <s> pvac or pvxs

Example: ${name} my_channel
`;
  const run = async (args: readonly string[], context: CliContext): Promise<number> => {
    const given = readArguments(args, context, {
      name,
      usage,
      version: pvaVersionText,
      letters: 'w:p:dcv',
      longNames: PVA_LONG_NAMES,
    });
    if (typeof given === 'number') return given;
    const settings = defaultPvaSettings(name, style);
    for (const option of given.options) takePvaOption(settings, option, context);
    if (given.operands.length === 0) {
      context.stderr.write(`No pv name(s) specified. ${helpHint(name)}\n`);
      return 1;
    }
    if (!checkPvaSettings(settings, context)) return 1;
    return showInfo(given.operands, settings, context);
  };
  const summary =
    style === 'pvac'
      ? 'tell where PVs are served over PVAccess, and their types'
      : 'pvinfo with the output of pvxs';
  return { name, summary, usage, run };
}

async function showInfo(
  names: readonly string[],
  settings: PvaSettings,
  context: CliContext,
): Promise<number> {
  const client = makeProvider(settings, context);
  let hasFailed = false;
  let isLate = false;
  const lines = new OrderedOutput(context.stdout);
  const showOne = async (name: string, index: number): Promise<void> => {
    try {
      using channel = client.channel(name, { meta: true });
      const desc = await typeOf(channel, settings, context);
      const { server } = channel.info();
      lines.set(
        index,
        settings.style === 'pvxs'
          ? `${name} from ${server}\n${formatType(desc)}\n`
          : `${name}\nServer: ${server}\nType:\n${formatTypeTree(desc, '    ')}\n`,
      );
    } catch (error) {
      if (context.signal.aborted) return;
      hasFailed = true;
      lines.set(index, '');
      if (error instanceof TimeoutError) isLate = true;
      else context.stderr.write(`${name} Error: ${errorText(error)}\n`);
    }
  };
  try {
    await Promise.all(names.map(showOne));
  } finally {
    await client[Symbol.asyncDispose]();
  }
  if (isLate) context.stderr.write('Timeout\n');
  return hasFailed || context.signal.aborted ? 1 : 0;
}

async function typeOf(
  channel: PvChannel,
  { timeoutMs }: PvaSettings,
  { signal }: CliContext,
): Promise<FieldDesc> {
  if (channel instanceof PvaChannel) return channel.typeOf('', { timeoutMs, signal });
  // Channel Access tells no structure: that of the value is the one it is shown in.
  return (await channel.getStruct({ timeoutMs, signal })).desc;
}
