import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toNumeric } from '../../src/ioc/convert.ts';
import { formatDouble, parseDouble } from '../../src/ioc/convert-text.ts';
import { Database } from '../../src/ioc/index.ts';
import { recordTypes } from '../../src/ioc/types/index.ts';
import { elementTypeOf, localPeer, type PvValue, WriteOperation } from '../../src/pv/index.ts';
import { isEpicsError } from '../../src/util/index.ts';

const anyValue: fc.Arbitrary<PvValue> = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
  fc.boolean(),
  fc.string({ unit: 'binary' }),
  fc.string(),
  fc.float64Array({ maxLength: 20 }),
  fc.int8Array({ maxLength: 20 }),
  fc.bigInt64Array({ maxLength: 5 }),
  fc.array(fc.string(), { maxLength: 5 }),
);

describe('puts of anything', () => {
  const names = [...recordTypes.values()].flatMap((type) =>
    type.fields.filter((field) => field.type !== 'noaccess').map((field) => [type.name, field.name] as const),
  );

  it('either succeed or throw an error of this package, and leave a readable record', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        fc.array(anyValue, { minLength: 1, maxLength: 4 }),
        ([type, field], values) => {
          const database = new Database();
          database.addRecord(type, 'X');
          const pv = database.openField(`X.${field}`);
          if (pv === undefined || !('write' in pv) || typeof pv.write !== 'function') return;
          const context = new WriteOperation(localPeer(), false);
          for (const value of values) {
            try {
              pv.write({ element: elementTypeOf(value), value }, context);
            } catch (error) {
              expect(isEpicsError(error)).toBe(true);
            }
            const { value: now, meta } = pv.snapshot();
            expect(typeof now === 'object' ? pv.type.isArray : !pv.type.isArray).toBe(true);
            expect(meta).toBeDefined();
          }
          void database.close();
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('number conversion', () => {
  it('C casts stay within the range of the type and agree with typed arrays', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, min: -(2 ** 31), max: 2 ** 31 - 1 }), (value) => {
        expect(toNumeric(value, 'char')).toBe(Int8Array.of(value)[0]);
        expect(toNumeric(value, 'ushort')).toBe(Uint16Array.of(value)[0]);
        expect(toNumeric(value, 'long')).toBe(Int32Array.of(value)[0]);
      }),
    );
  });

  it('text of a double reads back within half of its last digit', () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e7, max: 1e7 }),
        fc.nat(8),
        (value, digits) => {
          expect(Math.abs(parseDouble(formatDouble(value, digits)) - value)).toBeLessThanOrEqual(
            0.5000001 * 10 ** -digits,
          );
        },
      ),
    );
  });
});
