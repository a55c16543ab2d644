import { expect, test } from 'vitest';
import { allCommands, main } from '../../../src/cli/main.ts';
import { useBench } from './harness.ts';

const { bench } = useBench();
const run = (args: readonly string[], invokedAs?: string) =>
  bench.startWith((context) => main(args, context, invokedAs)).done;

test('a command is run by its name', async () => {
  expect(await run(['caget', '-t', 'T:ai'])).toEqual({ exitCode: 0, stdout: '1.5\n', stderr: '' });
});

test('ARC 2.2 a program with the name of a tool is the tool', async () => {
  for (const path of ['/usr/bin/caget', 'caget', '/x/caget.js']) {
    expect((await run(['-t', 'T:ai'], path)).stdout).toBe('1.5\n');
  }
  expect((await run(['caget', '-t', 'T:ai'], '/x/bin.js')).stdout).toBe('1.5\n');
});

test('an unknown command is an error that says where to look', async () => {
  expect(await run(['cagett'])).toEqual({
    exitCode: 1,
    stdout: '',
    stderr: 'epics-ts: unknown command "cagett"; "epics-ts help" lists the commands\n',
  });
  expect((await run(['--odd'])).stderr).toContain('unknown option "--odd"');
  expect((await run(['help', 'odd'])).exitCode).toBe(1);
});

test('help lists all commands, or tells about one', async () => {
  const { exitCode, stdout } = await run(['help']);
  expect(exitCode).toBe(0);
  for (const { name, summary } of allCommands()) {
    expect(stdout).toContain(name);
    expect(stdout).toContain(summary);
  }
  expect((await run(['-h'])).stdout).toBe(stdout);
  expect((await run(['help', 'caput'])).stdout).toContain('Usage: caput');
  expect(await run([])).toEqual({ exitCode: 1, stdout: '', stderr: stdout });
});

test('-V prints the version of the package', async () => {
  expect((await run(['-V'])).stdout).toMatch(/^epics-ts \d+\.\d+\.\d+\n$/);
});

test('every tool answers -h with its usage and -V with its version', async () => {
  for (const { name, usage } of allCommands()) {
    if (name === 'demo') continue;
    expect(await run([name, '-h'])).toEqual({ exitCode: 0, stdout: usage, stderr: '' });
    expect(usage).toContain(`Usage: ${name} `);
    expect((await run([name, '-V'])).stdout).toContain('epics-ts ');
  }
});

test('a bad setting is told in one line', async () => {
  const broken = bench.startWith((context) => main(['caget', 'x'.repeat(2000)], context));
  const { exitCode, stderr } = await broken.done;
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/^caget: channel name of 2000 bytes: .*\n$/);
});
