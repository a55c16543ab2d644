import { ConversionError } from '../../util/index.ts';
import { type Link, type LinkProcess, type LinkSeverity, noLink } from './link.ts';

// The order in which base looks for modifiers; the first found wins.
const PROCESS: readonly LinkProcess[] = ['NPP', 'CPP', 'PP', 'CA', 'CP'];
const SEVERITY: readonly LinkSeverity[] = ['NMS', 'MSI', 'MSS', 'MS'];
const INTEGER = /^[+-]?(0x[0-9a-f]+|0[0-7]*|[1-9][0-9]*)$/i;
const FLOAT = /^[+-]?(inf(inity)?|nan|(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|0x[0-9a-f]+)$/i;

/** Number of a constant link, or undefined when the text is none. Integers beyond 2^53 are bigint. */
export function parseConstantNumber(text: string): number | bigint | undefined {
  if (INTEGER.test(text)) {
    const sign = text.startsWith('-') ? -1n : 1n;
    const digits = text.replace(/^[+-]/, '');
    const octal = /^0[0-7]+$/.test(digits);
    const value = sign * BigInt(octal ? `0o${digits.slice(1)}` : digits);
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }
  if (!FLOAT.test(text)) return undefined;
  const lower = text.toLowerCase().replace(/^\+/, '');
  if (/^-?inf/.test(lower))
    return lower.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return lower.endsWith('nan') ? Number.NaN : Number(lower);
}

function parseArray(text: string): readonly number[] | readonly string[] {
  const body = text.slice(1, -1).trim();
  if (!text.endsWith(']')) throw new ConversionError(`link "${text}" has no closing bracket`);
  if (body === '') return [];
  // Elements: quoted text, or anything up to the next comma.
  const items = body.match(/"(?:[^"\\]|\\.)*"|[^,\s]+/g) ?? [];
  if (items.every((item) => item.startsWith('"'))) return items.map((item) => JSON.parse(item) as string);
  return items.map((item) => {
    const value = parseConstantNumber(item);
    if (value === undefined) throw new ConversionError(`link "${text}" mixes numbers and text`);
    return Number(value);
  });
}

function parseJson(text: string): Link {
  const constant = /^\{\s*"?const"?\s*:\s*([\s\S]*?)\s*,?\s*\}$/.exec(text);
  if (constant === null) {
    throw new ConversionError(`link "${text}" is not supported, only {const:...} is`);
  }
  const body = constant[1] ?? '';
  if (body.startsWith('[')) return { kind: 'constant', text, value: parseArray(body) };
  if (body.startsWith('"')) {
    try {
      return { kind: 'constant', text, value: JSON.parse(body) as string };
    } catch (error) {
      throw new ConversionError(`link "${text}" is not valid JSON`, { cause: error });
    }
  }
  const number = parseConstantNumber(body);
  if (number === undefined) throw new ConversionError(`link "${text}" holds no constant`);
  return { kind: 'constant', text, value: number };
}

/**
 * Reads the text of a link field.
 * @throws {ConversionError} EPICS_CONVERT when it is no link.
 * @see epics-base modules/database/src/ioc/dbStatic/dbStaticLib.c, dbParseLink
 */
export function parseLink(input: string, type: 'inlink' | 'outlink' | 'fwdlink'): Link {
  const text = input.trim();
  if (text === '') return noLink;
  if (text.startsWith('[')) return { kind: 'constant', text, value: parseArray(text) };
  const number = parseConstantNumber(text);
  if (number !== undefined) return { kind: 'constant', text, value: number };
  if (text.startsWith('{')) return parseJson(text);
  if (text.startsWith('@')) return { kind: 'address', text, address: text.slice(1) };
  const target = text.split(/\s/, 1)[0] as string;
  const modifiers = text.slice(target.length);
  let process = PROCESS.find((word) => modifiers.includes(word)) ?? 'NPP';
  const severity = SEVERITY.find((word) => modifiers.includes(word)) ?? 'NMS';
  if (type === 'outlink' && (process === 'CP' || process === 'CPP')) process = 'CA';
  if (type === 'fwdlink' && process !== 'CA') process = 'NPP';
  const forward = process === 'CA' ? `${target} CA` : target;
  return {
    kind: 'pv',
    text: type === 'fwdlink' ? forward : `${target} ${process} ${severity}`,
    target,
    process,
    severity,
    record: undefined,
    field: undefined,
    isLong: false,
  };
}
