import { LimitError } from './errors.ts';
import { Ring } from './ring.ts';

const INDEX_BITS = 20;
const INDEX_MASK = 0xf_ffff;
const GENERATIONS = 0x1000;
/** Places that rest before one is used again. */
const RESTING = 256;

/**
 * Objects by uint32 ids that are not given out again soon: a late message to a freed id finds nothing, instead of the
 * next user of the id. 20 bits are the place, 12 bits count how often the place was used.
 */
export class HandleTable<T> {
  readonly #items: (T | undefined)[] = [];
  readonly #ids: number[] = [];
  readonly #free = new Ring<number>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /**
   * Adds an object and returns its id.
   *
   * @throws {LimitError} EPICS_LIMIT beyond 1048576 objects.
   */
  add(item: T): number {
    const isFull = this.#items.length > INDEX_MASK;
    const freed = isFull || this.#free.length > RESTING ? this.#free.shift() : undefined;
    if (isFull && freed === undefined) throw new LimitError(`more than ${INDEX_MASK + 1} ids in use`);
    const index = freed ?? this.#items.length;
    const generation =
      freed === undefined ? 0 : (((this.#ids[index] as number) >>> INDEX_BITS) + 1) % GENERATIONS;
    const id = ((generation << INDEX_BITS) | index) >>> 0;
    this.#items[index] = item;
    this.#ids[index] = id;
    this.#size++;
    return id;
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

  /** Frees all ids and returns what they stood for, in no particular order. */
  takeAll(): T[] {
    const all: T[] = [];
    for (let index = 0; index < this.#items.length; index++) {
      const item = this.remove(this.#ids[index] as number);
      if (item !== undefined) all.push(item);
    }
    return all;
  }
}
