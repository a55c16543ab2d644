import type { MonitorOperation } from './monitor.ts';

/** The socket that monitors wait for. */
export interface RoundLink {
  readonly isBlocked: boolean;
  readonly isEnded: boolean;
}

/** The monitors of a connection that have updates which the socket could not take. */
export class MonitorRound {
  readonly #link: RoundLink;
  readonly #waiting: Set<MonitorOperation>;

  constructor(link: RoundLink) {
    this.#link = link;
    this.#waiting = new Set();
  }

  get size(): number {
    return this.#waiting.size;
  }

  add(monitor: MonitorOperation): void {
    this.#waiting.add(monitor);
  }
  delete(monitor: MonitorOperation): void {
    this.#waiting.delete(monitor);
  }
  clear(): void {
    this.#waiting.clear();
  }

  /** Sends one update of each in turn, small ones before large ones, until the socket is full again. */
  run(): void {
    while (this.#waiting.size > 0 && this.#isFree()) {
      const bulky: MonitorOperation[] = [];
      for (const monitor of [...this.#waiting]) {
        if (!this.#isFree()) break;
        this.#waiting.delete(monitor);
        if (!monitor.canSend) continue;
        if (monitor.isBulky) bulky.push(monitor);
        else this.#sendOne(monitor);
      }
      for (const monitor of bulky) {
        if (this.#isFree()) this.#sendOne(monitor);
        else this.#waiting.add(monitor);
      }
    }
  }

  #sendOne(monitor: MonitorOperation): void {
    monitor.sendOne();
    if (monitor.canSend) this.#waiting.add(monitor);
  }

  // Asked anew after each update: sending fills the socket.
  #isFree(): boolean {
    return !this.#link.isBlocked && !this.#link.isEnded;
  }
}
