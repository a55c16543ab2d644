import type { Clock, Stop } from '../../util/index.ts';
import { once } from '../../util/index.ts';

/** What can keep the process running. */
export interface ProcessHolder {
  setKeepsProcess(on: boolean): void;
}

/**
 * Lets the sockets of a client keep the process running while something is pending, and only then. Changes take effect
 * at the end of the turn, so that a call after a call does not switch all sockets off and on.
 */
export class ProcessKeeper {
  readonly #clock: Clock;
  readonly #sockets = new Set<ProcessHolder>();
  readonly #isForced: boolean;
  #count = 0;
  #isOn: boolean;
  #isScheduled = false;

  /** @param isForced keeps the process running as long as a socket is open. */
  constructor(clock: Clock, isForced: boolean) {
    this.#clock = clock;
    this.#isForced = isForced;
    this.#isOn = isForced;
  }

  /** Something is pending. @returns ends it; calling it again does nothing. */
  hold(): Stop {
    this.retain();
    return once(() => this.release());
  }

  retain(): void {
    // The first one counts at once: the process could end before the end of the turn.
    if (++this.#count === 1 && !this.#isOn) this.#apply();
  }

  release(): void {
    this.#count--;
    if (this.#count > 0 || this.#isScheduled || !this.#isOn) return;
    this.#isScheduled = true;
    this.#clock.defer(() => {
      this.#isScheduled = false;
      this.#apply();
    });
  }

  add(socket: ProcessHolder): void {
    this.#sockets.add(socket);
    socket.setKeepsProcess(this.#isOn);
  }

  remove(socket: ProcessHolder): void {
    this.#sockets.delete(socket);
  }

  #apply(): void {
    const isOn = this.#isForced || this.#count > 0;
    if (isOn === this.#isOn) return;
    this.#isOn = isOn;
    for (const socket of this.#sockets) socket.setKeepsProcess(isOn);
  }
}
