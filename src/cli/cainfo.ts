import { type CaChannel, dbrName } from '../ca/index.ts';
import { type ChannelState, Rights } from '../pv/index.ts';
import { blockLine, dbfName } from './ca-block.ts';
import { connectAll, nativeOf, openChannels } from './ca-channels.ts';
import { caCommonHelp, defaultCaSettings, takeCaOption } from './ca-settings.ts';
import type { CliContext, Command } from './context.ts';
import { caVersionText, helpHint } from './output.ts';
import { readArguments } from './tool-arguments.ts';

const usage = `
Usage: cainfo [options] <PV name> ...

Tells where PVs are served over Channel Access, and what they are.

${caCommonHelp}  -s <level>  print the state of the client instead, in more detail with
              higher levels

Example: cainfo my_channel another_channel
`;

/** `cainfo`: tells about channels. @see epics-base modules/ca/src/tools/cainfo.c */
export const cainfo: Command = {
  name: 'cainfo',
  summary: 'tell where PVs are served over Channel Access, and what they are',
  usage,
  run: runCainfo,
};

async function runCainfo(args: readonly string[], context: CliContext): Promise<number> {
  const given = readArguments(args, context, {
    name: 'cainfo',
    usage,
    version: caVersionText,
    letters: 'nw:s:p:F:',
  });
  if (typeof given === 'number') return given;
  const settings = defaultCaSettings(context);
  let level = 0;
  for (const option of given.options) {
    if (option.letter === 's') {
      level = Number.parseInt(option.value, 10);
      if (level >= 0) continue;
      context.stderr.write(
        `'${option.value}' is not a valid interest level - ignored. ${helpHint('cainfo')}\n`,
      );
      level = 0;
    } else takeCaOption(settings, option, 'cainfo', context);
  }
  if (level === 0 && given.operands.length === 0) {
    context.stderr.write(`No pv name specified. ${helpHint('cainfo')}\n`);
    return 1;
  }
  const client = context.makeCaClient({ repeater: 'register' });
  try {
    const channels = openChannels(client, given.operands, settings);
    if (!(await connectAll(channels, settings, context))) return 1;
    if (level > 0) {
      const report = level > 1 ? { ...client.report(), stats: client.stats() } : client.report();
      context.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
    } else for (const channel of channels) context.stdout.write(formatInfo(channel));
    return 0;
  } finally {
    await client.close();
  }
}

const stateTexts: Readonly<Record<ChannelState, string>> = {
  searching: 'never connected',
  connecting: 'never connected',
  connected: 'connected',
  disconnected: 'previously connected',
  closed: 'closed',
};

function formatInfo(channel: CaChannel): string {
  const { dbrType, count } = nativeOf(channel);
  const { rights, state } = channel;
  const can = (right: number): string => ((rights & right) === 0 ? 'no ' : '');
  return [
    `${channel.name}\n`,
    blockLine('State', stateTexts[state]),
    blockLine('Host', hostOf(channel.info().server)),
    blockLine('Access', `${can(Rights.Read)}read, ${can(Rights.Write)}write`),
    blockLine('Native data type', dbfName(dbrType)),
    blockLine('Request type', dbrName(dbrType)),
    blockLine('Element count', String(count)),
  ].join('');
}

/** The one address whose name needs no look-up. */
function hostOf(server: string): string {
  return server.replace(/^127\.0\.0\.1:/, 'localhost:');
}
