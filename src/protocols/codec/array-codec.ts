import {
  type ArrayValue,
  coerce,
  type ElementType,
  emptyMetadata,
  makeScalarType,
  type PvValue,
  type ScalarType,
  type ScalarWrite,
} from '../../pv/index.ts';
import { asNdArray, type DType, isNumericArray, ndarray } from '../../tree/index.ts';
import { ConversionError, TypeMismatchError } from '../../util/index.ts';
import { type Encoded, encoded, type TreeWrite, type ValueCodec } from './codec.ts';

const elementOf: Readonly<Record<DType, ElementType>> = {
  bool: 'uint8',
  int8: 'int8',
  uint8: 'uint8',
  int16: 'int16',
  uint16: 'uint16',
  int32: 'int32',
  uint32: 'uint32',
  int64: 'int64',
  uint64: 'uint64',
  float32: 'float32',
  float64: 'float64',
};

/** The element type that an array of a numpy type is served as; `bool` as 0 and 1. */
export function elementOfDType(dtype: DType): ElementType {
  return elementOf[dtype];
}

/** A numeric array of any rank, served flat, row-major. */
export class ArrayCodec implements ValueCodec {
  readonly type: ScalarType;
  readonly choices: readonly string[] = [];
  readonly #dtype: DType;
  readonly #shape: readonly number[];

  /**
   * @param shape of the variable; with more than one dimension a put must bring exactly so many elements.
   * @param caCount elements that Channel Access announces.
   */
  constructor(dtype: DType, shape: readonly number[], caCount: number) {
    this.type = makeScalarType(elementOf[dtype], { isArray: true, caCount });
    this.#dtype = dtype;
    this.#shape = shape;
  }

  encode(value: unknown, _text: () => string): Encoded {
    const array = asNdArray(value);
    if (array === undefined) {
      const numbers = value === null || value === undefined ? [] : (value as readonly number[]);
      return encoded(
        coerce({ element: 'float64', value: Float64Array.from(numbers) }, this.type, emptyMetadata),
      );
    }
    // The tree may write to its array again; what is published stays as it is.
    return encoded(array.data.slice());
  }

  decode(write: ScalarWrite): TreeWrite {
    checkLossless(write.value, this.type.element);
    const data = coerce(write, this.type, emptyMetadata) as ArrayValue;
    if (!isNumericArray(data)) throw new TypeMismatchError('a numeric array cannot take texts');
    if (this.#shape.length <= 1) {
      // One dimension is a bare typed array in the tree too; only booleans need to say what they are.
      const value = this.#dtype === 'bool' ? ndarray(data.slice(), undefined, 'bool') : data.slice();
      return { value, isText: false };
    }
    const count = this.#shape.reduce((product, n) => product * n, 1);
    if (data.length !== count) {
      throw new TypeMismatchError(
        `an array of shape (${this.#shape.join(', ')}) takes ${count} elements, not ${data.length}`,
      );
    }
    return { value: ndarray(data.slice(), this.#shape, this.#dtype), isText: false };
  }
}

/** Integers take floating point numbers only when nothing is lost. */
function checkLossless(value: PvValue | undefined, element: ElementType): void {
  if (element === 'float32' || element === 'float64') return;
  if (!(value instanceof Float64Array || value instanceof Float32Array)) return;
  const index = value.findIndex((item) => !Number.isInteger(item));
  if (index >= 0) throw new ConversionError(`element ${index}, ${value[index]}, is not an integer`);
}
