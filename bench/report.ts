import { readFileSync, writeFileSync } from 'node:fs';
import type { Conditions } from './conditions.ts';
import { type Measure, measures } from './peers/workload.ts';

export type Side = 'peer' | 'ours';

/** One measure with one pair of programs in one round. */
export interface Sample {
  readonly measure: string;
  readonly server: Side;
  readonly client: Side;
  readonly round: number;
  /** In the unit of the measure; more is better. */
  readonly rate: number;
  /** Latency of one operation in µs, where operations are done one at a time. */
  readonly p50?: number;
  readonly p99?: number;
}

/** Everything that a run found. */
export interface Run {
  readonly conditions: Conditions;
  readonly rounds: number;
  readonly samples: readonly Sample[];
}

/** Median of some numbers; NaN of none. */
export function median(numbers: readonly number[]): number {
  const ordered = numbers.toSorted((a, b) => a - b);
  const middle = ordered.length >> 1;
  const upper = ordered[middle] ?? Number.NaN;
  return ordered.length % 2 === 1 ? upper : ((ordered[middle - 1] ?? Number.NaN) + upper) / 2;
}

interface Comparison {
  readonly title: string;
  readonly peer: (measure: Measure) => string;
  readonly server: Side;
  readonly client: Side;
}

const pythonClient = (measure: Measure): string => (measure.scheme === 'pva' ? 'p4p' : 'pyepics');

/** What is set beside a softioc server with a Python client. */
const comparisons: readonly Comparison[] = [
  {
    title: 'Our server beside softioc, under the same client (p4p, pyepics)',
    peer: (measure) => `softioc, under ${pythonClient(measure)}`,
    server: 'ours',
    client: 'peer',
  },
  {
    title: 'Our client beside p4p and pyepics, at the same softioc server',
    peer: pythonClient,
    server: 'peer',
    client: 'ours',
  },
  {
    title: 'Our client at our server, beside p4p and pyepics at softioc',
    peer: (measure) => `softioc and ${pythonClient(measure)}`,
    server: 'ours',
    client: 'ours',
  },
];

function figure(value: number): string {
  if (!Number.isFinite(value)) return '-';
  const digits = value >= 1000 ? Math.round(value / 10 ** (Math.floor(Math.log10(value)) - 2)) : value;
  if (value < 1000) return digits.toPrecision(3);
  return (digits * 10 ** (Math.floor(Math.log10(value)) - 2)).toLocaleString('en').replaceAll(',', ' ');
}

const ratioText = (value: number): string => (value >= 9.95 ? value.toFixed(0) : value.toFixed(2));

/** What a report is for: the screen, with rates, or a page, where only ratios say something elsewhere. */
export type ReportKind = 'screen' | 'page';

function rowOf(run: Run, measure: Measure, comparison: Comparison, kind: ReportKind): string | undefined {
  const at = (server: Side, client: Side): Map<number, number> =>
    new Map(
      run.samples
        .filter((s) => s.measure === measure.id && s.server === server && s.client === client)
        .map((s) => [s.round, s.rate]),
    );
  const base = at('peer', 'peer');
  const ours = at(comparison.server, comparison.client);
  const ratios: number[] = [];
  for (const [round, rate] of ours) {
    const peerRate = base.get(round);
    if (peerRate !== undefined) ratios.push(rate / peerRate);
  }
  if (ratios.length === 0) return undefined;
  const cells = [
    `${measure.title} (${measure.unit})`,
    comparison.peer(measure),
    ...(kind === 'screen' ? [figure(median([...base.values()])), figure(median([...ours.values()]))] : []),
    `**${ratioText(median(ratios))}**`,
    `${ratioText(Math.min(...ratios))} – ${ratioText(Math.max(...ratios))}`,
  ];
  return `| ${cells.join(' | ')} |`;
}

/** The tables of a run as Markdown. Ratios are ours by the peer's in the same round. */
export function makeReport(run: Run, kind: ReportKind = 'screen'): string {
  const { conditions } = run;
  const peers = Object.entries(conditions.peers).map(([name, version]) => `${name} ${version}`);
  const lines = [
    `Measured by \`npm run bench:peers\` on ${conditions.date}: epics-ts ${conditions.version} (commit ` +
      `${conditions.commit}), Node ${conditions.node}, ${peers.join(', ')}. ${conditions.machine}; all programs ` +
      `in processes of their own on the loopback interface. Medians of ${run.rounds} interleaved rounds; the ratio ` +
      'is ours by the peer’s in the same round, above 1 means that ours is faster. Where both servers are ' +
      'under one Python client, that client is part of what is measured. The monitor rows are not a like for like: ' +
      'softioc posts from a thread in a tight loop, our IOC once per turn of its event loop, both servers merge what ' +
      'a client does not take in time, and only delivered updates are counted. softioc with p4p delivers far less ' +
      'than either does with the other partner, so ratios to that pair say that it collapses under this load, not ' +
      'how much faster a protocol is handled.',
  ];
  for (const comparison of comparisons) {
    const rows = measures
      .map((measure) => rowOf(run, measure, comparison, kind))
      .filter((row) => row !== undefined);
    if (rows.length === 0) continue;
    lines.push('', `**${comparison.title}**`, '');
    if (kind === 'screen') {
      lines.push('| Measure | Peer | Peer’s figure | Ours | Ratio | Spread |', '|---|---|--:|--:|--:|---|');
    } else lines.push('| Measure | Peer | Ratio | Spread |', '|---|---|--:|---|');
    lines.push(...rows);
  }
  return `${lines.join('\n')}\n`;
}

const BEGIN = '<!-- bench:start -->';
const END = '<!-- bench:end -->';

/** `text` with the part between the markers replaced. @throws {Error} when the markers are not there. */
export function replaceReport(text: string, report: string): string {
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`no ${BEGIN} ... ${END} to write between`);
  return `${text.slice(0, begin + BEGIN.length)}\n${report}${text.slice(end)}`;
}

/** Writes the tables of a run between the markers of a file. */
export function writeReport(path: string, run: Run): void {
  writeFileSync(path, replaceReport(readFileSync(path, 'utf8'), makeReport(run, 'page')));
}
