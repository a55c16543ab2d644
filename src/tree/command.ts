import { errorText } from '../util/index.ts';
import * as functions from './command-functions.ts';
import type { Device } from './device.ts';
import type { EnumInput } from './enum-map.ts';
import { CommandError } from './errors.ts';
import type { EnumValue, Integer } from './model/index.ts';
import { nativeTypeName, nativeTypeOf, TypedDefault } from './native.ts';
import type { NodeOptions } from './node.ts';
import { RemoteVariable, type RemoteVariableOptions } from './remote-variable.ts';
import type { Root } from './root.ts';
import type { MaybePromise, SetOptions } from './types.ts';
import { BaseVariable, type VariableOptions } from './variable.ts';

/** What the function of a command gets. */
export interface CommandContext<A> {
  readonly root: Root;
  readonly dev: Device;
  readonly cmd: Command<A>;
  /** The argument, or the current default when none was given. */
  readonly arg: A;
  /** The argument of this call; undefined when none was given. */
  readonly given: A | undefined;
}

/** The function of a command. */
export type CommandFunction<A = unknown, R = unknown> = (context: CommandContext<A>) => MaybePromise<R>;

/** A command of either kind. */
export interface Command<A = unknown, R = unknown> extends BaseVariable<A> {
  /** True when the function takes an argument. */
  readonly arg: boolean;
  /** Python type name of the return value, null when the command returns none. */
  readonly retTypeStr: string | null;
  call(arg?: unknown): Promise<R | null>;
  callDisp(arg?: unknown): Promise<string>;
  callDefault(): Promise<R | null>;
}

/** True for commands of either kind. */
export function isCommand(node: unknown): node is Command {
  return node instanceof LocalCommand || node instanceof RemoteCommand;
}

/** Settings that both kinds of commands have. */
export interface CommandOptions<A, R> extends NodeOptions {
  /** Default argument; also tells its type. */
  readonly value?: A | TypedDefault<A> | null;
  /** A return value, for its type. */
  readonly retValue?: R | TypedDefault<R> | null;
  readonly enum?: EnumInput | null;
  readonly minimum?: number | bigint | null;
  readonly maximum?: number | bigint | null;
  readonly units?: string | null;
  readonly disp?: string | EnumInput | readonly EnumValue[];
  readonly typeStr?: string;
  /**
   * The function takes an argument. Default: true when `value` is given. JavaScript cannot tell from the function,
   * so a command that takes an argument but has no default needs it.
   */
  readonly hasArg?: boolean;
  readonly extra?: Readonly<Record<string, unknown>>;
  function?(this: void, context: CommandContext<A>): MaybePromise<R>;
}

/** Python type name for a return value. */
function retTypeOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) return `List[${nativeTypeName(nativeTypeOf(value[0]))}]`;
  return nativeTypeName(nativeTypeOf(value));
}

interface CommandState<A, R> {
  run: CommandFunction<A, R> | undefined;
  readonly hasArg: boolean;
  readonly retTypeStr: string | null;
}

function stateOf<A, R>(options: CommandOptions<A, R>): CommandState<A, R> {
  const ret = options.retValue;
  return {
    run:
      options.function === undefined
        ? undefined
        : (context) => options.function?.(context) as MaybePromise<R>,
    hasArg: options.hasArg ?? (options.value !== undefined && options.value !== null),
    retTypeStr: ret instanceof TypedDefault ? nativeTypeName(ret.nativeType) : retTypeOf(ret),
  };
}

/** Calls the function; null when the device is disabled or nothing is returned. */
async function runCommand<A, R>(
  cmd: Command<A, R>,
  run: CommandFunction<A, R> | undefined,
  given: unknown,
  current: unknown,
  done: (arg: unknown) => void,
): Promise<R | null> {
  const dev = cmd.parent;
  const root = cmd.root;
  if (dev === null || root === null) {
    throw new CommandError(`command ${cmd.path} called on a tree that is not started`, { path: cmd.path });
  }
  if (!dev.isEnabled) return null;
  try {
    const isGiven = given !== undefined && given !== null;
    const arg = isGiven ? cmd.parseDisp(given) : current;
    const context = {
      root,
      dev,
      cmd: cmd as Command<A>,
      arg: arg as A,
      given: isGiven ? (arg as A) : undefined,
    };
    const result = await run?.(context);
    done(arg);
    return result ?? null;
  } catch (error) {
    cmd.log.error({ error }, `Error executing command ${cmd.path}: ${errorText(error)}`);
    throw error;
  }
}

/**
 * A command that runs a function.
 *
 * Its value is the default argument: **a call with an argument makes it the new default**, and a call without one
 * repeats the last; {@link LocalCommand.callDefault} takes the default of the constructor.
 */
export class LocalCommand<A = unknown, R = unknown> extends BaseVariable<A> implements Command<A, R> {
  /** Does nothing. */
  static readonly nothing: CommandFunction = functions.nothing;
  /** Reads the command's register. */
  static readonly read: CommandFunction = functions.read;
  /** Writes the argument. */
  static readonly setArg: CommandFunction = functions.setArg;
  /** Writes the argument and compares what a read gives. */
  static readonly setAndVerifyArg: CommandFunction = functions.setAndVerifyArg;
  /** Makes a function that writes each of the values in turn. */
  static readonly createToggle: (values: readonly unknown[]) => CommandFunction = functions.createToggle;
  /** Writes 1, then 0. */
  static readonly toggle: CommandFunction = functions.toggle;
  /** Makes a function that writes a value. */
  static readonly createTouch: (value: unknown) => CommandFunction = functions.createTouch;
  /** Writes the argument, 1 when there is none. */
  static readonly touch: CommandFunction = functions.touch;
  /** Writes 0. */
  static readonly touchZero: CommandFunction = functions.touchZero;
  /** Writes 1. */
  static readonly touchOne: CommandFunction = functions.touchOne;
  /** Makes a function that posts a value. */
  static readonly createPostedTouch: (value: unknown) => CommandFunction = functions.createPostedTouch;
  /** Posts the argument. */
  static readonly postedTouch: CommandFunction = functions.postedTouch;
  /** Posts 1. */
  static readonly postedTouchOne: CommandFunction = functions.postedTouchOne;
  /** Posts 0. */
  static readonly postedTouchZero: CommandFunction = functions.postedTouchZero;

  readonly #state: CommandState<A, R>;
  #value: unknown;

  constructor(options: CommandOptions<A, R>) {
    // PyRogue's default argument is 0 also for commands that take none.
    const value = options.value === undefined ? (0 as A) : options.value;
    const settings: VariableOptions<A> = { ...options, mode: 'WO', bulkOpEn: false };
    super({ ...settings, value });
    this.#state = stateOf(options);
    this.#value = this.defaultValue;
  }

  override get isVariable(): boolean {
    return false;
  }
  override get isCommand(): boolean {
    return true;
  }
  protected override get family(): string {
    return 'Command';
  }
  get arg(): boolean {
    return this.#state.hasArg;
  }
  get retTypeStr(): string | null {
    return this.#state.retTypeStr;
  }
  /** The current default argument: the last one, at first the constructor's. */
  override get value(): A {
    return this.#value as A;
  }
  override _lastValue(): unknown {
    return this.#value;
  }

  /**
   * Runs the function; text is parsed as by `setDisp`, everything else passes as it is.
   *
   * @param arg `undefined` and `null` stand for the current default.
   * @returns what the function returns; null when that is nothing or the device is disabled.
   * @throws what the function throws.
   */
  call(arg?: unknown): Promise<R | null> {
    return runCommand<A, R>(this, this.#state.run, arg, this.#value, (used) => {
      if (!this.#state.hasArg) return;
      this.#value = used;
      this._queueUpdate();
    });
  }

  /** Runs the function and gives the display text of what it returns. */
  async callDisp(arg?: unknown): Promise<string> {
    return this.genDisp(await this.call(arg));
  }

  /** Runs the function with the default argument of the constructor. */
  callDefault(): Promise<R | null> {
    return this.call(this.defaultValue);
  }

  /** Puts another function in. */
  replaceFunction(fn: CommandFunction<A, R>): void {
    this.#state.run = fn;
  }

  override _read(): A {
    return this.#value as A;
  }

  override _write(value: unknown, options: SetOptions): void {
    this.#value = value;
    if (options.write !== false) this._queueUpdate();
  }

  override async _firstValue(): Promise<unknown> {
    return this.#value;
  }
}

/** PyRogue's name of {@link LocalCommand}. */
export const BaseCommand: typeof LocalCommand = LocalCommand;

/** Settings of a {@link RemoteCommand}. */
export interface RemoteCommandOptions<A = Integer, R = unknown>
  extends Omit<RemoteVariableOptions<A>, 'mode' | 'verify' | 'bulkOpEn' | 'pollInterval'> {
  readonly retValue?: R | TypedDefault<R> | null;
  readonly hasArg?: boolean;
  function?(this: void, context: CommandContext<A>): MaybePromise<R>;
}

/** A command with a register: its function writes it, without verify. */
export class RemoteCommand<A = Integer, R = unknown> extends RemoteVariable<A> implements Command<A, R> {
  /** Does nothing. */
  static readonly nothing: CommandFunction = functions.nothing;
  /** Reads the command's register. */
  static readonly read: CommandFunction = functions.read;
  /** Writes the argument. */
  static readonly setArg: CommandFunction = functions.setArg;
  /** Writes the argument and compares what a read gives. */
  static readonly setAndVerifyArg: CommandFunction = functions.setAndVerifyArg;
  /** Makes a function that writes each of the values in turn. */
  static readonly createToggle: (values: readonly unknown[]) => CommandFunction = functions.createToggle;
  /** Writes 1, then 0. */
  static readonly toggle: CommandFunction = functions.toggle;
  /** Makes a function that writes a value. */
  static readonly createTouch: (value: unknown) => CommandFunction = functions.createTouch;
  /** Writes the argument, 1 when there is none. */
  static readonly touch: CommandFunction = functions.touch;
  /** Writes 0. */
  static readonly touchZero: CommandFunction = functions.touchZero;
  /** Writes 1. */
  static readonly touchOne: CommandFunction = functions.touchOne;
  /** Makes a function that posts a value. */
  static readonly createPostedTouch: (value: unknown) => CommandFunction = functions.createPostedTouch;
  /** Posts the argument. */
  static readonly postedTouch: CommandFunction = functions.postedTouch;
  /** Posts 1. */
  static readonly postedTouchOne: CommandFunction = functions.postedTouchOne;
  /** Posts 0. */
  static readonly postedTouchZero: CommandFunction = functions.postedTouchZero;

  readonly #state: CommandState<A, R>;

  constructor(options: RemoteCommandOptions<A, R>) {
    super({ ...options, mode: 'RW', verify: false, bulkOpEn: false });
    this.#state = stateOf(options);
  }

  override get isVariable(): boolean {
    return false;
  }
  override get isCommand(): boolean {
    return true;
  }
  protected override get family(): string {
    return 'Command';
  }
  get arg(): boolean {
    return this.#state.hasArg;
  }
  get retTypeStr(): string | null {
    return this.#state.retTypeStr;
  }

  /** As {@link LocalCommand.call}; the register keeps what was written, not the argument. */
  call(arg?: unknown): Promise<R | null> {
    return runCommand<A, R>(this, this.#state.run, arg, this.defaultValue, () => {});
  }

  async callDisp(arg?: unknown): Promise<string> {
    return this.genDisp(await this.call(arg));
  }

  callDefault(): Promise<R | null> {
    return this.call(this.defaultValue);
  }

  /** Puts another function in. */
  replaceFunction(fn: CommandFunction<A, R>): void {
    this.#state.run = fn;
  }

  override async _write(value: unknown, options: SetOptions): Promise<void> {
    if (options.write === false) return super._write(value, options);
    await this._force(value, { isPosted: false });
  }

  override async post(value: A): Promise<void> {
    await this._force(value, { isPosted: true });
  }
}
