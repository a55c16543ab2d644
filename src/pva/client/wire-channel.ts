import type { Endpoint } from '../../net/index.ts';
import { type ChannelState, makeTimeStamp, Rights, type TimeStamp } from '../../pv/index.ts';
import { type FieldDesc, makePvRequest, parsePvRequest, type Value } from '../../pvdata/index.ts';
import {
  ClosedError,
  type Deadlines,
  formatEndpoint,
  Listeners,
  type Logger,
  NotFoundError,
  noStop,
  type Stop,
  TimeoutError,
} from '../../util/index.ts';
import { ACL_PUT, ACL_RPC, type SearchResponse, SearchTarget, type Status } from '../core/index.ts';
import type { CallOwner } from './call.ts';
import type { ConnectionPool } from './connection-pool.ts';
import { Getter } from './get.ts';
import { dropLink, type Operation } from './operation.ts';
import { Putter } from './put.ts';
import type { SearchEngine } from './search.ts';
import type { LinkChannel, ServerLink } from './server-link.ts';

/** A server that does not answer CREATE_CHANNEL within this time is given up, in ms. */
const CREATE_TIMEOUT_MS = 5000;
/** Wait before a name is looked for again after a server that claimed it refused the channel, in ms. */
const REFUSED_DELAY_MS = 30_000;
/** Wait between attempts at a server whose address was given, in ms. */
const DIRECT_RETRY_MS = 2000;
// Kept operations of one channel; requests beyond are initialised anew for each call.
const MAX_KEPT = 16;

/** What a channel needs from its client. */
export interface ChannelContext {
  readonly pool: ConnectionPool;
  readonly search: SearchEngine;
  readonly deadlines: Deadlines;
  readonly logger: Logger;
  onUnused(channel: WireChannel): void;
  /** One more (1) or one less (-1) channel in use is not connected. */
  onWaiting(change: 1 | -1): void;
  forgetId(id: number): void;
}

/**
 * One channel on the wire: looks for its name, creates itself at the server that answers, starts over when it is lost,
 * and tells its operations. Handles share it; it never gives up until it is closed.
 */
export class WireChannel implements LinkChannel, CallOwner {
  readonly cid: number;
  readonly name: string;
  /** Address that was given instead of a search. */
  readonly server: Endpoint | undefined;
  readonly deadlines: Deadlines;
  readonly onState: Listeners<ChannelState>;
  readonly onRights: Listeners<number>;
  /** Monotonic ms until which the channel is kept although unused. */
  keepUntilMs: number;
  readonly #context: ChannelContext;
  readonly #target: SearchTarget;
  readonly #operations: Set<Operation>;
  readonly #getters: Map<string, Getter>;
  readonly #putters: Map<string, Putter>;
  #state: ChannelState;
  #link: ServerLink | undefined;
  #sid: number;
  #users: number;
  #rights: number;
  #type: FieldDesc | undefined;
  #guid: string;
  #refusal: string;
  #connectedAt: TimeStamp | undefined;
  #stopTimer: Stop;
  #hasWarned: boolean;
  #isCountedWaiting: boolean;
  #usedLink: ServerLink | undefined;

  constructor(
    makeId: (channel: WireChannel) => number,
    name: string,
    server: Endpoint | undefined,
    context: ChannelContext,
  ) {
    this.cid = makeId(this);
    this.name = name;
    this.server = server;
    this.deadlines = context.deadlines;
    this.onState = new Listeners((error) => this.logThrown(error));
    this.onRights = new Listeners((error) => this.logThrown(error));
    this.keepUntilMs = 0;
    this.#context = context;
    this.#target = new SearchTarget(this.cid, name);
    this.#operations = new Set();
    this.#getters = new Map();
    this.#putters = new Map();
    this.#state = 'searching';
    this.#link = undefined;
    this.#sid = -1;
    this.#users = 0;
    this.#rights = Rights.None;
    this.#type = undefined;
    this.#guid = '';
    this.#refusal = '';
    this.#connectedAt = undefined;
    this.#stopTimer = noStop;
    this.#hasWarned = false;
    this.#isCountedWaiting = false;
    this.#usedLink = undefined;
  }

  get state(): ChannelState {
    return this.#state;
  }
  get isConnected(): boolean {
    return this.#state === 'connected';
  }
  get rights(): number {
    return this.#rights;
  }
  /** Type of the whole PV, once something has asked for it since the channel connected. */
  get type(): FieldDesc | undefined {
    return this.#type;
  }
  get link(): ServerLink | undefined {
    return this.#link;
  }
  /** Searches sent since the channel was last connected. */
  get tries(): number {
    return this.#target.tries;
  }
  get users(): number {
    return this.#users;
  }
  get operationCount(): number {
    return this.#operations.size;
  }
  get connectedAt(): TimeStamp | undefined {
    return this.#connectedAt;
  }
  get serverGuid(): string {
    return this.#guid;
  }

  /** Begins to look for the name. */
  open(): void {
    if (this.server === undefined) this.#context.search.add(this.#target);
    else this.#connect(this.server);
  }

  /** One more user. */
  acquire(): void {
    this.#users++;
    this.#noteUse();
  }

  /** One user less. @param keepMs how long the channel is kept after the last one. */
  release(keepMs: number): void {
    this.#users--;
    this.keepUntilMs = Math.max(this.keepUntilMs, this.#context.pool.network.clock.monotonicMs + keepMs);
    this.#noteUse();
    if (this.#users === 0) this.#context.onUnused(this);
  }

  /** Runs an operation, now or when the channel is connected. */
  begin(operation: Operation): void {
    this.#operations.add(operation);
    if (this.isConnected && this.#link !== undefined) operation.onConnected(this.#link, this.#sid);
  }

  /** The operation is over. */
  end(operation: Operation): void {
    this.#operations.delete(operation);
  }

  /** The operation has nothing to do; a kept one stays for later. */
  forget(operation: Operation, isKept: boolean): void {
    if (!isKept) this.#operations.delete(operation);
  }

  /** The gets of a pvRequest. @throws {ConfigError} EPICS_CONFIG for a request that cannot be read. */
  getter(pvRequest: string | Value | undefined): Getter {
    return this.#kept(this.#getters, pvRequest, (request, isKept) => new Getter(this, request, isKept));
  }

  /** The puts of a pvRequest. @throws {ConfigError} EPICS_CONFIG for a request that cannot be read. */
  putter(pvRequest: string | Value | undefined): Putter {
    return this.#kept(this.#putters, pvRequest, (request, isKept) => new Putter(this, request, isKept));
  }

  noteType(type: FieldDesc): void {
    this.#type = type;
  }

  /** Text from the server about one of the operations. */
  logText(type: number, text: string): void {
    const fields = { pv: this.name, peer: this.#link?.peer ?? '' };
    const { logger } = this.#context;
    if (type >= 2) logger.error(fields, `server says: ${text.trimEnd()}`);
    else if (type === 1) logger.warn(fields, `server says: ${text.trimEnd()}`);
    else logger.info(fields, `server says: ${text.trimEnd()}`);
  }

  /** A function of the user threw. */
  logThrown(error: unknown): void {
    this.#context.logger.error({ pv: this.name, error }, 'a listener threw');
  }

  timeoutError(what: string, timeoutMs: number): Error {
    return new TimeoutError(`${what} "${this.name}" timed out after ${timeoutMs} ms (${this.describe()})`, {
      pvName: this.name,
    });
  }

  /** What the channel waits for, for messages. */
  describe(): string {
    if (this.isConnected) return `connected to ${this.#link?.peer ?? ''}, no reply`;
    if (this.#state === 'connecting') return `connecting to ${this.#link?.peer ?? ''}`;
    if (this.#state === 'closed') return 'channel closed';
    if (this.server !== undefined)
      return `server ${formatEndpoint(this.server)} not reachable${this.#refusal}`;
    const { addresses } = this.#context.search;
    if (addresses.length === 0)
      return 'channel searching, but there is no address to search: EPICS_PVA_ADDR_LIST is empty';
    const to = addresses.length > 3 ? `${addresses.length} addresses` : addresses.join(', ');
    const count = this.#target.tries;
    return `channel searching, ${count} ${count === 1 ? 'search' : 'searches'} sent to ${to}${this.#refusal}`;
  }

  /** Ends the channel; what waits on it is rejected. */
  close(reason: Error = new ClosedError(`channel "${this.name}" was closed`, { pvName: this.name })): void {
    if (this.#state === 'closed') return;
    const operations = [...this.#operations];
    for (const operation of operations) operation.onClosed(reason);
    const link = this.#link;
    this.#stopTimer();
    this.#context.search.remove(this.#target);
    if (link !== undefined) {
      if (this.isConnected && link.isReady) {
        link.core.destroyChannel(this.#sid, this.cid);
        link.markDirty();
      }
      link.removeChannel(this);
    }
    this.#operations.clear();
    this.#getters.clear();
    this.#putters.clear();
    this.#link = undefined;
    this.#connectedAt = undefined;
    this.#context.forgetId(this.cid);
    this.#enter('closed');
    this.onState.clear();
    this.onRights.clear();
  }

  /** A server says that it has the name. */
  onFound(address: string, response: SearchResponse): void {
    if (this.#state !== 'searching' || this.server !== undefined) {
      this.#warnDuplicate(address, response);
      return;
    }
    const endpoint = { address, port: response.port };
    if (this.#context.pool.isHeldOff(endpoint)) return;
    this.#guid = response.guid;
    this.#hasWarned = false;
    this.#context.search.remove(this.#target);
    this.#connect(endpoint);
  }

  onLinkReady(link: ServerLink): void {
    link.core.createChannel(this.cid, this.name);
    link.markDirty();
    this.#stopTimer();
    this.#stopTimer = this.deadlines.after(CREATE_TIMEOUT_MS, () => {
      this.#refusal = `; ${link.peer} did not answer the request to create the channel`;
      this.#leave(REFUSED_DELAY_MS);
    });
  }

  onCreated(sid: number): void {
    const link = this.#link;
    if (link === undefined) return;
    this.#stopTimer();
    this.#stopTimer = noStop;
    this.#sid = sid;
    this.#refusal = '';
    const now = { seconds: 0, nanoseconds: 0 };
    this.#context.pool.network.clock.wall(now);
    this.#connectedAt = makeTimeStamp(now.seconds, now.nanoseconds);
    // Servers that never state rights grant everything.
    if (this.#rights === Rights.None) this.#setRights(Rights.All);
    this.#enter('connected');
    for (const operation of [...this.#operations]) {
      // Listeners above may have ended the channel.
      if (!this.isConnected || this.#link !== link) return;
      operation.onConnected(link, sid);
    }
  }

  onRefused(status: Status): void {
    this.#refusal = `; ${this.#link?.peer ?? 'the server'} refused the channel: ${status.message || 'no reason given'}`;
    const why = this.#refusal.slice(2);
    this.#leave(REFUSED_DELAY_MS);
    if (this.server === undefined) return;
    const error = new NotFoundError(`channel "${this.name}": ${why}`, { pvName: this.name });
    for (const operation of [...this.#operations]) operation.onClosed(error);
  }

  onDestroyed(): void {
    this.#leave(undefined);
  }

  onAccess(bits: number): void {
    let rights: number = Rights.Read;
    if ((bits & ACL_PUT) !== 0) rights |= Rights.Write;
    if ((bits & ACL_RPC) !== 0) rights |= Rights.Call;
    this.#setRights(rights);
  }

  onLinkLost(link: ServerLink, _reason: Error): void {
    if (this.#link !== link) return;
    this.#leave(undefined);
  }

  #connect(endpoint: Endpoint): void {
    const link = this.#context.pool.get(endpoint);
    this.#link = link;
    this.#enter('connecting');
    link.addChannel(this);
  }

  /** Off the connection and back to the search. @param delayMs before it; undefined: at once. */
  #leave(delayMs: number | undefined): void {
    const link = this.#link;
    const wasConnected = this.isConnected;
    this.#stopTimer();
    this.#stopTimer = noStop;
    this.#link = undefined;
    this.#sid = -1;
    this.#type = undefined;
    this.#connectedAt = undefined;
    link?.removeChannel(this);
    for (const operation of this.#operations) dropLink(operation);
    if (wasConnected) {
      this.#enter('disconnected');
      for (const operation of [...this.#operations]) operation.onDisconnected();
    }
    this.#setRights(Rights.None);
    // A listener may have closed the channel.
    if ((this.#state as ChannelState) === 'closed') return;
    this.#enter('searching');
    if (this.server === undefined) {
      this.#context.search.add(this.#target, delayMs);
      return;
    }
    const { server } = this;
    this.#stopTimer = this.deadlines.after(DIRECT_RETRY_MS, () => this.#connect(server));
  }

  #kept<T extends Operation>(
    known: Map<string, T>,
    pvRequest: string | Value | undefined,
    make: (request: Value, isKept: boolean) => T,
  ): T {
    if (typeof pvRequest === 'object') return make(pvRequest, false);
    const key = pvRequest ?? '';
    const old = known.get(key);
    if (old !== undefined) return old;
    const isKept = known.size < MAX_KEPT;
    const made = make(key === '' ? makePvRequest({}) : parsePvRequest(key), isKept);
    if (isKept) known.set(key, made);
    return made;
  }

  #setRights(rights: number): void {
    if (this.#rights === rights) return;
    this.#rights = rights;
    this.onRights.emit(rights);
  }

  #enter(state: ChannelState): void {
    if (this.#state === state || this.#state === 'closed') return;
    this.#state = state;
    this.#noteUse();
    this.onState.emit(state);
  }

  /** Lets the sockets know whether somebody relies on them: those keep the process running. */
  #noteUse(): void {
    const isUsed = this.#users > 0 && this.#state !== 'closed';
    const link = isUsed && this.isConnected ? this.#link : undefined;
    if (link !== this.#usedLink) {
      this.#usedLink?.use(-1);
      link?.use(1);
      this.#usedLink = link;
    }
    const isWaiting = isUsed && link === undefined;
    if (isWaiting === this.#isCountedWaiting) return;
    this.#isCountedWaiting = isWaiting;
    this.#context.onWaiting(isWaiting ? 1 : -1);
  }

  #warnDuplicate(address: string, response: SearchResponse): void {
    if (this.#hasWarned || this.#guid === '' || response.guid === this.#guid || this.#state === 'closed')
      return;
    this.#hasWarned = true;
    this.#context.logger.warn(
      { pv: this.name },
      `duplicate PV name: served by ${this.#link?.peer ?? 'one server'} and by ${formatEndpoint({ address, port: response.port })}`,
    );
  }
}
