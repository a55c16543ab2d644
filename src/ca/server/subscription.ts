import {
  errorToEca,
  type FanOutSubscriber,
  type QueueBudget,
  type SharedUpdate,
  type Snapshot,
  UpdateQueue,
} from '../../pv/index.ts';
import { noStop, type Stop } from '../../util/index.ts';
import {
  currentCount,
  dbrPayloadBytes,
  ECA_NORDACCESS,
  ECA_NORMAL,
  encodeDbr,
  isDbrType,
} from '../core/index.ts';
import type { ServedChannel } from './served-channel.ts';

/** What a subscription needs of its circuit. */
export interface SubscriptionHost {
  readonly budget: QueueBudget;
  /** Whether updates may be written now. */
  readonly isOpenForUpdates: boolean;
  /** Updates wait in the subscription's queue: have `sendNext` called when they may be written. */
  onWaiting(subscription: Subscription): void;
  sendEvent(subscription: Subscription, count: number, status: number, payload: Uint8Array): void;
}

/** An update as one (DBR type, count) sees it. */
interface EncodedUpdate {
  readonly status: number;
  readonly count: number;
  readonly payload: Uint8Array;
}

/** Names an encoding: exact, since types are below 64 and counts below 2^32. */
function encodingKey(dbrType: number, count: number): number {
  return count * 64 + dbrType;
}

/** A payload that says nothing, of the size that the client expects; never empty, since clients ignore empty ones. */
export function emptyPayload(dbrType: number, count: number): Uint8Array {
  return new Uint8Array(isDbrType(dbrType) ? Math.max(8, dbrPayloadBytes(dbrType, count)) : 8);
}

/** One EVENT_ADD of a client. */
export class Subscription implements FanOutSubscriber<Snapshot> {
  readonly channel: ServedChannel;
  readonly id: number;
  readonly dbrType: number;
  /** As asked for; 0: what the PV holds at each update. */
  readonly count: number;
  readonly mask: number;
  readonly queue: UpdateQueue<Snapshot>;
  /** Whether the circuit has it in its list of waiting ones. */
  isWaiting: boolean;
  readonly #host: SubscriptionHost;
  #stop: Stop;
  #isEnded: boolean;
  #sent: number;

  constructor(
    host: SubscriptionHost,
    channel: ServedChannel,
    id: number,
    dbrType: number,
    count: number,
    mask: number,
    queueSize: number,
  ) {
    this.channel = channel;
    this.id = id;
    this.dbrType = dbrType;
    this.count = count;
    this.mask = mask;
    this.queue = new UpdateQueue<Snapshot>(queueSize, host.budget);
    this.isWaiting = false;
    this.#host = host;
    this.#stop = noStop;
    this.#isEnded = false;
    this.#sent = 0;
  }

  /** Updates written so far. */
  get sent(): number {
    return this.#sent;
  }
  get isEnded(): boolean {
    return this.#isEnded;
  }
  /** Whether its updates are long: those of scalars go first. */
  get isArray(): boolean {
    const { type } = this.channel.pv;
    return type.isArray || type.caText;
  }

  /** Begins, or begins anew: the first update is the PV's current state. Without the right to read: a refusal. */
  start(): void {
    this.pause();
    if (!this.channel.canRead) {
      this.#sendStatus(ECA_NORDACCESS);
      return;
    }
    let isRunning = true;
    const stop = this.channel.entry.fanOut.subscribe(this, {
      peer: this.channel.peer,
      mask: this.mask,
      pvRequest: undefined,
    });
    this.#stop = () => {
      if (!isRunning) return;
      isRunning = false;
      stop();
    };
    // The first update may have ended the circuit.
    if (this.#isEnded) this.#stop();
  }

  /** Takes no more updates and forgets those that wait. */
  pause(): void {
    this.#stop();
    this.#stop = noStop;
    this.queue.clear();
  }

  /** The last call: nothing is sent afterwards. */
  end(): void {
    this.#isEnded = true;
    this.pause();
  }

  onUpdate(update: SharedUpdate<Snapshot>): void {
    if (this.#isEnded) return;
    if (this.#host.isOpenForUpdates && this.queue.length === 0) {
      this.#send(update);
      return;
    }
    this.queue.push(update);
    if (!this.isWaiting) this.#host.onWaiting(this);
  }

  onClose(reason?: Error): void {
    if (!this.#isEnded && reason !== undefined && !this.channel.isClosed) this.onReadError(reason);
  }

  onReadError(error: Error): void {
    if (!this.#isEnded) this.#sendStatus(errorToEca(error, 'read'));
  }

  /** Writes the oldest update that waits. */
  sendNext(): void {
    const update = this.queue.shift();
    if (update !== undefined) this.#send(update);
  }

  #send(update: SharedUpdate<Snapshot>): void {
    this.#sent++;
    const { dbrType, count } = this;
    const encoded = update.encoded<EncodedUpdate>(encodingKey(dbrType, count), () =>
      this.#encode(update.data),
    );
    this.#host.sendEvent(this, encoded.count, encoded.status, encoded.payload);
  }

  #encode(snapshot: Snapshot): EncodedUpdate {
    const { pv } = this.channel;
    const count = this.count === 0 ? currentCount(snapshot, pv.type, this.dbrType) : this.count;
    try {
      const payload = encodeDbr(pv, snapshot, this.dbrType, count);
      // An empty array in a plain type: without payload the message would mean "cancelled".
      return { status: ECA_NORMAL, count, payload: payload.length === 0 ? new Uint8Array(8) : payload };
    } catch (error) {
      return { status: errorToEca(error, 'read'), count, payload: emptyPayload(this.dbrType, count) };
    }
  }

  #sendStatus(status: number): void {
    this.#host.sendEvent(this, this.count, status, emptyPayload(this.dbrType, this.count));
  }
}
