import { type BytesReader, type BytesWriter, isHostLittleEndian, swapBytes } from '../util/index.ts';
import { type NumberArray, numberArrayClass } from './program.ts';
import { TypeCode } from './type-code.ts';

/** Below this number of elements a loop is faster than byte views. */
const FEW = 32;
/** From this many bytes on a copy is worth avoiding. */
const BIG_BYTES = 4096;

type ArrayConstructor = new (buffer: ArrayBufferLike, byteOffset: number, length: number) => NumberArray;

/**
 * Reads `count` elements, which the caller has checked to be there, into a new typed array. The array is a view of
 * the reader's bytes only when the reader owns them and alignment and byte order fit.
 *
 * @param code code of a numeric array type.
 */
export function readNumberArray(r: BytesReader, code: number, count: number): NumberArray {
  const make = numberArrayClass(code) as Float64ArrayConstructor;
  const width = make.BYTES_PER_ELEMENT;
  const at = r.take(count * width);
  const isHostOrder = width === 1 || r.littleEndian === isHostLittleEndian;
  const bytes = r.bytes;
  const start = bytes.byteOffset + at;
  if (r.isOwned && isHostOrder && start % width === 0)
    return new (make as ArrayConstructor)(bytes.buffer, start, count);
  if (r.isOwned && isHostOrder && count * width >= BIG_BYTES) r.misalignment = start % 8;
  const array = new make(count);
  if (count < FEW && (code === TypeCode.DoubleArray || code === TypeCode.IntArray)) {
    const view = r.view;
    const little = r.littleEndian;
    if (code === TypeCode.DoubleArray)
      for (let i = 0; i < count; i++) array[i] = view.getFloat64(at + i * 8, little);
    else for (let i = 0; i < count; i++) array[i] = view.getInt32(at + i * 4, little);
    return array;
  }
  const target = new Uint8Array(array.buffer);
  target.set(bytes.subarray(at, at + count * width));
  if (!isHostOrder) swapBytes(target, width);
  return array;
}

/** Writes the elements. Large arrays in the byte order of this machine are handed to the writer without a copy. */
export function writeNumberArray(w: BytesWriter, array: NumberArray): void {
  const width = array.BYTES_PER_ELEMENT;
  const isHostOrder = width === 1 || w.littleEndian === isHostLittleEndian;
  if (array.length < FEW && array instanceof Float64Array) {
    const at = w.claim(array.length * 8);
    const view = w.view;
    for (let i = 0; i < array.length; i++) view.setFloat64(at + i * 8, array[i] as number, w.littleEndian);
    return;
  }
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  if (isHostOrder) {
    w.data(bytes);
    return;
  }
  const swapped = bytes.slice();
  swapBytes(swapped, width);
  w.data(swapped);
}
