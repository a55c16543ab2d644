import { expect, test } from 'vitest';
import { cainfo } from '../../../src/cli/cainfo.ts';
import { useBench } from './harness.ts';

const { bench } = useBench();

test('CA-L10 cainfo prints state, host, access, types and count', async () => {
  const { exitCode, stdout } = await bench.run(cainfo, ['T:readonly', 'T:wfs']);
  expect(exitCode).toBe(0);
  expect(stdout.replace(/localhost:\d+/g, 'localhost:<port>')).toBe(`T:readonly
    State:            connected
    Host:             localhost:<port>
    Access:           read, no write
    Native data type: DBF_DOUBLE
    Request type:     DBR_DOUBLE
    Element count:    1
T:wfs
    State:            connected
    Host:             localhost:<port>
    Access:           read, write
    Native data type: DBF_STRING
    Request type:     DBR_STRING
    Element count:    4
`);
});

test('CA-L10 cainfo of a missing PV fails', async () => {
  expect(await bench.run(cainfo, ['-w', '0.2', 'NOPE'])).toEqual({
    exitCode: 1,
    stdout: '',
    stderr: "Channel connect timed out: 'NOPE' not found.\n",
  });
  expect((await bench.run(cainfo, [])).stderr).toBe("No pv name specified. ('cainfo -h' for help.)\n");
});

test('CA-L10 cainfo -s prints the state of the client instead', async () => {
  const { stdout } = await bench.run(cainfo, ['-s', '2', 'T:ai']);
  const report = JSON.parse(stdout) as { channels: { name: string }[]; stats: object };
  expect(report.channels[0]?.name).toBe('T:ai');
  expect(report.stats).toMatchObject({ connectedChannels: 1 });
  expect((await bench.run(cainfo, ['-s', 'x', 'T:ai'])).stderr).toContain(
    "'x' is not a valid interest level",
  );
});
