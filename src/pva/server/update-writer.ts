import { BORROW_BYTES, BytesWriter } from '../../util/index.ts';

/** Where updates are encoded before they are shared: large arrays are kept as they are, the rest is copied out. */
export class UpdateWriter extends BytesWriter {
  #chunks: Uint8Array[] = [];
  #splits: number[] = [];

  override get byteLength(): number {
    return this.#chunks.reduce((sum, chunk) => sum + chunk.length, this.position);
  }

  override data(bytes: Uint8Array): void {
    if (bytes.length < BORROW_BYTES) {
      this.raw(bytes);
      return;
    }
    this.#chunks.push(bytes);
    this.#splits.push(this.position);
  }

  /** The content as chunks of their own, in order; the writer is empty afterwards. */
  take(): readonly Uint8Array[] {
    if (this.#chunks.length === 0) {
      const bytes = this.bytes.slice(0, this.position);
      this.position = 0;
      return [bytes];
    }
    const list: Uint8Array[] = [];
    let from = 0;
    this.#chunks.forEach((chunk, i) => {
      const split = this.#splits[i] as number;
      if (split > from) list.push(this.bytes.slice(from, split));
      list.push(chunk);
      from = split;
    });
    if (this.position > from) list.push(this.bytes.slice(from, this.position));
    this.clear();
    return list;
  }

  override clear(): void {
    super.clear();
    if (this.#chunks.length === 0) return;
    this.#chunks = [];
    this.#splits = [];
  }
}
