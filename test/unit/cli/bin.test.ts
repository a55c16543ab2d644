import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SoftIoc } from '../../../src/ioc/index.ts';
import { pvaConfigToEnv, resolvePvaConfig } from '../../../src/pva/index.ts';

const bin = fileURLToPath(new URL('../../../src/cli/bin.ts', import.meta.url));
const ioc = SoftIoc.isolated({ ca: false });
const env = (): NodeJS.ProcessEnv => ({
  ...process.env,
  ...pvaConfigToEnv(resolvePvaConfig(ioc.pva?.clientConfig(), {})),
});
const start = (...args: string[]) =>
  spawn(process.execPath, ['--import', 'tsx', bin, ...args], { env: env(), stdio: 'pipe' });

beforeAll(async () => {
  ioc.database.addRecord('ao', 'B:ao', { VAL: 1.5, PINI: 'YES' });
  await ioc.start();
});
afterAll(() => ioc.close());

test('the program sets the exit code', () => {
  const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', bin, 'nonsense'], {
    encoding: 'utf8',
  });
  expect([status, stderr]).toEqual([
    1,
    'epics-ts: unknown command "nonsense"; "epics-ts help" lists the commands\n',
  ]);
});

test('PVA-T-2 the program waits for the end of the command, and a failed put has exit code 1', async () => {
  const child = start('pvput', 'B:ao', 'abc');
  expect(await new Promise((resolve) => child.on('close', resolve))).toBe(1);
});

test('PVA-T-3 the program ends when Ctrl-C is pressed, and quietly when nobody reads its output', async () => {
  const interrupted = start('pvmonitor', 'B:ao');
  interrupted.stdout.once('data', () => interrupted.kill('SIGINT'));
  expect(await new Promise((resolve) => interrupted.on('close', resolve))).toBe(0);
  const unread = start('pvmonitor', 'B:ao');
  let stderr = '';
  unread.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  unread.stdout.once('data', () => {
    unread.stdout.destroy();
    // The first write may still be taken by the pipe.
    for (let value = 2; value < 6; value++) void ioc.database.find('B:ao')?.putField('VAL', value);
  });
  expect(await new Promise((resolve) => unread.on('close', resolve))).toBe(0);
  expect(stderr).toBe('');
});
