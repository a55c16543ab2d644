/** Records that each server has, under its prefix: X0.. to get and put, T that triggers M0.., BIG. */
export const Records = { pvs: 100, monitors: 100, elements: 131_072 } as const;

/** Names of the PVs of one server. */
export const namesOf = (
  prefix: string,
): { readonly pvs: readonly string[]; readonly monitors: readonly string[]; readonly big: string } => ({
  pvs: Array.from({ length: Records.pvs }, (_, i) => `${prefix}:X${i}`),
  monitors: Array.from({ length: Records.monitors }, (_, i) => `${prefix}:M${i}`),
  big: `${prefix}:BIG`,
});

export type Scheme = 'pva' | 'ca';
/** Operations that every client program understands. */
export type Action = 'getOne' | 'getMany' | 'putOne' | 'monitor' | 'getArray';

/** What a client program answers to an operation. */
export interface Timing {
  readonly count: number;
  readonly seconds: number;
  /** Latency of one operation in µs. */
  readonly p50?: number;
  readonly p99?: number;
}

/** One thing that is measured. */
export interface Measure {
  readonly id: string;
  readonly title: string;
  readonly scheme: Scheme;
  readonly action: Action;
  readonly unit: string;
  /** What one count is worth in the unit. */
  readonly perCount: number;
  /** Operations of a Python client and of ours; pinned, so that rounds do the same work. */
  readonly peerCount: number;
  readonly ourCount: number;
}

const arrayMegabytes = (Records.elements * 8) / 1e6;

function measuresOf(scheme: Scheme): Measure[] {
  const name = scheme.toUpperCase();
  const completion = scheme === 'ca' ? ' with completion' : '';
  const of = (
    action: Action,
    title: string,
    unit: string,
    perCount: number,
    peerCount: number,
    ourCount: number,
  ): Measure => ({
    id: `${scheme}-${action}`,
    title: `${name} ${title}`,
    scheme,
    action,
    unit,
    perCount,
    peerCount,
    ourCount,
  });
  return [
    of('getOne', 'get, one at a time', 'gets/s', 1, 2000, 5000),
    of('getMany', `get, ${Records.pvs} at a time`, 'gets/s', 1, 10_000, 80_000),
    of('putOne', `put${completion}, one at a time`, 'puts/s', 1, 2000, 5000),
    of('monitor', `monitor, ${Records.monitors} PVs posted flat out`, 'updates/s', 1, 40_000, 200_000),
    of('getArray', 'get of 1 MB double array', 'MB/s', arrayMegabytes, 100, 250),
  ];
}

/** Everything that is measured, in the order of the table. */
export const measures: readonly Measure[] = [...measuresOf('pva'), ...measuresOf('ca')];
