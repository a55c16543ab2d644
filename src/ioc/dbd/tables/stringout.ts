import { type Link, noLink } from '../../links/link.ts';
import { TextRecord } from '../../types/text-record.ts';
import { defineFields, type FieldDef } from '../field-def.ts';
import { simModeRows, simScanRows } from './groups.ts';

/** Field table of stringout after dbCommon, in DBD order. */
export const stringoutFields: readonly FieldDef[] = defineFields(`
VAL string[40] pp asl0
OVAL string[40] ro i3
DOL inlink i1
OMSL menu:menuOmsl i1
OUT outlink i1
MPST menu:stringoutPOST i1
APST menu:stringoutPOST i1
SIOL outlink i1
${simModeRows('menuYesNo')}
${simScanRows}
IVOA menu:menuIvoa i2
IVOV string[40] i2
`);

/** Storage of the fields that only stringout has. */
export abstract class StringoutFields extends TextRecord {
  DOL: Link = noLink;
  OMSL = 0;
  OUT: Link = noLink;
  IVOA = 0;
  IVOV = '';
}
