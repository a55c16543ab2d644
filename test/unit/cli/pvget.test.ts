import { expect, test } from 'vitest';
import { makePvget } from '../../../src/cli/pvget.ts';
import { ntTableType } from '../../../src/nt/index.ts';
import { makeTimeStamp, SharedPv } from '../../../src/pv/index.ts';
import { Value } from '../../../src/pvdata/index.ts';
import { useBench } from './harness.ts';

const { bench, odd } = useBench();
const pvget = makePvget('pvac');
const pvxget = makePvget('pvxs');
const run = (...args: string[]) => bench.run(pvget, args);

const lines: readonly (readonly [args: string, ...expected: string[]])[] = [
  ['T:ao', 'T:ao <ms time>  1.25 '],
  ['T:bo', 'T:bo <ms time>  (1) On'],
  ['T:so', 'T:so <ms time>  "hello world" '],
  ['T:wfs', 'T:wfs <ms time>  []'],
  ['T:wfd', 'T:wfd <undefined>              INVALID DRIVER UDF []'],
  ['-r field(value) T:ao', 'T:ao <undefined>              1.25 '],
  [
    '-M json -r field(value,alarm) T:bo',
    'T:bo {value:{index:1,choices:["Off","On"]},alarm:{severity:0,status:0,message:""}}',
  ],
  ['-M rfc -r field(value) T:ao', 'T:ao {"value":1.25}'],
  ['-q -t -i -n -F , T:ao', 'T:ao <ms time>  1.25 '],
];

test.each(lines)('PVA-T-1 pvget %s prints the line of the original', async (args, ...expected) => {
  expect(await run(...args.split(' '))).toEqual({
    exitCode: 0,
    stdout: expected.map((line) => `${line}\n`).join(''),
    stderr: '',
  });
});

test('PVA-T-1 pvget pads the names to the longest one and keeps their order', async () => {
  expect((await run('T:wfs', 'T:ao')).stdout).toBe('T:wfs <ms time>  []\nT:ao  <ms time>  1.25 \n');
});

test('PVA-T-1 pvget tells a time-out on standard error, and the name on standard output', async () => {
  expect(await run('-w', '0.3', 'nosuch')).toEqual({ exitCode: 1, stdout: 'nosuch \n', stderr: 'Timeout\n' });
});

test('PVA-T-1 pvget -v prints the tree with the fields that the server sent', async () => {
  const { stdout } = await run('-v', '-r', 'field(value,alarm,timeStamp)', 'T:ai');
  expect(stdout.replace(/(secondsPastEpoch|nanoseconds) \d+/g, '$1 <n>')).toBe(`T:ai epics:nt/NTScalar:1.0 
    double value 1.5
    alarm_t alarm 
        int severity 0
        int status 0
        string message 
    time_t timeStamp <ms time>  
        long secondsPastEpoch <n>
        int nanoseconds <n>
        int userTag 0
`);
  const all = await run('-vv', '-r', 'field(value)', 'T:ai');
  expect(all.stdout).toContain('    structure display\n        double limitLow 0\n');
});

test('PVA-T-1 pvget prints tables as columns', async () => {
  const type = ntTableType({ a: 'double', text: 'string' });
  const value = Value.from(type, {
    value: { a: [1, 2.5], text: ['x', 'say "hi"'] },
    labels: ['A', 'some text'],
  });
  odd.source.add('T:table', new SharedPv().open(value));
  const { stdout } = await run('T:table');
  expect(stdout).toMatch(/^T:table <undefined> +\n/);
  expect(stdout.split('\n').slice(1)).toEqual([
    '  A  "some text"',
    '  1            x',
    '2.5 "say ""hi"""',
    '',
  ]);
});

test('PVA-T-1 a user tag follows the time', async () => {
  const pv = new SharedPv().open({ element: 'int32', value: 5, time: makeTimeStamp(1_700_000_000, 0, 17) });
  odd.source.add('T:tag', pv);
  expect((await run('T:tag')).stdout).toBe('T:tag <ms time>  17 5 \n');
});

test('PVA-T-1 pvget -F delta and pvxget print the shape of pvxs', async () => {
  const expected = 'T:ao\n    value double = 1.25\n';
  expect((await run('-F', 'delta', '-r', 'field(value)', 'T:ao')).stdout).toBe(expected);
  expect((await run('--style', 'pvxs', '-r', 'field(value)', 'T:ao')).stdout).toBe(expected);
  expect((await bench.run(pvxget, ['-r', 'field(value)', 'T:ao'])).stdout).toBe(expected);
  const tree = await bench.run(pvxget, ['-F', 'tree', 'T:bo']);
  expect(tree.stdout).toContain(
    'T:bo\n    struct "epics:nt/NTEnum:1.0" {\n        struct "enum_t" {\n            int32_t index = 1\n',
  );
  expect(await bench.run(pvxget, ['-w', '0.3', 'nosuch'])).toEqual({
    exitCode: 1,
    stdout: '',
    stderr: 'Timeout with 1 outstanding\n',
  });
});

test('PVA-T-1 pvget -p ca reads over Channel Access', async () => {
  expect((await run('-p', 'ca', 'T:bo')).stdout).toBe('T:bo <ms time>  (1) On\n');
  expect(await run('-p', 'xyz', 'T:bo')).toMatchObject({ exitCode: 1, stdout: '' });
});

test('PVA-T-2 pvget refuses bad requests and options with exit code 1', async () => {
  expect(await run('-r', 'field(', 'T:ao')).toMatchObject({ exitCode: 1, stdout: '' });
  expect((await run('-r', 'field(', 'T:ao')).stderr).toContain('failed to parse request string: ');
  expect((await run('-r', 'field(nosuch)', 'T:ao')).exitCode).toBe(1);
  expect((await run('-f', 'file')).stderr).toBe('Unsupported option -f\n');
  expect((await run()).stderr).toBe("No pv name specified. ('pvget -h' for help.)\n");
  expect((await run('-M', 'odd', '-r', 'field(value)', 'T:ao')).stderr).toBe("Unknown output mode 'odd'\n");
  expect((await run('-V')).stdout).toMatch(/^epics-ts \d/);
});

test('PVA-T-1 pvget -m monitors', async () => {
  const monitor = bench.start(pvget, ['-m', 'T:ao']);
  await monitor.sees('T:ao <ms time>  1.25 \n');
  monitor.end();
  expect((await monitor.done).exitCode).toBe(0);
});
