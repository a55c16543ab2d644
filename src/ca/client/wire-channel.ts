import type { Endpoint } from '../../net/index.ts';
import {
  type ChannelState,
  Event,
  emptyMetadata,
  isSameMetadata,
  type Metadata,
  nowStamp,
  type Rights,
  type ScalarType,
  type TimeStamp,
} from '../../pv/index.ts';
import {
  type BytesReader,
  DisconnectedError,
  errorText,
  formatEndpoint,
  Listeners,
  type Stop,
  toError,
} from '../../util/index.ts';
import {
  DBR_STRING,
  type DbrEncoding,
  DbrFamily,
  dbrName,
  dbrOf,
  decodeDbr,
  isDbrType,
  isEcaSuccess,
  type MessageHeader,
  metadataOf,
} from '../core/index.ts';
import type { ConfirmedPut, DataChannel } from './calls.ts';
import type { ClientCircuit } from './circuit.ts';
import type { CircuitChannel, CircuitOperation } from './circuit-parts.ts';
import type { ClientContext } from './context.ts';
import { makeStatusError, type PendingCall } from './operation.ts';
import { type CaUpdateSink, requestKey, type SubscriptionRequest, WireSubscription } from './subscription.ts';
import { type NativeInfo, nativeScalarType } from './value-request.ts';

/** What a channel needs of its client. */
export interface ChannelHome {
  /** Begins to search. */
  search(channel: WireChannel, delayMs: number): void;
  stopSearch(channel: WireChannel): void;
  /** How often the name was searched since the search began. */
  searchesOf(channel: WireChannel): number;
  /** Addresses that searches go to. */
  targetCount(): number;
  circuitTo(server: Endpoint, priority: number): ClientCircuit;
}

/** How a channel is opened; channels of the same name opened alike are shared. */
export interface WireChannelOptions {
  readonly priority: number;
  readonly meta: boolean;
  readonly isSigned: boolean;
  readonly encoding: DbrEncoding;
}

const NO_SID = -1;
/** Losses within this time of each other count as repeated failures, in ms: of connections, and of attempts. */
const REPEATED_LOSS_MS = 500;
const REPEATED_FAILURE_MS = 10_000;
/** Spread of the searches after a lost connection, so that not all clients search at the same moment. */
const SPREAD_MS = 250;
const MAX_DELAY_MS = 10_000;

/** One channel on the wire, shared by all users of its name: searches, connects, and connects again. */
export class WireChannel implements CircuitChannel, DataChannel {
  readonly name: string;
  readonly options: WireChannelOptions;
  readonly context: ClientContext;
  /** Under which the client knows the channel. */
  readonly key: string;
  readonly active: Set<PendingCall>;
  readonly unconfirmed: ConfirmedPut[];
  readonly #home: ChannelHome;
  readonly #subscriptions: Map<string, WireSubscription>;
  cid: number;
  native: NativeInfo;
  sid: number;
  rights: Rights;
  meta: Metadata;
  type: ScalarType | undefined;
  users: number;
  bytesIn: number;
  bytesOut: number;
  connectedAt: TimeStamp | undefined;
  /** Another server that answered for this name. */
  duplicate: Endpoint | undefined;
  #state: ChannelState;
  #circuit: ClientCircuit | undefined;
  #isReady: boolean;
  #failures: number;
  #lostMs: number;
  #delayMs: number;
  #metaId: number | undefined;
  // Made when somebody listens: clients have many thousands of channels.
  #stateListeners: Listeners<ChannelState> | undefined;
  #rightsListeners: Listeners<Rights> | undefined;
  #errorListeners: Listeners<Error> | undefined;

  constructor(
    home: ChannelHome,
    context: ClientContext,
    key: string,
    name: string,
    options: WireChannelOptions,
  ) {
    this.name = name;
    this.options = options;
    this.context = context;
    this.key = key;
    this.active = new Set();
    this.unconfirmed = [];
    this.#home = home;
    this.#subscriptions = new Map();
    this.cid = 0;
    this.native = { dbrType: DBR_STRING, count: 1 };
    this.sid = NO_SID;
    this.rights = 0;
    this.meta = emptyMetadata;
    this.type = undefined;
    this.users = 0;
    this.bytesIn = 0;
    this.bytesOut = 0;
    this.connectedAt = undefined;
    this.duplicate = undefined;
    this.#state = 'searching';
    this.#circuit = undefined;
    this.#isReady = false;
    this.#failures = 0;
    this.#lostMs = Number.NEGATIVE_INFINITY;
    this.#delayMs = 0;
    this.#metaId = undefined;
    this.#stateListeners = undefined;
    this.#rightsListeners = undefined;
    this.#errorListeners = undefined;
  }

  onState(listener: (state: ChannelState) => void): Stop {
    this.#stateListeners ??= this.#makeListeners();
    return this.#stateListeners.add(listener);
  }

  /** Told when rights change, and at each connection. */
  onRightsChange(listener: (rights: Rights) => void): Stop {
    this.#rightsListeners ??= this.#makeListeners();
    return this.#rightsListeners.add(listener);
  }

  /** Told of refused puts that nobody waited for. */
  onError(listener: (error: Error) => void): Stop {
    this.#errorListeners ??= this.#makeListeners();
    return this.#errorListeners.add(listener);
  }

  #makeListeners<E>(): Listeners<E> {
    return new Listeners((error) =>
      this.context.log.error({ pv: this.name, error }, `a listener threw: ${errorText(error)}`),
    );
  }

  get isSigned(): boolean {
    return this.options.isSigned;
  }
  get encoding(): DbrEncoding {
    return this.options.encoding;
  }
  get state(): ChannelState {
    return this.#state;
  }
  get circuit(): ClientCircuit | undefined {
    return this.#circuit;
  }
  get readyCircuit(): ClientCircuit | undefined {
    return this.#isReady ? this.#circuit : undefined;
  }

  describeState(): string {
    const server = this.#circuit?.name;
    switch (this.#state) {
      case 'connected':
      case 'connecting':
        return `${this.#state} to ${server ?? ''}`;
      case 'searching':
      case 'disconnected': {
        if (server !== undefined) return `${this.#state}, ${server} does not respond`;
        const searches = this.#home.searchesOf(this);
        const targets = this.#home.targetCount();
        return `${this.#state}, ${plural(searches, 'search', 'searches')} sent to ${plural(targets, 'address', 'addresses')}`;
      }
      case 'closed':
        return 'closed';
    }
  }

  /** Begins to search. */
  open(): void {
    this.#home.search(this, 0);
  }

  /** Ends everything; calls and subscriptions are told. */
  close(reason: Error | undefined): void {
    if (this.#state === 'closed') return;
    this.#home.stopSearch(this);
    const circuit = this.#circuit;
    const sid = this.sid;
    this.#circuit = undefined;
    this.#isReady = false;
    this.sid = NO_SID;
    for (const call of [...this.active]) call.cancel();
    for (const subscription of this.#subscriptions.values()) {
      subscription.close(reason);
      subscription.detach();
    }
    this.#subscriptions.clear();
    circuit?.detach(this, sid === NO_SID ? undefined : sid);
    this.#setState('closed');
    this.#stateListeners?.clear();
    this.#rightsListeners?.clear();
    this.#errorListeners?.clear();
  }

  /** Joins the subscription that asks for the same, or begins one. */
  subscribe(request: SubscriptionRequest, sink: CaUpdateSink): Stop {
    const key = requestKey(request);
    let subscription = this.#subscriptions.get(key);
    const isNew = subscription === undefined;
    if (subscription === undefined) {
      subscription = new WireSubscription(this, request, () => this.#subscriptions.delete(key));
      this.#subscriptions.set(key, subscription);
    }
    const stop = subscription.add(sink);
    const circuit = this.readyCircuit;
    if (isNew && circuit !== undefined) subscription.issue(circuit);
    return stop;
  }

  get subscriptionCount(): number {
    return this.#subscriptions.size;
  }

  /** Updates received by the subscriptions that are open. */
  get updates(): number {
    let sum = 0;
    for (const subscription of this.#subscriptions.values()) sum += subscription.updates;
    return sum;
  }

  // ---- from the search ----

  onFound(server: Endpoint): void {
    if (this.#circuit !== undefined || this.#state === 'closed') return;
    const circuit = this.#home.circuitTo(server, this.options.priority);
    this.#circuit = circuit;
    this.#setState('connecting');
    // A listener may have closed the channel.
    if (this.#circuit === circuit) circuit.attach(this);
  }

  /** A second answer to the search, from another server. */
  onDuplicate(server: Endpoint): void {
    const first = this.#circuit?.endpoint;
    if (first === undefined || this.duplicate !== undefined) return;
    if (first.address === server.address && first.port === server.port) return;
    this.duplicate = server;
    this.context.log.warn(
      { pv: this.name },
      `two servers have the name "${this.name}": using ${formatEndpoint(first)}, not ${formatEndpoint(server)} (ECA_DBLCHNL)`,
    );
  }

  // ---- from the circuit ----

  onRights(rights: number): void {
    const known = rights & 3;
    if (known === this.rights && this.#isReady) return;
    this.rights = known;
    for (const subscription of this.#subscriptions.values()) subscription.onRights(known);
    if (this.#isReady) this.#rightsListeners?.emit(known);
  }

  onCreated(sid: number, dbrType: number, count: number): void {
    const circuit = this.#circuit;
    if (circuit === undefined || this.#state === 'closed') return;
    if (dbrType > 6) {
      const why = `server ${circuit.name} offers "${this.name}" with ${dbrName(dbrType)} (ECA_BADTYPE)`;
      this.context.reportError(new Error(why));
      circuit.detach(this, sid);
      this.#searchAgain(new DisconnectedError(why));
      return;
    }
    this.sid = sid;
    this.native = { dbrType, count: Math.max(1, count) };
    this.type = nativeScalarType(this.native, this.options.isSigned);
    // Servers older than 4.2 do not tell; all others did before this message.
    if (this.options.meta && dbrType !== DBR_STRING) this.#fetchMeta(circuit);
    else this.#setReady(circuit);
  }

  onCreateFailed(): void {
    const circuit = this.#circuit;
    if (circuit === undefined) return;
    circuit.detach(this, undefined);
    this.#searchAgain(new DisconnectedError(`server ${circuit.name} has no PV "${this.name}"`));
  }

  onServerDisconnect(): void {
    const circuit = this.#circuit;
    if (circuit === undefined) return;
    circuit.detach(this, undefined);
    this.#searchAgain(new DisconnectedError(`server ${circuit.name} let go of "${this.name}"`));
  }

  onCircuitLost(reason: Error): void {
    this.#searchAgain(reason);
  }

  onUnresponsive(reason: Error): void {
    if (!this.#isReady) return;
    this.#isReady = false;
    this.#failActive(reason);
    this.#setState('disconnected');
  }

  onResponsive(): void {
    const circuit = this.#circuit;
    if (circuit === undefined || this.sid === NO_SID || this.#isReady) return;
    this.#isReady = true;
    this.#setState('connected');
    for (const subscription of this.#subscriptions.values()) subscription.refresh();
    this.#issueWaiting(circuit);
  }

  onChannelError(eca: number, request: Readonly<MessageHeader>, text: string): void {
    const put = this.unconfirmed[0];
    if (put !== undefined) {
      put.refuse(eca, text);
      return;
    }
    const error = makeStatusError('put', this.name, eca, text);
    this.context.log.debug({ pv: this.name, error }, `server refused command ${request.command}`);
    const listeners = this.#errorListeners;
    if (listeners !== undefined && listeners.size > 0) listeners.emit(error);
    else this.context.reportError(error);
  }

  // ---- inside ----

  /** Reads the metadata, then keeps them current by property events. The channel is ready once they are here. */
  #fetchMeta(circuit: ClientCircuit): void {
    const dbrType = dbrOf(DbrFamily.Ctrl, this.native.dbrType);
    const operation: CircuitOperation = {
      onReadReply: (type, count, status, payload) => this.#onMeta(circuit, type, count, status, payload),
      onUpdate: (type, count, status, payload) => this.#onMeta(circuit, type, count, status, payload),
      onWriteReply: () => this.#setReady(circuit),
      onOperationError: (eca, text) => {
        this.context.log.info(
          { pv: this.name },
          makeStatusError('reading metadata of', this.name, eca, text).message,
        );
        this.#setReady(circuit);
      },
      onLost: () => undefined,
    };
    const id = circuit.operations.add(operation);
    circuit.core.readNotify(this.sid, id, dbrType, 1);
    circuit.core.eventAdd(this.sid, id, dbrType, 1, Event.Property);
    circuit.markDirty();
    this.#metaId = id;
  }

  #onMeta(
    circuit: ClientCircuit,
    dbrType: number,
    count: number,
    status: number,
    payload: BytesReader,
  ): void {
    if (this.#circuit !== circuit) return;
    if (isEcaSuccess(status) && isDbrType(dbrType)) {
      try {
        const meta = metadataOf(decodeDbr(payload, dbrType, count, this.encoding), emptyMetadata);
        if (!isSameMetadata(meta, this.meta)) {
          this.meta = meta;
          for (const subscription of this.#subscriptions.values()) subscription.onMetadata();
        }
      } catch (error) {
        this.context.log.warn({ pv: this.name, error: toError(error) }, 'cannot read the metadata');
      }
    }
    this.#setReady(circuit);
  }

  #setReady(circuit: ClientCircuit): void {
    if (this.#isReady || this.#circuit !== circuit || this.sid === NO_SID) return;
    this.#isReady = true;
    this.connectedAt = nowStamp(this.context.clock);
    // Waiting calls were made first, so they leave first.
    this.#issueWaiting(circuit);
    for (const subscription of [...this.#subscriptions.values()]) subscription.issue(circuit);
    this.#rightsListeners?.emit(this.rights);
    this.#setState('connected');
  }

  #issueWaiting(circuit: ClientCircuit): void {
    if (this.active.size === 0) return;
    for (const call of [...this.active]) if (call.isWaiting) call.issue(circuit);
  }

  #failActive(reason: Error): void {
    for (const call of [...this.active]) {
      if (!call.isWaiting) call.onLost(reason);
    }
  }

  #searchAgain(reason: Error): void {
    if (this.#state === 'closed') return;
    const now = this.context.clock.monotonicMs;
    const repeatedMs = this.#isReady ? REPEATED_LOSS_MS : REPEATED_FAILURE_MS;
    if (now - this.#lostMs > this.#delayMs + repeatedMs) this.#failures = 0;
    const circuit = this.#circuit;
    if (this.#metaId !== undefined) circuit?.operations.remove(this.#metaId);
    this.#metaId = undefined;
    this.#circuit = undefined;
    this.#isReady = false;
    this.sid = NO_SID;
    this.connectedAt = undefined;
    this.duplicate = undefined;
    this.unconfirmed.length = 0;
    this.#failActive(reason);
    for (const subscription of this.#subscriptions.values()) subscription.detach();
    const spread = this.context.network.random() * SPREAD_MS;
    // The restart of a server must not be felt, one that accepts and fails must not be flooded.
    this.#delayMs = this.#failures === 0 ? 0 : Math.min(MAX_DELAY_MS, 1000 * 2 ** (this.#failures - 1));
    this.#lostMs = now;
    this.#failures++;
    this.#home.search(this, this.#delayMs + spread);
    this.#setState('disconnected');
  }

  #setState(state: ChannelState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#stateListeners?.emit(state);
  }
}

function plural(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
