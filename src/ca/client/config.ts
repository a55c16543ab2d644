import {
  type AddressEntry,
  type Env,
  EnvReader,
  type EnvWarning,
  errorText,
  parseAddress,
  parseAddressList,
} from '../../util/index.ts';
import { DEFAULT_MAX_MESSAGE_BYTES, DEFAULT_REPEATER_PORT, DEFAULT_SERVER_PORT } from '../core/constants.ts';
import {
  checkDuration,
  checkPort,
  givenOptions,
  logOnce,
  maxMessageEnv,
  readMaxMessageBytes,
} from '../settings.ts';

/**
 * How a client deals with the repeater, which owns the port where beacons arrive.
 *
 * - `auto`: registers; becomes the repeater when there is none.
 * - `spawn`: registers; starts a repeater process of its own when there is none.
 * - `register`: registers only. For short-lived programs: a repeater that ends takes beacons from others.
 * - `off`: no repeater, no beacons.
 */
export type RepeaterMode = 'auto' | 'spawn' | 'register' | 'off';

/** Settings of a Channel Access client, complete. */
export interface CaClientConfig {
  /** Where searches go: `host[:port]`, unicast, broadcast or multicast. EPICS_CA_ADDR_LIST. */
  readonly addrList: readonly string[];
  /** Search on the broadcast address of each interface too. EPICS_CA_AUTO_ADDR_LIST. */
  readonly autoAddrList: boolean;
  /** Servers that are searched through TCP: `host[:port]`. EPICS_CA_NAME_SERVERS. */
  readonly nameServers: readonly string[];
  /** Default UDP and TCP port of servers. EPICS_CA_SERVER_PORT. */
  readonly serverPort: number;
  /** EPICS_CA_REPEATER_PORT. */
  readonly repeaterPort: number;
  readonly repeater: RepeaterMode;
  /** Seconds of silence until a circuit is probed, and for a connection to come up; 0.1 and more. EPICS_CA_CONN_TMO. */
  readonly connTmo: number;
  /** Most seconds between two searches for a name; 60 and more. EPICS_CA_MAX_SEARCH_PERIOD. */
  readonly maxSearchPeriod: number;
  /** Multicast time to live. EPICS_CA_MCAST_TTL. */
  readonly mcastTtl: number;
  /** Bound of received and sent messages, in bytes. EPICS_CA_MAX_ARRAY_BYTES when EPICS_CA_AUTO_ARRAY_BYTES is NO. */
  readonly maxMessageBytes: number;
  /** CLIENT_NAME; undefined: the user of this process. */
  readonly user: string | undefined;
  /** HOST_NAME; undefined: the name of this machine. */
  readonly host: string | undefined;
  /** How long a circuit without channels stays open, in ms. */
  readonly circuitLingerMs: number;
  /** How long a channel without users stays open, in ms. */
  readonly channelLingerMs: number;
  /** Time limit of `get`, `put` and `ready` calls that give none, in ms; Infinity: none. */
  readonly timeoutMs: number;
  /** Take the source of a search reply as the server, whatever address the reply names. */
  readonly ignoreReplyAddress: boolean;
  /** Sockets keep the process alive even without subscriptions. */
  readonly keepAlive: boolean;
}

/** What a client may be given; the rest comes from the environment and the defaults. */
export type CaClientOptions = {
  readonly [K in keyof CaClientConfig]?: CaClientConfig[K] | undefined;
};

const MIN_CONN_TMO = 0.1;
const MIN_SEARCH_PERIOD = 60;

const defaults: CaClientConfig = {
  addrList: [],
  autoAddrList: true,
  nameServers: [],
  serverPort: DEFAULT_SERVER_PORT,
  repeaterPort: DEFAULT_REPEATER_PORT,
  repeater: 'auto',
  connTmo: 30,
  maxSearchPeriod: 300,
  mcastTtl: 1,
  maxMessageBytes: DEFAULT_MAX_MESSAGE_BYTES,
  user: undefined,
  host: undefined,
  circuitLingerMs: 1000,
  channelLingerMs: 0,
  timeoutMs: 5000,
  ignoreReplyAddress: false,
  keepAlive: false,
};

/**
 * Settings of a client from options, environment and defaults, in this order. Pure: the environment is not changed.
 *
 * @param warn told of each bad value in the environment, which is then taken as not set.
 * @throws {ConfigError} EPICS_CONFIG for an unknown option and for a value that cannot be.
 */
export function resolveCaClientConfig(
  options: CaClientOptions = {},
  env: Env = {},
  warn: EnvWarning = logOnce(),
): CaClientConfig {
  const given = givenOptions(options, defaults, 'CA client');
  const reader = new EnvReader(env, warn);
  const serverPort = reader.port(['EPICS_CA_SERVER_PORT'], defaults.serverPort);
  const fromEnv: CaClientConfig = {
    ...defaults,
    addrList: usable(reader, 'EPICS_CA_ADDR_LIST', warn),
    autoAddrList: reader.yesNo(['EPICS_CA_AUTO_ADDR_LIST'], true),
    nameServers: usable(reader, 'EPICS_CA_NAME_SERVERS', warn),
    serverPort: serverPort === 0 ? defaults.serverPort : serverPort,
    repeaterPort: reader.port(['EPICS_CA_REPEATER_PORT'], defaults.repeaterPort),
    connTmo: reader.number(['EPICS_CA_CONN_TMO'], defaults.connTmo, 0, Number.MAX_VALUE),
    maxSearchPeriod: reader.number(
      ['EPICS_CA_MAX_SEARCH_PERIOD'],
      defaults.maxSearchPeriod,
      0,
      Number.MAX_VALUE,
    ),
    mcastTtl: reader.number(['EPICS_CA_MCAST_TTL'], defaults.mcastTtl, 0, 255),
    maxMessageBytes: readMaxMessageBytes(reader),
  };
  const config: CaClientConfig = { ...fromEnv, ...given };
  checkConfig(config);
  return {
    ...config,
    connTmo: Math.max(MIN_CONN_TMO, config.connTmo),
    maxSearchPeriod: Math.max(MIN_SEARCH_PERIOD, config.maxSearchPeriod),
  };
}

/** Addresses of a variable, without those that cannot be read. */
function usable(reader: EnvReader, key: string, warn: EnvWarning): string[] {
  return (reader.words(key) ?? []).filter((word) => {
    try {
      parseAddress(word, defaults.serverPort, key);
      return true;
    } catch (error) {
      warn(`${errorText(error)}; left out`);
      return false;
    }
  });
}

function checkConfig(config: CaClientConfig): void {
  const ports: readonly ('serverPort' | 'repeaterPort')[] = ['serverPort', 'repeaterPort'];
  for (const key of ports) {
    checkPort(key, config[key], 1);
  }
  const durations: readonly (
    | 'connTmo'
    | 'maxSearchPeriod'
    | 'circuitLingerMs'
    | 'channelLingerMs'
    | 'timeoutMs'
  )[] = ['connTmo', 'maxSearchPeriod', 'circuitLingerMs', 'channelLingerMs', 'timeoutMs'];
  for (const key of durations) {
    checkDuration(key, config[key]);
  }
  searchAddresses(config);
  nameServerAddresses(config);
}

/** Parsed `addrList`. */
export function searchAddresses(config: CaClientConfig): AddressEntry[] {
  return parseAddressList(config.addrList.join(' '), config.serverPort, 'EPICS_CA_ADDR_LIST');
}

/** Parsed `nameServers`. */
export function nameServerAddresses(config: CaClientConfig): AddressEntry[] {
  return parseAddressList(config.nameServers.join(' '), config.serverPort, 'EPICS_CA_NAME_SERVERS');
}

/** Environment variables that make another EPICS program use these settings. */
export function caClientToEnv(config: CaClientConfig): Record<string, string> {
  return {
    EPICS_CA_ADDR_LIST: config.addrList.join(' '),
    EPICS_CA_AUTO_ADDR_LIST: config.autoAddrList ? 'YES' : 'NO',
    EPICS_CA_NAME_SERVERS: config.nameServers.join(' '),
    EPICS_CA_SERVER_PORT: String(config.serverPort),
    EPICS_CA_REPEATER_PORT: String(config.repeaterPort),
    EPICS_CA_CONN_TMO: String(config.connTmo),
    EPICS_CA_MAX_SEARCH_PERIOD: String(config.maxSearchPeriod),
    EPICS_CA_MCAST_TTL: String(config.mcastTtl),
    ...maxMessageEnv(config.maxMessageBytes),
  };
}
