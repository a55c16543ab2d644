import {
  type AddressEntry,
  ConfigError,
  type Env,
  EnvReader,
  type EnvWarning,
  isIpv4,
  isMulticast,
  parseAddressList,
} from '../../util/index.ts';
import { DEFAULT_MAX_MESSAGE_BYTES, DEFAULT_REPEATER_PORT, DEFAULT_SERVER_PORT } from '../core/index.ts';
import {
  checkDuration,
  checkPort,
  givenOptions,
  logOnce,
  maxMessageEnv,
  readMaxMessageBytes,
} from '../settings.ts';

/** Settings of a Channel Access server, complete. */
export interface CaServerConfig {
  /** Local addresses to serve on and multicast groups to join; empty: all addresses. EPICS_CAS_INTF_ADDR_LIST. */
  readonly intfAddrList: readonly string[];
  /** Addresses whose searches are ignored. EPICS_CAS_IGNORE_ADDR_LIST. */
  readonly ignoreAddrList: readonly string[];
  /** TCP port; 0, or when it is taken: a free one. EPICS_CAS_SERVER_PORT. */
  readonly serverPort: number;
  /** UDP port of searches, shared with other servers; 0: a free one. As `serverPort` unless given. */
  readonly searchPort: number;
  /** Where beacons go: `host[:port]`. EPICS_CAS_BEACON_ADDR_LIST. */
  readonly beaconAddrList: readonly string[];
  /** Beacons to the broadcast address of each interface too. EPICS_CAS_AUTO_BEACON_ADDR_LIST. */
  readonly autoBeaconAddrList: boolean;
  /** Default port of beacons. EPICS_CAS_BEACON_PORT. */
  readonly beaconPort: number;
  /** Most seconds between two beacons, 0.1 and more. EPICS_CAS_BEACON_PERIOD. */
  readonly beaconPeriod: number;
  /** Multicast time to live of beacons, 0..255. EPICS_CA_MCAST_TTL. */
  readonly mcastTtl: number;
  /** IPv4 address that search replies name in place of the sender's, for address translation; empty: none. */
  readonly announceAddress: string;
  /** Take the peer's address as host name, whatever the client says. */
  readonly asCheckClientIp: boolean;
  /** Bytes of one message taken or sent. EPICS_CA_MAX_ARRAY_BYTES when EPICS_CA_AUTO_ARRAY_BYTES is NO. */
  readonly maxMessageBytes: number;
  /** Circuits at a time; at the limit searches are not answered. */
  readonly maxConnections: number;
  /** Channels of one circuit. */
  readonly maxChannels: number;
  /** Subscriptions of one circuit. */
  readonly maxSubscriptions: number;
  /** Reads and writes of one circuit under way; beyond it the circuit is not read. */
  readonly maxPending: number;
  /** Updates that wait for one subscription. */
  readonly queueSize: number;
  /** Bytes of updates that wait on one circuit. */
  readonly queueBytes: number;
  /** A circuit that takes no data for so many ms is dropped. */
  readonly sendTimeoutMs: number;
  /** How long a PV without channels is kept, in ms. */
  readonly lingerMs: number;
}

/** What a server may be given; the rest comes from the environment and the defaults. */
export type CaServerSettings = {
  readonly [K in keyof CaServerConfig]?: CaServerConfig[K] | undefined;
};

const MIN_BEACON_PERIOD = 0.1;

const defaults: CaServerConfig = {
  intfAddrList: [],
  ignoreAddrList: [],
  serverPort: DEFAULT_SERVER_PORT,
  searchPort: DEFAULT_SERVER_PORT,
  beaconAddrList: [],
  autoBeaconAddrList: true,
  beaconPort: DEFAULT_REPEATER_PORT,
  beaconPeriod: 15,
  mcastTtl: 1,
  announceAddress: '',
  asCheckClientIp: false,
  maxMessageBytes: DEFAULT_MAX_MESSAGE_BYTES,
  maxConnections: 1000,
  maxChannels: 100_000,
  maxSubscriptions: 100_000,
  maxPending: 10_000,
  queueSize: 64,
  queueBytes: 4 * 1024 * 1024,
  sendTimeoutMs: 60_000,
  lingerMs: 0,
};

/** Settings of a server on 127.0.0.1 and free ports that sends nothing beyond this machine. */
export const isolatedSettings: CaServerSettings = {
  intfAddrList: ['127.0.0.1'],
  serverPort: 0,
  searchPort: 0,
  beaconAddrList: [],
  autoBeaconAddrList: false,
};

/**
 * Settings of a server from options, environment and defaults, in this order. Pure: the environment is not changed.
 *
 * @param warn told of each bad number in the environment, which is then taken as not set.
 * @throws {ConfigError} EPICS_CONFIG for an unknown option, a bad address list and a value that cannot be.
 * @see epics-base modules/database/src/ioc/rsrv/caservertask.c, rsrv_init
 */
export function resolveCaServerConfig(
  settings: CaServerSettings = {},
  env: Env = {},
  warn: EnvWarning = logOnce(),
): CaServerConfig {
  const given = givenOptions(settings, defaults, 'CA server');
  const reader = new EnvReader(env, warn);
  const serverPort = reader.port(['EPICS_CAS_SERVER_PORT', 'EPICS_CA_SERVER_PORT'], defaults.serverPort);
  const intfAddrList = reader.words('EPICS_CAS_INTF_ADDR_LIST') ?? [];
  const fromEnv: CaServerConfig = {
    ...defaults,
    intfAddrList,
    ignoreAddrList: reader.words('EPICS_CAS_IGNORE_ADDR_LIST') ?? [],
    serverPort,
    beaconAddrList: reader.words('EPICS_CAS_BEACON_ADDR_LIST') ?? [],
    autoBeaconAddrList: reader.yesNo(['EPICS_CAS_AUTO_BEACON_ADDR_LIST'], true),
    beaconPort: reader.port(['EPICS_CAS_BEACON_PORT', 'EPICS_CA_REPEATER_PORT'], defaults.beaconPort),
    beaconPeriod: reader.number(
      ['EPICS_CAS_BEACON_PERIOD', 'EPICS_CA_BEACON_PERIOD'],
      defaults.beaconPeriod,
      0,
      Number.MAX_VALUE,
    ),
    mcastTtl: reader.number(['EPICS_CA_MCAST_TTL'], defaults.mcastTtl, 0, 255),
    maxMessageBytes: readMaxMessageBytes(reader),
  };
  const config: CaServerConfig = { ...fromEnv, searchPort: fromEnv.serverPort, ...given };
  const result: CaServerConfig = {
    ...config,
    searchPort: settings.searchPort ?? config.serverPort,
    beaconPeriod: Math.max(MIN_BEACON_PERIOD, config.beaconPeriod),
  };
  checkConfig(result);
  return result;
}

const ports = ['serverPort', 'searchPort', 'beaconPort'] as const;
const limits = [
  'maxMessageBytes',
  'maxConnections',
  'maxChannels',
  'maxSubscriptions',
  'maxPending',
  'queueSize',
  'queueBytes',
  'sendTimeoutMs',
] as const;

function checkConfig(config: CaServerConfig): void {
  for (const key of ports) {
    checkPort(key, config[key], 0);
  }
  for (const key of limits) {
    if (!(config[key] > 0)) throw new ConfigError(`${key}: ${config[key]} is not above 0`, { key });
  }
  checkDuration('lingerMs', config.lingerMs);
  if (config.announceAddress !== '' && !isIpv4(config.announceAddress)) {
    const key = 'announceAddress';
    throw new ConfigError(`${key}: "${config.announceAddress}" is not an IPv4 address`, { key });
  }
  interfaceAddresses(config);
  multicastGroups(config);
  ignoredAddresses(config);
  beaconAddresses(config);
}

function interfaceEntries(config: CaServerConfig): AddressEntry[] {
  return parseAddressList(config.intfAddrList.join(' '), config.serverPort, 'EPICS_CAS_INTF_ADDR_LIST');
}

/** Local addresses to listen on, without multicast groups; `0.0.0.0` alone when none is given or it is among them. */
export function interfaceAddresses(config: CaServerConfig): readonly string[] {
  const unicast = interfaceEntries(config)
    .map((entry) => entry.host)
    .filter((host) => !isMulticast(host));
  if (unicast.length === 0 || unicast.includes('0.0.0.0')) return ['0.0.0.0'];
  return [...new Set(unicast)];
}

/** Multicast groups to join. */
export function multicastGroups(config: CaServerConfig): readonly AddressEntry[] {
  return interfaceEntries(config).filter((entry) => isMulticast(entry.host));
}

/** Host names and addresses whose searches are ignored. */
export function ignoredAddresses(config: CaServerConfig): readonly string[] {
  return parseAddressList(config.ignoreAddrList.join(' '), 0, 'EPICS_CAS_IGNORE_ADDR_LIST').map(
    (entry) => entry.host,
  );
}

/** Configured beacon destinations. */
export function beaconAddresses(config: CaServerConfig): readonly AddressEntry[] {
  return parseAddressList(config.beaconAddrList.join(' '), config.beaconPort, 'EPICS_CAS_BEACON_ADDR_LIST');
}

/** Environment variables that make another EPICS server use these settings. */
export function caServerToEnv(config: CaServerConfig): Record<string, string> {
  return {
    EPICS_CAS_INTF_ADDR_LIST: config.intfAddrList.join(' '),
    EPICS_CAS_IGNORE_ADDR_LIST: config.ignoreAddrList.join(' '),
    EPICS_CAS_SERVER_PORT: String(config.serverPort),
    EPICS_CAS_BEACON_ADDR_LIST: config.beaconAddrList.join(' '),
    EPICS_CAS_AUTO_BEACON_ADDR_LIST: config.autoBeaconAddrList ? 'YES' : 'NO',
    EPICS_CAS_BEACON_PORT: String(config.beaconPort),
    EPICS_CAS_BEACON_PERIOD: String(config.beaconPeriod),
    EPICS_CA_MCAST_TTL: String(config.mcastTtl),
    ...maxMessageEnv(config.maxMessageBytes),
  };
}
