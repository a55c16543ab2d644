import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** How long each fuzz test goes on, in ms: FUZZ_SECONDS, else 10 s. */
export const FUZZ_MS: number = Number(process.env['FUZZ_SECONDS'] ?? 10) * 1000;
/** Every run begins here; FUZZ_SEED chooses another place. */
export const FUZZ_SEED: number = Number(process.env['FUZZ_SEED'] ?? 1);

/** Longest that a few kilobytes of input may take, in ms, on a machine that does other things too. */
const SLOW_MS = 2000;
const MIB = 1024 * 1024;
const BATCH = 200;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes that are in use after a garbage collection. */
export async function liveBytes(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    collect();
    // What was finalized lets go of its memory in a later turn.
    await new Promise((resolve) => setImmediate(resolve));
  }
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/**
 * Runs `once` with 1, 2, 3 ... for FUZZ_SECONDS. An error of one run is thrown with its number.
 *
 * @returns the number of runs, the slowest of them, and by how much memory grew over the second half.
 */
export async function fuzz(
  once: (run: number) => void,
): Promise<{ readonly runs: number; readonly slowestMs: number; readonly grownMib: number }> {
  const start = performance.now();
  let slowestMs = 0;
  let runs = 0;
  let baseline = 0;
  while (performance.now() - start < FUZZ_MS) {
    for (let i = 0; i < BATCH; i++) {
      const began = performance.now();
      const run = FUZZ_SEED + runs++;
      try {
        once(run);
      } catch (error) {
        throw new Error(`FUZZ_SEED=${run}: ${error instanceof Error ? error.stack : String(error)}`);
      }
      const took = performance.now() - began;
      slowestMs = Math.max(slowestMs, took);
      if (took > SLOW_MS) throw new Error(`FUZZ_SEED=${run} took ${Math.round(took)} ms`);
      if (performance.now() - start >= FUZZ_MS) break;
    }
    await new Promise((resolve) => setImmediate(resolve));
    if (baseline === 0 && performance.now() - start >= FUZZ_MS / 2) baseline = await liveBytes();
  }
  return { runs, slowestMs, grownMib: ((await liveBytes()) - baseline) / MIB };
}
