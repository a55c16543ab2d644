import type { NetInterface, Network } from '../../net/index.ts';
import { isIpv4, isIpv6, isMulticast, type Logger } from '../../util/index.ts';
import { type PvaClientConfig, searchAddresses } from './config.ts';

/** One place that searches are sent to. */
export interface Destination {
  readonly address: string;
  readonly port: number;
  /** One host: the packet says so, and its receiver passes it on to the processes beside it. */
  readonly isUnicast: boolean;
  readonly ttl: number | undefined;
  readonly onInterface: string | undefined;
}

/**
 * Where searches go: the address list, and the broadcast addresses of the interfaces in use. A name that cannot be
 * resolved is logged and left out.
 */
export async function resolveDestinations(
  network: Network,
  config: PvaClientConfig,
  logger: Logger,
): Promise<Destination[]> {
  const interfaces = network.interfaces();
  const found = new Map<string, Destination>();
  const add = (
    address: string,
    port: number,
    ttl: number | undefined,
    onInterface: string | undefined,
  ): void => {
    const key = `${address} ${port} ${onInterface ?? ''}`;
    if (found.has(key)) return;
    found.set(key, { address, port, isUnicast: isOneHost(address, interfaces), ttl, onInterface });
  };
  for (const entry of searchAddresses(config)) {
    const address = await resolve(network, entry.host, logger);
    if (address !== undefined) add(address, entry.port, entry.ttl, entry.onInterface);
  }
  if (config.autoAddrList) {
    for (const broadcast of broadcastAddresses(interfaces, config)) {
      add(broadcast, config.broadcastPort, undefined, undefined);
    }
  }
  return [...found.values()];
}

/** The first address of a host, numeric text as it is; undefined, with a log line, when there is none. */
export async function resolve(network: Network, host: string, logger: Logger): Promise<string | undefined> {
  if (isIpv4(host) || isIpv6(host)) return host;
  try {
    const addresses = await network.lookup(host);
    return addresses.find((address) => isIpv4(address)) ?? addresses[0];
  } catch (error) {
    logger.warn({ error }, `cannot resolve host "${host}"`);
    return undefined;
  }
}

/** Broadcast addresses of the interfaces in use. */
export function broadcastAddresses(interfaces: readonly NetInterface[], config: PvaClientConfig): string[] {
  const wanted = config.intfAddrList.filter((address) => address !== '0.0.0.0');
  return interfaces
    .filter((item) => !item.isLoopback && item.broadcast !== undefined)
    .filter((item) => wanted.length === 0 || wanted.includes(item.address))
    .map((item) => item.broadcast as string);
}

function isOneHost(address: string, interfaces: readonly NetInterface[]): boolean {
  if (isMulticast(address) || address === '255.255.255.255') return false;
  return !interfaces.some((item) => item.broadcast === address && !item.isLoopback);
}
