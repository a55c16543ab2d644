import { InternalError } from '../../util/index.ts';
import { menus } from './tables/menus.ts';

/** Kind of a field's storage: the DBF types, `lstring` (long string) and `array` (element type given by FTVL). */
export type FieldType =
  | 'string'
  | 'char'
  | 'uchar'
  | 'short'
  | 'ushort'
  | 'long'
  | 'ulong'
  | 'int64'
  | 'uint64'
  | 'float'
  | 'double'
  | 'enum'
  | 'menu'
  | 'device'
  | 'inlink'
  | 'outlink'
  | 'fwdlink'
  | 'lstring'
  | 'array'
  | 'noaccess';

/** What a record type does before or after a put of a field. */
export type FieldSpecial =
  | ''
  | 'arr'
  | 'mod'
  | 'scan'
  | 'as'
  | 'linconv'
  | 'reset'
  | 'calc'
  | 'ack'
  | 'attribute';

/** One field of a record type. */
export interface FieldDef {
  readonly name: string;
  readonly type: FieldType;
  /** Bytes with the closing NUL; strings only, else 0. */
  readonly size: number;
  /** Choices of a menu field; empty otherwise. */
  readonly menu: readonly string[];
  /** Refuses puts of clients. */
  readonly isReadOnly: boolean;
  /** A put processes a Passive record. */
  readonly isPp: boolean;
  readonly isAsl0: boolean;
  /** A put posts DBE_PROPERTY. */
  readonly isProp: boolean;
  readonly isHex: boolean;
  readonly special: FieldSpecial;
  /** Level from which reports show the field, 0..4. */
  readonly interest: number;
  /** Default as text, empty when the type's own zero. */
  readonly initial: string;
}

const SPECIALS: readonly string[] = [
  'arr',
  'mod',
  'scan',
  'as',
  'linconv',
  'reset',
  'calc',
  'ack',
  'attribute',
];

/** Field types that hold a link. */
export function isLinkType(type: FieldType): type is 'inlink' | 'outlink' | 'fwdlink' {
  return type === 'inlink' || type === 'outlink' || type === 'fwdlink';
}

/**
 * Reads a field table: one field per line, `NAME type flags... =default`, where type is a {@link FieldType},
 * `string[size]` or `menu:name`, and flags are `ro pp asl0 prop hex`, an interest level `i1`..`i4` or a special.
 * @throws {InternalError} EPICS_INTERNAL when a table of ours is wrong.
 */
export function defineFields(table: string): readonly FieldDef[] {
  return table
    .split('\n')
    .filter((line) => line !== '')
    .map(defineField);
}

function defineField(line: string): FieldDef {
  const [name = '', kind = '', ...flags] = line.split(' ');
  const text = /^string\[(\d+)\]$/.exec(kind);
  const menuName = kind.startsWith('menu:') ? kind.slice(5) : undefined;
  const menu = menuName === undefined ? [] : menus[menuName];
  if (menu === undefined) throw new InternalError(`field table: unknown menu in "${line}"`);
  let special: FieldSpecial = '';
  let interest = 0;
  let initial = '';
  for (const flag of flags) {
    if (flag.startsWith('=')) initial = flag.slice(1);
    else if (/^i[0-4]$/.test(flag)) interest = Number(flag.slice(1));
    else if (SPECIALS.includes(flag)) special = flag as FieldSpecial;
  }
  return {
    name,
    type: text ? 'string' : menuName === undefined ? (kind as FieldType) : 'menu',
    size: text ? Number(text[1]) : 0,
    menu,
    isReadOnly: flags.includes('ro') || special === 'ack' || special === 'attribute',
    isPp: flags.includes('pp'),
    isAsl0: flags.includes('asl0'),
    isProp: flags.includes('prop'),
    isHex: flags.includes('hex'),
    special,
    interest,
    initial,
  };
}
