import { cutUtf8, decodeUtf8, encodeUtf8 } from '../../util/index.ts';
import { parseLiteral } from '../python-literal.ts';
import { cachedByWidth, type EnumMap, type Model, type ModelFactory, requireBits } from './model.ts';

const boolLabels: EnumMap = new Map([
  [false, 'False'],
  [true, 'True'],
]);

const boolModel: Model<boolean> = {
  name: 'Bool',
  bitSize: 1,
  pytype: 'bool',
  defaultdisp: boolLabels,
  signed: false,
  endianness: 'little',
  bitReverse: false,
  binPoint: 0,
  ndType: 'bool',
  elementType: 'bool',
  kind: { k: 'bool' },
  minValue: 0,
  maxValue: 1,
  toBytes: (value) => Uint8Array.of(value ? 1 : 0),
  fromBytes: (bytes) => ((bytes[0] ?? 0) & 1) === 1,
  fromString: (text) => {
    const { value } = parseLiteral(text);
    if (typeof value !== 'boolean' && value !== 0 && value !== 1) throw new SyntaxError('not a boolean');
    return value === true || value === 1;
  },
};

/** One bit; its values have the labels `False` and `True`. typeStr `Bool`. */
export const Bool: ModelFactory<boolean> = (bitSize) => {
  requireBits('Bool', bitSize, 1);
  return boolModel;
};

/**
 * Text of `bits / 8` bytes, typeStr `String(<bytes>)`: UTF-8, at most size - 1 bytes, padded with zeros; read to the
 * first zero. Longer text is cut at a character.
 */
export const String: ModelFactory<string> = cachedByWidth((bitSize) => {
  if (bitSize % 8 !== 0) throw new RangeError(`model String has whole bytes, not ${bitSize} bits`);
  const size = bitSize / 8;
  return {
    name: `String(${size})`,
    bitSize,
    pytype: 'str',
    defaultdisp: '{}',
    signed: false,
    endianness: 'little',
    bitReverse: false,
    binPoint: 0,
    ndType: undefined,
    elementType: undefined,
    kind: { k: 'string' },
    minValue: undefined,
    maxValue: undefined,
    toBytes: (value) => {
      const bytes = new Uint8Array(size);
      bytes.set(encodeUtf8(cutUtf8(value, size - 1)));
      return bytes;
    },
    fromBytes: (bytes) => {
      const end = bytes.indexOf(0);
      return decodeUtf8(bytes, 0, end < 0 ? bytes.length : end);
    },
    fromString: (text) => text,
  };
});
