import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../', import.meta.url));
const manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as {
  exports: Record<string, unknown>;
};
const subpaths = Object.keys(manifest.exports)
  .filter((key) => key !== './package.json')
  .map((key) => `epics-ts${key.slice(1)}`);

const LIMIT_MS = 15_000;

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs Node with a program text; ends it when it does not end by itself. */
function node(args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith('NODE_')));
    const child = spawn(process.execPath, args, { cwd: root, env, timeout: LIMIT_MS });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

// Writes each module that is loaded to the file descriptor of standard error.
const hooks = `
  import { writeSync } from 'node:fs';
  export async function load(url, context, next) {
    writeSync(2, 'loaded ' + url + '\\n');
    return next(url, context);
  }`;
const registerHooks = `data:text/javascript,${encodeURIComponent(
  `import { register } from 'node:module';
   register('data:text/javascript,' + ${JSON.stringify(encodeURIComponent(hooks))});`,
)}`;

// Watches what modules do while they load. Node's loader keeps its own references and is not seen.
const observe = (subpath: string): string => `
  import { subscribe } from 'node:diagnostics_channel';
  import fs from 'node:fs';
  import { syncBuiltinESMExports } from 'node:module';
  const done = [];
  for (const name of ['setTimeout', 'setInterval', 'setImmediate']) {
    const real = globalThis[name];
    globalThis[name] = (...args) => { done.push(name); return real(...args); };
  }
  for (const name of ['readFile', 'readFileSync', 'readdirSync', 'open', 'openSync', 'watch', 'createReadStream']) {
    const real = fs[name];
    fs[name] = (...args) => { done.push(name + ' ' + args[0]); return real(...args); };
  }
  for (const name of ['net.client.socket', 'net.server.socket', 'udp.socket']) {
    subscribe(name, () => done.push(name));
  }
  syncBuiltinESMExports();
  const count = (names) => names.filter((name) => name !== 'CloseReq' && name !== 'FSReqPromise').length;
  const before = count(process.getActiveResourcesInfo());
  const names = Object.keys(await import(${JSON.stringify(subpath)}));
  const after = count(process.getActiveResourcesInfo());
  process.stdout.write(JSON.stringify({ done, added: after - before, names: names.length }));`;

beforeAll(() => {
  expect(existsSync(`${root}dist/index.js`), 'dist/ is missing: npm run build').toBe(true);
});

describe.each(subpaths)('%s', (subpath) => {
  test('ARC-A-1 a CommonJS program can require it', { timeout: 2 * LIMIT_MS }, async () => {
    const program = `process.stdout.write(String(Object.keys(require(${JSON.stringify(subpath)})).length))`;
    const outcome = await node(['--input-type=commonjs', '-e', program]);
    expect(outcome.code, outcome.stderr).toBe(0);
    expect(Number(outcome.stdout)).toBeGreaterThan(0);
  });

  test('ARC-A-2 importing it loads no package from node_modules', { timeout: 2 * LIMIT_MS }, async () => {
    const outcome = await node([
      '--import',
      registerHooks,
      '--input-type=module',
      '-e',
      `await import(${JSON.stringify(subpath)})`,
    ]);
    expect(outcome.code, outcome.stderr).toBe(0);
    const loaded = outcome.stderr
      .split('\n')
      .filter((line) => line.startsWith('loaded '))
      .map((line) => line.slice('loaded '.length));
    expect(loaded.some((url) => url.endsWith('/index.js') && url.includes('/dist/'))).toBe(true);
    expect(loaded.filter((url) => url.includes('/node_modules/'))).toEqual([]);
  });

  test('ARC-K-4 importing it starts no timer, opens no handle, reads no file, and the process ends', {
    timeout: 2 * LIMIT_MS,
  }, async () => {
    const outcome = await node(['--input-type=module', '-e', observe(subpath)]);
    expect(outcome.code, outcome.stderr).toBe(0);
    const seen = JSON.parse(outcome.stdout) as { done: string[]; added: number; names: number };
    // Newer Nodes read the modules themselves through the functions that are watched.
    const beyondModules = seen.done.filter(
      (call) => !/^(readFileSync|openSync) file:.*\/dist\/.*\.js$/.test(call),
    );
    expect({ beyondModules, added: seen.added }).toEqual({ beyondModules: [], added: 0 });
    expect(seen.names).toBeGreaterThan(0);
  });
});

test('ARC-K-4 the observer of imports sees a timer and a socket', async () => {
  const noisy = `data:text/javascript,${encodeURIComponent(
    `import { createSocket } from 'node:dgram';
     setTimeout(() => {}, 1);
     const socket = createSocket('udp4');
     socket.close();
     export const x = 1;`,
  )}`;
  const outcome = await node(['--input-type=module', '-e', observe(noisy)]);
  const seen = JSON.parse(outcome.stdout) as { done: string[] };
  expect(seen.done).toEqual(['setTimeout', 'udp.socket']);
});
