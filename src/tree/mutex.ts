import type { MaybePromise } from './types.ts';

/** Runs tasks one at a time, in the order they came. A task that comes alone starts at once. */
export class Mutex {
  #tail: Promise<unknown> | undefined;

  constructor() {
    this.#tail = undefined;
  }

  /** Runs `task` when all tasks before it have ended; its failure is the caller's only. */
  async run<R>(task: () => MaybePromise<R>): Promise<R> {
    const before = this.#tail;
    const result = before === undefined ? Promise.resolve().then(task) : before.then(task);
    const settled = result.then(
      () => undefined,
      () => undefined,
    );
    this.#tail = settled;
    try {
      return await result;
    } finally {
      if (this.#tail === settled) this.#tail = undefined;
    }
  }
}
