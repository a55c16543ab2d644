import { beforeEach, expect, test } from 'vitest';
import { makePvput } from '../../../src/cli/pvput.ts';
import { useBench } from './harness.ts';

const { bench, ioc } = useBench();
const pvput = makePvput('pvac');
const run = (...args: string[]) => bench.run(pvput, args);
const field = (name: string): unknown => ioc.database.find(name)?.getField('VAL');

beforeEach(async () => {
  await run('-q', 'T:ao', '2.5');
  await run('-q', 'T:bo', 'Off');
});

test('PVA-T-1 pvput prints the old and the new value', async () => {
  expect(await run('T:ao', '7')).toEqual({
    exitCode: 0,
    stdout: 'Old : <ms time>  2.5 \nNew : <ms time>  7 \n',
    stderr: '',
  });
});

test('PVA-T-1 pvput -q prints the new value only', async () => {
  expect((await run('-q', 'T:ao', '-3')).stdout).toBe('<ms time>  -3 \n');
});

test('PVA-T-1 enums take a label or an index', async () => {
  expect((await run('T:bo', 'On')).stdout).toBe('Old : <ms time>  (0) Off\nNew : <ms time>  (1) On\n');
  expect((await run('T:bo', '0')).stdout).toContain('New : <ms time>  (0) Off');
});

test.each([
  [['value=8'], 8],
  [['{value:9}'], 9],
  [['{"value": 10}'], 10],
  [['value=0x10'], 16],
])('PVA-T-1 pvput takes %s', async (values, expected) => {
  expect((await run('T:ao', ...values)).exitCode).toBe(0);
  expect(field('T:ao')).toBe(expected);
});

test.each([
  [
    ['3', '1', '2', '3.5'],
    [1, 2, 3.5],
  ],
  [['[4, 5]'], [4, 5]],
  [['value=[6]'], [6]],
])('PVA-T-1 pvput takes %s for an array', async (values, expected) => {
  expect((await run('T:wfd', ...values)).stderr).toBe('');
  expect(Array.from(field('T:wfd') as Float64Array)).toEqual(expected);
});

test('PVA-T-1 a text with "=" for a PV of text is a text', async () => {
  await run('T:so', 'a=b');
  expect(field('T:so')).toBe('a=b');
});

test('PVA-T-1 a put that fails says so and still shows the value, exit code 1', async () => {
  const { exitCode, stdout, stderr } = await run('T:ro', '4');
  expect(exitCode).toBe(1);
  expect(stdout).toBe('Old : <ms time>  3 \nNew : <ms time>  3 \n');
  expect(stderr).toMatch(/^Error: put "T:ro": /);
  expect(await run('T:ao', 'abc')).toMatchObject({
    exitCode: 1,
    stderr: 'Error: cannot convert string "abc" to a number\n',
  });
  expect(await run('T:bo', 'Nix')).toMatchObject({ exitCode: 1 });
});

test('PVA-T-1 fields that do not exist are left out with a warning', async () => {
  const { exitCode, stderr } = await run('T:ao', 'nosuch=1');
  expect([exitCode, stderr.split('\n')[0]]).toEqual([1, 'nosuch : Warning: no such field. Ignoring it.']);
});

test('PVA-T-2 missing PVs and arguments', async () => {
  expect((await run()).stderr).toBe("No pv name specified. ('pvput -h' for help.)\n");
  expect((await run('T:ao')).stderr).toBe("No value(s) specified. ('pvput -h' for help.)\n");
  expect(await run('-w', '0.3', 'nosuch', '1')).toMatchObject({ exitCode: 1, stdout: '' });
});

test('PVA-T-1 pvxput says nothing on success and names the error', async () => {
  const pvxput = makePvput('pvxs');
  expect(await bench.run(pvxput, ['T:ao', '5'])).toEqual({ exitCode: 0, stdout: '', stderr: '' });
  expect(field('T:ao')).toBe(5);
  expect(await bench.run(pvxput, ['T:ao', 'abc'])).toEqual({
    exitCode: 1,
    stdout: '',
    stderr: 'ERROR ConversionError : cannot convert string "abc" to a number\n',
  });
  expect((await bench.run(pvxput, ['T:bo', 'On'])).exitCode).toBe(0);
});

test('PVA-T-1 pvput -p ca writes over Channel Access', async () => {
  expect((await run('-p', 'ca', 'T:ao', '6')).stdout).toBe('Old : <ms time>  2.5 \nNew : <ms time>  6 \n');
});
