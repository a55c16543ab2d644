import type { StreamHandler, StreamTransport, Written } from '../../net/index.ts';
import { BLOCK_BYTES, type Deadlines, type Logger, noStop, type Stop } from '../../util/index.ts';
import type { PvaServerConnection } from '../core/index.ts';

/** What a link needs of its server. */
export interface SessionLinkHost {
  readonly deadlines: Deadlines;
  readonly logger: Logger;
  readonly nowMs: number;
  /** How long the client may take nothing that it is sent. */
  readonly idleMs: number;
  /** Something was written: flush the link at the end of this turn. */
  onDirty(link: SessionLink): void;
}

/** Who uses a link. */
export interface SessionLinkOwner {
  onLinkOpen(): void;
  /** The socket takes bytes again. */
  onLinkFree(): void;
  /** Called once: nothing can be sent any more. */
  onLinkEnd(): void;
}

/** Above this many bytes that the client does not take, its requests are not read any more. */
const PAUSE_BYTES = 1024 * 1024;
/** How long a connection that we close may take to empty. */
const CLOSE_MS = 5000;
// Only types come from the network layer: the code behind them is chosen by who starts the server.
const WRITE_DONE: typeof Written.Done = 0;

/** The socket of a session: one write per turn, back-pressure, time-outs. */
export class SessionLink implements StreamHandler {
  /** `address:port` of the client. */
  readonly name: string;
  /** In the server's list of links to flush. */
  isDirty: boolean;
  bytesOut: number;
  readonly #host: SessionLinkHost;
  readonly #owner: SessionLinkOwner;
  readonly #connection: PvaServerConnection;
  readonly #transport: StreamTransport;
  #isBlocked: boolean;
  #isPaused: boolean;
  #isEnded: boolean;
  #isGone: boolean;
  #onGone: (() => void) | undefined;
  #stuckBytes: number;
  #stuckSinceMs: number;
  #giveUp: Stop;
  #tick: Stop;

  constructor(
    host: SessionLinkHost,
    owner: SessionLinkOwner,
    connection: PvaServerConnection,
    transport: StreamTransport,
    name: string,
  ) {
    this.name = name;
    this.isDirty = false;
    this.bytesOut = 0;
    this.#host = host;
    this.#owner = owner;
    this.#connection = connection;
    this.#transport = transport;
    this.#isBlocked = false;
    this.#isPaused = false;
    this.#isEnded = false;
    this.#isGone = false;
    this.#onGone = undefined;
    this.#stuckBytes = 0;
    this.#stuckSinceMs = Number.POSITIVE_INFINITY;
    this.#giveUp = noStop;
    this.#tick = noStop;
  }

  /** True while the socket takes no more. */
  get isBlocked(): boolean {
    return this.#isBlocked;
  }
  get isEnded(): boolean {
    return this.#isEnded;
  }
  /** Bytes that wait for the client. */
  get backlogBytes(): number {
    return this.#transport.pendingBytes + this.#connection.out.byteLength;
  }

  // ---- events of the socket

  onOpen(): void {
    this.#owner.onLinkOpen();
    this.#armTick();
  }

  onData(chunk: Uint8Array): void {
    this.#connection.receive(chunk);
    if (this.#connection.out.byteLength > 0) this.touch();
  }

  onDrain(): void {
    this.#connection.out.drained();
    this.#isBlocked = false;
    this.#stuckSinceMs = Number.POSITIVE_INFINITY;
    if (this.#isPaused) {
      this.#isPaused = false;
      this.#transport.resume();
    }
    if (!this.#isEnded) this.#owner.onLinkFree();
  }

  onEnd(): void {
    this.close();
  }

  onClose(error?: Error): void {
    if (error !== undefined) this.#host.logger.debug({ peer: this.name, error }, 'connection failed');
    this.#isGone = true;
    this.#giveUp();
    this.#end();
    this.#onGone?.();
  }

  // ---- writing

  /** Something was written: flush at the end of this turn, or now when there is much. */
  touch(): void {
    if (this.#isEnded) return;
    if (this.#connection.out.byteLength >= BLOCK_BYTES) this.flush();
    else if (!this.isDirty) {
      this.isDirty = true;
      this.#host.onDirty(this);
    }
  }

  /** Writes out what is there. */
  flush(): void {
    this.isDirty = false;
    if (this.#isEnded) return;
    const { out } = this.#connection;
    if (out.byteLength === 0) return;
    this.bytesOut += out.byteLength;
    out.flush((chunks) => {
      if (this.#transport.write(chunks) === WRITE_DONE) return true;
      this.#isBlocked = true;
      return false;
    });
    if (this.#isBlocked && !this.#isPaused && this.#transport.pendingBytes > PAUSE_BYTES) {
      this.#isPaused = true;
      this.#transport.pause();
    }
  }

  /** Sends what is there and closes; nothing more is read. */
  close(withinMs: number = CLOSE_MS): void {
    if (this.#isEnded) return;
    this.flush();
    this.#transport.end();
    // A peer that does not close its side would keep the socket for ever.
    this.#giveUp = this.#host.deadlines.after(withinMs, () => this.#transport.destroy());
    this.#end();
  }

  /** As `close`; resolves when the socket is gone. */
  shut(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#onGone = resolve;
      this.close(withinMs);
      if (this.#isGone) resolve();
    });
  }

  /** Closes at once. */
  destroy(error?: Error): void {
    this.#end();
    this.#transport.destroy(error);
  }

  #end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#connection.close();
    this.#tick();
    this.#owner.onLinkEnd();
    this.#connection.out.clear();
  }

  // ---- time

  #armTick(): void {
    if (this.#isEnded) return;
    this.#tick = this.#host.deadlines.at(this.#connection.nextDeadline, () => {
      const now = this.#host.nowMs;
      // What we do not read cannot be held against the client.
      if (this.#isPaused) this.#connection.noteActivity();
      this.#connection.tick(now);
      if (this.#isBlocked && !this.#isEnded) this.#checkProgress(now);
      this.#armTick();
    });
  }

  /** A client that takes nothing for the whole time-out is dropped. */
  #checkProgress(now: number): void {
    const pending = this.#transport.pendingBytes;
    if (this.#stuckSinceMs === Number.POSITIVE_INFINITY || pending < this.#stuckBytes)
      this.#stuckSinceMs = now;
    this.#stuckBytes = pending;
    if (now - this.#stuckSinceMs < this.#host.idleMs) return;
    this.#host.logger.warn(
      { peer: this.name, bytes: pending },
      'connection closed: the client does not take what it is sent',
    );
    this.destroy();
  }
}
