import { type Network, nodeNetwork } from '../net/index.ts';
import { isolatedServerOptions, type PvaServerOptions } from './server/config.ts';
import { type PvaServerParts, PvaServerOn } from './server/server.ts';

/** Protocol cores without I/O, for analysers and tests. */
export * as expert from './core/index.ts';
export {
  type PvaServerConfig,
  type PvaServerOptions,
  pvaServerConfigToEnv,
  resolvePvaServerConfig,
} from './server/config.ts';
export { SearchResponder, type SearchResponderStats, type SearchTarget } from './server/search-responder.ts';
export { PvaServerOn, type PvaServerParts, type PvaServerStats } from './server/server.ts';

/** What `PvaServer` takes besides its settings. */
export interface PvaServerEnvironment extends PvaServerParts {
  /** Default: the network of this machine. */
  readonly network?: Network;
}

/**
 * A PVAccess server on the network of this machine.
 *
 * @example
 * const server = new PvaServer();
 * server.add('demo:x', SharedPv.mailbox(1.5));
 * await server.start();
 */
export class PvaServer extends PvaServerOn {
  /** @throws {ConfigError} EPICS_CONFIG naming the option that is wrong. */
  constructor(options: PvaServerOptions = {}, environment: PvaServerEnvironment = {}) {
    super(environment.network ?? nodeNetwork(), options, environment);
  }

  /** A server that only programs on this machine can find: 127.0.0.1, free ports, no environment. */
  static isolated(options: PvaServerOptions = {}, environment: PvaServerEnvironment = {}): PvaServer {
    return new PvaServer({ ...isolatedServerOptions, ...options }, { env: {}, ...environment });
  }
}
