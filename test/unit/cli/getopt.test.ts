import { expect, test } from 'vitest';
import { getopt } from '../../../src/cli/getopt.ts';

const given = (args: string[], spec = 'tSw:#:0:l:', permutes = true): string =>
  getopt(args, spec, permutes)
    .options.map(({ letter, value }) => `${letter}=${value}`)
    .join(' ');

test('CA-L1 options are combined, and values attached or separate', () => {
  expect(given(['-tS', '-w5', '-#', '10', '-0x'])).toBe('t= S= w=5 #=10 0=x');
  expect(given(['-tw5', 'PV'])).toBe('t= w=5');
});

test('CA-L1 options may follow operands', () => {
  const parsed = getopt(['PV1', '-t', 'PV2', '-w', '3'], 'tw:', true);
  expect(parsed.operands).toEqual(['PV1', 'PV2']);
  expect(parsed.options).toHaveLength(2);
});

test('without permutation a negative value behind the name is an operand', () => {
  const parsed = getopt(['-t', 'PV', '-5'], 'tw:', false);
  expect(parsed.operands).toEqual(['PV', '-5']);
});

test('two dashes end the options', () => {
  expect(getopt(['--', '-t'], 't', true).operands).toEqual(['-t']);
  expect(getopt(['-'], 't', true).operands).toEqual(['-']);
});

test('unknown letters and missing values are told', () => {
  expect(getopt(['-q'], 't', true).unknown).toBe('q');
  expect(getopt(['-w'], 'w:', true).missing).toBe('w');
  expect(getopt(['-:'], 'w:', true).unknown).toBe(':');
});

test('CA-L12 long options have two dashes, and values attached by "=" or behind them', () => {
  const parsed = getopt(['--json', 'PV', '--style=pvxs', '--style', 'pvac', '-t'], 't', true, [
    'json',
    'style:',
  ]);
  expect(parsed.options).toEqual([
    { letter: 'json', value: '' },
    { letter: 'style', value: 'pvxs' },
    { letter: 'style', value: 'pvac' },
    { letter: 't', value: '' },
  ]);
  expect(parsed.operands).toEqual(['PV']);
});

test('long options that are not known, or used wrongly, are told', () => {
  expect(getopt(['--odd'], 't', true, ['json']).unknown).toBe('--odd');
  expect(getopt(['--json=1'], 't', true, ['json']).unknown).toBe('--json');
  expect(getopt(['--style'], 't', true, ['style:']).missing).toBe('--style');
});
