/** Time-outs of the idle watch, in ms. */
export interface WatchOptions {
  /** Silence before the probe: EPICS_CA_CONN_TMO. */
  readonly idleMs: number;
  /** Time that the peer has to answer the probe. */
  readonly probeMs: number;
}

/** What the owner of a `CircuitWatch` has to do. */
export interface WatchActions {
  probe(): void;
  onUnresponsive(): void;
  onResponsive(): void;
}

/**
 * Watches whether the peer of a circuit is alive: a probe after a silence, unresponsive when nothing answers it. An
 * unresponsive peer that speaks is probed again and counts as responsive once it answers in time.
 *
 * @see epics-base modules/ca/src/client/tcpRecvWatchdog.cpp
 */
export class CircuitWatch {
  readonly #actions: WatchActions;
  readonly #idleMs: number;
  readonly #probeMs: number;
  #state: 'idle' | 'probing' | 'unresponsive' | 'recovering';
  #deadline: number;

  constructor(actions: WatchActions, options: WatchOptions) {
    this.#actions = actions;
    this.#idleMs = options.idleMs;
    this.#probeMs = options.probeMs;
    this.#state = 'idle';
    this.#deadline = Number.POSITIVE_INFINITY;
  }

  /** ms on the owner's clock when `tick` has something to do. */
  get deadline(): number {
    return this.#deadline;
  }

  get isUnresponsive(): boolean {
    return this.#state === 'unresponsive' || this.#state === 'recovering';
  }

  /** Begins to watch. */
  start(nowMs: number): void {
    this.#state = 'idle';
    this.#deadline = nowMs + this.#idleMs;
  }

  /** Bytes arrived from the peer. */
  heard(nowMs: number): void {
    switch (this.#state) {
      case 'idle':
      case 'probing':
        this.start(nowMs);
        return;
      case 'unresponsive':
        this.#state = 'recovering';
        this.#deadline = nowMs + this.#probeMs;
        this.#actions.probe();
        return;
      case 'recovering':
        this.start(nowMs);
        this.#actions.onResponsive();
    }
  }

  /** A regular beacon of the peer's server arrived: not proof of the circuit, but no reason to probe yet. */
  beacon(nowMs: number): void {
    if (this.#state === 'idle') this.#deadline = nowMs + this.#idleMs;
  }

  /** An irregular beacon arrived: probe now. */
  probeNow(nowMs: number): void {
    if (this.#state !== 'idle') return;
    this.#state = 'probing';
    this.#deadline = nowMs + this.#probeMs;
    this.#actions.probe();
  }

  tick(nowMs: number): void {
    if (nowMs < this.#deadline) return;
    switch (this.#state) {
      case 'idle':
        this.probeNow(nowMs);
        return;
      case 'probing':
        this.#state = 'unresponsive';
        this.#deadline = Number.POSITIVE_INFINITY;
        // One more probe is left behind for the peer to answer when it wakes up.
        this.#actions.probe();
        this.#actions.onUnresponsive();
        return;
      case 'recovering':
      case 'unresponsive':
        this.#state = 'unresponsive';
        this.#deadline = Number.POSITIVE_INFINITY;
        return;
    }
  }
}
