import { ArrayInput } from '../../types/array-record.ts';
import { defineFields, type FieldDef } from '../field-def.ts';
import { arrayDisplayRows, simModeRows, simScanRows } from './groups.ts';

/** Field table of waveform after dbCommon, in DBD order. */
export const waveformFields: readonly FieldDef[] = defineFields(`
VAL array arr pp asl0
RARM short pp i1
PREC short prop i1
INP inlink i1
${arrayDisplayRows}
NELM ulong ro i1 =1
FTVL menu:menuFtype ro i1
BUSY short ro
NORD ulong ro
BPTR noaccess ro i4
SIOL inlink i1
${simModeRows('menuYesNo')}
${simScanRows}
MPST menu:waveformPOST i1
APST menu:waveformPOST i1
HASH ulong i3
`);

/** Storage of the fields that only waveform has. */
export abstract class WaveformFields extends ArrayInput {
  RARM = 0;
  BUSY = 0;
}
