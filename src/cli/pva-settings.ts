import type { PvClient } from '../pv/index.ts';
import { parsePvRequest } from '../pvdata/index.ts';
import { errorText, setLogLevel } from '../util/index.ts';
import type { CliContext } from './context.ts';
import type { GivenOption } from './getopt.ts';
import { helpHint } from './output.ts';
import type { PvaShape, PvaView } from './pva-format.ts';
import { parseNumber } from './tool-arguments.ts';

/** Which family of tools the output looks like: those of pvAccessCPP, or those of pvxs. */
export type PvaStyle = 'pvac' | 'pvxs';

/** What the options common to the PVAccess tools say. */
export interface PvaSettings {
  readonly tool: string;
  /** `-w` in ms; Infinity for 0. */
  timeoutMs: number;
  /** `-r`. */
  request: string;
  /** `-p`. */
  provider: string;
  /** `-M` and `-F`. */
  shape: PvaShape;
  style: PvaStyle;
  /** How often `-v` was given. */
  verbosity: number;
  isQuiet: boolean;
  /** `-#`: elements of an array in the shapes of pvxs, 0: all. */
  arrayLimit: number;
}

/** Letters of the options that `takePvaOption` knows. */
export const PVA_LETTERS = 'r:w:p:M:F:#:vqdtinc';
/** Long options that `takePvaOption` knows. */
export const PVA_LONG_NAMES: readonly string[] = ['style:'];

// What pvxs prints.
const PVXS_DIGITS = 6;

/** Settings before any option. */
export function defaultPvaSettings(tool: string, style: PvaStyle, timeoutMs = 5000): PvaSettings {
  return {
    tool,
    timeoutMs,
    request: '',
    provider: 'pva',
    shape: style === 'pvxs' ? 'delta' : 'nt',
    style,
    verbosity: 0,
    isQuiet: false,
    arrayLimit: 0,
  };
}

/** Takes one option into the settings. Returns false for one that is not common to the tools. */
export function takePvaOption(
  settings: PvaSettings,
  { letter, value }: GivenOption,
  context: CliContext,
): boolean {
  const warn = (text: string): void => context.stderr.write(`${text} ${helpHint(settings.tool)}\n`);
  switch (letter) {
    case 'r':
      settings.request = value;
      return true;
    case 'w': {
      const seconds = parseNumber(value);
      if (seconds === undefined) warn(`'${value}' is not a valid timeout value - ignored.`);
      else settings.timeoutMs = seconds > 0 ? seconds * 1000 : Number.POSITIVE_INFINITY;
      return true;
    }
    case 'p':
      settings.provider = value;
      return true;
    case 'M':
      if (value === 'raw' || value === 'nt' || value === 'json' || value === 'rfc') settings.shape = value;
      else {
        context.stderr.write(`Unknown output mode '${value}'\n`);
        settings.shape = 'raw';
      }
      return true;
    case 'F':
      // pvget takes a separator here and ignores it; pvxget takes these two words.
      if (value === 'delta' || value === 'tree') {
        settings.shape = value;
        settings.style = 'pvxs';
      }
      return true;
    case 'style':
      if (value === 'pvxs') settings.style = 'pvxs';
      else if (value === 'pvac') settings.style = 'pvac';
      else warn(`'${value}' is neither pvac nor pvxs - ignored.`);
      if (settings.style === 'pvxs' && settings.shape === 'nt') settings.shape = 'delta';
      return true;
    case '#': {
      const limit = Number.parseInt(value, 10);
      if (limit >= 0) settings.arrayLimit = limit;
      else warn(`'${value}' is not a valid array element count - ignored.`);
      return true;
    }
    case 'v':
      settings.verbosity++;
      return true;
    case 'q':
      settings.isQuiet = true;
      return true;
    case 'd':
      setLogLevel('*', 'debug');
      return true;
    case 't':
    case 'i':
    case 'n':
    case 's':
    case 'c':
      return true;
    default:
      return false;
  }
}

/** Says what is wrong with the settings. Returns whether they are right. */
export function checkPvaSettings(settings: PvaSettings, context: CliContext): boolean {
  if (settings.provider !== 'pva' && settings.provider !== 'ca') {
    context.stderr.write(`Error: unknown provider '${settings.provider}'; there are pva and ca\n`);
    return false;
  }
  try {
    parsePvRequest(settings.request);
    return true;
  } catch (error) {
    context.stderr.write(`failed to parse request string: ${errorText(error)}\n`);
    return false;
  }
}

/** How values are printed. `-v` shows the tree instead of one line. */
export function viewOf(settings: PvaSettings, context: CliContext): PvaView {
  const { shape, verbosity, arrayLimit } = settings;
  return {
    shape: verbosity > 0 && shape === 'nt' ? 'raw' : shape,
    verbosity,
    isTerminal: context.isTerminal,
    arrayLimit,
    digits: PVXS_DIGITS,
  };
}

/** A client of the provider that was asked for; the caller closes it. */
export function makeProvider(settings: PvaSettings, context: CliContext): PvClient {
  return settings.provider === 'ca'
    ? context.makeCaClient({ repeater: 'register' })
    : context.makePvaClient();
}

/** Help on the options that all PVAccess tools have. */
export const pvaCommonHelp = `  -h          print this text
  -V          print the versions
  -w <sec>    wait at most so long; 0 for ever
  -p <name>   provider: pva (default) or ca
  -d          log what happens to standard error
`;

/** Help on the options for printing values. */
export const pvaFormatHelp = `  -r <req>    pvRequest: which fields, and options; default '', all fields
  -M <mode>   nt (default): one line; raw: the whole structure; json: JSON5;
              rfc: standard JSON
  -v          raw, marked fields only; -vv with marked fields in bold, -vvv
              all fields
  -F <shape>  delta or tree: as the pvxs tools print it; other values are ignored
  --style <s> pvac (default) or pvxs
  -# <count>  with the shapes of pvxs: elements of an array at most
`;
