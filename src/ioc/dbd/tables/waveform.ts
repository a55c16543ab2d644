import type { ArrayValue } from '../../../pv/index.ts';
import { type Link, noLink } from '../../links/link.ts';
import { RecordBase } from '../../record.ts';
import { defineFields, type FieldDef } from '../field-def.ts';

const noBytes = new Int8Array(0);

/** Field table of waveform after dbCommon, in DBD order. */
export const waveformFields: readonly FieldDef[] = defineFields(`
VAL array arr pp asl0
RARM short pp i1
PREC short prop i1
INP inlink i1
EGU string[16] prop i1
HOPR double prop i1
LOPR double prop i1
NELM ulong ro i1 =1
FTVL menu:menuFtype ro i1
BUSY short ro
NORD ulong ro
BPTR noaccess ro i4
SIOL inlink i1
SIML inlink i1
SIMM menu:menuYesNo mod i1
SIMS menu:menuAlarmSevr i2
OLDSIMM menu:menuSimm ro i4
SSCN menu:menuScan i1 =65535
SDLY double i2 =-1.0
SIMPVT noaccess ro i4
MPST menu:waveformPOST i1
APST menu:waveformPOST i1
HASH ulong i3
`);

/** Storage of the fields of waveform. */
export abstract class WaveformFields extends RecordBase {
  VAL: ArrayValue | string = noBytes;
  RARM = 0;
  PREC = 0;
  INP: Link = noLink;
  EGU = '';
  HOPR = 0;
  LOPR = 0;
  NELM = 1;
  FTVL = 0;
  BUSY = 0;
  NORD = 0;
  SIOL: Link = noLink;
  SIML: Link = noLink;
  SIMM = 0;
  SIMS = 0;
  OLDSIMM = 0;
  SSCN = 65535;
  SDLY = -1.0;
  MPST = 0;
  APST = 0;
  HASH = 0;
}
