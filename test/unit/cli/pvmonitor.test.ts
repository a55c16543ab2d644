import { expect, test } from 'vitest';
import { makePvmonitor } from '../../../src/cli/pvmonitor.ts';
import { SoftIoc } from '../../../src/ioc/index.ts';
import { CliBench, useBench } from './harness.ts';

const used = useBench();
const pvmonitor = makePvmonitor('pvac');
const pvxmonitor = makePvmonitor('pvxs');
const put = (name: string, value: number): void => void used.ioc.database.find(name)?.putField('VAL', value);

test('PVA-T-1 pvmonitor prints the value and each change', async () => {
  const monitor = used.bench.start(pvmonitor, ['T:ai', 'T:wfs']);
  await monitor.sees('T:ai  <ms time>  1.5 \n');
  await monitor.sees('T:wfs <ms time>  []\n');
  put('T:ai', 95);
  await monitor.sees('T:ai  <ms time>  95 MAJOR DEVICE HIHI \n');
  put('T:ai', 1.5);
  await monitor.sees('HIHI \nT:ai  <ms time>  1.5 \n');
  monitor.end();
  expect(await monitor.done).toMatchObject({ exitCode: 0, stderr: '' });
});

test('PVA-T-1 pvmonitor -v prints changed fields only, -vv all that were ever sent, changed ones in bold', async () => {
  const changed = used.bench.start(pvmonitor, ['-v', '-r', 'field(value,alarm)', 'T:ao']);
  await changed.sees('    double value 1.25\n    alarm_t alarm \n');
  put('T:ao', 2);
  await changed.sees('    double value 2\n');
  changed.end();
  expect((await changed.done).stdout.split('T:ao ')[2]).toBe('epics:nt/NTScalar:1.0 \n    double value 2\n');
  const bold = used.bench.start(pvmonitor, ['-vv', '-r', 'field(value,alarm)', 'T:ao'], { isTerminal: true });
  await bold.sees('\x1b[1m    double value 2\x1b[0m\n');
  put('T:ao', 1.25);
  await bold.sees('\x1b[1m    double value 1.25\x1b[0m\n    alarm_t alarm \n');
  bold.end();
  await bold.done;
});

test('PVA-T-1 a lost server is told', async () => {
  for (const [command, expected, where] of [
    [pvmonitor, 'X:a <Disconnect>\n', 'sees'],
    [pvxmonitor, '<long time> X:a Disconnected\n', 'complains'],
  ] as const) {
    const ioc = SoftIoc.isolated({ ca: false });
    ioc.database.addRecord('ao', 'X:a', { VAL: 1, PINI: 'YES' });
    await ioc.start();
    const monitor = new CliBench(() => ioc).start(command, ['X:a']);
    await monitor.sees('X:a');
    await ioc.close();
    await monitor[where](expected);
    monitor.end();
    await monitor.done;
  }
});

test('PVA-T-1 an error ends the monitor with exit code 1', async () => {
  const { exitCode, stdout, stderr } = await used.bench.run(pvmonitor, ['-r', 'field(nosuch)', 'T:ao']);
  expect([exitCode, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(/^T:ao Error /);
});

test('PVA-T-1 pvxmonitor prints deltas, and connections on standard error', async () => {
  const monitor = used.bench.start(pvxmonitor, ['-r', 'field(value)', 'T:ao']);
  await monitor.sees('T:ao\n    value double = 1.25\n');
  await monitor.complains('<long time> T:ao Connected to 127.0.0.1:');
  monitor.end();
  await monitor.done;
});

test('PVA-T-5 pvxmonitor -w ends when the PV is not there in time', async () => {
  const { exitCode, stderr } = await used.bench.run(pvxmonitor, ['-w', '0.2', 'nosuch']);
  expect(exitCode).toBe(1);
  expect(stderr).toContain('timed out');
});

test('PVA-T-1 pvmonitor -p ca follows a PV over Channel Access', async () => {
  const monitor = used.bench.start(pvmonitor, ['-p', 'ca', 'T:ao']);
  await monitor.sees('T:ao <ms time>  1.25 \n');
  put('T:ao', 3);
  await monitor.sees('T:ao <ms time>  3 \n');
  monitor.end();
  await monitor.done;
});

test('PVA-T-2 no PV and -f are errors', async () => {
  expect((await used.bench.run(pvmonitor, [])).exitCode).toBe(1);
  expect((await used.bench.run(pvmonitor, ['-f', 'x', 'T:ao'])).stderr).toBe('Unsupported option -f\n');
});
