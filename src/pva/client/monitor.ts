import { type FieldDesc, makePvRequest, readBitSet, requestOption, type Value } from '../../pvdata/index.ts';
import { type BitSet, type BytesReader, noStop, type Stop } from '../../util/index.ts';
import { CMD_MONITOR, isSuccess, type Status } from '../core/index.ts';
import { Operation, statusError } from './operation.ts';
import type { ServerLink } from './server-link.ts';
import type { WireChannel } from './wire-channel.ts';

/** Who receives what a subscription delivers, in order. Nothing is called after `finished` or `failed`. */
export interface SubscriptionListener {
  /** @param peer `address:port` of the server. */
  connected(peer: string): void;
  /**
   * @param value complete state; its marks say what changed. Handed over, nobody changes it afterwards.
   * @param overrun fields that changed more than once at the server since the last update.
   * @param isInitial first update after the channel connected: it holds everything.
   * @returns whether the update is used up at once; else `consumed` is to be called later.
   */
  update(value: Value, overrun: BitSet | undefined, isInitial: boolean): boolean;
  disconnected(): void;
  /** The server ends the subscription: there will be no more. */
  finished(): void;
  /** The server refused, or the channel was closed. */
  failed(reason: Error): void;
}

/** What to subscribe to. */
export interface SubscriptionRequest {
  readonly pvRequest: Value;
  /** The same without pipeline, for servers that do not know it. */
  readonly plainRequest: Value;
  readonly isPipeline: boolean;
  /** Updates that may be under way in a pipeline. */
  readonly queueSize: number;
  /** Updates after which free places are reported. */
  readonly ackAt: number;
}

/** Counters of a subscription. */
export interface SubscriptionStats {
  readonly updates: number;
  /** Updates in which the server says that it left something out. */
  readonly overruns: number;
  readonly reconnects: number;
}

/** Updates held by default, at both ends. */
export const DEFAULT_QUEUE_SIZE = 4;

// A server that knows no pipelines may stay silent instead of refusing.
const PIPELINE_PATIENCE_MS = 5000;

/** Reads the options of a pvRequest that concern the client's side of a monitor. */
export function readSubscriptionRequest(pvRequest: Value): SubscriptionRequest {
  const isPipeline = /^(true|1|yes)$/i.test(requestOption(pvRequest, 'pipeline') ?? '');
  const asked = Number(requestOption(pvRequest, 'queueSize') ?? DEFAULT_QUEUE_SIZE);
  const queueSize = Number.isInteger(asked) && asked >= 1 ? Math.min(asked, 1_000_000) : DEFAULT_QUEUE_SIZE;
  const ack = /^(\d+)\s*(%?)$/.exec(requestOption(pvRequest, 'ackAny')?.trim() ?? '50%');
  const amount =
    ack === null ? queueSize / 2 : ack[2] === '%' ? (queueSize * Number(ack[1])) / 100 : Number(ack[1]);
  return {
    pvRequest,
    plainRequest: isPipeline ? makePvRequest({ record: { queueSize } }) : pvRequest,
    isPipeline,
    queueSize,
    ackAt: Math.max(1, Math.min(queueSize, Math.floor(amount))),
  };
}

/**
 * One subscription of a channel. It outlives the loss of the connection: after a reconnect its first update holds
 * everything again.
 */
export class Subscription extends Operation {
  readonly #channel: WireChannel;
  readonly #request: SubscriptionRequest;
  readonly #listener: SubscriptionListener;
  readonly #isWhole: boolean;
  #type: FieldDesc | undefined;
  #last: Value | undefined;
  #isPipeline: boolean;
  #isPaused: boolean;
  #isOver: boolean;
  #freed: number;
  /** Updates that the server may still send, as far as it was told. */
  #window: number;
  #stopPatience: Stop;
  #updates: number;
  #overruns: number;
  #connects: number;

  /** @param isWhole whether the request selects all fields. */
  constructor(
    channel: WireChannel,
    request: SubscriptionRequest,
    listener: SubscriptionListener,
    isWhole: boolean,
  ) {
    super();
    this.#channel = channel;
    this.#request = request;
    this.#listener = listener;
    this.#isWhole = isWhole;
    this.#type = undefined;
    this.#last = undefined;
    this.#isPipeline = request.isPipeline;
    this.#isPaused = false;
    this.#isOver = false;
    this.#freed = 0;
    this.#window = 0;
    this.#stopPatience = noStop;
    this.#updates = 0;
    this.#overruns = 0;
    this.#connects = 0;
  }

  stats(): SubscriptionStats {
    return { updates: this.#updates, overruns: this.#overruns, reconnects: Math.max(0, this.#connects - 1) };
  }

  /** Ends the subscription; its listener hears nothing more. */
  stop(): void {
    if (this.#isOver) return;
    this.#end(true);
  }

  /** Lets the server hold back updates; the latest state comes with `resume`. */
  pause(): void {
    if (this.#isPaused || this.#isOver) return;
    this.#isPaused = true;
    if (this.#type === undefined || this.link === undefined) return;
    this.link.core.monitorStop(this.sid, this.ioid);
    this.link.markDirty();
  }

  resume(): void {
    if (!this.#isPaused || this.#isOver) return;
    this.#isPaused = false;
    this.#start();
  }

  /** Updates were used up whose `update` answered false. */
  consumed(count: number): void {
    if (!this.#isPipeline || this.link === undefined || this.#isOver) return;
    this.#freed += count;
    if (this.#freed < this.#request.ackAt) return;
    this.link.core.monitorAck(this.sid, this.ioid, this.#freed);
    // PVXS keeps what waits behind a closed window until the next post or start, so the last value would stay there.
    // @see pvxs src/servermon.cpp, ServerConn::handle_MONITOR
    if (this.#window <= 0 && !this.#isPaused) this.link.core.monitorStart(this.sid, this.ioid);
    this.#window += this.#freed;
    this.link.markDirty();
    this.#freed = 0;
  }

  override onConnected(link: ServerLink, sid: number): void {
    if (this.#isOver || this.link !== undefined) return;
    this.attach(link, sid);
    const { pvRequest, plainRequest, queueSize } = this.#request;
    this.#freed = 0;
    this.#window = queueSize;
    if (this.#isPipeline) {
      link.core.init(CMD_MONITOR, sid, this.ioid, pvRequest, queueSize);
      this.#stopPatience = this.#channel.deadlines.after(PIPELINE_PATIENCE_MS, () => this.#giveUpPipeline());
    } else {
      link.core.init(CMD_MONITOR, sid, this.ioid, this.#request.isPipeline ? plainRequest : pvRequest);
    }
    link.markDirty();
  }

  override onDisconnected(): void {
    this.#stopPatience();
    const wasConnected = this.#type !== undefined;
    this.#type = undefined;
    this.#last = undefined;
    this.#isPipeline = this.#request.isPipeline;
    if (wasConnected && !this.#isOver) this.#guard(() => this.#listener.disconnected());
  }

  override onClosed(reason: Error): void {
    if (this.#isOver) return;
    this.#end(true);
    this.#guard(() => this.#listener.failed(reason));
  }

  override onInit(status: Status, type: FieldDesc | null): void {
    this.#stopPatience();
    if (this.#isOver) return;
    if (!isSuccess(status) || type === null) {
      this.#end(false);
      this.#guard(() => this.#listener.failed(this.#failed(status)));
      return;
    }
    this.#type = type;
    this.#last = undefined;
    this.#connects++;
    if (this.#isWhole) this.#channel.noteType(type);
    const peer = this.link?.peer ?? '';
    this.#guard(() => this.#listener.connected(peer));
    this.#start();
  }

  override onUpdate(body: BytesReader): void {
    const type = this.#type;
    // Late updates of a subscription that is over arrive until the server has read its end.
    if (this.#isOver || type === undefined || this.link === undefined) return;
    const value = this.link.core.readMasked(body, type, this.#last);
    const overrun = readOverrun(body);
    const isInitial = this.#last === undefined;
    this.#last = value;
    this.#updates++;
    this.#window--;
    if (overrun !== undefined) this.#overruns++;
    let isConsumed = true;
    try {
      isConsumed = this.#listener.update(value, overrun, isInitial);
    } catch (error) {
      this.#channel.logThrown(error);
    }
    if (isConsumed && this.#isPipeline) this.consumed(1);
  }

  override onFinished(status: Status, body: BytesReader): void {
    if (this.#isOver) return;
    if (isSuccess(status)) {
      if (body.remaining > 0) this.onUpdate(body);
      if (this.#isOver) return;
      this.#end(false);
      this.#guard(() => this.#listener.finished());
    } else {
      this.#end(false);
      this.#guard(() => this.#listener.failed(this.#failed(status)));
    }
  }

  override onText(type: number, text: string): void {
    this.#channel.logText(type, text);
  }

  #start(): void {
    if (this.#isPaused || this.#isOver || this.#type === undefined || this.link === undefined) return;
    this.link.core.monitorStart(this.sid, this.ioid);
    this.link.markDirty();
  }

  /** Some servers answer only the plain form of INIT and are silent to the other. */
  #giveUpPipeline(): void {
    const { link, sid } = this;
    if (this.#type !== undefined || link === undefined || this.#isOver) return;
    this.detach(true);
    this.#isPipeline = false;
    this.onConnected(link, sid);
  }

  #end(tellServer: boolean): void {
    this.#isOver = true;
    this.#stopPatience();
    this.detach(tellServer);
    this.#last = undefined;
    this.#channel.end(this);
  }

  #guard(fn: () => void): void {
    try {
      fn();
    } catch (error) {
      this.#channel.logThrown(error);
    }
  }

  #failed(status: Status): Error {
    return statusError(`monitor "${this.#channel.name}"`, status, this.#channel.name);
  }
}

/** The overrun mask behind an update; some servers leave it out at the end of a stream. */
function readOverrun(body: BytesReader): BitSet | undefined {
  if (body.remaining === 0) return undefined;
  // Nearly always empty: one byte, no set is made for it.
  if (body.bytes[body.position] === 0) {
    body.skip(1);
    return undefined;
  }
  return readBitSet(body);
}
