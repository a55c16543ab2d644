import { expect, test } from 'vitest';
import { MonitorStamps, type StampSettings } from '../../../src/cli/monitor-stamps.ts';
import { makeTimeStamp, type TimeStamp } from '../../../src/pv/index.ts';

const at = (ms: number): TimeStamp => makeTimeStamp(1_700_000_000, ms * 1_000_000);
const START = at(0);

function texts(settings: Partial<StampSettings>): string[] {
  const stamps = new MonitorStamps(
    { isServer: true, isClient: false, kind: 'absolute', isUtc: true, ...settings },
    START,
  );
  return [
    stamps.text('A', at(100), at(110)),
    stamps.text('B', at(200), at(210)),
    stamps.text('A', at(450), at(470)),
    stamps.text('B', at(150), at(510)),
  ];
}
const absolute = (ms: number): string => `2023-11-14 22:13:20.${String(ms).padStart(3, '0')}000`;

test('CA-L10 absolute stamps', () => {
  expect(texts({})).toEqual([100, 200, 450, 150].map(absolute));
  expect(texts({ isServer: false, isClient: true })[0]).toBe(`(${absolute(110)})`);
  expect(texts({ isClient: true })[0]).toBe(`${absolute(100)}(${absolute(110)})`);
  expect(texts({ isServer: false })).toEqual(['', '', '', '']);
});

test('CA-L10 relative stamps: the first of each PV absolute, then since the first seen', () => {
  const indent = ' '.repeat(14);
  expect(texts({ kind: 'r' })).toEqual([
    absolute(100),
    absolute(200),
    `${indent}   +0.350000`,
    `${indent}   +0.050000`,
  ]);
});

test('CA-L10 incremental stamps: since the line before, or the line before of the same PV', () => {
  const indent = ' '.repeat(14);
  expect(texts({ kind: 'i' }).slice(2)).toEqual([`${indent}   +0.250000`, `${indent}   -0.300000`]);
  expect(texts({ kind: 'I' }).slice(2)).toEqual([`${indent}   +0.350000`, `${indent}   -0.050000`]);
});

test('CA-L10 relative stamps of arrival count from the start of the program', () => {
  expect(texts({ kind: 'r', isServer: false, isClient: true })[2]).toBe(`${' '.repeat(14)}(   +0.470000)`);
});
