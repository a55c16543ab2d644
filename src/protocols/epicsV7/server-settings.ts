import type { SoftIocOptions } from '../../ioc/index.ts';
import { ConfigError } from '../../util/index.ts';

/** The two settings of a protocol that most sites need. */
export interface NetworkSettings {
  /** Local addresses to serve on. Default: the environment's, else all. */
  readonly interfaces?: readonly string[];
  /** TCP port; 0: free ports, also for searches. Default: the environment's, else that of EPICS. */
  readonly port?: number;
}

type CaSettings = Exclude<SoftIocOptions['ca'], false | undefined>;
type PvaSettings = Exclude<SoftIocOptions['pva'], false | undefined>;

/** Channel Access settings: `interfaces` and `port`, and all that the server has; false: no such server. */
export type CaOptions = (CaSettings & NetworkSettings) | false;
/** PVAccess settings: `interfaces` and `port`, and all that the server has; false: no such server. */
export type PvaOptions = (PvaSettings & NetworkSettings) | false;

/**
 * Settings of the Channel Access server. A `port` is that of searches too, as with EPICS_CAS_SERVER_PORT.
 *
 * @throws {ConfigError} EPICS_CONFIG when a setting is given under both of its names.
 */
export function caSettings(options: CaOptions | undefined): SoftIocOptions['ca'] {
  if (options === undefined || options === false) return options;
  const { interfaces, port, ...settings } = options;
  checkOnce('ca', 'interfaces', interfaces, 'intfAddrList', settings.intfAddrList);
  checkOnce('ca', 'port', port, 'serverPort', settings.serverPort);
  return {
    ...(interfaces === undefined ? {} : { intfAddrList: interfaces }),
    ...(port === undefined ? {} : { serverPort: port, searchPort: port }),
    ...settings,
  };
}

/**
 * Settings of the PVAccess server. A `port` is that of TCP; searches keep theirs, unless it is 0.
 *
 * @throws {ConfigError} EPICS_CONFIG when a setting is given under both of its names.
 */
export function pvaSettings(options: PvaOptions | undefined): SoftIocOptions['pva'] {
  if (options === undefined || options === false) return options;
  const { interfaces, port, ...settings } = options;
  checkOnce('pva', 'interfaces', interfaces, 'intfAddrList', settings.intfAddrList);
  checkOnce('pva', 'port', port, 'serverPort', settings.serverPort);
  return {
    ...(interfaces === undefined ? {} : { intfAddrList: interfaces }),
    ...(port === undefined ? {} : { serverPort: port }),
    ...(port === 0 ? { broadcastPort: 0 } : {}),
    ...settings,
  };
}

function checkOnce(group: string, name: string, value: unknown, other: string, otherValue: unknown): void {
  if (value === undefined || otherValue === undefined) return;
  throw new ConfigError(`option ${group}: "${name}" and "${other}" are one setting; give one of them`, {
    key: `${group}.${name}`,
  });
}
