import type { CommandContext, CommandFunction } from './command.ts';
import { CommandError } from './errors.ts';
import { isSameValue } from './native.ts';
import { clip } from './value-tools.ts';

type Context = CommandContext<unknown>;

/** Does nothing. */
export const nothing: CommandFunction = () => undefined;

/** Reads the command's register. */
export const read: CommandFunction = async ({ cmd }: Context): Promise<void> => {
  await cmd.get({ read: true });
};

/** Writes the argument. */
export const setArg: CommandFunction = async ({ cmd, arg }: Context): Promise<void> => {
  await cmd.set(arg);
};

/** Writes the argument and compares what a read gives. */
export const setAndVerifyArg: CommandFunction = async ({ cmd, arg }: Context): Promise<void> => {
  await cmd.set(arg);
  const found = await cmd.get({ read: true });
  if (!isSameValue(found, arg)) {
    throw new CommandError(`Verification failed for ${cmd.path}. Set=${clip(arg)}, got=${clip(found)}`, {
      path: cmd.path,
    });
  }
};

/** Makes a function that writes each of the values in turn. */
export function createToggle(values: readonly unknown[]): CommandFunction {
  return async ({ cmd }) => {
    for (const value of values) await cmd.set(value);
  };
}

/** Writes 1, then 0. */
export const toggle: CommandFunction = createToggle([1, 0]);

/** Makes a function that writes a value. */
export function createTouch(value: unknown): CommandFunction {
  return async ({ cmd }) => {
    await cmd.set(value);
  };
}

/** Writes the argument, 1 when there is none. */
export const touch: CommandFunction = async ({ cmd, given }: Context): Promise<void> => {
  await cmd.set(given ?? 1);
};

/** Writes 0. */
export const touchZero: CommandFunction = createTouch(0);
/** Writes 1. */
export const touchOne: CommandFunction = createTouch(1);

/** Makes a function that posts a value. */
export function createPostedTouch(value: unknown): CommandFunction {
  return async ({ cmd }) => {
    await cmd.post(value);
  };
}

/** Posts the argument. */
export const postedTouch: CommandFunction = async ({ cmd, arg }: Context): Promise<void> => {
  await cmd.post(arg);
};

/** Posts 1. */
export const postedTouchOne: CommandFunction = createPostedTouch(1);
/** Posts 0. */
export const postedTouchZero: CommandFunction = createPostedTouch(0);
