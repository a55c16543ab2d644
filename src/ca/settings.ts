import { ConfigError, type EnvReader, type EnvWarning, getLogger } from '../util/index.ts';
import { DEFAULT_MAX_MESSAGE_BYTES, EXTENDED_HEADER_BYTES } from './core/index.ts';

const MIN_ARRAY_BYTES = 16_384;

/** Logs each bad value of the environment once. */
export function logOnce(): EnvWarning {
  const told = new Set<string>();
  return (message) => {
    if (told.has(message)) return;
    told.add(message);
    getLogger('epics.ca.config').warn(message);
  };
}

/**
 * The options that were given, without those that are undefined.
 * @param owner what they belong to, for the message.
 * @throws {ConfigError} EPICS_CONFIG for one that `defaults` does not have.
 */
export function givenOptions<C extends object>(
  options: { readonly [K in keyof C]?: C[K] | undefined },
  defaults: C,
  owner: string,
): Partial<C> {
  for (const key of Object.keys(options)) {
    if (!(key in defaults)) throw new ConfigError(`unknown option "${key}" of the ${owner}`, { key });
  }
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<C>;
}

/** Checks a port number. @throws {ConfigError} EPICS_CONFIG when it is not from `least` to 65535. */
export function checkPort(key: string, port: number, least: 0 | 1): void {
  if (Number.isInteger(port) && port >= least && port <= 65535) return;
  throw new ConfigError(`${key}: ${port} is not a port number from ${least} to 65535`, { key });
}

/** Checks a duration. @throws {ConfigError} EPICS_CONFIG when it is negative or no number. */
export function checkDuration(key: string, value: number): void {
  if (!(value >= 0)) throw new ConfigError(`${key}: ${value} is not a duration`, { key });
}

/** Bound of messages in bytes, from EPICS_CA_MAX_ARRAY_BYTES when EPICS_CA_AUTO_ARRAY_BYTES is NO. */
export function readMaxMessageBytes(reader: EnvReader): number {
  const isAuto = reader.yesNo(['EPICS_CA_AUTO_ARRAY_BYTES'], true);
  const most = reader.number(['EPICS_CA_MAX_ARRAY_BYTES'], MIN_ARRAY_BYTES, 0, 2 ** 32 - 1);
  // What a message has beyond its array is the header.
  return isAuto ? DEFAULT_MAX_MESSAGE_BYTES : Math.max(most, MIN_ARRAY_BYTES) + EXTENDED_HEADER_BYTES;
}

/** Variables that make another EPICS program use a bound of messages; none for the default. */
export function maxMessageEnv(bytes: number): Record<string, string> {
  if (bytes === DEFAULT_MAX_MESSAGE_BYTES) return {};
  return {
    EPICS_CA_AUTO_ARRAY_BYTES: 'NO',
    EPICS_CA_MAX_ARRAY_BYTES: String(bytes - EXTENDED_HEADER_BYTES),
  };
}
