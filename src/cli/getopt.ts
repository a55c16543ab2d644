/** One option as it was given. */
export interface GivenOption {
  /** Letter, or name of a long option. */
  readonly letter: string;
  /** Empty for options without a value. */
  readonly value: string;
}

/** What `getopt` made of the arguments. */
export interface ParsedArguments {
  readonly options: readonly GivenOption[];
  readonly operands: readonly string[];
  /** Letter, or name with its dashes, of the first option that is not known. */
  readonly unknown: string | undefined;
  /** The same of the first option whose value is missing. */
  readonly missing: string | undefined;
}

/**
 * Parses arguments as POSIX getopt does: letters may be combined (`-tS`), a value is attached or follows, `--` ends
 * the options.
 *
 * @param spec option letters; a colon behind a letter says that it takes a value.
 * @param isPermuting operands may stand before options (GNU); else the first operand ends the options.
 * @param longNames names of options with two dashes; a colon behind a name says that it takes a value, `--name=value`
 * or `--name value`.
 * @see epics-base modules/ca/src/tools/tool_lib.h, and POSIX getopt(3)
 */
export function getopt(
  args: readonly string[],
  spec: string,
  isPermuting: boolean,
  longNames: readonly string[] = [],
): ParsedArguments {
  const options: GivenOption[] = [];
  const operands: string[] = [];
  const done = (unknown?: string, missing?: string): ParsedArguments => ({
    options,
    operands,
    unknown,
    missing,
  });
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (arg === '--') {
      operands.push(...args.slice(i + 1));
      break;
    }
    if (arg.startsWith('--')) {
      const [name = '', ...rest] = arg.slice(2).split('=');
      if (longNames.includes(name) && rest.length === 0) options.push({ letter: name, value: '' });
      else if (!longNames.includes(`${name}:`)) return done(`--${name}`);
      else if (rest.length > 0) options.push({ letter: name, value: rest.join('=') });
      else if (i + 1 < args.length) options.push({ letter: name, value: args[++i] as string });
      else return done(undefined, `--${name}`);
      continue;
    }
    if (!arg.startsWith('-') || arg === '-') {
      if (!isPermuting) {
        operands.push(...args.slice(i));
        break;
      }
      operands.push(arg);
      continue;
    }
    for (let at = 1; at < arg.length; at++) {
      const letter = arg[at] as string;
      const place = letter === ':' ? -1 : spec.indexOf(letter);
      if (place < 0) return done(letter);
      if (spec[place + 1] !== ':') {
        options.push({ letter, value: '' });
        continue;
      }
      if (at + 1 < arg.length) options.push({ letter, value: arg.slice(at + 1) });
      else if (i + 1 < args.length) options.push({ letter, value: args[++i] as string });
      else return done(undefined, letter);
      break;
    }
  }
  return done();
}
