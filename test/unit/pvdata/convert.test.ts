import { describe, expect, test } from 'vitest';
import {
  codeOfName,
  convertArray,
  convertScalar,
  inferCode,
  isArrayLike,
  nameOfCode,
} from '../../../src/pvdata/index.ts';
import { ConversionError, TypeMismatchError } from '../../../src/util/index.ts';

const scalar = (name: string, x: unknown): unknown => convertScalar(codeOfName(name), x);
const array = (name: string, x: unknown): unknown => convertArray(codeOfName(name), x);

describe('convertScalar (PVA-D-9)', () => {
  test.each([
    ['boolean', true, true],
    ['boolean', 2, true],
    ['boolean', 0n, false],
    ['boolean', 'true', true],
    ['boolean', 'false', false],
    ['int', true, 1],
    ['long', true, 1n],
    ['int', 1.9, 1],
    ['int', -1.9, -1],
    ['int', -0.5, 0],
    ['int', 7n, 7],
    ['ubyte', '255', 255],
    ['int', '-0x10', -16],
    ['int', '017', 15],
    ['int', '0', 0],
    ['int', ' +12 ', 12],
    ['long', '9223372036854775807', 2n ** 63n - 1n],
    ['long', 5, 5n],
    ['ulong', '0xFFFFFFFFFFFFFFFF', 2n ** 64n - 1n],
    ['ulong', 18446744073709549568, 18446744073709549568n],
    ['double', true, 1],
    ['double', 3n, 3],
    ['double', '1.5e3', 1500],
    ['double', '.5', 0.5],
    ['double', '5.', 5],
    ['double', '-0x1F', -31],
    ['double', 'nan', Number.NaN],
    ['double', '-INF', Number.NEGATIVE_INFINITY],
    ['double', '+Infinity', Number.POSITIVE_INFINITY],
    ['float', 0.1, Math.fround(0.1)],
    ['string', 'x', 'x'],
    ['string', true, 'true'],
    ['string', 0.1, '0.1'],
    ['string', -0, '-0'],
    ['string', 2n ** 63n, '9223372036854775808'],
    ['string', Number.NaN, 'nan'],
    ['string', Number.POSITIVE_INFINITY, 'inf'],
    ['string', Number.NEGATIVE_INFINITY, '-inf'],
  ])('%s from %s is %s', (name, x, expected) => {
    expect(scalar(name, x)).toBe(expected);
  });

  test.each([
    ['boolean', 0.5],
    ['boolean', 'yes'],
    ['boolean', 'TRUE'],
    ['byte', 128],
    ['byte', -129n],
    ['ubyte', -1],
    ['ushort', '65536'],
    ['int', 2 ** 31],
    ['uint', 2 ** 32],
    ['long', 2n ** 63n],
    ['long', 2 ** 63],
    ['ulong', -1n],
    ['int', Number.NaN],
    ['long', Number.POSITIVE_INFINITY],
    ['int', ''],
    ['int', '1.5'],
    ['int', '09'],
    ['int', '12 a'],
    ['double', ''],
    ['double', 'one'],
    ['double', '1e'],
    ['double', '1.5.2'],
  ])('%s from %s is refused', (name, x) => {
    expect(() => scalar(name, x)).toThrow(ConversionError);
  });

  test.each([null, undefined, {}, [1], Symbol('s'), () => 1])(
    'no scalar is made from another shape, case %#',
    (x) => {
      for (const name of ['boolean', 'int', 'double', 'string'])
        expect(() => scalar(name, x)).toThrow(TypeMismatchError);
    },
  );

  test('messages tell the content, the type and the range', () => {
    expect(() => scalar('byte', 300)).toThrow('number 300 is out of range of byte: -128 to 127');
    expect(() => scalar('int', 'x'.repeat(50))).toThrow(
      `cannot convert string "${'x'.repeat(40)}..." to int`,
    );
    expect(() => scalar('int', [])).toThrow('cannot assign array to int');
    expect(() => scalar('int', null)).toThrow('cannot assign null to int');
    expect(() => scalar('boolean', 'maybe')).toThrow('cannot convert string "maybe" to boolean');
    expect(() => scalar('int', undefined)).toThrow('cannot assign undefined to int');
  });
});

describe('convertArray (PVA-D-5, PVA-D-9)', () => {
  test.each([
    ['byte', Int8Array],
    ['short', Int16Array],
    ['int', Int32Array],
    ['long', BigInt64Array],
    ['ubyte', Uint8Array],
    ['ushort', Uint16Array],
    ['uint', Uint32Array],
    ['ulong', BigUint64Array],
    ['float', Float32Array],
    ['double', Float64Array],
  ] as const)('%s[] is kept when it is one already, else made element by element', (name, kind) => {
    const made = array(`${name}[]`, [1, '2', 3n, true]);
    expect(made).toBeInstanceOf(kind);
    expect(Array.from(made as ArrayLike<unknown>, Number)).toEqual([1, 2, 3, 1]);
    expect(array(`${name}[]`, made)).toBe(made);
  });

  test('strings and booleans keep their array when all elements fit', () => {
    const texts = ['a', 'b'];
    expect(array('string[]', texts)).toBe(texts);
    expect(array('string[]', Int32Array.of(1))).toEqual(['1']);
    const flags = [true];
    expect(array('boolean[]', flags)).toBe(flags);
    expect(array('boolean[]', Uint8Array.of(0, 2))).toEqual([false, true]);
  });

  test('elements that do not fit and other shapes are refused', () => {
    expect(() => array('byte[]', [1, 300])).toThrow(ConversionError);
    expect(() => array('int[]', Float64Array.of(Number.NaN))).toThrow(ConversionError);
    for (const x of [1, 'abc', null, {}, new DataView(new ArrayBuffer(1))]) {
      expect(() => array('int[]', x)).toThrow(TypeMismatchError);
    }
  });

  test('isArrayLike accepts arrays and typed arrays', () => {
    expect(
      [[], Int8Array.of(), 'abc', { length: 1 }, new DataView(new ArrayBuffer(1))].map(isArrayLike),
    ).toEqual([true, true, false, false, false]);
  });
});

describe('inferCode (PVA-D-4, PVA-D-10)', () => {
  test.each([
    [true, 'boolean'],
    [1, 'double'],
    [1n, 'long'],
    ['x', 'string'],
    [[true], 'boolean[]'],
    [[1, 2.5], 'double[]'],
    [[1n, 2n], 'long[]'],
    [[1n, 2.5], 'double[]'],
    [['x'], 'string[]'],
    [[], 'double[]'],
    [Int8Array.of(), 'byte[]'],
    [new Float32Array(1), 'float[]'],
    [new BigUint64Array(1), 'ulong[]'],
  ])('%s is a %s', (x, name) => {
    expect(nameOfCode(inferCode(x))).toBe(name);
  });

  test.each([
    [null],
    [undefined],
    [{}],
    [new Date(0)],
    [[1, 'x']],
    [[[1]]],
    [[null]],
    [new DataView(new ArrayBuffer(1))],
  ])('%s has no type of its own', (x) => {
    expect(inferCode(x)).toBe(-1);
  });
});
