import type { StreamHandler, StreamTransport, Written } from '../../net/index.ts';
import { type MaybePromise, type Peer, QueueBudget, type ResolvedPv, type SourceList } from '../../pv/index.ts';
import type { Value } from '../../pvdata/index.ts';
import {
  type BlockPool,
  type BytesReader,
  BLOCK_BYTES,
  type Deadlines,
  formatEndpoint,
  IdTable,
  type Logger,
  noStop,
  type ProtocolError,
  SendBuffer,
  type Stop,
  traceChannel,
} from '../../util/index.ts';
import {
  ACL_PUT,
  CMD_ARRAY,
  CMD_GET,
  CMD_GET_FIELD,
  CMD_MONITOR,
  CMD_PROCESS,
  CMD_PUT,
  CMD_PUT_GET,
  CMD_RPC,
  commandName,
  decodeCaIdentity,
  decodeSearchRequest,
  encodeSearchResponse,
  errorStatus,
  makeStatus,
  METHOD_ANONYMOUS,
  METHOD_CA,
  okStatus,
  PvaServerConnection,
  type PvaServerHandler,
  type SearchRequest,
  StatusType,
  SUB_DESTROY,
  SUB_INIT,
} from '../core/index.ts';
import { type PvaServerConfig, serverIdleMs } from './config.ts';
import { GetFieldOperation } from './get-field-operation.ts';
import { MonitorOperation } from './monitor.ts';
import { type ServerOperation, statusOf } from './operation.ts';
import { RpcOperation } from './rpc-operation.ts';
import { ServedChannel } from './served-channel.ts';
import type { ServedPvs } from './served-pvs.ts';
import { ValueOperation } from './value-operation.ts';

/** What a session needs of its server. */
export interface SessionHost {
  readonly config: PvaServerConfig;
  readonly deadlines: Deadlines;
  readonly sources: SourceList;
  readonly pvs: ServedPvs;
  readonly pool: BlockPool;
  /** Updates are encoded here before they are shared. */
  readonly scratch: SendBuffer;
  readonly logger: Logger;
  readonly nowMs: number;
  readonly groupsOf: (user: string) => readonly string[];
  /** The session has written something: flush it at the end of this turn. */
  onDirty(session: Session): void;
  onSessionEnd(session: Session): void;
  /** Answers a search of this connection; `reply` may be called later too. */
  search(request: SearchRequest, peer: Peer, reply: SearchReply): void;
  readonly guid: Uint8Array;
  readonly tcpPort: number;
}

/** Sends the answer to a search. */
export type SearchReply = (ids: readonly number[], isFound: boolean) => void;

// Only types come from the network layer: the code behind them is chosen by who starts the server.
const WRITE_DONE: typeof Written.Done = 0;

const METHODS: readonly string[] = [METHOD_ANONYMOUS, METHOD_CA];
/** Above this many bytes that the client does not take, its requests are not read any more. */
const PAUSE_BYTES = 1024 * 1024;
const MAX_CALLS = 10_000;
/** Channels that a client may ask for before it says who it is. */
const MAX_EARLY_CHANNELS = 1000;

const sessionTrace = traceChannel('pva:server:session');
const errorTrace = traceChannel('protocol-error');

/** One client connection: its channels, its operations and its socket. */
export class Session implements PvaServerHandler, StreamHandler {
  readonly connection: PvaServerConnection;
  readonly budget: QueueBudget;
  readonly maxCalls: number;
  callsRunning: number;
  peer: Peer;
  /** In the server's list of sessions to flush. */
  isDirty: boolean;
  bytesOut: number;
  readonly #host: SessionHost;
  readonly #transport: StreamTransport;
  readonly #channels: IdTable<ServedChannel>;
  readonly #operations: Map<number, ServerOperation>;
  readonly #waiting: Set<MonitorOperation>;
  readonly #early: { readonly cid: number; readonly name: string }[];
  #isBlocked: boolean;
  #isPaused: boolean;
  #isEnded: boolean;
  #opening: number;
  #stuckBytes: number;
  #stuckSinceMs: number;
  #claimedHost: string;
  #isGone: boolean;
  #onGone: (() => void) | undefined;
  #tick: Stop;

  constructor(host: SessionHost, transport: StreamTransport) {
    const { config } = host;
    const remote = formatEndpoint(transport.remote);
    this.connection = new PvaServerConnection(this, new SendBuffer(host.pool), {
      littleEndian: config.littleEndian,
      maxMessageBytes: config.maxMessageBytes,
      idleTimeoutMs: serverIdleMs(config),
      startMs: host.nowMs,
    });
    this.budget = new QueueBudget({ maxBytes: config.maxQueuedBytes });
    this.maxCalls = MAX_CALLS;
    this.callsRunning = 0;
    this.peer = makePeer(remote, transport, '', '', () => []);
    this.isDirty = false;
    this.bytesOut = 0;
    this.#host = host;
    this.#transport = transport;
    this.#channels = new IdTable<ServedChannel>(1);
    this.#operations = new Map();
    this.#waiting = new Set();
    this.#early = [];
    this.#isBlocked = false;
    this.#isPaused = false;
    this.#isEnded = false;
    this.#opening = 0;
    this.#stuckBytes = 0;
    this.#stuckSinceMs = Number.POSITIVE_INFINITY;
    this.#claimedHost = '';
    this.#isGone = false;
    this.#onGone = undefined;
    this.#tick = noStop;
  }

  /** Begins to talk. */
  start(): void {
    this.#transport.start(this);
  }

  /** True while the socket takes no more: monitors wait, and merge in their queues. */
  get isBlocked(): boolean {
    return this.#isBlocked;
  }
  get isEnded(): boolean {
    return this.#isEnded;
  }
  get maxQueueSize(): number {
    return this.#host.config.maxQueueSize;
  }
  get scratch(): SendBuffer {
    return this.#host.scratch;
  }
  get channelCount(): number {
    return this.#channels.size;
  }
  get operationCount(): number {
    return this.#operations.size;
  }
  get channels(): IterableIterator<ServedChannel> {
    return this.#channels.values();
  }
  get monitors(): readonly MonitorOperation[] {
    return [...this.#operations.values()].filter((operation) => operation instanceof MonitorOperation);
  }

  // ---- socket

  onOpen(): void {
    this.connection.greet(METHODS);
    this.touch();
    this.#armTick();
    if (sessionTrace.hasSubscribers) sessionTrace.publish({ peer: this.peer.address, isOpen: true });
  }

  onData(chunk: Uint8Array): void {
    this.connection.receive(chunk);
    if (this.connection.out.byteLength > 0) this.touch();
  }

  onDrain(): void {
    this.connection.out.drained();
    this.#isBlocked = false;
    this.#stuckSinceMs = Number.POSITIVE_INFINITY;
    if (this.#isPaused) {
      this.#isPaused = false;
      this.#transport.resume();
    }
    this.#drainMonitors();
  }

  onEnd(): void {
    this.close();
  }

  onClose(error?: Error): void {
    if (error !== undefined) this.#host.logger.debug({ peer: this.peer.address, error }, 'connection failed');
    this.#isGone = true;
    this.#end();
    this.#onGone?.();
  }

  /** Writes out what is there. */
  flush(): void {
    this.isDirty = false;
    if (this.#isEnded) return;
    const { out } = this.connection;
    if (out.byteLength === 0) return;
    this.bytesOut += out.byteLength;
    out.flush((chunks) => {
      if (this.#transport.write(chunks) === WRITE_DONE) return true;
      this.#isBlocked = true;
      return false;
    });
    if (this.#isBlocked && !this.#isPaused && this.#transport.pendingBytes > PAUSE_BYTES) {
      this.#isPaused = true;
      this.#transport.pause();
    }
  }

  /** Something was written: flush at the end of this turn, or now when there is much. */
  touch(): void {
    if (this.#isEnded) return;
    if (this.connection.out.byteLength >= BLOCK_BYTES) this.flush();
    else if (!this.isDirty) {
      this.isDirty = true;
      this.#host.onDirty(this);
    }
  }

  /** Sends what is there and closes; nothing more is read. */
  close(): void {
    if (this.#isEnded) return;
    this.flush();
    this.#transport.end();
    this.#end();
  }

  /** As `close`, but at once after `withinMs`; resolves when the socket is gone. */
  shut(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.#host.deadlines.after(withinMs, () => this.#transport.destroy());
      this.#onGone = () => {
        stop();
        resolve();
      };
      this.close();
      if (this.#isGone) this.#onGone();
    });
  }

  /** Closes at once. */
  destroy(error?: Error): void {
    this.#end();
    this.#transport.destroy(error);
  }

  #end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.connection.close();
    this.#tick();
    for (const channel of this.#channels.values()) this.#release(channel);
    this.#channels.clear();
    for (const operation of [...this.#operations.values()]) operation.destroy();
    this.#waiting.clear();
    this.connection.out.clear();
    this.#host.onSessionEnd(this);
    if (sessionTrace.hasSubscribers) sessionTrace.publish({ peer: this.peer.address, isOpen: false });
  }

  #armTick(): void {
    const at = this.connection.nextDeadline;
    this.#tick = this.#host.deadlines.at(at, () => {
      const now = this.#host.nowMs;
      this.connection.tick(now);
      if (this.#isEnded) return;
      if (this.#isBlocked) this.#checkProgress(now);
      if (!this.#isEnded) this.#armTick();
    });
  }

  /** A peer that takes nothing for the whole time-out is dropped. */
  #checkProgress(now: number): void {
    const pending = this.#transport.pendingBytes;
    if (this.#stuckSinceMs === Number.POSITIVE_INFINITY || pending < this.#stuckBytes) this.#stuckSinceMs = now;
    this.#stuckBytes = pending;
    if (now - this.#stuckSinceMs < serverIdleMs(this.#host.config)) return;
    this.#host.logger.warn(
      { peer: this.peer.address, bytes: pending },
      'connection closed: the client does not take what it is sent',
    );
    this.destroy();
  }

  // ---- monitors that wait for the socket

  /** The monitor has updates that the socket cannot take now. */
  wait(monitor: MonitorOperation): void {
    this.#waiting.add(monitor);
  }

  /** One update of each in turn, small ones first, until the socket is full again. */
  #drainMonitors(): void {
    while (this.#waiting.size > 0 && !this.#isBlocked && !this.#isEnded) {
      const bulky: MonitorOperation[] = [];
      for (const monitor of [...this.#waiting]) {
        if (this.#isBlocked) return;
        this.#waiting.delete(monitor);
        if (!monitor.canSend) continue;
        if (monitor.isBulky) bulky.push(monitor);
        else this.#sendOne(monitor);
      }
      for (const monitor of bulky) {
        if (this.#isBlocked || this.#isEnded) this.#waiting.add(monitor);
        else this.#sendOne(monitor);
      }
    }
  }

  #sendOne(monitor: MonitorOperation): void {
    monitor.sendOne();
    if (monitor.canSend) this.#waiting.add(monitor);
  }

  // ---- connection

  onProtocolError(error: ProtocolError, dump: Uint8Array): void {
    const bytes = [...dump].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const isOurs = error.cause !== undefined;
    this.#host.logger[isOurs ? 'error' : 'warn'](
      { peer: this.peer.address, error: isOurs ? error.cause : error, bytes },
      'connection closed: protocol error',
    );
    if (errorTrace.hasSubscribers) errorTrace.publish({ peer: this.peer.address, error });
    this.destroy();
  }

  onEcho(): void {
    // Answered by the core.
  }

  onMessage(ioid: number, type: number, text: string): void {
    this.#host.logger.info({ peer: this.peer.address, ioid, type }, `client says: ${text}`);
  }

  onConnectionValidation(_bytes: number, _types: number, _qos: number, method: string, data: Value | null): void {
    if (!METHODS.includes(method)) {
      this.connection.validated(errorStatus('Client selects unadvertised auth'));
      this.close();
      return;
    }
    const identity = decodeCaIdentity(method === METHOD_CA ? data : null);
    const user = method === METHOD_CA ? identity.user : METHOD_ANONYMOUS;
    const { groupsOf } = this.#host;
    this.#claimedHost = identity.host;
    this.peer = makePeer(formatEndpoint(this.#transport.remote), this.#transport, user, method, () =>
      method === METHOD_CA && user !== '' ? groupsOf(user) : [],
    );
    this.connection.validated(okStatus);
    for (const { cid, name } of this.#early.splice(0)) this.#create(cid, name);
  }

  onSearch(body: BytesReader): void {
    const request = decodeSearchRequest(body);
    this.#host.search(request, this.peer, (ids, isFound) => {
      if (this.#isEnded) return;
      const { guid, tcpPort } = this.#host;
      this.connection.searchResponse((writer) =>
        encodeSearchResponse(writer, {
          guid,
          sequence: request.sequence,
          address: '',
          port: tcpPort,
          isFound,
          ids,
        }),
      );
      this.touch();
    });
  }

  // ---- channels

  onCreateChannel(cid: number, name: string): void {
    if (this.connection.state === 'open') this.#create(cid, name);
    else if (this.#early.length < MAX_EARLY_CHANNELS) this.#early.push({ cid, name });
    else this.#refuse(cid, 'too many channels before validation');
  }

  #create(cid: number, name: string): void {
    if (this.#isEnded) return;
    if (name === '') {
      this.#refuse(cid, 'channel name is empty');
      return;
    }
    const limit = this.#host.config.maxChannelsPerConnection;
    if (this.#channels.size + this.#opening >= limit) {
      this.#refuse(cid, `more than ${limit} channels on one connection`);
      return;
    }
    let resolved: MaybePromise<ResolvedPv | undefined>;
    try {
      resolved = this.#host.sources.resolve(name, this.peer);
    } catch (error) {
      this.#onOpenError(cid, name, error);
      return;
    }
    if (!(resolved instanceof Promise)) {
      this.#attach(cid, name, resolved);
      return;
    }
    this.#opening++;
    resolved.then(
      (found) => {
        this.#opening--;
        if (!this.#isEnded) this.#attach(cid, name, found);
      },
      (error: unknown) => {
        this.#opening--;
        if (!this.#isEnded) this.#onOpenError(cid, name, error);
      },
    );
  }

  #attach(cid: number, name: string, resolved: ResolvedPv | undefined): void {
    if (resolved === undefined) {
      // Type and text as pvxs has them: operators' scripts match them.
      const status = makeStatus(StatusType.Fatal, 'Refused to create Channel', 'pvx:serv:refusechan:');
      this.connection.channelRefused(cid, status);
      this.touch();
      return;
    }
    const { pvs } = this.#host;
    let channel: ServedChannel | undefined;
    try {
      const entry = pvs.enter(resolved.pv, resolved.source);
      channel = new ServedChannel(this, entry, name, cid);
      entry.channels.add(channel);
      channel.askRights(this.peer);
      channel.detach = resolved.pv.attach?.(this.peer) ?? noStop;
    } catch (error) {
      if (channel !== undefined) this.#release(channel);
      this.#onOpenError(cid, name, error);
      return;
    }
    channel.sid = this.#channels.add(channel);
    // Nothing said means writable.
    if ((channel.aclBits & ACL_PUT) === 0) this.connection.aclChange(cid, channel.aclBits);
    this.connection.channelCreated(cid, channel.sid);
    this.touch();
  }

  #onOpenError(cid: number, name: string, error: unknown): void {
    this.#host.logger.debug({ peer: this.peer.address, pv: name, error }, 'channel refused');
    this.connection.channelRefused(cid, statusOf(error));
    this.touch();
  }

  #refuse(cid: number, text: string): void {
    this.connection.channelRefused(cid, errorStatus(text));
    this.touch();
  }

  #release(channel: ServedChannel): void {
    channel.release();
    this.#host.pvs.leave(channel.entry, channel);
  }

  onDestroyChannel(sid: number, cid: number): void {
    const channel = this.#channels.get(sid);
    if (channel === undefined || channel.cid !== cid) return;
    this.#channels.remove(sid);
    this.#release(channel);
    this.connection.channelDestroyed(sid, cid);
    this.touch();
  }

  /** The PV is gone: tells the client, which will search again. */
  closeChannel(channel: ServedChannel): void {
    if (this.#channels.get(channel.sid) !== channel) return;
    this.#channels.remove(channel.sid);
    this.#release(channel);
    this.connection.channelDestroyed(channel.sid, channel.cid);
    this.touch();
  }

  /** The PV says that rights may have changed. */
  updateRights(channel: ServedChannel): void {
    if (channel.isClosed) return;
    const before = channel.aclBits;
    if (!channel.askRights(this.peer)) return;
    if (channel.aclBits !== before) {
      this.connection.aclChange(channel.cid, channel.aclBits);
      this.touch();
    }
    for (const operation of [...channel.operations]) {
      if (operation instanceof MonitorOperation) operation.onRights();
    }
  }

  // ---- operations

  onInit(
    command: number,
    sid: number,
    ioid: number,
    subcommand: number,
    pvRequest: Value | null,
    freeCount: number,
  ): void {
    const channel = this.#admit(command, sid, ioid, SUB_INIT);
    if (channel === undefined) return;
    if (command === CMD_ARRAY) {
      this.#reject(command, ioid, SUB_INIT, 'Not supported');
      return;
    }
    const operation =
      command === CMD_MONITOR
        ? new MonitorOperation(channel, ioid, pvRequest, freeCount)
        : command === CMD_RPC
          ? new RpcOperation(channel, command, ioid, pvRequest)
          : new ValueOperation(channel, command, ioid, pvRequest);
    this.#begin(channel, operation, command !== CMD_RPC);
  }

  onGetField(sid: number, ioid: number, path: string): void {
    const channel = this.#admit(CMD_GET_FIELD, sid, ioid, 0);
    if (channel !== undefined) this.#begin(channel, new GetFieldOperation(channel, ioid, path), true);
  }

  /** The channel for a new operation; undefined when the operation cannot be, which the client is told. */
  #admit(command: number, sid: number, ioid: number, subcommand: number): ServedChannel | undefined {
    const channel = this.#channels.get(sid);
    const limit = this.#host.config.maxOperationsPerConnection;
    let problem: string | undefined;
    if (channel === undefined) problem = 'bad channel id';
    else if (this.#operations.has(ioid)) problem = `request id ${ioid} is in use`;
    else if (this.#operations.size >= limit) problem = `more than ${limit} operations on one connection`;
    if (problem === undefined) return channel;
    this.#reject(command, ioid, subcommand, problem);
    return undefined;
  }

  #reject(command: number, ioid: number, subcommand: number, text: string): void {
    if (command === CMD_GET_FIELD) this.connection.fieldReply(ioid, errorStatus(text));
    else this.connection.statusReply(command, ioid, subcommand, errorStatus(text));
    this.touch();
  }

  #begin(channel: ServedChannel, operation: ServerOperation, needsType: boolean): void {
    this.#operations.set(operation.ioid, operation);
    channel.operations.add(operation);
    const { opened } = channel.entry;
    if (!needsType || opened === undefined) {
      this.#beginNow(channel, operation);
      return;
    }
    // Rejections have become `openError` of the entry.
    void opened.then(() => {
      if (!operation.isEnded) this.#beginNow(channel, operation);
    });
  }

  #beginNow(channel: ServedChannel, operation: ServerOperation): void {
    const { openError } = channel.entry;
    try {
      if (openError !== undefined) operation.refuse(statusOf(openError).message);
      else operation.begin();
    } catch (error) {
      this.logFault(error, channel.name);
      operation.refuse(statusOf(error).message);
    }
  }

  /** The operation of a request; a dead one is passed over in silence, as races with its end are normal. */
  #find(command: number, ioid: number, subcommand: number): ServerOperation | undefined {
    const operation = this.#operations.get(ioid);
    if (operation === undefined || operation.command === command) return operation;
    this.#reject(
      command,
      ioid,
      subcommand,
      `request id ${ioid} belongs to a ${commandName(operation.command)} operation`,
    );
    return undefined;
  }

  #execute(command: number, ioid: number, subcommand: number, body: BytesReader | undefined): void {
    const operation = this.#find(command, ioid, subcommand);
    if (operation instanceof ValueOperation) operation.execute(subcommand, body);
  }

  onGet(_sid: number, ioid: number, subcommand: number): void {
    this.#execute(CMD_GET, ioid, subcommand, undefined);
  }

  onPut(_sid: number, ioid: number, subcommand: number, body: BytesReader): void {
    this.#execute(CMD_PUT, ioid, subcommand, body);
  }

  onPutGet(_sid: number, ioid: number, subcommand: number, body: BytesReader): void {
    this.#execute(CMD_PUT_GET, ioid, subcommand, body);
  }

  onProcess(_sid: number, ioid: number, subcommand: number): void {
    this.#execute(CMD_PROCESS, ioid, subcommand, undefined);
  }

  onArray(_sid: number, ioid: number, subcommand: number): void {
    if (this.#operations.has(ioid)) this.#reject(CMD_ARRAY, ioid, subcommand, 'Not supported');
  }

  onMonitor(_sid: number, ioid: number, subcommand: number, freeCount: number): void {
    const operation = this.#find(CMD_MONITOR, ioid, SUB_DESTROY);
    if (operation instanceof MonitorOperation) operation.execute(subcommand, freeCount);
  }

  onRpc(_sid: number, ioid: number, subcommand: number, args: Value | null): void {
    const operation = this.#find(CMD_RPC, ioid, subcommand);
    if (operation instanceof RpcOperation) operation.execute(subcommand, args);
  }

  onDestroyRequest(_sid: number, ioid: number): void {
    this.#operations.get(ioid)?.destroy();
  }

  onCancelRequest(_sid: number, ioid: number): void {
    this.#operations.get(ioid)?.cancel();
  }

  /** An operation has ended. */
  forget(operation: ServerOperation): void {
    if (this.#operations.get(operation.ioid) === operation) this.#operations.delete(operation.ioid);
    operation.channel.operations.delete(operation);
    if (operation instanceof MonitorOperation) this.#waiting.delete(operation);
  }

  /** Text for the client's log about one of its operations. */
  sendMessage(ioid: number, level: 'info' | 'warning' | 'error', text: string): void {
    if (this.#isEnded) return;
    this.connection.message(ioid, level === 'info' ? 0 : level === 'warning' ? 1 : 2, text);
    this.touch();
  }

  /** A fault of a PV or of ours that a client was told of. */
  logFault(error: unknown, pv: string): void {
    this.#host.logger.error({ peer: this.peer.address, pv, error }, 'operation failed');
  }

  /** State for `PvaServer.report`. */
  report(): Record<string, unknown> {
    return {
      peer: this.peer.address,
      user: this.peer.user,
      method: this.peer.method,
      claimedHost: this.#claimedHost,
      state: this.connection.state,
      bytesIn: this.connection.bytesIn,
      bytesOut: this.bytesOut,
      backlogBytes: this.#transport.pendingBytes + this.connection.out.byteLength,
      isBlocked: this.#isBlocked,
      operations: this.#operations.size,
      channels: [...this.#channels.values()].map((channel) => ({
        name: channel.name,
        sid: channel.sid,
        cid: channel.cid,
        rights: channel.rights,
        bytesIn: channel.bytesIn,
        bytesOut: channel.bytesOut,
        operations: [...channel.operations].map((operation) => ({
          ioid: operation.ioid,
          command: commandName(operation.command),
          ...(operation instanceof MonitorOperation ? operation.stats : {}),
        })),
      })),
    };
  }
}

function makePeer(
  address: string,
  transport: StreamTransport,
  user: string,
  method: string,
  roles: () => readonly string[],
): Peer {
  const { security, remote } = transport;
  return {
    protocol: 'pva',
    address,
    user,
    // What the client calls itself proves nothing: rules for hosts see where the connection comes from.
    host: remote.address,
    method,
    authority: security?.authority ?? '',
    isEncrypted: security !== undefined,
    roles,
  };
}
