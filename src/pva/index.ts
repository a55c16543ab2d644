import { type Network, nodeNetwork } from '../net/index.ts';
import { PvaClientOn, type PvaClientParts } from './client/client.ts';
import type { PvaClientOptions } from './client/config.ts';
import { isolatedServerOptions, type PvaServerOptions } from './server/config.ts';
import { PvaServerOn, type PvaServerParts } from './server/server.ts';

export { PvaChannel } from './client/channel.ts';
export type {
  PvaCallOptions,
  PvaMonitorEvent,
  PvaMonitorOptions,
  PvaPutOptions,
  PvaSubscription,
} from './client/channel-options.ts';
export {
  type OnServer,
  type PvaChannelOptions,
  PvaClientOn,
  type PvaClientParts,
  type PvaClientStats,
} from './client/client.ts';
export {
  type PvaClientConfig,
  type PvaClientOptions,
  pvaConfigToEnv,
  resolvePvaConfig,
} from './client/config.ts';
export type { DiscoverEvent, DiscoveredServer, DiscoverOptions } from './client/discover.ts';
export { MonitorFeed } from './client/feed.ts';
export type { SubscriptionStats } from './client/monitor.ts';
export type { PvaPutValue } from './client/put-plan.ts';
export type { RpcArguments } from './client/rpc.ts';
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

/** What `PvaClient` takes besides its settings. */
export interface PvaClientEnvironment extends PvaClientParts {
  /** Default: the network of this machine. */
  readonly network?: Network;
}

/**
 * A PVAccess client on the network of this machine. Nothing is opened before the first channel.
 *
 * @example
 * await using client = PvaClient.fromEnv();
 * const { value } = await client.get('demo:x');
 */
export class PvaClient extends PvaClientOn {
  /** @throws {ConfigError} EPICS_CONFIG naming the option that is wrong. */
  constructor(options: PvaClientOptions = {}, environment: PvaClientEnvironment = {}) {
    super(environment.network ?? nodeNetwork(), options, environment);
  }

  /** A client with the settings of the environment variables `EPICS_PVA_...`. */
  static fromEnv(options: PvaClientOptions = {}): PvaClient {
    return new PvaClient(options);
  }
}
