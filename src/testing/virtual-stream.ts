import type { Endpoint, StreamHandler, StreamTransport } from '../net/index.ts';
import { Written } from '../net/index.ts';
import { type Clock, Ring } from '../util/index.ts';

/** What a stream needs to know of the path to its peer. */
export interface StreamPath {
  readonly clock: Clock;
  /** Delay of the next segment in ms. */
  delayMs(): number;
  /** True while nothing gets through. */
  isCut(): boolean;
  /** Bytes of the next segment, at most `available`. */
  segmentBytes(available: number): number;
  /** Bytes that may be under way and unread before a write is held. */
  readonly windowBytes: number;
}

const RETRY_MS = 200;

type Arrival = { readonly kind: 'data'; readonly bytes: Uint8Array } | { readonly kind: 'end' | 'reset' };

function systemError(code: string, call: string): Error {
  return Object.assign(new Error(`${call} ${code}`), { code, syscall: call });
}

/** One end of a virtual TCP connection. Bytes arrive in order, in segments, after a delay, or not while the path is cut. */
export class VirtualStream implements StreamTransport {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly security = undefined;
  readonly #path: StreamPath;
  readonly #outbox = new Ring<Uint8Array>();
  readonly #underway = new Ring<Arrival>();
  readonly #unread = new Ring<Uint8Array>();
  #peer: VirtualStream | undefined;
  #handler: StreamHandler | undefined;
  #outboxBytes = 0;
  #inFlight = 0;
  #lastArrivalMs = 0;
  #isHeld = false;
  #isPaused = false;
  #isOpen = false;
  #hasEnded = false;
  #sentEnd = false;
  #gotEnd = false;
  #isClosed = false;

  constructor(local: Endpoint, remote: Endpoint, path: StreamPath) {
    this.local = local;
    this.remote = remote;
    this.#path = path;
  }

  /** Joins two ends; the first is told that it is open. */
  static join(client: VirtualStream, server: VirtualStream): void {
    client.#peer = server;
    server.#peer = client;
    server.#isOpen = true;
    client.#isOpen = true;
    client.#handler?.onOpen();
    client.#pump();
  }

  get pendingBytes(): number {
    return this.#outboxBytes;
  }
  get isClosed(): boolean {
    return this.#isClosed;
  }

  start(handler: StreamHandler): void {
    this.#handler = handler;
    if (this.#isClosed) this.#path.clock.defer(() => handler.onClose());
    else if (this.#isOpen) handler.onOpen();
  }

  write(chunks: readonly Uint8Array[]): Written {
    if (this.#isClosed || this.#hasEnded) return Written.Done;
    for (const chunk of chunks) {
      if (chunk.length === 0) continue;
      this.#outbox.push(chunk);
      this.#outboxBytes += chunk.length;
    }
    this.#pump();
    if (this.#outboxBytes === 0) return Written.Done;
    this.#isHeld = true;
    return Written.Held;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#path.clock.defer(() => this.#read());
  }

  setKeepsProcess(_on: boolean): void {
    // A virtual stream never keeps the process.
  }

  end(): void {
    if (this.#hasEnded || this.#isClosed) return;
    this.#hasEnded = true;
    this.#pump();
  }

  destroy(error?: Error): void {
    if (this.#isClosed) return;
    this.#send({ kind: 'reset' });
    this.#close(error);
  }

  /** The process or host of this end is gone: no reset reaches the peer until it sends again. */
  vanish(): void {
    this.#isClosed = true;
    this.#handler = undefined;
  }

  /** Fails an attempt to connect. */
  refuse(code: string): void {
    this.#close(systemError(code, 'connect'));
  }

  #pump(): void {
    if (!this.#isOpen || this.#isClosed) return;
    const window = this.#path.windowBytes;
    for (let chunk = this.#outbox.first(); chunk !== undefined && this.#inFlight < window; ) {
      const room = Math.min(chunk.length, window - this.#inFlight);
      const count = Math.max(1, Math.min(room, this.#path.segmentBytes(room)));
      this.#inFlight += count;
      this.#outboxBytes -= count;
      this.#send({ kind: 'data', bytes: chunk.slice(0, count) });
      this.#outbox.shift();
      if (count < chunk.length) this.#unshift(chunk.subarray(count));
      chunk = this.#outbox.first();
    }
    if (this.#outboxBytes > 0) return;
    if (this.#isHeld) {
      this.#isHeld = false;
      this.#path.clock.defer(() => this.#handler?.onDrain());
    }
    if (this.#hasEnded && !this.#sentEnd) {
      this.#sentEnd = true;
      this.#send({ kind: 'end' });
      if (this.#gotEnd) this.#close(undefined);
    }
  }

  #unshift(chunk: Uint8Array): void {
    const rest: Uint8Array[] = [chunk];
    for (let next = this.#outbox.shift(); next !== undefined; next = this.#outbox.shift()) rest.push(next);
    for (const next of rest) this.#outbox.push(next);
  }

  #send(arrival: Arrival): void {
    const clock = this.#path.clock;
    this.#underway.push(arrival);
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, clock.monotonicMs + this.#path.delayMs());
    clock.at(this.#lastArrivalMs, () => this.#arrive());
  }

  #arrive(): void {
    if (this.#path.isCut()) {
      this.#path.clock.at(this.#path.clock.monotonicMs + RETRY_MS, () => this.#arrive());
      return;
    }
    const arrival = this.#underway.shift();
    const peer = this.#peer;
    if (arrival === undefined || peer === undefined) return;
    if (peer.#isClosed) {
      if (arrival.kind === 'data') this.#close(systemError('ECONNRESET', 'read'));
      return;
    }
    if (arrival.kind === 'data') {
      peer.#unread.push(arrival.bytes);
      if (!peer.#isPaused) peer.#read();
    } else if (arrival.kind === 'reset') {
      peer.#close(systemError('ECONNRESET', 'read'));
    } else {
      peer.#gotEnd = true;
      peer.#handler?.onEnd();
      if (peer.#sentEnd) peer.#close(undefined);
      else peer.end();
    }
  }

  #read(): void {
    while (!this.#isPaused && !this.#isClosed) {
      const bytes = this.#unread.shift();
      if (bytes === undefined) return;
      const peer = this.#peer;
      this.#handler?.onData(bytes);
      if (peer !== undefined) {
        peer.#inFlight -= bytes.length;
        peer.#pump();
      }
    }
  }

  #close(error: Error | undefined): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#path.clock.defer(() => {
      const handler = this.#handler;
      this.#handler = undefined;
      handler?.onClose(error);
    });
  }
}
