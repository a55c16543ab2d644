import { parseArgs } from 'node:util';

/** What the benchmark is told on its command line. */
export interface Options {
  readonly rounds: number;
  /** Substring of the ids of measures to run; empty: all. */
  readonly only: string;
  /** File for all figures; empty: none. */
  readonly json: string;
  /** Whether the table of README.md is replaced. */
  readonly readme: boolean;
  /** Folder of a build to measure; empty: dist, built when older than src. */
  readonly dist: string;
  /** Folder for CPU profiles of our programs; empty: none. */
  readonly cpuProf: string;
  /** Share of the pinned counts. */
  readonly scale: number;
  /** Set in the processes of our own programs: which one to be. */
  readonly as: string;
  readonly prefix: string;
}

const USAGE = `npm run bench:peers -- [options]
  --rounds <n>      rounds after the warm-up round (3)
  --only <text>     only measures whose id has this text: pva, ca-monitor, getArray ...
  --json <file>     write all figures to a file
  --readme          put the tables into README.md
  --scale <x>       multiply the number of operations (1)
  --dist <folder>   measure this build instead of dist
  --cpu-prof <dir>  write CPU profiles of our server and our client
`;

/** Reads the command line; ends the process after `--help`. @throws {Error} naming what is wrong. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '3' },
      only: { type: 'string', default: '' },
      json: { type: 'string', default: '' },
      readme: { type: 'boolean', default: false },
      scale: { type: 'string', default: '1' },
      dist: { type: 'string', default: '' },
      'cpu-prof': { type: 'string', default: '' },
      as: { type: 'string', default: '' },
      prefix: { type: 'string', default: '' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    process.exit(0);
  }
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 100) throw new Error('--rounds takes 1 to 100');
  const scale = Number(values.scale);
  if (!(scale > 0 && scale <= 100)) throw new Error('--scale takes a number above 0, up to 100');
  return {
    rounds,
    only: values.only,
    json: values.json,
    readme: values.readme,
    dist: values.dist,
    cpuProf: values['cpu-prof'],
    scale,
    as: values.as,
    prefix: values.prefix,
  };
}
