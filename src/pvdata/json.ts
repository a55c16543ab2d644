import { ConversionError, LimitError } from '../util/index.ts';
import { type FieldDesc, MAX_TYPE_DEPTH } from './field-desc.ts';
import { toPlain } from './plain.ts';
import { Value } from './value.ts';

/** How `valueToJson` writes. */
export interface JsonOptions {
  /** Standard JSON: null instead of NaN and infinities. By default they are written as `NaN`, `Infinity`. */
  readonly isStrict?: boolean;
  /** Only marked fields. */
  readonly markedOnly?: boolean;
}

/** The content of a value as JSON text. 64-bit integers are written with all digits. */
export function valueToJson(value: Value, options: JsonOptions = {}): string {
  const plain = toPlain(value, { int64: 'bigint', markedOnly: options.markedOnly ?? false });
  return write(plain, options.isStrict ?? false);
}

function write(x: unknown, isStrict: boolean): string {
  switch (typeof x) {
    case 'number':
      return isStrict && !Number.isFinite(x) ? 'null' : Object.is(x, -0) ? '-0' : String(x);
    case 'bigint':
    case 'boolean':
      return String(x);
    case 'string':
      return JSON.stringify(x);
    default:
      return writeObject(x as object | null, isStrict);
  }
}

function writeObject(x: object | null, isStrict: boolean): string {
  if (x === null) return 'null';
  if (Array.isArray(x) || ArrayBuffer.isView(x)) {
    return `[${Array.from(x as ArrayLike<unknown>, (item) => write(item, isStrict)).join(',')}]`;
  }
  return `{${Object.entries(x)
    .map(([name, item]) => `${JSON.stringify(name)}:${write(item, isStrict)}`)
    .join(',')}}`;
}

/**
 * Reads JSON text into a value of a type. Objects set fields (only those given are marked), arrays set arrays, null
 * clears unions, any and elements. The relaxations of JSON5 are accepted.
 *
 * @throws {ConversionError} EPICS_CONVERT when the text is malformed or does not fit.
 * @throws {FieldError} EPICS_FIELD for a key that the type lacks.
 * @throws {LimitError} EPICS_LIMIT when nested deeper than 20.
 */
export function jsonToValue(desc: FieldDesc, text: string): Value {
  return Value.from(desc, parseRelaxedJson(text));
}

/**
 * Reads JSON or JSON5 text: unquoted keys, single quotes, trailing commas, comments, `NaN`, `Infinity`, hexadecimal,
 * leading `+`. Integers come as bigint, numbers with a fraction or exponent as number, so that types can be inferred.
 *
 * @throws {ConversionError} EPICS_CONVERT with the offset when the text is malformed.
 * @throws {LimitError} EPICS_LIMIT when nested deeper than 20.
 */
export function parseRelaxedJson(text: string): unknown {
  return new Parser(text).parse();
}

const blanks = /(?:[\s\uFEFF]+|\/\/[^\n]*|\/\*[^]*?\*\/)*/y;
const integer = /([+-]?)(0x[0-9a-f]+|\d+)(?![\d.a-z_$])/iy;
const decimal = /[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|Infinity|NaN)(?![\w$])/iy;
const word = /[\p{L}$_][\p{L}\p{N}$_]*/uy;
const quoted = /"[^"\\\n]*(?:\\[^][^"\\\n]*)*"|'[^'\\\n]*(?:\\[^][^'\\\n]*)*'/y;
const escape = /\\(?:u([0-9a-f]{4})|x([0-9a-f]{2})|(\r\n|[^]))/gi;
const escaped: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '0': '\0',
  '\n': '',
  '\r\n': '',
};

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): unknown {
    const value = this.#value(0);
    this.#take(blanks);
    if (this.#at < this.#text.length) this.#fail('end of text');
    return value;
  }

  #value(depth: number): unknown {
    if (depth > MAX_TYPE_DEPTH) throw new LimitError(`JSON text is nested deeper than ${MAX_TYPE_DEPTH}`);
    this.#take(blanks);
    const next = this.#text[this.#at];
    if (next === '{') return this.#object(depth);
    if (next === '[') return this.#array(depth);
    if (next === '"' || next === "'") return this.#string();
    const whole = this.#take(integer);
    if (whole !== undefined) return toBigInt(whole);
    const number = this.#take(decimal);
    if (number !== undefined) return toNumber(number);
    switch (this.#take(word)) {
      case 'true':
        return true;
      case 'false':
        return false;
      case 'null':
        return null;
      default:
        return this.#fail('a value');
    }
  }

  #object(depth: number): Record<string, unknown> {
    const entries: [string, unknown][] = [];
    this.#at++;
    for (;;) {
      this.#take(blanks);
      if (this.#accept('}')) return Object.fromEntries(entries);
      const next = this.#text[this.#at];
      const name =
        next === '"' || next === "'" ? this.#string() : (this.#take(word) ?? this.#fail('a name or "}"'));
      this.#take(blanks);
      if (!this.#accept(':')) this.#fail('":"');
      entries.push([name, this.#value(depth + 1)]);
      this.#take(blanks);
      if (!this.#accept(',') && this.#text[this.#at] !== '}') this.#fail('"," or "}"');
    }
  }

  #array(depth: number): unknown[] {
    const items: unknown[] = [];
    this.#at++;
    for (;;) {
      this.#take(blanks);
      if (this.#accept(']')) return items;
      items.push(this.#value(depth + 1));
      this.#take(blanks);
      if (!this.#accept(',') && this.#text[this.#at] !== ']') this.#fail('"," or "]"');
    }
  }

  #string(): string {
    const text = this.#take(quoted) ?? this.#fail('the end of the string');
    return text.slice(1, -1).replace(escape, (_all, unit?: string, byte?: string, other?: string) => {
      if (other !== undefined) return escaped[other] ?? other;
      return String.fromCharCode(Number.parseInt(unit ?? byte ?? '', 16));
    });
  }

  #accept(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) return undefined;
    this.#at = pattern.lastIndex;
    return match[0];
  }

  #fail(expected: string): never {
    throw new ConversionError(`malformed JSON text: expected ${expected} at offset ${this.#at}`);
  }
}

function toBigInt(text: string): bigint | number {
  const magnitude = BigInt(text.replace(/^[+-]/, ''));
  if (!text.startsWith('-')) return magnitude;
  // Only a number has a negative zero.
  return magnitude === 0n ? -0 : -magnitude;
}

function toNumber(text: string): number {
  if (/nan/i.test(text)) return Number.NaN;
  if (/inf/i.test(text)) return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return Number(text);
}
