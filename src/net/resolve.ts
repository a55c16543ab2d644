import { lookup } from 'node:dns/promises';
import { isIpv4, isIpv6, TimeoutError, toError } from '../util/index.ts';

const RESOLVE_MS = 10_000;

/**
 * Addresses of a host name, IPv4 first; a numeric address is its own answer.
 *
 * @throws {TimeoutError} EPICS_TIMEOUT when the resolver does not answer within 10 s; the resolver's error otherwise.
 */
export async function resolveHost(host: string, signal?: AbortSignal): Promise<readonly string[]> {
  if (isIpv4(host) || isIpv6(host)) return [host];
  signal?.throwIfAborted();
  // The resolver cannot be cancelled: its late answer is dropped.
  const found = lookup(host, { all: true, verbatim: true });
  const entries = await new Promise<Awaited<typeof found>>((resolve, reject) => {
    const onAbort = (): void => reject(toError(signal?.reason));
    const timer = setTimeout(
      () => reject(new TimeoutError(`looking up host "${host}" timed out after ${RESOLVE_MS} ms`)),
      RESOLVE_MS,
    );
    timer.unref();
    signal?.addEventListener('abort', onAbort, { once: true });
    found.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    });
  });
  return entries.sort((a, b) => a.family - b.family).map((entry) => entry.address);
}
