import type { TimeStamp } from '../pv/index.ts';
import { formatTime } from './local-time.ts';

/** What `camonitor -t` says. */
export interface StampSettings {
  /** The server's time stamps. */
  isServer: boolean;
  /** When the update came here. */
  isClient: boolean;
  /** `r`: since the start; `i`: since the update before; `I`: since the update before of the same PV. */
  kind: 'absolute' | 'r' | 'i' | 'I';
  isUtc: boolean;
}

interface Stamps {
  readonly server: TimeStamp;
  readonly client: TimeStamp;
}

/**
 * Time stamps of a monitor: absolute ones, or differences after the first update of each PV.
 *
 * @see epics-base modules/ca/src/tools/tool_lib.c, PRN_TIME_VAL_STS
 */
export class MonitorStamps {
  readonly #settings: StampSettings;
  readonly #start: TimeStamp;
  readonly #previousOf: Map<string, Stamps>;
  #firstServer: TimeStamp | undefined;
  #previous: Stamps | undefined;

  /** @param start when the program began. */
  constructor(settings: StampSettings, start: TimeStamp) {
    this.#settings = settings;
    this.#start = start;
    this.#previousOf = new Map();
    this.#firstServer = undefined;
    this.#previous = undefined;
  }

  /** The text for an update, and notes that it was. */
  text(name: string, server: TimeStamp, client: TimeStamp): string {
    this.#firstServer ??= server;
    const now: Stamps = { server, client };
    const reference = this.#referenceOf(name);
    this.#previousOf.set(name, now);
    this.#previous = now;
    const { isServer, isClient, isUtc } = this.#settings;
    if (reference === undefined) {
      const clientText = isClient ? `(${formatTime(client, 6, isUtc)})` : '';
      return `${isServer ? formatTime(server, 6, isUtc) : ''}${clientText}`;
    }
    const indent = ' '.repeat(14);
    const serverText = isServer ? `${indent}${difference(server, reference.server)}` : '';
    return `${serverText}${isClient ? `${indent}(${difference(client, reference.client)})` : ''}`;
  }

  /** What a difference is counted from; undefined where the time itself is printed. */
  #referenceOf(name: string): Stamps | undefined {
    const own = this.#previousOf.get(name);
    if (own === undefined) return undefined;
    switch (this.#settings.kind) {
      case 'absolute':
        return undefined;
      case 'r':
        return { server: this.#firstServer ?? own.server, client: this.#start };
      case 'i':
        return this.#previous;
      case 'I':
        return own;
    }
  }
}

/** As `%+12.6f` prints it. */
function difference(a: TimeStamp, b: TimeStamp): string {
  const seconds = a.seconds - b.seconds + (a.nanoseconds - b.nanoseconds) / 1e9;
  const text = seconds.toFixed(6);
  return (text.startsWith('-') ? text : `+${text}`).padStart(12);
}
