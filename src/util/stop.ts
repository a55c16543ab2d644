/** Ends what the call that returned it began: a listener, a timer, a subscription. Calling it again does nothing. */
export type Stop = () => void;

/** Makes `fn` run at its first call only. */
export function once(fn: () => void): Stop {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    fn();
  };
}

/** A `Stop` with nothing to end. */
export const noStop: Stop = () => {};

/** Listeners of one event, called in the order they were added. A throwing listener does not stop the others. */
export class Listeners<E> {
  #list: readonly ((event: E) => void)[] = [];
  readonly #onThrow: (error: unknown) => void;

  /** @param onThrow receives what a listener threw, for the owner's log. */
  constructor(onThrow: (error: unknown) => void) {
    this.#onThrow = onThrow;
  }

  get size(): number {
    return this.#list.length;
  }

  add(listener: (event: E) => void): Stop {
    // The same function may be added twice: each add has a wrapper of its own to remove.
    const entry = (event: E): void => listener(event);
    this.#list = [...this.#list, entry];
    return once(() => {
      this.#list = this.#list.filter((other) => other !== entry);
    });
  }

  emit(event: E): void {
    for (const listener of this.#list) {
      try {
        listener(event);
      } catch (error) {
        this.#onThrow(error);
      }
    }
  }

  clear(): void {
    this.#list = [];
  }
}
