import type { PvChannel, PvClient } from '../../src/pv/index.ts';
import type { Stop } from '../../src/util/index.ts';
import { type Request, serveRequests } from './program.ts';
import type { Scheme, Timing } from './workload.ts';

interface Work extends Request {
  readonly scheme: Scheme;
  readonly names: readonly string[];
  readonly count: number;
  readonly limitSec: number;
}

const timeoutMs = 10_000;

function percentiles(durationsMs: Float64Array): { p50: number; p99: number } {
  const ordered = durationsMs.slice().sort();
  const pick = (part: number): number =>
    (ordered[Math.min(ordered.length - 1, Math.floor(ordered.length * part))] ?? 0) * 1000;
  return { p50: pick(0.5), p99: pick(0.99) };
}

/** Counts updates and tells when enough have come. */
class Counter {
  #left = 0;
  #onReached: (() => void) | undefined = undefined;

  count(): void {
    if (--this.#left === 0) this.#onReached?.();
  }

  /** Waits for `count` updates from now on, at most `limitMs`; returns how many came. */
  async wait(count: number, limitMs: number): Promise<number> {
    this.#left = count;
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((resolve) => {
      this.#onReached = resolve;
      timer = setTimeout(resolve, limitMs);
    });
    clearTimeout(timer);
    return count - Math.max(0, this.#left);
  }
}

/** Runs our clients until standard input ends. @param dist URL of the build. */
export async function runClient(dist: string): Promise<void> {
  const { CaClient } = (await import(`${dist}ca/index.js`)) as typeof import('../../src/ca/index.ts');
  const { PvaClient } = (await import(`${dist}pva/index.js`)) as typeof import('../../src/pva/index.ts');
  const clients: Readonly<Record<Scheme, PvClient>> = {
    ca: CaClient.fromEnv({ repeater: 'off' }),
    pva: PvaClient.fromEnv({ listenBeacons: false }),
  };
  const channels = new Map<string, PvChannel>();
  const stops: Stop[] = [];
  const counter = new Counter();

  const channelOf = (scheme: Scheme, name: string): PvChannel => {
    const key = `${scheme}:${name}`;
    let channel = channels.get(key);
    if (channel === undefined) {
      channel = clients[scheme].channel(name);
      channels.set(key, channel);
    }
    return channel;
  };
  const channelsOf = (work: Work): PvChannel[] => work.names.map((name) => channelOf(work.scheme, name));

  const oneByOne = async (count: number, run: (i: number) => Promise<unknown>): Promise<Timing> => {
    const durations = new Float64Array(count);
    const begin = performance.now();
    let last = begin;
    for (let i = 0; i < count; i++) {
      await run(i);
      const now = performance.now();
      durations[i] = now - last;
      last = now;
    }
    return { count, seconds: (last - begin) / 1000, ...percentiles(durations) };
  };
  const only = (work: Work): PvChannel => channelOf(work.scheme, work.names[0] ?? '');

  const getOne = (work: Work): Promise<Timing> => {
    const channel = only(work);
    return oneByOne(work.count, () => channel.get({ timeoutMs }));
  };
  const handlers: Readonly<Record<string, (work: Work) => unknown>> = {
    connect: async (work) => {
      await Promise.all(channelsOf(work).map((channel) => channel.get({ timeoutMs })));
    },
    getOne,
    getArray: getOne,
    getMany: async (work): Promise<Timing> => {
      const all = channelsOf(work);
      const rounds = Math.max(1, Math.floor(work.count / all.length));
      const begin = performance.now();
      for (let i = 0; i < rounds; i++) await Promise.all(all.map((channel) => channel.get({ timeoutMs })));
      return { count: rounds * all.length, seconds: (performance.now() - begin) / 1000 };
    },
    putOne: (work) => {
      const channel = only(work);
      // A PVA put has an answer always; a CA put only when asked for.
      const options = work.scheme === 'ca' ? { wait: true, timeoutMs } : { timeoutMs };
      return oneByOne(work.count, (i) => channel.put(i % 1000, options));
    },
    subscribe: async (work) => {
      const all = channelsOf(work);
      await Promise.all(all.map((channel) => channel.ready({ timeoutMs })));
      const sink = { update: () => counter.count(), close: () => {} };
      const first = counter.wait(all.length, timeoutMs);
      for (const channel of all) stops.push(channel.subscribe(sink));
      if ((await first) < all.length) throw new Error('not every subscription had its first update');
    },
    monitor: async (work): Promise<Timing> => {
      const begin = performance.now();
      const count = await counter.wait(work.count, work.limitSec * 1000);
      return { count, seconds: (performance.now() - begin) / 1000 };
    },
    unsubscribe: () => {
      for (const stop of stops.splice(0)) stop();
    },
  };
  await serveRequests(handlers as Readonly<Record<string, (request: Request) => unknown>>, {
    node: process.version,
  });
  await Promise.all([clients.ca[Symbol.asyncDispose](), clients.pva[Symbol.asyncDispose]()]);
}
