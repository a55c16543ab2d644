import { AsyncFeed, type AsyncFeedOptions } from '../../util/index.ts';

/** Settings of a `MonitorFeed`. */
export interface FeedOptions<T> extends AsyncFeedOptions<T> {
  /** Items kept for the consumer; beyond it the newest two become one. */
  readonly capacity: number;
  /** One item for two that follow each other; undefined when they cannot be one. */
  readonly merge: (older: T, newer: T) => T | undefined;
  /** Called once when the feed ends, whoever ends it. */
  readonly onEnd: () => void;
}

/**
 * Updates of a monitor as async iterator, for one consumer. Bounded: when the consumer lags, updates merge into the
 * newest one, so that the last state is never lost; `dropped` counts them.
 */
export class MonitorFeed<T> extends AsyncFeed<T> {
  #maxLength: number;

  constructor(options: FeedOptions<T>) {
    super(options);
    this.#maxLength = 0;
  }

  /** The most updates that ever waited. */
  get maxLength(): number {
    return this.#maxLength;
  }

  override push(item: T): void {
    super.push(item);
    if (this.length > this.#maxLength) this.#maxLength = this.length;
  }
}
