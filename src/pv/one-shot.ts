import { toError } from '../util/index.ts';
import type { CallOptions, MonitorOptions, PutOptions, PvClient } from './client.ts';
import type { PvValue, Snapshot } from './model.ts';

/** Time-out of the one-shot helpers in milliseconds, unless the caller gives one. */
export const ONE_SHOT_TIMEOUT_MS = 5000;

/** Reads a PV once by name. */
export async function getOnce(client: PvClient, name: string, options: CallOptions = {}): Promise<Snapshot> {
  using channel = client.channel(name, { meta: true });
  return await channel.get({ timeoutMs: ONE_SHOT_TIMEOUT_MS, ...options });
}

/** Writes a PV once by name. */
export async function putOnce(
  client: PvClient,
  name: string,
  value: PvValue,
  options: PutOptions = {},
): Promise<void> {
  using channel = client.channel(name);
  await channel.put(value, { timeoutMs: ONE_SHOT_TIMEOUT_MS, ...options });
}

/**
 * Updates of a PV by name; the channel closes when the iteration ends.
 *
 * @yields each update.
 */
export async function* monitorOnce(
  client: PvClient,
  name: string,
  options: MonitorOptions = {},
): AsyncGenerator<Snapshot, void, undefined> {
  using channel = client.channel(name, { meta: true });
  yield* channel.monitor(options);
}

/**
 * Reads many PVs at once. The result has every name, in the order given: what was read, or the error of that PV.
 * All names are searched together.
 */
export async function getAll(
  client: PvClient,
  names: readonly string[],
  options: CallOptions = {},
): Promise<Map<string, Snapshot | Error>> {
  const entries = names.map(async (name): Promise<[string, Snapshot | Error]> => {
    try {
      return [name, await getOnce(client, name, options)];
    } catch (error) {
      return [name, toError(error)];
    }
  });
  return new Map(await Promise.all(entries));
}
