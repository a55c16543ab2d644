import { describe, expect, test } from 'vitest';
import { camonitor } from '../../../src/cli/camonitor.ts';
import { SoftIoc } from '../../../src/ioc/index.ts';
import { CliBench, useBench } from './harness.ts';

const used = useBench();
const put = (name: string, value: number | Float64Array): Promise<unknown> =>
  Promise.resolve(used.ioc.database.find(name)?.putField('VAL', value));

describe('camonitor', () => {
  test('CA-L10 prints the value and each change', async () => {
    const monitor = used.bench.start(camonitor, ['T:ai', 'T:mbbo']);
    await monitor.sees('T:ai                           <time> 1.5  \n');
    await monitor.sees('T:mbbo                         <time> One  \n');
    await put('T:ai', 85);
    await monitor.sees('T:ai                           <time> 85 HIGH MINOR\n');
    await put('T:ai', 1.5);
    await monitor.sees(' 85 HIGH MINOR\nT:ai                           <time> 1.5  \n');
    monitor.end();
    expect(await monitor.done).toMatchObject({ exitCode: 0, stderr: '' });
  });

  test('CA-L10 arrays have a count only with more than one element', async () => {
    const monitor = used.bench.start(camonitor, ['T:wfd', 'T:wfs']);
    await monitor.sees('T:wfd                          <undefined> UDF INVALID\n');
    await put('T:wfd', Float64Array.of(3));
    await monitor.sees('T:wfd                          <time> 3  \n');
    await put('T:wfd', Float64Array.of(3, 4));
    await monitor.sees('T:wfd <time> 2 3 4  \n');
    monitor.end();
    await monitor.done;
  });

  test('CA-L10 -t n leaves the time empty; -F separates the parts', async () => {
    const plain = used.bench.start(camonitor, ['-t', 'n', 'T:ao']);
    await plain.sees('T:ao                            1.25  \n');
    const separated = used.bench.start(camonitor, ['-tn', '-F,', 'T:ao']);
    await separated.sees('T:ao,,1.25,,\n');
    plain.end();
    separated.end();
    await Promise.all([plain.done, separated.done]);
  });

  test('CA-L10 -t c and -t sc print the time of arrival', async () => {
    const client = used.bench.start(camonitor, ['-t', 'c', 'T:ao']);
    await client.sees('T:ao                           (<time>) 1.25  \n');
    const both = used.bench.start(camonitor, ['-t', 'sc', 'T:ao']);
    await both.sees('T:ao                           <time>(<time>) 1.25  \n');
    client.end();
    both.end();
    await Promise.all([client.done, both.done]);
  });

  test('CA-L10 a PV that does not connect in time is told on standard output', async () => {
    const monitor = used.bench.start(camonitor, ['-w', '0.1', 'NOPE']);
    await monitor.sees('NOPE                           *** Not connected (PV not found)\n');
    monitor.end();
    expect((await monitor.done).exitCode).toBe(0);
  });

  test('CA-L10 without read access nothing is printed', async () => {
    const monitor = used.bench.start(camonitor, ['T:noacc', 'T:ao']);
    await monitor.sees('T:ao');
    monitor.end();
    expect((await monitor.done).stdout).not.toContain('noacc');
  });

  test('CA-L10 a lost server is told for each PV, with the block once', async () => {
    const ioc = SoftIoc.isolated({ pva: false });
    ioc.database.addRecord('ao', 'X:a', { VAL: 1, PINI: 'YES' });
    ioc.database.addRecord('ao', 'X:b', { VAL: 2, PINI: 'YES' });
    await ioc.start();
    const monitor = new CliBench(() => ioc).start(camonitor, ['X:a', 'X:b']);
    await monitor.sees('X:a ');
    await monitor.sees('X:b ');
    await ioc.close();
    await monitor.sees('X:a                            <time> *** disconnected\n');
    await monitor.sees('X:b                            <time> *** disconnected\n');
    monitor.end();
    const { stderr } = await monitor.done;
    expect(stderr.split('Virtual circuit disconnect')).toHaveLength(2);
  });

  test('CA-L10 -m chooses the events; a wrong mask is ignored with a warning', async () => {
    const alarms = used.bench.start(camonitor, ['-m', 'a', 'T:ai']);
    await alarms.sees(' 1.5  \n');
    await put('T:ai', 2);
    await put('T:ai', 85);
    await alarms.sees(' 85 HIGH MINOR\n');
    expect(alarms.stdout()).not.toContain(' 2  \n');
    await put('T:ai', 1.5);
    alarms.end();
    await alarms.done;
    const wrong = used.bench.start(camonitor, ['-m', 'q', 'T:ai']);
    await wrong.complains("Invalid argument 'q' for option '-m' - ignored.\n");
    wrong.end();
    await wrong.done;
  });

  test('CA-L12 --json prints one object for each update', async () => {
    const monitor = used.bench.start(camonitor, ['--json', 'T:mbbo']);
    await monitor.sees('"value":"One"');
    monitor.end();
    expect(JSON.parse((await monitor.done).stdout)).toMatchObject({ name: 'T:mbbo', severity: 'NO_ALARM' });
  });

  test('CA-L1 no PV and unknown keys', async () => {
    expect((await used.bench.run(camonitor, [])).stderr).toBe(
      "No pv name specified. ('camonitor -h' for help.)\n",
    );
    const monitor = used.bench.start(camonitor, ['-t', 'sx', 'T:ao']);
    await monitor.complains("Invalid argument 'x' for option '-t' - ignored.\n");
    monitor.end();
    await monitor.done;
  });
});
