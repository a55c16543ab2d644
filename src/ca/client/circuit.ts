import { type Endpoint, type StreamHandler, type StreamTransport, Written } from '../../net/index.ts';
import {
  type BytesReader,
  DisconnectedError,
  errorText,
  formatEndpoint,
  HandleTable,
  type Logger,
  noStop,
  numberToIpv4,
  type ProtocolError,
  SendBuffer,
  type Stop,
} from '../../util/index.ts';
import {
  ADDRESS_OF_SENDER,
  CaCircuit,
  type ClientCircuitHandler,
  CMD_CREATE_CHAN,
  CMD_EVENT_ADD,
  CMD_READ,
  CMD_READ_NOTIFY,
  CMD_WRITE,
  CMD_WRITE_NOTIFY,
  commandName,
  ECA_TOLARGE,
  ecaMessage,
  ecaName,
  type MessageHeader,
} from '../core/index.ts';
import type { CircuitChannel, CircuitOperation } from './circuit-parts.ts';
import type { ClientContext } from './context.ts';

/** Where a circuit reports. */
export interface CircuitOwner {
  /** A name server answered. */
  onNameFound(cid: number, server: Endpoint, circuit: ClientCircuit): void;
  onCircuitVersion(circuit: ClientCircuit): void;
  /** Called once, after the channels of the circuit were told. */
  onCircuitGone(circuit: ClientCircuit): void;
}

export type CircuitState = 'connecting' | 'open' | 'unresponsive' | 'closed';

const FLUSH_BYTES = 64 * 1024;

/** The client's end of one TCP connection: the transport, its protocol core, and who waits for what. */
export class ClientCircuit implements ClientCircuitHandler, StreamHandler {
  readonly endpoint: Endpoint;
  readonly priority: number;
  readonly core: CaCircuit;
  readonly operations: HandleTable<CircuitOperation>;
  readonly channels: Map<number, CircuitChannel>;
  readonly #context: ClientContext;
  readonly #owner: CircuitOwner;
  readonly #log: Logger;
  readonly #out: SendBuffer;
  readonly #stream: StreamTransport;
  #state: CircuitState;
  #holds: number;
  #isFlushScheduled: boolean;
  #isBlocked: boolean;
  #connectedMs: number;
  #lastHeardMs: number;
  #stopConnect: Stop;
  #stopLinger: Stop;
  #stopWatch: Stop;
  #watchAtMs: number;
  // Who waits for the echoes that are under way, in order; undefined: a probe of the core.
  #echoes: ((() => void) | undefined)[];
  #onFlushed: ((lost?: Error) => void)[];
  #countedIn: number;
  #countedMessagesIn: number;
  #countedMessagesOut: number;
  #resolveEnded: () => void;
  /** Resolves when the transport is gone. */
  readonly ended: Promise<void>;

  /** Begins to connect; @param endpoint of the server, @param priority 0..99. */
  constructor(context: ClientContext, owner: CircuitOwner, endpoint: Endpoint, priority: number) {
    this.endpoint = endpoint;
    this.priority = priority;
    this.#context = context;
    this.#owner = owner;
    this.#log = context.log.child({ peer: formatEndpoint(endpoint) });
    this.#out = new SendBuffer(context.blocks, false);
    const { config, network } = context;
    this.core = new CaCircuit('client', this, this.#out, {
      maxPayloadBytes: config.maxMessageBytes,
      maxMessageBytes: config.maxMessageBytes,
      idleMs: config.connTmo * 1000,
    });
    this.operations = new HandleTable();
    this.channels = new Map();
    this.#state = 'connecting';
    this.#holds = 0;
    this.#isFlushScheduled = false;
    this.#isBlocked = false;
    this.#connectedMs = 0;
    this.#lastHeardMs = 0;
    this.#stopConnect = noStop;
    this.#stopLinger = noStop;
    this.#stopWatch = noStop;
    this.#watchAtMs = Number.POSITIVE_INFINITY;
    this.#echoes = [];
    this.#onFlushed = [];
    this.#countedIn = 0;
    this.#countedMessagesIn = 0;
    this.#countedMessagesOut = 0;
    this.#resolveEnded = noStop;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.core.version(priority);
    this.core.clientName(config.user ?? network.userName);
    this.core.hostName(config.host ?? network.hostName);
    this.#stream = network.connect(endpoint, {});
  }

  get state(): CircuitState {
    return this.#state;
  }
  get name(): string {
    return formatEndpoint(this.endpoint);
  }
  /** The server's minor version, 0 until it has said so. */
  get minor(): number {
    return this.core.minor;
  }
  /** Time that the circuit has been up, in ms. */
  get ageMs(): number {
    return this.#state === 'connecting' ? 0 : this.#context.clock.monotonicMs - this.#connectedMs;
  }
  /** Time since the last byte from the server, in ms. */
  get silentMs(): number {
    return this.#context.clock.monotonicMs - this.#lastHeardMs;
  }
  /** Bytes that have not left this process yet. */
  get queuedBytes(): number {
    return this.#out.byteLength + this.#stream.pendingBytes;
  }

  /** Starts the transport; its failure may be reported before this returns. */
  start(): void {
    this.#context.keeper.add(this.#stream);
    const { connTmo } = this.#context.config;
    this.#stopConnect = this.#context.deadlines.after(connTmo * 1000, () =>
      this.#lose(new DisconnectedError(`connecting to ${this.name} timed out after ${connTmo} s`)),
    );
    this.#stream.start(this);
  }

  /** Keeps the circuit open without channels. */
  hold(): Stop {
    this.#holds++;
    this.#stopLinger();
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#holds--;
      this.#lingerIfUnused();
    };
  }

  /** Asks the server for a channel. */
  attach(channel: CircuitChannel): void {
    if (this.#state === 'closed') {
      const reason = new DisconnectedError(`cannot connect to ${this.name}`);
      this.#context.clock.defer(() => channel.onCircuitLost(reason, false));
      return;
    }
    this.#stopLinger();
    this.channels.set(channel.cid, channel);
    this.core.createChannel(channel.cid, channel.name);
    this.markDirty();
  }

  /** Lets go of a channel. @param sid undefined: the server has not created it, or has dropped it. */
  detach(channel: CircuitChannel, sid: number | undefined): void {
    if (!this.channels.delete(channel.cid)) return;
    if (this.#state === 'closed') return;
    if (sid !== undefined) {
      this.core.clearChannel(sid, channel.cid);
      this.markDirty();
    }
    this.#lingerIfUnused();
  }

  /** To be called after each write to the core: everything of one turn leaves in one write. */
  markDirty(): void {
    if (this.#out.byteLength >= FLUSH_BYTES) {
      this.#flush();
      return;
    }
    if (this.#isFlushScheduled) return;
    this.#isFlushScheduled = true;
    this.#context.clock.defer(() => {
      this.#isFlushScheduled = false;
      this.#flush();
    });
  }

  /**
   * Calls `fn` when what is written so far has been handed to the transport and the transport is not blocked, or with
   * the reason when the circuit is lost before.
   */
  afterFlush(fn: (lost?: Error) => void): void {
    this.#onFlushed.push(fn);
    this.markDirty();
  }

  /** Sends ECHO; `onEcho` is called when the answer is there, never when the circuit is lost before. */
  echo(onEcho: () => void): void {
    this.#echoes.push(onEcho);
    this.core.echo();
    this.markDirty();
  }

  /** Sends whole messages as they are: search datagrams to a name server. */
  sendRaw(bytes: Uint8Array): void {
    if (this.#state !== 'open') return;
    this.#out.raw(bytes);
    this.markDirty();
  }

  /** A regular beacon of the server arrived. */
  onBeacon(): void {
    this.core.watch.beacon(this.#context.clock.monotonicMs);
  }

  /** Beacons are irregular: finds out whether the server is alive. */
  probe(): void {
    if (this.#state !== 'open') return;
    this.#withProbes(() => this.core.watch.probeNow(this.#context.clock.monotonicMs));
  }

  /** Sends what is left and closes; channels and operations are told that the circuit is gone. */
  close(reason: Error): void {
    if (this.#state === 'closed') return;
    if (this.#state !== 'connecting') {
      this.#isBlocked = false;
      this.#flush();
      this.#stream.end();
      // A peer that does not close its end must not hold the connection open for ever.
      this.#context.deadlines.after(this.#context.config.connTmo * 1000, () => this.#stream.destroy());
    } else this.#stream.destroy();
    this.#gone(reason);
  }

  /** Ends the connection without waiting for the peer. */
  destroy(): void {
    this.#stream.destroy();
  }

  /** While the program waits for `ended`, the connection keeps the process running. */
  keepProcess(): void {
    this.#stream.setKeepsProcess(true);
  }

  // ---- transport ----

  onOpen(): void {
    if (this.#state !== 'connecting') return;
    this.#stopConnect();
    this.#state = 'open';
    this.#connectedMs = this.#context.clock.monotonicMs;
    this.#lastHeardMs = this.#connectedMs;
    this.#context.counters.connects++;
    this.core.watch.start(this.#connectedMs);
    this.#armWatch();
    this.#log.debug('circuit is up');
    this.#flush();
  }

  onData(chunk: Uint8Array): void {
    if (this.#state === 'closed') return;
    const now = this.#context.clock.monotonicMs;
    this.#lastHeardMs = now;
    const sends = this.core.watch.isUnresponsive;
    if (sends) this.#withProbes(() => this.core.receive(chunk, now));
    else this.core.receive(chunk, now);
    this.#count();
    if (this.core.nextDeadline < this.#watchAtMs) this.#armWatch();
  }

  onDrain(): void {
    this.#out.drained();
    this.#isBlocked = false;
    this.#flush();
  }

  onEnd(): void {
    this.#lose(new DisconnectedError(`${this.name} closed the connection`));
  }

  onClose(error?: Error): void {
    this.#resolveEnded();
    const why = error === undefined ? 'the connection was closed' : errorText(error);
    this.#lose(new DisconnectedError(`lost the connection to ${this.name}: ${why}`, { cause: error }));
  }

  // ---- messages ----

  onVersion(): void {
    this.#owner.onCircuitVersion(this);
  }

  onProtocolError(error: ProtocolError): void {
    this.#log.warn({ error }, 'the server broke the protocol, closing the circuit');
    this.#lose(error);
  }

  onAccessRights(cid: number, rights: number): void {
    this.channels.get(cid)?.onRights(rights);
  }

  onCreateChannel(cid: number, sid: number, dbrType: number, count: number): void {
    const channel = this.channels.get(cid);
    if (channel === undefined) {
      // It was closed while the request was under way.
      this.core.clearChannel(sid, cid);
      this.markDirty();
      return;
    }
    channel.onCreated(sid, dbrType, count);
  }

  onCreateFailed(cid: number): void {
    this.channels.get(cid)?.onCreateFailed();
  }

  onServerDisconnect(cid: number): void {
    this.channels.get(cid)?.onServerDisconnect();
  }

  onClearChannel(): void {
    // The answer to a clear is not waited for.
  }

  onEventAdd(id: number, dbrType: number, count: number, status: number, payload: BytesReader): void {
    this.#operation(id)?.onUpdate(dbrType, count, status, payload);
  }

  onEventCancelled(): void {
    // Ids are not used again soon, so nothing waits for this.
  }

  onRead(_cid: number, ioid: number, dbrType: number, count: number, payload: BytesReader): void {
    this.#operation(ioid)?.onReadReply(dbrType, count, 1, payload);
  }

  onReadNotify(ioid: number, dbrType: number, count: number, status: number, payload: BytesReader): void {
    this.#operation(ioid)?.onReadReply(dbrType, count, status, payload);
  }

  onWriteNotify(ioid: number, _dbrType: number, _count: number, status: number): void {
    this.#operation(ioid)?.onWriteReply(status);
  }

  onSearch(cid: number, port: number, address: number): void {
    const isOwn = address === ADDRESS_OF_SENDER || this.#context.config.ignoreReplyAddress;
    const host = isOwn ? this.endpoint.address : numberToIpv4(address);
    // Some servers leave the port out of replies over TCP: it is the one of this circuit then.
    this.#owner.onNameFound(cid, { address: host, port: port === 0 ? this.endpoint.port : port }, this);
  }

  onNotFound(): void {
    // The schedule asks again in its own time.
  }

  onEcho(): void {
    this.#echoes.shift()?.();
  }

  onError(cid: number, eca: number, request: Readonly<MessageHeader>, text: string): void {
    switch (request.command) {
      case CMD_EVENT_ADD:
      case CMD_READ:
      case CMD_READ_NOTIFY:
      case CMD_WRITE_NOTIFY: {
        const operation = this.operations.get(request.p2);
        if (operation !== undefined) {
          operation.onOperationError(eca, text);
          return;
        }
        break;
      }
      case CMD_WRITE: {
        const channel = this.channels.get(request.p2) ?? this.channels.get(cid);
        if (channel !== undefined) {
          channel.onChannelError(eca, request, text);
          return;
        }
        break;
      }
      case CMD_CREATE_CHAN: {
        const channel = this.channels.get(request.p1);
        if (channel !== undefined) {
          channel.onCreateFailed();
          return;
        }
        break;
      }
    }
    const what = `${commandName(request.command)} failed at ${this.name}: ${ecaName(eca)}, ${ecaMessage(eca)}`;
    this.#context.reportError(new Error(text === '' ? what : `${what} (${text})`));
  }

  onTooLarge(header: Readonly<MessageHeader>): void {
    const limit = this.#context.config.maxMessageBytes;
    const text = `message of ${header.payloadBytes} bytes exceeds the limit of ${limit} (EPICS_CA_MAX_ARRAY_BYTES)`;
    this.operations.get(header.p2)?.onOperationError(ECA_TOLARGE, text);
    this.#log.warn(text);
  }

  onUnresponsive(): void {
    if (this.#state !== 'open') return;
    this.#state = 'unresponsive';
    this.#echoes = [];
    const reason = new DisconnectedError(
      `${this.name} does not respond: nothing heard for ${Math.round(this.silentMs / 100) / 10} s`,
    );
    this.#log.warn(reason.message);
    for (const channel of [...this.channels.values()]) channel.onUnresponsive(reason);
  }

  onResponsive(): void {
    if (this.#state !== 'unresponsive') return;
    this.#state = 'open';
    this.#log.info('the server responds again');
    for (const channel of [...this.channels.values()]) channel.onResponsive();
  }

  // ---- inside ----

  #operation(id: number): CircuitOperation | undefined {
    const operation = this.operations.get(id);
    if (operation === undefined) this.#context.counters.strays++;
    return operation;
  }

  #flush(): void {
    if (this.#state === 'connecting' || this.#state === 'closed' || this.#isBlocked) return;
    this.#context.counters.bytesOut += this.#out.byteLength;
    this.#out.flush((chunks) => {
      const isDone = this.#stream.write(chunks) === Written.Done;
      this.#isBlocked = !isDone;
      return isDone;
    });
    this.#count();
    if (this.#isBlocked || this.#onFlushed.length === 0) return;
    const waiting = this.#onFlushed;
    this.#onFlushed = [];
    for (const fn of waiting) fn();
  }

  #count(): void {
    const { counters } = this.#context;
    counters.bytesIn += this.core.bytesIn - this.#countedIn;
    this.#countedIn = this.core.bytesIn;
    counters.messagesIn += this.core.messagesIn - this.#countedMessagesIn;
    this.#countedMessagesIn = this.core.messagesIn;
    counters.messagesOut += this.core.messagesOut - this.#countedMessagesOut;
    this.#countedMessagesOut = this.core.messagesOut;
  }

  /** Runs what may make the core send a probe, so that its echo is told from others. */
  #withProbes(fn: () => void): void {
    const before = this.core.messagesOut;
    fn();
    for (let i = before; i < this.core.messagesOut; i++) this.#echoes.push(undefined);
    if (this.#out.byteLength > 0) this.markDirty();
    this.#armWatch();
  }

  #armWatch(): void {
    this.#stopWatch();
    this.#watchAtMs = this.core.nextDeadline;
    if (this.#state === 'closed') return;
    this.#stopWatch = this.#context.deadlines.at(this.#watchAtMs, () => {
      this.#watchAtMs = Number.POSITIVE_INFINITY;
      this.#withProbes(() => this.core.tick(this.#context.clock.monotonicMs));
    });
  }

  #lingerIfUnused(): void {
    if (this.channels.size > 0 || this.#holds > 0 || this.#state === 'closed') return;
    this.#stopLinger();
    this.#stopLinger = this.#context.deadlines.after(this.#context.config.circuitLingerMs, () =>
      this.close(new DisconnectedError(`the circuit to ${this.name} was not used any more`)),
    );
  }

  #lose(reason: Error): void {
    if (this.#state === 'closed') return;
    this.#stream.destroy();
    this.#gone(reason);
  }

  #gone(reason: Error): void {
    const wasOpen = this.#state !== 'connecting';
    this.#state = 'closed';
    this.core.close();
    this.#stopConnect();
    this.#stopLinger();
    this.#stopWatch();
    this.#context.keeper.remove(this.#stream);
    this.#out.clear();
    this.#echoes = [];
    if (wasOpen) this.#context.counters.disconnects++;
    this.#log.debug({ error: reason }, 'circuit is gone');
    for (const operation of this.operations.takeAll()) operation.onLost(reason);
    const channels = [...this.channels.values()];
    this.channels.clear();
    for (const channel of channels) channel.onCircuitLost(reason, wasOpen);
    const waiting = this.#onFlushed;
    this.#onFlushed = [];
    for (const fn of waiting) fn(reason);
    this.#owner.onCircuitGone(this);
  }
}
