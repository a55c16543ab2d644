import type { FieldValues } from '../../ioc/index.ts';
import type { Metadata, ScalarType } from '../../pv/index.ts';
import { displayForms } from '../../pv/index.ts';
import { cutUtf8 } from '../../util/index.ts';
import { MAX_RECORD_CHOICE_BYTES } from '../codec/enum-codec.ts';
import type { RecordChoice } from '../kind-map.ts';

const MAX_DESC_BYTES = 40;
const MAX_EGU_BYTES = 15;

const ftvlOf: Readonly<Record<string, string>> = {
  int8: 'CHAR',
  uint8: 'UCHAR',
  int16: 'SHORT',
  uint16: 'USHORT',
  int32: 'LONG',
  uint32: 'ULONG',
  int64: 'INT64',
  uint64: 'UINT64',
  float32: 'FLOAT',
  float64: 'DOUBLE',
  string: 'CHAR',
};

const stateNames = [
  'ZR',
  'ON',
  'TW',
  'TH',
  'FR',
  'FV',
  'SX',
  'SV',
  'EI',
  'NI',
  'TE',
  'EL',
  'TV',
  'TT',
  'FT',
  'FF',
];

/** Fields of the record of a variable, from its metadata; what has no field is served by the mirror's metadata. */
export function recordFields(
  choice: RecordChoice,
  recordType: string,
  meta: Metadata,
  asg: string,
): FieldValues {
  const fields: Record<string, string | number | bigint> = {
    DESC: cutUtf8(meta.description, MAX_DESC_BYTES),
  };
  if (asg !== '') fields['ASG'] = asg;
  const type = choice.codec.type;
  if (recordType === 'waveform') {
    fields['FTVL'] = ftvlOf[type.element] ?? 'DOUBLE';
    fields['NELM'] = type.caCount;
    // The tree tells of every read, changed or not; only integers make an event of each.
    fields['MPST'] = 'On Change';
    fields['APST'] = 'On Change';
  }
  if (recordType === 'mbbi' || recordType === 'mbbo') addStates(fields, meta.choices);
  else if (type.element !== 'string') addNumbers(fields, type, recordType, meta);
  return fields;
}

function addStates(fields: Record<string, string | number | bigint>, choices: readonly string[]): void {
  choices.forEach((choice, i) => {
    fields[`${stateNames[i]}ST`] = cutUtf8(choice, MAX_RECORD_CHOICE_BYTES);
    fields[`${stateNames[i]}VL`] = i;
  });
}

function addNumbers(
  fields: Record<string, string | number | bigint>,
  type: ScalarType,
  recordType: string,
  meta: Metadata,
): void {
  fields['EGU'] = cutUtf8(meta.units, MAX_EGU_BYTES);
  const isFloat = recordType === 'ai' || recordType === 'ao';
  if (isFloat || (recordType === 'waveform' && type.element.startsWith('float')))
    fields['PREC'] = meta.precision;
  fields['LOPR'] = isFloat || recordType === 'waveform' ? Number(meta.display.low) : meta.display.low;
  fields['HOPR'] = isFloat || recordType === 'waveform' ? Number(meta.display.high) : meta.display.high;
  if (recordType === 'waveform') return;
  // Every update is an event, as softioc has it for integers; floats post changes.
  if (!isFloat) fields['MDEL'] = -1;
  const { lolo, low, high, hihi, isActive } = meta.alarmLimits;
  if (!isActive) return;
  for (const [name, limit] of Object.entries({ LOLO: lolo, LOW: low, HIGH: high, HIHI: hihi })) {
    if (typeof limit === 'bigint' || isFloat || Number.isFinite(limit)) fields[name] = limit;
  }
}

/** Info tags of the record of a variable: the tree's path, and how its value is to be shown. */
export function recordInfo(path: string, type: ScalarType, meta: Metadata): Readonly<Record<string, string>> {
  const form = type.caText ? 'String' : displayForms[meta.form];
  return form === undefined || form === 'Default'
    ? { 'rogue:path': path }
    : { 'rogue:path': path, 'Q:form': form };
}
