import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { copyBits, setBits } from '../../src/tree/bits.ts';
import { compileFormat } from '../../src/tree/format.ts';
import {
  Double,
  Fixed,
  Float,
  Float4,
  Float6,
  Float8,
  Float16,
  Int,
  IntBE,
  type Model,
  parseLiteral,
  pyRepr,
  UInt,
  UIntBE,
  type UInt as UIntFactory,
  UIntReversed,
} from '../../src/tree/index.ts';
import { selectIndices } from '../../src/tree/path.ts';

const bigOf = (bytes: Uint8Array): bigint =>
  bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);

describe('bits', () => {
  it('copyBits moves exactly the bits asked for', () => {
    const bytes = fc.uint8Array({ minLength: 16, maxLength: 16 });
    const at = fc.nat(63);
    fc.assert(
      fc.property(bytes, bytes, at, at, fc.nat(64), (from, to, fromBit, toBit, count) => {
        const mask = (1n << BigInt(count)) - 1n;
        const part = (bigOf(from) >> BigInt(fromBit)) & mask;
        const wanted = (bigOf(to) & ~(mask << BigInt(toBit))) | (part << BigInt(toBit));
        copyBits(from, fromBit, to, toBit, count);
        expect(bigOf(to)).toBe(wanted);
      }),
    );
  });

  it('setBits sets exactly the bits asked for', () => {
    fc.assert(
      fc.property(fc.nat(63), fc.nat(64), (bit, count) => {
        const bytes = new Uint8Array(16);
        setBits(bytes, bit, count);
        expect(bigOf(bytes)).toBe(((1n << BigInt(count)) - 1n) << BigInt(bit));
      }),
    );
  });
});

describe('models', () => {
  const factories: (typeof UIntFactory)[] = [UInt, Int, UIntBE, IntBE, UIntReversed];
  it('integers of any width survive coding', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...factories),
        fc.integer({ min: 1, max: 100 }),
        fc.bigInt(0n, 2n ** 100n),
        (make, bits, raw) => {
          const model = make(bits);
          const low = BigInt(model.minValue ?? 0);
          const span = BigInt(model.maxValue ?? 0) - low + 1n;
          const value = low + (raw % span);
          const read = model.fromBytes(model.toBytes(value));
          expect(BigInt(read)).toBe(value);
          expect(typeof read).toBe(bits <= 53 ? 'number' : 'bigint');
        },
      ),
    );
  });

  it('floats code to the nearest value: coding a decoded value changes nothing', () => {
    const models: Model<number>[] = [Float(32), Double(64), Float16(16), Float8(8), Float6(8), Float4(8)];
    fc.assert(
      fc.property(fc.constantFrom(...models), fc.double({ noNaN: true }), (model, value) => {
        const once = model.fromBytes(model.toBytes(value));
        expect(model.fromBytes(model.toBytes(once))).toBe(once);
      }),
    );
  });

  it('small floats round to the nearest code', () => {
    const models: Model<number>[] = [Float8(8), Float6(8), Float4(8)];
    fc.assert(
      fc.property(
        fc.constantFrom(...models),
        fc.double({ min: -500, max: 500, noNaN: true }),
        (model, value) => {
          const got = Math.abs(model.fromBytes(model.toBytes(value)) - value);
          for (let code = 0; code < 256; code++) {
            const other = model.fromBytes(Uint8Array.of(code));
            if (!Number.isNaN(other)) expect(Math.abs(other - value)).toBeGreaterThanOrEqual(got);
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it('fixed point is within half a step', () => {
    fc.assert(
      fc.property(fc.double({ min: -127, max: 127, noNaN: true }), (value) => {
        const model = Fixed(16, 8);
        expect(Math.abs(model.fromBytes(model.toBytes(value)) - value)).toBeLessThanOrEqual(1 / 512);
      }),
    );
  });
});

describe('Python text', () => {
  const leaf = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.boolean(),
    fc.constant(null),
    fc.maxSafeInteger(),
    fc.bigInt().filter((x) => !Number.isSafeInteger(Number(x))),
    fc
      .double({ noNaN: true, noDefaultInfinity: true })
      .filter((x) => !Object.is(x, -0) && (!Number.isInteger(x) || Number.isSafeInteger(x))),
  );
  const { value: anyValue } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie('value')),
      fc.dictionary(fc.string(), tie('value'), { noNullPrototype: true }),
    ),
  }));

  it('what repr writes, the parser reads', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        // A string with a bare carriage or line break is escaped, so all texts are one line.
        expect(parseLiteral(pyRepr(value)).value).toStrictEqual(value);
      }),
    );
  });

  it('any text is read or refused with a SyntaxError', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom(...'[](){}\'",:0x1eb-+._ TrueNone\\u'.split('')) }),
    );
    fc.assert(
      fc.property(text, (source) => {
        try {
          parseLiteral(source);
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxError);
        }
      }),
    );
  });

  it('any format is compiled or refused with a SyntaxError, and formats any number', () => {
    const text = fc.string({
      unit: fc.constantFrom(...'{}:0123456789.,_#<>=^+-bodxXeEfFgGns%!r a'.split('')),
      maxLength: 12,
    });
    fc.assert(
      fc.property(text, fc.oneof(fc.double(), fc.bigInt(), fc.string()), (template, value) => {
        try {
          expect(typeof compileFormat(template)(value, typeof value === 'number' ? 'float' : undefined)).toBe(
            'string',
          );
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('index selection', () => {
  it('slices select what Python selects: indices in range, each once, in steps', () => {
    const part = fc.option(fc.integer({ min: -12, max: 12 }), { nil: '' });
    fc.assert(
      fc.property(part, part, part, fc.nat(10), (start, stop, step, length) => {
        const got = selectIndices(`${start}:${stop}:${step}`, length);
        expect(new Set(got).size).toBe(got.length);
        const by = step === '' ? 1 : step;
        for (const [i, index] of got.entries()) {
          expect(index >= 0 && index < length).toBe(true);
          if (i > 0) expect(index - (got[i - 1] ?? 0)).toBe(by);
        }
        if (start === '' && stop === '' && by === 1) expect(got).toHaveLength(length);
      }),
    );
  });
});
