import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  ntAggregateType,
  ntAttributeType,
  ntContinuumType,
  ntEnumType,
  ntHistogramType,
  ntMatrixType,
  ntMultiChannelType,
  ntNameValueType,
  ntNdArrayType,
  ntScalarArrayType,
  ntScalarMultiChannelType,
  ntScalarType,
  ntTableType,
  ntUnionType,
  ntUriType,
} from '../../../src/nt/index.ts';
import { encodeType, type FieldDesc, scalarNames, unionType } from '../../../src/pvdata/index.ts';
import { BytesWriter } from '../../../src/util/index.ts';

const file = new URL('../../golden/pva-data.json', import.meta.url);
const { vectors } = JSON.parse(readFileSync(file, 'utf8')) as {
  vectors: { name: string; kind: string; byteOrder: string; hex: string }[];
};

test.each<[string, FieldDesc]>([
  ['NTScalar double', ntScalarType('double')],
  [
    'NTScalar double display control valueAlarm form',
    ntScalarType('double', { display: true, control: true, valueAlarm: true, form: true }),
  ],
  ['NTScalarArray string', ntScalarArrayType('string')],
  ['NTEnum', ntEnumType({ display: true })],
  ['NTTable(A:int,B:string)', ntTableType({ A: 'int', B: 'string[]' })],
  ['NTURI(op:string)', ntUriType({ op: 'string' })],
  ['NTNDArray', ntNdArrayType()],
])('%s is byte for byte what pvxs sends (PVA GV-3, PVA-N-4)', (name, desc) => {
  const w = new BytesWriter();
  encodeType(w, desc);
  const vector = vectors.find((item) => item.kind === 'type' && item.name === name);
  expect(Buffer.from(w.toBytes()).toString('hex')).toBe(vector?.hex);
});

test.each(scalarNames)('options of NTScalar for %s suit its kind (PVA-N-6)', (name) => {
  const desc = ntScalarType(name, {
    descriptor: true,
    display: true,
    control: true,
    valueAlarm: true,
    form: true,
  });
  const isNumeric = name !== 'string' && name !== 'boolean';
  const names = (path: string): string[] =>
    desc.fieldAt(desc.offsetOf(path)).members.map((member) => member.name);
  const meta = isNumeric ? ['display', 'control', 'valueAlarm'] : ['display'];
  expect(names('')).toEqual(['value', 'descriptor', 'alarm', 'timeStamp', ...meta]);
  const texts = ['description', 'units'];
  expect(names('display')).toEqual(
    isNumeric ? ['limitLow', 'limitHigh', ...texts, 'precision', 'form'] : texts,
  );
  if (isNumeric) expect(desc.fieldAt(desc.offsetOf('control.minStep')).typeName).toBe(name);
  expect(ntScalarArrayType(name).fieldAt(1).typeName).toBe(`${name}[]`);
});

test.each<[string, FieldDesc, string]>([
  ['NTMatrix', ntMatrixType(), 'value dim alarm timeStamp'],
  ['NTNameValue', ntNameValueType('double', { descriptor: true }), 'name value descriptor alarm timeStamp'],
  ['NTAttribute', ntAttributeType({ alarm: false, timeStamp: false }), 'name value tags'],
  ['NTUnion', ntUnionType(), 'value alarm timeStamp'],
  ['NTUnion', ntUnionType(unionType('', { a: 'int' })), 'value alarm timeStamp'],
  [
    'NTMultiChannel',
    ntMultiChannelType(),
    'value channelName alarm timeStamp severity status message secondsPastEpoch nanoseconds userTag isConnected',
  ],
  [
    'NTMultiChannel',
    ntMultiChannelType(unionType('', { a: 'int' })),
    'value channelName alarm timeStamp severity status message secondsPastEpoch nanoseconds userTag isConnected',
  ],
  [
    'NTScalarMultiChannel',
    ntScalarMultiChannelType('double'),
    'value channelName alarm timeStamp severity status message secondsPastEpoch nanoseconds userTag isConnected',
  ],
  ['NTHistogram', ntHistogramType('long'), 'ranges value alarm timeStamp'],
  ['NTContinuum', ntContinuumType(), 'base value units alarm timeStamp'],
  [
    'NTAggregate',
    ntAggregateType(),
    'value N dispersion first firstTimeStamp last lastTimeStamp max min alarm timeStamp',
  ],
])('%s has its members in the order of the specification, case %#', (name, desc, members) => {
  expect(desc.id).toBe(`epics:nt/${name}:1.0`);
  expect(desc.members.map((member) => member.name).join(' ')).toBe(members);
});
