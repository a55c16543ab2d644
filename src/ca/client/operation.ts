import { type CallOptions, ecaToError } from '../../pv/index.ts';
import {
  type BytesReader,
  ClosedError,
  DisconnectedError,
  InternalError,
  isEpicsError,
  noStop,
  ProtocolError,
  type Stop,
  TimeoutError,
  toError,
} from '../../util/index.ts';
import { ECA_NORMAL, ecaMessage, ecaName, isEcaSuccess } from '../core/index.ts';
import type { ClientCircuit } from './circuit.ts';
import type { CircuitOperation } from './circuit-parts.ts';
import type { ClientContext } from './context.ts';

/** A call as its channel sees it. */
export interface PendingCall {
  /** Waits for the channel to connect; else the request was sent. */
  readonly isWaiting: boolean;
  /** The channel is connected: sends the request. */
  issue(circuit: ClientCircuit): void;
  /** The connection was lost after the request was sent. */
  onLost(reason: Error): void;
  /** The application closed the channel. */
  cancel(): void;
}

/** What an operation needs of its channel. */
export interface OperationChannel {
  readonly name: string;
  readonly context: ClientContext;
  /** The circuit while requests may be sent, else undefined. */
  readonly readyCircuit: ClientCircuit | undefined;
  /** Operations that have begun and not ended, oldest first. */
  readonly active: Set<PendingCall>;
  /** For time-out messages: `searching, 4 searches sent to 2 addresses`. */
  describeState(): string;
}

const NO_ID = -1;

/** Makes the error of a failed request: `get "X" failed: Channel read request failed (ECA_GETFAIL)`. */
export function makeStatusError(verb: string, pvName: string, eca: number, text: string): Error {
  const detail = text === '' ? ecaMessage(eca) : `${ecaMessage(eca)}: ${text}`;
  return ecaToError(eca, `${verb} "${pvName}" failed: ${detail} (${ecaName(eca)})`, pvName);
}

/**
 * One call of the application, from the call to its end: waits for the connection, sends, waits for the answer.
 *
 * Settles exactly once: answered, refused, timed out, aborted, disconnected after it was sent, or closed.
 */
export abstract class Operation<T> implements CircuitOperation, PendingCall {
  readonly promise: Promise<T>;
  protected readonly channel: OperationChannel;
  protected readonly verb: string;
  readonly #startedMs: number;
  #resolve: (value: T) => void = noStop;
  #reject: (error: Error) => void = noStop;
  #isDone = false;
  #isWaiting = false;
  #circuit: ClientCircuit | undefined;
  #id = NO_ID;
  #stopDeadline: Stop = noStop;
  #stopSignal: Stop = noStop;

  constructor(channel: OperationChannel, verb: string) {
    this.channel = channel;
    this.verb = verb;
    this.#startedMs = channel.context.clock.monotonicMs;
    this.promise = new Promise<T>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  get isDone(): boolean {
    return this.#isDone;
  }
  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  /** Begins; sends at once when the channel is connected. */
  begin(options: CallOptions): this {
    const { signal } = options;
    if (signal?.aborted === true) {
      this.#isDone = true;
      this.#reject(signal.reason as Error);
      return this;
    }
    const { context, readyCircuit } = this.channel;
    this.channel.active.add(this);
    context.keeper.retain();
    if (readyCircuit === undefined && options.ifConnected === true) {
      const state = this.channel.describeState();
      this.fail(
        new DisconnectedError(
          `${this.verb} "${this.channel.name}" failed: not connected (${state})`,
          this.#about,
        ),
      );
      return this;
    }
    const timeoutMs = options.timeoutMs ?? context.config.timeoutMs;
    if (timeoutMs < Number.POSITIVE_INFINITY) {
      this.#stopDeadline = context.deadlines.after(timeoutMs, () => this.#onTimeout(timeoutMs));
    }
    if (signal !== undefined) {
      const onAbort = (): void => this.fail(signal.reason as Error);
      signal.addEventListener('abort', onAbort, { once: true });
      this.#stopSignal = () => signal.removeEventListener('abort', onAbort);
    }
    if (readyCircuit === undefined) this.#isWaiting = true;
    else this.issue(readyCircuit);
    return this;
  }

  /** The channel is connected: sends the request. */
  issue(circuit: ClientCircuit): void {
    this.#isWaiting = false;
    if (this.#isDone) return;
    this.#circuit = circuit;
    try {
      this.send(circuit);
    } catch (error) {
      this.fail(toError(error));
    }
  }

  /** Ends with an error. */
  fail(error: Error): void {
    if (this.#finish()) this.#reject(error);
  }

  /** The application closed the channel. */
  cancel(): void {
    this.fail(
      new ClosedError(`${this.verb} "${this.channel.name}" failed: the channel was closed`, this.#about),
    );
  }

  onReadReply(_dbrType: number, _count: number, _status: number, _payload: BytesReader): void {
    this.fail(new ProtocolError(`${this.verb} "${this.channel.name}" failed: answered as a read`));
  }

  onUpdate(_dbrType: number, _count: number, _status: number, _payload: BytesReader): void {
    this.fail(new ProtocolError(`${this.verb} "${this.channel.name}" failed: answered as a subscription`));
  }

  onWriteReply(_status: number): void {
    this.fail(new ProtocolError(`${this.verb} "${this.channel.name}" failed: answered as a write`));
  }

  onOperationError(eca: number, text: string): void {
    this.failWith(eca, text);
  }

  onLost(reason: Error): void {
    this.fail(
      new DisconnectedError(`${this.verb} "${this.channel.name}" failed: ${reason.message}`, {
        ...this.#about,
        cause: reason,
      }),
    );
  }

  /** Writes the request. What it throws rejects the call. */
  protected abstract send(circuit: ClientCircuit): void;

  /** Gives the operation an id on the circuit, freed when the operation ends. */
  protected register(circuit: ClientCircuit): number {
    this.#id = circuit.operations.add(this);
    return this.#id;
  }

  protected finish(value: T): void {
    if (this.#finish()) this.#resolve(value);
  }

  /** Ends with what `make` returns, or throws. */
  protected finishWith(make: () => T): void {
    try {
      this.finish(make());
    } catch (error) {
      if (isEpicsError(error)) this.fail(error);
      else {
        const why = `${this.verb} "${this.channel.name}" failed inside`;
        this.fail(new InternalError(why, { ...this.#about, cause: error }));
      }
    }
  }

  protected failWith(eca: number, text = ''): void {
    this.fail(makeStatusError(this.verb, this.channel.name, eca, text));
  }

  /** Tells whether a status in a reply is a success, else ends with its error. */
  protected isSuccess(status: number): boolean {
    if (status === ECA_NORMAL || isEcaSuccess(status)) return true;
    this.failWith(status);
    return false;
  }

  get #about(): { readonly pvName: string } {
    return { pvName: this.channel.name };
  }

  #finish(): boolean {
    if (this.#isDone) return false;
    this.#isDone = true;
    this.#stopDeadline();
    this.#stopSignal();
    this.#isWaiting = false;
    this.channel.active.delete(this);
    if (this.#id !== NO_ID) this.#circuit?.operations.remove(this.#id);
    this.#circuit = undefined;
    this.channel.context.keeper.release();
    return true;
  }

  #onTimeout(timeoutMs: number): void {
    const isSent = this.#circuit !== undefined;
    const state = `channel ${this.channel.describeState()}${isSent ? ', no reply' : ''}`;
    const waited = Math.round(this.channel.context.clock.monotonicMs - this.#startedMs);
    this.fail(
      new TimeoutError(
        `${this.verb} "${this.channel.name}" timed out after ${Math.min(waited, timeoutMs)} ms (${state})`,
        this.#about,
      ),
    );
  }
}
