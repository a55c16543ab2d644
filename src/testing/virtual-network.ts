import type { Endpoint } from '../net/index.ts';
import { ManualClock } from './manual-clock.ts';
import { seededRandom } from './random.ts';
import { VirtualHost } from './virtual-host.ts';

/** How well packets get from one host to another. */
export interface LinkQuality {
  readonly delayMs: number;
  /** Added at random; makes datagrams overtake each other. */
  readonly jitterMs: number;
  /** Share of datagrams lost, 0..1. */
  readonly loss: number;
  /** Share of datagrams that arrive twice. */
  readonly duplication: number;
  /** Largest piece of a stream that arrives at once, in bytes; pieces have random sizes up to it. */
  readonly maxSegmentBytes: number;
  /** Stream bytes that may be under way and unread. */
  readonly windowBytes: number;
}

/** A fast local network that loses nothing. */
export const perfectLink: LinkQuality = {
  delayMs: 0.1,
  jitterMs: 0,
  loss: 0,
  duplication: 0,
  maxSegmentBytes: Number.POSITIVE_INFINITY,
  windowBytes: 256 * 1024,
};

export interface VirtualNetworkOptions {
  /** Everything random follows from it. */
  readonly seed?: number;
  readonly clock?: ManualClock;
  readonly link?: Partial<LinkQuality>;
}

export interface VirtualHostOptions {
  /** `address/prefix` of each interface, for example `10.0.0.1/24`; loopback comes by itself. */
  readonly addresses: readonly string[];
  /** Wall clock of this host against the network's, in ms. */
  readonly clockOffsetMs?: number;
  readonly userName?: string;
}

/**
 * Hosts, sockets and cables in memory, in virtual time. One seed decides every delay, loss and split, so that a failing
 * run can be made again exactly.
 *
 * @example
 * const network = new VirtualNetwork({ seed: 7, link: { loss: 0.1 } });
 * const ioc = network.host('ioc', { addresses: ['10.0.0.1/24'] });
 */
export class VirtualNetwork {
  readonly clock: ManualClock;
  readonly random: () => number;
  readonly #link: LinkQuality;
  readonly #links = new Map<string, LinkQuality>();
  readonly #cuts = new Set<string>();
  readonly #hosts = new Map<string, VirtualHost>();

  constructor(options: VirtualNetworkOptions = {}) {
    this.clock = options.clock ?? new ManualClock();
    this.random = seededRandom(options.seed ?? 1);
    this.#link = { ...perfectLink, ...options.link };
  }

  /** Adds a host. Names and addresses must be new. */
  host(name: string, options: VirtualHostOptions): VirtualHost {
    if (this.#hosts.has(name)) throw new Error(`virtual host "${name}" exists`);
    const host = new VirtualHost(this, name, options);
    this.#hosts.set(name, host);
    return host;
  }

  get hosts(): IterableIterator<VirtualHost> {
    return this.#hosts.values();
  }

  /** The host that has a name. */
  hostNamed(name: string): VirtualHost | undefined {
    return this.#hosts.get(name);
  }

  /** The host that owns an address, as seen from `from`: loopback addresses are its own. */
  hostAt(address: string, from: VirtualHost): VirtualHost | undefined {
    if (address.startsWith('127.')) return from;
    for (const host of this.#hosts.values()) if (host.owns(address)) return host;
    return undefined;
  }

  /** Sets the quality of the path between two hosts, both ways. */
  setLink(a: VirtualHost, b: VirtualHost, quality: Partial<LinkQuality>): void {
    const merged = { ...this.link(a, b), ...quality };
    this.#links.set(`${a.name}|${b.name}`, merged);
    this.#links.set(`${b.name}|${a.name}`, merged);
  }

  /** Cuts or mends the path between two hosts, both ways: nothing gets through, and nobody is told. */
  setCut(a: VirtualHost, b: VirtualHost, isCut: boolean): void {
    for (const key of [`${a.name}|${b.name}`, `${b.name}|${a.name}`]) {
      if (isCut) this.#cuts.add(key);
      else this.#cuts.delete(key);
    }
  }

  link(from: VirtualHost, to: VirtualHost): LinkQuality {
    if (from === to)
      return this.#links.get(`${from.name}|${to.name}`) ?? { ...this.#link, delayMs: 0, loss: 0 };
    return this.#links.get(`${from.name}|${to.name}`) ?? this.#link;
  }

  isCut(from: VirtualHost, to: VirtualHost): boolean {
    return this.#cuts.has(`${from.name}|${to.name}`) || from.isDown || to.isDown;
  }

  delayMs(from: VirtualHost, to: VirtualHost): number {
    const link = this.link(from, to);
    return link.delayMs + (link.jitterMs > 0 ? this.random() * link.jitterMs : 0);
  }

  /** Carries one datagram from host to host: loses it, doubles it, delays it. `arrive` runs at the other end. */
  carry(from: VirtualHost, to: VirtualHost, arrive: () => void): void {
    const link = this.link(from, to);
    const copies = link.duplication > 0 && this.random() < link.duplication ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      if (this.isCut(from, to)) continue;
      if (link.loss > 0 && this.random() < link.loss) continue;
      this.clock.at(this.clock.monotonicMs + this.delayMs(from, to), () => {
        if (!to.isDown) arrive();
      });
    }
  }
}

/** Compares endpoints. */
export function isSameEndpoint(a: Endpoint, b: Endpoint): boolean {
  return a.port === b.port && a.address === b.address;
}
