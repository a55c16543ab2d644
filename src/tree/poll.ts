import { type Clock, errorText, type Logger, type Stop } from '../util/index.ts';
import type { Block } from './block.ts';
import type { MaybePromise } from './types.ts';
import type { UpdateGroup } from './update-engine.ts';

interface Entry {
  intervalMs: number;
  dueMs: number;
  /** Failures since the last success. */
  failureCount: number;
  lastLogMs: number;
}

/** What the poll queue needs of its tree. */
export interface PollHost {
  readonly clock: Clock;
  readonly log: Logger;
  runGroup(fn: (group: UpdateGroup) => Promise<void>): Promise<void>;
}

// A register that stays unreachable is logged again after this time only.
const LOG_INTERVAL_MS = 60_000;

/** Reads the blocks of variables with a poll interval, each block as often as its most eager variable wants. */
export class PollQueue {
  readonly #host: PollHost;
  readonly #entries = new Map<Block, Entry>();
  #isRunning = false;
  #isPaused = true;
  #blockCount = 0;
  #isServing = false;
  #timer: Stop | undefined;
  #idle: (() => void)[] = [];

  constructor(host: PollHost) {
    this.#host = host;
  }

  /** Blocks that are polled. */
  get size(): number {
    return this.#entries.size;
  }

  /** Seconds between reads of a block; undefined when it is not polled. */
  intervalOf(block: Block): number | undefined {
    const entry = this.#entries.get(block);
    return entry === undefined ? undefined : entry.intervalMs / 1000;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Forgets all blocks. */
  clear(): void {
    this.#entries.clear();
  }

  start(): void {
    this.#isRunning = true;
    this.#schedule();
  }

  /** Ends polling and waits for the reads under way. */
  async stop(): Promise<void> {
    this.#isRunning = false;
    this.#timer?.();
    this.#timer = undefined;
    await this.#untilIdle();
  }

  setPaused(isPaused: boolean): void {
    this.#isPaused = isPaused;
    this.#schedule();
  }

  /** Holds polling off while `fn` runs. Calls nest. */
  async runBlocked<R>(fn: () => MaybePromise<R>): Promise<R> {
    this.#blockCount++;
    try {
      return await fn();
    } finally {
      this.#blockCount--;
      this.#schedule();
    }
  }

  /** Takes over the intervals of a block's variables: the smallest that is not 0. */
  update(block: Block): void {
    let interval = 0;
    for (const { pollInterval } of block.variables) {
      if (pollInterval > 0 && (interval === 0 || pollInterval < interval)) interval = pollInterval;
    }
    const present = this.#entries.get(block);
    if (interval === 0) this.#entries.delete(block);
    else if (present?.intervalMs !== interval * 1000) {
      this.#entries.set(block, {
        intervalMs: interval * 1000,
        dueMs: this.#host.clock.monotonicMs,
        failureCount: 0,
        lastLogMs: Number.NEGATIVE_INFINITY,
      });
    }
    this.#schedule();
  }

  #schedule(): void {
    this.#timer?.();
    this.#timer = undefined;
    if (!this.#isRunning || this.#isPaused || this.#blockCount > 0 || this.#isServing) return;
    let due = Number.POSITIVE_INFINITY;
    for (const entry of this.#entries.values()) due = Math.min(due, entry.dueMs);
    if (due === Number.POSITIVE_INFINITY) return;
    this.#timer = this.#host.clock.at(due, () => {
      this.#timer = undefined;
      this.#serve().catch((error: unknown) => {
        this.#host.log.error({ error }, `Error while polling: ${errorText(error)}`);
      });
    });
  }

  async #serve(): Promise<void> {
    this.#isServing = true;
    try {
      await this.#host.runGroup((group) => this.#readDue(group));
    } finally {
      this.#isServing = false;
      for (const resolve of this.#idle.splice(0)) resolve();
      this.#schedule();
    }
  }

  async #readDue(group: UpdateGroup): Promise<void> {
    const now = this.#host.clock.monotonicMs;
    const due: [Block, Entry][] = [];
    for (const [block, entry] of this.#entries) {
      if (entry.dueMs > now) continue;
      // Measured from now: what was missed is not made up for.
      entry.dueMs = now + entry.intervalMs;
      due.push([block, entry]);
    }
    // All reads are issued before the first is waited for.
    const started = due.map(([block]) => block.start('read'));
    for (const [i, [block, entry]] of due.entries()) {
      try {
        await started[i];
        await block.wait(group);
        entry.failureCount = 0;
      } catch (error) {
        this.#onFailure(block, entry, error);
      }
    }
  }

  #onFailure(block: Block, entry: Entry, error: unknown): void {
    entry.failureCount++;
    const now = this.#host.clock.monotonicMs;
    if (entry.failureCount > 1 && now - entry.lastLogMs < LOG_INTERVAL_MS) return;
    entry.lastLogMs = now;
    const count = entry.failureCount > 1 ? ` (${entry.failureCount} failures in a row)` : '';
    this.#host.log.error({ error }, `Error polling ${block.path}${count}: ${errorText(error)}`);
  }

  #untilIdle(): Promise<void> {
    return this.#isServing ? new Promise((resolve) => this.#idle.push(resolve)) : Promise.resolve();
  }
}
