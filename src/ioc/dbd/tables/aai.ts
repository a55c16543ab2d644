import type { ArrayValue } from '../../../pv/index.ts';
import { type Link, noLink } from '../../links/link.ts';
import { RecordBase } from '../../record.ts';
import { defineFields, type FieldDef } from '../field-def.ts';

const noBytes = new Int8Array(0);

/** Field table of aai after dbCommon, in DBD order. */
export const aaiFields: readonly FieldDef[] = defineFields(`
VAL array arr pp asl0
PREC short prop i1
INP inlink i1
EGU string[16] prop i1
HOPR double prop i1
LOPR double prop i1
NELM ulong ro prop i1 =1
FTVL menu:menuFtype ro i1
NORD ulong ro
BPTR noaccess ro i4
SIML inlink i1
SIMM menu:menuYesNo mod i1
SIMS menu:menuAlarmSevr i2
SIOL inlink i1
OLDSIMM menu:menuSimm ro i4
SSCN menu:menuScan i1 =65535
SDLY double i2 =-1.0
SIMPVT noaccess ro i4
MPST menu:aaiPOST i1
APST menu:aaiPOST i1
HASH ulong i3
`);

/** Storage of the fields of aai. */
export abstract class AaiFields extends RecordBase {
  VAL: ArrayValue | string = noBytes;
  PREC = 0;
  INP: Link = noLink;
  EGU = '';
  HOPR = 0;
  LOPR = 0;
  NELM = 1;
  FTVL = 0;
  NORD = 0;
  SIML: Link = noLink;
  SIMM = 0;
  SIMS = 0;
  SIOL: Link = noLink;
  OLDSIMM = 0;
  SSCN = 65535;
  SDLY = -1.0;
  MPST = 0;
  APST = 0;
  HASH = 0;
}
