import type { Clock, WallTime } from '../util/index.ts';

/** One processing pass: from the outermost call into records to its return. Reads the clock once, when asked first. */
export class ProcessPass {
  readonly #clock: Clock;
  readonly #now: WallTime = { seconds: 0, nanoseconds: 0 };
  #depth = 0;
  #isRead = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  enter(): void {
    if (this.#depth++ === 0) this.#isRead = false;
  }

  leave(): void {
    this.#depth--;
  }

  /** Wall clock time of this pass; the object is reused. */
  get now(): Readonly<WallTime> {
    if (!this.#isRead || this.#depth === 0) {
      this.#clock.wall(this.#now);
      this.#isRead = true;
    }
    return this.#now;
  }
}
