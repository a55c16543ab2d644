import { noStop, type Stop } from './stop.ts';

/** A point in time as two numbers: POSIX seconds and nanoseconds within the second. */
export interface WallTime {
  seconds: number;
  nanoseconds: number;
}

/** The only source of time, timers and turns of the event loop. */
export interface Clock {
  /** Milliseconds since an arbitrary start; never goes back. */
  readonly monotonicMs: number;
  /** Writes the wall clock time into `out`. */
  wall(out: WallTime): void;
  /** Calls `fn` once `monotonicMs` has reached the given time. Such timers never keep the process alive. */
  at(monotonicMs: number, fn: () => void): Stop;
  /** Calls `fn` after the I/O callbacks of this turn of the event loop. */
  defer(fn: () => void): void;
}

// setTimeout fires at once when its delay does not fit an int32.
const MAX_DELAY_MS = 0x7fffffff;
// Beyond this the wall clock was set, and the sub-millisecond estimate starts anew.
const RESYNC_MS = 2;

class SystemClock implements Clock {
  #wallOffset = Number.NaN;

  get monotonicMs(): number {
    return performance.now();
  }

  wall(out: WallTime): void {
    // Date.now() follows clock adjustments but has whole milliseconds; performance.now() has the digits below.
    const fine = performance.now();
    const coarse = Date.now();
    let now = this.#wallOffset + fine;
    if (!(Math.abs(now - coarse) < RESYNC_MS)) {
      this.#wallOffset = coarse - fine;
      now = coarse;
    }
    const seconds = Math.floor(now / 1000);
    out.seconds = seconds;
    out.nanoseconds = Math.min(999_999_999, Math.floor((now - seconds * 1000) * 1e6));
  }

  at(monotonicMs: number, fn: () => void): Stop {
    if (monotonicMs === Number.POSITIVE_INFINITY) return noStop;
    let timer: ReturnType<typeof setTimeout>;
    const arm = (): void => {
      const delay = monotonicMs - performance.now();
      if (delay > MAX_DELAY_MS) {
        timer = setTimeout(arm, MAX_DELAY_MS);
      } else {
        timer = setTimeout(fn, Math.max(0, Math.ceil(delay)));
      }
      // Browsers return a number here.
      if (typeof timer === 'object') timer.unref();
    };
    arm();
    return () => clearTimeout(timer);
  }

  defer(fn: () => void): void {
    if (typeof setImmediate === 'function') setImmediate(fn);
    else setTimeout(fn, 0);
  }
}

/** The clock of this machine. */
export const systemClock: Clock = new SystemClock();
