// Our server and client beside softioc, p4p and pyepics, in one run: see USAGE in options.ts.
import { writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { loopbackEnv, peerPython } from '../../test/helpers/peers.ts';
import { freePorts } from '../../test/helpers/ports.ts';
import { conditionsOf, ensureBuild, root } from '../conditions.ts';
import { makeReport, type Run, type Sample, type Side, writeReport } from '../report.ts';
import { type Options, readOptions } from './options.ts';
import { runClient } from './our-client.ts';
import { runServer } from './our-server.ts';
import { Program } from './program.ts';
import { type Measure, measures, namesOf, Records, type Timing } from './workload.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const prefixes: Readonly<Record<Side, string>> = { peer: 'PEER', ours: 'OURS' };
/** A monitor that gets nothing ends after so many seconds. */
const MONITOR_LIMIT_SEC = 3;
/** Share of the counts in the warm-up round. */
const WARM_UP = 0.3;

/** The five programs of a run. */
interface Cast {
  readonly servers: Readonly<Record<Side, Program>>;
  readonly ours: Program;
  readonly python: Readonly<Record<'pva' | 'ca', Program>>;
}

const pairs: readonly (readonly [server: Side, client: Side])[] = [
  ['peer', 'peer'],
  ['ours', 'peer'],
  ['ours', 'ours'],
  ['peer', 'ours'],
];

async function startCast(options: Options, python: string, dist: string, started: Program[]): Promise<Cast> {
  const [ca1 = 0, pva1 = 0, udp1 = 0, ca2 = 0, pva2 = 0, udp2 = 0, repeater = 0] = await freePorts(7);
  const shared = { EPICS_CA_REPEATER_PORT: String(repeater), EPICS_TS_CHECK: '' };
  const peerEnv = { ...loopbackEnv({ ca: ca1, pva: pva1, pvaUdp: udp1 }), ...shared };
  const ourEnv = { ...loopbackEnv({ ca: ca2, pva: pva2, pvaUdp: udp2 }), ...shared };
  const clientEnv = {
    ...loopbackEnv({}),
    ...shared,
    EPICS_CA_ADDR_LIST: `127.0.0.1:${ca1} 127.0.0.1:${ca2}`,
    EPICS_PVA_ADDR_LIST: `127.0.0.1:${udp1} 127.0.0.1:${udp2}`,
  };
  const keep = async (starting: Promise<Program>): Promise<Program> => {
    const program = await starting;
    started.push(program);
    return program;
  };
  const peer = (name: string, args: readonly string[], env: Record<string, string>): Promise<Program> =>
    keep(Program.start(name, python, ['-u', join(here, `${name}.py`), ...args], env));
  const our = (name: string, prefix: string, env: Record<string, string>): Promise<Program> => {
    const profile = options.cpuProf === '' ? [] : ['--cpu-prof', '--cpu-prof-dir', resolve(options.cpuProf)];
    const self = ['--import', 'tsx', join(here, 'main.ts'), '--as', name, '--prefix', prefix, '--dist', dist];
    return keep(Program.start(`our ${name}`, process.execPath, [...profile, ...self], env));
  };
  const sizes = [Records.pvs, Records.monitors, Records.elements].map(String);
  // One after the other: a start-up that fails leaves none behind that nobody knows of.
  return {
    servers: {
      peer: await peer('softioc_server', [prefixes.peer, ...sizes], peerEnv),
      ours: await our('server', prefixes.ours, ourEnv),
    },
    ours: await our('client', '', clientEnv),
    python: {
      pva: await peer('p4p_client', [], clientEnv),
      ca: await peer('pyepics_client', [], clientEnv),
    },
  };
}

function namesFor(measure: Measure, server: Side): readonly string[] {
  const names = namesOf(prefixes[server]);
  switch (measure.action) {
    case 'getOne':
    case 'putOne':
      return names.pvs.slice(0, 1);
    case 'getArray':
      return [names.big];
    case 'getMany':
      return names.pvs;
    case 'monitor':
      return names.monitors;
  }
}

async function runMeasure(
  cast: Cast,
  measure: Measure,
  server: Side,
  client: Side,
  scale: number,
): Promise<Timing> {
  const program = client === 'ours' ? cast.ours : cast.python[measure.scheme];
  const full = client === 'ours' ? measure.ourCount : measure.peerCount;
  const work = {
    scheme: measure.scheme,
    names: namesFor(measure, server),
    count: Math.max(10, Math.round(full * scale)),
    limitSec: MONITOR_LIMIT_SEC,
  };
  if (measure.action !== 'monitor') {
    await program.request('connect', work);
    return program.request<Timing>(measure.action, work);
  }
  await program.request('subscribe', work);
  await cast.servers[server].request('start');
  try {
    return await program.request<Timing>('monitor', work);
  } finally {
    await cast.servers[server].request('stop');
    await program.request('unsubscribe', work);
  }
}

async function runRound(
  cast: Cast,
  chosen: readonly Measure[],
  round: number,
  scale: number,
): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (const measure of chosen) {
    // Each round begins with another pair, so that none always runs on a machine that has just cooled down.
    for (let i = 0; i < pairs.length; i++) {
      const [server, client] = pairs[(i + round) % pairs.length] as (typeof pairs)[number];
      const timing = await runMeasure(cast, measure, server, client, scale);
      const rate = (timing.count * measure.perCount) / timing.seconds;
      const { p50, p99 } = timing;
      samples.push({
        measure: measure.id,
        server,
        client,
        round,
        rate,
        ...(p50 === undefined ? {} : { p50 }),
        ...(p99 === undefined ? {} : { p99 }),
      });
    }
  }
  return samples;
}

async function runAll(options: Options): Promise<Run> {
  const python = peerPython();
  if (python === undefined) throw new Error('no peers installed: run node scripts/peers.mjs');
  if (options.dist === '') ensureBuild();
  const dist = pathToFileURL(resolve(options.dist === '' ? join(root, 'dist') : options.dist)).href;
  const chosen = measures.filter((measure) => measure.id.includes(options.only));
  if (chosen.length === 0) throw new Error(`no measure has "${options.only}" in its id`);
  const load = loadavg()[0] ?? 0;
  if (load > 1) {
    process.stderr.write(`other programs are running (load ${load.toFixed(1)}): the ratios will spread\n`);
  }
  const started: Program[] = [];
  try {
    const cast = await startCast(options, python, `${dist}/`, started);
    const samples: Sample[] = [];
    for (let round = 0; round <= options.rounds; round++) {
      process.stderr.write(round === 0 ? 'warm-up round\n' : `round ${round} of ${options.rounds}\n`);
      const found = await runRound(cast, chosen, round, options.scale * (round === 0 ? WARM_UP : 1));
      if (round > 0) samples.push(...found);
    }
    const peers = Object.assign(
      {},
      ...[cast.servers.peer, cast.python.pva, cast.python.ca].map((program) => program.versions),
    ) as Record<string, string>;
    return { conditions: conditionsOf(peers), rounds: options.rounds, samples };
  } finally {
    await Promise.all(started.map((program) => program.close()));
  }
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options.as === 'server') return runServer(options.dist, options.prefix);
  if (options.as === 'client') return runClient(options.dist);
  const run = await runAll(options);
  process.stdout.write(makeReport(run));
  if (options.json !== '') writeFileSync(options.json, `${JSON.stringify(run, undefined, 2)}\n`);
  if (options.readme) writeReport(join(root, 'README.md'), run);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`bench:peers: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
