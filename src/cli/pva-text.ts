import { EPICS_EPOCH_SECONDS } from '../pv/index.ts';
import { type FieldDesc, formatGeneral, quote, TypeCode, type Value } from '../pvdata/index.ts';
import { formatTime, UNDEFINED_TIME } from './local-time.ts';

const DIGITS = 6;
const TIME_WIDTH = 24;

const severityWords: readonly string[] = ['', 'MINOR', 'MAJOR', 'INVALID', 'UNDEFINED'];
const statusWords: readonly string[] = [
  '',
  'DEVICE',
  'DRIVER',
  'RECORD',
  'DB',
  'CONF',
  'UNDEFINED',
  'CLIENT',
];

/** Name of a type as the pvAccess tools print it: the id of structures, `double[]`, `any`. */
export function typeLabel(desc: FieldDesc): string {
  const inner = desc.element ?? desc;
  if (inner.code === TypeCode.Struct || inner.code === TypeCode.Union) {
    const fallback = inner.code === TypeCode.Struct ? 'structure' : 'union';
    return `${inner.id === '' ? fallback : inner.id}${desc.element === undefined ? '' : '[]'}`;
  }
  return desc.typeName;
}

/** Text as it is, or in quotes when it has blanks, quotes, backslashes or control characters. */
export function maybeQuote(text: string): string {
  return /[\s\\'"\p{Cc}]/u.test(text) ? quote(text).replaceAll("'", "\\'") : text;
}

/** A scalar or an array of them. @param code type code of the field. */
export function formatContent(code: number, content: unknown): string {
  if (typeof content !== 'object' || content === null) return formatOne(code, content);
  const items = Array.from(content as ArrayLike<unknown>, (item) => formatOne(code, item));
  // Texts are told apart by a blank more than numbers, as pvAccessCPP has it.
  return `[${items.join(code === TypeCode.StringArray ? ', ' : ',')}]`;
}

function formatOne(code: number, x: unknown): string {
  if (typeof x === 'string') return maybeQuote(x);
  if (typeof x !== 'number' || !isFloat(code)) return String(x);
  return formatGeneral(x, DIGITS);
}

function isFloat(code: number): boolean {
  return (
    code === TypeCode.Double ||
    code === TypeCode.Float ||
    code === TypeCode.DoubleArray ||
    code === TypeCode.FloatArray
  );
}

/** Numbers of any width; undefined where the field is absent or no number. */
function numberAt(value: Value, path: string): number | undefined {
  const x = value.get(path);
  return typeof x === 'number' || typeof x === 'bigint' ? Number(x) : undefined;
}

/**
 * `2026-11-20 09:47:53.866  `: the time column with a blank behind it, and the user tag when it is not 0.
 *
 * @param path of the time structure.
 */
export function timeColumn(value: Value, path: string): string {
  const seconds = numberAt(value, `${path}.secondsPastEpoch`);
  const nanoseconds = numberAt(value, `${path}.nanoseconds`) ?? 0;
  const time =
    seconds === undefined
      ? UNDEFINED_TIME
      : formatTime({ seconds: Math.max(seconds, EPICS_EPOCH_SECONDS), nanoseconds }, 3);
  const userTag = numberAt(value, `${path}.userTag`) ?? 0;
  return `${time.padEnd(TIME_WIDTH)} ${userTag === 0 ? '' : `${userTag} `}`;
}

/** Severity, status and message with a blank behind each; nothing without alarm. @param path of the alarm structure. */
export function alarmWords(value: Value, path: string): string {
  const severity = numberAt(value, `${path}.severity`) ?? 0;
  if (severity === 0) return '';
  const status = numberAt(value, `${path}.status`) ?? 0;
  const message = value.get(`${path}.message`);
  const words = [severityWords[severity] ?? String(severity), statusWords[status] ?? String(status)];
  if (typeof message === 'string') words.push(message);
  return words
    .filter((word) => word !== '')
    .map((word) => `${word} `)
    .join('');
}

/** `(1) On`, or undefined when the structure is no enum. @param path of the enum structure. */
export function enumText(value: Value, path: string): string | undefined {
  const index = numberAt(value, `${path}.index`);
  const choices = value.get(`${path}.choices`);
  if (index === undefined || !Array.isArray(choices)) return undefined;
  const choice: unknown = choices[index];
  return `(${index >>> 0}) ${typeof choice === 'string' ? maybeQuote(choice) : UNDEFINED_TIME}`;
}
