import type { StreamTransport } from '../../net/index.ts';
import {
  type MaybePromise,
  type Peer,
  QueueBudget,
  type ResolvedPv,
  type SourceList,
} from '../../pv/index.ts';
import type { Value } from '../../pvdata/index.ts';
import {
  type BlockPool,
  type BytesReader,
  formatEndpoint,
  IdTable,
  noStop,
  type ProtocolError,
  SendBuffer,
  traceChannel,
} from '../../util/index.ts';
import {
  ACL_PUT,
  CMD_GET,
  CMD_PROCESS,
  CMD_PUT,
  CMD_PUT_GET,
  commandName,
  decodeCaIdentity,
  decodeSearchRequest,
  encodeSearchResponse,
  errorStatus,
  METHOD_ANONYMOUS,
  METHOD_CA,
  makeStatus,
  okStatus,
  PvaServerConnection,
  type PvaServerHandler,
  type SearchRequest,
  StatusType,
} from '../core/index.ts';
import type { PvaServerConfig } from './config.ts';
import { MonitorOperation } from './monitor.ts';
import { MonitorRound } from './monitor-round.ts';
import { type ServerOperation, statusOf } from './operation.ts';
import { OperationTable } from './operation-table.ts';
import { ServedChannel } from './served-channel.ts';
import type { ServedPvs } from './served-pvs.ts';
import { SessionLink, type SessionLinkHost, type SessionLinkOwner } from './session-link.ts';
import type { UpdateWriter } from './update-writer.ts';

/** What a session needs of its server. */
export interface SessionHost extends SessionLinkHost {
  readonly config: PvaServerConfig;
  readonly sources: SourceList;
  readonly pvs: ServedPvs;
  readonly pool: BlockPool;
  /** Updates are encoded here before they are shared. */
  readonly scratch: UpdateWriter;
  readonly groupsOf: (user: string) => readonly string[];
  readonly guid: Uint8Array;
  readonly tcpPort: number;
  onSessionEnd(session: Session): void;
  /** Answers a search of this connection; `reply` may be called later too. */
  search(request: SearchRequest, peer: Peer, reply: SearchReply): void;
}

/** Sends the answer to a search. */
export type SearchReply = (ids: readonly number[], isFound: boolean) => void;

const METHODS: readonly string[] = [METHOD_ANONYMOUS, METHOD_CA];
const MAX_CALLS = 10_000;
/** Channels that a client may ask for before it says who it is. */
const MAX_EARLY_CHANNELS = 1000;

const sessionTrace = traceChannel('pva:server:session');
const errorTrace = traceChannel('protocol-error');

/** One client connection: who the client is, its channels and its operations. */
export class Session implements PvaServerHandler, SessionLinkOwner {
  readonly connection: PvaServerConnection;
  readonly link: SessionLink;
  /** What the monitor queues of this client may hold. */
  readonly budget: QueueBudget;
  /** RPCs that may run at a time. */
  readonly maxCalls: number;
  callsRunning: number;
  peer: Peer;
  readonly #host: SessionHost;
  readonly #transport: StreamTransport;
  readonly #channels: IdTable<ServedChannel>;
  readonly #operations: OperationTable;
  readonly #round: MonitorRound;
  readonly #early: { readonly cid: number; readonly name: string }[];
  #opening: number;
  #claimedHost: string;

  constructor(host: SessionHost, transport: StreamTransport) {
    const { config } = host;
    const remote = formatEndpoint(transport.remote);
    this.connection = new PvaServerConnection(this, new SendBuffer(host.pool), {
      littleEndian: config.littleEndian,
      maxMessageBytes: config.maxMessageBytes,
      idleTimeoutMs: host.idleMs,
      startMs: host.nowMs,
    });
    this.link = new SessionLink(host, this, this.connection, transport, remote);
    this.budget = new QueueBudget({ maxBytes: config.maxQueuedBytes });
    this.maxCalls = MAX_CALLS;
    this.callsRunning = 0;
    this.peer = makePeer(remote, transport, '', '', () => []);
    this.#host = host;
    this.#transport = transport;
    this.#channels = new IdTable<ServedChannel>(1);
    this.#operations = new OperationTable(this, config.maxOperationsPerConnection);
    this.#round = new MonitorRound(this.link);
    this.#early = [];
    this.#opening = 0;
    this.#claimedHost = '';
  }

  /** Begins to talk. */
  start(): void {
    this.#transport.start(this.link);
  }

  /** True while the socket takes no more: monitors wait, and merge in their queues. */
  get isBlocked(): boolean {
    return this.link.isBlocked;
  }
  get maxQueueSize(): number {
    return this.#host.config.maxQueueSize;
  }
  get scratch(): UpdateWriter {
    return this.#host.scratch;
  }
  get channelCount(): number {
    return this.#channels.size;
  }
  get operationCount(): number {
    return this.#operations.size;
  }

  // ---- link

  onLinkOpen(): void {
    this.connection.greet(METHODS);
    this.touch();
    if (sessionTrace.hasSubscribers) sessionTrace.publish({ peer: this.peer.address, isOpen: true });
  }

  onLinkFree(): void {
    this.#round.run();
  }

  onLinkEnd(): void {
    for (const channel of this.#channels.values()) this.#release(channel);
    this.#channels.clear();
    this.#round.clear();
    this.#host.onSessionEnd(this);
    if (sessionTrace.hasSubscribers) sessionTrace.publish({ peer: this.peer.address, isOpen: false });
  }

  /** Something was written. */
  touch(): void {
    this.link.touch();
  }

  /** The monitor has updates that the socket cannot take now. */
  wait(monitor: MonitorOperation): void {
    this.#round.add(monitor);
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
    this.link.destroy();
  }

  onEcho(): void {
    // Answered by the core.
  }

  onMessage(ioid: number, type: number, text: string): void {
    this.#host.logger.info({ peer: this.peer.address, ioid, type }, `client says: ${text}`);
  }

  onConnectionValidation(
    _bytes: number,
    _types: number,
    _qos: number,
    method: string,
    data: Value | null,
  ): void {
    if (!METHODS.includes(method)) {
      this.connection.validated(errorStatus('Client selects unadvertised auth'));
      this.link.close();
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
      if (this.link.isEnded) return;
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
    if (this.link.isEnded) return;
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
        if (!this.link.isEnded) this.#attach(cid, name, found);
      },
      (error: unknown) => {
        this.#opening--;
        if (!this.link.isEnded) this.#onOpenError(cid, name, error);
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
    const { pvs } = this.#host;
    pvs.guard(channel.name, () => channel.release());
    pvs.leave(channel.entry, channel);
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
    let isChanged = false;
    this.#host.pvs.guard(channel.name, () => {
      isChanged = channel.askRights(this.peer);
    });
    if (!isChanged) return;
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
    _subcommand: number,
    pvRequest: Value | null,
    freeCount: number,
  ): void {
    this.#operations.init(command, this.#channels.get(sid), ioid, pvRequest, freeCount);
  }

  onGetField(sid: number, ioid: number, path: string): void {
    this.#operations.getField(this.#channels.get(sid), ioid, path);
  }

  onGet(_sid: number, ioid: number, subcommand: number): void {
    this.#operations.execute(CMD_GET, ioid, subcommand, undefined);
  }

  onPut(_sid: number, ioid: number, subcommand: number, body: BytesReader): void {
    this.#operations.execute(CMD_PUT, ioid, subcommand, body);
  }

  onPutGet(_sid: number, ioid: number, subcommand: number, body: BytesReader): void {
    this.#operations.execute(CMD_PUT_GET, ioid, subcommand, body);
  }

  onProcess(_sid: number, ioid: number, subcommand: number): void {
    this.#operations.execute(CMD_PROCESS, ioid, subcommand, undefined);
  }

  onArray(_sid: number, ioid: number, subcommand: number): void {
    this.#operations.executeArray(ioid, subcommand);
  }

  onMonitor(_sid: number, ioid: number, subcommand: number, freeCount: number): void {
    this.#operations.executeMonitor(ioid, subcommand, freeCount);
  }

  onRpc(_sid: number, ioid: number, subcommand: number, args: Value | null): void {
    this.#operations.executeRpc(ioid, subcommand, args);
  }

  onDestroyRequest(_sid: number, ioid: number): void {
    this.#operations.destroy(ioid);
  }

  onCancelRequest(_sid: number, ioid: number): void {
    this.#operations.cancel(ioid);
  }

  /** An operation has ended. */
  forget(operation: ServerOperation): void {
    this.#operations.forget(operation);
    if (operation instanceof MonitorOperation) this.#round.delete(operation);
  }

  /** Text for the client's log about one of its operations. */
  sendMessage(ioid: number, level: 'info' | 'warning' | 'error', text: string): void {
    if (this.link.isEnded) return;
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
      bytesOut: this.link.bytesOut,
      backlogBytes: this.link.backlogBytes,
      isBlocked: this.link.isBlocked,
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
