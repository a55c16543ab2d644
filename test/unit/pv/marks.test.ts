import { describe, expect, it } from 'vitest';
import { ntEnumType, ntScalarType } from '../../../src/nt/index.ts';
import {
  addMarks,
  eventFieldsOf,
  eventMaskOf,
  hasCompoundMarks,
  isEnumDesc,
  leafMarks,
} from '../../../src/pv/marks.ts';
import { Event } from '../../../src/pv/model.ts';
import { type FieldDesc, structType, Value } from '../../../src/pvdata/index.ts';
import { BitSet } from '../../../src/util/index.ts';

const scalar = ntScalarType('double', { display: true, control: true, valueAlarm: true, form: true });
const names = (desc: FieldDesc, bits: BitSet): string[] => [...bits].map((bit) => desc.nameAt(bit));
const maskOf = (desc: FieldDesc, ...paths: string[]): number =>
  eventMaskOf(eventFieldsOf(desc), BitSet.from(paths.map((path) => desc.offsetOf(path))));

describe('marks', () => {
  it('are events by the fields they are on (ARC-D-13)', () => {
    expect(maskOf(scalar, 'value')).toBe(Event.Value | Event.Log);
    expect(maskOf(scalar, 'alarm.message')).toBe(Event.Alarm);
    expect(maskOf(scalar, 'alarm')).toBe(Event.Alarm);
    for (const path of ['display.form.index', 'control', 'valueAlarm.active']) {
      expect(maskOf(scalar, path)).toBe(Event.Property);
    }
    expect(maskOf(scalar, 'timeStamp.userTag')).toBe(0);
    expect(maskOf(scalar, '')).toBe(Event.All);
    expect(maskOf(scalar, 'value', 'alarm.status')).toBe(7);
  });

  it('of an enum tell its choices from its index', () => {
    const type = ntEnumType();
    expect(maskOf(type, 'value.index')).toBe(Event.Value | Event.Log);
    expect(maskOf(type, 'value.choices')).toBe(Event.Property);
  });

  it('of a structure stand for the leaves below it', () => {
    const marks = BitSet.from([scalar.offsetOf('alarm'), scalar.offsetOf('value')]);
    expect(hasCompoundMarks(scalar, marks)).toBe(true);
    expect(names(scalar, leafMarks(scalar, marks))).toEqual([
      'value',
      'alarm.severity',
      'alarm.status',
      'alarm.message',
    ]);
    expect(hasCompoundMarks(scalar, BitSet.from([1]))).toBe(false);
    // The bit of an empty structure stands for nothing, bits beyond the type are ignored.
    expect(leafMarks(scalar, BitSet.from([500])).isEmpty).toBe(true);
    expect(hasCompoundMarks(scalar, BitSet.from([500]))).toBe(false);
  });

  it('are added to a set, beyond 64 fields too', () => {
    const members = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`f${i}`, 'int' as const]));
    const value = Value.from(structType('', members), { f0: 1, f40: 1, f99: 1 });
    const set = BitSet.from([2]);
    addMarks(set, value);
    expect([...set]).toEqual([1, 2, 41, 100]);
  });

  it('tell an enum by an integer index and a list of choices', () => {
    expect(isEnumDesc(structType('', { index: 'int', choices: 'string[]' }))).toBe(true);
    expect(isEnumDesc(structType('', { index: 'double', choices: 'string[]' }))).toBe(false);
    expect(isEnumDesc(structType('', { index: 'int', choices: 'int[]' }))).toBe(false);
    expect(isEnumDesc(structType('', { index: 'int' }))).toBe(false);
  });
});
