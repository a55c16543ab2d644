import { describe, expect, it } from 'vitest';
import { coerce } from '../../../src/pv/coerce.ts';
import { emptyMetadata, makeMetadata } from '../../../src/pv/metadata.ts';
import type { ElementType, PvValue } from '../../../src/pv/model.ts';
import { makeScalarType } from '../../../src/pv/scalar-type.ts';
import { EpicsErrorCode } from '../../../src/util/index.ts';

const choices = makeMetadata({ choices: ['Off', 'On', '7'] });
const scalar = (from: ElementType, value: PvValue, to: ElementType, meta = emptyMetadata): PvValue =>
  coerce({ element: from, value }, makeScalarType(to), meta);
const array = (from: ElementType, value: PvValue, to: ElementType, meta = emptyMetadata): PvValue =>
  coerce({ element: from, value }, makeScalarType(to, { isArray: true, caCount: 4 }), meta);
const refused = (code: string): object => expect.objectContaining({ code });
const convert = refused(EpicsErrorCode.Convert);
const shape = refused(EpicsErrorCode.Type);

describe('coerce (ARC-D-8, PVA-D-9)', () => {
  it('cuts floats towards zero and refuses what an integer cannot hold', () => {
    expect(scalar('float64', 2.9, 'int32')).toBe(2);
    expect(scalar('float64', -2.9, 'int16')).toBe(-2);
    expect(() => scalar('float64', 40000, 'int16')).toThrow(convert);
    expect(() => scalar('float64', Number.NaN, 'int32')).toThrow(convert);
    expect(() => scalar('int32', -1, 'uint16')).toThrow(convert);
    expect(scalar('int32', 5, 'int64')).toBe(5n);
    expect(scalar('int64', 5n, 'float64')).toBe(5);
  });

  it('parses text as a C literal', () => {
    expect(scalar('string', '0x10', 'int32')).toBe(16);
    expect(scalar('string', '010', 'int32')).toBe(8);
    expect(scalar('string', '1.5e3', 'float64')).toBe(1500);
    expect(() => scalar('string', '12 apples', 'int32')).toThrow(convert);
    expect(() => scalar('string', '', 'float64')).toThrow(convert);
  });

  it('writes numbers as text, and enum indices as their choice', () => {
    expect(scalar('float64', 2.5, 'string')).toBe('2.5');
    expect(scalar('enum', 1, 'string', choices)).toBe('On');
    expect(scalar('enum', 5, 'string', choices)).toBe('5');
  });

  it('takes a choice text before the same text as a number', () => {
    expect(scalar('string', 'On', 'enum', choices)).toBe(1);
    expect(scalar('string', '7', 'enum', choices)).toBe(2);
    expect(scalar('string', '0', 'enum', choices)).toBe(0);
    expect(scalar('float64', 2, 'enum', choices)).toBe(2);
    expect(scalar('boolean', true, 'enum', choices)).toBe(1);
  });

  it('refuses an unknown choice and an index beyond the choices, and lists them', () => {
    expect(() => scalar('string', 'Open', 'enum', choices)).toThrow(/"Off", "On"/);
    expect(() => scalar('int32', 3, 'enum', choices)).toThrow(convert);
    expect(() => scalar('int32', -1, 'enum', choices)).toThrow(convert);
  });

  it('takes what CA clients send for a boolean', () => {
    expect(scalar('string', 'True', 'boolean')).toBe(true);
    expect(scalar('string', 'false', 'boolean')).toBe(false);
    expect(scalar('string', '1', 'boolean')).toBe(true);
    expect(scalar('enum', 0, 'boolean')).toBe(false);
    expect(() => scalar('string', 'yes', 'boolean')).toThrow(convert);
  });

  it('reads characters of the other sign by their bits, since CA has one character type', () => {
    expect(scalar('uint8', 255, 'int8')).toBe(-1);
    expect(scalar('int8', -1, 'uint8')).toBe(255);
    expect(array('uint8', Uint8Array.of(200, 1), 'int8')).toEqual(Int8Array.of(-56, 1));
    expect(array('int8', Int8Array.of(-56, 1), 'uint8')).toEqual(Uint8Array.of(200, 1));
  });

  it('hands an array of the right class on without a copy', () => {
    const value = Float64Array.of(1, 2);
    expect(array('float64', value, 'float64')).toBe(value);
  });

  it('converts arrays element by element', () => {
    expect(array('float64', Float64Array.of(1.5, 2), 'int32')).toEqual(Int32Array.of(1, 2));
    expect(array('string', ['1', '2'], 'float64')).toEqual(Float64Array.of(1, 2));
    expect(array('string', ['On', '0'], 'enum', choices)).toEqual(Uint16Array.of(1, 0));
    expect(array('enum', Uint16Array.of(1, 0), 'string', choices)).toEqual(['On', 'Off']);
    expect(array('float64', new Float64Array(0), 'enum')).toEqual(new Uint16Array(0));
    expect(array('string', ['true', '0'], 'boolean')).toEqual([true, false]);
    expect(() => array('float64', Float64Array.of(1, 1e10), 'int16')).toThrow(convert);
  });

  it('takes a scalar for an array of one, and an array of one for a scalar', () => {
    expect(array('float64', 3, 'int16')).toEqual(Int16Array.of(3));
    expect(scalar('float64', Float64Array.of(3), 'int16')).toBe(3);
    expect(() => scalar('float64', Float64Array.of(3, 4), 'int16')).toThrow(shape);
    expect(() => scalar('float64', new Float64Array(0), 'int16')).toThrow(shape);
  });

  it('takes characters up to the first NUL for a text', () => {
    const text = makeScalarType('string', { caText: true, caCount: 40 });
    const put = (value: PvValue, element: ElementType = 'uint8'): PvValue =>
      coerce({ element, value }, text, emptyMetadata);
    expect(put(Uint8Array.of(0x67, 0x72, 0xc3, 0xbc, 0, 0x78))).toBe('grü');
    expect(put(Int8Array.of(0x67))).toBe('g');
    expect(put('abc', 'string')).toBe('abc');
    expect(put(['abc'], 'string')).toBe('abc');
    expect(put(5, 'float64')).toBe('5');
    expect(() => put(['a', 'b'], 'string')).toThrow(shape);
  });

  it('refuses a put of nothing', () => {
    expect(() =>
      coerce({ element: 'float64', value: undefined }, makeScalarType('float64'), emptyMetadata),
    ).toThrow('put needs a value');
  });
});
