import type { StreamTransport } from '../../net/index.ts';
import { Claim, type Peer, QueueBudget, type SourceList } from '../../pv/index.ts';
import {
  type BlockPool,
  type BytesReader,
  type Clock,
  type Deadlines,
  errorText,
  formatEndpoint,
  isEpicsError,
  type Logger,
  type ProtocolError,
  Ring,
  type TraceChannel,
} from '../../util/index.ts';
import {
  ADDRESS_OF_SENDER,
  CaCircuit,
  CMD_READ,
  CMD_READ_NOTIFY,
  CMD_WRITE,
  CMD_WRITE_NOTIFY,
  copyHeader,
  ECA_16KARRAYCLIENT,
  ECA_ADDFAIL,
  ECA_BADCHID,
  ECA_BADMASK,
  ECA_BADMONID,
  ECA_NORMAL,
  ECA_TOLARGE,
  ECA_UNAVAILINSERV,
  type MessageHeader,
  nativeDbrOf,
  type ServerCircuitHandler,
} from '../core/index.ts';
import type { CaServerConfig } from './config.ts';
import { Connection, type ConnectionHost } from './connection.ts';
import type { OpenedPv, PvEntry, PvTable } from './pv-table.ts';
import { checkRead, type ReadHost, Reads } from './reads.ts';
import { ServedChannel } from './served-channel.ts';
import { SidTable } from './sid-table.ts';
import { emptyPayload, Subscription, type SubscriptionHost } from './subscription.ts';
import { type WriteHost, Writes } from './writes.ts';

/** What a session needs of its server. */
export interface SessionHost extends ConnectionHost {
  readonly config: CaServerConfig;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly pool: BlockPool;
  readonly sources: SourceList;
  readonly pvs: PvTable;
  readonly logger: Logger;
  readonly putTrace: TraceChannel;
  readonly faultTrace: TraceChannel;
  /** A source will tell later whether it has `name`: have `found` called when it does. */
  awaitName(name: string, found: () => void): void;
  onChannel(channel: ServedChannel, isOpen: boolean): void;
  onSessionClosed(session: Session): void;
}

/** p1 of ERROR when it is about no channel. */
const NO_CHANNEL = 0xffff_ffff;
/** Reasons to take no requests: too much output waits, too many operations are under way. */
const Hold = { Output: 1, Pending: 2 } as const;

/** The server's end of one circuit. */
export class Session implements ServerCircuitHandler, SubscriptionHost, ReadHost, WriteHost {
  readonly circuit: CaCircuit;
  readonly connection: Connection;
  readonly budget: QueueBudget;
  readonly putTrace: TraceChannel;
  readonly maxMessageBytes: number;
  /** `address:port` of the client. */
  readonly address: string;
  readonly #host: SessionHost;
  readonly #logger: Logger;
  readonly #channels: SidTable<ServedChannel>;
  readonly #subscriptions: Map<number, Subscription>;
  readonly #reads: Reads;
  readonly #writes: Writes;
  // Scalars are served before arrays, each kind in turn.
  readonly #waitingScalars: Ring<Subscription>;
  readonly #waitingArrays: Ring<Subscription>;
  #user: string;
  #clientHost: string;
  #peer: Peer | undefined;
  #isEventsOff: boolean;
  #pendingCount: number;
  /** Why no requests are taken: bits of `Hold`. */
  #held: number;
  #creating: number;
  #updatesOut: number;

  constructor(stream: StreamTransport, host: SessionHost) {
    this.#host = host;
    this.address = formatEndpoint(stream.remote);
    this.#logger = host.logger.child({ peer: this.address });
    this.connection = new Connection(stream, host, {
      onData: (chunk) => this.#receive(chunk),
      onUnblocked: () => this.#drain(),
      onCongested: () => this.#hold(Hold.Output, true),
      onRelieved: () => this.#hold(Hold.Output, false),
      onClosed: (error) => this.#onClosed(error),
    });
    this.circuit = new CaCircuit('server', this, this.connection.out, {
      maxPayloadBytes: host.config.maxMessageBytes,
    });
    this.budget = new QueueBudget({ maxBytes: host.config.queueBytes });
    this.putTrace = host.putTrace;
    this.maxMessageBytes = host.config.maxMessageBytes;
    this.#channels = new SidTable();
    this.#subscriptions = new Map();
    this.#reads = new Reads(this);
    this.#writes = new Writes(this);
    this.#waitingScalars = new Ring();
    this.#waitingArrays = new Ring();
    this.#user = '';
    this.#clientHost = '';
    this.#peer = undefined;
    this.#isEventsOff = false;
    this.#pendingCount = 0;
    this.#held = 0;
    this.#creating = 0;
    this.#updatesOut = 0;
  }

  get user(): string {
    return this.#user;
  }
  get clientHost(): string {
    return this.#clientHost;
  }
  get channelCount(): number {
    return this.#channels.size;
  }
  get subscriptionCount(): number {
    return this.#subscriptions.size;
  }
  get updatesOut(): number {
    return this.#updatesOut;
  }
  get channels(): readonly ServedChannel[] {
    return this.#channels.values();
  }

  /** Greets the client. */
  start(): void {
    this.connection.start();
    this.circuit.version();
    this.connection.touch();
  }

  /** Sends what is written, then closes. */
  end(): void {
    this.circuit.close();
    this.connection.end();
  }

  /** Who the client says it is. Fixed when it creates its first channel. */
  get peer(): Peer {
    if (this.#peer !== undefined) return this.#peer;
    const { remote } = this.connection.stream;
    this.#peer = {
      protocol: 'ca',
      address: this.address,
      user: this.#user,
      host: this.#host.config.asCheckClientIp ? remote.address : this.#clientHost,
      method: 'ca',
      authority: '',
      isEncrypted: false,
      roles: () => [],
    };
    return this.#peer;
  }

  // ---- messages of the client

  onVersion(): void {}

  onProtocolError(error: ProtocolError): void {
    this.#logger.warn({ error }, 'circuit closed: the client broke the protocol');
    if (this.#host.faultTrace.hasSubscribers) {
      this.#host.faultTrace.publish({ protocol: 'ca', role: 'server', peer: this.address, error });
    }
    this.connection.end();
  }

  onClientName(name: string): void {
    if (this.#canChangeIdentity('user')) this.#user = name;
  }

  onHostName(name: string): void {
    if (this.#canChangeIdentity('host')) this.#clientHost = name;
  }

  #canChangeIdentity(what: string): boolean {
    if (this.#channels.size === 0 && this.#creating === 0) {
      this.#peer = undefined;
      return true;
    }
    this.#error(NO_CHANNEL, ECA_UNAVAILINSERV, `the ${what} name cannot change after a channel was created`);
    return false;
  }

  onSearchRequest(cid: number, _minor: number, wantsNotFound: boolean, name: string): void {
    const claim = this.#host.sources.claims(name, this.peer);
    if (claim === Claim.Yes) this.#searchReply(cid);
    else if (claim === Claim.Later) this.#host.awaitName(name, () => this.#searchReply(cid));
    else if (wantsNotFound) {
      this.circuit.notFound(this.circuit.header);
      this.touch();
    }
  }

  #searchReply(cid: number): void {
    if (this.circuit.state === 'closed') return;
    // The address of this very circuit: whatever the client reached is right.
    this.circuit.searchReply(cid, this.connection.stream.local.port, ADDRESS_OF_SENDER);
    this.touch();
  }

  onCreateChannelRequest(cid: number, _minor: number, name: string): void {
    if (this.#channels.size + this.#creating >= this.#host.config.maxChannels) {
      this.#logger.warn({ pv: name }, `channel refused: the circuit has ${this.#channels.size}`);
      this.#createFailed(cid);
      return;
    }
    let opened: OpenedPv | undefined | Promise<OpenedPv | undefined>;
    try {
      opened = this.#host.pvs.open(name, this.peer);
    } catch (error) {
      this.#openFailed(cid, name, error);
      return;
    }
    if (!(opened instanceof Promise)) {
      this.#opened(cid, name, opened);
      return;
    }
    this.#creating++;
    opened.then(
      (found) => {
        this.#creating--;
        this.#opened(cid, name, found);
      },
      (error: unknown) => {
        this.#creating--;
        this.#openFailed(cid, name, error);
      },
    );
  }

  #openFailed(cid: number, name: string, error: unknown): void {
    this.#logger.warn({ pv: name, error: errorText(error) }, 'PV could not be opened');
    this.#createFailed(cid);
  }

  #createFailed(cid: number): void {
    if (this.circuit.state === 'closed') return;
    if (this.circuit.minor >= 6) {
      this.circuit.createFailed(cid);
      this.touch();
    } else this.end();
  }

  #opened(cid: number, name: string, opened: OpenedPv | undefined): void {
    if (opened === undefined) {
      this.#createFailed(cid);
      return;
    }
    const { entry, source } = opened;
    if (this.circuit.state === 'closed') {
      this.#host.pvs.release(entry);
      return;
    }
    let channel: ServedChannel;
    try {
      channel = this.#channels.add(
        (sid) => new ServedChannel(sid, cid, name, entry, source, this.peer, (gone) => this.drop(gone)),
      );
    } catch (error) {
      this.#host.pvs.release(entry);
      this.#openFailed(cid, name, error);
      return;
    }
    this.circuit.accessRights(cid, channel.rights);
    this.circuit.createChannelReply(
      cid,
      channel.sid,
      nativeDbrOf(entry.scalar.type),
      entry.scalar.type.caCount,
    );
    this.touch();
    this.#host.onChannel(channel, true);
    this.#attach(channel, entry);
  }

  #attach(channel: ServedChannel, entry: PvEntry): void {
    try {
      channel.attach(
        () => this.#onRights(channel),
        () => {
          this.#host.pvs.forget(entry);
          this.drop(channel);
        },
      );
    } catch (error) {
      this.onFault(channel, error);
      this.drop(channel);
    }
  }

  onClearChannelRequest(sid: number, cid: number): void {
    const channel = this.#channels.get(sid);
    if (channel === undefined) {
      this.#error(NO_CHANNEL, ECA_BADCHID, 'no such channel');
      return;
    }
    this.#remove(channel);
    this.circuit.clearChannelReply(sid, cid);
    this.touch();
  }

  onReadRequest(sid: number, ioid: number, dbrType: number, count: number): void {
    this.#reads.request(this.#channels.get(sid), CMD_READ, ioid, dbrType, count);
  }

  onReadNotifyRequest(sid: number, ioid: number, dbrType: number, count: number): void {
    this.#reads.request(this.#channels.get(sid), CMD_READ_NOTIFY, ioid, dbrType, count);
  }

  onWriteRequest(sid: number, _cid: number, dbrType: number, count: number, payload: BytesReader): void {
    this.#writes.request(this.#channels.get(sid), CMD_WRITE, dbrType, count, payload);
  }

  onWriteNotifyRequest(
    sid: number,
    _ioid: number,
    dbrType: number,
    count: number,
    payload: BytesReader,
  ): void {
    this.#writes.request(this.#channels.get(sid), CMD_WRITE_NOTIFY, dbrType, count, payload);
  }

  onEventAddRequest(sid: number, subscriptionId: number, dbrType: number, count: number, mask: number): void {
    const channel = this.#channels.get(sid);
    if (channel === undefined) {
      this.#error(NO_CHANNEL, ECA_BADCHID, 'no such channel');
    } else if (mask < 1 || mask > 0xff) {
      this.#error(channel.cid, ECA_BADMASK, `${channel.name}: event mask ${mask} is not from 1 to 255`);
    } else if (this.#subscriptions.has(subscriptionId)) {
      this.#error(channel.cid, ECA_BADMONID, `${channel.name}: subscription id ${subscriptionId} is in use`);
    } else if (this.#subscriptions.size >= this.#host.config.maxSubscriptions) {
      this.#error(channel.cid, ECA_ADDFAIL, `${channel.name}: the circuit has too many subscriptions`);
    } else this.#subscribe(channel, subscriptionId, dbrType, count, mask);
  }

  #subscribe(channel: ServedChannel, id: number, dbrType: number, count: number, mask: number): void {
    const limit = this.#isEventsOff ? 1 : this.#host.config.queueSize;
    const subscription = new Subscription(this, channel, id, dbrType, count, mask, limit);
    this.#subscriptions.set(id, subscription);
    channel.subscriptions.set(id, subscription);
    const status = checkRead(channel, dbrType, count);
    // The subscription exists, so that the client can cancel it, but it will never have an update.
    if (status !== ECA_NORMAL) this.sendEvent(subscription, count, status, emptyPayload(0xffff, 0));
    else subscription.start();
  }

  onEventCancelRequest(sid: number, subscriptionId: number): void {
    const subscription = this.#subscriptions.get(subscriptionId);
    if (subscription === undefined || subscription.channel.sid !== sid) {
      this.#error(NO_CHANNEL, ECA_BADMONID, `no subscription ${subscriptionId} on this channel`);
      return;
    }
    subscription.end();
    this.#subscriptions.delete(subscriptionId);
    subscription.channel.subscriptions.delete(subscriptionId);
    this.circuit.eventCancelReply(sid, subscriptionId, subscription.dbrType, subscription.count);
    this.touch();
  }

  onEventsOff(): void {
    this.#isEventsOff = true;
    for (const subscription of this.#subscriptions.values()) subscription.queue.setLimit(1);
  }

  onEventsOn(): void {
    this.#isEventsOff = false;
    for (const subscription of this.#subscriptions.values()) {
      subscription.queue.setLimit(this.#host.config.queueSize);
    }
    this.#drain();
  }

  // ---- for subscriptions, reads and writes

  get isOpenForUpdates(): boolean {
    return !this.#isEventsOff && !this.connection.isBlocked;
  }

  touch(): void {
    this.connection.touch();
  }

  onWaiting(subscription: Subscription): void {
    subscription.isWaiting = true;
    (subscription.isArray ? this.#waitingArrays : this.#waitingScalars).push(subscription);
  }

  sendEvent(subscription: Subscription, count: number, status: number, payload: Uint8Array): void {
    const { circuit } = this;
    if (circuit.state === 'closed') return;
    this.#updatesOut++;
    const { id, dbrType, channel } = subscription;
    if (!circuit.canCarry(payload.length, count)) {
      const shown = Math.min(count, 0xfffe);
      circuit.eventAddReply(id, dbrType, shown, ECA_16KARRAYCLIENT, emptyPayload(0xffff, 0));
    } else if (payload.length > this.maxMessageBytes) {
      const text = `${channel.name}: ${payload.length} bytes are too many`;
      circuit.error(channel.cid, ECA_TOLARGE, eventAddHeader(subscription), text);
    } else circuit.eventAddReply(id, dbrType, count, status, payload);
    this.touch();
  }

  pending(change: number): void {
    this.#pendingCount += change;
    const { maxPending } = this.#host.config;
    if (change > 0) {
      if (this.#pendingCount >= maxPending) this.#hold(Hold.Pending, true);
    } else if (this.#pendingCount * 2 <= maxPending) this.#hold(Hold.Pending, false);
  }

  message(channel: ServedChannel, level: 'info' | 'warning' | 'error', text: string): void {
    const fields = { pv: channel.name };
    if (level === 'info') this.#logger.info(fields, text);
    else if (level === 'warning') this.#logger.warn(fields, text);
    else this.#logger.error(fields, text);
  }

  onFault(channel: ServedChannel, error: unknown): void {
    // What a client sent wrong is no news; code that threw something of its own is.
    if (isEpicsError(error)) this.#logger.debug({ pv: channel.name, error: errorText(error) }, 'put failed');
    else this.#logger.warn({ pv: channel.name, error: errorText(error) }, 'handler of the PV failed');
  }

  /** Lets go of a channel whose PV is gone. */
  drop(channel: ServedChannel): void {
    if (channel.isClosed || this.circuit.state === 'closed') return;
    this.#remove(channel);
    if (this.circuit.minor >= 7) {
      this.circuit.serverDisconnect(channel.cid);
      this.touch();
    } else this.end();
  }

  // ----

  #receive(chunk: Uint8Array): void {
    this.circuit.receive(chunk, this.#host.clock.monotonicMs);
    // The circuit answers some requests itself.
    if (this.connection.out.byteLength > 0) this.touch();
  }

  #onRights(channel: ServedChannel): void {
    if (channel.isClosed) return;
    const rights = channel.askRights();
    if (rights === channel.rights) return;
    channel.rights = rights;
    this.circuit.accessRights(channel.cid, rights);
    this.touch();
    for (const subscription of channel.subscriptions.values()) {
      if (checkRead(channel, subscription.dbrType, subscription.count) === ECA_NORMAL) subscription.start();
    }
  }

  #remove(channel: ServedChannel): void {
    this.#channels.remove(channel.sid);
    for (const id of channel.subscriptions.keys()) this.#subscriptions.delete(id);
    channel.close();
    this.#host.onChannel(channel, false);
    this.#host.pvs.release(channel.entry);
  }

  /** Writes updates that wait, until the peer is full again. */
  #drain(): void {
    this.#drainRing(this.#waitingScalars);
    this.#drainRing(this.#waitingArrays);
  }

  #drainRing(ring: Ring<Subscription>): void {
    while (this.isOpenForUpdates) {
      const subscription = ring.shift();
      if (subscription === undefined) return;
      subscription.sendNext();
      if (subscription.queue.length > 0) ring.push(subscription);
      else subscription.isWaiting = false;
    }
  }

  /** Takes no requests while there is any reason not to. */
  #hold(reason: number, isOn: boolean): void {
    const before = this.#held;
    this.#held = isOn ? before | reason : before & ~reason;
    if (this.connection.isClosed || (before === 0) === (this.#held === 0)) return;
    if (this.#held !== 0) {
      this.connection.stream.pause();
      this.circuit.pause();
    } else {
      this.connection.stream.resume();
      this.circuit.resume();
      if (this.connection.out.byteLength > 0) this.touch();
    }
  }

  #error(cid: number, eca: number, text: string): void {
    this.circuit.error(cid, eca, this.circuit.header, text);
    this.touch();
  }

  #onClosed(error: Error | undefined): void {
    this.circuit.close();
    if (error !== undefined) this.#logger.info({ error: errorText(error) }, 'circuit lost');
    for (const channel of this.#channels.values()) this.#remove(channel);
    this.#subscriptions.clear();
    this.#host.onSessionClosed(this);
  }
}

/** The EVENT_ADD that a subscription came from, for errors that quote it later. */
function eventAddHeader(subscription: Subscription): MessageHeader {
  return copyHeader({
    command: 1,
    payloadBytes: 16,
    dataType: subscription.dbrType,
    count: subscription.count,
    p1: subscription.channel.sid,
    p2: subscription.id,
    isExtended: subscription.count > 0xfffe,
  });
}
