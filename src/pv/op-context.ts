import type { Value } from '../pvdata/index.ts';
import type { OpContext, Peer, ReadContext, WriteContext } from './source.ts';

/** Takes the texts that a source has for a client. */
export type MessageSink = (level: 'info' | 'warning' | 'error', text: string) => void;

const noMessage: MessageSink = () => {};

/** An operation as a source sees it. The signal is made when somebody asks for it. */
export class Operation implements OpContext {
  readonly peer: Peer;
  readonly pvRequest: Value | undefined;
  readonly #message: MessageSink;
  #controller: AbortController | undefined;
  #isAborted: boolean;
  #reason: Error | undefined;

  constructor(peer: Peer, pvRequest?: Value, message: MessageSink = noMessage) {
    this.peer = peer;
    this.pvRequest = pvRequest;
    this.#message = message;
    this.#controller = undefined;
    this.#isAborted = false;
    this.#reason = undefined;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#isAborted) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Whether `abort` was called; cheaper than to ask the signal. */
  get isAborted(): boolean {
    return this.#isAborted;
  }

  /** Tells the source that nobody waits for the result any more. */
  abort(reason?: Error): void {
    if (this.#isAborted) return;
    this.#isAborted = true;
    this.#reason = reason;
    this.#controller?.abort(reason);
  }

  message(level: 'info' | 'warning' | 'error', text: string): void {
    this.#message(level, text);
  }
}

/** A read as a source sees it. */
export class ReadOperation extends Operation implements ReadContext {
  readonly reason: 'get' | 'monitor';

  constructor(reason: 'get' | 'monitor', peer: Peer, pvRequest?: Value, message?: MessageSink) {
    super(peer, pvRequest, message);
    this.reason = reason;
  }
}

/** A write as a source sees it. */
export class WriteOperation extends Operation implements WriteContext {
  readonly wait: boolean;
  readonly process: 'passive' | 'always' | 'never';

  constructor(
    peer: Peer,
    wait: boolean,
    process: 'passive' | 'always' | 'never' = 'passive',
    pvRequest?: Value,
    message?: MessageSink,
  ) {
    super(peer, pvRequest, message);
    this.wait = wait;
    this.process = process;
  }
}

/** The peer of code in this process. */
export function localPeer(user = ''): Peer {
  return {
    protocol: 'local',
    address: '',
    user,
    host: '',
    method: 'anonymous',
    authority: '',
    isEncrypted: false,
    roles: () => [],
  };
}
