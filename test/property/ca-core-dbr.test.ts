import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  DBR_PUT_ACKS,
  DBR_PUT_ACKT,
  DBR_STRING,
  DBR_TYPE_COUNT,
  DbrFamily,
  type DbrPv,
  dbrBytes,
  dbrElement,
  dbrFamily,
  dbrOf,
  dbrPayloadBytes,
  decodeDbr,
  decodeSnapshot,
  decodeValues,
  encodeDbr,
  encodeWrite,
} from '../../src/ca/core/index.ts';
import {
  type ElementType,
  emptyMetadata,
  makeAlarm,
  makeMetadata,
  makeSnapshot,
  makeTimeStamp,
  type PvValue,
  type ScalarType,
  type Severity,
} from '../../src/pv/index.ts';
import { BytesReader, isEpicsError } from '../../src/util/index.ts';

const type = (element: ElementType, isArray: boolean): ScalarType => ({
  kind: 'scalar',
  element,
  isArray,
  caCount: 64,
  caText: false,
});

const text = fc.string({ unit: 'binary-ascii', maxLength: 39 }).map((s) => s.replace(/\0/g, '.'));
const arrays: readonly (readonly [ElementType, fc.Arbitrary<PvValue>])[] = [
  ['int16', fc.int16Array({ maxLength: 64 })],
  ['float32', fc.float32Array({ maxLength: 64 })],
  ['enum', fc.uint16Array({ maxLength: 64 })],
  ['uint8', fc.uint8Array({ maxLength: 64 })],
  ['int32', fc.int32Array({ maxLength: 64 })],
  ['float64', fc.float64Array({ maxLength: 64 })],
  ['string', fc.array(text, { maxLength: 20 })],
];
const plainOf: Readonly<Partial<Record<ElementType, number>>> = {
  string: 0,
  int16: 1,
  float32: 2,
  enum: 3,
  uint8: 4,
  int32: 5,
  float64: 6,
};

const alarm = fc
  .tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 21 }))
  .map(([severity, condition]) => makeAlarm(severity as Severity, condition));
const time = fc
  .tuple(
    fc.integer({ min: 631152000, max: 631152000 + 0xffffffff }),
    fc.integer({ min: 0, max: 999_999_999 }),
  )
  .map(([seconds, nanoseconds]) => makeTimeStamp(seconds, nanoseconds));

/** Encoded as a message carries it: padded with zeros. */
function padded(bytes: Uint8Array): Uint8Array {
  const all = new Uint8Array(Math.ceil(bytes.length / 8) * 8);
  all.set(bytes);
  return all;
}

describe('arrays of every native type', () => {
  test.each(arrays)('of %s come back from TIME, with alarm and time', (element, values) => {
    const pv: DbrPv = { type: type(element, true), className: 'waveform' };
    fc.assert(
      fc.property(values, alarm, time, fc.boolean(), (value, al, stamp, isOwned) => {
        const dbrType = dbrOf(DbrFamily.Time, plainOf[element] as number);
        const count = (value as ArrayLike<unknown>).length;
        const bytes = padded(encodeDbr(pv, makeSnapshot(value, al, stamp, emptyMetadata), dbrType, count));
        expect(bytes.length).toBe(dbrPayloadBytes(dbrType, count));
        const reader = new BytesReader(bytes, false, isOwned);
        const back = decodeSnapshot(reader, dbrType, count, pv.type, emptyMetadata);
        expect(back.value).toEqual(value);
        expect(back.alarm).toMatchObject({ severity: al.severity, condition: al.condition });
        expect(back.time).toEqual(stamp);
        expect(back.meta).toBe(emptyMetadata);
      }),
    );
  });

  test.each(arrays)('of %s come back from a write', (element, values) => {
    fc.assert(
      fc.property(values, (value) => {
        const plain = plainOf[element] as number;
        const count = (value as ArrayLike<unknown>).length;
        const bytes = padded(encodeWrite(plain, value));
        expect(decodeValues(new BytesReader(bytes, false), plain, count)).toEqual(value);
      }),
    );
  });
});

describe('metadata', () => {
  const limit = fc.integer({ min: -30000, max: 30000 });
  const metadata = fc
    .record({
      units: fc.string({ unit: 'binary-ascii', maxLength: 7 }).map((s) => s.replace(/\0/g, '.')),
      precision: fc.integer({ min: 0, max: 15 }),
      display: fc.record({ low: limit, high: limit }),
      control: fc.record({ low: limit, high: limit }),
      alarmLimits: fc.record({ lolo: limit, low: limit, high: limit, hihi: limit }),
    })
    .map((part) => makeMetadata(part));

  test.each(['int16', 'int32', 'float32', 'float64'] as const)('of %s comes back from CTRL', (element) => {
    const pv: DbrPv = { type: type(element, false), className: '' };
    fc.assert(
      fc.property(metadata, limit, (meta, value) => {
        const dbrType = dbrOf(DbrFamily.Ctrl, plainOf[element] as number);
        const state = makeSnapshot(value, makeAlarm(0, 0), makeTimeStamp(0, 0), meta);
        const reader = new BytesReader(padded(encodeDbr(pv, state, dbrType, 1)), false);
        const back = decodeSnapshot(reader, dbrType, 1, pv.type, emptyMetadata);
        const hasPrecision = element.startsWith('float');
        expect(back.meta).toEqual({ ...meta, precision: hasPrecision ? meta.precision : 0 });
        expect(back.value).toBe(value);
      }),
    );
  });
});

describe('any bytes as any type', () => {
  test('are decoded, or refused with EPICS_PROTOCOL, and never read past the payload', () => {
    const types = Array.from({ length: DBR_TYPE_COUNT }, (_, i) => i);
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 500 }),
        fc.constantFrom(...types),
        fc.integer({ min: 0, max: 0xffffffff }),
        (bytes, dbrType, big) => {
          for (const count of [0, 1, 3, big]) {
            const guarded = new Uint8Array(bytes.length + 64);
            guarded.set(bytes, 32);
            const reader = new BytesReader(guarded, false).reset(guarded, 32, 32 + bytes.length);
            try {
              const data = decodeDbr(reader, dbrType, count);
              expect(data.values.length).toBe(count);
            } catch (error) {
              expect(isEpicsError(error, 'EPICS_PROTOCOL')).toBe(true);
            }
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('whatever is asked of a number or a text, the answer has its announced size', () => {
    const readable = Array.from({ length: 35 }, (_, i) => i).filter(
      (dbrType) => dbrType !== DBR_PUT_ACKT && dbrType !== DBR_PUT_ACKS,
    );
    const scalars = fc.oneof(
      fc.tuple(fc.constant('float64' as const), fc.double()),
      fc.tuple(fc.constant('int64' as const), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
      fc.tuple(fc.constant('boolean' as const), fc.boolean()),
      fc.tuple(fc.constant('string' as const), fc.double().map(String)),
    );
    fc.assert(
      fc.property(
        scalars,
        fc.constantFrom(...readable),
        fc.integer({ min: 0, max: 5 }),
        ([element, value], dbrType, count) => {
          const pv: DbrPv = { type: type(element, false), className: '' };
          const state = makeSnapshot<PvValue>(value, makeAlarm(0, 0), makeTimeStamp(0, 0), emptyMetadata);
          const bytes = encodeDbr(pv, state, dbrType, count);
          expect(bytes.length).toBe(dbrBytes(dbrType, count));
          expect(dbrFamily(dbrType)).toBeLessThan(DbrFamily.Special);
          if (dbrType % 7 !== DBR_STRING) expect(dbrElement(dbrType)).not.toBe('string');
        },
      ),
    );
  });
});
