import { describe, expect, test } from 'vitest';
import {
  DBR_CHAR,
  DBR_DOUBLE,
  DBR_ENUM,
  DBR_FLOAT,
  DBR_LONG,
  DBR_SHORT,
  DBR_STRING,
  dbrBytes,
  dbrElement,
  dbrElementBytes,
  dbrFamily,
  dbrName,
  dbrPayloadBytes,
  dbrPlain,
  dbrValueOffset,
  isDbrType,
  nativeDbr,
  parseDbrName,
} from '../../../../src/ca/core/index.ts';
import type { ElementType } from '../../../../src/pv/index.ts';

// Code, bytes for one value, bytes of a value, offset of the first: CA section 4.1.
const table: readonly (readonly [string, number, number, number, number])[] = [
  ['STRING', 0, 40, 40, 0],
  ['SHORT', 1, 2, 2, 0],
  ['FLOAT', 2, 4, 4, 0],
  ['ENUM', 3, 2, 2, 0],
  ['CHAR', 4, 1, 1, 0],
  ['LONG', 5, 4, 4, 0],
  ['DOUBLE', 6, 8, 8, 0],
  ['STS_STRING', 7, 44, 40, 4],
  ['STS_SHORT', 8, 6, 2, 4],
  ['STS_FLOAT', 9, 8, 4, 4],
  ['STS_ENUM', 10, 6, 2, 4],
  ['STS_CHAR', 11, 6, 1, 5],
  ['STS_LONG', 12, 8, 4, 4],
  ['STS_DOUBLE', 13, 16, 8, 8],
  ['TIME_STRING', 14, 52, 40, 12],
  ['TIME_SHORT', 15, 16, 2, 14],
  ['TIME_FLOAT', 16, 16, 4, 12],
  ['TIME_ENUM', 17, 16, 2, 14],
  ['TIME_CHAR', 18, 16, 1, 15],
  ['TIME_LONG', 19, 16, 4, 12],
  ['TIME_DOUBLE', 20, 24, 8, 16],
  ['GR_STRING', 21, 44, 40, 4],
  ['GR_SHORT', 22, 26, 2, 24],
  ['GR_FLOAT', 23, 44, 4, 40],
  ['GR_ENUM', 24, 424, 2, 422],
  ['GR_CHAR', 25, 20, 1, 19],
  ['GR_LONG', 26, 40, 4, 36],
  ['GR_DOUBLE', 27, 72, 8, 64],
  ['CTRL_STRING', 28, 44, 40, 4],
  ['CTRL_SHORT', 29, 30, 2, 28],
  ['CTRL_FLOAT', 30, 52, 4, 48],
  ['CTRL_ENUM', 31, 424, 2, 422],
  ['CTRL_CHAR', 32, 22, 1, 21],
  ['CTRL_LONG', 33, 48, 4, 44],
  ['CTRL_DOUBLE', 34, 88, 8, 80],
  ['PUT_ACKT', 35, 2, 2, 0],
  ['PUT_ACKS', 36, 2, 2, 0],
  ['STSACK_STRING', 37, 48, 40, 8],
  ['CLASS_NAME', 38, 40, 40, 0],
];

describe('DBR types', () => {
  test.each(table)('%s has the sizes of section 4.1', (name, code, single, element, offset) => {
    expect(dbrName(code)).toBe(`DBR_${name}`);
    expect(parseDbrName(name)).toBe(code);
    expect(parseDbrName(`dbr_${name.toLowerCase()}`)).toBe(code);
    expect(dbrElementBytes(code)).toBe(element);
    expect(dbrValueOffset(code)).toBe(offset);
    // CHAR of STS and of GR/CTRL have a pad byte behind the single value in C; the wire has not.
    if (!/STS_CHAR/.test(name)) expect(dbrBytes(code, 1)).toBe(single);
    expect(dbrBytes(code, 0)).toBe(offset);
    expect(dbrPayloadBytes(code, 3)).toBe(Math.ceil((offset + 3 * element) / 8) * 8);
    expect(isDbrType(code)).toBe(true);
  });

  test('codes beyond the table are no types', () => {
    expect(isDbrType(39)).toBe(false);
    expect(isDbrType(-1)).toBe(false);
    expect(dbrName(77)).toBe('DBR 77');
    expect(parseDbrName('TIME_QUAD')).toBeUndefined();
  });

  test('INT means SHORT in names', () => {
    expect(parseDbrName('DBR_TIME_INT')).toBe(15);
    expect(parseDbrName('int')).toBe(DBR_SHORT);
  });

  test('family and plain type follow from the code', () => {
    expect([0, 7, 14, 21, 28, 35, 38].map(dbrFamily)).toEqual([0, 1, 2, 3, 4, 5, 5]);
    expect([6, 13, 20, 27, 34, 35, 37].map(dbrPlain)).toEqual([6, 6, 6, 6, 6, DBR_SHORT, DBR_STRING]);
  });

  test.each<[ElementType, number]>([
    ['boolean', DBR_ENUM],
    ['int8', DBR_CHAR],
    ['uint8', DBR_CHAR],
    ['int16', DBR_SHORT],
    ['uint16', DBR_LONG],
    ['int32', DBR_LONG],
    ['uint32', DBR_DOUBLE],
    ['int64', DBR_DOUBLE],
    ['uint64', DBR_DOUBLE],
    ['float32', DBR_FLOAT],
    ['float64', DBR_DOUBLE],
    ['string', DBR_STRING],
    ['enum', DBR_ENUM],
  ])('4.3 %s is served as type %i', (element, native) => {
    expect(nativeDbr(element)).toBe(native);
  });

  test('values on the wire have these element types, CHAR unsigned', () => {
    expect([0, 1, 2, 3, 4, 5, 6].map(dbrElement)).toEqual([
      'string',
      'int16',
      'float32',
      'enum',
      'uint8',
      'int32',
      'float64',
    ]);
  });
});
