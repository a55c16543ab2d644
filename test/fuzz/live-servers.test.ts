import { expect, test } from 'vitest';
import { FUZZ_MS, FUZZ_SEED, liveBytes } from './effort.ts';
import { Battlefield, mutatedDatagrams, mutatedSessions, randomStrings } from './hostile.ts';

/** Byte strings of each kind at the least, and in each round. */
const COUNT = 1000;
const ROUND = 100;
const GROWTH_MIB = 32;
const MIB = 1024 * 1024;

test('random and mutated bytes at all ports leave the good clients, the memory and the connections alone', async () => {
  const field = await Battlefield.open();
  const round = async (seed: number): Promise<void> => {
    await field.attackTcp('ca', [...randomStrings(ROUND, seed), ...mutatedSessions('ca', ROUND, seed)]);
    await field.attackTcp('pva', [...randomStrings(ROUND, seed + 1), ...mutatedSessions('pva', ROUND, seed)]);
    await field.attackUdp([...randomStrings(ROUND, seed + 2), ...mutatedDatagrams(ROUND, seed)]);
    await field.settle();
  };
  try {
    // What is made once, at the first use, is no growth.
    await round(FUZZ_SEED);
    const before = await liveBytes();
    const start = performance.now();
    for (let done = ROUND; done < COUNT || performance.now() - start < FUZZ_MS; done += ROUND) {
      await round(FUZZ_SEED + done);
      expect(field.spared, `round ${FUZZ_SEED + done}`).toEqual([]);
      expect(
        field.errors.map(({ message, fields }) => [message, String(fields['error'])]),
        `round ${FUZZ_SEED + done}`,
      ).toEqual([]);
    }
    expect(field.connections).toBe(2);
    const all = Array.from({ length: field.posted + 1 }, (_, i) => i);
    expect(field.seen).toEqual([all, all]);
    expect(field.dropped).toBeGreaterThan(COUNT / 2);
    expect(((await liveBytes()) - before) / MIB).toBeLessThan(GROWTH_MIB);
  } finally {
    await field.close();
  }
});
