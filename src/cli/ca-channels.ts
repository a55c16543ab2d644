import { type CaChannel, type CaClient, type DbrData, ecaMessage, parseDbrName } from '../ca/index.ts';
import { AccessError, errorText, RemoteError, TimeoutError } from '../util/index.ts';
import type { CaSettings } from './ca-settings.ts';
import type { CliContext } from './context.ts';

/** Opens channels whose texts are byte strings: what is printed and sent is exact whatever the encoding. */
export function openChannels(client: CaClient, names: readonly string[], settings: CaSettings): CaChannel[] {
  return names.map((name) => client.channel(name, { priority: settings.priority, encoding: 'latin1' }));
}

/** Waits for channels to connect, and says so when they do not. Returns whether all are connected. */
export async function connectAll(
  channels: readonly CaChannel[],
  settings: CaSettings,
  context: CliContext,
): Promise<boolean> {
  const { timeoutMs } = settings;
  const results = await Promise.allSettled(
    channels.map((channel) => channel.ready({ timeoutMs, signal: context.signal })),
  );
  if (results.every((result) => result.status === 'fulfilled')) return true;
  if (context.signal.aborted) return false;
  const other = results.find(
    (result) => result.status === 'rejected' && !(result.reason instanceof TimeoutError),
  );
  if (other?.status === 'rejected') context.stderr.write(`CA error: ${errorText(other.reason)}\n`);
  else {
    const what = channels.length > 1 ? 'some PV(s)' : `'${channels[0]?.name}'`;
    context.stderr.write(`Channel connect timed out: ${what} not found.\n`);
  }
  return false;
}

/** The type and the count that a connected channel has at its server. */
export function nativeOf(channel: CaChannel): { readonly dbrType: number; readonly count: number } {
  const { nativeType, count } = channel.info();
  return { dbrType: parseDbrName(nativeType) ?? 0, count };
}

/** What came of a read: the data, or what is printed in place of it. */
export type ReadResult =
  | { readonly kind: 'data'; readonly data: DbrData }
  | { readonly kind: 'failure'; readonly text: string; readonly isTimeout: boolean };

/** Reads a channel. @param count elements at most, 0: as many as there are. */
export async function readChannel(
  channel: CaChannel,
  dbr: number,
  count: number,
  settings: CaSettings,
  context: CliContext,
): Promise<ReadResult> {
  const { timeoutMs } = settings;
  try {
    const data = await channel.read({ dbr, count, timeoutMs, signal: context.signal });
    return { kind: 'data', data };
  } catch (error) {
    return { kind: 'failure', text: failureText(error), isTimeout: error instanceof TimeoutError };
  }
}

function failureText(error: unknown): string {
  if (error instanceof AccessError) return '*** no read access';
  if (error instanceof TimeoutError) return '*** no data available (timeout)';
  if (error instanceof RemoteError && error.eca !== undefined) return `*** CA error ${ecaMessage(error.eca)}`;
  return `*** not connected`;
}
