import { type Clock, ConfigError, systemClock } from '../util/index.ts';
import { AutoChannel } from './auto-channel.ts';
import type { ChannelOptions, PvChannel, PvClient } from './client.ts';

/** What a name without a prefix means. `auto`: both are searched, PVA wins when it is there within 300 ms. */
export type DefaultScheme = 'ca' | 'pva' | 'auto';

/** The clients of a `MultiClient`. */
export interface MultiClientOptions {
  readonly ca?: PvClient;
  readonly pva?: PvClient;
  /** Default `ca`. */
  readonly defaultScheme?: DefaultScheme;
  readonly clock?: Clock;
}

/** A name and the protocol that its prefix asks for. */
export interface SchemedName {
  readonly scheme: 'ca' | 'pva' | undefined;
  readonly name: string;
}

/** Splits `ca://NAME` and `pva://NAME`; any other name has no scheme. */
export function splitScheme(name: string): SchemedName {
  if (name.startsWith('ca://')) return { scheme: 'ca', name: name.slice(5) };
  if (name.startsWith('pva://')) return { scheme: 'pva', name: name.slice(6) };
  return { scheme: undefined, name };
}

/** One client for both protocols: `ca://` and `pva://` before a name choose. */
export class MultiClient implements PvClient {
  readonly #ca: PvClient | undefined;
  readonly #pva: PvClient | undefined;
  readonly #default: DefaultScheme;
  readonly #clock: Clock;

  constructor(options: MultiClientOptions) {
    this.#ca = options.ca;
    this.#pva = options.pva;
    this.#default = options.defaultScheme ?? 'ca';
    this.#clock = options.clock ?? systemClock;
  }

  /** The scheme that a name without a prefix is tried with first. */
  get scheme(): 'ca' | 'pva' {
    return this.#default === 'ca' ? 'ca' : 'pva';
  }

  /**
   * A channel by name.
   *
   * @throws {ConfigError} EPICS_CONFIG when there is no client for the protocol.
   */
  channel(name: string, options?: ChannelOptions): PvChannel {
    const split = splitScheme(name);
    const scheme = split.scheme ?? this.#default;
    if (scheme !== 'auto') return this.#client(scheme, name).channel(split.name, options);
    if (this.#pva === undefined) return this.#client('ca', name).channel(split.name, options);
    if (this.#ca === undefined) return this.#pva.channel(split.name, options);
    return new AutoChannel(
      split.name,
      this.#pva.channel(split.name, options),
      this.#ca.channel(split.name, options),
      this.#clock,
    );
  }

  /** Closes both clients. */
  async close(): Promise<void> {
    const clients = [this.#ca, this.#pva].filter((client) => client !== undefined);
    await Promise.all(clients.map((client) => Promise.resolve(client[Symbol.asyncDispose]())));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #client(scheme: 'ca' | 'pva', name: string): PvClient {
    const client = scheme === 'ca' ? this.#ca : this.#pva;
    if (client === undefined) {
      throw new ConfigError(`no channel "${name}": there is no client for ${scheme}`, { pvName: name });
    }
    return client;
  }
}
