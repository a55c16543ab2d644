import { defaultFloatFormat, type FloatFormat, type IntegerBase } from './c-number.ts';
import type { CliContext } from './context.ts';
import type { GivenOption } from './getopt.ts';
import { helpHint } from './output.ts';
import { parseNumber } from './tool-arguments.ts';

/** What the options common to the Channel Access tools say. */
export interface CaSettings {
  /** `-w` in ms; Infinity for 0. */
  timeoutMs: number;
  priority: number;
  /** `-F`: between the parts of a line. */
  separator: string;
  /** `-n`: enums as numbers. */
  isEnumNumber: boolean;
  /** `-s`: floating point numbers as the server writes them. */
  isFloatText: boolean;
  /** `-S`: CHAR arrays as text. */
  isCharText: boolean;
  float: FloatFormat;
  /** `-0`. */
  integerBase: IntegerBase;
  /** `-l`: floating point numbers rounded and printed in this base; 10: as they are. */
  floatBase: IntegerBase;
  /** `-#`: elements at most, 0: all. */
  count: number;
  isUtc: boolean;
  isStrict: boolean;
  isJson: boolean;
}

const DEFAULT_TIMEOUT_SEC = 1;
const MAX_PRIORITY = 99;
const MAX_DIGITS = 18;
const bases: Readonly<Record<string, IntegerBase>> = { x: 16, o: 8, b: 2 };

/** Settings before any option: the time-out may come from the environment. */
export function defaultCaSettings(context: CliContext): CaSettings {
  const settings: CaSettings = {
    timeoutMs: DEFAULT_TIMEOUT_SEC * 1000,
    priority: 0,
    separator: ' ',
    isEnumNumber: false,
    isFloatText: false,
    isCharText: false,
    float: defaultFloatFormat,
    integerBase: 10,
    floatBase: 10,
    count: 0,
    isUtc: false,
    isStrict: false,
    isJson: false,
  };
  const text = context.env['EPICS_CLI_TIMEOUT'];
  if (text === undefined || text === '') return settings;
  const seconds = parseNumber(text);
  if (seconds === undefined) {
    context.stderr.write(
      `'${text}' in EPICS_CLI_TIMEOUT is not a valid timeout value - ignored. (use '-h' for help.)\n`,
    );
  } else settings.timeoutMs = toTimeoutMs(seconds);
  return settings;
}

/** Takes one option into the settings. Returns false for one that is not common to the tools. */
export function takeCaOption(
  settings: CaSettings,
  { letter, value }: GivenOption,
  tool: string,
  context: CliContext,
): boolean {
  const warn = (text: string): void => context.stderr.write(`${text} ${helpHint(tool)}\n`);
  switch (letter) {
    case 'w': {
      const seconds = parseNumber(value);
      if (seconds !== undefined) settings.timeoutMs = toTimeoutMs(seconds);
      else {
        const used = Number.isFinite(settings.timeoutMs) ? settings.timeoutMs / 1000 : 0;
        warn(`'${value}' is not a valid timeout value - ignored, using '${used.toFixed(1)}'.`);
      }
      return true;
    }
    case 'p': {
      const priority = Number.parseInt(value, 10);
      if (!(priority >= 0)) warn(`'${value}' is not a valid CA priority - ignored.`);
      else settings.priority = Math.min(priority, MAX_PRIORITY);
      return true;
    }
    case '#': {
      const count = Number.parseInt(value, 10);
      if (!(count >= 0)) warn(`'${value}' is not a valid array element count - ignored.`);
      settings.count = count >= 0 ? count : 0;
      return true;
    }
    case 'e':
    case 'f':
    case 'g': {
      const digits = Number.parseInt(value, 10);
      if (digits >= 0 && digits <= MAX_DIGITS) settings.float = { letter, digits };
      else warn(`'${value}' is not a precision from 0 to ${MAX_DIGITS} for option '-${letter}' - ignored.`);
      return true;
    }
    case 'l':
    case '0': {
      const base = bases[value[0] ?? ''];
      if (base === undefined) warn(`'${value}' is not x, o or b for option '-${letter}' - ignored.`);
      else if (letter === '0') settings.integerBase = base;
      else settings.floatBase = base;
      return true;
    }
    case 'F':
      settings.separator = value[0] ?? ' ';
      return true;
    case 'n':
      settings.isEnumNumber = true;
      return true;
    case 's':
      settings.isFloatText = true;
      return true;
    case 'S':
      settings.isCharText = true;
      return true;
    case 'utc':
      settings.isUtc = true;
      return true;
    case 'strict':
      settings.isStrict = true;
      return true;
    case 'json':
      settings.isJson = true;
      return true;
    default:
      return false;
  }
}

function toTimeoutMs(seconds: number): number {
  return seconds > 0 ? seconds * 1000 : Number.POSITIVE_INFINITY;
}

/** Help on the options that all Channel Access tools have. */
export const caCommonHelp = `  -h          print this text
  -V          print the versions
  -w <sec>    wait at most so long for connections and replies; default 1, or
              EPICS_CLI_TIMEOUT; 0 for ever
  -p <prio>   priority of the circuit, 0 to 99; default 0
  -F <char>   separate the parts of a line by this character
`;

/** Help on the options for printing values. */
export const caFormatHelp = `Values:
  -n          enums as numbers, not labels
  -# <count>  this many elements of an array at most
  -S          arrays of CHAR as text
  -s          floating point numbers as the server writes them
  -e <n>, -f <n>, -g <n>   floating point numbers as %e, %f, %g with n digits
  -lx -lo -lb floating point numbers rounded, as hexadecimal, octal, binary
  -0x -0o -0b integers as hexadecimal, octal, binary
  --utc       times in UTC, not local time
`;
