import { describe, expect, it } from 'vitest';
import { encodePut, nativeScalarType, planRead } from '../../../../src/ca/client/value-request.ts';
import { toHex } from '../../../../src/testing/index.ts';

const STRING = 0;
const SHORT = 1;
const FLOAT = 2;
const ENUM = 3;
const CHAR = 4;
const LONG = 5;
const DOUBLE = 6;

function put(
  dbrType: number,
  count: number,
  value: Parameters<typeof encodePut>[1],
): [number, number, string] {
  const encoded = encodePut({ dbrType, count }, value);
  return [encoded.dbrType, encoded.count, toHex(encoded.payload)];
}

describe('encodePut', () => {
  it.each([
    [SHORT, -2, SHORT, 'fffe'],
    [LONG, 7, LONG, '00000007'],
    [CHAR, 200, CHAR, 'c8'],
    [CHAR, -1, CHAR, 'ff'],
    [ENUM, 2, ENUM, '0002'],
    [ENUM, true, ENUM, '0001'],
    [FLOAT, 1.5, FLOAT, '3fc00000'],
    [DOUBLE, 2.5, DOUBLE, '4004000000000000'],
    [DOUBLE, 12n, DOUBLE, '4028000000000000'],
    [STRING, 2.5, STRING, '322e3500'],
    [STRING, 12345678901234567890n, STRING, '313233343536373839303132333435363738393000'],
  ] as const)('CA-C6: to a channel of type %i, %s goes as type %i', (native, value, type, hex) => {
    expect(put(native, 1, value)).toEqual([type, 1, hex]);
  });

  it.each([
    [SHORT, 2.5],
    [SHORT, 40_000],
    [LONG, 3e9],
    [ENUM, -1],
    [CHAR, 256],
    [LONG, Number.NaN],
  ])(
    'CA-C6: what type %i cannot hold (%d) goes as double, for the server to convert or refuse',
    (native, value) => {
      expect(put(native, 1, value)[0]).toBe(DOUBLE);
    },
  );

  it('CA-C7: texts to numeric and enum channels go as DBR_STRING, short', () => {
    expect(put(ENUM, 1, 'On')).toEqual([STRING, 1, '4f6e00']);
    expect(put(DOUBLE, 1, '2.5')).toEqual([STRING, 1, '322e3500']);
  });

  it('CA-W37: a text to a CHAR array goes as bytes with one NUL, or is refused', () => {
    expect(put(CHAR, 10, 'abc')).toEqual([CHAR, 4, '61626300']);
    expect(put(CHAR, 5, 'äö')).toEqual([CHAR, 5, 'c3a4c3b600']);
    expect(() => put(CHAR, 4, 'äö')).toThrow('ECA_STRTOBIG');
  });

  it('CA-W28: with latin1 each character is a byte', () => {
    const encoded = encodePut({ dbrType: CHAR, count: 10 }, 'ä', 'latin1');
    expect(toHex(encoded.payload)).toBe('e400');
  });

  it('CA-C6: texts of more than 39 bytes are refused with the way out', () => {
    expect(put(STRING, 1, 'x'.repeat(39))[1]).toBe(1);
    expect(() => put(STRING, 1, 'x'.repeat(40))).toThrow('long texts go to NAME.FIELD$');
    expect(() => put(STRING, 1, 'ä'.repeat(20))).toThrow('40 bytes');
    expect(() => put(STRING, 2, ['a', 'x'.repeat(40)])).toThrow('ECA_STRTOBIG');
  });

  it('CA-C6, CA-C8: arrays, typed arrays and iterables go with their own count', () => {
    expect(put(SHORT, 5, [1, -2])).toEqual([SHORT, 2, '0001fffe']);
    expect(put(SHORT, 5, new Int16Array([1, -2]))).toEqual([SHORT, 2, '0001fffe']);
    expect(put(LONG, 5, new Float64Array([1, 2]))).toEqual([LONG, 2, '0000000100000002']);
    expect(put(LONG, 5, [1.5])).toEqual([DOUBLE, 1, '3ff8000000000000']);
    expect(put(DOUBLE, 5, new Set([1]))).toEqual([DOUBLE, 1, '3ff0000000000000']);
    expect(put(CHAR, 5, new Uint8Array([1, 255]))).toEqual([CHAR, 2, '01ff']);
    expect(put(DOUBLE, 5, [])).toEqual([DOUBLE, 0, '']);
    expect(put(ENUM, 5, [true, false])).toEqual([ENUM, 2, '00010000']);
    const texts = put(STRING, 5, ['a', 'b']);
    expect([texts[0], texts[1], texts[2].length]).toEqual([STRING, 2, 160]);
    expect(put(STRING, 5, [1.5])[2].slice(0, 8)).toBe('312e3500');
  });

  it('CA-T11: more elements than the channel has are refused', () => {
    expect(() => put(DOUBLE, 1, [1, 2])).toThrow('2 elements do not fit the 1 of the channel (ECA_BADCOUNT)');
  });

  it('CA-C6: an integer that no double holds is refused', () => {
    expect(() => put(DOUBLE, 1, 2n ** 53n + 1n)).toThrow('does not fit a double');
    expect(put(DOUBLE, 1, 2n ** 60n)[2]).toBe('43b0000000000000');
  });
});

describe('planRead', () => {
  const double = { dbrType: DOUBLE, count: 1 };

  it('CA-C3: native types become elements, more than one makes an array', () => {
    expect(nativeScalarType(double, false)).toMatchObject({ element: 'float64', isArray: false, caCount: 1 });
    expect(nativeScalarType({ dbrType: CHAR, count: 9 }, true)).toMatchObject({
      element: 'int8',
      isArray: true,
    });
    expect(nativeScalarType({ dbrType: ENUM, count: 1 }, false)).toMatchObject({ element: 'enum' });
  });

  it('CA-C4: forms choose the DBR type', () => {
    expect(planRead(double, 'native', false).dbrType).toBe(20);
    expect(planRead(double, 'string', false)).toMatchObject({ dbrType: 14, type: { element: 'string' } });
    expect(planRead({ dbrType: ENUM, count: 1 }, 'number', false)).toMatchObject({ dbrType: 20 });
    expect(planRead({ dbrType: CHAR, count: 5 }, 'text', false)).toMatchObject({
      dbrType: 18,
      type: { element: 'string', isArray: false, caText: true },
    });
    expect(planRead({ dbrType: STRING, count: 1 }, 'text', false).dbrType).toBe(14);
    expect(planRead(double, 'CTRL_LONG', false)).toMatchObject({ dbrType: 33, type: { element: 'int32' } });
    expect(planRead(double, 6, false).dbrType).toBe(6);
  });

  it.each([39, -1, 'DBR_NOTHING', 'Text'])('form %s is refused', (form) => {
    expect(() => planRead(double, form, false)).toThrow('ECA_BADTYPE');
  });
});
