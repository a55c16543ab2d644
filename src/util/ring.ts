/** First-in first-out queue on a circular array that doubles when full. */
export class Ring<T> {
  #items: (T | undefined)[];
  #head = 0;
  #length = 0;

  constructor(capacity = 8) {
    let size = 2;
    while (size < capacity) size *= 2;
    this.#items = new Array<T | undefined>(size).fill(undefined);
  }

  get length(): number {
    return this.#length;
  }

  push(item: T): void {
    if (this.#length === this.#items.length) this.#grow();
    this.#items[(this.#head + this.#length) & (this.#items.length - 1)] = item;
    this.#length++;
  }

  /** Removes and returns the oldest item. */
  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#items.length - 1);
    this.#length--;
    return item;
  }

  /** The oldest item. */
  first(): T | undefined {
    return this.#length === 0 ? undefined : this.#items[this.#head];
  }

  /** The newest item. */
  last(): T | undefined {
    return this.#length === 0
      ? undefined
      : this.#items[(this.#head + this.#length - 1) & (this.#items.length - 1)];
  }

  replaceLast(item: T): void {
    if (this.#length > 0) this.#items[(this.#head + this.#length - 1) & (this.#items.length - 1)] = item;
  }

  clear(): void {
    this.#items.fill(undefined);
    this.#head = 0;
    this.#length = 0;
  }

  #grow(): void {
    const items = this.#items;
    const next = new Array<T | undefined>(items.length * 2).fill(undefined);
    for (let i = 0; i < this.#length; i++) next[i] = items[(this.#head + i) & (items.length - 1)];
    this.#items = next;
    this.#head = 0;
  }
}
