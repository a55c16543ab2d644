import type { CaClient, CaClientOptions } from '../ca/index.ts';
import type { TimeStamp } from '../pv/index.ts';
import type { PvaClient, PvaClientOptions } from '../pva/index.ts';
import type { Env } from '../util/index.ts';

/** Where a command writes text. */
export interface TextOutput {
  write(text: string): void;
}

/** Everything a command may use of the world around it. Tests give their own. */
export interface CliContext {
  /** Data. */
  readonly stdout: TextOutput;
  /** Diagnostics. */
  readonly stderr: TextOutput;
  readonly env: Env;
  /** Aborts when the user ends the command, with Ctrl-C for instance. */
  readonly signal: AbortSignal;
  /** Whether a person reads the output: colours are used then. */
  readonly isTerminal: boolean;
  /** A client that the caller closes. */
  makeCaClient(options?: CaClientOptions): CaClient;
  /** A client that the caller closes. */
  makePvaClient(options?: PvaClientOptions): PvaClient;
  now(): TimeStamp;
}

/** A sub-command. */
export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What `-h` prints. */
  readonly usage: string;
  /**
   * Runs the command.
   *
   * @returns the exit code: 0 when all went well.
   */
  run(args: readonly string[], context: CliContext): Promise<number>;
}
