import type { Deadlines, Stop } from '../../util/index.ts';

const MAX_NAMES = 100_000;
const MAX_WAITERS = 16;
const WAIT_MS = 30_000;

interface Waiters {
  readonly found: (() => void)[];
  readonly stop: Stop;
}

/** Searches whose answer a source has yet to find out: up to 16 for each of 100 000 names, for 30 s. */
export class NameWaiters {
  readonly #deadlines: Deadlines;
  readonly #names: Map<string, Waiters>;

  constructor(deadlines: Deadlines) {
    this.#deadlines = deadlines;
    this.#names = new Map();
  }

  /** Names that are waited for. */
  get size(): number {
    return this.#names.size;
  }

  add(name: string, found: () => void): void {
    let waiters = this.#names.get(name);
    if (waiters === undefined) {
      if (this.#names.size >= MAX_NAMES) return;
      waiters = { found: [], stop: this.#deadlines.after(WAIT_MS, () => this.#names.delete(name)) };
      this.#names.set(name, waiters);
    }
    if (waiters.found.length < MAX_WAITERS) waiters.found.push(found);
  }

  /** The name was found: answers all that wait for it. */
  resolve(name: string): void {
    const waiters = this.#names.get(name);
    if (waiters === undefined) return;
    this.#names.delete(name);
    waiters.stop();
    for (const found of waiters.found) found();
  }

  clear(): void {
    for (const waiters of this.#names.values()) waiters.stop();
    this.#names.clear();
  }
}
