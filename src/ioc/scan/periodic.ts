import type { Clock, Stop } from '../../util/index.ts';
import { noStop } from '../../util/index.ts';
import type { RecordBase } from '../record.ts';
import { ScanList } from './scan-list.ts';

const UNITS: Readonly<Record<string, (value: number) => number>> = {
  second: (value) => value,
  seconds: (value) => value,
  minute: (value) => value * 60,
  minutes: (value) => value * 60,
  hour: (value) => value * 3600,
  hours: (value) => value * 3600,
  hz: (value) => 1 / value,
  hertz: (value) => 1 / value,
};

/** Period in seconds of a menuScan choice such as `.5 second` or `2 Hz`; undefined when it is no rate. */
export function parseScanPeriod(choice: string): number | undefined {
  const match = /^\s*(\d+\.?\d*|\.\d+)\s*([a-z]+)\s*$/i.exec(choice);
  const convert = UNITS[(match?.[2] ?? '').toLowerCase()];
  const value = Number(match?.[1]);
  return convert === undefined || !(value > 0) ? undefined : convert(value);
}

/** One scan rate: a timer without drift and the records that it processes. */
export class PeriodicScan {
  readonly periodMs: number;
  readonly list: ScanList = new ScanList();
  readonly #clock: Clock;
  readonly #process: (record: RecordBase) => void;
  #stopTimer: Stop = noStop;
  #dueMs = 0;
  #overrunCount = 0;

  constructor(periodSec: number, clock: Clock, process: (record: RecordBase) => void) {
    this.periodMs = periodSec * 1000;
    this.#clock = clock;
    this.#process = process;
  }

  /** Passes that began after the next one was due. */
  get overrunCount(): number {
    return this.#overrunCount;
  }

  /** The first pass comes one period from now. */
  start(): void {
    this.stop();
    this.#dueMs = this.#clock.monotonicMs + this.periodMs;
    this.#arm();
  }

  stop(): void {
    this.#stopTimer();
    this.#stopTimer = noStop;
  }

  #arm(): void {
    this.#stopTimer = this.#clock.at(this.#dueMs, () => {
      this.list.run(this.#process);
      this.#dueMs += this.periodMs;
      const now = this.#clock.monotonicMs;
      if (this.#dueMs < now) {
        this.#overrunCount++;
        // Too slow: pause, then begin a new schedule, so that other work gets its turn.
        this.#dueMs = now + (this.periodMs >= 2000 ? 1000 : this.periodMs / 2);
      }
      this.#arm();
    });
  }
}
