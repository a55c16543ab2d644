import { expect, test } from 'vitest';
import { makePvinfo } from '../../../src/cli/pvinfo.ts';
import { useBench } from './harness.ts';

const { bench } = useBench();
const pvinfo = makePvinfo('pvac');

test('PVA-T-1 pvinfo prints the server and the type', async () => {
  const { exitCode, stdout } = await bench.run(pvinfo, ['T:bo']);
  expect(exitCode).toBe(0);
  const lines = stdout.replace(/127\.0\.0\.1:\d+/, '<server>').split('\n');
  expect(lines.slice(0, 9)).toEqual([
    'T:bo',
    'Server: <server>',
    'Type:',
    '    epics:nt/NTEnum:1.0',
    '        enum_t value',
    '            int index',
    '            string[] choices',
    '        alarm_t alarm',
    '            int severity',
  ]);
  expect(lines.slice(-2)).toEqual(['', '']);
});

test('PVA-T-1 pvxinfo prints the type in the shape of pvxs', async () => {
  const { stdout } = await bench.run(makePvinfo('pvxs'), ['T:bo']);
  expect(stdout).toMatch(
    /^T:bo from 127\.0\.0\.1:\d+\nstruct "epics:nt\/NTEnum:1\.0" \{\n {4}struct "enum_t" \{\n/,
  );
});

test('PVA-T-2 pvinfo of a missing PV fails', async () => {
  expect(await bench.run(pvinfo, ['-w', '0.3', 'nosuch'])).toEqual({
    exitCode: 1,
    stdout: '',
    stderr: 'Timeout\n',
  });
  expect((await bench.run(pvinfo, [])).stderr).toBe("No pv name(s) specified. ('pvinfo -h' for help.)\n");
});

test('PVA-T-1 pvinfo -p ca shows the structure that a Channel Access PV appears in', async () => {
  const { stdout } = await bench.run(pvinfo, ['-p', 'ca', 'T:ao']);
  expect(stdout).toContain('    epics:nt/NTScalar:1.0\n        double value\n');
});
