import { expect, test } from 'vitest';
import {
  EPICS_MAX_NAME_LEN,
  hashedSuffix,
  MAX_BASE_LEN,
  makeEpicsV7Suffix,
  recordNameOf,
} from '../../../../src/protocols/epicsV7/short-name.ts';

const vectors: readonly (readonly [base: string, suffix: string, expected: string])[] = [
  ['TestBase', 'Short', 'Short'],
  ['B'.repeat(10), 'S'.repeat(49), 'S'.repeat(49)],
  ['B'.repeat(10), 'S'.repeat(50), 'tail_49db0f238c'],
  ['A', 'B'.repeat(58), 'B'.repeat(58)],
  ['A', 'B'.repeat(59), 'tail_587ff96124'],
  ['TestBase', `LongSuffix${'A'.repeat(50)}`, 'tail_e6fa26ebb3'],
  ['TestBase', `LongSuffix${'B'.repeat(50)}`, 'tail_4e119ca01a'],
  [`Base1${'X'.repeat(20)}`, `SameSuffix${'Z'.repeat(50)}`, 'tail_47c8cb1c9c'],
  [`Base2${'X'.repeat(20)}`, `SameSuffix${'Z'.repeat(50)}`, 'tail_3d8b056e2d'],
  [
    'test_ioc_v7',
    'LocalRoot:LongNameSubDev:ThisIsAVeryLongVariableNameThatExceedsSixtyCharacterLimit',
    'tail_8bfa21ee99',
  ],
  [
    'test_ioc_v7',
    'LocalRoot:LongNameSubDev:AnotherExtremelyLongVariableNameForTestingHashBehavior',
    'tail_ec234e087b',
  ],
  ['test_ioc_v7', 'LocalRoot:LongNameSubDev:AlarmTestFloatWithUnitsAndThresholds', 'tail_74386b7e02'],
  [
    'MyIoc',
    'LocalRoot:MyDevice:ThisIsAVeryLongVariableNameThatExceedsSixtyCharacterLimit',
    'tail_3e7a914e8d',
  ],
  ['MyIoc', 'MyRoot:Crate[0]:Board[12]:AmplifierChannel[3]:CalibrationOffsetFine', 'tail_0ae6d6cd11'],
];

for (const [base, suffix, expected] of vectors) {
  test(`EPS-11.1 the suffix of ${base}:${suffix.slice(0, 24)} is ${expected.slice(0, 15)}`, () => {
    expect(makeEpicsV7Suffix(base, suffix)).toBe(expected);
    expect(makeEpicsV7Suffix(base, suffix)).toBe(makeEpicsV7Suffix(base, suffix));
    if (expected !== suffix) expect(expected).toMatch(/^tail_[0-9a-f]{10}$/);
  });
}

test('EPS-11.1 the limits follow from the 61 bytes of EPICS Base', () => {
  expect([EPICS_MAX_NAME_LEN, MAX_BASE_LEN]).toEqual([60, 44]);
});

test('EPS-E-14 the limit counts UTF-8 bytes, not characters', () => {
  expect(makeEpicsV7Suffix('A', 'µ'.repeat(29))).toBe('µ'.repeat(29));
  expect(makeEpicsV7Suffix('A', 'µ'.repeat(30))).toMatch(/^tail_/);
});

test('EPS-E-15 an explicit long name outside base is hashed below base', () => {
  const name = 'Other:'.padEnd(70, 'x');
  expect(recordNameOf('MyIoc', name)).toBe(`MyIoc:${hashedSuffix(name)}`);
  expect(recordNameOf('MyIoc', 'Other:Short')).toBe('Other:Short');
});

test('EPS-11.44 the known collision pair collides', () => {
  const first = makeEpicsV7Suffix('Coll', 'Top:Dev:CollisionProbeVariableWithAVeryLongNameNumber0187185');
  const second = makeEpicsV7Suffix('Coll', 'Top:Dev:CollisionProbeVariableWithAVeryLongNameNumber0974838');
  expect([first, second]).toEqual(['tail_1336d60bd5', 'tail_1336d60bd5']);
});
