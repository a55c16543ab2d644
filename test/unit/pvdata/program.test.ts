import { expect, test } from 'vitest';
import { alarmType, timeStampType } from '../../../src/nt/index.ts';
import {
  isSecondsField,
  numberArrayClass,
  Op,
  scalarType,
  structType,
  TypeCode,
} from '../../../src/pvdata/index.ts';

test('a program lists opcode, size, parent and default of every slot', () => {
  const { ops, sizes, parents, positions, defaults, structs, fields } = structType('', {
    timeStamp: timeStampType,
    list: 'double[]',
    empty: structType('', {}),
  }).program;
  expect([...ops]).toEqual([Op.Struct, Op.Struct, Op.Seconds, Op.Int, Op.Int, Op.NumberArray, Op.Struct]);
  expect([...sizes]).toEqual([7, 4, 1, 1, 1, 1, 1]);
  expect([...parents]).toEqual([-1, 0, 1, 1, 1, 0, 0]);
  expect([...positions]).toEqual([0, 0, 0, 1, 2, 1, 2]);
  expect(defaults).toEqual([undefined, undefined, 0, 0, 0, new Float64Array(0), undefined]);
  expect([...structs]).toEqual([0, 1]);
  expect(fields[1]).toBe(timeStampType);
});

test('it is made once for each type', () => {
  expect(alarmType.program).toBe(alarmType.program);
});

test('seconds are told by type and name, because time stamps may have no id (PVA-G-35)', () => {
  expect(isSecondsField(scalarType('long'), 'secondsPastEpoch')).toBe(true);
  expect(isSecondsField(scalarType('long'), 'seconds')).toBe(false);
  expect(isSecondsField(scalarType('ulong'), 'secondsPastEpoch')).toBe(false);
  expect(isSecondsField(scalarType('long[]'), 'secondsPastEpoch')).toBe(false);
});

test('only numeric arrays have a typed array class', () => {
  expect(numberArrayClass(TypeCode.ULongArray)).toBe(BigUint64Array);
  expect([TypeCode.Double, TypeCode.BooleanArray, TypeCode.StringArray].map(numberArrayClass)).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});
