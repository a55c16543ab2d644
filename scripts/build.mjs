// Compiles src/ into an empty dist/, so that a file removed from src/ does not live on in the package.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
rmSync(new URL('../dist', import.meta.url), { recursive: true, force: true });
const tsc = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url));
const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.json'], { cwd: root, stdio: 'inherit' });
if (status === 0) {
  const bin = new URL('../dist/cli/bin.js', import.meta.url);
  if (existsSync(bin)) chmodSync(bin, 0o755);
}
process.exit(status ?? 1);
