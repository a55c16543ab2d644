import { readFileSync } from 'node:fs';
import { MINOR_VERSION } from '../ca/index.ts';
import { expert } from '../pva/index.ts';
import type { CliContext } from './context.ts';

/** Version of this package. */
export function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return String((JSON.parse(text) as { readonly version?: unknown }).version);
}

/** What the Channel Access tools answer to `-V`. */
export function caVersionText(): string {
  return `\nEPICS Version epics-ts ${packageVersion()}, CA Protocol version 4.${MINOR_VERSION}\n`;
}

/** What the PVAccess tools answer to `-V`. */
export function pvaVersionText(): string {
  return `epics-ts ${packageVersion()}, PVA Protocol version ${expert.PVA_VERSION}\n`;
}

/** The word before the text of an error, in red for a person. */
export function errorTag(context: CliContext): string {
  return context.isTerminal ? '\x1b[31;1mERROR\x1b[0m' : 'ERROR';
}

/** Text in bold for a person. */
export function highlight(text: string, context: Pick<CliContext, 'isTerminal'>): string {
  return context.isTerminal ? `\x1b[1m${text}\x1b[0m` : text;
}

/** `('caget -h' for help.)`: the end of messages about arguments. */
export function helpHint(tool: string): string {
  return `('${tool} -h' for help.)`;
}

/** Resolves when the signal aborts. */
export function whenAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
