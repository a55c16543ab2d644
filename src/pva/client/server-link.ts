import type { Endpoint, Network, StreamTransport, Written } from '../../net/index.ts';
import { type FieldDesc, structType, Value } from '../../pvdata/index.ts';
import {
  type BlockPool,
  type BytesReader,
  type Deadlines,
  DisconnectedError,
  errorText,
  formatEndpoint,
  HandleTable,
  type Logger,
  noStop,
  type ProtocolError,
  SendBuffer,
  type Stop,
} from '../../util/index.ts';
import {
  beginSearchRequest,
  decodeSearchResponse,
  endSearchRequest,
  isSuccess,
  PvaClientConnection,
  type PvaClientHandler,
  SearchFlag,
  type SearchResponse,
  type SearchTarget,
  type Status,
  writeSearchName,
} from '../core/index.ts';
import type { PvaClientConfig } from './config.ts';
import { echoPeriodMs, silenceLimitMs } from './config.ts';
import type { Operation } from './operation.ts';

/** A channel as a connection sees it. */
export interface LinkChannel {
  readonly cid: number;
  readonly name: string;
  /** The connection can take requests. */
  onLinkReady(link: ServerLink): void;
  onCreated(sid: number): void;
  onRefused(status: Status): void;
  /** The server ended the channel. */
  onDestroyed(): void;
  onAccess(bits: number): void;
  /** The connection is lost. */
  onLinkLost(link: ServerLink, reason: Error): void;
}

/** What a connection tells its pool. */
export interface LinkOwner {
  readonly network: Network;
  readonly config: PvaClientConfig;
  readonly deadlines: Deadlines;
  readonly logger: Logger;
  readonly blocks: BlockPool;
  readonly userName: string;
  readonly hostName: string;
  onLinkClosed(link: ServerLink, wasOpen: boolean): void;
  onSearchResponse(link: ServerLink, response: SearchResponse): void;
}

// Data for the method "ca": who we say we are.
const identityType: FieldDesc = structType('', { user: 'string', host: 'string' });

const WRITTEN_DONE: Written = 0;
const FLUSH_AT_BYTES = 64 * 1024;
const MAX_SEARCH_BACKLOG = 64 * 1024;

/**
 * One TCP connection to a server: its core, its socket, the channels and operations on it. Output is written once per
 * turn of the event loop, at 64 KiB at once.
 */
export class ServerLink implements PvaClientHandler {
  readonly endpoint: Endpoint;
  readonly core: PvaClientConnection;
  /** Settles when the socket is closed. */
  readonly whenClosed: Promise<void>;
  /** The server answers repeated gets of one operation with what changed in between. */
  sendsChanges = false;
  readonly #owner: LinkOwner;
  readonly #out: SendBuffer;
  readonly #stream: StreamTransport;
  readonly #channels = new Map<number, LinkChannel>();
  readonly #operations = new HandleTable<Operation>();
  readonly #flushTurn: () => void;
  readonly #write: (chunks: readonly Uint8Array[]) => boolean;
  #onSocketClosed: () => void = noStop;
  #isDirty = false;
  #isReady = false;
  #isClosed = false;
  #stopTick: Stop = noStop;
  #stopLinger: Stop = noStop;
  #bytesOut = 0;
  #useCount = 0;

  constructor(endpoint: Endpoint, owner: LinkOwner) {
    const idleTimeoutMs = silenceLimitMs(owner.config);
    this.endpoint = endpoint;
    this.#owner = owner;
    this.#out = new SendBuffer(owner.blocks);
    this.core = new PvaClientConnection(this, this.#out, {
      maxMessageBytes: owner.config.maxMessageBytes,
      idleTimeoutMs,
      echoPeriodMs: echoPeriodMs(idleTimeoutMs),
      startMs: owner.network.clock.monotonicMs,
    });
    this.whenClosed = new Promise((resolve) => {
      this.#onSocketClosed = resolve;
    });
    this.#flushTurn = () => {
      this.#isDirty = false;
      this.flush();
    };
    this.#write = (chunks) => this.#stream.write(chunks) === WRITTEN_DONE;
    this.#stream = owner.network.connect(endpoint, {});
  }

  /** Begins to connect. */
  start(): void {
    this.#stream.start({
      onOpen: () => {},
      onData: (chunk) => {
        this.core.receive(chunk);
        if (this.#out.byteLength > 0) this.markDirty();
      },
      onDrain: () => this.#out.drained(),
      onEnd: () => this.close(new DisconnectedError(`${this.peer} closed the connection`)),
      onClose: (error) => {
        this.#onSocketClosed();
        this.close(
          new DisconnectedError(
            error === undefined
              ? `${this.peer} closed the connection`
              : `connection to ${this.peer}: ${error.message}`,
            { cause: error },
          ),
        );
      },
    });
    this.#stream.setKeepsProcess(false);
    this.#armTick();
  }

  /** One more (1) or one less (-1) channel in use: those keep the process running. */
  use(change: 1 | -1): void {
    const wasUsed = this.#useCount > 0;
    this.#useCount += change;
    const isUsed = this.#useCount > 0;
    if (isUsed !== wasUsed && !this.#isClosed)
      this.#stream.setKeepsProcess(isUsed && !this.#owner.config.unref);
  }

  /** `address:port` of the server. */
  get peer(): string {
    return formatEndpoint(this.endpoint);
  }
  /** Whether channels can be created. */
  get isReady(): boolean {
    return this.#isReady && !this.#isClosed;
  }
  get isClosed(): boolean {
    return this.#isClosed;
  }
  get bytesIn(): number {
    return this.core.bytesIn;
  }
  get bytesOut(): number {
    return this.#bytesOut;
  }
  get channelCount(): number {
    return this.#channels.size;
  }
  get operationCount(): number {
    return this.#operations.size;
  }
  channels(): IterableIterator<LinkChannel> {
    return this.#channels.values();
  }

  /** Puts a channel on this connection; it is told when the connection is ready, at once if it is. */
  addChannel(channel: LinkChannel): void {
    this.#stopLinger();
    this.#stopLinger = noStop;
    this.#channels.set(channel.cid, channel);
    if (this.isReady) channel.onLinkReady(this);
  }

  /** Takes a channel off; the last one leaves the connection to linger, then close. */
  removeChannel(channel: LinkChannel): void {
    if (!this.#channels.delete(channel.cid)) return;
    this.#lingerIfUnused();
  }

  addOperation(operation: Operation): number {
    return this.#operations.add(operation);
  }
  removeOperation(ioid: number): void {
    this.#operations.remove(ioid);
  }

  /** Something was written: it leaves after the I/O callbacks of this turn, or now when there is much. */
  markDirty(): void {
    if (this.#out.byteLength >= FLUSH_AT_BYTES) this.flush();
    if (this.#isDirty || this.#isClosed) return;
    this.#isDirty = true;
    this.#owner.network.clock.defer(this.#flushTurn);
  }

  flush(): void {
    if (this.#isClosed) return;
    this.#bytesOut += this.#out.byteLength;
    this.#out.flush(this.#write);
  }

  /** Sends a search for names, unless much is waiting to be sent already. */
  search(batch: readonly SearchTarget[]): void {
    if (!this.isReady || this.#stream.pendingBytes > MAX_SEARCH_BACKLOG) return;
    this.core.search((writer) => {
      const head = { sequence: 0, flags: SearchFlag.Unicast, responseAddress: '', responsePort: 0 };
      const countAt = beginSearchRequest(writer, head);
      for (const target of batch) writeSearchName(writer, target.id, target.name);
      endSearchRequest(writer, countAt, batch.length);
    });
    this.markDirty();
  }

  /** Ends the connection at once. Its owner and the channels on it are told. */
  close(reason: Error): void {
    if (this.#isClosed) return;
    const wasOpen = this.#isReady;
    const channels = [...this.#channels.values()];
    this.#shut();
    this.#stream.destroy();
    this.#owner.onLinkClosed(this, wasOpen);
    for (const channel of channels) channel.onLinkLost(this, reason);
  }

  /** Ends the connection once what was written has been sent. Nobody is on it any more. */
  end(): void {
    if (this.#isClosed) return;
    this.flush();
    this.#shut();
    this.#stream.end();
    this.#owner.onLinkClosed(this, true);
  }

  /** Closes the socket whatever waits to be sent. */
  destroy(): void {
    this.#stream.destroy();
  }

  // What the core tells.

  onConnectionValidation(_bufferBytes: number, _registrySize: number, methods: readonly string[]): void {
    // In rising preference: the last one that we know wins.
    const method = methods.findLast((name) => name === 'ca' || name === 'anonymous') ?? 'anonymous';
    const identity =
      method === 'ca'
        ? Value.from(identityType, { user: this.#owner.userName, host: this.#owner.hostName })
        : null;
    this.core.validate(method, identity);
    this.markDirty();
  }

  onConnectionValidated(status: Status): void {
    if (!isSuccess(status)) {
      // Some servers leave the connection open after refusing.
      this.close(new DisconnectedError(`${this.peer} refused the connection: ${status.message}`));
      return;
    }
    this.#isReady = true;
    for (const channel of [...this.#channels.values()]) channel.onLinkReady(this);
  }

  onCreateChannel(cid: number, sid: number, status: Status): void {
    const channel = this.#channels.get(cid);
    if (channel === undefined) {
      // Closed while the server was at work on it.
      if (isSuccess(status)) {
        this.core.destroyChannel(sid, cid);
        this.markDirty();
      }
      return;
    }
    if (isSuccess(status)) channel.onCreated(sid);
    else channel.onRefused(status);
  }

  onDestroyChannel(_sid: number, cid: number): void {
    this.#channels.get(cid)?.onDestroyed();
  }

  onAclChange(cid: number, bits: number): void {
    this.#channels.get(cid)?.onAccess(bits);
  }

  onSearchResponse(body: BytesReader): void {
    this.#owner.onSearchResponse(this, decodeSearchResponse(body));
  }

  onInit(
    _command: number,
    ioid: number,
    status: Status,
    type: FieldDesc | null,
    secondType: FieldDesc | null,
  ): void {
    this.#operations.get(ioid)?.onInit(status, type, secondType);
  }
  onGet(ioid: number, subcommand: number, status: Status, body: BytesReader): void {
    this.#operations.get(ioid)?.onReply(subcommand, status, body);
  }
  onPut(ioid: number, subcommand: number, status: Status, body: BytesReader): void {
    this.#operations.get(ioid)?.onReply(subcommand, status, body);
  }
  onPutGet(ioid: number, subcommand: number, status: Status, body: BytesReader): void {
    this.#operations.get(ioid)?.onReply(subcommand, status, body);
  }
  onMonitor(ioid: number, body: BytesReader): void {
    this.#operations.get(ioid)?.onUpdate(body);
  }
  onMonitorFinished(ioid: number, status: Status, body: BytesReader): void {
    this.#operations.get(ioid)?.onFinished(status, body);
  }
  onArray(): void {}
  onProcess(ioid: number, _subcommand: number, status: Status): void {
    this.#operations.get(ioid)?.onProcess(status);
  }
  onRpc(ioid: number, _subcommand: number, status: Status, result: Value | null): void {
    this.#operations.get(ioid)?.onRpc(status, result);
  }
  onGetField(ioid: number, status: Status, type: FieldDesc | null): void {
    this.#operations.get(ioid)?.onFieldType(status, type);
  }
  onEcho(): void {}

  onMessage(ioid: number, type: number, text: string): void {
    const operation = this.#operations.get(ioid);
    if (operation !== undefined) operation.onText(type, text);
    else if (type >= 2) this.#owner.logger.warn({ peer: this.peer, ioid }, `server says: ${text}`);
    else this.#owner.logger.info({ peer: this.peer, ioid }, `server says: ${text}`);
  }

  onProtocolError(error: ProtocolError, dump: Uint8Array): void {
    const bytes = Array.from(dump, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
    this.#owner.logger.warn({ peer: this.peer, bytes }, `connection ended: ${errorText(error)}`);
    this.close(new DisconnectedError(`connection to ${this.peer}: ${error.message}`, { cause: error }));
  }

  #shut(): void {
    this.#isClosed = true;
    this.#isReady = false;
    this.core.close();
    this.#stopTick();
    this.#stopLinger();
    this.#channels.clear();
    this.#operations.takeAll();
  }

  #lingerIfUnused(): void {
    if (this.#isClosed || this.#channels.size > 0) return;
    this.#stopLinger();
    this.#stopLinger = this.#owner.deadlines.after(this.#owner.config.connectionLingerMs, () => this.end());
  }

  #armTick(): void {
    this.#stopTick();
    this.#stopTick = this.#owner.deadlines.at(this.core.nextDeadline, () => {
      this.core.tick(this.#owner.network.clock.monotonicMs);
      if (this.#isClosed) return;
      if (this.#out.byteLength > 0) this.markDirty();
      this.#armTick();
    });
  }
}
