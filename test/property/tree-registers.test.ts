import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Device, Emulate, RemoteVariable, Root } from '../../src/tree/index.ts';

interface Field {
  readonly gap: number;
  readonly bits: number;
  readonly value: bigint;
}

describe('registers', () => {
  it('variables at any bits hold their own values only, alone and in bulk', async () => {
    const field: fc.Arbitrary<Field> = fc.record({
      gap: fc.nat(40),
      bits: fc.integer({ min: 1, max: 70 }),
      value: fc.bigInt(0n, 2n ** 70n - 1n),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(field, { minLength: 1, maxLength: 12 }),
        fc.boolean(),
        async (fields, isBulk) => {
          const mem = new Emulate();
          const root = new Root({ name: 'T', pollEn: false });
          const dev = root.add(new Device({ name: 'D', memBase: mem, offset: 0x100 }));
          let at = 0;
          let expected = 0n;
          const made = fields.map(({ gap, bits, value }, i) => {
            at += gap;
            const cut = BigInt.asUintN(bits, value);
            const byte = at >> 3;
            const variable = dev.add(
              new RemoteVariable({ name: `V${i}`, offset: byte, bitOffset: at - byte * 8, bitSize: bits }),
            );
            expected |= cut << BigInt(at);
            at += bits;
            return { variable, cut };
          });
          await root.start();
          for (const { variable, cut } of made) await variable.set(cut, { write: !isBulk });
          if (isBulk) await root.writeAll();
          const bytes = mem.read(0x100n, Math.ceil(at / 8));
          expect(bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n)).toBe(expected);
          await root.readAll();
          for (const { variable, cut } of made) expect(BigInt(variable.value)).toBe(cut);
          await root.stop();
        },
      ),
      { numRuns: 60 },
    );
  });
});
