import { ProtocolError } from './errors.ts';
import { decodeUtf8 } from './text.ts';

/**
 * Bounds-checked cursor over bytes. Numbers are read in the order `littleEndian` says, which may change while reading.
 *
 * @throws {ProtocolError} EPICS_PROTOCOL from every read beyond the end, with the offset.
 */
export class BytesReader {
  bytes: Uint8Array;
  view: DataView;
  /** Next byte to read, as index into `bytes`. */
  position: number;
  /** First index that must not be read. */
  end: number;
  /** Index that offsets in errors count from. */
  origin: number;
  littleEndian: boolean;
  /** True when nobody else will write to `bytes`, so that decoded arrays may be views of it. */
  isOwned: boolean;
  /**
   * Bytes by which the last big array of owned bytes missed its alignment, so that it had to be copied; 0: none.
   * Set by who decodes, taken and cleared by who allocates.
   */
  misalignment: number;

  constructor(bytes: Uint8Array, littleEndian = true, isOwned = false) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.position = 0;
    this.end = bytes.length;
    this.origin = 0;
    this.littleEndian = littleEndian;
    this.isOwned = isOwned;
    this.misalignment = 0;
  }

  /** Points the cursor at `bytes[start..end)`, reusing the view while the array object stays the same. */
  reset(bytes: Uint8Array, start: number, end: number, isOwned = false): this {
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    this.position = start;
    this.origin = start;
    this.end = end;
    this.isOwned = isOwned;
    return this;
  }

  get remaining(): number {
    return this.end - this.position;
  }

  /** Offset of the cursor from the start of the message. */
  get offset(): number {
    return this.position - this.origin;
  }

  /** Claims `count` bytes and returns the index of the first. */
  take(count: number): number {
    const at = this.position;
    const next = at + count;
    if (!(next <= this.end) || count < 0) {
      throw new ProtocolError(
        `message ends early: ${count} bytes wanted at offset ${at - this.origin}, ${this.end - at} left`,
        at - this.origin,
      );
    }
    this.position = next;
    return at;
  }

  skip(count: number): void {
    this.take(count);
  }
  u8(): number {
    return this.bytes[this.take(1)] as number;
  }
  i8(): number {
    return this.view.getInt8(this.take(1));
  }
  u16(): number {
    return this.view.getUint16(this.take(2), this.littleEndian);
  }
  i16(): number {
    return this.view.getInt16(this.take(2), this.littleEndian);
  }
  u32(): number {
    return this.view.getUint32(this.take(4), this.littleEndian);
  }
  i32(): number {
    return this.view.getInt32(this.take(4), this.littleEndian);
  }
  u64(): bigint {
    return this.view.getBigUint64(this.take(8), this.littleEndian);
  }
  i64(): bigint {
    return this.view.getBigInt64(this.take(8), this.littleEndian);
  }
  f32(): number {
    return this.view.getFloat32(this.take(4), this.littleEndian);
  }
  f64(): number {
    return this.view.getFloat64(this.take(8), this.littleEndian);
  }

  /** Signed 64-bit integer as a number, exact within ±2^53. */
  i64Number(): number {
    const at = this.take(8);
    const little = this.littleEndian;
    const high = this.view.getInt32(little ? at + 4 : at, little);
    const low = this.view.getUint32(little ? at : at + 4, little);
    return high * 0x1_0000_0000 + low;
  }

  /** The next `count` bytes as UTF-8 text. */
  text(count: number): string {
    const at = this.take(count);
    return decodeUtf8(this.bytes, at, at + count);
  }

  /** A view of the next `count` bytes; valid as long as the bytes below are. */
  window(count: number): Uint8Array {
    const at = this.take(count);
    return this.bytes.subarray(at, at + count);
  }

  /** A copy of the next `count` bytes. */
  copy(count: number): Uint8Array {
    const at = this.take(count);
    return this.bytes.slice(at, at + count);
  }

  fail(reason: string): never {
    throw new ProtocolError(`${reason} at offset ${this.offset}`, this.offset);
  }
}
