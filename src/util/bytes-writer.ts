import { utf8Length, writeUtf8 } from './text.ts';

/** Growing byte buffer with a cursor at its end. Numbers are written in the order `littleEndian` says. */
export class BytesWriter {
  bytes: Uint8Array;
  view: DataView;
  /** Bytes written into `bytes` so far; also the index of the next. */
  position: number;
  littleEndian: boolean;

  constructor(capacity = 256, littleEndian = true) {
    this.bytes = new Uint8Array(capacity);
    this.view = new DataView(this.bytes.buffer);
    this.position = 0;
    this.littleEndian = littleEndian;
  }

  /** All bytes written, with those that a subclass keeps elsewhere. */
  get byteLength(): number {
    return this.position;
  }

  /** Makes room for `count` bytes, claims them and returns the index of the first. */
  claim(count: number): number {
    const at = this.position;
    const next = at + count;
    if (next > this.bytes.length) this.grow(next);
    this.position = next;
    return at;
  }

  /** Replaces `bytes` by an array of at least `capacity` bytes with the same content. */
  protected grow(capacity: number): void {
    const bytes = new Uint8Array(Math.max(capacity, this.bytes.length * 2, 64));
    bytes.set(this.bytes.subarray(0, this.position));
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
  }

  u8(value: number): void {
    // `claim` may replace `bytes`, so it comes first.
    const at = this.claim(1);
    this.bytes[at] = value;
  }
  i8(value: number): void {
    const at = this.claim(1);
    this.bytes[at] = value;
  }
  u16(value: number): void {
    const at = this.claim(2);
    this.view.setUint16(at, value, this.littleEndian);
  }
  i16(value: number): void {
    const at = this.claim(2);
    this.view.setInt16(at, value, this.littleEndian);
  }
  u32(value: number): void {
    const at = this.claim(4);
    this.view.setUint32(at, value, this.littleEndian);
  }
  i32(value: number): void {
    const at = this.claim(4);
    this.view.setInt32(at, value, this.littleEndian);
  }
  u64(value: bigint): void {
    const at = this.claim(8);
    this.view.setBigUint64(at, value, this.littleEndian);
  }
  i64(value: bigint): void {
    const at = this.claim(8);
    this.view.setBigInt64(at, value, this.littleEndian);
  }
  f32(value: number): void {
    const at = this.claim(4);
    this.view.setFloat32(at, value, this.littleEndian);
  }
  f64(value: number): void {
    const at = this.claim(8);
    this.view.setFloat64(at, value, this.littleEndian);
  }

  /** Signed 64-bit integer from an integral number within ±2^53. */
  i64Number(value: number): void {
    const at = this.claim(8);
    const high = Math.floor(value / 0x1_0000_0000);
    const low = value - high * 0x1_0000_0000;
    this.view.setInt32(this.littleEndian ? at + 4 : at, high, this.littleEndian);
    this.view.setUint32(this.littleEndian ? at : at + 4, low, this.littleEndian);
  }

  /** UTF-8 bytes of `text`, with neither length nor terminator. Returns their number. */
  text(text: string): number {
    const count = utf8Length(text);
    const at = this.claim(count);
    return writeUtf8(text, this.bytes, at);
  }

  /** Copies `bytes`. */
  raw(bytes: Uint8Array): void {
    const at = this.claim(bytes.length);
    this.bytes.set(bytes, at);
  }

  /**
   * Appends array data. Here it is copied; a `SendBuffer` keeps large data where it is until the flush,
   * so the caller must not change it afterwards.
   */
  data(bytes: Uint8Array): void {
    this.raw(bytes);
  }

  zeros(count: number): void {
    const at = this.claim(count);
    this.bytes.fill(0, at, at + count);
  }

  /** Overwrites four bytes at `at`, an index that `claim` returned before. */
  patchU32(at: number, value: number): void {
    this.view.setUint32(at, value, this.littleEndian);
  }
  patchU16(at: number, value: number): void {
    this.view.setUint16(at, value, this.littleEndian);
  }

  /** A copy of all bytes. */
  toBytes(): Uint8Array {
    return this.bytes.slice(0, this.position);
  }

  /** Forgets all content; capacity stays. */
  clear(): void {
    this.position = 0;
  }
}
