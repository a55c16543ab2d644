/** Bytes of one output block. */
export const BLOCK_BYTES: number = 64 * 1024;

const MAX_FREE = 64;

/** Free list of output blocks, shared by the connections of one server or client. */
export class BlockPool {
  readonly #free: Uint8Array[] = [];

  acquire(): Uint8Array {
    return this.#free.pop() ?? new Uint8Array(BLOCK_BYTES);
  }

  /** Takes a block back. Blocks that grew beyond the common size are left to the garbage collector. */
  release(block: Uint8Array): void {
    if (block.length === BLOCK_BYTES && this.#free.length < MAX_FREE) this.#free.push(block);
  }
}
