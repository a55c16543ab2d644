import type { CliContext } from './context.ts';
import { type GivenOption, getopt } from './getopt.ts';
import { helpHint } from './output.ts';

/** What a tool is called with. */
export interface ToolArguments {
  readonly options: readonly GivenOption[];
  readonly operands: readonly string[];
}

/** What a tool takes. `h` and `V` are understood besides. */
export interface ToolSyntax {
  readonly name: string;
  readonly usage: string;
  /** Text for `-V`. */
  readonly version: () => string;
  /** Letters as `getopt` takes them. */
  readonly letters: string;
  readonly longNames?: readonly string[];
  /** Whether options may stand behind operands; default true. */
  readonly isPermuting?: boolean;
}

/**
 * Parses the arguments of a tool and answers `-h`, `-V` and unknown options.
 *
 * @returns the arguments, or the exit code when there is nothing left to do.
 */
export function readArguments(
  args: readonly string[],
  context: CliContext,
  syntax: ToolSyntax,
): ToolArguments | number {
  const longNames = [...(syntax.longNames ?? []), 'help', 'version'];
  const parsed = getopt(args, `hV${syntax.letters}`, syntax.isPermuting ?? true, longNames);
  for (const { letter } of parsed.options) {
    if (letter === 'h' || letter === 'help') {
      context.stdout.write(syntax.usage);
      return 0;
    }
    if (letter === 'V' || letter === 'version') {
      context.stdout.write(syntax.version());
      return 0;
    }
  }
  if (parsed.unknown !== undefined) {
    context.stderr.write(`Unrecognized option: '${withDash(parsed.unknown)}'. ${helpHint(syntax.name)}\n`);
    return 1;
  }
  if (parsed.missing !== undefined) {
    context.stderr.write(
      `Option '${withDash(parsed.missing)}' requires an argument. ${helpHint(syntax.name)}\n`,
    );
    return 1;
  }
  return { options: parsed.options, operands: parsed.operands };
}

/** A number, all of the text; undefined for anything else. */
export function parseNumber(text: string): number | undefined {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  return Number.isNaN(value) ? undefined : value;
}

function withDash(option: string): string {
  return option.startsWith('-') ? option : `-${option}`;
}
