import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  decodeAny,
  decodeMasked,
  decodeType,
  decodeValue,
  encodeAny,
  encodeType,
  type FieldDesc,
  jsonToValue,
  parsePvRequest,
  readBitSet,
  readString,
  selectMask,
  structType,
  TypeCache,
  valueToJson,
} from '../../src/pvdata/index.ts';
import { fromHex } from '../../src/testing/index.ts';
import { BytesReader, BytesWriter, isEpicsError } from '../../src/util/index.ts';
import { fuzz } from './effort.ts';
import { Mutator } from './mutate.ts';

const GROWTH_MIB = 24;

interface Vector {
  readonly name: string;
  readonly kind: string;
  readonly byteOrder: 'big' | 'little';
  readonly hex: string;
}
const path = new URL('../golden/pva-data.json', import.meta.url);
const { vectors } = JSON.parse(readFileSync(path, 'utf8')) as { readonly vectors: readonly Vector[] };

/** Every type among the vectors, to read other bytes as. */
const types: FieldDesc[] = vectors.flatMap((vector) => {
  if (vector.kind !== 'type' && vector.kind !== 'any') return [];
  try {
    const reader = new BytesReader(fromHex(vector.hex), vector.byteOrder === 'little');
    const desc = decodeType(reader, new TypeCache());
    return desc === null ? [] : [desc];
  } catch {
    // Types that need an earlier definition.
    return [];
  }
});
const everything = structType('fuzz:all:1.0', Object.fromEntries(types.map((type, i) => [`t${i}`, type])));

/** Runs a decoder, which may refuse but not fail, and not read beyond the end. */
function tolerant<T>(bytes: Uint8Array, little: boolean, decode: (reader: BytesReader) => T): T | undefined {
  const reader = new BytesReader(bytes, little);
  try {
    const result = decode(reader);
    if (reader.position > bytes.length) throw new Error('read beyond the end');
    return result;
  } catch (error) {
    if (!isEpicsError(error, 'EPICS_PROTOCOL') && !isEpicsError(error, 'EPICS_LIMIT')) throw error;
    return undefined;
  }
}

test('PVA-L-14 mutated types and values are decoded or refused, and what was decoded survives another round', async () => {
  expect(types.length).toBeGreaterThan(10);
  const { runs, grownMib } = await fuzz((run) => {
    const mutator = new Mutator(run);
    const vector = mutator.pick(vectors);
    const bytes = run % 8 === 0 ? mutator.noise(200) : mutator.bytes(fromHex(vector.hex));
    const little = run % 16 < 2 ? run % 2 === 0 : vector.byteOrder === 'little';
    const desc = mutator.below(20) === 0 ? everything : mutator.pick(types);
    tolerant(bytes, little, (r) => readString(r, 1000));
    tolerant(bytes, little, (r) => readBitSet(r));
    tolerant(bytes, little, (r) => decodeValue(r, desc, new TypeCache()));
    tolerant(bytes, little, (r) => decodeMasked(r, desc, new TypeCache()));
    const type = tolerant(bytes, little, (r) => decodeType(r, new TypeCache()));
    if (type !== undefined) {
      const writer = new BytesWriter(64, little);
      encodeType(writer, type);
      const again = decodeType(new BytesReader(writer.toBytes(), little), new TypeCache());
      if (again !== type) throw new Error(`another type after another round: ${String(type)}`);
    }
    const value = tolerant(bytes, little, (r) => decodeAny(r, new TypeCache()));
    if (value === undefined || value === null) return;
    const writer = new BytesWriter(64, little);
    encodeAny(writer, value);
    const again = decodeAny(new BytesReader(writer.toBytes(), little), new TypeCache());
    const json = valueToJson(value);
    // What was no UTF-8 grew in decoding, and a bounded string is cut to its bound when it is sent.
    if (!json.includes('\ufffd') && (again === null || valueToJson(again) !== json)) {
      throw new Error(`another value after another round: ${json}`);
    }
    String(value);
  });
  expect(runs).toBeGreaterThan(100);
  expect(grownMib).toBeLessThan(GROWTH_MIB);
});

const texts = [
  'field(value,alarm.severity,timeStamp{secondsPastEpoch})record[queueSize=10,pipeline=true]putField(value)',
  'record[process=true,block=true]field(a.b.c{d,e{f}})getField(x)',
  '{"value": 1.5, "alarm": {"severity": 1}, "list": [1, 2, {"a": null}], "big": 12345678901234567890}',
  "{value: -0x1F, text: 'it\\'s \\u00e9', more: [NaN, -Infinity, 1e400,], /* c */ last: true} // end",
];
const inserts = [
  '{',
  '}',
  '[',
  ']',
  '(',
  ')',
  ',',
  '.',
  '"',
  "'",
  '\\',
  '\\u',
  '-',
  '1e9',
  '/*',
  '//',
  '\0',
  'é',
  ' ',
];

function mutatedText(mutator: Mutator): string {
  let text = mutator.pick(texts);
  for (let faults = mutator.below(6); faults >= 0; faults--) {
    const at = mutator.below(text.length + 1);
    const piece = mutator.pick(inserts).repeat(mutator.below(30) === 0 ? 5000 : 1);
    text = text.slice(0, at) + (mutator.below(2) === 0 ? piece : '') + text.slice(at + mutator.below(4));
  }
  return text;
}

test('any text is a pvRequest, is JSON, or is refused', async () => {
  const { runs, grownMib } = await fuzz((run) => {
    const text = mutatedText(new Mutator(run));
    for (const read of [parsePvRequest, (json: string) => jsonToValue(everything, json)]) {
      try {
        const value = read(text);
        if (read === parsePvRequest) selectMask(everything, value);
      } catch (error) {
        if (!isEpicsError(error) || isEpicsError(error, 'EPICS_INTERNAL')) throw error;
      }
    }
  });
  expect(runs).toBeGreaterThan(100);
  expect(grownMib).toBeLessThan(GROWTH_MIB);
});
