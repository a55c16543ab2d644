import { BlockPool } from './block-pool.ts';
import { BytesWriter } from './bytes-writer.ts';

/** Array data of this many bytes and more is sent from where it lies instead of being copied into the block. */
export const BORROW_BYTES: number = 4096;

/** A point in the content of a `SendBuffer`. */
export interface SendMark {
  readonly position: number;
  readonly chunkCount: number;
}

const NO_BLOCK = new Uint8Array(0);

/**
 * Output of a protocol core: a block of bytes, and borrowed chunks that belong between them.
 *
 * The block comes from the pool at the first write and goes back after `flush`, at once when the transport is done
 * with it, else at `drained`.
 */
export class SendBuffer extends BytesWriter {
  readonly #pool: BlockPool;
  readonly #chunks: Uint8Array[] = [];
  readonly #splits: number[] = [];
  readonly #held: Uint8Array[] = [];
  #borrowed = 0;

  constructor(pool: BlockPool = new BlockPool(), littleEndian = true) {
    super(0, littleEndian);
    this.#pool = pool;
  }

  override get byteLength(): number {
    return this.position + this.#borrowed;
  }

  protected override grow(capacity: number): void {
    if (this.bytes.length === 0) {
      this.bytes = this.#pool.acquire();
      this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
      if (capacity <= this.bytes.length) return;
    }
    const block = this.bytes;
    super.grow(capacity);
    this.#pool.release(block);
  }

  override data(bytes: Uint8Array): void {
    if (bytes.length < BORROW_BYTES) {
      this.raw(bytes);
      return;
    }
    this.#chunks.push(bytes);
    this.#splits.push(this.position);
    this.#borrowed += bytes.length;
  }

  /** Where writing stands now, for `rewind`. */
  mark(): SendMark {
    return { position: this.position, chunkCount: this.#chunks.length };
  }

  /** Drops everything written since `mark`; nothing was flushed in between. */
  rewind(mark: SendMark): void {
    while (this.#chunks.length > mark.chunkCount) {
      this.#borrowed -= (this.#chunks.pop() as Uint8Array).length;
      this.#splits.pop();
    }
    this.position = mark.position;
  }

  /** The content as chunks in order; valid until the next write. */
  chunks(): Uint8Array[] {
    const list: Uint8Array[] = [];
    let from = 0;
    for (let i = 0; i < this.#chunks.length; i++) {
      const split = this.#splits[i] as number;
      if (split > from) list.push(this.bytes.subarray(from, split));
      list.push(this.#chunks[i] as Uint8Array);
      from = split;
    }
    if (this.position > from) list.push(this.bytes.subarray(from, this.position));
    return list;
  }

  /**
   * Hands all content to `write` and starts empty.
   *
   * @param write answers true when the chunks may be reused at once, false when they stay in use until `drained`.
   */
  flush(write: (chunks: readonly Uint8Array[]) => boolean): void {
    if (this.byteLength === 0) return;
    const list = this.chunks();
    const block = this.bytes;
    this.#reset();
    if (block.length === 0) {
      write(list);
      return;
    }
    if (write(list)) this.#pool.release(block);
    else this.#held.push(block);
  }

  /** The transport has sent everything it held. */
  drained(): void {
    for (const block of this.#held) this.#pool.release(block);
    this.#held.length = 0;
  }

  override toBytes(): Uint8Array {
    const all = new Uint8Array(this.byteLength);
    let at = 0;
    for (const chunk of this.chunks()) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all;
  }

  override clear(): void {
    if (this.bytes.length > 0) this.#pool.release(this.bytes);
    this.#reset();
  }

  #reset(): void {
    this.bytes = NO_BLOCK;
    this.view = new DataView(NO_BLOCK.buffer);
    this.position = 0;
    this.#chunks.length = 0;
    this.#splits.length = 0;
    this.#borrowed = 0;
  }
}
