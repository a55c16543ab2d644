import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ElementType,
  isSameAlarm,
  type Metadata,
  makeAlarm,
  makeMetadata,
  makeScalarType,
  makeSnapshot,
  makeTimeStamp,
  type PvValue,
  type ScalarType,
  type Snapshot,
  toNtMessage,
  toNtStatus,
} from '../../src/pv/index.ts';
import { NtLayout } from '../../src/pv/nt-layout.ts';
import { NtReader } from '../../src/pv/nt-reader.ts';

const scalars: Readonly<Partial<Record<ElementType, fc.Arbitrary<PvValue>>>> = {
  boolean: fc.boolean(),
  int8: fc.integer({ min: -128, max: 127 }),
  uint16: fc.integer({ min: 0, max: 65535 }),
  int32: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  int64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  uint64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  float64: fc.double(),
  string: fc.string(),
  enum: fc.integer({ min: 0, max: 3 }),
};
const arrays: Readonly<Partial<Record<ElementType, fc.Arbitrary<PvValue>>>> = {
  uint8: fc.uint8Array({ maxLength: 8 }),
  int32: fc.int32Array({ maxLength: 8 }),
  float64: fc.float64Array({ maxLength: 8 }),
  enum: fc.uint16Array({ maxLength: 8 }),
  string: fc.array(fc.string(), { maxLength: 4 }),
  boolean: fc.array(fc.boolean(), { maxLength: 4 }),
  int64: fc.bigInt64Array({ maxLength: 4 }),
};

const typed = fc.oneof(
  ...Object.entries(scalars).map(([element, value]) =>
    fc.tuple(fc.constant(makeScalarType(element as ElementType)), value as fc.Arbitrary<PvValue>),
  ),
  ...Object.entries(arrays).map(([element, value]) =>
    fc.tuple(
      fc.constant(makeScalarType(element as ElementType, { isArray: true })),
      value as fc.Arbitrary<PvValue>,
    ),
  ),
);
const alarm = fc
  .tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 21 }))
  .map(([severity, condition]) => makeAlarm(severity as 0 | 1 | 2 | 3, condition));
const time = fc
  .tuple(
    fc.integer({ min: 631152000, max: 4e9 }),
    fc.integer({ min: 0, max: 999_999_999 }),
    fc.integer({ min: 0, max: 9 }),
  )
  .map(([seconds, nanoseconds, tag]) => makeTimeStamp(seconds, nanoseconds, tag));
const small = fc.integer({ min: 0, max: 100 });

function metaOf(type: ScalarType, n: readonly number[], units: string): Metadata {
  const isBig = type.element === 'int64' || type.element === 'uint64';
  const limit = (i: number): number | bigint => (isBig ? BigInt(n[i] ?? 0) : (n[i] ?? 0));
  const isNumber = !['boolean', 'string', 'enum'].includes(type.element);
  const isEnum = type.element === 'enum' && !type.isArray;
  if (!isNumber && !(type.element === 'enum' && type.isArray)) {
    const texts = isEnum
      ? { description: units, choices: ['a', 'b', 'c', units] }
      : { description: units, units };
    return makeMetadata(texts, type.element);
  }
  if (!isNumber) return makeMetadata({}, type.element);
  return makeMetadata(
    {
      units,
      description: units,
      precision: n[0] ?? 0,
      form: (n[1] ?? 0) % 7,
      display: { low: limit(2), high: limit(3) },
      control: { low: limit(4), high: limit(5), minStep: limit(6) },
      alarmLimits: { isActive: (n[7] ?? 0) > 50, lolo: limit(0), hihi: limit(1), hihiSeverity: 2 },
    },
    type.element,
  );
}
const state = (type: ScalarType, value: fc.Arbitrary<PvValue>): fc.Arbitrary<Snapshot> =>
  fc
    .tuple(value, alarm, time, fc.array(small, { minLength: 8, maxLength: 8 }), fc.string({ maxLength: 4 }))
    .map(([v, a, t, n, units]) => makeSnapshot(v, a, t, metaOf(type, n, units)));

function expectSame(back: Snapshot, snapshot: Snapshot): void {
  expect(back.value).toEqual(snapshot.value);
  expect(back.time).toEqual(snapshot.time);
  expect(back.meta).toEqual(snapshot.meta);
  // The way through the normative type fixes what PVA shows of the alarm.
  const shown = makeAlarm(
    snapshot.alarm.severity,
    snapshot.alarm.condition,
    toNtMessage(snapshot.alarm),
    toNtStatus(snapshot.alarm),
  );
  expect(isSameAlarm(back.alarm, shown)).toBe(true);
}

describe('snapshots as normative types and back (CA-M5)', () => {
  it('say the same', () => {
    fc.assert(
      fc.property(
        typed.chain(([type, value]) => fc.tuple(fc.constant(type), state(type, fc.constant(value)))),
        ([type, snapshot]) => {
          const layout = new NtLayout(type);
          const reader = NtReader.of(layout.desc);
          if (reader === undefined) throw new Error('no reader');
          expectSame(reader.snapshot(layout.whole(snapshot)), snapshot);
        },
      ),
    );
  });

  it('are complete after every delta, and marks cover what differs (ARC-D-12)', () => {
    const type = makeScalarType('float64');
    const post = fc.tuple(state(type, fc.double()), fc.integer({ min: 1, max: 15 }));
    fc.assert(
      fc.property(fc.array(post, { minLength: 1, maxLength: 6 }), (posts) => {
        const layout = new NtLayout(type);
        let before = (posts[0] as (typeof posts)[0])[0];
        let last = layout.whole(before);
        for (const [snapshot, mask] of posts) {
          const next = layout.next(last, before, snapshot, mask);
          expect(next.equals(layout.whole(snapshot))).toBe(true);
          const hidden = (mask & 7) === 0 ? ['value', 'timeStamp'] : [];
          const isHidden = (path: string): boolean =>
            hidden.some((top) => path === top || path.startsWith(`${top}.`));
          for (let i = 1; i < layout.desc.fieldCount; i++) {
            const differs = !Object.is(last.at(i), next.at(i)) && !Array.isArray(next.at(i));
            if (differs && !isHidden(layout.desc.nameAt(i))) expect(next.isMarkedAt(i)).toBe(true);
          }
          last = next;
          before = snapshot;
        }
      }),
    );
  });
});
