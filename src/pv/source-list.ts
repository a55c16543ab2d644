import { ConfigError, Listeners, type Stop, toError } from '../util/index.ts';
import {
  Claim,
  type MaybePromise,
  type NameEvent,
  type Peer,
  type PvSource,
  type ServedPv,
} from './source.ts';

/** A PV and the source that gave it. */
export interface ResolvedPv {
  readonly pv: ServedPv;
  readonly source: PvSource;
}

/** A source that left the list, or one whose names changed. */
export type SourceListEvent =
  | { readonly type: 'names'; readonly source: PvSource; readonly event: NameEvent }
  | { readonly type: 'source-added' | 'source-removed'; readonly source: PvSource };

/** Where a source goes in the list. */
export interface AddSourceOptions {
  /** Asked in rising order; sources of one order in the order they were added. Default 0. */
  readonly order?: number;
  /** Allows a name that begins with `__`: servers' own sources. */
  readonly isBuiltIn?: boolean;
}

interface Entry {
  readonly source: PvSource;
  readonly order: number;
  stop: Stop | undefined;
}

/**
 * Several sources as one, asked in the order of their numbers, lowest first.
 *
 * A search is answered `Yes` when any source says so, else `Later` when any does. A channel is created by the first
 * source whose `open` gives a PV.
 *
 * @see pvxs src/server.cpp, Server::addSource
 */
export class SourceList implements PvSource {
  readonly name: string;
  #entries: readonly Entry[];
  readonly #events: Listeners<SourceListEvent>;

  /** @param onFault told of listeners that threw. */
  constructor(name = 'sources', onFault: (error: Error) => void = () => {}) {
    this.name = name;
    this.#entries = [];
    this.#events = new Listeners((error) => onFault(toError(error)));
  }

  /** The sources in the order they are asked. */
  get sources(): readonly PvSource[] {
    return this.#entries.map((entry) => entry.source);
  }

  /**
   * Adds a source; works while serving.
   *
   * @throws {ConfigError} EPICS_CONFIG when there is one of that name and order, or the name is reserved.
   */
  add(source: PvSource, options: AddSourceOptions = {}): void {
    const order = options.order ?? 0;
    if (source.name.startsWith('__') && options.isBuiltIn !== true) {
      throw new ConfigError(`source name "${source.name}" is reserved: names must not begin with __`);
    }
    if (this.#entries.some((entry) => entry.order === order && entry.source.name === source.name)) {
      throw new ConfigError(`there is already a source "${source.name}" of order ${order}`);
    }
    const entry: Entry = { source, order, stop: undefined };
    const index = this.#entries.findIndex((other) => other.order > order);
    this.#entries = this.#entries.toSpliced(index < 0 ? this.#entries.length : index, 0, entry);
    entry.stop = source.onNames?.((event) => this.#events.emit({ type: 'names', source, event }));
    this.#events.emit({ type: 'source-added', source });
  }

  /** Removes a source; servers drop its channels. Returns false when it is not in the list. */
  remove(source: PvSource): boolean {
    const entry = this.#entries.find((other) => other.source === source);
    if (entry === undefined) return false;
    this.#entries = this.#entries.filter((other) => other !== entry);
    entry.stop?.();
    this.#events.emit({ type: 'source-removed', source });
    return true;
  }

  claims(name: string, peer: Peer): Claim {
    let answer: Claim = Claim.No;
    for (const entry of this.#entries) {
      const claim = entry.source.claims(name, peer);
      if (claim === Claim.Yes) return Claim.Yes;
      if (claim === Claim.Later) answer = Claim.Later;
    }
    return answer;
  }

  open(name: string, peer: Peer): MaybePromise<ServedPv | undefined> {
    const resolved = this.resolve(name, peer);
    return resolved instanceof Promise ? resolved.then((found) => found?.pv) : resolved?.pv;
  }

  /** As `open`, and says which source it was. */
  resolve(name: string, peer: Peer): MaybePromise<ResolvedPv | undefined> {
    return resolveFrom(this.#entries, 0, name, peer);
  }

  onNames(listener: (event: NameEvent) => void): Stop {
    return this.#events.add((event) => {
      if (event.type === 'names') listener(event.event);
    });
  }

  /** As `onNames`, with the source, and tells of sources that come and go. */
  onSources(listener: (event: SourceListEvent) => void): Stop {
    return this.#events.add(listener);
  }

  list(): { readonly names: Iterable<string>; readonly isDynamic: boolean } {
    const names = new Set<string>();
    let isDynamic = false;
    for (const { source } of this.#entries) {
      const list = source.list?.();
      if (list === undefined || list.isDynamic) isDynamic = true;
      for (const name of list?.names ?? []) names.add(name);
    }
    return { names, isDynamic };
  }

  report(): Record<string, unknown> {
    return Object.fromEntries(
      this.#entries.map(({ source, order }) => [source.name, { order, ...source.report?.() }]),
    );
  }
}

/** The first PV that the sources from `index` on give. Synchronous as long as they are. */
function resolveFrom(
  entries: readonly Entry[],
  index: number,
  name: string,
  peer: Peer,
): MaybePromise<ResolvedPv | undefined> {
  for (let i = index; i < entries.length; i++) {
    const { source } = entries[i] as Entry;
    const pv = source.open(name, peer);
    if (pv instanceof Promise) {
      return pv.then((found) =>
        found === undefined ? resolveFrom(entries, i + 1, name, peer) : { pv: found, source },
      );
    }
    if (pv !== undefined) return { pv, source };
  }
  return undefined;
}
