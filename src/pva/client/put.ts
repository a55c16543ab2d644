import type { FieldDesc, Value } from '../../pvdata/index.ts';
import { type BytesReader, DisconnectedError, Ring } from '../../util/index.ts';
import { CMD_PUT, isSuccess, type Status, SUB_GET } from '../core/index.ts';
import { Call } from './call.ts';
import { nameError, Operation, statusError } from './operation.ts';
import { buildPut, needsPresent, type PvaPutValue } from './put-plan.ts';
import type { ServerLink } from './server-link.ts';
import type { WireChannel } from './wire-channel.ts';

/** A `put` that waits. */
export class PutCall extends Call<void> {
  readonly value: PvaPutValue;
  /** Fetch the present value first even where the type does not ask for it. */
  readonly fetchPresent: boolean;

  constructor(
    resolve: () => void,
    reject: (reason: Error) => void,
    ifConnected: boolean,
    value: PvaPutValue,
    fetchPresent: boolean,
  ) {
    super(resolve, reject, ifConnected);
    this.value = value;
    this.fetchPresent = fetchPresent;
  }
}

const Phase = { Off: 0, Initialising: 1, Ready: 2, Fetching: 3, Writing: 4 } as const;
type Phase = (typeof Phase)[keyof typeof Phase];

/**
 * All puts of one channel with one pvRequest, one after the other in the order of the calls. The operation stays
 * initialised at the server, so that a put is one round trip, or two when the present value is needed.
 */
export class Putter extends Operation {
  readonly #channel: WireChannel;
  readonly #pvRequest: Value;
  readonly #isKept: boolean;
  readonly #waiting: Ring<PutCall>;
  #phase: Phase;
  #type: FieldDesc | undefined;
  #current: PutCall | undefined;

  /** @param isKept whether the operation stays for later calls. */
  constructor(channel: WireChannel, pvRequest: Value, isKept: boolean) {
    super();
    this.#channel = channel;
    this.#pvRequest = pvRequest;
    this.#isKept = isKept;
    this.#waiting = new Ring();
    this.#phase = Phase.Off;
    this.#type = undefined;
    this.#current = undefined;
  }

  add(call: PutCall): void {
    this.#waiting.push(call);
    if (this.#phase === Phase.Ready) this.#next();
    else if (this.#phase === Phase.Off) this.#channel.begin(this);
  }

  /** A call ended early: the server is told when it is the one under way. */
  readonly onGivenUp = (call: Call<void>): void => {
    if (call !== this.#current) return;
    this.link?.core.cancelRequest(this.sid, this.ioid);
    this.#stop(true);
    if (this.#waiting.length > 0) this.#channel.begin(this);
  };

  override onConnected(link: ServerLink, sid: number): void {
    this.#dropDone();
    if (this.#phase !== Phase.Off || this.#waiting.length === 0) return;
    this.attach(link, sid);
    this.#phase = Phase.Initialising;
    link.core.init(CMD_PUT, sid, this.ioid, this.#pvRequest);
    link.markDirty();
  }

  override onDisconnected(): void {
    const wasWriting = this.#phase === Phase.Writing;
    const current = this.#current;
    this.#phase = Phase.Off;
    this.#type = undefined;
    this.#current = undefined;
    const kept: PutCall[] = [];
    if (current !== undefined) {
      // Sent already: whether the server did it is unknown, and doing it twice may be wrong.
      if (wasWriting)
        current.reject(this.#lost('connection lost before the answer; the put may have been done'));
      else kept.push(current);
    }
    for (let call = this.#waiting.shift(); call !== undefined; call = this.#waiting.shift()) kept.push(call);
    for (const call of kept) {
      if (call.ifConnected) call.reject(this.#lost('connection lost'));
      else if (!call.isDone) this.#waiting.push(call);
    }
  }

  override onClosed(reason: Error): void {
    this.#current?.reject(reason);
    this.#stop(true);
    this.#rejectWaiting(reason);
  }

  override onInit(status: Status, type: FieldDesc | null): void {
    if (!isSuccess(status) || type === null) {
      this.#stop(false);
      this.#rejectWaiting(this.#failed(status));
      return;
    }
    this.#type = type;
    this.#phase = Phase.Ready;
    this.#next();
  }

  override onReply(subcommand: number, status: Status, body: BytesReader): void {
    const call = this.#current;
    const link = this.link;
    if (call === undefined || link === undefined) return;
    if (this.#phase === Phase.Fetching && (subcommand & SUB_GET) !== 0) {
      if (isSuccess(status)) this.#write(call, link.core.readMasked(body, this.#type as FieldDesc));
      else this.#finish(call, this.#failed(status));
    } else if (this.#phase === Phase.Writing && (subcommand & SUB_GET) === 0) {
      this.#finish(call, isSuccess(status) ? undefined : this.#failed(status));
    }
  }

  override onText(type: number, text: string): void {
    this.#channel.logText(type, text);
  }

  #next(): void {
    this.#dropDone();
    const call = this.#waiting.shift();
    if (call === undefined) {
      if (!this.#isKept) this.#stop(true);
      return;
    }
    this.#current = call;
    const link = this.link as ServerLink;
    if (call.fetchPresent || needsPresent(this.#type as FieldDesc, call.value)) {
      this.#phase = Phase.Fetching;
      link.core.putGetOld(this.sid, this.ioid);
      link.markDirty();
    } else {
      this.#write(call, undefined);
    }
  }

  #write(call: PutCall, present: Value | undefined): void {
    let value: Value;
    try {
      value = buildPut(this.#type as FieldDesc, call.value, present);
    } catch (error) {
      this.#finish(call, nameError(`put "${this.#channel.name}"`, error, this.#channel.name));
      return;
    }
    // The function that built the value may have closed the channel.
    if (this.link === undefined || this.#current !== call) return;
    this.#phase = Phase.Writing;
    this.link.core.put(this.sid, this.ioid, value);
    this.link.markDirty();
  }

  #finish(call: PutCall, error: Error | undefined): void {
    this.#current = undefined;
    this.#phase = Phase.Ready;
    if (error === undefined) call.resolve();
    else call.reject(error);
    this.#next();
  }

  /** Takes the operation off the connection. */
  #stop(tellServer: boolean): void {
    this.detach(tellServer);
    this.#phase = Phase.Off;
    this.#type = undefined;
    this.#current = undefined;
    this.#channel.forget(this, this.#isKept);
  }

  #dropDone(): void {
    while (this.#waiting.first()?.isDone === true) this.#waiting.shift();
  }

  #rejectWaiting(reason: Error): void {
    for (let call = this.#waiting.shift(); call !== undefined; call = this.#waiting.shift())
      call.reject(reason);
  }

  #failed(status: Status): Error {
    return statusError(`put "${this.#channel.name}"`, status, this.#channel.name);
  }

  #lost(why: string): Error {
    return new DisconnectedError(`put "${this.#channel.name}": ${why}`, { pvName: this.#channel.name });
  }
}
