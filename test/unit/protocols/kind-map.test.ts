import { describe, expect, it } from 'vitest';
import { aliasCodecFor, defaultSizes, epicsV7ToPvaType, recordFor } from '../../../src/protocols/kind-map.ts';
import type { VariableKind } from '../../../src/tree/index.ts';

const int = (bits: number | null, signed: boolean): VariableKind => ({ k: 'int', bits, signed });
const labels = (count: number, text = (i: number): string => `L${i}`): VariableKind => ({
  k: 'enum',
  choices: Array.from({ length: count }, (_, i) => text(i)),
  values: Array.from({ length: count }, (_, i) => i),
});

/** `output record, element on its name, element under the full name`. */
function row(kind: VariableKind, sizes = defaultSizes): string {
  const record = recordFor(kind, sizes);
  return [
    record.inType,
    record.outType,
    record.codec.type.element,
    aliasCodecFor(kind, sizes).type.element,
  ].join(' ');
}

describe('the type table', () => {
  const rows: readonly (readonly [string, VariableKind, string])[] = [
    ['row 2', { k: 'array', dtype: 'uint16', shape: [5] }, 'waveform waveform uint16 uint16'],
    ['row 4', labels(16), 'mbbi mbbo enum enum'],
    ['row 5', labels(17), 'waveform waveform string string'],
    ['row 5, equal when cut', labels(2, (i) => `${'x'.repeat(25)}${i}`), 'waveform waveform string enum'],
    ['row 6, string', { k: 'string' }, 'waveform waveform string string'],
    ['row 6, object', { k: 'object' }, 'waveform waveform string string'],
    ['row 6, none', { k: 'none' }, 'waveform waveform string string'],
    ['row 7', { k: 'bool' }, 'longin longout int32 boolean'],
    ['row 8, Int64', int(64, true), 'int64in int64out int64 int64'],
    ['row 8, UInt64', int(64, false), 'int64in int64out uint64 uint64'],
    ['row 9', int(null, true), 'longin longout int32 int32'],
    ['row 10, Int8', int(8, true), 'longin longout int32 int8'],
    ['row 10, Int32', int(32, true), 'longin longout int32 int32'],
    ['row 11, UInt16', int(16, false), 'longin longout int32 uint16'],
    ['row 12, UInt32', int(32, false), 'int64in int64out int64 uint32'],
    ['row 13, UInt1', int(1, false), 'longin longout int32 uint8'],
    ['row 13, UInt31', int(31, false), 'longin longout int32 uint32'],
    ['row 13, Int12', int(12, true), 'longin longout int32 int16'],
    ['row 13, UInt48', int(48, false), 'int64in int64out int64 uint64'],
    ['row 13, Int33', int(33, true), 'int64in int64out int64 int64'],
    ['row 15, UInt80', int(80, false), 'waveform waveform string string'],
    ['row 16', { k: 'float', bits: 32 }, 'ai ao float64 float32'],
    ['row 17', { k: 'float', bits: 64 }, 'ai ao float64 float64'],
  ];
  it.each(rows)('EPS-3 %s', (_name, kind, expected) => {
    expect(row(kind)).toBe(expected);
  });

  it('EPS-E-25 option int makes plain integers 64 bits wide', () => {
    const sizes = { ...defaultSizes, int: 'int64' as const };
    expect(row(int(null, true), sizes)).toContain('int64in int64out int64');
  });

  it('EPS-E-26 EPS-E-23 counts on CA are the initial size, or the options', () => {
    const count = (kind: VariableKind, sizes = defaultSizes): number =>
      recordFor(kind, sizes).codec.type.caCount;
    expect(count({ k: 'array', dtype: 'float64', shape: [2, 3] })).toBe(6);
    expect(count({ k: 'array', dtype: 'float64', shape: [0] })).toBe(1);
    expect(count({ k: 'array', dtype: 'float64', shape: [2] }, { ...defaultSizes, maxArrayLength: 9 })).toBe(
      9,
    );
    expect(count({ k: 'string' })).toBe(4096);
    expect(count({ k: 'string' }, { ...defaultSizes, maxStringLength: 256 })).toBe(256);
  });
});

it('EPS-E-19 epicsV7ToPvaType takes labels as map or object', () => {
  expect(epicsV7ToPvaType({ typeStr: 'int', enum: { 0: 'Off', 1: 'On' } })).toBe('enum');
  expect(epicsV7ToPvaType({ typeStr: 'int', enum: new Map([[0, 'Off']]) })).toBe('enum');
  expect(epicsV7ToPvaType({ typeStr: 'int', enum: null })).toBe('i');
});
