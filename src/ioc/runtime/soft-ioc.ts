import { type CaSearchResponder, CaServer, type CaServerSettings } from '../../ca/index.ts';
import { type Network, nodeNetwork } from '../../net/index.ts';
import type { PvSource } from '../../pv/index.ts';
import { PvaServer, type PvaServerOptions, type SearchResponder } from '../../pva/index.ts';
import { ClosedError, type Env, type Logger } from '../../util/index.ts';
import { Database } from '../database.ts';
import { IocSource } from '../source.ts';

/** Settings of a {@link SoftIoc}. */
export interface SoftIocOptions {
  /** Default: a new one on the clock of the network. */
  readonly database?: Database | undefined;
  /** Settings of the Channel Access server; false: none. */
  readonly ca?: CaServerSettings | false | undefined;
  /** Settings of the PVAccess server; false: none. */
  readonly pva?: PvaServerOptions | false | undefined;
  /** Answers Channel Access searches for several IOCs that share a search port: only one socket of it hears unicast. */
  readonly caResponder?: CaSearchResponder | undefined;
  /** The same for PVAccess. */
  readonly pvaResponder?: SearchResponder | undefined;
  /** Default: the network of this machine. */
  readonly network?: Network | undefined;
  /** Environment variables for both servers; default those of the process, none when isolated. */
  readonly env?: Env | undefined;
  /** Serve on 127.0.0.1 and free ports only, see {@link SoftIoc.isolated}. */
  readonly isIsolated?: boolean | undefined;
  readonly logger?: Logger | undefined;
}

/** Ports that the servers of an IOC use, once started. 0: that server is off. */
export interface IocPorts {
  readonly caTcp: number;
  readonly caUdp: number;
  readonly pvaTcp: number;
  readonly pvaUdp: number;
}

/**
 * A record database served over Channel Access and PVAccess. Records may come and go at any time; other sources can
 * be served beside them.
 *
 * @example
 * await using ioc = SoftIoc.isolated();
 * ioc.database.addRecord('ao', 'SP', { VAL: 1, DRVH: 10 });
 * await ioc.start();
 */
export class SoftIoc implements AsyncDisposable {
  readonly database: Database;
  /** The database as source; asked at order 0. */
  readonly source: IocSource;
  readonly ca: CaServer | undefined;
  readonly pva: PvaServer | undefined;
  #starting: Promise<void> | undefined = undefined;
  #closing: Promise<void> | undefined = undefined;

  /** @throws {ConfigError} EPICS_CONFIG naming the option that is wrong. */
  constructor(options: SoftIocOptions = {}) {
    const network = options.network ?? nodeNetwork();
    const { logger } = options;
    this.database =
      options.database ?? new Database({ clock: network.clock, ...(logger === undefined ? {} : { logger }) });
    this.source = new IocSource(this.database);
    this.ca = options.ca === false ? undefined : makeCa(options.ca, options, network);
    this.pva = options.pva === false ? undefined : makePva(options.pva, options, network);
    this.addSource(this.source);
  }

  /** An IOC that only programs on this machine can find: 127.0.0.1, free ports, no environment. */
  static isolated(options: SoftIocOptions = {}): SoftIoc {
    return new SoftIoc({ ...options, isIsolated: true });
  }

  /** Serves another source beside the records, on both servers. Lower orders are asked first. */
  addSource(source: PvSource, order = 0): void {
    this.ca?.addSource(source, order);
    this.pva?.addSource(source, order);
  }

  /** Stops serving a source and disconnects the channels of its PVs. */
  removeSource(source: PvSource): void {
    this.ca?.removeSource(source);
    this.pva?.removeSource(source);
  }

  /** True between the end of `start` and `close`. */
  get isRunning(): boolean {
    return this.#isRunning;
  }
  #isRunning = false;

  /** Real ports of the running servers. */
  get ports(): IocPorts {
    return {
      caTcp: this.ca?.config.serverPort ?? 0,
      caUdp: this.ca?.config.searchPort ?? 0,
      pvaTcp: this.pva?.config.serverPort ?? 0,
      pvaUdp: this.pva?.config.broadcastPort ?? 0,
    };
  }

  /**
   * Processes PINI records, starts scanning, opens the sockets; resolves when clients can find the records.
   * @throws {ConfigError} EPICS_CONFIG when a server cannot listen; nothing is left open then.
   * @throws {ClosedError} EPICS_CLOSED after `close`.
   */
  start(): Promise<void> {
    if (this.#closing !== undefined) return Promise.reject(new ClosedError('the IOC was closed'));
    this.#starting ??= this.#start();
    return this.#starting;
  }

  async #start(): Promise<void> {
    await this.database.start();
    try {
      await this.ca?.start();
      await this.pva?.start();
    } catch (error) {
      await this.close();
      throw error;
    }
    this.#isRunning = true;
  }

  /** Closes the servers, then the database. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#isRunning = false;
    await Promise.all([this.ca?.close(), this.pva?.close()]);
    await this.database.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function makeCa(config: CaServerSettings | undefined, options: SoftIocOptions, network: Network): CaServer {
  const init = { config, network, responder: options.caResponder, logger: options.logger };
  if (options.isIsolated === true) return CaServer.isolated({ ...init, env: options.env });
  return CaServer.fromEnv({ ...init, env: options.env });
}

function makePva(config: PvaServerOptions = {}, options: SoftIocOptions, network: Network): PvaServer {
  const { env, logger, pvaResponder } = options;
  const parts = {
    network,
    ...(pvaResponder === undefined ? {} : { responder: pvaResponder }),
    ...(env === undefined ? {} : { env }),
    ...(logger === undefined ? {} : { logger }),
  };
  return options.isIsolated === true ? PvaServer.isolated(config, parts) : new PvaServer(config, parts);
}
