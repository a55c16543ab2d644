import { describe, expect, test } from 'vitest';
import { alarmType, makeNdArray, ntNdArrayType, readNdArray, timeStampType } from '../../../src/nt/index.ts';
import { arrayOf, compoundType, scalarType, structType, TypeCode, Value } from '../../../src/pvdata/index.ts';

describe('makeNdArray', () => {
  test('selects the member of the data, shares it and sets the sizes (PVA-N-5)', () => {
    const data = Uint16Array.of(1, 2, 3, 4, 5, 6);
    const value = makeNdArray(data, {
      sizes: [3, 2],
      uniqueId: 9,
      timeStamp: { seconds: 5, nanoseconds: 6, userTag: 7 },
    });
    expect(value.get('value->ushortValue')).toBe(data);
    expect([value.get('compressedSize'), value.get('uncompressedSize')]).toEqual([12n, 12n]);
    const image = readNdArray(value);
    expect(image).toMatchObject({ colorMode: 'mono', width: 3, height: 2, codec: '', uniqueId: 9 });
    expect(image.data).toBe(data);
    expect(image.dimensions[0]).toEqual({ size: 3, offset: 0, fullSize: 3, binning: 1, reverse: false });
    expect(image.dataTimeStamp).toEqual({ seconds: 5, nanoseconds: 6, userTag: 7 });
    expect(value.get('timeStamp.nanoseconds')).toBe(6);
  });

  test('has one axis by default, and takes booleans', () => {
    const image = readNdArray(makeNdArray([true, false]));
    expect(image).toMatchObject({ width: 2, height: 0, data: [true, false] });
    expect(makeNdArray(BigInt64Array.of(1n)).get('value->longValue')).toEqual(BigInt64Array.of(1n));
  });
});

describe('readNdArray', () => {
  test.each([
    [0, 'mono', 3, 40],
    [2, 'rgb1', 40, 30],
    [3, 'rgb2', 3, 30],
    [4, 'rgb3', 3, 40],
    [99, 'mono', 3, 40],
  ])('colour mode %i is %s with its axes (PVA-N-5)', (ColorMode, colorMode, width, height) => {
    const image = readNdArray(
      makeNdArray(new Uint8Array(3600), { sizes: [3, 40, 30], attributes: { ColorMode, Gain: 'high' } }),
    );
    expect(image).toMatchObject({ colorMode, width, height });
    expect(image.attributes.get('Gain')).toBe('high');
  });

  test('goes by name, whatever the order of members (PVA-N-4)', () => {
    const reversed = compoundType(
      TypeCode.Struct,
      'epics:nt/NTNDArray:1.0',
      [...ntNdArrayType().members].reverse(),
    );
    const value = new Value(reversed).assign(makeNdArray(Float32Array.of(1), { sizes: [1, 1] }));
    expect(readNdArray(value)).toMatchObject({ data: Float32Array.of(1), width: 1, height: 1 });
  });

  test('leaves nothing undefined that a reduced structure lacks', () => {
    const bare = structType('', {
      value: 'int',
      alarm: alarmType,
      timeStamp: timeStampType,
      dimension: arrayOf(alarmType),
    });
    const value = Value.from(bare, { dimension: [null, {}] });
    expect(readNdArray(value)).toEqual({
      data: undefined,
      dimensions: [{ size: 0, offset: 0, fullSize: 0, binning: 0, reverse: false }],
      colorMode: 'mono',
      width: 0,
      height: 0,
      codec: '',
      uniqueId: 0,
      dataTimeStamp: undefined,
      attributes: new Map(),
    });
    expect(readNdArray(new Value(scalarType('int'))).dimensions).toEqual([]);
    expect(readNdArray(new Value(ntNdArrayType())).data).toBeUndefined();
  });
});
