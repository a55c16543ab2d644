import type { Listener, Network, StreamTransport } from '../../net/index.ts';
import { ConfigError, errorText, isIpv4, isIpv6, type Logger } from '../../util/index.ts';
import { type CaServerConfig, interfaceAddresses } from './config.ts';

/** Attempts to find one free port for several addresses. */
const MAX_ATTEMPTS = 10;

/** The TCP listeners of a server: one port on each of its addresses. */
export interface TcpListeners {
  readonly port: number;
  readonly addresses: readonly string[];
  close(): Promise<void>;
}

function isPortTaken(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && (error.code === 'EADDRINUSE' || error.code === 'EACCES')
  );
}

async function closeAll(listeners: readonly Listener[]): Promise<void> {
  await Promise.all(listeners.map((listener) => listener.close()));
}

async function resolveAddresses(network: Network, config: CaServerConfig): Promise<readonly string[]> {
  const addresses: string[] = [];
  for (const host of interfaceAddresses(config)) {
    if (isIpv4(host) || isIpv6(host)) {
      addresses.push(host);
      continue;
    }
    const [address] = await network.lookup(host);
    if (address === undefined) {
      throw new ConfigError(`EPICS_CAS_INTF_ADDR_LIST: host "${host}" has no address`, {
        key: 'EPICS_CAS_INTF_ADDR_LIST',
      });
    }
    addresses.push(address);
  }
  return addresses;
}

async function listenOn(
  network: Network,
  addresses: readonly string[],
  wanted: number,
  onStream: (stream: StreamTransport) => void,
): Promise<Listener[]> {
  const listeners: Listener[] = [];
  let port = wanted;
  let at = '';
  try {
    for (const address of addresses) {
      at = address;
      const listener = await network.listen({ address, port }, onStream, {});
      listeners.push(listener);
      port = listener.local.port;
    }
    return listeners;
  } catch (error) {
    await closeAll(listeners);
    if (isPortTaken(error)) throw error;
    throw new ConfigError(`EPICS_CAS_INTF_ADDR_LIST: cannot listen on ${at}:${port}: ${errorText(error)}`, {
      key: 'EPICS_CAS_INTF_ADDR_LIST',
      cause: error,
    });
  }
}

/**
 * Listens on the configured addresses; on a free port when the configured one is taken, which searches then announce.
 *
 * @throws {ConfigError} EPICS_CONFIG naming the address that cannot be used.
 * @see epics-base modules/database/src/ioc/rsrv/caservertask.c, rsrv_grab_tcp
 */
export async function listenTcp(
  network: Network,
  config: CaServerConfig,
  onStream: (stream: StreamTransport) => void,
  logger: Logger,
): Promise<TcpListeners> {
  const addresses = await resolveAddresses(network, config);
  let port = config.serverPort;
  for (let attempt = 0; ; attempt++) {
    try {
      const listeners = await listenOn(network, addresses, port, onStream);
      const actual = listeners[0]?.local.port ?? port;
      if (config.serverPort !== 0 && actual !== config.serverPort) {
        logger.warn(`TCP port ${config.serverPort} is in use; serving on port ${actual}`);
      }
      return { port: actual, addresses, close: () => closeAll(listeners) };
    } catch (error) {
      if (error instanceof ConfigError || attempt >= MAX_ATTEMPTS) throw error;
      port = 0;
    }
  }
}
