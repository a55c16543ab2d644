// What `npm start` and `npm test` need on a fresh clone: dependencies and dist/, made when missing or stale.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const at = (...parts) => join(root, ...parts);
const modified = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);

/** Newest modification time below a directory, in ms; 0 when it is missing. */
function newestBelow(directory) {
  let newest = 0;
  if (!existsSync(directory)) return newest;
  for (const entry of readdirSync(directory, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) newest = Math.max(newest, modified(join(entry.parentPath ?? entry.path, entry.name)));
  }
  return newest;
}

function run(command, args, what) {
  process.stderr.write(`epics-ts: ${what}\n`);
  const isWindows = process.platform === 'win32';
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: isWindows,
  });
  if (status !== 0) {
    process.stderr.write(`epics-ts: ${what} failed${error ? `: ${error.message}` : ''}\n`);
    process.exit(status ?? 1);
  }
}

const installed = modified(at('node_modules', '.package-lock.json'));
if (installed < modified(at('package-lock.json')) - 1000) {
  // Not "npm ci": it refuses a lock file without the optional packages of other platforms, which some mirrors lack.
  run('npm', ['install', '--no-save', '--no-audit', '--no-fund'], 'installing dependencies');
}

const built = modified(at('dist', 'index.js'));
const sources = Math.max(newestBelow(at('src')), modified(at('tsconfig.json')), modified(at('package.json')));
if (built < sources) run(process.execPath, ['scripts/build.mjs'], 'building');
