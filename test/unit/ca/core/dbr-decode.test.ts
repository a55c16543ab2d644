import { describe, expect, test } from 'vitest';
import { decodeSnapshot, decodeValues, decodeWrite, toPvValue } from '../../../../src/ca/core/index.ts';
import {
  type ElementType,
  emptyMetadata,
  noAlarm,
  type ScalarType,
  undefinedTime,
} from '../../../../src/pv/index.ts';
import { fromHex } from '../../../../src/testing/index.ts';
import { BytesReader, isEpicsError } from '../../../../src/util/index.ts';

const scalar = (element: ElementType, caCount?: number, caText = false): ScalarType => ({
  kind: 'scalar',
  element,
  isArray: caCount !== undefined && !caText,
  caCount: caCount ?? 1,
  caText,
});
const reader = (hex: string, isOwned = false): BytesReader => new BytesReader(fromHex(hex), false, isOwned);

describe('values', () => {
  test('of an owned payload are a view of it, of a borrowed one a copy (ARC-P-8)', () => {
    const owned = reader('3ff00000000000004000000000000000', true);
    const view = decodeValues(owned, 6, 2) as Float64Array;
    expect([...view]).toEqual([1, 2]);
    expect(view.buffer).toBe(owned.bytes.buffer);
    const borrowed = reader('3ff00000000000004000000000000000');
    const copy = decodeValues(borrowed, 6, 2) as Float64Array;
    expect(copy.buffer).not.toBe(borrowed.bytes.buffer);
    // The peer's bytes are still as they came.
    expect(borrowed.bytes[0]).toBe(0x3f);
  });

  test('that are not aligned in an owned payload are copied', () => {
    const r = reader('00003ff0000000000000', true);
    r.skip(2);
    expect([...(decodeValues(r, 6, 1) as Float64Array)]).toEqual([1]);
  });

  test('a count that the payload cannot hold is refused before any allocation', () => {
    for (const plain of [0, 1, 2, 3, 4, 5, 6]) {
      let caught: unknown;
      try {
        decodeValues(reader('0000000000000000'), plain, 0xffffffff);
      } catch (error) {
        caught = error;
      }
      expect(isEpicsError(caught, 'EPICS_PROTOCOL')).toBe(true);
    }
  });

  test('CA-W22 a single text may be shorter than 40 bytes, and what follows its NUL is ignored', () => {
    expect(decodeValues(reader('322e3500ffffffff'), 0, 1)).toEqual(['2.5']);
    expect(decodeValues(reader('41'.repeat(48)), 0, 1)).toEqual(['A'.repeat(39)]);
  });
});

describe('snapshots', () => {
  const time = '0003000145617fc8274082cb';
  test('carry alarm and time, and the metadata of the channel', () => {
    const snapshot = decodeSnapshot(
      reader(`${time}000000004004000000000000`),
      20,
      1,
      scalar('float64'),
      emptyMetadata,
    );
    expect(snapshot).toEqual({
      value: 2.5,
      alarm: { severity: 1, condition: 3, message: '', ntStatus: -1 },
      time: { seconds: 1164017608 + 631152000, nanoseconds: 658539211, userTag: 0 },
      meta: emptyMetadata,
    });
  });

  test('without alarm share one Alarm, without time the undefined time (CA-W29)', () => {
    const snapshot = decodeSnapshot(reader('4004000000000000'), 6, 1, scalar('float64'), emptyMetadata);
    expect(snapshot.alarm).toBe(noAlarm);
    expect(snapshot.time).toBe(undefinedTime);
  });

  test('a severity beyond INVALID is INVALID', () => {
    const snapshot = decodeSnapshot(
      reader('00030009400400000'.padEnd(32, '0')),
      13,
      1,
      scalar('float64'),
      emptyMetadata,
    );
    expect(snapshot.alarm.severity).toBe(3);
  });

  test('CA-C3 an array channel gives an array for one element and for none', () => {
    const one = decodeSnapshot(
      reader(`${time}000000004004000000000000`),
      20,
      1,
      scalar('float64', 5),
      emptyMetadata,
    );
    expect(one.value).toEqual(Float64Array.of(2.5));
    const none = decodeSnapshot(reader(`${time}00000000`), 20, 0, scalar('float64', 5), emptyMetadata);
    expect(none.value).toEqual(new Float64Array(0));
  });
});

describe('values as a PV holds them', () => {
  test('CHAR is unsigned, signed, or text', () => {
    const bytes = fromHex('41c800');
    expect(toPvValue(bytes, scalar('uint8', 3))).toEqual(bytes);
    expect(toPvValue(bytes, scalar('int8', 3))).toEqual(Int8Array.of(65, -56, 0));
    expect(toPvValue(bytes.subarray(1), scalar('int8'))).toBe(-56);
    expect(toPvValue(fromHex('414200ff'), scalar('string', 4, true))).toBe('AB');
  });

  test('ENUM of a boolean is a boolean', () => {
    expect(toPvValue(Uint16Array.of(1), scalar('boolean'))).toBe(true);
    expect(toPvValue(Uint16Array.of(1, 0), scalar('boolean', 2))).toEqual([true, false]);
  });

  test('nothing received for a scalar is its zero', () => {
    expect(toPvValue(new Float64Array(0), scalar('float64'))).toBe(0);
    expect(toPvValue([], scalar('string'))).toBe('');
  });
});

describe('what clients write', () => {
  test('is a scalar for scalar PVs, an array for arrays, text for long texts', () => {
    expect(decodeWrite(reader('4004000000000000'), 6, 1, scalar('int32'))).toEqual({
      element: 'float64',
      value: 2.5,
    });
    expect(decodeWrite(reader('4004000000000000'), 6, 1, scalar('int32', 4))).toEqual({
      element: 'float64',
      value: Float64Array.of(2.5),
    });
    expect(decodeWrite(reader('4142000000000000'), 4, 3, scalar('string', 8, true))).toEqual({
      element: 'string',
      value: 'AB',
    });
    expect(decodeWrite(reader('4f6e000000000000'), 0, 1, scalar('enum'))).toEqual({
      element: 'string',
      value: 'On',
    });
    expect(decodeWrite(reader(''), 6, 0, scalar('float64', 4))).toEqual({
      element: 'float64',
      value: new Float64Array(0),
    });
  });
});
