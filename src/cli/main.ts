import { basename } from 'node:path';
import { errorText, formatTable, isEpicsError } from '../util/index.ts';
import { caget } from './caget.ts';
import { cainfo } from './cainfo.ts';
import { camonitor } from './camonitor.ts';
import { caput } from './caput.ts';
import type { CliContext, Command } from './context.ts';
import { packageVersion } from './output.ts';
import { makePvget } from './pvget.ts';
import { makePvinfo } from './pvinfo.ts';
import { makePvlist } from './pvlist.ts';
import { makePvmonitor } from './pvmonitor.ts';
import { makePvput } from './pvput.ts';

const PROGRAM = 'epics-ts';

const demo: Command = {
  name: 'demo',
  summary: 'serve a simulated machine over Channel Access and PVAccess',
  usage: `\nUsage: ${PROGRAM} demo [options]\n`,
  // Loaded only when it is run: it brings the whole tree and record database with it.
  run: async (args, context) => (await import('./demo/command.ts')).runDemo(args, context),
};

/** All sub-commands, in the order in which they are listed. */
export function allCommands(): readonly Command[] {
  return [
    demo,
    caget,
    caput,
    camonitor,
    cainfo,
    makePvget('pvac'),
    makePvput('pvac'),
    makePvmonitor('pvac'),
    makePvinfo('pvac'),
    makePvlist('pvac'),
    makePvget('pvxs'),
    makePvput('pvxs'),
    makePvmonitor('pvxs'),
    makePvinfo('pvxs'),
    makePvlist('pvxs'),
  ];
}

/**
 * Runs the command line.
 *
 * @param args what follows the name of the program.
 * @param invokedAs path or name that the program was started with; the name of a tool runs that tool.
 * @returns the exit code: 0 when all went well, 1 otherwise.
 */
export async function main(
  args: readonly string[],
  context: CliContext,
  invokedAs: string = PROGRAM,
): Promise<number> {
  const commands = allCommands();
  const find = (name: string | undefined): Command | undefined =>
    commands.find((command) => command.name === name);
  const own = find(basename(invokedAs).replace(/\.(?:c|m)?[jt]s$|\.exe$/, ''));
  if (own !== undefined) return runCommand(own, args, context);
  const [name, ...rest] = args;
  switch (name) {
    case undefined:
      context.stderr.write(overview(commands));
      return 1;
    case '-V':
    case '--version':
      context.stdout.write(`${PROGRAM} ${packageVersion()}\n`);
      return 0;
    case '-h':
    case '--help':
      context.stdout.write(overview(commands));
      return 0;
    case 'help': {
      const [topic] = rest;
      const command = find(topic);
      if (topic !== undefined && command === undefined) return refuse(topic, context);
      if (command !== undefined) return runCommand(command, ['-h'], context);
      context.stdout.write(overview(commands));
      return 0;
    }
  }
  const command = find(name);
  return command === undefined ? refuse(name, context) : runCommand(command, rest, context);
}

function refuse(name: string, context: CliContext): number {
  const what = name.startsWith('-') ? 'option' : 'command';
  context.stderr.write(`${PROGRAM}: unknown ${what} "${name}"; "${PROGRAM} help" lists the commands\n`);
  return 1;
}

async function runCommand(command: Command, args: readonly string[], context: CliContext): Promise<number> {
  try {
    return await command.run(args, context);
  } catch (error) {
    // What the tools expect to go wrong they report themselves. The rest is a bad setting, or a bug worth its stack.
    const text = isEpicsError(error) || !(error instanceof Error) ? errorText(error) : error.stack;
    context.stderr.write(`${command.name}: ${text ?? errorText(error)}\n`);
    return 1;
  }
}

function overview(commands: readonly Command[]): string {
  const rows = commands.map(({ name, summary }) => [`  ${name}`, summary]);
  return `
Usage: ${PROGRAM} <command> [options] [arguments]
       ${PROGRAM} help <command>

Commands:
${formatTable(rows)}

EPICS_TS_LOG sets log levels, for example EPICS_TS_LOG='epics.pva.*=debug'.
The settings of Channel Access and PVAccess come from EPICS_CA_... and
EPICS_PVA_... variables.
`;
}
