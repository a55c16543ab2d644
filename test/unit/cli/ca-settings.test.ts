import { expect, test } from 'vitest';
import { type CaSettings, defaultCaSettings, takeCaOption } from '../../../src/cli/ca-settings.ts';
import type { CliContext } from '../../../src/cli/context.ts';

function take(letter: string, value = '', env: Record<string, string> = {}) {
  let stderr = '';
  const context = { env, stderr: { write: (text: string) => (stderr += text) } } as Partial<CliContext>;
  const settings = defaultCaSettings(context as CliContext);
  const isTaken = takeCaOption(settings, { letter, value }, 'caget', context as CliContext);
  return { settings, isTaken, stderr };
}

test.each<[string, string, Partial<CaSettings>]>([
  ['w', '2.5', { timeoutMs: 2500 }],
  ['w', '0', { timeoutMs: Number.POSITIVE_INFINITY }],
  ['p', '7', { priority: 7 }],
  ['p', '500', { priority: 99 }],
  ['#', '3', { count: 3 }],
  ['e', '3', { float: { letter: 'e', digits: 3 } }],
  ['0', 'x', { integerBase: 16 }],
  ['l', 'b', { floatBase: 2 }],
  ['F', ';rest', { separator: ';' }],
  ['n', '', { isEnumNumber: true }],
  ['s', '', { isFloatText: true }],
  ['S', '', { isCharText: true }],
])('CA-L1 the option -%s %s is taken', (letter, value, expected) => {
  const { settings, stderr } = take(letter, value);
  expect(settings).toMatchObject(expected);
  expect(stderr).toBe('');
});

test.each([
  ['w', 'x', "'x' is not a valid timeout value - ignored, using '1.0'. ('caget -h' for help.)\n"],
  ['p', 'x', "'x' is not a valid CA priority - ignored. ('caget -h' for help.)\n"],
  ['#', 'x', "'x' is not a valid array element count - ignored. ('caget -h' for help.)\n"],
  ['e', '19', "'19' is not a precision from 0 to 18 for option '-e' - ignored. ('caget -h' for help.)\n"],
  ['0', 'd', "'d' is not x, o or b for option '-0' - ignored. ('caget -h' for help.)\n"],
])('CA-L3 a wrong value of -%s is ignored with a warning', (letter, value, expected) => {
  expect(take(letter, value)).toMatchObject({
    isTaken: true,
    stderr: expected,
    settings: { timeoutMs: 1000 },
  });
});

test('CA-L3 EPICS_CLI_TIMEOUT is the default time-out', () => {
  expect(take('n', '', { EPICS_CLI_TIMEOUT: '3' }).settings.timeoutMs).toBe(3000);
  const wrong = take('n', '', { EPICS_CLI_TIMEOUT: 'long' });
  expect(wrong.settings.timeoutMs).toBe(1000);
  expect(wrong.stderr).toContain("'long'");
});

test('options of one tool only are left to it', () => {
  expect(take('c').isTaken).toBe(false);
});
