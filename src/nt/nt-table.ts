import { type FieldDesc, isArrayLike, structType, type TypeSpec, Value } from '../pvdata/index.ts';
import { TypeMismatchError } from '../util/index.ts';
import { commonMembers, type NtCommonOptions, readTexts } from './common.ts';

/** Array types of the columns of a table, by field name. */
export type NtColumns = Readonly<Record<string, TypeSpec>>;

/**
 * NTTable: labels, value with one array for each column, [descriptor], alarm, timeStamp.
 *
 * @param columns array types by field name; scalar names stand for arrays of them.
 */
export function ntTableType(columns: NtColumns, o: NtCommonOptions = { descriptor: true }): FieldDesc {
  const arrays = Object.fromEntries(
    Object.entries(columns).map(([name, type]): [string, TypeSpec] => [
      name,
      typeof type === 'string' && !type.endsWith('[]') ? (`${type}[]` as TypeSpec) : type,
    ]),
  );
  return structType('epics:nt/NTTable:1.0', {
    labels: 'string[]',
    value: structType('', arrays),
    ...commonMembers(o),
  });
}

/** Content of a table. */
export interface NtTable {
  /** Titles, one for each column; field names where the table has none. */
  readonly labels: readonly string[];
  /** Field names, in order. */
  readonly names: readonly string[];
  /** Arrays by field name. */
  readonly columns: Readonly<Record<string, ArrayLike<unknown>>>;
  /** Length of the shortest column. */
  readonly rowCount: number;
}

/**
 * The columns of a table.
 *
 * @throws {TypeMismatchError} EPICS_TYPE when `value` is no structure of arrays.
 */
export function readTable(table: Value): NtTable {
  const value = table.get('value');
  if (!(value instanceof Value) || !value.desc.isStruct) throw new TypeMismatchError('table has no columns');
  const names = value.desc.members.map((member) => member.name);
  const columns: Record<string, ArrayLike<unknown>> = {};
  for (const name of names) {
    const column = value.get(name);
    if (!isArrayLike(column)) throw new TypeMismatchError(`column "${name}" of the table is no array`);
    columns[name] = column;
  }
  const labels = readTexts(table, 'labels');
  const rowCount = names.length === 0 ? 0 : Math.min(...names.map((name) => columns[name]?.length ?? 0));
  return { labels: names.map((name, i) => labels[i] ?? name), names, columns, rowCount };
}

/** The rows of a table as objects by field name; longer columns are cut to the shortest. */
export function tableRows(table: NtTable): Record<string, unknown>[] {
  return Array.from({ length: table.rowCount }, (_, row) =>
    Object.fromEntries(table.names.map((name) => [name, table.columns[name]?.[row]])),
  );
}

/**
 * A table from its columns.
 *
 * @param content arrays by field name.
 * @param labels titles; by default the field names.
 */
export function makeTable(
  columns: NtColumns,
  content: Readonly<Record<string, ArrayLike<unknown>>>,
  labels: readonly string[] = Object.keys(columns),
): Value {
  return Value.from(ntTableType(columns), { labels, value: content });
}

/** A table from row objects; cells that are missing are refused by the conversion. */
export function makeTableOfRows(
  columns: NtColumns,
  rows: readonly Readonly<Record<string, unknown>>[],
  labels?: readonly string[],
): Value {
  const content = Object.fromEntries(
    Object.keys(columns).map((name) => [name, rows.map((row) => row[name])]),
  );
  return makeTable(columns, content, labels);
}
