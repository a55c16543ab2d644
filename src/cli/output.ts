import { readFileSync } from 'node:fs';
import { MINOR_VERSION } from '../ca/index.ts';
import { expert } from '../pva/index.ts';
import type { CliContext, TextOutput } from './context.ts';

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

/** Writes texts in the order of their numbers, each as soon as all before it are there. */
export class OrderedOutput {
  readonly #output: TextOutput;
  readonly #waiting: Map<number, string>;
  #next: number;

  constructor(output: TextOutput) {
    this.#output = output;
    this.#waiting = new Map();
    this.#next = 0;
  }

  /** @param index from 0, each once. */
  set(index: number, text: string): void {
    this.#waiting.set(index, text);
    for (let ready = this.#waiting.get(this.#next); ready !== undefined; ) {
      if (ready !== '') this.#output.write(ready);
      this.#waiting.delete(this.#next++);
      ready = this.#waiting.get(this.#next);
    }
  }
}
