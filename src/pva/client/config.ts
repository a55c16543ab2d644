import {
  type AddressEntry,
  ConfigError,
  type Env,
  EnvReader,
  type EnvWarning,
  errorText,
  getLogger,
  parseAddress,
} from '../../util/index.ts';
import { PVA_BROADCAST_PORT, PVA_SERVER_PORT, parseGuid } from '../core/index.ts';

/** Settings of a PVAccess client. */
export interface PvaClientConfig {
  /** EPICS_PVA_ADDR_LIST: where searches go, `host[:port][,ttl][@interface]`. */
  readonly addrList: readonly string[];
  /** EPICS_PVA_AUTO_ADDR_LIST: searches go to the broadcast address of each interface too. */
  readonly autoAddrList: boolean;
  /** EPICS_PVA_INTF_ADDR_LIST: addresses of the interfaces to use; empty for all. */
  readonly intfAddrList: readonly string[];
  /** EPICS_PVA_BROADCAST_PORT: UDP port of searches and beacons. */
  readonly broadcastPort: number;
  /** EPICS_PVA_SERVER_PORT: TCP port where `nameServers` and `server` name none. */
  readonly serverPort: number;
  /** EPICS_PVA_NAME_SERVERS: servers that are searched over TCP, `host[:port]`. */
  readonly nameServers: readonly string[];
  /** EPICS_PVA_CONN_TMO in seconds; a silent connection is given up after 4/3 of it, and not before 2 s. */
  readonly connTmo: number;
  /** Whether beacons are listened to: servers that start are then found at once. */
  readonly listenBeacons: boolean;
  /** User name told to servers; undefined for that of this process. */
  readonly user: string | undefined;
  /** Host name told to servers; undefined for that of this machine. */
  readonly host: string | undefined;
  /** GUIDs of servers whose search answers are ignored, 24 hexadecimal digits each. */
  readonly ignoreGuids: readonly string[];
  /** Search answers count only from addresses that are searched; off because name servers answer for others. */
  readonly checkSearchSource: boolean;
  /** Largest message taken from a server, in bytes. */
  readonly maxMessageBytes: number;
  /** How long a channel is kept after its last handle was disposed, in ms. */
  readonly channelLingerMs: number;
  /** How long a channel is kept after `get`, `put` and such of the client, in ms. */
  readonly channelCacheMs: number;
  /** How long a connection without channels is kept, in ms. */
  readonly connectionLingerMs: number;
  /** Whether open connections leave the process free to end. */
  readonly unref: boolean;
}

/** Settings that differ from environment and defaults. */
export type PvaClientOptions = Partial<PvaClientConfig>;

const DEFAULTS: PvaClientConfig = {
  addrList: [],
  autoAddrList: true,
  intfAddrList: [],
  broadcastPort: PVA_BROADCAST_PORT,
  serverPort: PVA_SERVER_PORT,
  nameServers: [],
  connTmo: 30,
  listenBeacons: true,
  user: undefined,
  host: undefined,
  ignoreGuids: [],
  checkSearchSource: false,
  maxMessageBytes: 256 * 1024 * 1024,
  channelLingerMs: 0,
  channelCacheMs: 20_000,
  connectionLingerMs: 1000,
  unref: false,
};

/**
 * Settings from `options`, then the environment, then defaults.
 *
 * @param env variables; pass `{}` to ignore the environment.
 * @param warn told of environment values that cannot be read and are not used.
 * @throws {ConfigError} EPICS_CONFIG naming an unknown option, a bad address, port or GUID.
 */
export function resolvePvaConfig(
  options: PvaClientOptions = {},
  env: Env = process.env,
  warn: EnvWarning = warnOnce,
): PvaClientConfig {
  for (const key of Object.keys(options)) {
    if (!(key in DEFAULTS)) throw new ConfigError(`unknown PVA client option "${key}"`, { key });
  }
  const reader = new EnvReader(env, warn);
  const fromEnv: PvaClientConfig = {
    ...DEFAULTS,
    addrList: listOf(reader, 'EPICS_PVA_ADDR_LIST', warn),
    autoAddrList: reader.yesNo(['EPICS_PVA_AUTO_ADDR_LIST'], DEFAULTS.autoAddrList),
    intfAddrList: listOf(reader, 'EPICS_PVA_INTF_ADDR_LIST', warn),
    broadcastPort: reader.port(['EPICS_PVA_BROADCAST_PORT'], DEFAULTS.broadcastPort),
    serverPort: reader.port(['EPICS_PVA_SERVER_PORT'], DEFAULTS.serverPort),
    nameServers: listOf(reader, 'EPICS_PVA_NAME_SERVERS', warn),
    connTmo: reader.number(['EPICS_PVA_CONN_TMO'], DEFAULTS.connTmo, 0, 86_400),
  };
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const config: PvaClientConfig = { ...fromEnv, ...given };
  check(config);
  return config;
}

/** The environment that makes `config`: to start peers with the same settings. */
export function pvaConfigToEnv(config: PvaClientConfig): Record<string, string> {
  return {
    EPICS_PVA_ADDR_LIST: config.addrList.join(' '),
    EPICS_PVA_AUTO_ADDR_LIST: config.autoAddrList ? 'YES' : 'NO',
    EPICS_PVA_INTF_ADDR_LIST: config.intfAddrList.join(' '),
    EPICS_PVA_BROADCAST_PORT: String(config.broadcastPort),
    EPICS_PVA_SERVER_PORT: String(config.serverPort),
    EPICS_PVA_NAME_SERVERS: config.nameServers.join(' '),
    EPICS_PVA_CONN_TMO: String(config.connTmo),
  };
}

/** How long a connection may be silent, in ms: 4/3 of `connTmo`, at least 2 s. @see pvxs src/config.cpp, tcpTimeout */
export function silenceLimitMs(config: PvaClientConfig): number {
  return Math.max(2000, (config.connTmo * 4000) / 3);
}

/** Time between the echo requests of an idle connection, in ms. @see pvxs src/clientconn.cpp */
export function echoPeriodMs(limitMs: number): number {
  return Math.max(1000, Math.min(15_000, (limitMs * 3) / 8));
}

/** The entries of `addrList`, parsed. */
export function searchAddresses(config: PvaClientConfig): AddressEntry[] {
  return config.addrList.map((text) => parseAddress(text, config.broadcastPort, 'addrList'));
}

/** The entries of `nameServers`, parsed. */
export function nameServerAddresses(config: PvaClientConfig): AddressEntry[] {
  return config.nameServers.map((text) => parseAddress(text, config.serverPort, 'nameServers'));
}

function listOf(reader: EnvReader, name: string, warn: EnvWarning): readonly string[] {
  // `a, b`: a comma at the end of a word separates; one inside begins a time to live.
  const words = (reader.words(name) ?? [])
    .map((word) => word.replace(/,+$/, ''))
    .filter((word) => word !== '');
  return words.filter((word) => {
    try {
      parseAddress(word, 0, name);
      return true;
    } catch (error) {
      warn(`${errorText(error)}; left out`);
      return false;
    }
  });
}

function check(config: PvaClientConfig): void {
  searchAddresses(config);
  nameServerAddresses(config);
  for (const text of config.intfAddrList) parseAddress(text, 0, 'intfAddrList');
  for (const key of ['broadcastPort', 'serverPort'] as const) {
    const port = config[key];
    if (!Number.isInteger(port) || port < 0 || port > 65535) {
      throw new ConfigError(`${key}: ${port} is not a port number from 0 to 65535`, { key });
    }
  }
  for (const key of ['connTmo', 'channelLingerMs', 'channelCacheMs', 'connectionLingerMs'] as const) {
    if (!(config[key] >= 0))
      throw new ConfigError(`${key}: ${config[key]} is not a time of 0 or more`, { key });
  }
  if (!(config.maxMessageBytes >= 1024)) {
    throw new ConfigError(`maxMessageBytes: ${config.maxMessageBytes} is less than 1024`, {
      key: 'maxMessageBytes',
    });
  }
  for (const text of config.ignoreGuids) {
    if (parseGuid(text) === undefined) {
      throw new ConfigError(`ignoreGuids: "${text}" is not 24 hexadecimal digits`, { key: 'ignoreGuids' });
    }
  }
}

function warnOnce(message: string): void {
  getLogger('epics.pva.config').warn(message);
}
