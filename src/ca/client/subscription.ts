import {
  Event,
  type EventMask,
  makeSnapshot,
  Rights,
  type Snapshot,
  type UpdateSink,
} from '../../pv/index.ts';
import { AccessError, type BytesReader, errorText, once, type Stop, toError } from '../../util/index.ts';
import { decodeSnapshot, ECA_NORDACCESS, HEADER_BYTES, isDbrType, isEcaSuccess } from '../core/index.ts';
import { type DataChannel, requestCount } from './calls.ts';
import type { ClientCircuit } from './circuit.ts';
import type { CircuitOperation } from './circuit-parts.ts';
import { makeStatusError } from './operation.ts';
import { planRead, type ReadPlan, type ValueForm } from './value-request.ts';

/** A sink that is told of errors, too; the subscription goes on after them. */
export interface CaUpdateSink extends UpdateSink<Snapshot> {
  error?(error: Error): void;
}

/** What a subscription asks for; subscriptions of one channel that ask for the same share one. */
export interface SubscriptionRequest {
  readonly form: ValueForm;
  /** Elements at most, 0: all. */
  readonly count: number;
  readonly mask: EventMask;
}

/** Names a request, so that the same ones are found. */
export function requestKey(request: SubscriptionRequest): string {
  return `${request.form}/${request.count}/${request.mask}`;
}

interface Subscriber {
  readonly sink: CaUpdateSink;
  /** Has not had its first update since the channel connected. */
  isFresh: boolean;
  isLive: boolean;
}

const NO_ID = -1;

/** One EVENT_ADD of a channel, for all who asked for the same. Lives through reconnects. */
export class WireSubscription implements CircuitOperation {
  readonly request: SubscriptionRequest;
  readonly #channel: DataChannel;
  readonly #onUnused: (subscription: WireSubscription) => void;
  #subscribers: readonly Subscriber[] = [];
  #plan: ReadPlan | undefined;
  #wireCount = 0;
  #circuit: ClientCircuit | undefined;
  #id = NO_ID;
  #last: Snapshot | undefined;
  #updates = 0;

  constructor(
    channel: DataChannel,
    request: SubscriptionRequest,
    onUnused: (subscription: WireSubscription) => void,
  ) {
    this.request = request;
    this.#channel = channel;
    this.#onUnused = onUnused;
  }

  /** Updates received since it began. */
  get updates(): number {
    return this.#updates;
  }

  /** Adds a subscriber; one that comes later gets the last update at the end of the turn. */
  add(sink: CaUpdateSink): Stop {
    const subscriber: Subscriber = { sink, isFresh: true, isLive: true };
    this.#subscribers = [...this.#subscribers, subscriber];
    const { context } = this.#channel;
    context.keeper.retain();
    if (this.#last !== undefined) {
      context.clock.defer(() => {
        if (subscriber.isLive && subscriber.isFresh && this.#last !== undefined) {
          this.#deliverTo(subscriber, this.#last, Event.All);
        }
      });
    }
    return once(() => {
      subscriber.isLive = false;
      this.#subscribers = this.#subscribers.filter((other) => other !== subscriber);
      context.keeper.release();
      if (this.#subscribers.length === 0) {
        this.cancel();
        this.#onUnused(this);
      }
    });
  }

  /** The channel is connected. */
  issue(circuit: ClientCircuit): void {
    const channel = this.#channel;
    this.#last = undefined;
    for (const subscriber of this.#subscribers) subscriber.isFresh = true;
    try {
      this.#plan = planRead(channel.native, this.request.form, channel.isSigned);
    } catch (error) {
      // The type changed across a reconnect to one that cannot be had in this form.
      this.#plan = undefined;
      this.#tellError(toError(error));
      return;
    }
    this.#circuit = circuit;
    this.#wireCount = requestCount(
      circuit,
      channel.native,
      Math.min(this.request.count, channel.native.count),
    );
    this.#id = circuit.operations.add(this);
    circuit.core.eventAdd(channel.sid, this.#id, this.#plan.dbrType, this.#wireCount, this.request.mask);
    circuit.markDirty();
  }

  /** The server answers again after a pause: what it sent meanwhile may be lost, so the value is read. */
  refresh(): void {
    const circuit = this.#circuit;
    if (circuit === undefined || this.#plan === undefined) return;
    for (const subscriber of this.#subscribers) subscriber.isFresh = true;
    circuit.core.readNotify(this.#channel.sid, this.#id, this.#plan.dbrType, this.#wireCount);
    circuit.markDirty();
  }

  /** Ends the subscription at the server. */
  cancel(): void {
    const circuit = this.#circuit;
    if (circuit === undefined || this.#id === NO_ID) return;
    circuit.operations.remove(this.#id);
    if (circuit.state !== 'closed' && this.#channel.sid >= 0 && this.#plan !== undefined) {
      circuit.core.eventCancel(this.#channel.sid, this.#id, this.#plan.dbrType, this.#wireCount);
      circuit.markDirty();
    }
    this.detach();
  }

  /** The channel is not connected any more; the server has forgotten the subscription. */
  detach(): void {
    if (this.#id !== NO_ID) this.#circuit?.operations.remove(this.#id);
    this.#id = NO_ID;
    this.#circuit = undefined;
    this.#last = undefined;
  }

  /** The channel is closed: the last call of each sink. */
  close(reason: Error | undefined): void {
    const subscribers = this.#subscribers;
    this.#subscribers = [];
    for (const subscriber of subscribers) {
      if (!subscriber.isLive) continue;
      subscriber.isLive = false;
      this.#channel.context.keeper.release();
      this.#guard(() => subscriber.sink.close(reason));
    }
  }

  /** Metadata changed: the last value goes out with the new ones to those who asked for property events. */
  onMetadata(): void {
    const last = this.#last;
    if (last === undefined) return;
    const snapshot = makeSnapshot(last.value, last.alarm, last.time, this.#channel.meta);
    this.#last = snapshot;
    if ((this.request.mask & Event.Property) !== 0) this.#deliver(snapshot, Event.Property);
  }

  onUpdate(dbrType: number, count: number, status: number, payload: BytesReader): void {
    const plan = this.#plan;
    if (plan === undefined) return;
    this.#updates++;
    this.#channel.bytesIn += HEADER_BYTES + payload.remaining;
    const { name, meta, encoding, context } = this.#channel;
    context.counters.updates++;
    if (!isEcaSuccess(status)) {
      const text = `monitor of "${name}" has no read access (ECA_NORDACCESS)`;
      this.#tellError(
        status === ECA_NORDACCESS
          ? new AccessError(text, 'read', { pvName: name })
          : makeStatusError('monitor', name, status, ''),
      );
      return;
    }
    if (dbrType !== plan.dbrType || !isDbrType(dbrType)) {
      this.#tellError(makeStatusError('monitor', name, 114, `got DBR type ${dbrType}`));
      return;
    }
    let snapshot: Snapshot;
    try {
      snapshot = decodeSnapshot(payload, dbrType, count, plan.type, meta, encoding);
    } catch (error) {
      this.#tellError(toError(error));
      return;
    }
    this.#last = snapshot;
    const mask = this.request.mask & ~Event.Property;
    this.#deliver(snapshot, mask === 0 ? this.request.mask : mask);
  }

  onReadReply(dbrType: number, count: number, status: number, payload: BytesReader): void {
    this.onUpdate(dbrType, count, status, payload);
  }

  onWriteReply(): void {
    // Nothing was written with this id.
  }

  onOperationError(eca: number, text: string): void {
    this.#tellError(makeStatusError('monitor', this.#channel.name, eca, text));
  }

  onLost(): void {
    this.#id = NO_ID;
    this.detach();
  }

  /** Read access came or went. The server sends the value when it is back. */
  onRights(rights: Rights): void {
    if ((rights & Rights.Read) === 0) this.#last = undefined;
  }

  #deliver(snapshot: Snapshot, mask: EventMask): void {
    for (const subscriber of this.#subscribers) this.#deliverTo(subscriber, snapshot, mask);
  }

  #deliverTo(subscriber: Subscriber, snapshot: Snapshot, mask: EventMask): void {
    if (!subscriber.isLive) return;
    const events = subscriber.isFresh ? Event.All : mask;
    subscriber.isFresh = false;
    try {
      subscriber.sink.update(snapshot, events);
    } catch (error) {
      this.#log(error);
    }
  }

  #tellError(error: Error): void {
    let isHeard = false;
    for (const { sink, isLive } of this.#subscribers) {
      if (!isLive || sink.error === undefined) continue;
      isHeard = true;
      this.#guard(() => sink.error?.(error));
    }
    if (!isHeard) this.#channel.context.reportError(error);
  }

  #guard(fn: () => void): void {
    try {
      fn();
    } catch (error) {
      this.#log(error);
    }
  }

  #log(error: unknown): void {
    const pv = this.#channel.name;
    this.#channel.context.log.error({ pv, error }, `a subscriber threw: ${errorText(error)}`);
  }
}
