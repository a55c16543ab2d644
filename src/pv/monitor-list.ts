import { once, type Stop } from '../util/index.ts';
import type { EventMask } from './model.ts';
import type { UpdateSink } from './source.ts';

interface Entry<D> {
  readonly sink: UpdateSink<D>;
  isActive: boolean;
}

interface Post<D> {
  readonly data: D;
  readonly mask: EventMask;
}

/**
 * The sinks that monitor one PV: what a PV needs to keep the contract of `monitor`. Posts reach all sinks in post
 * order even when a sink posts again from inside its `update`; a stopped sink hears nothing any more.
 */
export class MonitorList<D> {
  #entries: readonly Entry<D>[];
  #isPosting: boolean;
  readonly #backlog: Post<D>[];

  constructor() {
    this.#entries = [];
    this.#isPosting = false;
    this.#backlog = [];
  }

  /** Number of sinks. A PV without sinks need not make update objects. */
  get size(): number {
    return this.#entries.length;
  }

  /**
   * Adds a sink. When `first` is given, the sink gets it at once, with all events.
   *
   * @param onStop called once when this sink leaves by its `Stop`.
   */
  add(sink: UpdateSink<D>, first?: D, onStop?: () => void): Stop {
    const entry: Entry<D> = { sink, isActive: true };
    this.#entries = [...this.#entries, entry];
    if (first !== undefined) sink.update(first, 15);
    return once(() => {
      if (!entry.isActive) return;
      entry.isActive = false;
      this.#entries = this.#entries.filter((other) => other !== entry);
      onStop?.();
    });
  }

  /** Gives an update to all sinks. */
  post(data: D, mask: EventMask): void {
    if (this.#isPosting) {
      this.#backlog.push({ data, mask });
      return;
    }
    this.#isPosting = true;
    try {
      this.#deliver(data, mask);
      for (let post = this.#backlog.shift(); post !== undefined; post = this.#backlog.shift()) {
        this.#deliver(post.data, post.mask);
      }
    } finally {
      this.#isPosting = false;
      this.#backlog.length = 0;
    }
  }

  /** Ends all sinks. */
  close(reason?: Error): void {
    const entries = this.#entries;
    this.#entries = [];
    for (const entry of entries) {
      if (!entry.isActive) continue;
      entry.isActive = false;
      entry.sink.close(reason);
    }
  }

  #deliver(data: D, mask: EventMask): void {
    for (const entry of this.#entries) if (entry.isActive) entry.sink.update(data, mask);
  }
}
