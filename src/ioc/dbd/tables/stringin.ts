import { type Link, noLink } from '../../links/link.ts';
import { TextRecord } from '../../types/text-record.ts';
import { defineFields, type FieldDef } from '../field-def.ts';
import { simModeRows, simScanRows } from './groups.ts';

/** Field table of stringin after dbCommon, in DBD order. */
export const stringinFields: readonly FieldDef[] = defineFields(`
VAL string[40] pp asl0
OVAL string[40] ro i3
INP inlink i1
MPST menu:stringinPOST i1
APST menu:stringinPOST i1
SIOL inlink i1
SVAL string[40] pp
${simModeRows('menuYesNo')}
${simScanRows}
`);

/** Storage of the fields that only stringin has. */
export abstract class StringinFields extends TextRecord {
  INP: Link = noLink;
  SVAL = '';
}
