import { beforeEach, describe, expect, test } from 'vitest';
import { caput } from '../../../src/cli/caput.ts';
import { useBench } from './harness.ts';

const used = useBench();
const run = (...args: string[]) => used.bench.run(caput, args);
const field = (name: string): unknown => used.ioc.database.find(name)?.getField('VAL');

describe('caput', () => {
  beforeEach(async () => {
    await run('T:ao', '1.25');
    await run('T:mbbo', 'One');
  });

  test('CA-L10 prints the old and the new value', async () => {
    expect(await run('T:ao', '3')).toEqual({
      exitCode: 0,
      stdout: 'Old : T:ao                           1.25\nNew : T:ao                           3\n',
      stderr: '',
    });
    expect(field('T:ao')).toBe(3);
  });

  test('CA-L10 -t prints the new value only', async () => {
    expect((await run('-t', 'T:ao', '3.5')).stdout).toBe('3.5\n');
  });

  test('CA-L10 -l prints time and alarm', async () => {
    expect((await run('-l', 'T:ao', '4')).stdout).toBe(
      'Old : T:ao                           <time> 1.25  \nNew : T:ao                           <time> 4  \n',
    );
  });

  test('CA-L10 a negative value behind the name is no option', async () => {
    expect((await run('-t', 'T:ao', '-5')).stdout).toBe('-5\n');
  });

  test('CA-L10 an enum takes a label', async () => {
    expect(await run('T:mbbo', 'Two')).toEqual({
      exitCode: 0,
      stdout: 'Old : T:mbbo                         One\nNew : T:mbbo                         Two\n',
      stderr: '',
    });
  });

  test('CA-L10 an enum takes an index; one that is too large is sent with a warning', async () => {
    expect((await run('T:mbbo', '2')).stderr).toBe('');
    expect(field('T:mbbo')).toBe(2);
    expect((await run('T:mbbo', '7')).stderr).toBe("Warning: enum index value '7' may be too large.\n");
    expect(field('T:mbbo')).toBe(7);
    expect((await run('-n', 'T:mbbo', '0x1')).exitCode).toBe(0);
    expect(field('T:mbbo')).toBe(1);
  });

  test('CA-L10 an enum refuses other texts here, nothing is sent', async () => {
    const refused = { exitCode: 1, stdout: '' };
    expect(await run('T:mbbo', 'Bad')).toEqual({ ...refused, stderr: "Enum string value 'Bad' invalid.\n" });
    expect(await run('-s', 'T:mbbo', '2')).toEqual({
      ...refused,
      stderr: "Enum string value '2' invalid.\n",
    });
    expect(await run('-n', 'T:mbbo', 'x')).toEqual({
      ...refused,
      stderr: "Enum index value 'x' is not a number.\n",
    });
    expect(field('T:mbbo')).toBe(1);
  });

  test('CA-L10 -a writes an array, whatever the count says', async () => {
    const { stdout } = await run('-a', 'T:wfd', '3', '1', '2', '3');
    expect(stdout.split('\n')[1]).toBe('New : T:wfd 10 1 2 3 0 0 0 0 0 0 0');
    expect((await run('-a', 'T:wfd', '99', '5')).stdout).toContain('New : T:wfd 10 5 0');
  });

  test('CA-L10 more elements than the PV has are refused', async () => {
    const { exitCode, stderr } = await run('-a', 'T:wfs', '5', 'a', 'b', 'c', 'd', 'e');
    expect([exitCode, stderr]).toEqual([1, 'ERROR from put operation: Invalid element count requested\n']);
  });

  test('CA-L10 -S writes a text with its NUL to an array of CHAR', async () => {
    await run('-S', 'T:wfc', '');
    expect(await run('-S', 'T:wfc', 'hello\\tworld')).toEqual({
      exitCode: 0,
      stdout: 'Old : T:wfc \nNew : T:wfc hello\\tworld\n',
      stderr: '',
    });
  });

  test('CA-L10 several values make one text; escapes are read, and it is cut at 39 bytes', async () => {
    await run('T:so', 'one', 'two\\x21');
    expect(field('T:so')).toBe('one two!');
    await run('T:so', 'x'.repeat(50));
    expect(field('T:so')).toBe('x'.repeat(39));
  });

  test('CA-L10 without write access it fails with exit code 1', async () => {
    expect(await run('T:readonly', '4')).toEqual({
      exitCode: 1,
      stdout: 'Old : T:readonly                     7\n',
      stderr: 'ERROR from put operation: Write access denied\n',
    });
  });

  test('CA-L4 the tag of an error is red for a person only', async () => {
    const { stderr } = await used.bench.run(caput, ['T:readonly', '4'], { isTerminal: true });
    expect(stderr).toBe('\x1b[31;1mERROR\x1b[0m from put operation: Write access denied\n');
  });

  test('CA-L10 -c that takes too long says so and shows the value', async () => {
    expect(await run('-c', '-w', '0.2', 'T:slow', '3')).toEqual({
      exitCode: 0,
      stdout: 'Old : T:slow                         0\nNew : T:slow                         0\n',
      stderr: 'Write callback operation timed out\n',
    });
    used.odd.finishSlow();
    expect((await run('-c', '--strict', '-w', '0.2', 'T:slow', '3')).exitCode).toBe(1);
    used.odd.finishSlow();
  });

  test('CA-L9 a refused put shows the block of the reference client, exit code 0 unless --strict', async () => {
    const block = [
      'CA.Client.Exception...............................................',
      '    Warning: "Channel write request failed"',
      '    Context: "op=1, channel=T:ao, type=DBR_STRING, count=1, ctx="T:ao""',
      '    Current Time: <date>',
      '..................................................................',
      '',
    ].join('\n');
    expect(await run('T:ao', 'abc')).toEqual({
      exitCode: 0,
      stdout: 'Old : T:ao                           1.25\nNew : T:ao                           1.25\n',
      stderr: block,
    });
    expect((await run('--strict', 'T:ao', 'abc')).exitCode).toBe(1);
    expect((await run('T:ro', '4')).stderr).toContain('Channel write request failed');
  });

  test('CA-L10 -c tells a refusal as an error', async () => {
    const { exitCode, stderr } = await run('-c', 'T:ao', 'abc');
    expect([exitCode, stderr]).toEqual([1, 'ERROR from put operation: Channel write request failed\n']);
  });

  test('CA-L1 missing names and values', async () => {
    expect((await run()).stderr).toBe("No pv name specified. ('caput -h' for help.)\n");
    expect((await run('T:ao')).stderr).toBe("No value specified. ('caput -h' for help.)\n");
    expect(await run('-w', '0.2', 'NOPE', '3')).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: "Channel connect timed out: 'NOPE' not found.\n",
    });
  });
});
