// 20 bits of index: a million live objects; 12 bits of generation above.
const INDEX_BITS = 20;
const INDEX_MASK = (1 << INDEX_BITS) - 1;
const GENERATIONS = 1 << (32 - INDEX_BITS);

/**
 * Ids of 32 bits for objects that a peer names. A freed index comes back last of all, with the next generation, so that
 * a late answer to something that is gone does not hit what came after it.
 */
export class HandleTable<T> {
  readonly #items: (T | undefined)[] = [];
  readonly #ids: number[] = [];
  #free: number[] = [];
  #freeAt = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds an object and returns its id. */
  add(item: T): number {
    this.#size++;
    // A few hundred indices rest before one is used again.
    if (this.#free.length - this.#freeAt > 256) {
      const index = this.#free[this.#freeAt++] as number;
      if (this.#freeAt > 1024) {
        this.#free = this.#free.slice(this.#freeAt);
        this.#freeAt = 0;
      }
      const generation = (((this.#ids[index] as number) >>> INDEX_BITS) + 1) % GENERATIONS;
      const id = ((generation << INDEX_BITS) | index) >>> 0;
      this.#items[index] = item;
      this.#ids[index] = id;
      return id;
    }
    const index = this.#items.length;
    this.#items.push(item);
    this.#ids.push(index);
    return index;
  }

  get(id: number): T | undefined {
    const index = id & INDEX_MASK;
    return this.#ids[index] === id ? this.#items[index] : undefined;
  }

  /** Frees `id` and returns what it stood for. */
  remove(id: number): T | undefined {
    const item = this.get(id);
    if (item === undefined) return undefined;
    const index = id & INDEX_MASK;
    this.#items[index] = undefined;
    this.#free.push(index);
    this.#size--;
    return item;
  }

  *values(): IterableIterator<T> {
    for (const item of this.#items) if (item !== undefined) yield item;
  }

  clear(): void {
    for (const [index, item] of this.#items.entries()) if (item !== undefined) this.#free.push(index);
    this.#items.fill(undefined);
    this.#size = 0;
  }
}
