/** Dense table from small integer ids to objects. Freed ids are used again, oldest free one last. */
export class IdTable<T> {
  readonly #items: (T | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #first: number;
  #size = 0;

  /** @param first lowest id to give out. */
  constructor(first = 0) {
    this.#first = first;
  }

  get size(): number {
    return this.#size;
  }

  /** Adds an object and returns its id. */
  add(item: T): number {
    this.#size++;
    const freed = this.#free.pop();
    if (freed !== undefined) {
      this.#items[freed] = item;
      return freed + this.#first;
    }
    this.#items.push(item);
    return this.#items.length - 1 + this.#first;
  }

  get(id: number): T | undefined {
    return this.#items[id - this.#first];
  }

  /** Frees `id` and returns what it stood for. */
  remove(id: number): T | undefined {
    const index = id - this.#first;
    const item = this.#items[index];
    if (item === undefined) return undefined;
    this.#items[index] = undefined;
    this.#free.push(index);
    this.#size--;
    return item;
  }

  *values(): IterableIterator<T> {
    for (const item of this.#items) if (item !== undefined) yield item;
  }

  clear(): void {
    this.#items.length = 0;
    this.#free.length = 0;
    this.#size = 0;
  }
}
