import { type Network, nodeNetwork } from '../net/index.ts';
import type { Env, Logger } from '../util/index.ts';
import { CaClientCore } from './client/client.ts';
import type { CaClientOptions } from './client/config.ts';
import { type CaServerSettings, isolatedSettings } from './server/config.ts';
import type { CaSearchResponder } from './server/search-responder.ts';
import { CaServerCore } from './server/server.ts';

export * from './client/calls.ts';
export * from './client/channel.ts';
export * from './client/channel-types.ts';
export * from './client/client.ts';
export * from './client/client-types.ts';
export * from './client/config.ts';
export * from './client/format.ts';
export type { StructValue } from './client/struct-view.ts';
export type { CaUpdateSink } from './client/subscription.ts';
export type { PutValue, ValueForm } from './client/value-request.ts';
export * from './core/index.ts';
export * from './repeater.ts';
export * from './server/index.ts';

/** Options of a client, and what it runs on. */
export interface CaClientInit extends CaClientOptions {
  /** Default: the sockets and the clock of this machine. */
  readonly network?: Network | undefined;
  /** Environment variables that apply where no option is given; default none, see `CaClient.fromEnv`. */
  readonly env?: Env | undefined;
  readonly logger?: Logger | undefined;
}

/**
 * A Channel Access client on the sockets of this machine.
 *
 * @example
 * const ca = CaClient.fromEnv();
 * console.log(await ca.getValue('SR:CURRENT'));
 * await ca.close();
 */
export class CaClient extends CaClientCore {
  constructor(init: CaClientInit = {}) {
    super({ ...init, network: init.network ?? nodeNetwork() });
  }

  /** A client that uses the EPICS_CA_ variables, below the options. */
  static fromEnv(init: CaClientInit = {}): CaClient {
    return new CaClient({ ...init, env: init.env ?? process.env });
  }
}

/** Options of a server, and what it runs on. */
export interface CaServerInit {
  /** Settings; default: those of the environment given, else the defaults. */
  readonly config?: CaServerSettings | undefined;
  /** Default: the sockets and the clock of this machine. */
  readonly network?: Network | undefined;
  /** Environment variables that apply where no setting is given; default none, see `CaServer.fromEnv`. */
  readonly env?: Env | undefined;
  /** Answers searches together with other servers of this process; default: one of its own. */
  readonly responder?: CaSearchResponder | undefined;
  readonly logger?: Logger | undefined;
}

/**
 * A Channel Access server on the sockets of this machine.
 *
 * @example
 * const server = CaServer.fromEnv();
 * server.add('LAB:TEMP', pv);
 * await server.start();
 */
export class CaServer extends CaServerCore {
  constructor(init: CaServerInit = {}) {
    super({ ...init, network: init.network ?? nodeNetwork() });
  }

  /** A server that uses the EPICS_CA_ and EPICS_CAS_ variables, below the settings. */
  static fromEnv(init: CaServerInit = {}): CaServer {
    return new CaServer({ ...init, env: init.env ?? process.env });
  }

  /** A server on 127.0.0.1 and free ports, for tests and for clients that get its `clientConfig()`. */
  static isolated(init: CaServerInit = {}): CaServer {
    return new CaServer({ ...init, config: { ...isolatedSettings, ...init.config } });
  }
}
