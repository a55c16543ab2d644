import { ConfigError, Listeners, type Stop, toError } from '../util/index.ts';
import { canBeScalar } from './can-be-scalar.ts';
import { Claim, type NameEvent, type Peer, type PvSource, type ServedPv } from './source.ts';

/** Something that is served by what `served` is at the moment, such as a `SharedPv`. */
export interface PvHolder {
  readonly served: ServedPv;
}

/** A PV, or something that has one. */
export type ServablePv = ServedPv | PvHolder;

/** The PV to serve now. */
export function servedOf(pv: ServablePv): ServedPv {
  return 'served' in pv ? pv.served : pv;
}

/** What a `StaticSource` may be told. */
export interface StaticSourceOptions {
  /** Told of listeners that threw. */
  readonly onFault?: (error: Error) => void;
}

/** Serves the PVs that were added, each by its name. One PV may have several names. */
export class StaticSource implements PvSource {
  readonly name: string;
  readonly #pvs: Map<string, ServablePv>;
  readonly #listeners: Listeners<NameEvent>;

  constructor(name = 'static', options: StaticSourceOptions = {}) {
    this.name = name;
    this.#pvs = new Map();
    this.#listeners = new Listeners((error) => options.onFault?.(toError(error)));
  }

  /** Number of names. */
  get size(): number {
    return this.#pvs.size;
  }

  /**
   * Serves `pv` as `name`.
   *
   * @throws {ConfigError} EPICS_CONFIG when the name is taken or empty.
   */
  add(name: string, pv: ServablePv): this {
    if (name === '') throw new ConfigError('a PV cannot be served under an empty name');
    if (this.#pvs.has(name)) throw new ConfigError(`PV "${name}" is already served by source "${this.name}"`);
    this.#pvs.set(name, pv);
    this.#listeners.emit({ type: 'added', name });
    return this;
  }

  /** Stops serving `name`: servers drop its channels. Returns what was served, undefined when there was nothing. */
  remove(name: string): ServablePv | undefined {
    const pv = this.#pvs.get(name);
    if (pv === undefined) return undefined;
    this.#pvs.delete(name);
    this.#listeners.emit({ type: 'removed', name });
    return pv;
  }

  get(name: string): ServablePv | undefined {
    return this.#pvs.get(name);
  }

  claims(name: string, peer: Peer): Claim {
    const pv = this.#pvs.get(name);
    if (pv === undefined) return Claim.No;
    return peer.protocol === 'ca' && !canBeScalar(servedOf(pv).type) ? Claim.No : Claim.Yes;
  }

  open(name: string, peer: Peer): ServedPv | undefined {
    const pv = this.#pvs.get(name);
    if (pv === undefined) return undefined;
    const served = servedOf(pv);
    return peer.protocol === 'ca' && !canBeScalar(served.type) ? undefined : served;
  }

  onNames(listener: (event: NameEvent) => void): Stop {
    return this.#listeners.add(listener);
  }

  list(): { readonly names: Iterable<string>; readonly isDynamic: boolean } {
    return { names: this.#pvs.keys(), isDynamic: false };
  }

  report(): Record<string, unknown> {
    return { names: this.#pvs.size };
  }
}
