import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root: string = fileURLToPath(new URL('../', import.meta.url));

/** What the figures of a run depend on besides the programs. */
export interface Conditions {
  readonly date: string;
  readonly machine: string;
  readonly node: string;
  readonly version: string;
  /** Commit of the sources, with `+` when they differ from it. */
  readonly commit: string;
  /** Versions of the peers, by package. */
  readonly peers: Readonly<Record<string, string>>;
}

/** The conditions of this run. */
export function conditionsOf(peers: Readonly<Record<string, string>>): Conditions {
  const processors = cpus();
  const model = processors[0]?.model.trim() ?? 'unknown processor';
  const memory = Math.round(totalmem() / 2 ** 30);
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: `${model}, ${processors.length} cores, ${memory} GiB, ${type()} ${release().split('-')[0]}`,
    node: process.version,
    version: manifest.version,
    commit: commitOf(),
    peers,
  };
}

function git(...args: string[]): string {
  const { status, stdout } = spawnSync('git', args, { cwd: root, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : '';
}

function commitOf(): string {
  const commit = git('rev-parse', '--short', 'HEAD');
  if (commit === '') return 'unknown';
  return git('status', '--porcelain', '--', 'src') === '' ? commit : `${commit}+`;
}

/** Builds `dist` when it is missing or older than a source file. @throws {Error} when there is no build then. */
export function ensureBuild(): void {
  const index = join(root, 'dist', 'pva', 'index.js');
  if (existsSync(index) && statSync(index).mtimeMs >= newestOf(join(root, 'src'))) return;
  process.stderr.write('building dist\n');
  const { status } = spawnSync(process.execPath, [join(root, 'scripts', 'build.mjs')], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (!existsSync(index)) throw new Error(`npm run build failed with status ${status}`);
  if (status !== 0) process.stderr.write('the build has type errors; measuring it anyway\n');
}

function newestOf(folder: string): number {
  let newest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) newest = Math.max(newest, statSync(join(entry.parentPath, entry.name)).mtimeMs);
  }
  return newest;
}
