import { describe, expect, test } from 'vitest';
import { caget } from '../../../src/cli/caget.ts';
import { useBench } from './harness.ts';

const { bench } = useBench();
const run = (...args: string[]) => bench.run(caget, args);

/** Command, and the lines it prints. */
const lines: readonly (readonly [args: string, ...expected: string[]])[] = [
  ['T:ai T:mbbo', 'T:ai                           1.5', 'T:mbbo                         One'],
  ['T:wfd', 'T:wfd 10 0 0 0 0 0 0 0 0 0 0'],
  ['-# 2 T:wfd', 'T:wfd 2 0 0'],
  ['-# 1 T:wfd', 'T:wfd                          1 0'],
  ['-# 20 T:wfd', 'T:wfd 10 0 0 0 0 0 0 0 0 0 0'],
  ['-c T:wfd', 'T:wfd                          '],
  ['T:wfs', 'T:wfs 4    '],
  ['-S T:wfc', 'T:wfc '],
  ['-t T:ai', '1.5'],
  ['-a T:ai', 'T:ai                           <time> 1.5  '],
  ['-a T:wfd', 'T:wfd <undefined> 10 0 0 0 0 0 0 0 0 0 0 UDF INVALID'],
  ['-F , T:wfd', 'T:wfd,10,0,0,0,0,0,0,0,0,0,0'],
  ['-F,, T:ai', 'T:ai,1.5'],
  ['-n T:mbbo', 'T:mbbo                         1'],
  ['-0x T:lo', 'T:lo                           0xFFFFFFD6'],
  ['-0o T:lo', 'T:lo                           0o37777777726'],
  ['-0b T:mbbo -n', 'T:mbbo                         0b1'],
  ['-lx T:ai', 'T:ai                           0x2'],
  ['-lo T:ai', 'T:ai                           0o2'],
  ['-lb T:ai', 'T:ai                           0b10'],
  ['-s T:ai', 'T:ai                           1.500'],
  ['-e2 T:ai', 'T:ai                           1.50e+00'],
  ['-f 4 T:ai', 'T:ai                           1.5000'],
  ['-g1 T:lo T:ai', 'T:lo                           -42', 'T:ai                           2'],
  ['T:quoted', 'T:quoted                       a\\"b\\\\\\xc2\\xb0'],
];

describe('caget', () => {
  test.each(lines)('CA-L10 of "%s" prints the line of the original', async (args, ...expected) => {
    const { exitCode, stdout, stderr } = await run(...args.split(' '));
    expect(stdout).toBe(expected.map((line) => `${line}\n`).join(''));
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
  });

  test('CA-L10 of a missing PV says so on standard error, with exit code 1', async () => {
    expect(await run('-w', '0.2', 'NOPE')).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: "Channel connect timed out: 'NOPE' not found.\n",
    });
  });

  test('CA-L10 of a missing and a good PV prints nothing for the good one', async () => {
    expect(await run('-w', '0.2', 'NOPE', 'T:ai')).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: 'Channel connect timed out: some PV(s) not found.\n',
    });
  });

  test('CA-L10 without read access shows that in place of the value, exit code 0', async () => {
    const outcome = await run('T:noacc');
    expect(outcome).toEqual({
      exitCode: 0,
      stdout: 'T:noacc                        *** no read access\n',
      stderr: 'Read operation timed out: some PV data was not read.\n',
    });
    expect(await run('-t', 'T:noacc')).toMatchObject({ stdout: '*** no read access\n' });
    expect(await run('-d', '0', 'T:noacc')).toMatchObject({ stdout: 'T:noacc\n    *** no read access\n' });
    expect(await run('--strict', 'T:noacc')).toMatchObject({ exitCode: 1 });
  });

  test('CA-L10 an impossible type is ignored, with a warning', async () => {
    for (const type of ['40', '35', 'DBR_NONSENSE']) {
      expect(await run('-d', type, 'T:ai')).toEqual({
        exitCode: 0,
        stdout: 'T:ai                           1.5\n',
        stderr: "Requested dbr type out of range or invalid - ignored. ('caget -h' for help.)\n",
      });
    }
  });

  test('CA-L10 shapes exclude each other; the last one wins', async () => {
    const { stdout, stderr } = await run('-a', '-t', 'T:ai');
    expect(stdout).toBe('1.5\n');
    expect(stderr).toBe("Options t,d,a are mutually exclusive. ('caget -h' for help.)\n");
  });

  test('CA-L10 of type CTRL_DOUBLE prints the block of the original', async () => {
    const { stdout } = await run('-d', 'DBR_CTRL_DOUBLE', 'T:ai');
    expect(stdout).toBe(`T:ai
    Native data type: DBF_DOUBLE
    Request type:     DBR_CTRL_DOUBLE
    Element count:    1
    Value:            1.5
    Status:           NO_ALARM
    Severity:         NO_ALARM
    Units:            mm
    Precision:        3
    Lo disp limit:    -100
    Hi disp limit:    100
    Lo alarm limit:   -90
    Lo warn limit:    -80
    Hi warn limit:    80
    Hi alarm limit:   90
    Lo ctrl limit:    -100
    Hi ctrl limit:    100
`);
  });

  test('CA-L10 of type GR_INT prints limits in columns of eight and no precision', async () => {
    const { stdout } = await run('-d', 'GR_INT', 'T:lo');
    expect(stdout).toContain('    Request type:     DBR_GR_SHORT\n');
    expect(stdout).toContain('    Units:            A\n    Lo disp limit:       -1000\n');
    expect(stdout).not.toContain('Precision');
    expect(stdout).not.toContain('ctrl');
  });

  test('CA-L10 of enum types prints the labels', async () => {
    const { stdout } = await run('-d', 'CTRL_ENUM', 'T:mbbo');
    expect(stdout).toContain('    Value:            One\n');
    expect(stdout).toMatch(/\n {4}Enums: {12}\( 3\)\n {22}\[ 0\] Zero\n {22}\[ 1\] One\n {22}\[ 2\] Two\n$/);
    expect((await run('-d', 'GR_ENUM', '-n', 'T:mbbo')).stdout).toContain('    Value:            1\n');
  });

  test('CA-L10 of the other families prints what they carry', async () => {
    expect((await run('-d', '0', 'T:ai')).stdout).toBe(`T:ai
    Native data type: DBF_DOUBLE
    Request type:     DBR_STRING
    Element count:    1
    Value:            1.500
`);
    expect((await run('-d', 'TIME_DOUBLE', 'T:ai')).stdout).toContain(
      '    Value:            1.5\n    Timestamp:        <time>\n    Status:           NO_ALARM\n',
    );
    expect((await run('-d', '37', 'T:ai')).stdout).toContain(
      '    Ack transient?:   YES\n    Ack severity:     NO_ALARM\n',
    );
    expect((await run('-d', 'CLASS_NAME', 'T:ao')).stdout).toBe(`T:ao
    Native data type: DBF_DOUBLE
    Request type:     DBR_CLASS_NAME
    Class Name:       ao
`);
  });

  test('CA-L12 --json prints one object for each PV', async () => {
    const { stdout } = await run('--json', 'T:ai', 'T:mbbo', 'T:quoted', 'T:noacc', '-#2', 'T:wfd');
    const rows = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(rows.map((row) => [row['name'], row['value'] ?? row['error']])).toEqual([
      ['T:ai', 1.5],
      ['T:mbbo', 'One'],
      ['T:quoted', 'a"b\\°'],
      ['T:noacc', 'no read access'],
      ['T:wfd', [0, 0]],
    ]);
    expect(rows[4]).toMatchObject({ time: null, status: 'UDF', severity: 'INVALID' });
  });

  test('CA-L1 no PV, unknown options and help', async () => {
    expect(await run()).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: "No pv name specified. ('caget -h' for help.)\n",
    });
    expect(await run('-q', 'T:ai')).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: "Unrecognized option: '-q'. ('caget -h' for help.)\n",
    });
    const help = await run('-h');
    expect([help.exitCode, help.stderr]).toEqual([0, '']);
    expect(help.stdout).toContain('Usage: caget');
    expect((await run('-V')).stdout).toMatch(
      /^\nEPICS Version epics-ts \d+\.\d+\.\d+, CA Protocol version 4\.13\n$/,
    );
  });

  test('CA-L1 options may follow the names', async () => {
    expect((await run('T:ai', '-t')).stdout).toBe('1.5\n');
  });
});
