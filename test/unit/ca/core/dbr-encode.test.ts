import { describe, expect, test } from 'vitest';
import {
  currentCount,
  type DbrPv,
  encodeDbr,
  encodeWrite,
  nativeDbrOf,
  readDbrText,
  writeDbrText,
} from '../../../../src/ca/core/index.ts';
import {
  type ElementType,
  emptyMetadata,
  type Metadata,
  makeMetadata,
  makeSnapshot,
  noAlarm,
  type PvValue,
  undefinedTime,
} from '../../../../src/pv/index.ts';
import { fromHex, toHex } from '../../../../src/testing/index.ts';
import { isEpicsError } from '../../../../src/util/index.ts';

const pvOf = (element: ElementType, caCount?: number, caText = false): DbrPv => ({
  type: {
    kind: 'scalar',
    element,
    isArray: caCount !== undefined && !caText,
    caCount: caCount ?? 1,
    caText,
  },
  className: 'ai',
});
const encode = (
  element: ElementType,
  value: PvValue,
  dbrType: number,
  count = 1,
  meta: Metadata = emptyMetadata,
): Uint8Array =>
  encodeDbr(
    pvOf(element, typeof value === 'object' ? 10 : undefined),
    makeSnapshot(value, noAlarm, undefinedTime, meta),
    dbrType,
    count,
  );
const textOf = (bytes: Uint8Array): string => readDbrText(bytes, 0, bytes.length);

describe('4.6 a value as another type', () => {
  test.each<[ElementType, PvValue, number, string]>([
    ['float64', 2.9, 1, '0002'],
    ['float64', -2.9, 5, 'fffffffe'],
    ['float64', 70000, 1, '1170'],
    ['float64', 300, 4, '2c'],
    ['float64', Number.NaN, 5, '00000000'],
    ['int32', -1, 4, 'ff'],
    ['int64', 2n ** 53n + 1n, 6, '4340000000000000'],
    ['uint64', 2n ** 64n - 1n, 6, '43f0000000000000'],
    ['boolean', true, 3, '0001'],
    ['boolean', false, 6, '0000000000000000'],
    ['string', ' 12.5 volts', 6, '4029000000000000'],
    ['string', '', 5, '00000000'],
    ['string', '-inf', 6, 'fff0000000000000'],
    ['enum', 2, 6, '4000000000000000'],
    ['int8', -56, 4, 'c8'],
  ])('%s %s as type %i is %s', (element, value, dbrType, hex) => {
    expect(toHex(encode(element, value, dbrType))).toBe(hex);
  });

  test.each<[ElementType, PvValue, Metadata, string]>([
    ['float64', 2.5, emptyMetadata, '3'],
    ['float64', 1.005, makeMetadata({ precision: 2 }), '1.00'],
    ['float64', 1.5, makeMetadata({ precision: 9 }), ' 1.500000000e+00'],
    ['float32', 1.25, makeMetadata({ precision: 3 }), '1.250'],
    ['int32', -42, emptyMetadata, '-42'],
    ['uint64', 2n ** 64n - 1n, emptyMetadata, '18446744073709551615'],
    ['boolean', true, emptyMetadata, 'True'],
    ['boolean', false, makeMetadata({ choices: ['Off', 'On'] }), 'Off'],
    ['enum', 1, makeMetadata({ choices: ['Off', 'On'] }), 'On'],
    ['enum', 7, makeMetadata({ choices: ['Off', 'On'] }), ''],
    // As long as the list of labels has it (CA-M6).
    ['enum', 0, makeMetadata({ choices: ['x'.repeat(30)] }), 'x'.repeat(25)],
    ['string', 'as it is', emptyMetadata, 'as it is'],
  ])('%s %s as text', (element, value, meta, text) => {
    expect(textOf(encode(element, value, 0, 1, meta))).toBe(text);
  });

  test('a text that is no number is refused with EPICS_CONVERT', () => {
    let caught: unknown;
    try {
      encode('string', 'abc', 6);
    } catch (error) {
      caught = error;
    }
    expect(isEpicsError(caught, 'EPICS_CONVERT')).toBe(true);
  });

  test('arrays are converted element by element, missing ones are zero', () => {
    expect(toHex(encode('float64', Float64Array.of(1.9, -2), 1, 4))).toBe('0001fffe00000000');
    expect(toHex(encode('boolean', [true, false], 3, 2))).toBe('00010000');
    expect(textOf(encode('uint16', Uint16Array.of(7, 8), 0, 2).subarray(40))).toBe('8');
    expect(toHex(encode('float64', Float64Array.of(1, 2, 3), 4, 2))).toBe('0102');
  });
});

describe('special types', () => {
  test('PUT_ACKT and PUT_ACKS cannot be read, STSACK_STRING only where alarms are acknowledged', () => {
    for (const dbrType of [35, 36, 37]) {
      let caught: unknown;
      try {
        encode('float64', 1, dbrType);
      } catch (error) {
        caught = error;
      }
      expect(isEpicsError(caught, 'EPICS_TYPE')).toBe(true);
    }
  });

  test('CLASS_NAME is the record type', () => {
    expect(textOf(encode('float64', 1, 38))).toBe('ai');
  });
});

describe('metadata on the wire', () => {
  test('CA-W27 units are cut to 7 bytes and a NUL, labels to 25, and 16 labels are sent', () => {
    const meta = makeMetadata({
      units: 'microvolt',
      choices: Array.from({ length: 20 }, () => 'x'.repeat(40)),
    });
    expect(textOf(encode('float64', 1, 34, 1, meta).subarray(8, 16))).toBe('microvo');
    const gr = encode('enum', 1, 24, 1, meta);
    expect(gr[5]).toBe(16);
    expect(textOf(gr.subarray(6, 32))).toBe('x'.repeat(25));
    expect(gr.length).toBe(424);
  });

  test('CA-W26 limits of the CHAR family wrap', () => {
    const meta = makeMetadata({ display: { low: -20, high: 300 } });
    expect(toHex(encode('int8', 1, 32, 1, meta).subarray(12, 14))).toBe('2cec');
  });

  test('64-bit limits are sent as numbers', () => {
    const meta = makeMetadata({ display: { low: -5n, high: 5n } }, 'int64');
    expect(toHex(encode('int64', 1n, 34, 1, meta).subarray(16, 32))).toBe('4014000000000000c014000000000000');
  });

  test('GR and CTRL of a text carry the alarm only (CA-G22)', () => {
    expect(encode('string', 'x', 21).length).toBe(44);
    expect(encode('string', 'x', 28).length).toBe(44);
  });

  test('a boolean without labels shows False and True', () => {
    const gr = encode('boolean', true, 24);
    expect([gr[5], textOf(gr.subarray(6)), textOf(gr.subarray(32))]).toEqual([2, 'False', 'True']);
  });
});

describe('counts', () => {
  const count = (pv: DbrPv, value: PvValue, dbrType: number): number =>
    currentCount(makeSnapshot(value, noAlarm, undefinedTime, emptyMetadata), pv.type, dbrType);
  test('of arrays are their length, at most the capacity; of scalars 1', () => {
    expect(count(pvOf('float64', 10), new Float64Array(3), 6)).toBe(3);
    expect(count(pvOf('float64', 10), new Float64Array(30), 6)).toBe(10);
    expect(count(pvOf('float64'), 1, 6)).toBe(1);
    expect(count(pvOf('float64', 10), new Float64Array(3), 38)).toBe(1);
  });

  test('of a long text are its bytes and the NUL, cut at a character boundary', () => {
    const pv = pvOf('string', 8, true);
    expect(nativeDbrOf(pv.type)).toBe(4);
    expect(count(pv, 'abc', 4)).toBe(4);
    expect(count(pv, '', 4)).toBe(1);
    expect(count(pv, 'a'.repeat(20), 4)).toBe(8);
    expect(count(pv, 'abc', 0)).toBe(1);
    const state = makeSnapshot('ääää!', noAlarm, undefinedTime, emptyMetadata);
    // 7 bytes hold three of the two-byte characters.
    expect(toHex(encodeDbr(pv, state, 4, 8))).toBe('c3a4c3a4c3a40000');
  });
});

describe('writes of clients', () => {
  test('a single text is as long as it is, texts in arrays take 40 bytes', () => {
    expect(toHex(encodeWrite(0, '2.5'))).toBe('322e3500');
    expect(encodeWrite(0, ['a', 'b']).length).toBe(80);
    expect(encodeWrite(0, 'x'.repeat(60)).length).toBe(40);
  });

  test('numbers written as text keep their digits', () => {
    expect(textOf(encodeWrite(0, 1.25))).toBe('1.25');
    expect(textOf(encodeWrite(0, Float64Array.of(1.25, 1e-9)).subarray(40))).toBe('1e-9');
  });

  test('numbers are converted to the type written', () => {
    expect(toHex(encodeWrite(5, 7))).toBe('00000007');
    expect(toHex(encodeWrite(1, [true, false]))).toBe('00010000');
    expect(toHex(encodeWrite(6, 3n))).toBe('4008000000000000');
  });
});

describe('CA-W28 texts', () => {
  test('are UTF-8, and Latin-1 when the bytes are not valid UTF-8', () => {
    expect(readDbrText(fromHex('c3a400'), 0, 3)).toBe('ä');
    expect(readDbrText(fromHex('e46200'), 0, 3)).toBe('äb');
    expect(readDbrText(fromHex('c3a4'), 0, 2, 'latin1')).toBe('Ã¤');
    expect(readDbrText(fromHex('4142'), 0, 2)).toBe('AB');
    expect(readDbrText(fromHex('00ff'), 0, 2)).toBe('');
  });

  test('are written in either encoding, cut and filled with NUL', () => {
    const bytes = new Uint8Array(6).fill(0xaa);
    writeDbrText(bytes, 0, 6, 'aäääääää');
    expect(toHex(bytes)).toBe('61c3a4c3a400');
    writeDbrText(bytes, 0, 6, 'aä€b', 'latin1');
    expect(toHex(bytes)).toBe('61e43f620000');
  });
});

describe('small values', () => {
  test('are arrays of their own, with nothing of earlier ones', () => {
    const long = encodeWrite(4, Uint8Array.of(0xff, 0xfe, 0xfd, 0xfc));
    const time = encode('float64', 1.5, 20);
    const short = encodeWrite(4, Uint8Array.of(1));
    expect(toHex(long)).toBe('fffefdfc');
    expect(toHex(short)).toBe('01');
    expect(time.buffer).not.toBe(short.buffer);
    expect(toHex(encode('float64', 1.5, 20))).toBe(toHex(time));
    // Elements that the value does not have.
    expect(toHex(encode('uint8', Uint8Array.of(7), 4, 3))).toBe('070000');
  });
});
