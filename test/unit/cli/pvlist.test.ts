import { expect, test } from 'vitest';
import { makePvlist } from '../../../src/cli/pvlist.ts';
import { useBench } from './harness.ts';

const used = useBench();
const pvlist = makePvlist('pvac');
const address = (): string => `127.0.0.1:${used.ioc.ports.pvaTcp}`;

test('PVA-T-1 pvlist prints the servers that answer', async () => {
  const { exitCode, stdout } = await used.bench.run(pvlist, ['-w', '0.5']);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^GUID 0x[0-9A-F]{24} version 2: tcp@\[ 127\.0\.0\.1:\d+ \]\n$/);
  expect(stdout).toContain(address());
});

test('PVA-T-1 pvlist of an address prints the names of its PVs', async () => {
  const { exitCode, stdout } = await used.bench.run(pvlist, [address()]);
  expect(exitCode).toBe(0);
  expect(stdout.split('\n')).toEqual(expect.arrayContaining(['T:ai', 'T:bo', 'T:slow']));
});

test('PVA-T-1 pvlist of a GUID finds its server', async () => {
  const all = await used.bench.run(pvlist, ['-w', '0.5']);
  const guid = /0x[0-9A-F]{24}/.exec(all.stdout)?.[0] ?? '';
  expect((await used.bench.run(pvlist, ['-w', '2', guid])).stdout).toContain('T:ai\n');
  const unknown = `0x${'0'.repeat(24)}`;
  expect(await used.bench.run(pvlist, ['-w', '0.3', unknown])).toEqual({
    exitCode: 1,
    stdout: '',
    stderr: `Failed to resolve GUID '${unknown}'!\n`,
  });
});

test('PVA-T-1 pvlist -i prints what the server says about itself', async () => {
  const { stdout } = await used.bench.run(pvlist, ['-i', address()]);
  expect(stdout).toMatch(/^\S+ \n(?: {4}\S+ \S+ .*\n)+\n$/);
  expect(stdout).toContain('    string version ');
});

test('PVA-T-1 pvxlist prints addresses', async () => {
  const pvxlist = makePvlist('pvxs');
  expect((await used.bench.run(pvxlist, ['-w', '0.5'])).stdout).toBe(`${address()}\n`);
  expect((await used.bench.run(pvxlist, ['-i', address()])).stdout).toMatch(
    /^127\.0\.0\.1:\d+ version=".+" lang=".+"\n$/,
  );
});

test('PVA-T-2 a server that does not answer is an error', async () => {
  const { exitCode, stderr } = await used.bench.run(pvlist, ['-w', '0.3', '127.0.0.1:1']);
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/^Error: /);
});
