import type { FieldDesc, Value } from '../../pvdata/index.ts';
import { type BytesReader, DisconnectedError, toError } from '../../util/index.ts';
import { CMD_GET, isSuccess, type Status } from '../core/index.ts';
import type { Call } from './call.ts';
import { Operation, statusError } from './operation.ts';
import type { ServerLink } from './server-link.ts';
import type { WireChannel } from './wire-channel.ts';

/** A `get` that waits. */
export interface GetCall extends Call<unknown> {
  /** Makes what the caller gets from the structure; what it throws rejects the call. */
  readonly convert: (value: Value) => unknown;
}

const Phase = { Off: 0, Initialising: 1, Ready: 2, Running: 3 } as const;
type Phase = (typeof Phase)[keyof typeof Phase];

/**
 * All gets of one channel with one pvRequest. The operation stays initialised at the server, so that a get is one round
 * trip. Calls made while a request is under way share the next one: a result is never older than its call.
 */
export class Getter extends Operation {
  readonly #channel: WireChannel;
  readonly #pvRequest: Value;
  readonly #isKept: boolean;
  #phase: Phase;
  #type: FieldDesc | undefined;
  #waiting: GetCall[];
  #running: GetCall[];
  // What the previous reply held: its marks, and for a server that sends only changes the structure.
  #validLow: number;
  #validHigh: number;
  #validRest: Uint32Array | undefined;
  #base: Value | undefined;

  /** @param isKept whether the operation stays for later calls. */
  constructor(channel: WireChannel, pvRequest: Value, isKept: boolean) {
    super();
    this.#channel = channel;
    this.#pvRequest = pvRequest;
    this.#isKept = isKept;
    this.#phase = Phase.Off;
    this.#type = undefined;
    this.#waiting = [];
    this.#running = [];
    this.#validLow = 0;
    this.#validHigh = 0;
    this.#validRest = undefined;
    this.#base = undefined;
  }

  add(call: GetCall): void {
    this.#waiting.push(call);
    if (this.#phase === Phase.Ready) this.#execute();
    else if (this.#phase === Phase.Off) this.#channel.begin(this);
  }

  /** A call ended early. When nobody waits for the running request any more, the server is told. */
  readonly onGivenUp = (): void => {
    if (this.#phase === Phase.Running && this.#running.every((call) => call.isDone)) {
      this.link?.core.cancelRequest(this.sid, this.ioid);
      this.#stop(true);
      this.#restart();
    } else if (!this.#isKept && this.#waiting.every((call) => call.isDone) && this.#running.length === 0) {
      this.#stop(true);
    }
  };

  override onConnected(link: ServerLink, sid: number): void {
    if (this.#phase !== Phase.Off || this.#waiting.length === 0) return;
    this.attach(link, sid);
    this.#phase = Phase.Initialising;
    link.core.init(CMD_GET, sid, this.ioid, this.#pvRequest);
    link.markDirty();
  }

  override onDisconnected(): void {
    this.#phase = Phase.Off;
    this.#forgetReplies();
    // A get changes nothing, so it is asked again.
    this.#waiting = [...this.#running, ...this.#waiting].filter((call) => {
      if (call.ifConnected) {
        call.reject(
          new DisconnectedError(`get "${this.#channel.name}": connection lost`, {
            pvName: this.#channel.name,
          }),
        );
      }
      return !call.isDone;
    });
    this.#running = [];
  }

  override onClosed(reason: Error): void {
    this.#stop(true);
    this.#rejectAll(reason);
  }

  override onInit(status: Status, type: FieldDesc | null): void {
    if (!isSuccess(status) || type === null) {
      this.#stop(false);
      this.#rejectAll(statusError(`get "${this.#channel.name}"`, status, this.#channel.name));
      return;
    }
    this.#type = type;
    this.#phase = Phase.Ready;
    this.#execute();
  }

  override onReply(_subcommand: number, status: Status, body: BytesReader): void {
    if (this.#phase !== Phase.Running || this.link === undefined) return;
    const calls = this.#running;
    if (isSuccess(status)) {
      const value = this.#read(this.link, body);
      if (value === undefined) return;
      this.#settle(calls, value);
    } else {
      const error = statusError(`get "${this.#channel.name}"`, status, this.#channel.name);
      for (const call of calls) call.reject(error);
    }
    calls.length = 0;
    this.#phase = Phase.Ready;
    if (this.#waiting.length > 0) this.#execute();
    else if (!this.#isKept) this.#stop(true);
  }

  override onText(type: number, text: string): void {
    this.#channel.logText(type, text);
  }

  #execute(): void {
    const { link } = this;
    const calls = this.#waiting;
    if (link === undefined || calls.length === 0) return;
    if (calls.every((call) => call.isDone)) {
      calls.length = 0;
      return;
    }
    this.#waiting = this.#running;
    this.#running = calls;
    this.#phase = Phase.Running;
    link.core.get(this.sid, this.ioid);
    link.markDirty();
  }

  /**
   * The structure in a reply. Undefined when the server turns out to send only what changed since its previous reply:
   * then everything is asked for anew, and from then on the replies are added up.
   *
   * @see pvDatabaseCPP src/pvAccess/channelLocal.cpp, ChannelGetLocal::get
   */
  #read(link: ServerLink, body: BytesReader): Value | undefined {
    const value = link.core.readMasked(body, this.#type as FieldDesc, this.#base);
    if (link.sendsChanges) {
      if (this.#base !== undefined) value.marks = this.#base.marks.or(value.marks);
      // The caller may change what it gets.
      this.#base = value.clone();
      return value;
    }
    if (this.#isMissing(value)) {
      link.sendsChanges = true;
      const calls = this.#running;
      this.#running = [];
      this.#stop(true);
      this.#waiting = [...calls, ...this.#waiting];
      this.#channel.begin(this);
      return undefined;
    }
    this.#validLow = value.markLow;
    this.#validHigh = value.markHigh;
    this.#validRest = value.markRest;
    return value;
  }

  /** Whether a field that the previous reply held is not in this one. */
  #isMissing(value: Value): boolean {
    if ((this.#validLow & ~value.markLow) !== 0 || (this.#validHigh & ~value.markHigh) !== 0) return true;
    return this.#validRest?.some((word, i) => (word & ~(value.markRest?.[i] ?? 0)) !== 0) ?? false;
  }

  #forgetReplies(): void {
    this.#type = undefined;
    this.#validLow = 0;
    this.#validHigh = 0;
    this.#validRest = undefined;
    this.#base = undefined;
  }

  #settle(calls: readonly GetCall[], value: Value): void {
    let isFirst = true;
    for (const call of calls) {
      if (call.isDone) continue;
      try {
        // Each caller owns what it gets.
        call.resolve(call.convert(isFirst ? value : value.clone()));
      } catch (error) {
        call.reject(toError(error));
      }
      isFirst = false;
    }
  }

  #stop(tellServer: boolean): void {
    this.detach(tellServer);
    this.#phase = Phase.Off;
    this.#forgetReplies();
    this.#running.length = 0;
    this.#channel.forget(this, this.#isKept);
  }

  #restart(): void {
    this.#waiting = this.#waiting.filter((call) => !call.isDone);
    if (this.#waiting.length > 0) this.#channel.begin(this);
  }

  #rejectAll(reason: Error): void {
    const calls = [...this.#running, ...this.#waiting];
    this.#running = [];
    this.#waiting = [];
    for (const call of calls) call.reject(reason);
  }
}
