import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Battlefield, mutatedDatagrams, mutatedSessions, randomStrings } from '../fuzz/hostile.ts';

const COUNT = 1000;
/** From a post to both clients and back, ms: on a machine that does other things too. */
const LATENCY_MS = 2000;

describe('a server among hostile peers', () => {
  let field: Battlefield;
  beforeAll(async () => {
    field = await Battlefield.open();
  });
  afterAll(() => field.close());

  async function expectCalm(): Promise<void> {
    await field.settle();
    expect(field.connections).toBe(2);
    expect(field.spared).toEqual([]);
    expect(field.errors.map(({ message, fields }) => [message, String(fields['error'])])).toEqual([]);
    const all = Array.from({ length: field.posted + 1 }, (_, i) => i);
    expect(field.seen).toEqual([all, all]);
    expect(field.slowestMs).toBeLessThan(LATENCY_MS);
  }

  test('1 000 random byte strings at either port disturb no other client', async () => {
    await field.attackTcp('ca', randomStrings(COUNT, 1));
    await field.attackTcp('pva', randomStrings(COUNT, 2));
    await field.attackUdp(randomStrings(COUNT, 3));
    expect(field.dropped).toBeGreaterThan(COUNT / 2);
    await expectCalm();
  });

  test('mutated sessions at either port disturb no other client, and violations are dropped within a second', async () => {
    const before = field.dropped;
    await field.attackTcp('ca', mutatedSessions('ca', 250, 1));
    await field.attackTcp('pva', mutatedSessions('pva', 250, 1));
    await field.attackUdp(mutatedDatagrams(250, 1));
    expect(field.dropped - before).toBeGreaterThan(50);
    await expectCalm();
  });
});
