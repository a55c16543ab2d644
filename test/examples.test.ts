import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { freePorts } from './helpers/ports.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const examples = readdirSync(join(root, 'examples')).filter((file) => file.endsWith('.ts'));

const LIMIT_MS = 40_000;
const MOST_LINES = 60;

/** Variables that keep whatever an example starts on this machine, on ports of its own. */
async function privateEnv(): Promise<Record<string, string>> {
  const [ca, repeater, broadcast, pva] = (await freePorts(4)).map(String) as [string, string, string, string];
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] =>
        entry[1] !== undefined && !/^(EPICS_|NODE_|VITEST)/.test(entry[0]),
    ),
  );
  return {
    ...env,
    EPICS_CA_ADDR_LIST: '127.0.0.1',
    EPICS_CA_AUTO_ADDR_LIST: 'NO',
    EPICS_CA_SERVER_PORT: ca,
    EPICS_CA_REPEATER_PORT: repeater,
    EPICS_CAS_INTF_ADDR_LIST: '127.0.0.1',
    EPICS_CAS_BEACON_ADDR_LIST: '127.0.0.1',
    EPICS_CAS_AUTO_BEACON_ADDR_LIST: 'NO',
    EPICS_PVA_ADDR_LIST: '127.0.0.1',
    EPICS_PVA_AUTO_ADDR_LIST: 'NO',
    EPICS_PVA_BROADCAST_PORT: broadcast,
    EPICS_PVA_SERVER_PORT: pva,
    EPICS_PVAS_INTF_ADDR_LIST: '127.0.0.1',
    EPICS_PVAS_BEACON_ADDR_LIST: '127.0.0.1',
    EPICS_PVAS_AUTO_BEACON_ADDR_LIST: 'NO',
  };
}

async function run(file: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'epics-ts-example-'));
  const env = await privateEnv();
  try {
    return await new Promise((resolve, reject) => {
      const tsx = import.meta.resolve('tsx');
      const args = ['--import', tsx, join(root, 'examples', file)];
      // In a folder of its own, so that the files it writes go with it.
      const child = spawn(process.execPath, args, { cwd: folder, env, timeout: LIMIT_MS });
      let stdout = '';
      let stderr = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
      child.on('error', reject);
      child.on('close', (code) => resolve({ code, stdout, stderr }));
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What the last lines of an example say that it prints: `// Prints:` and comment lines after it. */
function promisedLines(file: string): string[] {
  const lines = readFileSync(join(root, 'examples', file), 'utf8')
    .trimEnd()
    .split('\n');
  const start = lines.findLastIndex((line) => line.startsWith('// Prints'));
  return start < 0 ? [] : lines.slice(start + 1).map((line) => line.replace(/^\/\/ ?/, ''));
}

test('ARC-T-12 there are examples', () => {
  expect(examples).toContain('quickstart.ts');
});

test.each(examples)(
  'ARC-T-12 examples/%s runs to its end and prints what it promises',
  {
    timeout: LIMIT_MS + 5000,
  },
  async (file) => {
    const { code, stdout, stderr } = await run(file);
    expect(code, stderr).toBe(0);
    expect(stdout.trimEnd().split('\n')).toEqual(expect.arrayContaining(promisedLines(file)));
    expect(stdout.trim()).not.toBe('');
  },
);

test.each(examples)('ARC-N-20 examples/%s is short', (file) => {
  const lines = readFileSync(join(root, 'examples', file), 'utf8')
    .trimEnd()
    .split('\n');
  expect(lines.length).toBeLessThanOrEqual(MOST_LINES);
});
