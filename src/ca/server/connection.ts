import type { StreamHandler, StreamTransport } from '../../net/index.ts';
import {
  BLOCK_BYTES,
  type BlockPool,
  type Deadlines,
  noStop,
  SendBuffer,
  type Stop,
} from '../../util/index.ts';

/** Bytes that wait for a slow peer before its requests wait too. */
const MAX_UNSENT_BYTES: number = 1024 * 1024;
/** Time that the last bytes have to leave, in ms. */
const LINGER_MS = 250;

/** What a connection needs of its server. */
export interface ConnectionHost {
  readonly pool: BlockPool;
  readonly deadlines: Deadlines;
  readonly sendTimeoutMs: number;
  /** Has `flush` called after the I/O callbacks of this turn. */
  flushLater(connection: Connection): void;
}

/** What a connection tells the session on it. */
export interface ConnectionOwner {
  onData(chunk: Uint8Array): void;
  /** The peer takes data again. */
  onUnblocked(): void;
  /** Too much waits for the peer: deliver no more requests. */
  onCongested(): void;
  onRelieved(): void;
  onClosed(error: Error | undefined): void;
}

/**
 * One stream with its output: writes once per turn of the event loop, or when a block is full, and knows whether the
 * peer keeps up.
 */
export class Connection implements StreamHandler {
  readonly stream: StreamTransport;
  readonly out: SendBuffer;
  readonly #host: ConnectionHost;
  readonly #owner: ConnectionOwner;
  #isDirty: boolean;
  #isBlocked: boolean;
  #isCongested: boolean;
  #isClosed: boolean;
  #isEnding: boolean;
  #bytesOut: number;
  #writes: number;
  #stall: Stop;
  #linger: Stop;

  constructor(stream: StreamTransport, host: ConnectionHost, owner: ConnectionOwner) {
    this.stream = stream;
    this.out = new SendBuffer(host.pool, false);
    this.#host = host;
    this.#owner = owner;
    this.#isDirty = false;
    this.#isBlocked = false;
    this.#isCongested = false;
    this.#isClosed = false;
    this.#isEnding = false;
    this.#bytesOut = 0;
    this.#writes = 0;
    this.#stall = noStop;
    this.#linger = noStop;
  }

  /** Whether the transport still holds what was written: updates wait in their queues. */
  get isBlocked(): boolean {
    return this.#isBlocked;
  }
  get isClosed(): boolean {
    return this.#isClosed;
  }
  get bytesOut(): number {
    return this.#bytesOut + this.out.byteLength;
  }
  get writes(): number {
    return this.#writes;
  }

  start(): void {
    this.stream.start(this);
  }

  /** Something was written to `out`. */
  touch(): void {
    if (this.#isClosed) return;
    if (this.out.byteLength >= BLOCK_BYTES) {
      this.flush();
      return;
    }
    if (this.#isDirty) return;
    this.#isDirty = true;
    this.#host.flushLater(this);
  }

  /** Hands all output to the transport. */
  flush(): void {
    this.#isDirty = false;
    if (this.#isClosed) {
      this.out.clear();
      return;
    }
    const bytes = this.out.byteLength;
    if (bytes === 0) return;
    this.#bytesOut += bytes;
    this.#writes++;
    let isHeld = false;
    this.out.flush((chunks) => {
      isHeld = this.stream.write(chunks) !== 0;
      return !isHeld;
    });
    if (!isHeld) return;
    if (!this.#isBlocked) {
      this.#isBlocked = true;
      this.#stall = this.#host.deadlines.after(this.#host.sendTimeoutMs, () =>
        this.destroy(new Error(`peer took no data for ${this.#host.sendTimeoutMs} ms`)),
      );
    }
    if (!this.#isCongested && this.stream.pendingBytes > MAX_UNSENT_BYTES) {
      this.#isCongested = true;
      this.#owner.onCongested();
    }
  }

  /** Sends what is written, then closes. */
  end(): void {
    if (this.#isClosed || this.#isEnding) return;
    this.flush();
    this.#isEnding = true;
    this.stream.end();
    // A peer that neither reads nor closes would keep the socket.
    this.#linger = this.#host.deadlines.after(LINGER_MS, () => this.destroy());
  }

  /** Closes at once. */
  destroy(error?: Error): void {
    if (this.#isClosed) return;
    this.stream.destroy(error);
    this.onClose(error);
  }

  // ---- the transport's calls

  onOpen(): void {}

  onData(chunk: Uint8Array): void {
    if (!this.#isClosed && !this.#isEnding) this.#owner.onData(chunk);
  }

  onDrain(): void {
    this.out.drained();
    this.#stall();
    this.#stall = noStop;
    if (this.#isClosed) return;
    this.#isBlocked = false;
    this.#owner.onUnblocked();
    // The queues may have filled the pipe again.
    if (!this.#isCongested || this.stream.pendingBytes > MAX_UNSENT_BYTES) return;
    this.#isCongested = false;
    this.#owner.onRelieved();
  }

  onEnd(): void {
    this.end();
  }

  onClose(error?: Error): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stall();
    this.#linger();
    this.out.clear();
    this.out.drained();
    this.#owner.onClosed(error);
  }
}
