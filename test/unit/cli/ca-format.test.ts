import { expect, test } from 'vitest';
import { type CaReading, formatElement, plainValues, wideLine } from '../../../src/cli/ca-format.ts';
import { type CaSettings, defaultCaSettings } from '../../../src/cli/ca-settings.ts';
import type { CliContext } from '../../../src/cli/context.ts';
import { undefinedTime } from '../../../src/pv/index.ts';

const defaults = defaultCaSettings({ env: {} } as Partial<CliContext> as CliContext);
const settings = (changes: Partial<CaSettings> = {}): CaSettings => ({ ...defaults, ...changes });
const reading = (
  dbrType: number,
  values: readonly (number | string)[],
  choices: string[] = [],
): CaReading => ({
  dbrType,
  values,
  count: values.length,
  status: 0,
  severity: 0,
  time: undefinedTime,
  choices,
});

test.each([
  ['CHAR is signed', reading(4, [200]), {}, '-56'],
  ['CHAR is decimal in any base', reading(4, [200]), { integerBase: 16 }, '-56'],
  ['SHORT is 32 bits wide in hexadecimal', reading(15, [-1]), { integerBase: 16 }, '0xFFFFFFFF'],
  ['FLOAT has six digits', reading(2, [Math.fround(0.1)]), {}, '0.1'],
  ['DOUBLE is rounded for -l', reading(20, [-1.5]), { floatBase: 8 }, '0o37777777776'],
  ['DOUBLE ignores -0', reading(20, [1.5]), { integerBase: 16 }, '1.5'],
  ['ENUM without labels is a number', reading(17, [1]), {}, '1'],
  ['ENUM with labels is one', reading(24, [1], ['a', 'b']), {}, 'b'],
  ['ENUM with -n is a number', reading(31, [1], ['a', 'b']), { isEnumNumber: true }, '1'],
  ['ENUM beyond its labels', reading(31, [5], ['a', 'b']), {}, 'Enum Index Overflow (5)'],
  ['ENUM beyond what can have a label', reading(31, [16], ['a', 'b']), {}, 'Illegal Value (16)'],
  ['STRING is escaped', reading(0, ['a"b']), {}, 'a\\"b'],
] as const)('CA-L5 %s', (_what, value, changes, expected) => {
  expect(formatElement(value, 0, settings(changes))).toBe(expected);
});

test('CA-L6 the count stands before more than one element, and always with -#', () => {
  expect(plainValues(reading(6, [1, 2, 3]), settings())).toBe('3 1 2 3');
  expect(plainValues(reading(6, [1]), settings())).toBe('1');
  expect(plainValues(reading(6, [1]), settings({ count: 1 }))).toBe('1 1');
  expect(plainValues(reading(6, []), settings())).toBe('');
  expect(plainValues(reading(4, [72, 105, 0, 33]), settings({ isCharText: true }))).toBe('Hi');
});

test('CA-L7 the separator replaces every blank, and the padding', () => {
  const line = wideLine(
    'X',
    'T',
    { ...reading(6, [1, 2]), status: 3, severity: 2 },
    settings({ separator: ';' }),
  );
  expect(line).toBe('X;T;2;1;2;HIHI;MAJOR');
});
