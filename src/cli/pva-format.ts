import { isEnum } from '../nt/index.ts';
import { formatValue, TypeCode, toPlain, type Value, valueToJson } from '../pvdata/index.ts';
import { alarmWords, enumText, formatContent, timeColumn } from './pva-text.ts';
import { boldMarks, formatTree, shownMarks, type TreeView } from './pva-tree.ts';

/** Shapes that the PVAccess tools print values in. `delta` and `tree` are those of pvxs, `rfc` is strict JSON. */
export type PvaShape = 'nt' | 'raw' | 'json' | 'rfc' | 'delta' | 'tree';

/** How a value is printed. */
export interface PvaView {
  readonly shape: PvaShape;
  /** `-v` count: 1 marked fields only; 2 marked fields in bold among those that `valid` marks; 3 among all. */
  readonly verbosity: number;
  readonly isTerminal: boolean;
  /** Elements of an array in the shapes of pvxs, 0: all. */
  readonly arrayLimit: number;
  /** Digits of floating point numbers in the shapes of pvxs. */
  readonly digits: number;
}

/**
 * A value as text that ends with a line break, beginning where the name has been printed.
 *
 * @param valid the same value with marks on all fields that were ever received; default: all are.
 */
export function formatPvaValue(value: Value, view: PvaView, valid?: Value): string {
  switch (view.shape) {
    case 'nt':
      return formatNt(value) ?? formatRaw(value, view, valid);
    case 'raw':
      return formatRaw(value, view, valid);
    case 'json':
      return `${formatJson5(toPlain(value, { int64: 'bigint', markedOnly: true }))}\n`;
    case 'rfc':
      return `${valueToJson(value, { isStrict: true, markedOnly: true })}\n`;
    case 'delta':
    case 'tree': {
      const { shape: style, arrayLimit, digits } = view;
      return `\n${formatValue(value, { style, arrayLimit, digits, indent: '    ' })}\n`;
    }
  }
}

function formatRaw(value: Value, view: PvaView, valid: Value | undefined): string {
  const marked = shownMarks(value);
  const isBold = view.isTerminal ? boldMarks(value) : (): boolean => false;
  let tree: TreeView;
  if (view.verbosity < 2) tree = { isShown: marked, isBold: () => false };
  else if (view.verbosity === 2 && valid !== undefined) tree = { isShown: shownMarks(valid), isBold };
  else tree = { isShown: () => true, isBold };
  return formatTree(value, tree) || '\n';
}

/**
 * A value of a normative type in one line, a table in several; undefined for what has no such form.
 *
 * @see pvDataCPP src/factory/printer.cpp, operator<< of PVStructure::Formatter
 */
export function formatNt(value: Value): string | undefined {
  if (!value.desc.isStruct) return undefined;
  if (/^epics:nt\/NTTable:1(\.|$)/.test(value.desc.id)) return formatTable(value);
  const offset = value.desc.findOffset('value');
  if (offset < 0) return undefined;
  const field = value.desc.fieldAt(offset);
  const time = timeColumn(value, 'timeStamp');
  const alarm = alarmWords(value, 'alarm');
  if (isEnum(field)) return `${time}${alarm}${enumText(value, 'value') ?? ''}\n`;
  if (field.code >= TypeCode.Struct) return undefined;
  const text = formatContent(field.code, value.at(offset));
  return field.isArray ? `${time}${alarm}${text}\n` : `${time}${text} ${alarm}\n`;
}

function formatTable(value: Value): string | undefined {
  const table = value.desc.member('value')?.desc;
  if (table === undefined || table.members.length === 0) return undefined;
  if (!table.members.every(({ desc }) => desc.isArray && desc.code < TypeCode.Struct)) return undefined;
  const labels = value.get('labels');
  const columns = table.members.map(({ name, desc }, i) => {
    const content = value.get(`value.${name}`) as ArrayLike<unknown>;
    const label: unknown = Array.isArray(labels) ? labels[i] : undefined;
    const cells = Array.from(content, (item) =>
      csvCell(typeof item === 'string' ? item : formatContent(desc.code, item)),
    );
    return [typeof label === 'string' ? csvCell(label) : name, ...cells];
  });
  const rowCount = Math.min(...columns.map((column) => column.length));
  const widths = columns.map((column) => Math.max(...column.map((cell) => cell.length)));
  const lines = Array.from({ length: rowCount }, (_, row) =>
    columns.map((column, i) => (column[row] ?? '').padStart(widths[i] ?? 0)).join(' '),
  );
  const metadata = `${timeColumn(value, 'timeStamp')} ${alarmWords(value, 'alarm')} `;
  return [metadata, ...lines].map((line) => `${line}\n`).join('');
}

/** In quotes where a quote, a blank, a comma or a backslash would confuse the reader of the table. */
function csvCell(text: string): string {
  return /[" ,\\]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** JSON5 in one line: names without quotes where they are identifiers. */
function formatJson5(x: unknown): string {
  if (typeof x === 'string') return JSON.stringify(x);
  if (typeof x === 'number') return Object.is(x, -0) ? '-0' : String(x);
  if (typeof x !== 'object' || x === null) return String(x);
  if (Array.isArray(x) || ArrayBuffer.isView(x)) {
    return `[${Array.from(x as ArrayLike<unknown>, formatJson5).join(',')}]`;
  }
  const members = Object.entries(x).map(([name, item]) => {
    const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
    return `${key}:${formatJson5(item)}`;
  });
  return `{${members.join(',')}}`;
}
