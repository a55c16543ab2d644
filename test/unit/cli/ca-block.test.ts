import { expect, test } from 'vitest';
import { type DbrData, ECA_UNRESPTMO } from '../../../src/ca/index.ts';
import { exceptionBlock, formatBlock } from '../../../src/cli/ca-block.ts';
import { defaultCaSettings } from '../../../src/cli/ca-settings.ts';
import type { CliContext } from '../../../src/cli/context.ts';
import { makeTimeStamp } from '../../../src/pv/index.ts';

const settings = defaultCaSettings({ env: {} } as Partial<CliContext> as CliContext);

test('CA-L10 limits of CHAR are signed, in columns of eight', () => {
  const data: DbrData = {
    dbrType: 32,
    values: Uint8Array.of(200),
    status: 0,
    severity: 0,
    epicsSeconds: 0,
    nanoseconds: 0,
    units: '\xc2\xb0C',
    precision: 0,
    limits: {
      upperDisplay: 232,
      lowerDisplay: 24,
      upperAlarm: 0,
      upperWarning: 0,
      lowerWarning: 0,
      lowerAlarm: 0,
      upperControl: 0,
      lowerControl: 0,
    },
    choices: [],
    ackTransient: false,
    ackSeverity: 0,
  };
  const text = formatBlock(4, data, 1, settings);
  expect(text).toContain('    Value:            -56\n');
  expect(text).toContain('    Units:            °C\n');
  expect(text).toContain('    Lo disp limit:          24\n    Hi disp limit:         -24\n');
});

test('CA-L9 the block of the reference client is 66 wide and names the severity', () => {
  const lines = exceptionBlock(ECA_UNRESPTMO, 'host:5064', makeTimeStamp(1_700_000_000, 1)).split('\n');
  expect(lines[0]).toHaveLength(66);
  expect(lines[1]).toBe('    Warning: "Virtual circuit unresponsive"');
  expect(lines[2]).toBe('    Context: "host:5064"');
  expect(lines[3]).toMatch(/^ {4}Current Time: \w{3} Nov 1[45] 2023 .*\.000000001$/);
  expect(lines[4]).toBe('.'.repeat(66));
});
