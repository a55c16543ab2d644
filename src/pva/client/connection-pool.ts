import type { Endpoint, Network } from '../../net/index.ts';
import { BlockPool, type Deadlines, formatEndpoint, type Logger } from '../../util/index.ts';
import type { SearchResponse } from '../core/index.ts';
import type { PvaClientConfig } from './config.ts';
import { type LinkOwner, ServerLink } from './server-link.ts';

/** After a failed connect, answers that name the server are ignored for this long, in ms. */
export const CONNECT_HOLD_OFF_MS: number = 10_000;

const MAX_REMEMBERED_FAILURES = 1000;

/** What a pool needs from its client. */
export interface PoolOptions {
  readonly network: Network;
  readonly config: PvaClientConfig;
  readonly deadlines: Deadlines;
  readonly logger: Logger;
  onSearchResponse(link: ServerLink, response: SearchResponse): void;
}

/** The connections of one client, one for each server address. */
export class ConnectionPool implements LinkOwner {
  readonly network: Network;
  readonly config: PvaClientConfig;
  readonly deadlines: Deadlines;
  readonly logger: Logger;
  readonly blocks: BlockPool;
  readonly userName: string;
  readonly hostName: string;
  readonly #onResponse: (link: ServerLink, response: SearchResponse) => void;
  readonly #links = new Map<string, ServerLink>();
  // Monotonic ms until which a server counts as unreachable.
  readonly #heldOff = new Map<string, number>();

  constructor(options: PoolOptions) {
    this.network = options.network;
    this.config = options.config;
    this.deadlines = options.deadlines;
    this.logger = options.logger;
    this.blocks = new BlockPool();
    this.userName = options.config.user ?? options.network.userName;
    this.hostName = options.config.host ?? options.network.hostName;
    this.#onResponse = (link, response) => options.onSearchResponse(link, response);
  }

  get size(): number {
    return this.#links.size;
  }

  links(): IterableIterator<ServerLink> {
    return this.#links.values();
  }

  /** The connection to a server, made when there is none. */
  get(endpoint: Endpoint): ServerLink {
    const key = formatEndpoint(endpoint);
    const known = this.#links.get(key);
    if (known !== undefined) return known;
    const link = new ServerLink({ address: endpoint.address, port: endpoint.port }, this);
    this.#links.set(key, link);
    link.start();
    return link;
  }

  /** Whether the last attempt to connect failed so recently that another is not worth it. */
  isHeldOff(endpoint: Endpoint): boolean {
    const key = formatEndpoint(endpoint);
    const until = this.#heldOff.get(key);
    if (until === undefined) return false;
    if (this.network.clock.monotonicMs < until) return true;
    this.#heldOff.delete(key);
    return false;
  }

  onLinkClosed(link: ServerLink, wasOpen: boolean): void {
    if (this.#links.get(link.peer) === link) this.#links.delete(link.peer);
    if (wasOpen) return;
    if (this.#heldOff.size >= MAX_REMEMBERED_FAILURES) this.#heldOff.clear();
    this.#heldOff.set(link.peer, this.network.clock.monotonicMs + CONNECT_HOLD_OFF_MS);
  }

  onSearchResponse(link: ServerLink, response: SearchResponse): void {
    this.#onResponse(link, response);
  }

  /** Closes every connection; `reason` is what the channels on them are told. */
  close(reason: Error): void {
    for (const link of [...this.#links.values()]) link.close(reason);
  }
}
