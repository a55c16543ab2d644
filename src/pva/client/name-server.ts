import type { Network } from '../../net/index.ts';
import { type AddressEntry, type Deadlines, type Logger, noStop, type Stop } from '../../util/index.ts';
import type { ConnectionPool } from './connection-pool.ts';
import { resolve } from './destinations.ts';
import type { SearchEngine } from './search.ts';
import type { LinkChannel, ServerLink } from './server-link.ts';

/** Wait before a lost or failed connection to a name server is tried again, in ms. */
export const NAME_SERVER_RETRY_MS: number = 10_000;

/** Keeps a connection to one name server, over which all searches go too. */
export class NameServerClient implements LinkChannel {
  readonly cid: number;
  readonly name: string;
  readonly #entry: AddressEntry;
  readonly #network: Network;
  readonly #pool: ConnectionPool;
  readonly #search: SearchEngine;
  readonly #deadlines: Deadlines;
  readonly #logger: Logger;
  #link: ServerLink | undefined;
  #stopPeer: Stop;
  #stopRetry: Stop;
  #isClosed: boolean;

  /** @param index tells it from others; channels on the wire have ids of 0 and more, these have negative ones. */
  constructor(
    index: number,
    entry: AddressEntry,
    pool: ConnectionPool,
    search: SearchEngine,
    logger: Logger,
  ) {
    this.cid = -1 - index;
    this.name = `${entry.host}:${entry.port}`;
    this.#entry = entry;
    this.#network = pool.network;
    this.#pool = pool;
    this.#search = search;
    this.#deadlines = pool.deadlines;
    this.#logger = logger;
    this.#link = undefined;
    this.#stopPeer = noStop;
    this.#stopRetry = noStop;
    this.#isClosed = false;
  }

  get isConnected(): boolean {
    return this.#link?.isReady ?? false;
  }

  /** Connects, and again whenever the connection is lost. */
  start(): void {
    // The address is looked up each time: name servers move.
    resolve(this.#network, this.#entry.host, this.#logger).then(
      (address) => {
        if (this.#isClosed) return;
        if (address === undefined) {
          this.#retryLater();
          return;
        }
        this.#link = this.#pool.get({ address, port: this.#entry.port });
        this.#link.addChannel(this);
      },
      (error: unknown) => {
        this.#logger.warn({ error }, `name server ${this.name}`);
        this.#retryLater();
      },
    );
  }

  close(): void {
    this.#isClosed = true;
    this.#stopRetry();
    this.#stopPeer();
    this.#link?.removeChannel(this);
    this.#link = undefined;
  }

  onLinkReady(link: ServerLink): void {
    this.#stopPeer();
    this.#stopPeer = this.#search.addPeer(link);
  }
  onLinkLost(_link: ServerLink, reason: Error): void {
    this.#logger.info(`name server ${this.name}: ${reason.message}`);
    this.#stopPeer();
    this.#stopPeer = noStop;
    this.#link = undefined;
    if (!this.#isClosed) this.#retryLater();
  }
  onCreated(): void {}
  onRefused(): void {}
  onDestroyed(): void {}
  onAccess(): void {}

  #retryLater(): void {
    this.#stopRetry();
    this.#stopRetry = this.#deadlines.after(NAME_SERVER_RETRY_MS, () => this.start());
  }
}
