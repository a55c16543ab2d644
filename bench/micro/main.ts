// Costs of the inner loops: median time, ratio to the fastest of the group, heap per operation.
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { getHeapStatistics } from 'node:v8';
import { do_not_optimize, measure } from 'mitata';
import { ensureBuild, root } from '../conditions.ts';
import { type Case, loadLayers } from './load.ts';
import { dbrCases, fanOutCases } from './pv-cases.ts';
import { pvdataCases } from './pvdata-cases.ts';
import { utilCases } from './util-cases.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    dist: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
  },
});

interface Result {
  readonly group: string;
  readonly title: string;
  readonly nanoseconds: number;
  readonly heapBytes: number;
}

function heapBytes(): number {
  const { used_heap_size, malloced_memory, external_memory } = getHeapStatistics();
  return used_heap_size + malloced_memory + external_memory;
}

function collectGarbage(): void {
  globalThis.gc?.();
}

async function measureCase({ group, title, run }: Case): Promise<Result> {
  const stats = await measure(() => do_not_optimize(run()), {
    heap: heapBytes,
    gc: globalThis.gc === undefined ? false : collectGarbage,
  });
  return { group, title, nanoseconds: stats.p50, heapBytes: Math.max(0, stats.heap?.avg ?? 0) };
}

function print(results: readonly Result[]): void {
  let group = '';
  for (const result of results) {
    if (result.group !== group) {
      group = result.group;
      process.stdout.write(`\n${group}\n`);
    }
    const fastest = Math.min(...results.filter((r) => r.group === group).map((r) => r.nanoseconds));
    const cells = [
      `  ${result.title}`.padEnd(44),
      `${result.nanoseconds.toPrecision(3)} ns`.padStart(12),
      `${(result.nanoseconds / fastest).toFixed(2)}x`.padStart(9),
      `${Math.round(result.heapBytes)} B`.padStart(9),
    ];
    process.stdout.write(`${cells.join('')}\n`);
  }
}

if (values.dist === '') ensureBuild();
const layers = await loadLayers(resolve(values.dist === '' ? join(root, 'dist') : values.dist));
const cases = [
  ...pvdataCases(layers),
  ...fanOutCases(layers),
  ...dbrCases(layers),
  ...utilCases(layers),
].filter(({ group, title }) => `${group} ${title}`.includes(values.only));
const results: Result[] = [];
for (const each of cases) results.push(await measureCase(each));
if (values.json) process.stdout.write(`${JSON.stringify(results, undefined, 2)}\n`);
else print(results);
