#!/usr/bin/env node
import { CaClient } from '../ca/index.ts';
import { nowStamp } from '../pv/index.ts';
import { PvaClient } from '../pva/index.ts';
import { systemClock } from '../util/index.ts';
import type { CliContext } from './context.ts';
import { main } from './main.ts';

/** Exit code of a program that Ctrl-C ended. */
const INTERRUPTED = 130;

/** Who reads our output has gone: there is nothing more to do, and nobody to tell. */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
}

function makeContext(signal: AbortSignal): CliContext {
  const { env } = process;
  return {
    stdout: { write: (text) => void process.stdout.write(text) },
    stderr: { write: (text) => void process.stderr.write(text) },
    env,
    signal,
    isTerminal: process.stdout.isTTY === true,
    makeCaClient: (options) => CaClient.fromEnv({ ...options, env }),
    makePvaClient: (options) => PvaClient.fromEnv(options),
    now: () => nowStamp(systemClock),
  };
}

process.stdout.on('error', endQuietly);
process.stderr.on('error', endQuietly);
const controller = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    // The second time the user does not want to wait for an orderly end.
    if (controller.signal.aborted) process.exit(INTERRUPTED);
    controller.abort(new Error(`ended by ${name}`));
  });
}
// Timers of clients let the process end, which is no end of the command.
const keepAlive = setInterval(() => undefined, 0x7fffffff);
main(process.argv.slice(2), makeContext(controller.signal), process.argv[1]).then(
  (exitCode) => {
    process.exitCode = exitCode;
    clearInterval(keepAlive);
  },
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
    clearInterval(keepAlive);
  },
);
