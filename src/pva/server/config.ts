import {
  type AddressEntry,
  ConfigError,
  type Env,
  EnvReader,
  type EnvWarning,
  getLogger,
  parseAddress,
} from '../../util/index.ts';
import { PVA_BROADCAST_PORT, PVA_SERVER_PORT } from '../core/index.ts';

/** Settings of a PVAccess server. */
export interface PvaServerConfig {
  /** EPICS_PVAS_INTF_ADDR_LIST: addresses to listen on, TCP and UDP; empty or `0.0.0.0` for all. */
  readonly intfAddrList: readonly string[];
  /** EPICS_PVAS_SERVER_PORT: TCP port, 0 for a free one. */
  readonly serverPort: number;
  /** Whether `start` fails when `serverPort` is taken, instead of using a free port. */
  readonly strictPort: boolean;
  /** EPICS_PVAS_BROADCAST_PORT: UDP port of searches and beacons, 0 for a free one. */
  readonly broadcastPort: number;
  /** EPICS_PVAS_BEACON_ADDR_LIST: where beacons go, `host[:port][,ttl][@interface]`. */
  readonly beaconAddrList: readonly string[];
  /** EPICS_PVAS_AUTO_BEACON_ADDR_LIST: beacons go to the broadcast address of each interface too. */
  readonly autoBeaconAddrList: boolean;
  /** EPICS_PVAS_IGNORE_ADDR_LIST: searches from these addresses get no answer; port 0 or none matches any. */
  readonly ignoreAddrList: readonly string[];
  /** EPICS_PVAS_BEACON_PERIOD in seconds, of the first ten beacons; later ones come twelve times as slowly. */
  readonly beaconPeriod: number;
  /** EPICS_PVA_CONN_TMO in seconds; a silent connection is closed after 4/3 of it, and not before 2 s. */
  readonly connTmo: number;
  /** Whether searches sent to this process alone are passed on to the others on this host. */
  readonly localForwarding: boolean;
  /** Byte order of everything sent. */
  readonly littleEndian: boolean;
  /** Largest message taken from a client, in bytes. */
  readonly maxMessageBytes: number;
  readonly maxConnections: number;
  readonly maxChannelsPerConnection: number;
  readonly maxOperationsPerConnection: number;
  /** The longest monitor queue that a client can ask for. */
  readonly maxQueueSize: number;
  /** Data that the monitor queues of one connection may hold, in bytes. */
  readonly maxQueuedBytes: number;
  /** How long a PV that no channel uses is kept, in ms. */
  readonly pvLingerMs: number;
}

/** Settings that differ from environment and defaults. */
export type PvaServerOptions = Partial<PvaServerConfig>;

const MIB = 1024 * 1024;

const DEFAULTS: PvaServerConfig = {
  intfAddrList: [],
  serverPort: PVA_SERVER_PORT,
  strictPort: false,
  broadcastPort: PVA_BROADCAST_PORT,
  beaconAddrList: [],
  autoBeaconAddrList: true,
  ignoreAddrList: [],
  beaconPeriod: 15,
  connTmo: 30,
  localForwarding: true,
  littleEndian: true,
  maxMessageBytes: 256 * MIB,
  maxConnections: 10_000,
  maxChannelsPerConnection: 100_000,
  maxOperationsPerConnection: 200_000,
  maxQueueSize: 10_000,
  maxQueuedBytes: 4 * MIB,
  pvLingerMs: 0,
};

/** Settings of a server that nothing outside this machine can see: 127.0.0.1, free ports. */
export const isolatedServerOptions: PvaServerOptions = {
  intfAddrList: ['127.0.0.1'],
  serverPort: 0,
  broadcastPort: 0,
  beaconAddrList: ['127.0.0.1'],
  autoBeaconAddrList: false,
  ignoreAddrList: [],
  localForwarding: false,
};

/** Names of the server's settings. */
export function isServerOption(key: string): key is keyof PvaServerConfig {
  return key in DEFAULTS;
}

/**
 * Settings from `options`, then the environment, then defaults.
 *
 * @param env variables; pass `{}` to ignore the environment.
 * @param warn told of environment values that cannot be read and are not used.
 * @throws {ConfigError} EPICS_CONFIG naming an unknown option, a bad address, number or port.
 */
export function resolvePvaServerConfig(
  options: PvaServerOptions = {},
  env: Env = process.env,
  warn: EnvWarning = logWarning,
): PvaServerConfig {
  for (const key of Object.keys(options)) {
    if (!isServerOption(key)) throw new ConfigError(`unknown PVA server option "${key}"`, { key });
  }
  const reader = new EnvReader(env, warn);
  const list = (...names: string[]): readonly string[] => listOf(reader, names, warn);
  const both = (name: string): string[] => [`EPICS_PVAS_${name}`, `EPICS_PVA_${name}`];
  const fromEnv: PvaServerConfig = {
    ...DEFAULTS,
    // pvxs: no fall-back to the client's variable.
    intfAddrList: list('EPICS_PVAS_INTF_ADDR_LIST'),
    serverPort: reader.port(both('SERVER_PORT'), DEFAULTS.serverPort),
    broadcastPort: reader.port(both('BROADCAST_PORT'), DEFAULTS.broadcastPort),
    beaconAddrList: list('EPICS_PVAS_BEACON_ADDR_LIST', 'EPICS_PVA_ADDR_LIST'),
    autoBeaconAddrList: reader.yesNo(
      ['EPICS_PVAS_AUTO_BEACON_ADDR_LIST', 'EPICS_PVA_AUTO_ADDR_LIST'],
      DEFAULTS.autoBeaconAddrList,
    ),
    ignoreAddrList: list('EPICS_PVAS_IGNORE_ADDR_LIST'),
    beaconPeriod: reader.number(both('BEACON_PERIOD'), DEFAULTS.beaconPeriod, 0.1, 86_400),
    connTmo: reader.number(both('CONN_TMO'), DEFAULTS.connTmo, 0, 86_400),
  };
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const config: PvaServerConfig = { ...fromEnv, ...given };
  check(config);
  return config;
}

/** The environment that makes `config`: to start peers with the same settings. */
export function pvaServerConfigToEnv(config: PvaServerConfig): Record<string, string> {
  return {
    EPICS_PVAS_INTF_ADDR_LIST: config.intfAddrList.join(' '),
    EPICS_PVAS_SERVER_PORT: String(config.serverPort),
    EPICS_PVAS_BROADCAST_PORT: String(config.broadcastPort),
    EPICS_PVAS_BEACON_ADDR_LIST: config.beaconAddrList.join(' '),
    EPICS_PVAS_AUTO_BEACON_ADDR_LIST: config.autoBeaconAddrList ? 'YES' : 'NO',
    EPICS_PVAS_IGNORE_ADDR_LIST: config.ignoreAddrList.join(' '),
    EPICS_PVAS_BEACON_PERIOD: String(config.beaconPeriod),
    EPICS_PVA_CONN_TMO: String(config.connTmo),
  };
}

/** How long a connection may be silent, in ms: 4/3 of `connTmo`, at least 2 s. @see pvxs src/config.cpp */
export function serverIdleMs(config: PvaServerConfig): number {
  return Math.max(2000, (config.connTmo * 4000) / 3);
}

/** Whether the server listens on all interfaces. */
export function listensEverywhere(config: PvaServerConfig): boolean {
  return config.intfAddrList.length === 0 || config.intfAddrList.includes('0.0.0.0');
}

/** The entries of `beaconAddrList`, parsed; port 0 stands for the broadcast port in use. */
export function beaconAddresses(config: PvaServerConfig): AddressEntry[] {
  return config.beaconAddrList.map((text) => parseAddress(text, 0, 'beaconAddrList'));
}

/** The entries of `ignoreAddrList`, parsed; port 0 matches any. */
export function ignoredAddresses(config: PvaServerConfig): AddressEntry[] {
  return config.ignoreAddrList.map((text) => parseAddress(text, 0, 'ignoreAddrList'));
}

function listOf(reader: EnvReader, names: readonly string[], warn: EnvWarning): readonly string[] {
  // `a, b`: a comma at the end of a word separates; one inside begins a time to live.
  const words = (reader.words(...names) ?? []).map((word) => word.replace(/,+$/, ''));
  return words.filter((word) => {
    if (word === '') return false;
    try {
      parseAddress(word, 0, names[0] as string);
      return true;
    } catch (error) {
      warn(`${error instanceof Error ? error.message : String(error)}; entry ignored`);
      return false;
    }
  });
}

function check(config: PvaServerConfig): void {
  beaconAddresses(config);
  ignoredAddresses(config);
  for (const text of config.intfAddrList) parseAddress(text, 0, 'intfAddrList');
  for (const key of ['broadcastPort', 'serverPort'] as const) {
    const port = config[key];
    if (!Number.isInteger(port) || port < 0 || port > 65535) {
      throw new ConfigError(`${key}: ${port} is not a port number from 0 to 65535`, { key });
    }
  }
  for (const key of ['connTmo', 'pvLingerMs'] as const) {
    if (!(config[key] >= 0))
      throw new ConfigError(`${key}: ${config[key]} is not a time of 0 or more`, { key });
  }
  if (!(config.beaconPeriod > 0)) {
    throw new ConfigError(`beaconPeriod: ${config.beaconPeriod} is not a time above 0`, {
      key: 'beaconPeriod',
    });
  }
  const lowest = {
    maxMessageBytes: 1024,
    maxConnections: 1,
    maxChannelsPerConnection: 1,
    maxOperationsPerConnection: 1,
    maxQueueSize: 2,
    maxQueuedBytes: 0,
  } as const;
  for (const [key, least] of Object.entries(lowest) as [keyof typeof lowest, number][]) {
    if (!(config[key] >= least))
      throw new ConfigError(`${key}: ${config[key]} is less than ${least}`, { key });
  }
}

function logWarning(message: string): void {
  getLogger('epics.pva.server.config').warn(message);
}
