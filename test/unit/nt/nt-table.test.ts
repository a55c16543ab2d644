import { expect, test } from 'vitest';
import {
  alarmType,
  makeTable,
  makeTableOfRows,
  ntScalarType,
  ntTableType,
  readTable,
  tableRows,
} from '../../../src/nt/index.ts';
import { scalarType, structType, Value } from '../../../src/pvdata/index.ts';
import { ConversionError, FieldError, TypeMismatchError } from '../../../src/util/index.ts';

const columns = { x: 'int', name: 'string[]', y: scalarType('double[]') } as const;

test('columns are given by scalar name, array name or type', () => {
  const desc = ntTableType(columns, {});
  expect(['x', 'name', 'y'].map((name) => desc.fieldAt(desc.offsetOf(`value.${name}`)).typeName)).toEqual([
    'int[]',
    'string[]',
    'double[]',
  ]);
  expect(desc.findOffset('descriptor')).toBe(-1);
  expect(ntTableType(columns).findOffset('descriptor')).toBeGreaterThan(0);
});

test('a table is made of columns and read as columns and rows (PVA-N-7)', () => {
  const y = Float64Array.of(1.5, 2.5);
  const table = makeTable(columns, { x: [1, 2], name: ['a', 'b'], y }, ['X', 'Name', 'Y']);
  const read = readTable(table);
  expect(read.labels).toEqual(['X', 'Name', 'Y']);
  expect(read.names).toEqual(['x', 'name', 'y']);
  expect(read.columns['y']).toBe(y);
  expect(tableRows(read)).toEqual([
    { x: 1, name: 'a', y: 1.5 },
    { x: 2, name: 'b', y: 2.5 },
  ]);
});

test('a table is made of rows', () => {
  const rows = [{ x: 1, name: 'a', y: 0 }];
  const read = readTable(makeTableOfRows(columns, rows));
  expect(tableRows(read)).toEqual(rows);
  expect(read.labels).toEqual(['x', 'name', 'y']);
  expect(() => makeTableOfRows(columns, [{ x: 1 }])).toThrow(TypeMismatchError);
  expect(() => makeTable(columns, { x: ['abc'] })).toThrow(ConversionError);
  expect(() => makeTable(columns, { z: [1] })).toThrow(FieldError);
});

test('rows end with the shortest column, missing labels are field names (PVA-N-7)', () => {
  const read = readTable(makeTable(columns, { x: [1, 2, 3], name: ['a', 'b'], y: [1, 2, 3] }, ['X']));
  expect(read.rowCount).toBe(2);
  expect(tableRows(read)).toHaveLength(2);
  expect(read.labels).toEqual(['X', 'name', 'y']);
  expect(readTable(new Value(ntTableType({}))).rowCount).toBe(0);
});

test('what has no columns of arrays is refused', () => {
  expect(() => readTable(new Value(ntScalarType('int')))).toThrow('table has no columns');
  expect(() => readTable(new Value(structType('', { value: alarmType })))).toThrow(
    'column "severity" of the table is no array',
  );
});
