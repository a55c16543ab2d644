/** Ids given back wait so long before they are used again that no message for their former owner is under way. */
const QUARANTINE = 1024;

/** Server ids of the channels of one circuit, dense from 1. */
export class SidTable<T> {
  readonly #items: (T | undefined)[];
  #retired: number[];
  #retiredFrom: number;
  #size: number;

  constructor() {
    // 0 is legal, yet clients use it as "none".
    this.#items = [undefined];
    this.#retired = [];
    this.#retiredFrom = 0;
    this.#size = 0;
  }

  get size(): number {
    return this.#size;
  }

  /** Adds what `make` makes of the new id. */
  add(make: (sid: number) => T): T {
    let sid = this.#items.length;
    if (this.#retired.length - this.#retiredFrom > QUARANTINE) {
      sid = this.#retired[this.#retiredFrom++] as number;
      if (this.#retiredFrom > QUARANTINE) {
        this.#retired = this.#retired.slice(this.#retiredFrom);
        this.#retiredFrom = 0;
      }
    }
    const item = make(sid);
    this.#items[sid] = item;
    this.#size++;
    return item;
  }

  get(sid: number): T | undefined {
    return this.#items[sid];
  }

  remove(sid: number): T | undefined {
    const item = this.#items[sid];
    if (item === undefined) return undefined;
    this.#items[sid] = undefined;
    this.#retired.push(sid);
    this.#size--;
    return item;
  }

  /** All items; the table may change meanwhile. */
  values(): T[] {
    return this.#items.filter((item) => item !== undefined);
  }
}
