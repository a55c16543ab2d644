import type { Clock, WallTime } from '../util/index.ts';
import type { SystemLogEntry, SystemLogSink } from './logging.ts';

/** What the log of a tree needs. */
export interface SystemLogOptions {
  readonly clock: Clock;
  /** Entries kept. */
  readonly maxLength: number;
  /** Shows the whole log, a JSON list. */
  readonly setList: (text: string) => Promise<void>;
  /** Shows the last entry, JSON. */
  readonly setLast: (text: string) => Promise<void>;
}

/** The log of a tree: its newest entries, shown by two variables. */
export class SystemLog implements SystemLogSink {
  readonly #options: SystemLogOptions;
  #entries: string[];
  #isDirty: boolean;
  #isRecording: boolean;
  #lostCount: number;

  constructor(options: SystemLogOptions) {
    this.#options = options;
    this.#entries = [];
    this.#isDirty = false;
    this.#isRecording = false;
    this.#lostCount = 0;
  }

  /** Entries that could not be shown. */
  get lostCount(): number {
    return this.#lostCount;
  }

  wall(): WallTime {
    const time: WallTime = { seconds: 0, nanoseconds: 0 };
    this.#options.clock.wall(time);
    return time;
  }

  record(entry: SystemLogEntry): void {
    // A record about the log itself would make another one.
    if (this.#isRecording || entry.name.includes('SystemLog')) return;
    const text = JSON.stringify(entry);
    this.#entries.push(text);
    const surplus = this.#entries.length - this.#options.maxLength;
    if (surplus > 0) this.#entries.splice(0, surplus);
    this.#isRecording = true;
    this.#show(this.#options.setLast(text));
    this.#isRecording = false;
    // The whole list is long: records of one moment change it once.
    if (this.#isDirty) return;
    this.#isDirty = true;
    this.#show(this.#showList());
  }

  async #showList(): Promise<void> {
    await Promise.resolve();
    this.#isDirty = false;
    await this.#options.setList(`[${this.#entries.join(',\n')}]`);
  }

  async clear(): Promise<void> {
    this.#entries = [];
    await this.#options.setList('[]');
    await this.#options.setLast('');
  }

  #show(step: Promise<void>): void {
    // Where the log itself fails there is no place to tell it but a count.
    step.catch(() => {
      this.#lostCount++;
    });
  }
}
