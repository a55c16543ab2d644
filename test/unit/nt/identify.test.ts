import { describe, expect, test } from 'vitest';
import {
  alarmType,
  identify,
  isEnum,
  makeNameValue,
  makeNdArray,
  makeTable,
  makeUri,
  type NtKind,
  ntAggregateType,
  ntAttributeType,
  ntContinuumType,
  ntEnumType,
  ntHistogramType,
  ntMatrixType,
  ntMultiChannelType,
  ntNameValueType,
  ntNdArrayType,
  ntScalarArrayType,
  ntScalarMultiChannelType,
  ntScalarType,
  ntTableType,
  ntUnionType,
  ntUriType,
  unwrap,
} from '../../../src/nt/index.ts';
import {
  compoundType,
  type FieldDesc,
  scalarType,
  structType,
  TypeCode,
  unionType,
  Value,
} from '../../../src/pvdata/index.ts';

const types: readonly [NtKind, FieldDesc][] = [
  ['scalar', ntScalarType('double')],
  ['scalarArray', ntScalarArrayType('string')],
  ['enum', ntEnumType()],
  ['matrix', ntMatrixType()],
  ['uri', ntUriType({})],
  ['nameValue', ntNameValueType('double')],
  ['table', ntTableType({ a: 'int' })],
  ['attribute', ntAttributeType()],
  ['multiChannel', ntMultiChannelType()],
  ['scalarMultiChannel', ntScalarMultiChannelType('int')],
  ['union', ntUnionType()],
  ['histogram', ntHistogramType('int')],
  ['continuum', ntContinuumType()],
  ['aggregate', ntAggregateType()],
  ['ndarray', ntNdArrayType()],
];
const withId = (desc: FieldDesc, id: string): FieldDesc => compoundType(TypeCode.Struct, id, desc.members);

describe('identify', () => {
  test.each(types)('%s is told by its id, of any minor version (PVA-N-1)', (kind, desc) => {
    expect(identify(desc)).toBe(kind);
    expect(identify(withId(structType('', { other: 'int' }), desc.id))).toBe(kind);
    expect(identify(withId(desc, desc.id.replace('1.0', '1.9')))).toBe(kind);
  });

  test('other major versions and foreign ids are not taken by id', () => {
    const other = structType('epics:nt/NTScalar:2.0', { x: 'int' });
    expect(
      [other, structType('epics:nt/NTThing:1.0', { x: 'int' }), structType('NTScalar', { x: 'int' })].map(
        identify,
      ),
    ).toEqual(['unknown', 'unknown', 'unknown']);
    expect(identify(structType('epics:nt/NTScalar:10', { x: 'int' }))).toBe('unknown');
  });

  test.each<[NtKind, FieldDesc]>(
    types.filter(([kind]) =>
      [
        'scalar',
        'scalarArray',
        'enum',
        'uri',
        'nameValue',
        'table',
        'scalarMultiChannel',
        'ndarray',
      ].includes(kind),
    ),
  )('%s without id is told by its structure (PVA-N-3)', (kind, desc) => {
    expect(identify(withId(desc, ''))).toBe(kind);
    expect(identify(withId(desc, 'structure'))).toBe(kind);
  });

  test.each<[string, FieldDesc]>([
    ['no structure', scalarType('int')],
    ['no value', structType('', { alarm: alarmType })],
    ['query without path', structType('', { query: structType('', {}) })],
    ['value of some structure', structType('', { value: alarmType })],
    ['labels and a structure of scalars', structType('', { labels: 'string[]', value: alarmType })],
    ['value any', structType('', { value: 'any' })],
  ])('%s is no normative type', (_name, desc) => {
    expect(identify(desc)).toBe('unknown');
  });

  test('a union without dimension is a union', () => {
    expect(identify(structType('', { value: unionType('', { a: 'int' }) }))).toBe('union');
  });

  test('an enum is told by index and choices', () => {
    expect(isEnum(structType('', { index: 'short', choices: 'string[]' }))).toBe(true);
    expect(isEnum(structType('', { index: 'int', choices: 'int[]' }))).toBe(false);
    expect(isEnum(structType('', { choices: 'string[]' }))).toBe(false);
    expect(isEnum(scalarType('int'))).toBe(false);
  });
});

describe('unwrap (PVA-N-2)', () => {
  test.each<[string, Value, unknown]>([
    ['scalar', Value.from(ntScalarType('long'), { value: 5n }), 5n],
    ['array', Value.from(ntScalarArrayType('int'), { value: [1] }), Int32Array.of(1)],
    ['matrix', Value.from(ntMatrixType(), { value: [1, 2] }), Float64Array.of(1, 2)],
    [
      'enum',
      Value.from(ntEnumType(), { value: { index: 1, choices: ['a', 'b'] } }),
      { index: 1, choice: 'b', choices: ['a', 'b'] },
    ],
    ['table', makeTable({ x: 'int' }, { x: [1, 2] }), [{ x: 1 }, { x: 2 }]],
    [
      'name-value',
      makeNameValue('int', { a: 1, b: 2 }),
      new Map([
        ['a', 1],
        ['b', 2],
      ]),
    ],
    [
      'uri',
      makeUri('p', { a: 'int' }, { a: 1 }),
      { scheme: 'pva', authority: '', path: 'p', query: { a: 1 } },
    ],
    ['union', Value.from(ntUnionType(), { value: 'x' }), 'x'],
    ['aggregate', Value.from(ntAggregateType(), { value: 2 }), 2],
    ['structure without value', Value.from(structType('', { a: 'int' }), { a: 1 }), { a: 1 }],
    ['no structure', Value.from(scalarType('int'), 7), 7],
  ])('%s', (_name, value, expected) => {
    expect(unwrap(value)).toEqual(expected);
  });

  test('an image is read as one', () => {
    expect(unwrap(makeNdArray(Uint8Array.of(1)))).toMatchObject({
      data: Uint8Array.of(1),
      colorMode: 'mono',
    });
  });
});
