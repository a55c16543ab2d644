import { Value } from '../pvdata/index.ts';
import {
  AccessError,
  type Clock,
  ClosedError,
  Listeners,
  once,
  ProtocolMisuseError,
  type Stop,
  systemClock,
  TypeMismatchError,
} from '../util/index.ts';
import type { PvValue } from './model.ts';
import {
  type PostOptions,
  ScalarBoard,
  type ScalarPost,
  type ScalarState,
  StructBoard,
} from './shared-board.ts';
import {
  type MaybePromise,
  type OpContext,
  type Peer,
  type ReadContext,
  Rights,
  type ServedPv,
  type ServedScalarPv,
  type ServedStructPv,
  type ServedUntypedPv,
  type WriteContext,
} from './source.ts';
import type { PvHolder } from './static-source.ts';

/** What a SharedPv starts with: a structure, or a scalar or array with its type. */
export type SharedInitial = Value | ScalarState;

/** What can be posted: a structure, a bare value, or parts of the state of a scalar or of a structure. */
export type SharedPost = Value | PvValue | ScalarPost | Readonly<Record<string, unknown>>;

/** What happens to a SharedPv's clients' requests. Absent: refused, except reads. */
export interface SharedPvHandlers {
  /** Called before a client's read is answered; posts what it finds before it settles. */
  read?(pv: SharedPv, context: ReadContext): MaybePromise<void>;
  /**
   * Takes what a client wrote: of a structure a Value that marks what was sent; of a scalar the value, converted to
   * the PV's type. Nothing is posted unless the handler does. The client is answered when the result settles.
   */
  write?(pv: SharedPv, put: Value | PvValue, context: WriteContext): MaybePromise<void>;
  /** RPC. */
  call?(pv: SharedPv, args: Value | null, context: OpContext): MaybePromise<Value | null>;
  /** The first client channel came. */
  onFirstAttach?(pv: SharedPv): void;
  /** The last client channel went. */
  onLastDetach?(pv: SharedPv): void;
  /** What a client may do. Default: read, and what there are handlers for. */
  rights?(peer: Peer): Rights;
}

/** Handlers, name and clock of a `SharedPv`. */
export interface SharedPvOptions extends SharedPvHandlers {
  /** For messages; the name that clients use is the one it is served under. */
  readonly name?: string;
  readonly clock?: Clock;
}

/**
 * A PV that code posts to. What it is opened with gives its type; after `close` it may be opened with another one.
 *
 * While it is not open, clients may create channels and call it, but their other requests wait.
 *
 * @example
 * ```ts
 * const pv = new SharedPv({ write: (self, put) => self.post(put) });
 * pv.open({ element: 'float64', value: 1.5, meta: { units: 'mm' } });
 * pv.post(2.5);
 * ```
 * @see pvxs src/pvxs/sharedpv.h, SharedPV
 */
export class SharedPv implements PvHolder {
  readonly name: string;
  readonly #handlers: SharedPvHandlers;
  readonly #clock: Clock;
  readonly #refusal: string;
  #board: ScalarBoard | StructBoard | undefined;
  #served: ServedPv;
  #resolveOpened: ((pv: ServedScalarPv | ServedStructPv) => void) | undefined;
  #attached: number;

  constructor(options: SharedPvOptions = {}, refusal = 'PUT not implemented by this PV') {
    this.name = options.name ?? '';
    this.#handlers = options;
    this.#clock = options.clock ?? systemClock;
    this.#refusal = refusal;
    this.#board = undefined;
    this.#resolveOpened = undefined;
    this.#attached = 0;
    this.#served = this.#makeUntyped();
  }

  /** A PV that takes any put and posts it, with the time of the put unless the client sent a time. */
  static mailbox(initial?: SharedInitial, options: SharedPvOptions = {}): SharedPv {
    const pv = new SharedPv({ ...options, write: (self, put) => self.post(put, { stamp: true }) });
    return initial === undefined ? pv : pv.open(initial);
  }

  /** A PV that refuses puts with `Read-only PV`. */
  static readonly(initial?: SharedInitial, options: SharedPvOptions = {}): SharedPv {
    const rest: SharedPvOptions = Object.fromEntries(
      Object.entries(options).filter(([key]) => key !== 'write'),
    );
    const pv = new SharedPv(rest, 'Read-only PV');
    return initial === undefined ? pv : pv.open(initial);
  }

  /** What is served now: another object after each `open` and `close`. */
  get served(): ServedPv {
    return this.#served;
  }
  get isOpen(): boolean {
    return this.#board !== undefined;
  }
  /** Number of client channels. */
  get attachedCount(): number {
    return this.#attached;
  }

  /**
   * Gives the PV a type and its first state. Requests that wait go on.
   *
   * @throws {ProtocolMisuseError} EPICS_MISUSE when it is open.
   */
  open(initial: SharedInitial): this {
    if (this.#board !== undefined) throw new ProtocolMisuseError(`PV "${this.name}" is already open`);
    const served =
      initial instanceof Value
        ? this.#serveStruct(new StructBoard(this.name, initial, this.#clock))
        : this.#serveScalar(new ScalarBoard(this.name, initial, this.#clock));
    this.#served = served;
    this.#resolveOpened?.(served);
    this.#resolveOpened = undefined;
    return this;
  }

  /**
   * Changes the state and tells all clients. The marked fields of a Value are copied, so it stays the caller's;
   * arrays are handed over unless `copy` is set. A bare value gets the current time.
   *
   * @throws {ClosedError} EPICS_CLOSED when the PV is not open.
   * @throws {TypeMismatchError} EPICS_TYPE when a Value has not exactly the type of the PV.
   * @throws {ConversionError} EPICS_CONVERT when a value does not fit.
   */
  post(value: SharedPost, options: PostOptions = {}): void {
    const board = this.#openBoard('post to');
    if (board instanceof StructBoard) board.post(value, options);
    else if (value instanceof Value) {
      throw new TypeMismatchError(
        `post to "${this.name}" failed: it was opened as a scalar, not as a structure`,
      );
    } else board.post(value as PvValue | ScalarPost, options);
  }

  /**
   * The present state: a Value that belongs to the caller, or a Snapshot.
   *
   * @throws {ClosedError} EPICS_CLOSED when the PV is not open.
   */
  fetch(): ReturnType<StructBoard['fetch']> | ReturnType<ScalarBoard['fetch']> {
    return this.#openBoard('fetch of').fetch();
  }

  /** Disconnects all clients. Does nothing when the PV is not open. */
  close(reason?: Error): void {
    const board = this.#board;
    if (board === undefined) return;
    this.#board = undefined;
    this.#served = this.#makeUntyped();
    board.close(reason);
  }

  // ---- what is served

  #openBoard(what: string): ScalarBoard | StructBoard {
    if (this.#board === undefined) {
      throw new ClosedError(`${what} "${this.name}" failed: the PV is not open`, { pvName: this.name });
    }
    return this.#board;
  }

  #makeUntyped(): ServedUntypedPv {
    const opened = new Promise<ServedScalarPv | ServedStructPv>((resolve) => {
      this.#resolveOpened = resolve;
    });
    const closing = new Listeners<Error | undefined>(() => {});
    return { ...this.#face(), type: undefined, opened, onClose: (listener) => closing.add(listener) };
  }

  #serveScalar(board: ScalarBoard): ServedScalarPv {
    this.#board = board;
    return {
      ...this.#face(),
      type: board.type,
      className: 'pva',
      read: (context) => this.#read(context, () => board.read()),
      write: (write, context) => this.#write(() => board.toPut(write), context),
      monitor: (sink) => board.monitor(sink),
      onClose: (listener) => board.onClose(listener),
    };
  }

  #serveStruct(board: StructBoard): ServedStructPv {
    this.#board = board;
    return {
      ...this.#face(),
      type: board.type,
      read: (context) => this.#read(context, () => board.read()),
      write: (write, context) => this.#write(() => board.toPut(write), context),
      monitor: (sink) => board.monitor(sink),
      onClose: (listener) => board.onClose(listener),
    };
  }

  #face(): Pick<ServedUntypedPv, 'name' | 'rights'> & Required<Pick<ServedUntypedPv, 'attach' | 'call'>> {
    return {
      name: this.name,
      rights: (peer) => this.#rights(peer),
      attach: () => this.#attach(),
      call: (args, context) => this.#call(args, context),
    };
  }

  #rights(peer: Peer): Rights {
    const handlers = this.#handlers;
    if (handlers.rights !== undefined) return handlers.rights(peer);
    // PVA clients learn of a missing handler by the text of the error, CA clients by their rights.
    if (peer.protocol === 'pva') return Rights.All;
    const write = handlers.write === undefined ? Rights.None : Rights.Write;
    const call = handlers.call === undefined ? Rights.None : Rights.Call;
    return Rights.Read | write | call;
  }

  #attach(): Stop {
    if (this.#attached++ === 0) this.#handlers.onFirstAttach?.(this);
    return once(() => {
      if (--this.#attached === 0) this.#handlers.onLastDetach?.(this);
    });
  }

  #read<D>(context: ReadContext, state: () => D): MaybePromise<D> {
    const result = this.#handlers.read?.(this, context);
    return result instanceof Promise ? result.then(state) : state();
  }

  #write(put: () => Value | PvValue, context: WriteContext): MaybePromise<void> {
    const handlers = this.#handlers;
    if (handlers.write === undefined) throw new AccessError(this.#refusal, 'write', { pvName: this.name });
    return handlers.write(this, put(), context);
  }

  #call(args: Value | null, context: OpContext): MaybePromise<Value | null> {
    const handlers = this.#handlers;
    if (handlers.call === undefined) {
      throw new AccessError('RPC not implemented by this PV', 'call', { pvName: this.name });
    }
    return handlers.call(this, args, context);
  }
}
